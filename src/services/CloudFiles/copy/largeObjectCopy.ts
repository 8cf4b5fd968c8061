/** Copies a large object: copies each segment within the cloud, and then stores a manifest of the copies. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import * as Endpoint from "../../../Endpoint.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import type { Values } from "../headers.js"
import { makePutDynamicManifest } from "../largeObjects/dynamicManifests.js"
import { type Segment, segmentLocation } from "../largeObjects/manifests.js"
import { makeManifestWatch } from "../largeObjects/manifestWatch.js"
import { makeNesting } from "../largeObjects/nesting.js"
import { isPart, makeParts, type Part, type Submanifest } from "../largeObjects/parts.js"
import { cleanUp, makeSegmentRemoval } from "../largeObjects/previousSegments.js"
import { makeSegmentContainer } from "../largeObjects/segmentContainer.js"
import { etagOf, expiryAfter, folderOf, numbered } from "../largeObjects/segments.js"
import { orRefusal, type PutStaticManifest } from "../largeObjects/staticManifests.js"
import { type Address, isSame, pathOf } from "../objects/address.js"
import { makeConfirmation } from "../objects/confirmation.js"
import { contradicts, md5In, unquoted } from "../objects/etags.js"
import type { ObjectInfo } from "../objects/objects.js"
import type { StoredHeaders } from "../objects/storedHeaders.js"
import {
  changedMeanwhile,
  type CopyContext,
  inheritedHeaders,
  invalidSource,
  type Made,
  operation,
  sourceIn
} from "./context.js"
import { copyEndpoints, type CopyError, type CopyObject } from "./model.js"

type Parts = ReadonlyArray<Part | Submanifest>

/** Reads the parts of a source. */
const makeSourceParts = ({ client, from }: CopyContext) => {
  const manifests = makeParts(from?.client ?? client, operation)

  const staticParts = (source: Address, info: ObjectInfo): Effect.Effect<Parts, CopyError> =>
    Effect.flatMap(manifests.read(source), ({ entries, etag }): Effect.Effect<Parts, CopyError> =>
      info.etag !== undefined && contradicts(info.etag, etag)
        ? changedMeanwhile(source, unquoted(info.etag), etag)
        : Effect.map(Stream.runCollect(manifests.partsOf(entries)), Chunk.toReadonlyArray)
    )

  const dynamicParts = (source: Address, info: ObjectInfo): Effect.Effect<Parts, CopyError> => {
    const where = segmentLocation(info.manifest ?? "")
    if (where === undefined) {
      const explanation = `the manifest of ${pathOf(source)} cannot be read: ${info.manifest}; copy it with segments: "share"`
      return Effect.fail(invalidSource("a large object whose manifest can be read", explanation))
    }
    return Effect.map(Stream.runCollect(manifests.listed(where.container, where.prefix)), (all) =>
      Chunk.toReadonlyArray(all).flatMap(({ bytes, hash, name }): ReadonlyArray<Part> => {
        const address = { container: where.container, object: name }
        // A manifest whose name begins with the prefix is one of its own segments, and contributes its own bytes.
        const isManifest = isSame(address, source)
        if (isManifest && bytes === 0) return []
        const entry = { name: pathOf(address), hash, bytes, isManifest }
        return [{ address: isManifest ? undefined : address, length: bytes, md5: hash, entry }]
      })
    )
  }

  return (source: Address, info: ObjectInfo): Effect.Effect<Parts, CopyError> =>
    info.isStaticLargeObject ? staticParts(source, info) : dynamicParts(source, info)
}

/** Where the copied segments are stored. */
interface SegmentPlan {
  readonly kind: "static" | "dynamic"
  readonly source: Address
  readonly container: string
  readonly folder: string
  readonly expiry: Pick<CopyObject, "deleteAt">
}

/** The name and headers of the new manifest. */
type ManifestHead = Omit<CopyObject, "source" | "deleteAfter" | "freshMetadata"> & { readonly kept: Values }

/** Copies segments, and remembers them in order to delete them if the copy fails. */
const makeSegmentCopy = (context: CopyContext, { container, expiry, folder, kind, source }: SegmentPlan) => {
  const copyObject = Endpoint.method(context.client, { ...copyEndpoints.copyObject, operation })
  const confirm = makeConfirmation(context.client, operation)
  const copied: Array<Address> = []
  const beingSent = new Set<Address>()

  const copyPart = ({ address, entry, length }: Part, index: number): Effect.Effect<Segment, CopyError> =>
    Effect.gen(function* () {
      if (address === undefined) {
        const explanation = `the manifest of ${pathOf(source)} holds bytes itself; copy it with segments: "share"`
        return yield* invalidSource("a large object all of whose parts are objects", explanation)
      }
      const target = { container, object: `${folder}/${numbered(index)}` }
      beingSent.add(target)
      // The copy of a range is a plain object. Without fresh metadata it would inherit the source's expiry.
      const { etag } = yield* copyObject({
        ...target,
        source: sourceIn(context, address),
        freshMetadata: true,
        ...expiry
      })
      beingSent.delete(target)
      copied.push(target)
      const expected = unquoted(entry.hash ?? "")
      const isKnown = !entry.isManifest && kind === "static" && md5In(expected) !== undefined
      if (isKnown && etag !== undefined && contradicts(etag, expected)) {
        return yield* changedMeanwhile(target, expected, unquoted(etag))
      }
      const bytes = entry.bytes ?? length
      if (md5In(etag) === undefined) {
        const isStored = (info: ObjectInfo): boolean => info.bytes === bytes
        yield* confirm({ address: target, etag, expected: isKnown ? expected : undefined, isStored })
      }
      return {
        path: pathOf(target),
        etag: unquoted(etag ?? expected),
        bytes,
        ...(entry.range !== undefined && { range: entry.range })
      }
    })

  return { copyPart, copied, beingSent }
}

/** When the copy expires: as requested, otherwise with its source. */
const expiryOf = (
  { deleteAfter, deleteAt, freshMetadata }: CopyObject,
  info: ObjectInfo,
  cloudTime: Parameters<typeof expiryAfter>[0]
): Pick<CopyObject, "deleteAt"> => {
  const inherited = freshMetadata === true ? undefined : info.deleteAt
  const expires = deleteAfter === undefined ? (deleteAt ?? inherited) : expiryAfter(cloudTime, deleteAfter)
  return expires === undefined ? {} : { deleteAt: expires }
}

/** Copies the segments of a large object, and stores a manifest. If that fails, the copied segments are deleted. */
const makeManifestCopy = (context: CopyContext, bulkDelete: BulkDelete, putStaticManifest: PutStaticManifest) => {
  const putManifest = orRefusal(putStaticManifest)
  const putDynamicManifest = makePutDynamicManifest(context.client, operation)
  const { removeSent } = makeSegmentRemoval(operation, bulkDelete)

  /** Returns the ETag of the manifest. */
  return (
    head: ManifestHead,
    parts: ReadonlyArray<Part>,
    plan: SegmentPlan,
    concurrency: number
  ): Effect.Effect<string | undefined, CopyError> => {
    const { container, expiry, folder, kind } = plan
    const { beingSent, copied, copyPart } = makeSegmentCopy(context, plan)
    const { mayBeStored, watch } = makeManifestWatch()
    const { fitting } = makeNesting({
      operation,
      container,
      folder,
      put: (object, segments) => {
        beingSent.add({ container, object })
        return putManifest({ container, object, segments, ...expiry })
      }
    })
    const storeStatic = (segments: ReadonlyArray<Segment>) =>
      Effect.gen(function* () {
        const entries = yield* fitting(segments, 0)
        const { etag } = yield* watch(putManifest({ ...head, segments: entries }))
        const expected = etagOf(entries)
        return etag !== undefined && contradicts(etag, expected)
          ? yield* changedMeanwhile(head, expected, unquoted(etag))
          : etag
      })
    const storeDynamic = Effect.suspend(() =>
      watch(putDynamicManifest({ ...head, segments: { container, prefix: `${folder}/` } }))
    )
    const remove = Effect.suspend(() => removeSent(copied, [...beingSent]))
    return Effect.forEach(parts, copyPart, { concurrency }).pipe(
      Effect.flatMap((segments) =>
        kind === "dynamic" ? Effect.map(storeDynamic, ({ etag }) => etag) : storeStatic(segments)
      ),
      Effect.onError(() =>
        cleanUp({
          operation,
          whole: head,
          segmentContainer: container,
          folder,
          mayBeStored: mayBeStored(),
          remove
        })
      )
    )
  }
}

export const makeLargeObjectCopy = (
  context: CopyContext,
  bulkDelete: BulkDelete,
  putStaticManifest: PutStaticManifest
) => {
  const createSegmentContainer = makeSegmentContainer(context.client)
  const partsOf = makeSourceParts(context)
  const copySegments = makeManifestCopy(context, bulkDelete, putStaticManifest)

  return (
    input: CopyObject,
    { container, concurrency }: { readonly container: string; readonly concurrency: number },
    { info, stored }: StoredHeaders
  ): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { deleteAfter: _, freshMetadata: __, source, ...given } = input
      const kind = info.isStaticLargeObject ? ("static" as const) : ("dynamic" as const)
      const folder = folderOf(input.object, kind, randomUUID())
      const all = yield* partsOf(source, info)
      const expiry = expiryOf(input, info, yield* createSegmentContainer(container))
      const { "x-delete-at": ___, "x-object-manifest": ____, ...kept } = inheritedHeaders(stored, input)
      const parts = all.filter(isPart)
      const plan = { kind, source, container, folder, expiry }
      const etag = yield* copySegments({ ...given, ...expiry, kept }, parts, plan, concurrency)
      const sources = new Set(all.flatMap(({ address }) => (address === undefined ? [] : [pathOf(address)])))
      return {
        copied: { etag, segments: parts.length },
        isNeeded: (path) =>
          path.startsWith(`${pathOf({ container, object: folder })}/`) ||
          // An object copied onto itself no longer needs its previous segments.
          (context.from === undefined && pathOf(source) !== pathOf(input) && sources.has(path))
      }
    })
}
