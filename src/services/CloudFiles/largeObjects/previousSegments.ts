/**
 * Segments that nothing refers to any more: those of an object that is overwritten, and those of an upload or copy that failed.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import * as Endpoint from "../../../Endpoint.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import { containerEndpoints } from "../containers.js"
import { type Address, isSame, pathOf } from "../objects/address.js"
import { objectEndpoints, type ObjectInfo } from "../objects/objects.js"
import { segmentLocation } from "./manifests.js"
import { makeParts } from "./parts.js"
import { isOwn, type LeftSegment } from "./segments.js"

/** An object that is about to be overwritten, and its segments. */
export interface PreviousObject {
  /** Its own segments, and the manifests between. */
  readonly own: ReadonlyArray<Address>
  /** Segments that are not deleted, and why. */
  readonly left: ReadonlyArray<LeftSegment>
}

/** Nothing is overwritten, or its segments are not to be deleted. */
export const noPrevious: PreviousObject = { own: [], left: [] }

const notOwn = "it does not bear the name of the object, and may belong to another one"
const versioned = "the container keeps versions, and an old one may consist of it"

/** Deletes segments. It does not fail, but returns those that are still there. */
export const makeSegmentRemoval = (operation: string, bulkDelete: BulkDelete) => {
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
   * Deletes what was stored, and then, twice, what was being sent when it was interrupted: the cloud may have received all of it,
   * and store it after the first deletion.
   */
  const removeSent = (stored: ReadonlyArray<Address>, beingSent: ReadonlyArray<Address>) =>
    Effect.gen(function* () {
      const left = yield* remove(stored)
      yield* remove(beingSent)
      return [...left, ...(yield* remove(beingSent))]
    })

  return { remove, removeSent }
}

/** A large object that could not be stored, and the segments that were. */
interface Failed {
  readonly operation: string
  readonly whole: Address
  readonly segmentContainer: string
  readonly folder: string
  /** Whether its manifest was stored, or that is not known. */
  readonly mayBeStored: boolean
  /** Deletes its segments, and returns those that are still there. */
  readonly remove: Effect.Effect<ReadonlyArray<LeftSegment>>
}

/** Deletes the segments of a large object that could not be stored. As a finalizer it ends within 30 seconds. */
export const cleanUp = ({ folder, mayBeStored, operation, remove, segmentContainer, whole }: Failed) => {
  const place = `${segmentContainer}/${folder}`
  if (mayBeStored) {
    // Its manifest may be stored, and then needs the segments.
    return Effect.logWarning(
      `${operation}: it is not known whether ${pathOf(whole)} was stored; its segments stay in ${place}`
    )
  }
  return remove.pipe(
    // A finalizer is not interruptible, and would have no end where the cloud does not respond.
    Effect.interruptible,
    Effect.timeoutOption("30 seconds"),
    Effect.exit,
    Effect.flatMap((exit) =>
      Exit.isSuccess(exit) && Option.exists(exit.value, (left) => left.length === 0)
        ? Effect.void
        : Effect.logWarning(
            `${operation}: not all segments of ${pathOf(whole)}, which failed, could be deleted from ${place}`
          )
    )
  )
}

/** Finds the segments of an object that is about to be overwritten, and deletes them afterwards. */
export const makePreviousSegments = (client: CloudClient, operation: string, bulkDelete: BulkDelete) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  /** The headers of a symbolic link itself: the segments of its target are not its own. */
  const getObjectInfo = ({ container, object }: Address) => head({ container, object, symlink: "link" })
  const getContainer = Endpoint.method(client, { ...containerEndpoints.getContainer, operation })
  const parts = makeParts(client, operation)
  const { remove } = makeSegmentRemoval(operation, bulkDelete)

  const addressesOf = (whole: Address, info: ObjectInfo) => {
    if (info.isStaticLargeObject) {
      return Stream.unwrap(Effect.map(parts.read(whole), ({ entries }) => parts.partsOf(entries))).pipe(
        Stream.filterMap(({ address }) => Option.fromNullable(address))
      )
    }
    const where = info.manifest === undefined ? undefined : segmentLocation(info.manifest)
    return where === undefined
      ? Stream.empty
      : Stream.map(parts.listed(where.container, where.prefix), ({ name }) => ({
          container: where.container,
          object: name
        }))
  }

  const allSegments = (whole: Address) =>
    Effect.flatMap(getObjectInfo(whole), (info) => Stream.runCollect(addressesOf(whole, info)))

  /** Whether a container keeps overwritten objects as versions, or has kept them before. */
  const keepsVersions = (container: string) =>
    Effect.map(
      getContainer({ container }),
      ({ historyLocation, versionsEnabled, versionsLocation }) =>
        (historyLocation ?? versionsLocation ?? versionsEnabled) !== undefined
    )

  /** The segments of an object before it is overwritten. Does not fail: segments that cannot be found out are returned as left. */
  const inspectPrevious = (whole: Address, segmentContainers: ReadonlySet<string>): Effect.Effect<PreviousObject> =>
    Effect.gen(function* () {
      // The name of a dynamic one may begin with its own prefix.
      const segments = Chunk.filter(yield* allSegments(whole), (segment) => !isSame(segment, whole))
      const [others, own] = Chunk.partition(segments, (segment) => isOwn(whole, segmentContainers, segment))
      const left = (some: Chunk.Chunk<Address>, reason: string): ReadonlyArray<LeftSegment> =>
        [...new Set(Chunk.map(some, pathOf))].map((path) => ({ path, reason }))
      const isKept = Chunk.isNonEmpty(own) && (yield* keepsVersions(whole.container))
      return isKept
        ? { own: [], left: [...left(others, notOwn), ...left(own, versioned)] }
        : {
            own: [...new Map(Chunk.map(own, (one) => [pathOf(one), one] as const)).values()],
            left: left(others, notOwn)
          }
    }).pipe(
      Effect.catchTag("NotFound", () => Effect.succeed(noPrevious)),
      Effect.catchAll((error) =>
        Effect.succeed<PreviousObject>({
          own: [],
          left: [{ path: pathOf(whole), reason: `its old segments, if any, could not be seen: ${error.message}` }]
        })
      )
    )

  return {
    getObjectInfo,
    inspectPrevious,
    /** The paths of all segments of an object. */
    pathsOf: (whole: Address) =>
      Effect.map(allSegments(whole), (found) => new Set(Chunk.toReadonlyArray(found).map(pathOf))),
    /** Deletes the segments of an overwritten object, except those that are still needed; returns those that are left. */
    removePrevious: (
      { left, own }: PreviousObject,
      isNeeded: (path: string) => boolean
    ): Effect.Effect<ReadonlyArray<LeftSegment>> =>
      Effect.map(remove(own.filter((address) => !isNeeded(pathOf(address)))), (failed) => [
        ...left.filter(({ path }) => !isNeeded(path)),
        ...failed
      ])
  }
}
