/** The Range header: which bytes of a body it asks for. */

/**
 * A range as it was asked for: from an offset, to an offset (inclusive), or, without a first one, so many at the end.
 */
export interface RequestedRange {
  readonly first: number | undefined
  readonly last: number | undefined
}

/** A range as it stands in a body: from `start` to before `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads a Range header. Undefined where there is none, or where one part of it is malformed: then all of it is to be
 * ignored.
 */
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

/** Swift's measures against requests that ask for the same bytes over and over. */
const mostRanges = 50
const mostOverlaps = 2
const mostUnordered = 8

const isInside = (offset: number, range: ByteRange): boolean => range.start < offset && offset < range.end

/** Two equal ranges do not count: Swift looks for a boundary of the one within the other. */
const overlap = (a: ByteRange, b: ByteRange): boolean =>
  isInside(b.start, a) || isInside(b.end, a) || isInside(a.start, b) || isInside(a.end, b)

/** The parts of a body that the ranges hit, in the order of the request; none means 416. */
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
  if (hits.length > mostRanges) {
    return []
  }
  let overlaps = 0
  for (const [index, hit] of hits.entries()) {
    overlaps += hits.slice(index + 1).filter((other) => overlap(hit, other)).length
  }
  const ascending = hits.every((hit, index) => index === 0 || (hits[index - 1]?.start ?? 0) <= hit.start)
  return overlaps > mostOverlaps || (!ascending && hits.length >= mostUnordered) ? [] : hits
}
