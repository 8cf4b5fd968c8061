/** Deletes an object of any kind, including the segments of a large one. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import {
  BulkFailed,
  type CommonError,
  type Conflict,
  type NotFound,
  type PreconditionFailed
} from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import * as LostResponse from "../../../internal/http/lostResponse.js"
import type { BulkResult } from "../bulk/bulk.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import { type Address, isSame } from "../objects/address.js"
import { objectEndpoints } from "../objects/objects.js"
import { manifestEndpoints, segmentLocation } from "./manifests.js"
import { makeParts } from "./parts.js"
import { makeSegmentRemoval } from "./previousSegments.js"

/** The errors of `deleteLargeObject`. */
export type DeleteLargeObjectError = CommonError | NotFound | Conflict | PreconditionFailed | BulkFailed

const service = "CloudFiles"
const operation = "CloudFiles.deleteLargeObject"

const succeeded = (deleted: number, notFound = 0): BulkResult => ({
  deleted,
  notFound,
  status: "200 OK",
  explanation: "",
  errors: []
})

const notDeleted = (
  address: Address,
  failures: ReadonlyArray<{ readonly path: string; readonly reason: string }>,
  explanation: string
): BulkFailed =>
  new BulkFailed({
    service,
    operation,
    failures,
    message: `${operation}: ${address.container}/${address.object}: ${explanation}, ${failures.length} of its parts could not be deleted`
  })

/** The service's `deleteLargeObject`. */
export const makeLargeObjectDeletion = (client: CloudClient, bulkDelete: BulkDelete) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const deleteManifest = Endpoint.method(client, { ...manifestEndpoints.deleteManifest, operation })
  const deleteObject = Endpoint.method(client, { ...objectEndpoints.deleteObject, operation })
  const { listed } = makeParts(client, operation)
  const { remove } = makeSegmentRemoval(operation, bulkDelete)

  const deleteStatic = (address: Address): Effect.Effect<BulkResult, DeleteLargeObjectError> =>
    Effect.gen(function* () {
      const { responseWasLost, result } = yield* LostResponse.sharing((lostResponse) =>
        Effect.map(deleteManifest(address), (result) => ({ result, responseWasLost: lostResponse.mayHaveSucceeded }))
      )
      const { deleted, errors, explanation, notFound, status } = result
      if (status.startsWith("2") && deleted > 0 && errors.length === 0) return result
      const isGone = errors.length === 0 && /^[24]0[04]\b/.test(status) && deleted === 0
      if (!isGone) {
        const failures = errors.map(([path, reason]) => ({ path, reason }))
        return yield* notDeleted(address, failures, `${status}${explanation === "" ? "" : ` ${explanation}`}`)
      }
      // The cloud deletes the segments first, so an attempt whose response was lost has deleted them.
      if (responseWasLost) return succeeded(0, notFound)
      yield* deleteObject(address)
      return succeeded(1)
    })

  const deleteDynamic = (
    address: Address,
    { container, prefix }: { readonly container: string; readonly prefix: string }
  ): Effect.Effect<BulkResult, DeleteLargeObjectError> =>
    Effect.gen(function* () {
      const found = yield* Stream.runCollect(listed(container, prefix)).pipe(
        Effect.catchTag("NotFound", () => Effect.succeed(Chunk.empty<{ readonly name: string }>()))
      )
      const segments = Chunk.toReadonlyArray(found)
        .map(({ name }) => ({ container, object: name }))
        // A manifest whose name begins with the prefix is listed too.
        .filter((segment) => !isSame(segment, address))
      const left = yield* remove(segments)
      // Keep the manifest while segments remain, since only it refers to them.
      if (left.length > 0) return yield* notDeleted(address, left, "the manifest was kept")
      yield* deleteObject(address)
      return succeeded(segments.length + 1)
    })

  return (given: Address): Effect.Effect<BulkResult, DeleteLargeObjectError> =>
    Effect.gen(function* () {
      const address = { container: given.container, object: given.object }
      // Read a symbolic link itself: otherwise the cloud would delete the segments of its target.
      const info = yield* head({ ...address, symlink: "link" }).pipe(
        // The cloud also returns 404 for a dynamic large object whose segment container is gone.
        Effect.catchTag("NotFound", () => Effect.succeed(undefined))
      )
      if (info?.isStaticLargeObject === true) return yield* deleteStatic(address)
      const where = info?.manifest === undefined ? undefined : segmentLocation(info.manifest)
      // An empty prefix would match the whole container.
      if (where !== undefined && where.prefix !== "") return yield* deleteDynamic(address, where)
      yield* deleteObject(address)
      return succeeded(1)
    })
}
