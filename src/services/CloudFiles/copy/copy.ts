/** Copies and moves objects of any kind, including the segments of large objects. */
import * as Effect from "effect/Effect"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import { type DeleteLargeObjectError, makeLargeObjectDeletion } from "../largeObjects/deletion.js"
import { makePreviousSegments, noPrevious, type PreviousObject } from "../largeObjects/previousSegments.js"
import { type LeftSegment, segmentContainerOf } from "../largeObjects/segments.js"
import type { PutStaticManifest } from "../largeObjects/staticManifests.js"
import { type Address, isSame, pathOf } from "../objects/address.js"
import { objectEndpoints } from "../objects/objects.js"
import { getStoredHeaders, type StoredHeaders } from "../objects/storedHeaders.js"
import { type CopyContext, type Made, operation, service } from "./context.js"
import { makeLargeObjectCopy } from "./largeObjectCopy.js"
import type { Copied, CopyError, CopyObject, CopyOptions } from "./model.js"
import { makeSingleRequestCopy } from "./singleRequestCopy.js"

const unseen = (address: Address): LeftSegment => ({
  path: pathOf(address),
  reason: "it could not be determined whether the copy needs it"
})

/** `copy`, `move` and `deleteLargeObject` within one account or between two. */
export const makeCopy = (context: CopyContext, bulkDelete: BulkDelete, putStaticManifest: PutStaticManifest) => {
  const { client, from } = context
  const readSource = Endpoint.method(from?.client ?? client, { ...getStoredHeaders, operation })
  const deleteObject = Endpoint.method(client, {
    ...objectEndpoints.deleteObject,
    operation: "CloudFiles.deleteLargeObject"
  })
  const previousSegments = makePreviousSegments(client, operation, bulkDelete)
  const { copyLink, copyPlain, copyShared } = makeSingleRequestCopy(context, previousSegments)
  const copyLarge = makeLargeObjectCopy(context, bulkDelete, putStaticManifest)
  const deleteLargeObject = makeLargeObjectDeletion(client, bulkDelete)

  /** Copies an object by its kind. */
  const copyFound = (
    input: CopyObject,
    found: StoredHeaders,
    previous: PreviousObject,
    shares: boolean,
    segments: Parameters<typeof copyLarge>[1]
  ): Effect.Effect<Made, CopyError> => {
    const { info } = found
    if (info.symlinkTarget !== undefined) return copyLink(input, info.symlinkTarget, found)
    if (!info.isStaticLargeObject && info.manifest === undefined) return copyPlain(input, info)
    return shares ? copyShared(input, info, previous) : copyLarge(input, segments, found)
  }

  const copy = (options: CopyOptions): Effect.Effect<Copied, CopyError> =>
    Effect.gen(function* () {
      const {
        account: _,
        concurrency = 4,
        oldSegments = "delete",
        segmentContainer,
        segments = "copy",
        symlink = "link",
        ...input
      } = options
      if (from !== undefined && segments === "share") {
        const expected = '"copy", since an object in another account cannot consist of the same segments'
        return yield* invalidInput(service, operation, [{ path: "segments", expected }])
      }
      const address = { container: input.container, object: input.object }
      const usual = segmentContainerOf(input.container)
      const container = segmentContainer ?? usual
      const { inspectPrevious, removePrevious } = previousSegments
      const [found, previous] = yield* Effect.all(
        [
          readSource({ container: input.source.container, object: input.source.object, symlink }),
          oldSegments === "keep" ? Effect.succeed(noPrevious) : inspectPrevious(address, new Set([usual, container]))
        ],
        { concurrency: 2 }
      )
      const made = yield* copyFound(input, found, previous, segments === "share", { container, concurrency })
      const left =
        made.isNeeded === undefined
          ? [...previous.left, ...previous.own.map(unseen)]
          : yield* removePrevious(previous, made.isNeeded)
      return left.length > 0 ? { ...made.copied, leftSegments: left } : made.copied
    })

  const move = (options: CopyOptions): Effect.Effect<Copied, CopyError | DeleteLargeObjectError> =>
    Effect.gen(function* () {
      const { source } = options
      if (isSame(source, options)) {
        const issue = { path: "object", expected: "a destination that differs from the source" }
        return yield* invalidInput(service, "CloudFiles.move", [issue])
      }
      const copied = yield* copy(options)
      const address = { container: source.container, object: source.object }
      yield* options.segments === "share" ? deleteObject(address) : deleteLargeObject(address)
      return copied
    })

  return { copy, deleteLargeObject, move }
}
