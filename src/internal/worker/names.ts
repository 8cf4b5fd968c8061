/** The names of files: their order, and which of them a filter selects. */

export interface Pattern {
  readonly expression: RegExp
  /** Whether it is about a name at any depth; otherwise about the path. */
  readonly anywhere: boolean
}

export interface Filter {
  /** Everything, where it is empty. */
  readonly include: ReadonlyArray<Pattern>
  readonly exclude: ReadonlyArray<Pattern>
}

/** Whether a pattern matches a path, whose last part is `name`. A pattern that matches a folder stands for all that is in it. */
export const matches = (patterns: ReadonlyArray<Pattern>, path: string, name: string): boolean => {
  for (const { anywhere, expression } of patterns) if (expression.test(anywhere ? name : path)) return true
  return false
}

/** Whether a filter selects a path, or a folder that it is in. */
export const isSelected = (filter: Filter, path: string): boolean => {
  if (filter.include.length === 0 && filter.exclude.length === 0) return true
  let included = filter.include.length === 0
  for (let end = path.indexOf("/"), start = 0; ; end = path.indexOf("/", start)) {
    const part = end === -1 ? path : path.slice(0, end)
    const name = part.slice(start)
    if (matches(filter.exclude, part, name)) return false
    included ||= matches(filter.include, part, name)
    if (end === -1) return included
    start = end + 1
  }
}

/** Compares as UTF-8 does, which is the order of a listing: UTF-16 puts the surrogates before the end of the basic plane. */
export const compareNames = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    let left = a.charCodeAt(index)
    let right = b.charCodeAt(index)
    if (left === right) continue
    if (left >= 0xd800 && right >= 0xd800) {
      left += left >= 0xe000 ? -0x2000 : 0x2000
      right += right >= 0xe000 ? -0x2000 : 0x2000
    }
    return left - right
  }
  return a.length - b.length
}

/** Names joined by NUL. */
export const namesIn = (joined: string): ReadonlyArray<string> => (joined === "" ? [] : joined.split("\u0000"))
