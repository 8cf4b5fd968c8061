/** Uploads that overwrite an object: its segments are found before the upload, and deleted after it. */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { PreconditionFailed } from "../../../CloudError.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import { makePreviousSegments, noPrevious, type PreviousObject } from "../largeObjects/previousSegments.js"
import { segmentContainerOf } from "../largeObjects/segments.js"
import { type Address, pathOf } from "../objects/address.js"
import { operation } from "./failures.js"
import type { PutHead, Uploaded, UploadError } from "./model.js"
import type { Overwriting } from "./plan.js"

export const makeOverwriting = (client: CloudClient, bulkDelete: BulkDelete) => {
  const { getObjectInfo, inspectPrevious, removePrevious } = makePreviousSegments(client, operation, bulkDelete)

  const exists = (address: Address, status: number): PreconditionFailed =>
    new PreconditionFailed({
      service: "CloudFiles",
      operation,
      status,
      method: "HEAD",
      url: pathOf(address),
      message: `${operation}: the object ${pathOf(address)} exists already, and createOnly is set`
    })

  /** The object that will be overwritten. With `createOnly`, fails if there is one, before segments are sent. */
  const inspect = (
    input: PutHead,
    { container, oldSegments }: Overwriting
  ): Effect.Effect<PreviousObject, UploadError> => {
    const address = { container: input.container, object: input.object }
    if (input.ifNoneMatch === undefined) {
      return oldSegments === "keep"
        ? Effect.succeed(noPrevious)
        : inspectPrevious(address, new Set([container, segmentContainerOf(address.container)]))
    }
    return getObjectInfo(address).pipe(
      Effect.flatMap(({ status }) => Effect.fail(exists(address, status))),
      Effect.catchTag("NotFound", () => Effect.succeed(noPrevious))
    )
  }

  /** Runs an upload in one request, and then deletes the segments of the object that was there. */
  const overwrite = <E>(
    input: PutHead,
    overwriting: Overwriting,
    upload: Effect.Effect<Uploaded, E>
  ): Effect.Effect<Uploaded, UploadError | E> =>
    overwriting.oldSegments === "keep" || input.ifNoneMatch !== undefined
      ? upload
      : Effect.gen(function* () {
          const previous = yield* inspect(input, overwriting)
          const stored = yield* upload
          const left = yield* removePrevious(previous, () => false)
          return left.length > 0 ? { ...stored, leftSegments: left } : stored
        })

  return { inspect, overwrite, removePrevious }
}
