/** Deletes segments that are no longer needed: those of an overwritten object, and those of a failed upload or copy. */
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

/** An object that will be overwritten, and its segments. */
export interface PreviousObject {
  /** Segments and nested manifests that belong to this object only. */
  readonly own: ReadonlyArray<Address>
  /** Segments that will not be deleted, with the reason. */
  readonly left: ReadonlyArray<LeftSegment>
}

/** Nothing is overwritten, or its segments are to be kept. */
export const noPrevious: PreviousObject = { own: [], left: [] }

const notOwn = "its name does not show that it belongs to this object only"
const versioned = "the container keeps versions, and an old version may need it"

/** Deletes segments. It never fails, but returns the remaining ones. */
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
   * Deletes stored segments, and then twice those that were being sent when the upload was interrupted: the cloud may
   * store them after the first deletion.
   */
  const removeSent = (stored: ReadonlyArray<Address>, beingSent: ReadonlyArray<Address>) =>
    Effect.gen(function* () {
      const left = yield* remove(stored)
      yield* remove(beingSent)
      return [...left, ...(yield* remove(beingSent))]
    })

  return { remove, removeSent }
}

/** A large object that could not be stored, and its segments. */
interface Failed {
  readonly operation: string
  readonly whole: Address
  readonly segmentContainer: string
  readonly folder: string
  /** Whether its manifest was, or may have been, stored. */
  readonly mayBeStored: boolean
  /** Deletes its segments. Returns the remaining ones. */
  readonly remove: Effect.Effect<ReadonlyArray<LeftSegment>>
}

/** Deletes the segments of a large object that could not be stored. As a finalizer it ends within 30 seconds. */
export const cleanUp = ({ folder, mayBeStored, operation, remove, segmentContainer, whole }: Failed) => {
  const place = `${segmentContainer}/${folder}`
  if (mayBeStored) {
    // If the manifest was stored, it needs the segments.
    return Effect.logWarning(`${operation}: ${pathOf(whole)} may have been stored; its segments are kept in ${place}`)
  }
  return remove.pipe(
    // Finalizers are uninterruptible, and so this one would hang if the cloud does not respond.
    Effect.interruptible,
    Effect.timeoutOption("30 seconds"),
    Effect.exit,
    Effect.flatMap((exit) =>
      Exit.isSuccess(exit) && Option.exists(exit.value, (left) => left.length === 0)
        ? Effect.void
        : Effect.logWarning(
            `${operation}: some segments of ${pathOf(whole)}, which could not be stored, remain in ${place}`
          )
    )
  )
}

/** Finds the segments of an object before it is overwritten, and deletes them afterwards. */
export const makePreviousSegments = (client: CloudClient, operation: string, bulkDelete: BulkDelete) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  /** Reads a symbolic link itself: the segments of its target are not its own. */
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

  /** Whether a container keeps or has kept overwritten objects as versions. */
  const keepsVersions = (container: string) =>
    Effect.map(
      getContainer({ container }),
      ({ historyLocation, versionsEnabled, versionsLocation }) =>
        (historyLocation ?? versionsLocation ?? versionsEnabled) !== undefined
    )

  /** The segments of an object to overwrite. Never fails: if they cannot be determined, they are reported as left. */
  const inspectPrevious = (whole: Address, segmentContainers: ReadonlySet<string>): Effect.Effect<PreviousObject> =>
    Effect.gen(function* () {
      // A dynamic large object whose name begins with its own prefix is listed too.
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
          left: [{ path: pathOf(whole), reason: `its old segments could not be determined: ${error.message}` }]
        })
      )
    )

  return {
    getObjectInfo,
    inspectPrevious,
    /** The paths of all segments of an object. */
    pathsOf: (whole: Address) =>
      Effect.map(allSegments(whole), (found) => new Set(Chunk.toReadonlyArray(found).map(pathOf))),
    /**
     * Deletes the segments of an overwritten object, except those that are still needed. Returns the remaining ones.
     */
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
