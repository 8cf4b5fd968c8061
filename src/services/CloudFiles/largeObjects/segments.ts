/** Into what parts a large object is cut, what they are called, and which of them are an object's own. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { createHash } from "node:crypto"
import { md5Hex } from "../../../internal/bytes/md5.js"
import type { Address } from "../objects/address.js"
import { Segment } from "./manifests.js"

/** What the cloud stores in one request; more goes up in segments. */
export const largestObject = 5 * 1024 ** 3

/** How many entries one manifest may have. */
export const mostEntries = 1000

const mebibyte = 1024 ** 2

/** In what segments a source is cut that can be read from anywhere: as few as one manifest takes, if the size allows it. */
export const segmentSizeFor = (length: number): number =>
  Math.min(largestObject, Math.max(256 * mebibyte, Math.ceil(length / mostEntries / mebibyte) * mebibyte))

/** A segment's or a manifest's number, so that the order of names is that of numbers. */
export const numbered = (index: number): string => String(index).padStart(8, "0")

/**
 * What the names of all segments of an object begin with. A name that leaves no room for the numbering is replaced by its
 * digest; so is one that begins with a slash, because the cloud refuses a dynamic manifest whose prefix does.
 */
export const baseOf = (object: string): string =>
  Buffer.byteLength(object, "utf8") <= 900 && !object.startsWith("/")
    ? object
    : createHash("sha256").update(object).digest("hex")

/** The container where segments are, unless another is named. */
export const segmentContainerOf = (container: string): string => {
  const name = `${container}_segments`
  // A name that leaves no room for the suffix is replaced by its digest.
  return Buffer.byteLength(name, "utf8") <= 256
    ? name
    : `${createHash("sha256").update(container).digest("hex")}_segments`
}

/** The folder of one upload, which another run of the same upload finds again: named as python-swiftclient and rclone do. */
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
 * When a large object that is to be deleted after some time expires, by the time that the cloud's clock shows now. The manifest
 * and all segments get this date. With a duration each segment would expire before the manifest, which is put later.
 */
export const expiryAfter = (cloudTime: DateTime.Utc, after: Duration.DurationInput): DateTime.Utc =>
  DateTime.unsafeMake(Math.ceil((cloudTime.epochMillis + Duration.toMillis(after)) / 1000) * 1000)

/** A segment that is still there, and why. */
export interface LeftSegment {
  /** `/container/object`, as it is, not encoded. */
  readonly path: string
  readonly reason: string
}

/**
 * What follows an object's name in the names of its segments: a moment, a digest or a UUID, sizes, and a number. More, and it
 * is another object's, whose name begins with this one's.
 */
const numbering =
  /^(?:[sd]lo\/)?(?:[\da-f]{32}|[\da-f-]{36}|-?\d+(?:\.\d+)?)(?:\/-?\d+)*\/(?:manifests\/(?:\d+-)?)?\d+$/

/**
 * Whether a part belongs to an object and to no other, as far as names show: this library, python-swiftclient and rclone put
 * segments into a container of their own, under the object's name; openstacksdk puts them next to the object under its name, and
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

/** The ETag of a static large object that consists of these segments: the MD5 of their ETags and ranges. */
export const etagOf = (parts: ReadonlyArray<Pick<Segment, "etag" | "range">>): string =>
  md5Hex(
    new TextEncoder().encode(
      parts.map(({ etag, range }) => (range === undefined ? etag : `${etag}:${range};`)).join("")
    )
  )
