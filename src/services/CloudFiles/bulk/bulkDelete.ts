/** Deletes many objects and containers in few requests. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../../CloudClient.js"
import { BulkFailed, type CommonError, type NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { options } from "../../../internal/schema/inputs.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import { content } from "../../../RequestBody.js"
import { accountEndpoints } from "../account.js"
import { containerEndpoints } from "../containers.js"
import type { LeftSegment } from "../largeObjects/segments.js"
import { ContainerName, decodedText, encodedAddress, ObjectName } from "../names.js"
import { objectEndpoints } from "../objects/objects.js"
import { bulkEndpoints, type BulkResult, isNotOffered, isSuccess } from "./bulk.js"

/** An object or an empty container to delete. */
export interface BulkTarget {
  readonly container: string
  readonly object?: string | undefined
}

/** The result of a bulk deletion. */
export interface BulkDeleted {
  readonly deleted: number
  /** Targets that did not exist, which counts as success. */
  readonly notFound: number
  /** Segments of remaining large objects, which were not deleted. Absent if there are none. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

const service = "CloudFiles"

const bulkTarget = options({ container: ContainerName, object: Schema.optional(ObjectName) })

/** How many paths a request may have. A cloud may allow fewer. */
export const maxPaths = 10_000

/** How many single deletions are sent concurrently. */
export const singleDeletions = 16

const isWorthRepeating = (status: string): boolean => /^(401|408|429|498|499|5\d\d)\b/.test(status)

const isUnauthorized = ({ errors, status }: BulkResult): boolean =>
  status.startsWith("401") || errors.some(([, reason]) => reason.startsWith("401"))

/** A path that could not be deleted, and the reason. */
export interface Failure {
  readonly path: string
  readonly reason: string
}

/** The result of some deletions. */
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

/** The error for deletions of which some failed. */
export const someFailed = (operation: string, failures: ReadonlyArray<Failure>, total: number, where = "") =>
  new BulkFailed({
    service,
    operation,
    failures,
    message: `${operation}: ${where}${failures.length} of ${total} could not be deleted: ${failures[0]?.path}: ${failures[0]?.reason}`
  })

/** A target's line in the request, and its path in the response. */
const lineOf = ({ container, object }: BulkTarget): string =>
  `/${object === undefined ? encodeURIComponent(container) : encodedAddress(container, object)}`

/** Finds the target of a path in a response. Some clouds prefix it with the account's path. */
const finder = (targets: ReadonlyArray<BulkTarget>): ((path: string) => BulkTarget | undefined) => {
  const byPath = new Map(targets.map((target) => [decodedText(lineOf(target)), target]))
  return (path) => {
    const text = decodedText(path.startsWith("/") ? path : `/${path}`)
    return byPath.get(text) ?? byPath.get(text.replace(/^\/v1(\.0)?\/[^/]+/, ""))
  }
}

/** Objects first: a container can be deleted only after its objects, which may take another request. */
const objectsFirst = (targets: ReadonlyArray<BulkTarget>) => ({
  objects: targets.filter(({ object }) => object !== undefined),
  containers: targets.filter(({ object }) => object === undefined)
})

/** The outcome of one request: what is done, and what must be sent again. */
interface Outcome {
  readonly done: Tally
  readonly again: ReadonlyArray<BulkTarget>
  /** Whether the cloud deleted or rejected some paths before it stopped, so that the next request is smaller. */
  readonly isProgress: boolean
}

/** Interprets a response. With `isLast`, paths are sent again only if there was progress. */
const outcomeOf = (targets: ReadonlyArray<BulkTarget>, result: BulkResult, isLast: boolean): Outcome => {
  const find = finder(targets)
  const again: Array<BulkTarget> = []
  const failures: Array<Failure> = []
  const reported = new Set<BulkTarget>()
  for (const [path, reason] of result.errors) {
    const target = find(path)
    if (target !== undefined) reported.add(target)
    if (target !== undefined && !isLast && isWorthRepeating(reason)) again.push(target)
    else failures.push({ path: target === undefined ? decodedText(path) : readable(target), reason })
  }
  // After too many failures, or if the token has expired, the cloud stops without saying where.
  const { deleted, errors, explanation, notFound, status } = result
  const stopped = !isSuccess(status) && deleted + notFound + errors.length < targets.length
  const isProgress = stopped && failures.length > 0 && !isUnauthorized(result)
  if (stopped) {
    const rest = targets.filter((target) => !reported.has(target))
    const reason = explanation === "" ? status : `${status}: ${explanation}`
    if (!isLast || reported.size > 0) again.push(...rest)
    else failures.push(...rest.map((target) => ({ path: readable(target), reason })))
  }
  return { done: { deleted, failures }, again, isProgress }
}

/** Deletes targets with one request each. */
const makeSingleDeletion = (client: CloudClient) => {
  const deleteObject = Endpoint.method(client, objectEndpoints.deleteObject)
  const deleteContainer = Endpoint.method(client, containerEndpoints.deleteContainer)

  const deleteOne = ({ container, object }: BulkTarget): Effect.Effect<Tally, CommonError> =>
    (object === undefined ? deleteContainer({ container }) : deleteObject({ container, object })).pipe(
      Effect.as<Tally>({ deleted: 1, failures: [] }),
      Effect.catchAll((error): Effect.Effect<Tally, CommonError> => {
        if (error._tag === "NotFound") return Effect.succeed(nothingDone)
        return error._tag === "AuthenticationFailed" || error._tag === "EndpointNotFound"
          ? Effect.fail(error)
          : Effect.succeed({ deleted: 0, failures: [{ path: readable({ container, object }), reason: error.message }] })
      })
    )

  const deleteEach = (targets: ReadonlyArray<BulkTarget>) =>
    Effect.map(Effect.forEach(targets, deleteOne, { concurrency: singleDeletions }), (all) =>
      all.reduce(plus, nothingDone)
    )

  return (targets: ReadonlyArray<BulkTarget>): Effect.Effect<Tally, CommonError> => {
    const { containers, objects } = objectsFirst(targets)
    return Effect.zipWith(deleteEach(objects), deleteEach(containers), plus)
  }
}

/** Deletes targets with as many paths per request as the cloud allows, and remembers that number. */
export const makeBatchDeletion = (client: CloudClient) => {
  const deletePaths = Endpoint.method(client, { ...bulkEndpoints.bulkDeletePaths, operation: "CloudFiles.bulkDelete" })
  const getAccount = Endpoint.method(client, accountEndpoints.getAccount)
  const deleteSingly = makeSingleDeletion(client)

  /** The maximum number of paths per request; 0 if the cloud has no bulk deletion. */
  let most = maxPaths
  let isOffered = false

  const request = (targets: ReadonlyArray<BulkTarget>): Effect.Effect<BulkResult, CommonError | NotFound> => {
    const bytes = new TextEncoder().encode(targets.map(lineOf).join("\n"))
    return deletePaths({
      contentType: "text/plain",
      content: content(bytes)
    })
  }

  const onFailure = (targets: ReadonlyArray<BulkTarget>, error: CommonError | NotFound) => {
    if (!isOffered && isNotOffered(error)) {
      most = 0
      return deleteSingly(targets)
    }
    // A 404 cannot mean a missing account, since the token belongs to it: the feature is missing.
    return error._tag === "NotFound" ? deleteSingly(targets) : Effect.fail(error)
  }

  const onSuccess = (targets: ReadonlyArray<BulkTarget>, result: BulkResult, attempt: number) => {
    isOffered = true
    const allowed = /Maximum Bulk Deletes: (\d+)/.exec(result.explanation)
    if (result.status.startsWith("413") && allowed !== null && targets.length > 1) {
      most = Math.max(1, Math.min(Number(allowed[1]), targets.length - 1))
      return batch(targets)
    }
    const { again, done, isProgress } = outcomeOf(targets, result, attempt >= 2)
    if (again.length === 0) return Effect.succeed(done)
    const next = Effect.map(batch(again, isProgress ? attempt : attempt + 1), (more) => plus(done, more))
    return isUnauthorized(result)
      ? // The response to a request for the account itself, a 401, renews the token.
        Effect.zipRight(getAccount(), next)
      : Effect.delay(next, Duration.millis(attempt === 0 ? 200 : 1000))
  }

  /** Sends a request, and further ones for paths that the response leaves open. */
  const batch = (targets: ReadonlyArray<BulkTarget>, attempt = 0): Effect.Effect<Tally, CommonError> =>
    Effect.suspend(() => {
      if (targets.length === 0) return Effect.succeed(nothingDone)
      if (most === 0) return deleteSingly(targets)
      if (targets.length > most) {
        const rest = Effect.suspend(() => batch(targets.slice(most)))
        return Effect.zipWith(batch(targets.slice(0, most)), rest, plus)
      }
      return Effect.matchEffect(request(targets), {
        onFailure: (error) => onFailure(targets, error),
        onSuccess: (result) => onSuccess(targets, result, attempt)
      })
    })

  return (targets: ReadonlyArray<BulkTarget>) => batch(targets)
}

/** The function that {@link makeBatchDeletion} returns. */
export type BatchDeletion = ReturnType<typeof makeBatchDeletion>

/** The service's `bulkDelete`, for use by the named operation. */
export const makeBulkDelete =
  (deleteBatch: BatchDeletion) =>
  (
    { objects }: { readonly objects: Iterable<BulkTarget> },
    operation = "CloudFiles.bulkDelete"
  ): Effect.Effect<BulkDeleted, CommonError | BulkFailed> =>
    Effect.gen(function* () {
      const targets: Array<BulkTarget> = []
      for (const target of objects) {
        const path = `objects.${targets.length}`
        // With a misspelt `object`, the target would be the container.
        const [wrong] = bulkTarget.issues(target)
        if (wrong !== undefined) {
          const issue = { path: wrong.path === "." ? path : `${path}.${wrong.path}`, expected: wrong.expected }
          return yield* invalidInput(service, operation, [issue])
        }
        targets.push(target)
      }
      const ordered = objectsFirst(targets)
      const { deleted, failures } = yield* deleteBatch([...ordered.objects, ...ordered.containers])
      return failures.length === 0
        ? { deleted, notFound: Math.max(0, targets.length - deleted) }
        : yield* someFailed(operation, failures, targets.length)
    })

/** The function that {@link makeBulkDelete} returns. */
export type BulkDelete = ReturnType<typeof makeBulkDelete>
