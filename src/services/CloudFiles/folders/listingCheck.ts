/**
 * Checks a listing before files are deleted because of it: a cloud, or a proxy in front of it, may return an incomplete
 * one.
 *
 * The listing is compared with the container's object count, which is eventually consistent. A listing shorter than the
 * count is therefore only a reason to check further. The operation is refused if the listing is empty and the count is
 * not, or if an object exists that was not listed.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { type CommonError, MalformedResponse, type NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { containerEndpoints } from "../containers.js"
import { objectEndpoints } from "../objects/objects.js"

/** How many objects are requested concurrently. */
const atATime = 16

/** How many objects are requested if there is no count to compare with. */
const sampleSize = 16

/** Evenly spaced items of an array. */
const sampleOf = (objects: ReadonlyArray<string>): ReadonlyArray<string> => {
  const step = Math.max(1, (objects.length - 1) / (sampleSize - 1))
  return objects.length <= sampleSize
    ? objects
    : Array.from({ length: sampleSize }, (_, index) => objects[Math.round(index * step)] ?? "")
}

/** The checks during one operation. */
export interface ListingCheck {
  /** Called at the end of the listing with the number of objects. Fails if it is 0 although the container has some. */
  readonly ended: (listed: number) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Called with objects missing from the listing. If the listing may be incomplete, each is requested; if there is no
   * count to compare with (below a prefix, or on clouds that return none), 16 of them are. Fails if one exists.
   */
  readonly missing: (objects: ReadonlyArray<string>) => Effect.Effect<void, CommonError>
}

/** The check of one listing. `count` is the container's object count from before the listing. */
export const makeListingCheck = (
  client: CloudClient,
  {
    container,
    count,
    operation,
    prefix
  }: {
    readonly operation: string
    readonly container: string
    readonly prefix: string
    readonly count: number | undefined
  }
): ListingCheck => {
  const getContainer = Endpoint.method(client, { ...containerEndpoints.getContainer, operation })
  const getObjectInfo = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  let total = 0

  const refused = (expected: string): MalformedResponse =>
    new MalformedResponse({
      service: client.service,
      operation,
      status: 200,
      path: ".",
      expected,
      message: `${operation}: the listing of ${container} cannot be trusted, and nothing was deleted: expected ${expected}`
    })

  return {
    ended: (listed) =>
      Effect.suspend(() => {
        total = listed
        if (listed > 0 || prefix !== "" || count === undefined || count === 0) return Effect.void
        // The last objects may have been deleted in the meantime.
        return Effect.flatMap(getContainer({ container, newest: true }), ({ objectCount = 0 }) =>
          objectCount === 0
            ? Effect.void
            : Effect.fail(
                refused(`${objectCount} objects, as the container's object count says, but the listing is empty`)
              )
        )
      }),
    missing: (objects) =>
      Effect.suspend(() => {
        const isCounted = prefix === "" && count !== undefined
        const mayBeIncomplete = isCounted ? total < count : total === 0
        const requested = mayBeIncomplete ? objects : isCounted ? [] : sampleOf(objects)
        return Effect.forEach(
          requested,
          (object) =>
            getObjectInfo({ container, object }).pipe(
              Effect.flatMap(() => Effect.fail(refused(`the object ${object}, which exists but was not listed`))),
              Effect.catchTag("NotFound", () => Effect.void)
            ),
          { concurrency: atATime, discard: true }
        )
      })
  }
}
