/**
 * Many objects in one request: bulk deletion and archives.
 */
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import {
  BulkFailed,
  type CommonError,
  Conflict,
  type InvalidInput,
  type NotFound,
  type QuotaExceeded
} from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { options } from "../../internal/schema/inputs.js"
import { type Content, pieces, type RequestBody } from "../../RequestBody.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { BulkResult, ExtractResult } from "./bulkEndpoints.js"
import type { Discovery } from "./capabilities.js"
import { makeContainerSegments } from "./containerSegments.js"
import { endpoints, type ObjectInfo } from "./endpoints.js"
import { makeManifests } from "./manifest.js"
import { ContainerName, encodedAddress, ObjectName, decodedText } from "./names.js"
import { makeListing } from "./remoteListing.js"
import { type Address, type LeftSegment, pathOf } from "./segments.js"
import { makePurge } from "./versions.js"

/**
 * What to delete: an object, or a container that is empty.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkTarget {
  readonly container: string
  readonly object?: string | undefined
}

/**
 * The result of many deletions.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkDeleted {
  readonly deleted: number
  /** What was not there: it counts as a success. */
  readonly notFound: number
  /** Segments of large objects that stay, which were not deleted; absent where there are none. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

/**
 * A container to empty.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmptyOptions {
  readonly container: string
  /**
   * Only what begins with this. Segments of large objects elsewhere in the container stay. To find them takes a request for each
   * object of more than 1 MiB elsewhere in it, and for smaller ones where there are at most 1,000.
   */
  readonly prefix?: string | undefined
  /**
   * Whether the segments of large objects go with them, wherever they are; else only the manifests go. It costs a request for
   * each object, since a listing does not show which are large. Default false.
   */
  readonly segments?: boolean | undefined
}

/**
 * An archive, and where its files go.
 *
 * @since 0.1.0
 * @category models
 */
export interface ArchiveOptions<E, R> {
  /** Where the files go; without it, the first folder of each file's path names its container. */
  readonly container?: string | undefined
  /** Stands before each file's path, with a slash between the two. */
  readonly prefix?: string | undefined
  readonly format: "tar" | "tar.gz" | "tar.bz2"
  /** Bytes, a file, or a Stream that is replayable: an archive may have to be sent again, and cannot be cut into segments. */
  readonly body: RequestBody<E, R>
  /** The content type of every object. Default: the cloud guesses each from its name. */
  readonly contentType?: string | undefined
}

const service = "CloudFiles"

const bulkTarget = options({ container: ContainerName, object: Schema.optional(ObjectName) })

const staysSegment = "it is a segment of a large object that stays"

type IsKept = (segment: Address) => boolean

/** How many paths one request may have; a cloud may say less. */
const mostPaths = 10_000

/** How many requests there are at a time where each is about one object. */
const singles = 16

const isWorthRepeating = (status: string): boolean => /^(401|408|429|498|499|5\d\d)\b/.test(status)

const isSuccess = (status: string): boolean => /^2\d\d\b/.test(status)

interface Item extends BulkTarget {
  /** Its line in the request, and in the response. */
  readonly line: string
}

const lineOf = ({ container, object }: BulkTarget): string =>
  `/${object === undefined ? encodeURIComponent(container) : encodedAddress(container, object)}`

/** Finds the item of a path in a response, in which some clouds write the account's path first. */
const finder = (items: ReadonlyArray<Item>): ((path: string) => Item | undefined) => {
  const byPath = new Map(items.map((item) => [decodedText(item.line), item]))
  return (path) => {
    const text = decodedText(path.startsWith("/") ? path : `/${path}`)
    return byPath.get(text) ?? byPath.get(text.replace(/^\/v1(\.0)?\/[^/]+/, ""))
  }
}

interface Failure {
  readonly path: string
  readonly reason: string
}

interface Tally {
  readonly deleted: number
  readonly failures: ReadonlyArray<Failure>
}

const nothingDone: Tally = { deleted: 0, failures: [] }

const plus = (a: Tally, b: Tally): Tally => ({
  deleted: a.deleted + b.deleted,
  failures: b.failures.length === 0 ? a.failures : [...a.failures, ...b.failures]
})

const readable = ({ container, object }: BulkTarget): string =>
  object === undefined ? container : `${container}/${object}`

/**
 * Whether an error shows that the cloud does not have an operation on many objects: it took the request for one about the
 * account or the container itself.
 */
export const isNotOffered = (error: CommonError | NotFound | QuotaExceeded): boolean =>
  error._tag === "MalformedResponse" ||
  error._tag === "NotFound" ||
  error._tag === "Forbidden" ||
  (error._tag === "UnexpectedStatus" && (error.status === 405 || error.status === 501))

const invalid = (operation: string, path: string, expected: string): InvalidInput =>
  invalidInput(service, operation, [{ path, expected }])

/** Whether a container is refused to be deleted because of the versions that it keeps. */
const isAboutVersions = ({ details, message }: { readonly message: string; readonly details?: string | undefined }) =>
  /\bversions?\b/i.test(`${message} ${details ?? ""}`)

/** The operations on many objects. */
export const makeBulk = (
  client: CloudClient,
  getCapabilities: Discovery["getCapabilities"],
  retry?: RetryPolicy.Service
) => {
  const operation = "CloudFiles.deleteContainerWithContents"
  const purge = makePurge(client, operation, retry)
  const getContainer = Endpoint.method(client, { ...endpoints.getContainer, operation })
  const updateContainer = Endpoint.method(client, { ...endpoints.updateContainer, operation })
  const deletePaths = Endpoint.method(client, { ...endpoints.bulkDeletePaths, operation: "CloudFiles.bulkDelete" })
  const putArchive = Endpoint.method(client, { ...endpoints.putArchive, operation: "CloudFiles.extractArchive" })
  const deleteObject = Endpoint.method(client, endpoints.deleteObject)
  const deleteContainer = Endpoint.method(client, endpoints.deleteContainer)
  const deleteManifest = Endpoint.method(client, endpoints.deleteManifest)
  const getObjectInfo = Endpoint.method(client, endpoints.getObjectInfo)
  const getAccount = Endpoint.method(client, endpoints.getAccount)
  const list = makeListing(client, "CloudFiles.emptyContainer")

  /** How many paths a request may have; 0 where the cloud has no bulk deletion. */
  let most = mostPaths
  let offered = false

  const oneByOne = (items: ReadonlyArray<Item>): Effect.Effect<Tally, CommonError> =>
    Effect.gen(function* () {
      const one = (item: Item) =>
        (item.object === undefined
          ? deleteContainer({ container: item.container })
          : deleteObject({ container: item.container, object: item.object })
        ).pipe(
          Effect.as<Tally>({ deleted: 1, failures: [] }),
          Effect.catchAll((error): Effect.Effect<Tally, CommonError> => {
            if (error._tag === "NotFound") return Effect.succeed(nothingDone)
            return error._tag === "AuthenticationFailed" || error._tag === "EndpointNotFound"
              ? Effect.fail(error)
              : Effect.succeed({ deleted: 0, failures: [{ path: readable(item), reason: error.message }] })
          })
        )
      // Containers last, when they are empty.
      let tally = nothingDone
      for (const group of [
        items.filter(({ object }) => object !== undefined),
        items.filter(({ object }) => object === undefined)
      ]) {
        for (const done of yield* Effect.forEach(group, one, { concurrency: singles })) tally = plus(tally, done)
      }
      return tally
    })

  const deleteAll = (items: ReadonlyArray<Item>): Effect.Effect<BulkResult, CommonError | NotFound> => {
    const bytes = new TextEncoder().encode(items.map(({ line }) => line).join("\n"))
    const content: Content = { bytes, length: bytes.byteLength, stream: pieces(bytes) }
    return deletePaths({ contentType: "text/plain", content })
  }

  /** One request, and further ones for the paths whose fate its response leaves open. */
  const batch = (items: ReadonlyArray<Item>, attempt = 0): Effect.Effect<Tally, CommonError> =>
    Effect.suspend(() => {
      if (items.length === 0) return Effect.succeed(nothingDone)
      if (most === 0) return oneByOne(items)
      if (items.length > most) {
        return Effect.zipWith(
          batch(items.slice(0, most)),
          Effect.suspend(() => batch(items.slice(most))),
          plus
        )
      }
      return Effect.matchEffect(deleteAll(items), {
        onFailure: (error) => {
          if (offered || !isNotOffered(error)) {
            // The account is there, or there were no token for it.
            return error._tag === "NotFound" ? oneByOne(items) : Effect.fail(error)
          }
          most = 0
          return oneByOne(items)
        },
        onSuccess: (result) => {
          offered = true
          const allowed = /Maximum Bulk Deletes: (\d+)/.exec(result.explanation)
          if (result.status.startsWith("413") && allowed !== null && items.length > 1) {
            most = Math.max(1, Math.min(Number(allowed[1]), items.length - 1))
            return batch(items)
          }
          return settle(items, result, attempt)
        }
      })
    })

  const settle = (
    items: ReadonlyArray<Item>,
    result: BulkResult,
    attempt: number
  ): Effect.Effect<Tally, CommonError> => {
    const find = finder(items)
    const again: Array<Item> = []
    const failures: Array<Failure> = []
    const reported = new Set<Item>()
    for (const [path, reason] of result.errors) {
      const item = find(path)
      if (item === undefined) {
        failures.push({ path: decodedText(path), reason })
        continue
      }
      reported.add(item)
      if (attempt < 2 && isWorthRepeating(reason)) again.push(item)
      else failures.push({ path: readable(item), reason })
    }
    const done: Tally = { deleted: result.deleted, failures }
    // After too many failures, or when the token has died, the cloud stops, and does not say where.
    const stopped = !isSuccess(result.status) && result.deleted + result.notFound + result.errors.length < items.length
    if (stopped) {
      const rest = items.filter((item) => !reported.has(item))
      if (attempt < 2 || reported.size > 0) again.push(...rest)
      else {
        const reason = result.explanation === "" ? result.status : `${result.status}: ${result.explanation}`
        failures.push(...rest.map((item) => ({ path: readable(item), reason })))
      }
    }
    if (again.length === 0) return Effect.succeed(done)
    // A round that found more failures, and so leaves fewer paths, does not count as a retry.
    const isProgress = stopped && failures.length > 0 && !isUnauthorized(result)
    const onward = Effect.map(batch(again, isProgress ? attempt : attempt + 1), (more) => plus(done, more))
    return isUnauthorized(result)
      ? // The response to a request about the account itself, a 401, renews the token.
        Effect.zipRight(getAccount(), onward)
      : Effect.delay(onward, Duration.millis(attempt === 0 ? 200 : 1000))
  }

  const isUnauthorized = (result: BulkResult): boolean =>
    result.status.startsWith("401") || result.errors.some(([, reason]) => reason.startsWith("401"))

  const bulkDelete = (
    { objects }: { readonly objects: Iterable<BulkTarget> },
    operation = "CloudFiles.bulkDelete"
  ): Effect.Effect<BulkDeleted, CommonError | BulkFailed> =>
    Effect.gen(function* () {
      const items: Array<Item> = []
      for (const target of objects) {
        const path = `objects.${items.length}`
        // A misspelt `object` would otherwise leave the container to be deleted.
        const [wrong] = bulkTarget.issues(target)
        if (wrong !== undefined) {
          return yield* invalid(operation, wrong.path === "." ? path : `${path}.${wrong.path}`, wrong.expected)
        }
        items.push({ ...target, line: lineOf(target) })
      }
      // A container can only be deleted when its objects are, which may be in another request.
      const ordered = [
        ...items.filter(({ object }) => object !== undefined),
        ...items.filter(({ object }) => object === undefined)
      ]
      const { deleted, failures } = yield* batch(ordered)
      if (failures.length === 0) return { deleted, notFound: Math.max(0, items.length - deleted) }
      return yield* new BulkFailed({
        service,
        operation,
        failures,
        message: `${operation}: ${failures.length} of ${items.length} could not be deleted: ${failures[0]?.path}: ${failures[0]?.reason}`
      })
    })

  const remaining = makeContainerSegments(client, "CloudFiles.emptyContainer", getCapabilities)
  const manifests = makeManifests(client, "CloudFiles.emptyContainer")

  /** Deletes segments, but for those of large objects that stay. */
  const deleteUnless = (isKept: IsKept, segments: Iterable<Address>) =>
    Effect.as(
      bulkDelete({ objects: [...segments].filter((segment) => !isKept(segment)) }),
      [] as ReadonlyArray<Failure>
    )

  /** Deletes what belongs to large objects besides their manifests. */
  const deleteSegments = (container: string, object: string, info: ObjectInfo, isKept: IsKept | undefined) =>
    Effect.gen(function* () {
      if (info.isStaticLargeObject && isKept !== undefined) {
        const { entries } = yield* manifests.read({ container, object })
        const parts = yield* Stream.runCollect(manifests.partsOf(entries))
        return yield* deleteUnless(
          isKept,
          Chunk.filterMap(parts, ({ address }) => Option.fromNullable(address))
        )
      }
      if (info.isStaticLargeObject) {
        // The manifest goes with them, and is then not found.
        const result = yield* deleteManifest({ container, object })
        return result.errors.map(([path, reason]): Failure => ({ path: decodedText(path), reason }))
      }
      const [segments = "", ...prefix] = decodedText(info.manifest ?? "").split("/")
      // An empty prefix would be the whole container.
      if (segments === "" || prefix.join("/") === "") return []
      const found = yield* Stream.runCollect(list({ container: segments, prefix: prefix.join("/") }))
      return yield* deleteUnless(
        isKept ?? (() => false),
        Chunk.map(found, ({ name }) => ({ container: segments, object: name }))
      )
    }).pipe(
      Effect.catchTags({
        NotFound: () => Effect.succeed<ReadonlyArray<Failure>>([]),
        Conflict: (error) =>
          Effect.succeed<ReadonlyArray<Failure>>([{ path: `${container}/${object}`, reason: error.message }]),
        BulkFailed: ({ failures }) => Effect.succeed(failures)
      })
    )

  const segmentsOf = (container: string, names: ReadonlyArray<string>, isKept: IsKept | undefined) =>
    Effect.map(
      Effect.forEach(
        names,
        (object) =>
          // Of a symbolic link its own headers: what it leads to stays.
          getObjectInfo({ container, object, symlink: "link" }).pipe(
            Effect.flatMap((info) =>
              info.isStaticLargeObject || info.manifest !== undefined
                ? deleteSegments(container, object, info, isKept)
                : Effect.succeed<ReadonlyArray<Failure>>([])
            ),
            Effect.catchTag("NotFound", () => Effect.succeed<ReadonlyArray<Failure>>([]))
          ),
        { concurrency: singles }
      ),
      (all) => all.flat()
    )

  const deleteContents = ({
    container,
    prefix,
    segments = false
  }: EmptyOptions): Effect.Effect<BulkDeleted, CommonError | NotFound | BulkFailed> =>
    Effect.gen(function* () {
      const operation = "CloudFiles.emptyContainer"
      const pages = list({ container, prefix }).pipe(
        // As many as a request takes, whatever the cloud's pages are; the next are listed while these are deleted.
        Stream.map(({ name }) => name),
        Stream.grouped(mostPaths),
        Stream.buffer({ capacity: 1 })
      )
      // Large objects elsewhere in the container stay, with their segments under the prefix. Seen when there is something to delete.
      const staying =
        prefix === undefined || prefix === ""
          ? Effect.succeed(undefined)
          : yield* Effect.cached(
              remaining({ container, thorough: true, isGoing: (object) => object.startsWith(prefix) })
            )
      const done = yield* Stream.runFoldEffect(
        pages,
        { total: 0, deleted: 0, failures: [] as ReadonlyArray<Failure>, left: [] as ReadonlyArray<LeftSegment> },
        (sum, page) =>
          Effect.gen(function* () {
            const kept = yield* staying
            const isKept: IsKept | undefined =
              kept === undefined || kept.isEmpty
                ? undefined
                : (address) => address.container === container && kept.has(address.object)
            const [names, left] = Array.partition(page, (object) => isKept?.({ container, object }) === true)
            const lost = segments ? yield* segmentsOf(container, names, isKept) : []
            const tally = yield* batch(
              names.map((object) => ({ container, object, line: lineOf({ container, object }) }))
            )
            return {
              total: sum.total + names.length,
              deleted: sum.deleted + tally.deleted,
              failures: [...sum.failures, ...lost, ...tally.failures],
              left: [
                ...sum.left,
                ...left.map((object) => ({ path: pathOf({ container, object }), reason: staysSegment }))
              ]
            }
          })
      )
      if (done.failures.length === 0) {
        return {
          deleted: done.deleted,
          notFound: Math.max(0, done.total - done.deleted),
          ...(done.left.length > 0 && { leftSegments: done.left })
        }
      }
      return yield* new BulkFailed({
        service,
        operation,
        failures: done.failures,
        message: `${operation}: ${container}: ${done.failures.length} of ${done.total} could not be deleted: ${done.failures[0]?.path}: ${done.failures[0]?.reason}`
      })
    })

  /** The failures of deleting versions, as those of deleting objects. */
  const purged = (container: string): Effect.Effect<number, CommonError | NotFound | Conflict> =>
    Effect.catchTag(purge(container), "PreconditionFailed", (error) =>
      Effect.fail(new Conflict({ ...error, message: error.message }))
    )

  /**
   * Runs what deletes objects of a container while that does not bring old versions back, as a container with `versionsLocation`
   * does. Sets it again where the container stays: after a failure or an interruption, and with `stays` after a success too.
   */
  const withoutOldVersions = <A, E>(
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
        // Also where the first request fails: it may have been carried out, and its response lost.
        Effect.onError(() => Effect.ignore(setAgain)),
        Effect.tap(() => (stays ? setAgain : Effect.void))
      )
    )
  }

  const emptyContainer = (options: EmptyOptions): Effect.Effect<BulkDeleted, CommonError | NotFound | BulkFailed> =>
    Effect.flatMap(getContainer({ container: options.container }), ({ versionsLocation }) =>
      withoutOldVersions(options.container, versionsLocation, true, deleteContents(options))
    )

  const deleteContainerWithContents = (
    options: Omit<EmptyOptions, "prefix">
  ): Effect.Effect<BulkDeleted, CommonError | NotFound | Conflict | BulkFailed> =>
    Effect.gen(function* () {
      const { container } = options
      const { versionsEnabled, versionsLocation } = yield* getContainer({ container })
      let deleted = 0
      let notFound = 0
      const round = Effect.gen(function* () {
        const emptied = yield* deleteContents(options)
        deleted += emptied.deleted
        notFound += emptied.notFound
        if (versionsEnabled !== undefined) deleted += yield* purged(container)
        yield* deleteContainer({ container })
      })
      // For some seconds after its last object is gone, the cloud may say that the container is not empty.
      const whole = round.pipe(
        Effect.retry({
          schedule: Schedule.jittered(Schedule.exponential(Duration.millis(200), 2)),
          times: 7,
          while: (error) => error._tag === "Conflict" && (versionsEnabled !== undefined || !isAboutVersions(error))
        }),
        // Some clouds do not return that a container keeps versions.
        Effect.catchIf(
          (error) => error._tag === "Conflict" && versionsEnabled === undefined && isAboutVersions(error),
          () =>
            Effect.flatMap(purged(container), (count) => {
              deleted += count
              return deleteContainer({ container })
            })
        )
      )
      yield* withoutOldVersions(container, versionsLocation, false, whole)
      return { deleted, notFound }
    })

  const extractArchive = <E = never, R = never>({
    body,
    container,
    contentType = "",
    format,
    prefix
  }: ArchiveOptions<E, R>): Effect.Effect<ExtractResult, CommonError | NotFound | QuotaExceeded | BulkFailed | E, R> =>
    Effect.gen(function* () {
      const operation = "CloudFiles.extractArchive"
      if (container === undefined && prefix !== undefined) {
        return yield* invalid(operation, "prefix", "no prefix without a container")
      }
      const input = { destination: { container, prefix }, format, contentType }
      yield* Endpoint.validate(client, { ...endpoints.putArchive, operation }, input)
      const context = yield* Effect.context<R>()
      const opened = yield* body.open
      if (!opened.replayable) {
        return yield* invalid(operation, "body", "bytes, a file, or a replayable stream")
      }
      const failure = yield* Deferred.make<never, E>()
      // A body that failed must not end: what was sent of it would be taken for the whole archive.
      const stream = Stream.provideContext(opened.stream, context).pipe(
        Stream.catchAllCause((cause) =>
          Stream.execute(Effect.zipRight(Deferred.failCause(failure, cause), Effect.never))
        )
      )
      const result = yield* Effect.raceFirst(
        Effect.interruptible(putArchive({ ...input, content: { bytes: opened.bytes, length: opened.length, stream } })),
        Effect.interruptible(Deferred.await(failure))
      )
      if (isSuccess(result.status) || result.errors.length > 0) return result
      return yield* new BulkFailed({
        service,
        operation,
        failures: [],
        message: `${operation}: the cloud did not accept the archive: ${result.status}${result.explanation === "" ? "" : `: ${result.explanation}`}`
      })
    })

  return { bulkDelete, emptyContainer, deleteContainerWithContents, extractArchive }
}

/** Deletes many objects, as {@link makeBulk} makes it. */
export type BulkDelete = ReturnType<typeof makeBulk>["bulkDelete"]
