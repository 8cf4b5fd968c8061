/** Stores a large object: its segments, and the manifest that lists them. */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import * as Endpoint from "../../../Endpoint.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import { makePutDynamicManifest } from "../largeObjects/dynamicManifests.js"
import type { Segment } from "../largeObjects/manifests.js"
import { makeManifestWatch } from "../largeObjects/manifestWatch.js"
import { makeNesting } from "../largeObjects/nesting.js"
import { cleanUp, makeSegmentRemoval } from "../largeObjects/previousSegments.js"
import { makeSegmentContainer } from "../largeObjects/segmentContainer.js"
import { etagOf, expiryAfter, numbered } from "../largeObjects/segments.js"
import type { PutStaticManifest } from "../largeObjects/staticManifests.js"
import { pathOf } from "../objects/address.js"
import { contradicts } from "../objects/etags.js"
import { objectEndpoints } from "../objects/objects.js"
import { namingSegments, operation, storedOther } from "./failures.js"
import type { PutHead, Uploaded, UploadError } from "./model.js"
import type { makeOverwriting } from "./overwriting.js"
import type { Plan } from "./plan.js"
import { makeSegmentGroups } from "./segmentGroups.js"

const segmentType = "application/octet-stream"

/** The segments that were sent. */
export interface Sent {
  readonly bytes: number
  readonly md5: string | undefined
  /** How many of the segments an earlier run had stored. */
  readonly reused?: number | undefined
}

/** Stores segments of a large object. */
export interface SegmentStore {
  /** Stores a segment with the given request, which returns its MD5. */
  readonly store: <E>(
    index: number,
    bytes: number,
    send: (segment: PutHead) => Effect.Effect<string, UploadError | E>
  ) => Effect.Effect<void, UploadError | E>
  /** Uses a segment that an earlier run stored, and sets its expiry to that of this object (or removes it). */
  readonly reuse: (
    index: number,
    segment: { readonly etag: string; readonly bytes: number }
  ) => Effect.Effect<void, UploadError>
}

/** Stores segments, keeps a list of them, and deletes them if the upload fails. */
const makeSegmentStore = (
  client: CloudClient,
  removeSent: ReturnType<typeof makeSegmentRemoval>["removeSent"],
  putStaticManifest: PutStaticManifest,
  whole: PutHead,
  { container, folder, keepSegments, kind }: Plan
) => {
  const replaceObjectMetadata = Endpoint.method(client, objectEndpoints.replaceObjectMetadata)
  const nameOf = (index: number): string => `${folder}/${numbered(index)}`
  const head = { container, contentType: segmentType, deleteAt: whole.deleteAt }
  const beingSent = new Set<number>()
  const stored = new Set<number>()
  const submanifests: Array<string> = []

  const nesting = makeNesting({
    operation,
    container,
    folder,
    put: (object, segments) => {
      submanifests.push(object)
      return namingSegments(putStaticManifest({ ...head, object, segments }))
    }
  })
  const groups = makeSegmentGroups(kind, (segments, index) => nesting.putGroup(segments, index, 0))

  const add = (index: number, segment: { readonly etag: string; readonly bytes: number }) =>
    groups.add(index, { path: pathOf({ container, object: nameOf(index) }), ...segment })

  const segments: SegmentStore = {
    store: (index, bytes, send) =>
      Effect.suspend(() => {
        beingSent.add(index)
        return Effect.flatMap(send({ ...head, object: nameOf(index) }), (etag) => {
          beingSent.delete(index)
          stored.add(index)
          return add(index, { etag, bytes })
        })
      }),
    reuse: (index, segment) =>
      Effect.zipRight(
        replaceObjectMetadata({ ...head, object: nameOf(index) }),
        Effect.suspend(() => add(index, segment))
      )
  }

  const addressOf = (object: string) => ({ container, object })

  /** Deletes the segments that this upload stored, unless they are to be kept or the manifest may need them. */
  const removeStored = (mayBeStored: boolean): Effect.Effect<void> =>
    !mayBeStored && (keepSegments || beingSent.size + stored.size === 0)
      ? Effect.void
      : cleanUp({
          operation,
          whole,
          segmentContainer: container,
          folder,
          mayBeStored,
          remove: Effect.suspend(() =>
            removeSent(
              [...stored].map(nameOf).map(addressOf),
              [...[...beingSent].map(nameOf), ...submanifests].map(addressOf)
            )
          )
        })

  return { segments, groups, nesting, removeStored }
}

/** A large object whose manifest is stored. */
interface Stored {
  /** The ETag computed from the segments, without quotation marks. */
  readonly expected: string
  /** The ETag that the cloud returned. */
  readonly etag: string | undefined
}

export const makeLargeObjectUpload = (
  client: CloudClient,
  bulkDelete: BulkDelete,
  putStaticManifest: PutStaticManifest,
  { inspect, removePrevious }: Pick<ReturnType<typeof makeOverwriting>, "inspect" | "removePrevious">
) => {
  const putDynamicManifest = makePutDynamicManifest(client, operation)
  const createSegmentContainer = makeSegmentContainer(client)
  const { removeSent } = makeSegmentRemoval(operation, bulkDelete)
  type Store = ReturnType<typeof makeSegmentStore>

  const putManifest = (
    input: PutHead,
    { container, folder }: Plan,
    { groups, nesting }: Store,
    { watch }: ReturnType<typeof makeManifestWatch>
  ): Effect.Effect<Stored, UploadError> => {
    const putStatic = Effect.gen(function* () {
      const segments: ReadonlyArray<Segment> = yield* nesting.fitting(groups.entries(), 1)
      const { etag } = yield* watch(namingSegments(putStaticManifest({ ...input, segments })))
      return { expected: etagOf(segments), etag }
    })
    const putDynamic = Effect.suspend(() => {
      const put = putDynamicManifest({ ...input, segments: { container, prefix: `${folder}/` } })
      return Effect.as(watch(put), { expected: etagOf(groups.entries()), etag: undefined })
    })
    return Effect.suspend(() =>
      groups.kind() === "dynamic" ? putDynamic : Effect.catchTag(putStatic, "NoStaticLargeObjects", () => putDynamic)
    )
  }

  /** `send` stores the segments. If it fails or is interrupted, the stored segments are deleted, unless they are to be kept. */
  return <E>(
    given: PutHead,
    plan: Plan,
    send: (segments: SegmentStore) => Effect.Effect<Sent, UploadError | E>
  ): Effect.Effect<Uploaded, UploadError | E> =>
    Effect.gen(function* () {
      const { container, folder } = plan
      const previous = yield* inspect(given, plan)
      const cloudTime = yield* createSegmentContainer(container)
      const { deleteAfter, ...rest } = given
      const input = deleteAfter === undefined ? rest : { ...rest, deleteAt: expiryAfter(cloudTime, deleteAfter) }
      const manifestWatch = makeManifestWatch()
      const store = makeSegmentStore(client, removeSent, putStaticManifest, input, plan)
      const storing = Effect.gen(function* () {
        const sent = yield* send(store.segments)
        yield* store.groups.putRest
        return { sent, stored: yield* putManifest(input, plan, store, manifestWatch) }
      })
      const { sent, stored } = yield* Effect.onError(storing, () => store.removeStored(manifestWatch.mayBeStored()))
      const { etag, expected } = stored
      if (etag !== undefined && contradicts(etag, expected)) return yield* storedOther(input, expected, etag)
      const left = yield* removePrevious(previous, (path) =>
        path.startsWith(`${pathOf({ container, object: folder })}/`)
      )
      return {
        etag: etag ?? `"${expected}"`,
        ...(sent.md5 !== undefined && { md5: sent.md5 }),
        bytes: sent.bytes,
        segments: store.groups.count(),
        ...(sent.reused !== undefined && { reused: sent.reused }),
        ...(left.length > 0 && { leftSegments: left })
      }
    })
}

/** Returned by {@link makeLargeObjectUpload}. */
export type PutLargeObject = ReturnType<typeof makeLargeObjectUpload>
