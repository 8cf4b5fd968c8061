/**
 * Segments that nothing refers to any more: those of an object that is overwritten, and those of an upload that failed.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import type { BulkDelete } from "./bulk.js"
import { endpoints, type ObjectInfo } from "./endpoints.js"
import { makeManifests, segmentsOf } from "./manifest.js"
import { type Address, isOwn, isSame, type LeftSegment, pathOf } from "./segments.js"

export type { LeftSegment } from "./segments.js"

/** What an object consists of that is about to be overwritten. */
export interface Old {
  /** Undefined where no object bears the name, or where that could not be seen. */
  readonly info: ObjectInfo | undefined
  /** Its own segments, and the manifests between. */
  readonly own: ReadonlyArray<Address>
  readonly left: ReadonlyArray<LeftSegment>
}

/** Nothing to remove. */
export const nothingOld: Old = { info: undefined, own: [], left: [] }

/** What leaves open whether a manifest was stored. */
const uncertain: ReadonlySet<string> = new Set([
  "TransportError",
  "ServiceUnavailable",
  "MalformedResponse",
  "UnexpectedStatus"
])

/** What leaves it open only where the response to an earlier attempt was lost. */
const uncertainInDoubt: ReadonlySet<string> = new Set([
  "PreconditionFailed",
  "OverLimit",
  "Unauthorized",
  "AuthenticationFailed",
  "Forbidden"
])

/** Whether an unexpected status says that nothing was done. */
const isFinal = (status: number): boolean => (status >= 400 && status < 500 && status !== 408) || status === 501

/**
 * Whether the cloud has said no to a manifest, so that nothing stored may need its segments. `mayBeDone` says whether the response
 * to an earlier attempt was lost.
 */
const isRefusal = (cause: Cause.Cause<unknown>, mayBeDone: boolean): boolean =>
  Option.exists(Cause.failureOption(cause), (error) => {
    if (typeof error !== "object" || error === null || !("_tag" in error)) return false
    const tag = String(error._tag)
    if (mayBeDone) return !uncertain.has(tag) && !uncertainInDoubt.has(tag)
    if (tag === "UnexpectedStatus") return "status" in error && isFinal(Number(error.status))
    return !uncertain.has(tag)
  })

/** Watches the request that stores a manifest, to know afterwards whether something stored may need the segments. */
export const makeManifestWatch = () => {
  let mayBeStored = false
  return {
    /** Whether a manifest was stored, or nobody knows. */
    mayBeStored: (): boolean => mayBeStored,
    watch: <A, E, R>(put: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      LostResponse.sharing((lostResponse) => {
        mayBeStored = true
        return Effect.tapErrorCause(put, (cause) =>
          Effect.sync(() => {
            mayBeStored = !isRefusal(cause, lostResponse.mayBeDone)
          })
        )
      })
  }
}

const notOwn = "it does not bear the name of the object, and may belong to another one"
const versioned = "the container keeps versions, and an old one may consist of it"

/** Finds old segments, and removes them. */
export const makeOldSegments = (client: CloudClient, operation: string, bulkDelete: BulkDelete) => {
  const head = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
  /** Of a symbolic link its own headers: the segments of what it leads to are none of its own. */
  const getObjectInfo = (address: Address) =>
    head({ container: address.container, object: address.object, symlink: "link" })
  const getContainer = Endpoint.method(client, { ...endpoints.getContainer, operation })
  const manifests = makeManifests(client, operation)

  /** Deletes objects, many in one request where the cloud offers that; returns those that are still there. */
  const remove = (objects: ReadonlyArray<Address>): Effect.Effect<ReadonlyArray<LeftSegment>> =>
    objects.length === 0
      ? Effect.succeed([])
      : bulkDelete({ objects }, operation).pipe(
          Effect.as<ReadonlyArray<LeftSegment>>([]),
          Effect.catchTag("BulkFailed", ({ failures }) =>
            Effect.succeed(failures.map(({ path, reason }) => ({ path: path.replace(/^\/?/, "/"), reason })))
          ),
          Effect.catchAll(({ message }) =>
            Effect.succeed(objects.map((address) => ({ path: pathOf(address), reason: message })))
          )
        )

  /**
   * Deletes what was stored, and then, twice, what was on its way when it was broken off: the cloud may have all of it, and
   * store it after the first deletion.
   */
  const removeSent = (
    stored: ReadonlyArray<Address>,
    underWay: ReadonlyArray<Address>
  ): Effect.Effect<ReadonlyArray<LeftSegment>> =>
    Effect.gen(function* () {
      const left = yield* remove(stored)
      yield* remove(underWay)
      return [...left, ...(yield* remove(underWay))]
    })

  const addressesOf = (whole: Address, info: ObjectInfo) => {
    if (info.isStaticLargeObject) {
      return Stream.unwrap(Effect.map(manifests.read(whole), ({ entries }) => manifests.partsOf(entries))).pipe(
        Stream.filterMap(({ address }) => Option.fromNullable(address))
      )
    }
    const where = info.manifest === undefined ? undefined : segmentsOf(info.manifest)
    return where === undefined
      ? Stream.empty
      : Stream.map(manifests.listed(where.container, where.prefix), ({ name }) => ({
          container: where.container,
          object: name
        }))
  }

  /** The paths of all that an object consists of. */
  const consistsOf = (whole: Address) =>
    Effect.map(
      Effect.flatMap(getObjectInfo(whole), (info) => Stream.runCollect(addressesOf(whole, info))),
      (found) => new Set(Chunk.toReadonlyArray(found).map(pathOf))
    )

  /** Whether a container keeps overwritten objects as versions, or has kept them before. */
  const keepsVersions = (container: string) =>
    Effect.map(
      getContainer({ container }),
      ({ historyLocation, versionsEnabled, versionsLocation }) =>
        (historyLocation ?? versionsLocation ?? versionsEnabled) !== undefined
    )

  /**
   * What an object consists of before it is overwritten. It does not fail: segments that cannot be found out are returned as left.
   */
  const find = (whole: Address, segmentContainers: ReadonlySet<string>): Effect.Effect<Old> =>
    Effect.gen(function* () {
      const info = yield* getObjectInfo(whole)
      const found = Chunk.toReadonlyArray(yield* Stream.runCollect(addressesOf(whole, info)))
      const own = new Map<string, Address>()
      const left = new Map<string, LeftSegment>()
      for (const address of found) {
        // The name of a dynamic one may begin with its own prefix.
        if (isSame(address, whole)) continue
        const path = pathOf(address)
        if (isOwn(whole, segmentContainers, address)) own.set(path, address)
        else left.set(path, { path, reason: notOwn })
      }
      if (own.size > 0 && (yield* keepsVersions(whole.container))) {
        for (const path of own.keys()) left.set(path, { path, reason: versioned })
        own.clear()
      }
      return { info, own: [...own.values()], left: [...left.values()] }
    }).pipe(
      Effect.catchTag("NotFound", () => Effect.succeed(nothingOld)),
      Effect.catchAll((error) =>
        Effect.succeed<Old>({
          ...nothingOld,
          left: [{ path: pathOf(whole), reason: `its old segments, if any, could not be seen: ${error.message}` }]
        })
      )
    )

  /** Removes what was found, but for the paths that are still needed; returns what is left besides those. */
  const removeOld = (old: Old, isNeeded: (path: string) => boolean): Effect.Effect<ReadonlyArray<LeftSegment>> =>
    Effect.map(remove(old.own.filter((address) => !isNeeded(pathOf(address)))), (failed) => [
      ...old.left.filter(({ path }) => !isNeeded(path)),
      ...failed
    ])

  return { find, consistsOf, remove, removeSent, removeOld, getObjectInfo, manifests }
}
