/** Segments of large objects: their sizes and names, and which of them belong to an object. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { createHash } from "node:crypto"
import { md5Hex } from "../../../internal/bytes/md5.js"
import type { Address } from "../objects/address.js"
import { Segment } from "./manifests.js"

/** The maximum size of an object in one request. Larger ones are uploaded in segments. */
export const largestObject = 5 * 1024 ** 3

/** How many entries one manifest may have. */
export const mostEntries = 1000

const mebibyte = 1024 ** 2

/**
 * The segment size for a source that can be read at any offset: the smallest that needs only one manifest, if possible.
 */
export const segmentSizeFor = (length: number): number =>
  Math.min(largestObject, Math.max(256 * mebibyte, Math.ceil(length / mostEntries / mebibyte) * mebibyte))

/** The number of a segment or manifest in its name, padded so that names sort numerically. */
export const numbered = (index: number): string => String(index).padStart(8, "0")

/**
 * The prefix of the names of an object's segments. A name too long for numbering is replaced by its digest; so is one
 * with a leading slash, because the cloud refuses a dynamic manifest with such a prefix.
 */
export const baseOf = (object: string): string =>
  Buffer.byteLength(object, "utf8") <= 900 && !object.startsWith("/")
    ? object
    : createHash("sha256").update(object).digest("hex")

/** The default container for segments. */
export const segmentContainerOf = (container: string): string => {
  const name = `${container}_segments`
  // A name too long for the suffix is replaced by its digest.
  return Buffer.byteLength(name, "utf8") <= 256
    ? name
    : `${createHash("sha256").update(container).digest("hex")}_segments`
}

/**
 * The folder of one upload. A repeated upload of the same file finds it again. The name has the same form as with
 * python-swiftclient and rclone.
 */
export const folderOf = (
  object: string,
  kind: "static" | "dynamic",
  version: { readonly modified: DateTime.Utc; readonly length: number; readonly segmentSize: number } | string
): string =>
  `${baseOf(object)}/${kind === "static" ? "slo" : "dlo"}/${
    typeof version === "string"
      ? version
      : `${(version.modified.epochMillis / 1000).toFixed(6)}/${version.length}/${version.segmentSize}`
  }`

/**
 * When a large object with `deleteAfter` expires, by the cloud's clock. The manifest and all segments get this date;
 * with a duration, segments would expire before the manifest, which is stored later.
 */
export const expiryAfter = (cloudTime: DateTime.Utc, after: Duration.DurationInput): DateTime.Utc =>
  DateTime.unsafeMake(Math.ceil((cloudTime.epochMillis + Duration.toMillis(after)) / 1000) * 1000)

/** A remaining segment, and the reason. */
export interface LeftSegment {
  /** `/container/object`, not encoded. */
  readonly path: string
  readonly reason: string
}

/**
 * The part of a segment's name after its object's name: a time, a digest or a UUID, sizes, and a number. Anything else
 * belongs to another object with a longer name.
 */
const numbering =
  /^(?:[sd]lo\/)?(?:[\da-f]{32}|[\da-f-]{36}|-?\d+(?:\.\d+)?)(?:\/-?\d+)*\/(?:manifests\/(?:\d+-)?)?\d+$/

/**
 * Whether a part belongs to this object only, as far as names show. This library, python-swiftclient and rclone store
 * segments in a separate container under the object's name; openstacksdk stores them next to the object under its name;
 * pyrax numbers them.
 */
export const isOwn = (whole: Address, segmentContainers: ReadonlySet<string>, part: Address): boolean => {
  if (segmentContainers.has(part.container)) {
    const base = `${baseOf(whole.object)}/`
    return part.object.startsWith(base) && numbering.test(part.object.slice(base.length))
  }
  if (part.container !== whole.container || !part.object.startsWith(whole.object)) return false
  return /^(\/\d{6}|\.\d{2,})$/.test(part.object.slice(whole.object.length))
}

/** The ETag of a static large object: the MD5 of its segments' ETags and ranges. */
export const etagOf = (parts: ReadonlyArray<Pick<Segment, "etag" | "range">>): string =>
  md5Hex(
    new TextEncoder().encode(
      parts.map(({ etag, range }) => (range === undefined ? etag : `${etag}:${range};`)).join("")
    )
  )
