/**
 * Checks a listing before files are deleted for it: a cloud, or a proxy before it, may return a listing without its items.
 *
 * The container's count is what there is to compare with. It is eventually consistent, and so it may be wrong for a while after
 * changes: a listing that is shorter than the count is a reason to check again, and only a listing without any object, or an
 * object that is there and was not listed, is a reason to refuse.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { type CommonError, MalformedResponse, type NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { containerEndpoints } from "../containers.js"
import { objectEndpoints } from "../objects/objects.js"

/** How many objects are asked for at a time. */
const atATime = 16

/** How many objects are asked for where there is no count to compare the listing with. */
const sampleSize = 16

/** Some of many, evenly spread. */
const sampleOf = (objects: ReadonlyArray<string>): ReadonlyArray<string> => {
  const step = Math.max(1, (objects.length - 1) / (sampleSize - 1))
  return objects.length <= sampleSize
    ? objects
    : Array.from({ length: sampleSize }, (_, index) => objects[Math.round(index * step)] ?? "")
}

/** What a listing is checked against. */
export interface ListingCheck {
  /** To be called at the listing's end, with the number of its objects. Fails where there are none, and the count says otherwise. */
  readonly ended: (listed: number) => Effect.Effect<void, CommonError | NotFound>
  /**
   * To be called with objects that the listing did not have. Where the listing may be incomplete, each of them is asked for; where
   * there is no count to compare it with (of what is under a prefix, or at clouds that do not tell any), 16 of them. Fails where one
   * is there.
   */
  readonly missing: (objects: ReadonlyArray<string>) => Effect.Effect<void, CommonError>
}

/** The check of one listing. `count` is what the container's headers said before. */
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
        // The last objects may have been deleted meanwhile.
        return Effect.flatMap(getContainer({ container, newest: true }), ({ objectCount = 0 }) =>
          objectCount === 0
            ? Effect.void
            : Effect.fail(refused(`${objectCount} objects, as the container's count says, not an empty listing`))
        )
      }),
    missing: (objects) =>
      Effect.suspend(() => {
        const isCounted = prefix === "" && count !== undefined
        const mayBeIncomplete = isCounted ? total < count : total === 0
        const asked = mayBeIncomplete ? objects : isCounted ? [] : sampleOf(objects)
        return Effect.forEach(
          asked,
          (object) =>
            getObjectInfo({ container, object }).pipe(
              Effect.flatMap(() => Effect.fail(refused(`the object ${object}, which is there and was not listed`))),
              Effect.catchTag("NotFound", () => Effect.void)
            ),
          { concurrency: atATime, discard: true }
        )
      })
  }
}
