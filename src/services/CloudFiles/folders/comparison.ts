/** Compares the files of a folder with the objects of a container. */
import type { SystemError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { FolderReader, FoundEntry } from "../../../internal/files/folderReader.js"
import { manifestEndpoints, segmentLocation } from "../largeObjects/manifests.js"
import { md5In, md5OfNothing, unquoted } from "../objects/etags.js"
import { makeListing } from "../objects/listing.js"
import { hasTime, mtimeOf, sameTime } from "../objects/modificationTime.js"
import { objectEndpoints, type ObjectInfo, type ObjectSummary } from "../objects/objects.js"
import { smallFile } from "./job.js"
import { markedFolder, type Pair, type RemoteEntry } from "./merge.js"
import type { Comparing, FileError } from "./model.js"
import { unfitPath } from "./paths.js"

/** A pair and the result of its comparison. */
export interface Verdict extends Pair {
  /** Whether the object is known to be neither a large object nor a symbolic link. */
  readonly isPlain: boolean
  readonly verdict: "onlyLocal" | "onlyRemote" | "same" | "different" | { readonly error: FileError }
}

/** The parameters of a comparison. */
export interface ComparisonJob {
  readonly operation: string
  readonly reader: FolderReader
  readonly folder: string
  readonly container: string
  readonly compare: Comparing
  /**
   * The destination. It matters if the object has no stored modification time: an uploaded file must not be newer than
   * its object, and a downloaded file must have the time of its object.
   */
  readonly receiver: "local" | "remote"
}

/** How many objects are requested concurrently. */
const atATime = 16

interface HashedPart {
  readonly bytes: number
  readonly hash: string
}

/** The size and MD5 of each part; undefined if the cloud does not return all of them. */
const hashedParts = (
  parts: ReadonlyArray<{
    readonly bytes?: number | undefined
    readonly hash?: string | undefined
    readonly range?: string | undefined
  }>
): ReadonlyArray<HashedPart> | undefined => {
  const hashed = parts.flatMap(({ bytes, hash, range }) =>
    bytes === undefined || hash === undefined || range !== undefined || md5In(hash) === undefined
      ? []
      : [{ bytes, hash }]
  )
  return hashed.length === parts.length ? hashed : undefined
}

/** Reads the parts of large objects. */
const makeLargeObjectParts = (client: CloudClient, { container, operation }: ComparisonJob) => {
  const list = makeListing(client, operation)
  const getManifest = Endpoint.method(client, { ...manifestEndpoints.getManifest, operation })
  /** The sizes and MD5s of a large object's segments, if each has one. */
  return (object: string, { isStaticLargeObject, manifest }: ObjectInfo) => {
    if (isStaticLargeObject) {
      return Effect.map(getManifest({ container, object }), (parts) =>
        parts.some(({ isManifest }) => isManifest) ? undefined : hashedParts(parts)
      )
    }
    const where = segmentLocation(manifest ?? "")
    return where === undefined
      ? Effect.succeed(undefined)
      : Effect.map(Stream.runCollect(list(where)), (found) => hashedParts(Chunk.toReadonlyArray(found)))
  }
}

/** The result of comparing a file with an object's headers. */
interface Inspected {
  readonly verdict: Verdict["verdict"]
  readonly isPlain: boolean
}

/** Compares a file with an object by its headers, if the listing is not sufficient. */
const makeInspection = (client: CloudClient, job: ComparisonJob) => {
  const { compare, container, folder, operation, reader, receiver } = job
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const partsOf = makeLargeObjectParts(client, job)

  const compareParts = (path: string, parts: ReadonlyArray<HashedPart>) =>
    Effect.map(
      reader.md5s(
        `${folder}/${path}`,
        parts.map(({ bytes }) => bytes)
      ),
      (md5s) => (parts.every(({ hash }, index) => unquoted(hash) === md5s[index]) ? "same" : "different")
    )

  /** Compares by MD5. Undefined if the MD5 of a part is unknown. */
  const compareHashes = ({ bytes, path }: FoundEntry, object: string, info: ObjectInfo, isLarge: boolean) =>
    Effect.gen(function* () {
      const parts = isLarge ? yield* partsOf(object, info) : [{ bytes, hash: info.etag ?? "" }]
      return parts === undefined ? undefined : yield* compareParts(path, parts)
    })

  const compareTimes = ({ time }: FoundEntry, listed: ObjectSummary, info: ObjectInfo) => {
    const modified = mtimeOf(info)
    if (modified !== undefined) return hasTime(time, modified) ? "same" : "different"
    const stored = info.lastModified?.epochMillis ?? listed.lastModified?.epochMillis
    if (stored === undefined) return "different"
    return (receiver === "remote" ? time <= stored : sameTime(time, stored)) ? "same" : "different"
  }

  return (local: FoundEntry, { object: listed }: RemoteEntry): Effect.Effect<Inspected, CommonError> =>
    Effect.gen(function* () {
      const info = yield* head({ container, object: listed.name })
      const isLarge = info.isStaticLargeObject || info.manifest !== undefined
      // After following a symbolic link, the headers say nothing about the object itself.
      const isPlain = !isLarge && info.contentLocation === undefined
      const verdict = Effect.gen(function* () {
        if (info.bytes !== local.bytes) return "different"
        const isHashed = isLarge || md5In(info.etag) !== undefined
        const byHash = isHashed && (compare === "checksum" || (!isLarge && local.bytes <= smallFile))
        const hashed = byHash ? yield* compareHashes(local, listed.name, info, isLarge) : undefined
        // If the MD5s are unknown, size and time decide.
        return hashed ?? compareTimes(local, listed, info)
      })
      return yield* verdict.pipe(
        Effect.map((verdict): Inspected => ({ verdict, isPlain })),
        Effect.catchTags({
          NotFound: () => Effect.succeed<Inspected>({ verdict: "different", isPlain }),
          SystemError: (error) => Effect.succeed<Inspected>({ verdict: { error }, isPlain })
        })
      )
    }).pipe(Effect.catchTag("NotFound", () => Effect.succeed<Inspected>({ verdict: "different", isPlain: false })))
}

/**
 * Whether an object's real size may differ from its listing: a dynamic large object is listed with 0 bytes, and a
 * static one may temporarily be listed with the size of its manifest.
 */
const mayBeLarge = ({ bytes }: FoundEntry, listed: ObjectSummary): boolean =>
  (listed.bytes === 0 && (listed.hash ?? md5OfNothing) === md5OfNothing) || (bytes > smallFile && listed.bytes < bytes)

/** Compares by the listing alone. Returns what is needed if that is not sufficient. */
const judgeListed = (
  { compare, operation }: ComparisonJob,
  { local, remote }: Pair
): Verdict["verdict"] | "marker" | "hash" | "inspect" => {
  if (remote === undefined) return "onlyLocal"
  if (local === undefined) {
    return remote.isMarker && unfitPath(operation, markedFolder(remote)) === undefined ? "marker" : "onlyRemote"
  }
  if (local.kind !== "file" || remote.isMarker) return local.kind === "folder" ? "same" : "different"
  if (local.bytes !== remote.object.bytes) return mayBeLarge(local, remote.object) ? "inspect" : "different"
  if (local.bytes === 0) return "same"
  return compare === "checksum" || local.bytes <= smallFile ? "hash" : "inspect"
}

/** A pair with both a file and an object. */
interface Both {
  readonly index: number
  readonly local: FoundEntry
  readonly remote: RemoteEntry
}

/** Compares pairs. */
export const makeComparison = (client: CloudClient, job: ComparisonJob) => {
  const { folder, reader } = job
  const inspect = makeInspection(client, job)

  const judge = (pairs: ReadonlyArray<Pair>): Effect.Effect<ReadonlyArray<Verdict>, CommonError | SystemError> =>
    Effect.gen(function* () {
      const listed = pairs.map((pair) => judgeListed(job, pair))
      const verdicts: Array<Verdict["verdict"] | undefined> = []
      const plain = new Set<number>()
      const all = (wanted: (typeof listed)[number]): ReadonlyArray<Both> =>
        pairs.flatMap(({ local, remote }, index) =>
          listed[index] === wanted && local !== undefined && remote !== undefined ? [{ index, local, remote }] : []
        )
      const markers = pairs.flatMap(({ remote }, index) =>
        listed[index] === "marker" && remote !== undefined ? [{ index, path: markedFolder(remote) }] : []
      )
      if (markers.length > 0) {
        const areThere = yield* reader.areFolders(
          folder,
          markers.map(({ path }) => path)
        )
        for (const [at, { index }] of markers.entries()) verdicts[index] = areThere[at] === true ? "same" : "onlyRemote"
      }
      const toInspect = [...all("inspect")]
      const toHash = all("hash")
      if (toHash.length > 0) {
        const hashes = yield* reader.hashes(
          folder,
          toHash.map(({ local }) => local.path)
        )
        for (const [at, both] of toHash.entries()) {
          const md5 = hashes[at]
          if (typeof md5 === "object") verdicts[both.index] = { error: md5 }
          else if (md5 === unquoted(both.remote.object.hash ?? "")) {
            verdicts[both.index] = "same"
            plain.add(both.index)
          }
          // For a large object, the hash in the listing is not that of the content.
          else toInspect.push(both)
        }
      }
      const inspected = yield* Effect.forEach(toInspect, ({ local, remote }) => inspect(local, remote), {
        concurrency: atATime
      })
      for (const [at, { index }] of toInspect.entries()) {
        verdicts[index] = inspected[at]?.verdict
        if (inspected[at]?.isPlain === true) plain.add(index)
      }
      return pairs.map((pair, index): Verdict => {
        const known = listed[index]
        const isOpen = known === undefined || known === "marker" || known === "hash" || known === "inspect"
        return { ...pair, verdict: isOpen ? (verdicts[index] ?? "different") : known, isPlain: plain.has(index) }
      })
    })

  return <E, R>(pairs: Stream.Stream<Pair, E, R>): Stream.Stream<Verdict, E | CommonError | SystemError, R> =>
    Stream.mapChunksEffect(pairs, (chunk) =>
      Effect.map(judge(Chunk.toReadonlyArray(chunk)), (verdicts) => Chunk.unsafeFromArray([...verdicts]))
    )
}
