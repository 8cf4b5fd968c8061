/** Static Large Objects: storing a manifest, and deleting one with its segments. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as RequestBody from "../RequestBody.js"
import * as Timestamp from "../Timestamp.js"
import * as Answer from "./answer.js"
import * as Bulk from "./bulk.js"
import * as ByteText from "./byteText.js"
import * as Listing from "./listing.js"
import * as Reading from "./reading.js"
import type { Segment, StaticManifest, Storage } from "./storage.js"
import { lastModified } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"
import * as Writing from "./writing.js"

const maxSegments = 1000
const maxManifestBytes = 8 * 1024 * 1024

/** A segment in a manifest as sent. Only its path is required. */
interface Claim {
  readonly path: string
  readonly etag: string | undefined
  readonly size: number | undefined
}

const knownKeys = new Set(["path", "etag", "size_bytes"])

/** Parses one entry of a manifest. A string is an error message. */
const claimOf = (entry: unknown, isLast: boolean, own: string, minimum: number): Claim | string => {
  if (!Fields.isObject(entry)) {
    return "not a JSON object"
  }
  if (!("path" in entry)) {
    return `expected keys to include one of 'path'`
  }
  const extraneous = Object.keys(entry).filter((key) => !knownKeys.has(key))
  if (extraneous.length > 0) {
    return `extraneous keys ${extraneous
      .toSorted()
      .map((key) => JSON.stringify(key))
      .join(", ")}`
  }
  const { etag, path, size_bytes: sizeBytes } = entry
  if (typeof path !== "string") {
    return `"path" must be a string`
  }
  if (etag !== undefined && etag !== null && typeof etag !== "string") {
    return `"etag" must be a string or null (if provided)`
  }
  if (!path.replace(/^\/+|\/+$/g, "").includes("/")) {
    return "path does not refer to an object. Path must be of the form /container/object."
  }
  const size = sizeBytes === undefined || sizeBytes === null ? undefined : Number(sizeBytes)
  if (size !== undefined && (!Number.isInteger(size) || typeof sizeBytes === "boolean" || sizeBytes === "")) {
    return "invalid size_bytes"
  }
  if (size !== undefined && size < minimum && !isLast) {
    return tooSmall("too small", minimum)
  }
  if (path.replace(/^\/+/, "") === own) {
    return "manifest must not include itself as a segment"
  }
  return { path, etag: etag ?? undefined, size }
}

const tooSmall = (start: string, minimum: number): string =>
  minimum === 1
    ? `${start}; each segment must be at least 1 byte.`
    : `${start}; each segment, except the last, must be at least ${minimum} bytes.`

const isClaim = (claim: Claim | string): claim is Claim => typeof claim !== "string"

/** Parses a manifest; 400 with a line for each malformed entry. */
const claimsOf = (stored: StoredBytes.StoredBytes, own: string, minimum: number): ReadonlyArray<Claim> => {
  let parsed: unknown
  try {
    const bytes = RequestBody.concat([...StoredBytes.slices(stored, 0, stored.size)])
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    return Refusal.refuse(Answer.sentence(400, "Manifest must be valid JSON.\n"))
  }
  if (!Array.isArray(parsed)) {
    return Refusal.refuse(Answer.sentence(400, "Manifest must be a list.\n"))
  }
  const entries: ReadonlyArray<unknown> = parsed
  const claims = entries.map((entry, index) => claimOf(entry, index === entries.length - 1, own, minimum))
  const problems = claims.flatMap((claim, index) => (isClaim(claim) ? [] : [`Index ${index}: ${claim}\n`]))
  if (problems.length > 0) {
    return Refusal.refuse(Answer.plain(400, problems.join("")))
  }
  if (claims.length > maxSegments) {
    return Refusal.refuse(Answer.sentence(413, `Number of object-backed segments must be <= ${maxSegments}`))
  }
  return claims.filter(isClaim)
}

/** Checks an entry of the manifest against the object that it names. */
const segmentOf = (
  storage: Storage,
  claim: Claim,
  isLast: boolean,
  minimum: number,
  now: number
): { readonly segment?: Segment; readonly problems: ReadonlyArray<Bulk.Problem> } => {
  const name = ByteText.percentEncode(ByteText.fromText(claim.path))
  const path = Reading.splitPath(ByteText.fromText(claim.path.replace(/^\/+/, "")))
  const object = path === undefined ? undefined : Reading.segmentAt(storage, path, now)
  const content = object === undefined ? undefined : Reading.contentOf(storage, object, now)
  if (object === undefined || content === undefined) {
    return { problems: [[name, Answer.statusLine(404)]] }
  }
  const etag = content.etag.replaceAll('"', "")
  const problems: Array<Bulk.Problem> = []
  if (content.size < minimum && !isLast) {
    problems.push([name, tooSmall("Too small", minimum)])
  }
  if (claim.size !== undefined && claim.size !== content.size) {
    problems.push([name, "Size Mismatch"])
  }
  if (claim.etag !== undefined && claim.etag !== etag) {
    problems.push([name, "Etag Mismatch"])
  }
  return {
    problems,
    segment: {
      name: `/${claim.path.replace(/^\/+/, "")}`,
      bytes: content.size,
      hash: etag,
      content_type: ByteText.toText(object.contentType.split(";")[0] ?? ""),
      last_modified: Timestamp.microsecondsWithoutZone(lastModified(object.changed)),
      ...(object.manifest === undefined ? {} : { sub_slo: true as const })
    }
  }
}

/** The 400 that lists the problems of the segments. */
const segmentProblems = (request: ServiceRequest, problems: ReadonlyArray<Bulk.Problem>): WireResponse => {
  const format = Listing.accepted(request.headers["accept"]) ?? "text/plain"
  return Reply.text(400, Bulk.write({ problems }, format, "upload"), { "Content-Type": format })
}

/** PUT with `?multipart-manifest=put`. */
export const put = (work: Writing.Work): Effect.Effect<WireResponse, WireBroken | Refusal.Refusal> =>
  Effect.gen(function* () {
    const { request, settings, storage } = work
    const minimum = settings.minimumSegmentBytes
    const begun = yield* Clock.currentTimeMillis
    const length = yield* Refusal.attempt(() => {
      if (Number(request.headers["content-length"] ?? 0) > maxManifestBytes) {
        Refusal.refuse(Answer.sentence(413, `Manifest File > ${maxManifestBytes} bytes`))
      }
      return Writing.checkPut(work, begun)
    })
    const sent = yield* Writing.readBody(request.body, length, maxManifestBytes)
    const now = yield* Clock.currentTimeMillis
    return yield* Refusal.attempt(() => {
      const own = ByteText.toText(`${work.path.container}/${work.path.object}`)
      const claims = claimsOf(sent, own, minimum)
      const checked = claims.map((claim, index) => segmentOf(storage, claim, index === claims.length - 1, minimum, now))
      const problems = checked.flatMap((one) => one.problems)
      if (problems.length > 0) {
        return segmentProblems(request, problems)
      }
      const segments = checked.flatMap(({ segment }) => (segment === undefined ? [] : [segment]))
      const hash = createHash("md5")
      for (const segment of segments) {
        hash.update(segment.hash)
      }
      const manifest: StaticManifest = {
        segments,
        size: segments.reduce((sum, segment) => sum + segment.bytes, 0),
        etag: hash.digest("hex")
      }
      // Rackspace documents this header as the MD5 of the JSON; Swift expects the MD5 of the segments' ETags.
      const expected = Writing.expectedEtag(request)
      if (expected !== undefined && expected !== manifest.etag && expected !== sent.md5) {
        Refusal.refuse(Answer.standard(422))
      }
      const stored = StoredBytes.fromBytes(new TextEncoder().encode(JSON.stringify(segments)))
      const object = { ...Writing.objectOf(work, begun, stored, manifest), changed: now }
      return Writing.store(work, now, object, `"${manifest.etag}"`)
    })
  })

/** The objects to delete for a manifest: its segments, including nested ones, and the manifest itself last. */
const targetsOf = (
  storage: Storage,
  path: Reading.ObjectPath,
  now: number,
  above: ReadonlyArray<ByteText.ByteText> = []
): ReadonlyArray<Bulk.Target> => {
  const name = `/${path.container}/${path.object}`
  // For a symbolic link, Swift deletes the segments of the target's manifest and then the link.
  const object = Reading.segmentAt(storage, path, now)
  if (object === undefined) {
    return [{ name, problem: { status: 404, sentence: "SLO manifest not found" } }]
  }
  if (object.manifest === undefined) {
    return [{ name, problem: { status: 400, sentence: "Not an SLO manifest" } }]
  }
  const segments = object.manifest.segments.flatMap((segment): ReadonlyArray<Bulk.Target> => {
    const segmentName = ByteText.fromText(segment.name)
    const segmentPath = segment.sub_slo === undefined ? undefined : Reading.splitPath(segmentName)
    // Manifests that were replaced later can refer to each other in a circle.
    return segmentPath === undefined || above.includes(segmentName)
      ? [{ name: segmentName }]
      : targetsOf(storage, segmentPath, now, [...above, name])
  })
  return [...segments, { name }]
}

/** DELETE with `?multipart-manifest=delete`. */
export const remove = (work: Writing.Work, now: number): WireResponse =>
  Bulk.respond(Bulk.remove(work.storage, targetsOf(work.storage, work.path, now), now), work.request)
