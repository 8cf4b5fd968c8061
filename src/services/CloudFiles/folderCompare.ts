/**
 * A folder and a listing side by side. Both come in the byte order of their names, so that they are merged as they arrive and
 * neither is ever held whole.
 */
import type { SystemError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, MalformedResponse } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { compareNames } from "../../internal/files/folderReader.js"
import type { FolderReader, FoundEntry } from "../../internal/files/folderReading.js"
import { fileTime, isFurthest } from "../../internal/files/modificationTime.js"
import { endpoints, ManifestEntry, type ObjectInfo, type ObjectSummary } from "./endpoints.js"
import type { Comparing, FileError } from "./folderModel.js"
import { unfitPath } from "./folderNames.js"
import { segmentsOf } from "./manifest.js"
import { ContainerName, ObjectName } from "./names.js"
import { makeListing } from "./remoteListing.js"
import { md5In } from "./segments.js"

/** An object of a folder. */
export interface RemoteEntry {
  /** Within the folder. */
  readonly path: string
  readonly object: ObjectSummary
  /** Whether it stands for a folder. */
  readonly isMarker: boolean
}

/** What is of one name. One of the two is there. */
export interface Pair {
  readonly path: string
  readonly local: FoundEntry | undefined
  readonly remote: RemoteEntry | undefined
}

/** A pair, and how it compares. */
export interface Verdict extends Pair {
  /** Whether the object is known to be no large object, and no symbolic link. */
  readonly isPlain: boolean
  readonly verdict: "onlyLocal" | "onlyRemote" | "same" | "different" | { readonly error: FileError }
}

/** Files up to this size are read rather than asked about, and go in archives. */
export const smallFile = 1024 * 1024

/**
 * The types that clients give to an object that stands for a folder: `application/directory`, `text/directory`,
 * `application/x-directory`, `httpd/unix-directory`, `inode/directory`, `x-directory/normal`, `application/x-folder`.
 */
const markerType = /^\s*(?:[\w.+-]+\/(?:[\w.+]+-)?(?:directory|folder)|x-directory\/[\w.+-]+)\s*(?:;|$)/i

/** Whether an object only says that there is a folder. */
export const isMarker = ({ bytes, contentType = "", name }: ObjectSummary): boolean =>
  bytes === 0 && (name.endsWith("/") || markerType.test(contentType))

/** Whether only the type of an object, which its entry leaves out, can show that it stands for a folder. */
export const mayBeMarker = ({ bytes, contentType, name }: ObjectSummary): boolean =>
  bytes === 0 && contentType === undefined && !name.endsWith("/")

/** The path of the folder that a marker stands for. */
export const folderOf = ({ path }: RemoteEntry): string => path.replace(/\/$/, "")

const keyOf = (entry: FoundEntry): string => (entry.kind === "folder" ? `${entry.path}/` : entry.path)

/**
 * Markers without a slash at the end, which come before the folder's own entry: `photos`, `photos-old.jpg`, `photos/`. Kept until
 * the merge has passed that.
 */
const makePassedMarkers = () => {
  let passed: ReadonlyArray<string> = []
  return {
    add: ({ isMarker, path }: RemoteEntry): void => {
      if (isMarker && !path.endsWith("/")) {
        passed = [...passed.filter((one) => compareNames(`${one}/`, path) >= 0), path]
      }
    },
    /** Whether one stands for this local folder. */
    has: ({ kind, path }: FoundEntry): boolean => kind === "folder" && passed.includes(path)
  }
}

interface Side<A> {
  items: ReadonlyArray<A>
  at: number
  ended: boolean
}

/** Fails where a listing is not in the byte order of its names: files that are merged with it would seem to be missing. */
export const inOrder = <E, R>(
  operation: string,
  entries: Stream.Stream<RemoteEntry, E, R>
): Stream.Stream<RemoteEntry, E | MalformedResponse, R> =>
  Stream.suspend(() => {
    let last: string | undefined
    return Stream.mapChunksEffect(entries, (chunk) => {
      for (const { path } of chunk) {
        if (last !== undefined && compareNames(last, path) >= 0) {
          return Effect.fail(
            new MalformedResponse({
              service: "CloudFiles",
              operation,
              status: 200,
              path: "name",
              expected: "names in their byte order",
              message: `${operation}: the listing is not in the byte order of its names`
            })
          )
        }
        last = path
      }
      return Effect.succeed(chunk)
    })
  })

/** Merges two streams that are in the same order. */
export const merged = <E1, R1, E2, R2>(
  local: Stream.Stream<FoundEntry, E1, R1>,
  remote: Stream.Stream<RemoteEntry, E2, R2>
): Stream.Stream<Pair, E1 | E2, R1 | R2> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const pullLocal = yield* Stream.toPull(local)
      const pullRemote = yield* Stream.toPull(remote)
      const left: Side<FoundEntry> = { items: [], at: 0, ended: false }
      const right: Side<RemoteEntry> = { items: [], at: 0, ended: false }
      const fill = <A, E, R>(
        side: Side<A>,
        pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>, R>
      ): Effect.Effect<void, Option.Option<E>, R> =>
        Effect.suspend(() =>
          side.ended || side.at < side.items.length
            ? Effect.void
            : Effect.matchEffect(pull, {
                onFailure: (end) => {
                  if (Option.isSome(end)) return Effect.fail(end)
                  side.ended = true
                  return Effect.void
                },
                onSuccess: (chunk) => {
                  side.items = Chunk.toReadonlyArray(chunk)
                  side.at = 0
                  return fill(side, pull)
                }
              })
        )
      const passed = makePassedMarkers()
      const pairs = (): Array<Pair> => {
        const found: Array<Pair> = []
        for (;;) {
          const entry = left.items[left.at]
          const object = right.items[right.at]
          if ((entry === undefined && !left.ended) || (object === undefined && !right.ended)) return found
          if (entry === undefined && object === undefined) return found
          const order = entry === undefined ? 1 : object === undefined ? -1 : compareNames(keyOf(entry), object.path)
          if (order <= 0) left.at++
          if (order >= 0) right.at++
          if (order > 0 && object !== undefined) passed.add(object)
          if (order < 0 && entry !== undefined && passed.has(entry)) continue
          found.push({
            path: (order <= 0 ? entry?.path : object?.path) ?? "",
            local: order <= 0 ? entry : undefined,
            remote: order >= 0 ? object : undefined
          })
        }
      }
      return Stream.repeatEffectChunkOption(
        Effect.flatMap(Effect.zipRight(fill(left, pullLocal), fill(right, pullRemote)), () => {
          const found = pairs()
          return found.length === 0 && left.ended && right.ended
            ? Effect.fail(Option.none())
            : Effect.succeed(Chunk.unsafeFromArray(found))
        })
      )
    })
  )

/**
 * When the file was modified that an object was made of, as its metadata says: milliseconds since 1970, negative before.
 * Undefined where it says nothing, or a time that no file can have.
 */
export const mtimeOf = (info: ObjectInfo): number | undefined => {
  const text = info.metadata["mtime"]
  const seconds = text === undefined || text.trim() === "" ? NaN : Number(text)
  return fileTime(seconds * 1000)
}

/** When a file was modified that is an object now; else when the object was stored. */
export const modifiedAt = (info: ObjectInfo): number | undefined => mtimeOf(info) ?? info.lastModified?.epochMillis

const md5OfNothing = "d41d8cd98f00b204e9800998ecf8427e"

/** Whether two times are the same to the millisecond: other clients keep theirs by way of a binary fraction. */
export const sameTime = (a: number, b: number): boolean => Math.abs(a - b) < 1

/** Whether a file has this time, or the nearest to it that its file system can keep. */
const hasTime = (modified: number, time: number): boolean =>
  sameTime(modified, time) || (isFurthest(modified) && (modified < 0 ? time < modified : time > modified))

const tagOf = (etag: string | undefined): string => (etag ?? "").replaceAll('"', "").toLowerCase()

/** The size and the MD5 of each part; undefined where the cloud does not return them all, which says nothing of the content. */
const hashedParts = (
  parts: ReadonlyArray<{
    readonly bytes?: number | undefined
    readonly hash?: string | undefined
    readonly range?: string | undefined
  }>
): ReadonlyArray<{ readonly bytes: number; readonly hash: string }> | undefined => {
  const hashed = parts.flatMap(({ bytes, hash, range }) =>
    bytes === undefined || hash === undefined || range !== undefined ? [] : [{ bytes, hash }]
  )
  return hashed.length === parts.length ? hashed : undefined
}

/** Compares files and objects. */
export const makeComparing = (client: CloudClient, operation: string) => {
  const head = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
  const list = makeListing(client, operation)
  const getManifest = Endpoint.method(
    client,
    Endpoint.named(
      operation,
      Endpoint.make("GET", "/{container}/{+object}", {
        parameters: { container: ContainerName, object: ObjectName },
        fixedQuery: { "multipart-manifest": "get" },
        success: Endpoint.json(Schema.Array(ManifestEntry)),
        errors: ["NotFound"]
      })
    )
  )

  /** The sizes and MD5s of a large object's segments, where each has one. */
  const partsOf = (container: string, object: string, info: ObjectInfo) => {
    if (info.isStaticLargeObject) {
      return Effect.map(getManifest({ container, object }), (parts) =>
        parts.some(({ isManifest }) => isManifest) ? undefined : hashedParts(parts)
      )
    }
    const where = segmentsOf(info.manifest ?? "")
    if (where === undefined) return Effect.succeed(undefined)
    return Effect.map(Stream.runCollect(list(where)), (found) => {
      return hashedParts(Chunk.toReadonlyArray(found))
    })
  }

  return (
    reader: FolderReader,
    folder: string,
    container: string,
    comparing: Comparing,
    toward: "local" | "remote"
  ) => {
    /** What the listing leaves open is asked of the object itself. */
    const asked = (
      local: FoundEntry,
      remote: RemoteEntry,
      isPlain: () => void
    ): Effect.Effect<Verdict["verdict"], CommonError> =>
      Effect.gen(function* () {
        const address = { container, object: remote.object.name }
        const info = yield* head(address)
        const isLarge = info.isStaticLargeObject || info.manifest !== undefined
        // Where a symbolic link was followed, nothing is known of the object itself.
        if (!isLarge && info.contentLocation === undefined) isPlain()
        if (info.bytes !== local.bytes) return "different"
        const isMd5 = isLarge || md5In(info.etag) !== undefined
        if (isMd5 && (comparing === "checksum" || (!isLarge && local.bytes <= smallFile))) {
          if (!isLarge) {
            const [md5] = yield* reader.md5s(`${folder}/${local.path}`, [local.bytes])
            return md5 === tagOf(info.etag) ? "same" : "different"
          }
          const parts = yield* partsOf(container, remote.object.name, info)
          // Of large objects, and of what has no MD5 as its ETag, size and time decide.
          if (parts !== undefined && parts.every(({ hash }) => md5In(hash) !== undefined)) {
            const md5s = yield* reader.md5s(
              `${folder}/${local.path}`,
              parts.map(({ bytes }) => bytes)
            )
            return parts.every(({ hash }, index) => tagOf(hash) === md5s[index]) ? "same" : "different"
          }
          // A large object of large objects is compared by its time.
        }
        const time = mtimeOf(info)
        if (time !== undefined) return hasTime(local.time, time) ? "same" : "different"
        const stored = info.lastModified?.epochMillis ?? remote.object.lastModified?.epochMillis
        if (stored === undefined) return "different"
        // A file that somebody else's client has uploaded is older than its object; one that was downloaded has its time.
        return (toward === "remote" ? local.time <= stored : sameTime(local.time, stored)) ? "same" : "different"
      }).pipe(
        Effect.catchTags({
          NotFound: () => Effect.succeed<Verdict["verdict"]>("different"),
          SystemError: (error) => Effect.succeed<Verdict["verdict"]>({ error })
        })
      )

    /**
     * Whether an object that is listed with another size may have it all the same: a dynamic large object is listed without
     * content, and a static one, while its listing lags behind, with the size of its manifest.
     */
    const mayBeLarge = ({ bytes }: FoundEntry, listed: ObjectSummary): boolean =>
      (listed.bytes === 0 && (listed.hash ?? md5OfNothing) === md5OfNothing) ||
      (bytes > smallFile && listed.bytes < bytes)

    const judge = (pairs: ReadonlyArray<Pair>): Effect.Effect<ReadonlyArray<Verdict>, CommonError | SystemError> =>
      Effect.gen(function* () {
        const verdicts: Array<Verdict["verdict"] | undefined> = Array.from({ length: pairs.length })
        const plain = new Set<number>()
        const markers: Array<number> = []
        const toHash: Array<number> = []
        const toAsk: Array<number> = []
        for (const [index, { local, remote }] of pairs.entries()) {
          if (remote === undefined) verdicts[index] = "onlyLocal"
          else if (local === undefined) {
            verdicts[index] = "onlyRemote"
            if (remote.isMarker && unfitPath(operation, folderOf(remote)) === undefined) markers.push(index)
          } else if (local.kind !== "file" || remote.isMarker)
            verdicts[index] = local.kind === "folder" ? "same" : "different"
          else if (local.bytes !== remote.object.bytes) {
            if (mayBeLarge(local, remote.object)) toAsk.push(index)
            else verdicts[index] = "different"
          } else if (local.bytes === 0) verdicts[index] = "same"
          else if (comparing === "checksum" || local.bytes <= smallFile) toHash.push(index)
          else toAsk.push(index)
        }
        if (markers.length > 0) {
          const paths = markers
            .map((index) => pairs[index]?.remote)
            .flatMap((one) => (one === undefined ? [] : [folderOf(one)]))
          const there = yield* reader.areFolders(folder, paths)
          for (const [at, index] of markers.entries()) if (there[at] === true) verdicts[index] = "same"
        }
        if (toHash.length > 0) {
          const hashed = yield* reader.hashes(
            folder,
            toHash.map((index) => pairs[index]?.local?.path ?? "")
          )
          for (const [at, index] of toHash.entries()) {
            const md5 = hashed[at]
            if (typeof md5 === "object") verdicts[index] = { error: md5 }
            else if (md5 === tagOf(pairs[index]?.remote?.object.hash)) {
              verdicts[index] = "same"
              plain.add(index)
            }
            // Of a large object the listing has another hash.
            else toAsk.push(index)
          }
        }
        yield* Effect.forEach(
          toAsk,
          (index) => {
            const { local, remote } = pairs[index] ?? {}
            return local === undefined || remote === undefined
              ? Effect.void
              : Effect.map(
                  asked(local, remote, () => plain.add(index)),
                  (verdict) => {
                    verdicts[index] = verdict
                  }
                )
          },
          { concurrency: 16, discard: true }
        )
        return pairs.map((pair, index) => ({
          ...pair,
          verdict: verdicts[index] ?? "different",
          isPlain: plain.has(index)
        }))
      })

    return <E, R>(pairs: Stream.Stream<Pair, E, R>): Stream.Stream<Verdict, E | CommonError | SystemError, R> =>
      Stream.mapChunksEffect(pairs, (chunk) =>
        Effect.map(judge(Chunk.toReadonlyArray(chunk)), (verdicts) => Chunk.unsafeFromArray([...verdicts]))
      )
  }
}
