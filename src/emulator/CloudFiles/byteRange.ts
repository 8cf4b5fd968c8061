/** Parses Range headers and resolves them against a body. */

/** A requested range: `first` to `last` (inclusive), or, without `first`, the last bytes of the body. */
export interface RequestedRange {
  readonly first: number | undefined
  readonly last: number | undefined
}

/** A range of a body, from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Parses a Range header. Undefined if there is none, or if any part of it is malformed: then all of it is ignored. */
export const parse = (header: string | undefined): ReadonlyArray<RequestedRange> | undefined => {
  const list = /^bytes=(.*)$/i.exec((header ?? "").replaceAll(" ", ""))?.[1]
  if (list === undefined) {
    return undefined
  }
  const ranges: Array<RequestedRange> = []
  for (const item of list.split(",")) {
    const match = /^(\d*)-(\d*)$/.exec(item)
    const first = match?.[1] ? Number(match[1]) : undefined
    const last = match?.[2] ? Number(match[2]) : undefined
    if (
      match === null ||
      (first === undefined && last === undefined) ||
      (first !== undefined && last !== undefined && last < first)
    ) {
      return undefined
    }
    ranges.push({ first, last })
  }
  return ranges
}

/** Swift's limits against requests for the same bytes over and over. */
const maxRanges = 50
const maxOverlaps = 2
const maxUnordered = 8

const isInside = (offset: number, range: ByteRange): boolean => range.start < offset && offset < range.end

/** Equal ranges do not overlap here: Swift checks whether a boundary of one lies inside the other. */
const overlap = (a: ByteRange, b: ByteRange): boolean =>
  isInside(b.start, a) || isInside(b.end, a) || isInside(a.start, b) || isInside(a.end, b)

/** The satisfiable ranges, in the order of the request. An empty result means 416. */
export const resolve = (ranges: ReadonlyArray<RequestedRange>, size: number): ReadonlyArray<ByteRange> => {
  const hits: Array<ByteRange> = []
  for (const { first, last } of ranges) {
    if (first === undefined) {
      if (last !== undefined && last > 0) {
        hits.push({ start: Math.max(0, size - last), end: size })
      }
    } else if (first < size) {
      hits.push({ start: first, end: last === undefined ? size : Math.min(last + 1, size) })
    }
  }
  if (hits.length > maxRanges) {
    return []
  }
  let overlaps = 0
  for (const [index, hit] of hits.entries()) {
    overlaps += hits.slice(index + 1).filter((other) => overlap(hit, other)).length
  }
  const ascending = hits.every((hit, index) => index === 0 || (hits[index - 1]?.start ?? 0) <= hit.start)
  return overlaps > maxOverlaps || (!ascending && hits.length >= maxUnordered) ? [] : hits
}
