/** Empties containers, and deletes containers with their content. */
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { type BulkFailed, type CommonError, Conflict, type NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import type { Discovery } from "../capabilities.js"
import { containerEndpoints } from "../containers.js"
import { makeContainerSegments } from "../largeObjects/containerSegments.js"
import { manifestEndpoints } from "../largeObjects/manifests.js"
import { makeParts } from "../largeObjects/parts.js"
import type { LeftSegment } from "../largeObjects/segments.js"
import { decodedText } from "../names.js"
import { type Address, pathOf } from "../objects/address.js"
import { makeListing } from "../objects/listing.js"
import { objectEndpoints, type ObjectInfo } from "../objects/objects.js"
import { makePurge } from "../versions/byId.js"
import {
  type BatchDeletion,
  type BulkDelete,
  type BulkDeleted,
  type Failure,
  maxPaths,
  singleDeletions,
  someFailed
} from "./bulkDelete.js"

/** A container to empty. */
export interface EmptyOptions {
  readonly container: string
  /**
   * Deletes only objects with this prefix. Segments of large objects elsewhere in the container are kept. Finding them
   * takes a request for each other object larger than 1 MiB, and for smaller ones if there are at most 1,000.
   */
  readonly prefix?: string | undefined
  /**
   * Whether the segments of large objects are deleted too, in any container; otherwise only the manifests are. This
   * takes a request for each object, because listings do not show which objects are large. Default false.
   */
  readonly segments?: boolean | undefined
}

const emptying = "CloudFiles.emptyContainer"

const isNeededSegment = "it is a segment of a remaining large object"

/** Whether an object is a segment of a remaining large object. */
type IsKept = (segment: Address) => boolean

/** Whether a container cannot be deleted because it has versions. */
const isAboutVersions = ({ details, message }: { readonly message: string; readonly details?: string | undefined }) =>
  /\bversions?\b/i.test(`${message} ${details ?? ""}`)

/** Deletes the segments of large objects in any container, except those to keep. */
const makeSegmentDeletion = (client: CloudClient, bulkDelete: BulkDelete) => {
  const deleteManifest = Endpoint.method(client, manifestEndpoints.deleteManifest)
  const getObjectInfo = Endpoint.method(client, objectEndpoints.getObjectInfo)
  const list = makeListing(client, emptying)
  const parts = makeParts(client, emptying)

  const deleteUnless = (isKept: IsKept, segments: Iterable<Address>) =>
    Effect.as(
      bulkDelete({ objects: [...segments].filter((segment) => !isKept(segment)) }),
      [] as ReadonlyArray<Failure>
    )

  const deleteStatic = (address: Address, isKept: IsKept | undefined) =>
    Effect.gen(function* () {
      if (isKept === undefined) {
        // This also deletes the manifest, which the caller then does not find.
        const result = yield* deleteManifest(address)
        return result.errors.map(([path, reason]): Failure => ({ path: decodedText(path), reason }))
      }
      const { entries } = yield* parts.read(address)
      const found = yield* Stream.runCollect(parts.partsOf(entries))
      return yield* deleteUnless(
        isKept,
        Chunk.filterMap(found, ({ address }) => Option.fromNullable(address))
      )
    })

  const deleteDynamic = (manifest: string, isKept: IsKept = () => false) =>
    Effect.gen(function* () {
      const [container = "", ...rest] = decodedText(manifest).split("/")
      const prefix = rest.join("/")
      // An empty prefix would match the whole container.
      if (container === "" || prefix === "") return []
      const found = yield* Stream.runCollect(list({ container, prefix }))
      return yield* deleteUnless(
        isKept,
        Chunk.map(found, ({ name }) => ({ container, object: name }))
      )
    })

  const segmentsDeleted = (address: Address, { isStaticLargeObject, manifest }: ObjectInfo, isKept?: IsKept) =>
    isStaticLargeObject
      ? deleteStatic(address, isKept)
      : manifest === undefined
        ? Effect.succeed<ReadonlyArray<Failure>>([])
        : deleteDynamic(manifest, isKept)

  /** Deletes the segments of an object if it is a large one. Returns the failures. */
  return (address: Address, isKept?: IsKept): Effect.Effect<ReadonlyArray<Failure>, CommonError> =>
    // Read a symbolic link itself: its target is kept.
    getObjectInfo({ ...address, symlink: "link" }).pipe(
      Effect.flatMap((info) => segmentsDeleted(address, info, isKept)),
      Effect.catchTags({
        NotFound: () => Effect.succeed<ReadonlyArray<Failure>>([]),
        Conflict: ({ message }) =>
          Effect.succeed<ReadonlyArray<Failure>>([{ path: `${address.container}/${address.object}`, reason: message }]),
        BulkFailed: ({ failures }) => Effect.succeed(failures)
      })
    )
}

/** The result so far. */
interface Progress {
  readonly total: number
  readonly deleted: number
  readonly failures: ReadonlyArray<Failure>
  readonly left: ReadonlyArray<LeftSegment>
}

/** Deletes the objects of a container, or those with a prefix. */
const makeContentDeletion = (
  client: CloudClient,
  bulkDelete: BulkDelete,
  deleteBatch: BatchDeletion,
  getCapabilities: Discovery["getCapabilities"]
) => {
  const list = makeListing(client, emptying)
  const findSegments = makeContainerSegments(client, emptying, getCapabilities)
  const deleteSegments = makeSegmentDeletion(client, bulkDelete)

  /** Segments of large objects outside the prefix, searched for on first use. */
  const segmentsToKeep = (container: string, prefix: string) =>
    Effect.cached(
      Effect.map(
        findSegments({ container, thorough: true, isDeleted: (object) => object.startsWith(prefix) }),
        ({ has, isEmpty }): IsKept | undefined =>
          isEmpty ? undefined : (address) => address.container === container && has(address.object)
      )
    )

  const deletePage = (
    { container, segments = false }: EmptyOptions,
    page: ReadonlyArray<string>,
    isKept: IsKept | undefined
  ): Effect.Effect<Progress, CommonError> =>
    Effect.gen(function* () {
      const objects = page.map((object) => ({ container, object }))
      const [going, left] = Array.partition(objects, (address) => isKept?.(address) === true)
      const lost = segments
        ? yield* Effect.forEach(going, (address) => deleteSegments(address, isKept), { concurrency: singleDeletions })
        : []
      const { deleted, failures } = yield* deleteBatch(going)
      return {
        total: going.length,
        deleted,
        failures: [...lost.flat(), ...failures],
        left: left.map((address) => ({ path: pathOf(address), reason: isNeededSegment }))
      }
    })

  return (options: EmptyOptions): Effect.Effect<BulkDeleted, CommonError | NotFound | BulkFailed> =>
    Effect.gen(function* () {
      const { container, prefix } = options
      const pages = list({ container, prefix }).pipe(
        Stream.map(({ name }) => name),
        // Full requests, whatever the cloud's page size is. The next objects are listed while these are deleted.
        Stream.grouped(maxPaths),
        Stream.buffer({ capacity: 1 })
      )
      const keeping =
        prefix === undefined || prefix === "" ? Effect.succeed(undefined) : yield* segmentsToKeep(container, prefix)
      const start: Progress = { total: 0, deleted: 0, failures: [], left: [] }
      const { deleted, failures, left, total } = yield* Stream.runFoldEffect(pages, start, (sum, page) =>
        Effect.map(
          Effect.flatMap(keeping, (isKept) => deletePage(options, Chunk.toReadonlyArray(page), isKept)),
          (done) => ({
            total: sum.total + done.total,
            deleted: sum.deleted + done.deleted,
            failures: [...sum.failures, ...done.failures],
            left: [...sum.left, ...done.left]
          })
        )
      )
      if (failures.length > 0) return yield* someFailed(emptying, failures, total, `${container}: `)
      return { deleted, notFound: Math.max(0, total - deleted), ...(left.length > 0 && { leftSegments: left }) }
    })
}

/**
 * Disables `versionsLocation` while objects are deleted, because each deletion would restore an old version. The
 * setting is restored after a failure or interruption, and with `stays` also after success.
 */
const withoutOldVersions = <A, E>(
  updateContainer: Endpoint.Method<typeof containerEndpoints.updateContainer>,
  container: string,
  versionsLocation: string | undefined,
  stays: boolean,
  deletion: Effect.Effect<A, E>
): Effect.Effect<A, E | CommonError | NotFound> => {
  if (versionsLocation === undefined) return deletion
  const setAgain = updateContainer({ container, versionsLocation })
  return Effect.uninterruptibleMask((restore) =>
    updateContainer({ container, versionsLocation: null }).pipe(
      Effect.zipRight(restore(deletion)),
      // Restore it even if the first request fails, since its response may have been lost.
      Effect.onError(() => Effect.ignore(setAgain)),
      Effect.tap(() => (stays ? setAgain : Effect.void))
    )
  )
}

/** The service's `emptyContainer` and `deleteContainerWithContents`. */
export const makeContainerDeletion = (
  client: CloudClient,
  bulkDelete: BulkDelete,
  deleteBatch: BatchDeletion,
  getCapabilities: Discovery["getCapabilities"],
  retry?: RetryPolicy.Service
) => {
  const operation = "CloudFiles.deleteContainerWithContents"
  const purge = makePurge(client, operation, retry)
  const getContainer = Endpoint.method(client, { ...containerEndpoints.getContainer, operation })
  const updateContainer = Endpoint.method(client, { ...containerEndpoints.updateContainer, operation })
  const deleteContainer = Endpoint.method(client, containerEndpoints.deleteContainer)
  const deleteContents = makeContentDeletion(client, bulkDelete, deleteBatch, getCapabilities)

  /** Deletes all versions of a container. */
  const purgeVersions = (container: string): Effect.Effect<number, CommonError | NotFound | Conflict> =>
    Effect.catchTag(purge(container), "PreconditionFailed", (error) =>
      Effect.fail(new Conflict({ ...error, message: error.message }))
    )

  const emptyContainer = (options: EmptyOptions): Effect.Effect<BulkDeleted, CommonError | NotFound | BulkFailed> =>
    Effect.flatMap(getContainer({ container: options.container }), ({ versionsLocation }) =>
      withoutOldVersions(updateContainer, options.container, versionsLocation, true, deleteContents(options))
    )

  const deleteContainerWithContents = (
    options: Omit<EmptyOptions, "prefix">
  ): Effect.Effect<BulkDeleted, CommonError | NotFound | Conflict | BulkFailed> =>
    Effect.gen(function* () {
      const { container } = options
      const { versionsEnabled, versionsLocation } = yield* getContainer({ container })
      let deleted = 0
      let notFound = 0
      const addPurged = Effect.map(purgeVersions(container), (count) => {
        deleted += count
      })
      const attempt = Effect.gen(function* () {
        const emptied = yield* deleteContents(options)
        deleted += emptied.deleted
        notFound += emptied.notFound
        if (versionsEnabled !== undefined) yield* addPurged
        yield* deleteContainer({ container })
      })
      // Some clouds do not report that a container keeps versions.
      const keepsUnseenVersions = (error: { readonly _tag: string; readonly message: string }): boolean =>
        error._tag === "Conflict" && versionsEnabled === undefined && isAboutVersions(error)
      const whole = attempt.pipe(
        // The cloud may consider the container non-empty for some seconds after its last object is gone.
        Effect.retry({
          schedule: Schedule.jittered(Schedule.exponential(Duration.millis(200), 2)),
          times: 7,
          while: (error) => error._tag === "Conflict" && !keepsUnseenVersions(error)
        }),
        Effect.catchIf(keepsUnseenVersions, () => Effect.zipRight(addPurged, deleteContainer({ container })))
      )
      yield* withoutOldVersions(updateContainer, container, versionsLocation, false, whole)
      return { deleted, notFound }
    })

  return { emptyContainer, deleteContainerWithContents }
}
