/** Responses to requests for a range of an object. */
import type { ByteRange } from "../objects/byteRange.js"
import type { ObjectInfo } from "../objects/objects.js"

/** The first and the last byte of a range in an object of this size. */
const boundsOf = (range: ByteRange, size: number): readonly [first: number, last: number] => {
  if ("last" in range) return [Math.max(0, size - range.last), size - 1]
  const end = range.length === undefined ? size : Math.min(size, range.offset + range.length)
  return [range.offset, end - 1]
}

/** Describes why a response is not the requested range, so that other bytes are not used; undefined if it is. */
export const wrongRange = (
  range: ByteRange,
  info: ObjectInfo
): { readonly path: string; readonly expected: string } | undefined => {
  if (info.status !== 206) {
    // An empty object has no ranges, and is sent as a whole.
    return info.bytes === 0 ? undefined : { path: ":status", expected: "206, since a range was requested" }
  }
  const sent = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(info.contentRange ?? "")
  if (sent === null) return undefined
  const [first, last] = boundsOf(range, Number(sent[3]))
  return Number(sent[1]) === first && Number(sent[2]) === last
    ? undefined
    : { path: "content-range", expected: `bytes ${first}-${last}` }
}

/** Where in the object a response begins. */
export const offsetOf = (info: ObjectInfo): number => {
  const sent = /^bytes (\d+)-/.exec(info.contentRange ?? "")
  return info.status === 206 && sent !== null ? Number(sent[1]) : 0
}
