/**
 * Segments that nothing refers to any more: those of an object that is overwritten, and those of an upload that failed.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import * as Endpoint from "../../Endpoint.js"
import { endpoints, type ObjectInfo } from "./endpoints.js"
import { makeManifests, segmentsOf } from "./manifest.js"
import { type Address, isOwn, isSame, pathOf } from "./segments.js"

/** A segment that is still there, and why. */
export interface LeftSegment {
  /** `/container/object`, as it is, not encoded. */
  readonly path: string
  readonly reason: string
}

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

const notOwn = "it does not bear the name of the object, and may belong to another one"

/** What looks for old segments, and removes them. */
export const makeOldSegments = (client: CloudClient, operation: string) => {
  const getObjectInfo = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
  const deleteObject = Endpoint.method(client, { ...endpoints.deleteObject, operation })
  const manifests = makeManifests(client, operation)

  /** Deletes objects; tells of those that are still there. */
  const remove = (addresses: ReadonlyArray<Address>): Effect.Effect<ReadonlyArray<LeftSegment>> =>
    Effect.map(
      Effect.forEach(
        addresses,
        (address) =>
          deleteObject(address).pipe(
            Effect.as(undefined),
            Effect.catchTag("NotFound", () => Effect.succeed(undefined)),
            Effect.catchAll((error) => Effect.succeed<LeftSegment>({ path: pathOf(address), reason: error.message }))
          ),
        { concurrency: 8 }
      ),
      (results) => results.filter((result) => result !== undefined)
    )

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

  /**
   * What an object consists of before it is overwritten. It does not fail: what cannot be seen is told of as left.
   */
  const look = (whole: Address, segmentContainers: ReadonlySet<string>): Effect.Effect<Old> =>
    Effect.gen(function* () {
      const info = yield* getObjectInfo(whole)
      const found = Chunk.toReadonlyArray(yield* Stream.runCollect(addressesOf(whole, info)))
      const own = new Map<string, Address>()
      const left: Array<LeftSegment> = []
      for (const address of found) {
        // The name of a dynamic one may begin with its own prefix.
        if (isSame(address, whole)) continue
        if (isOwn(whole, segmentContainers, address)) own.set(pathOf(address), address)
        else left.push({ path: pathOf(address), reason: notOwn })
      }
      return { info, own: [...own.values()], left }
    }).pipe(
      Effect.catchTag("NotFound", () => Effect.succeed(nothingOld)),
      Effect.catchAll((error) =>
        Effect.succeed<Old>({
          ...nothingOld,
          left: [{ path: pathOf(whole), reason: `its old segments, if any, could not be seen: ${error.message}` }]
        })
      )
    )

  /** Removes what was found, but for what the new object consists of. */
  const removeOld = (old: Old, isKept: (address: Address) => boolean): Effect.Effect<ReadonlyArray<LeftSegment>> =>
    Effect.map(remove(old.own.filter((address) => !isKept(address))), (failed) => [...old.left, ...failed])

  return { look, remove, removeOld, getObjectInfo, manifests }
}
