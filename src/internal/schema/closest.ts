/** Finds the name that a misspelt one probably means. */

/** The number of insertions, deletions, replacements and swaps of neighbours between two texts. */
const distance = (a: string, b: string): number => {
  // The last two rows of the table of distances between prefixes of the texts.
  let before: ReadonlyArray<number> = []
  let row: ReadonlyArray<number> = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity
      )
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** The name that is closest to a misspelt one; undefined if none is close, or several are equally close. */
export const closest = (misspelt: string, names: ReadonlyArray<string>): string | undefined => {
  const lower = misspelt.toLowerCase()
  // One of four characters may differ, three of twelve.
  const maxDistance = Math.min(3, Math.floor(lower.length / 4))
  const found = names
    .map((name) => ({ name, far: distance(lower, name.toLowerCase()) }))
    .filter(({ far }) => far <= maxDistance)
    .toSorted((a, b) => a.far - b.far)
  const [first, second] = found
  return first === undefined || first.far === second?.far ? undefined : first.name
}

/** What is expected instead of an unknown name: the most similar one, otherwise a list of all. */
export const knownName = (kind: "field" | "option", unknown: string, names: ReadonlyArray<string>): string => {
  const close = closest(unknown, names)
  return close === undefined ? `a known ${kind} (${names.join(", ")})` : `a known ${kind} (did you mean \`${close}\`?)`
}
