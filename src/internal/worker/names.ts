/** The sort order of file names, and filters for them. */

export interface Pattern {
  readonly expression: RegExp
  /** Whether it matches names at any depth instead of paths. */
  readonly anywhere: boolean
}

export interface Filter {
  /** If empty, everything is included. */
  readonly include: ReadonlyArray<Pattern>
  readonly exclude: ReadonlyArray<Pattern>
}

/** Whether a pattern matches a path with this last part. A pattern that matches a folder includes its content. */
export const matches = (patterns: ReadonlyArray<Pattern>, path: string, name: string): boolean => {
  for (const { anywhere, expression } of patterns) if (expression.test(anywhere ? name : path)) return true
  return false
}

/** Whether a filter selects a path or one of its parent folders. */
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

/**
 * Compares in the byte order of UTF-8, which listings use. UTF-16 sorts surrogates before the end of the basic plane.
 */
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

/** Splits names joined by NUL. */
export const namesIn = (joined: string): ReadonlyArray<string> => (joined === "" ? [] : joined.split("\u0000"))
