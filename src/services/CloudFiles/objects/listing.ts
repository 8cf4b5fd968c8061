/** Lists the objects of a container for other operations: with a prefix, between two names. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { listing, nameOf, type NameRange, Subdirectory } from "../listing.js"
import type { ByContainer } from "./address.js"
import { md5Of, objectEndpoints, type ObjectSummary } from "./objects.js"

/** A range of a listing. */
export interface ListingInput extends ByContainer, NameRange {}

/** Whether an entry is an object, as all are without a delimiter. */
const isObject = (entry: ObjectSummary | Subdirectory): entry is ObjectSummary => "name" in entry

/** The objects of a listing. Some clouds group names without being asked to; the groups are dropped. */
export const objectsOf = <E, R>(
  entries: Stream.Stream<ObjectSummary | Subdirectory, E, R>
): Stream.Stream<ObjectSummary, E, R> =>
  Stream.mapChunks(entries, (chunk) => {
    const all = Chunk.toReadonlyArray(chunk)
    // Copy only if there are groups, because listings can be long.
    return all.every(isObject) ? Chunk.unsafeFromArray(all) : Chunk.unsafeFromArray(all.filter(isObject))
  })

/** Lists objects, sorted by the bytes of their names. */
export const makeListing = (client: CloudClient, operation: string, retry?: RetryPolicy.Service) => {
  // Without a limit, the cloud cannot refuse the request for exceeding its maximum.
  const open = Endpoint.openItems(client, {
    ...objectEndpoints.listObjectsPage,
    operation,
    errors: new Set(["NotFound"] as const)
  })
  return ({ marker: first, ...input }: ListingInput): Stream.Stream<ObjectSummary, CommonError | NotFound> =>
    objectsOf(
      listing<ObjectSummary | Subdirectory, string, CommonError | NotFound>({
        service: client.service,
        operation,
        first,
        markerOf: nameOf,
        open: (marker) => open({ ...input, marker }),
        retry
      })
    )
}

/**
 * Requests an object's headers if the listing left out its type, MD5 or time, as some clouds do. An object that is gone
 * by then is returned as listed.
 */
export const makeCompleting = (client: CloudClient, operation: string) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  return (container: string, entry: ObjectSummary): Effect.Effect<ObjectSummary, CommonError> =>
    head({ container, object: entry.name }).pipe(
      Effect.map((info) => {
        const lastModified = entry.lastModified ?? info.lastModified
        const hash = entry.hash ?? md5Of(info)
        const contentType = entry.contentType ?? info.contentType
        return {
          ...entry,
          ...(hash !== undefined && { hash }),
          ...(contentType !== undefined && { contentType }),
          ...(lastModified !== undefined && { lastModified })
        }
      }),
      Effect.catchTag("NotFound", () => Effect.succeed(entry))
    )
}

/** How many objects are requested concurrently. */
const atATime = 16

/** Completes the entries of a chunk that need it. */
export const completedWhere = (
  chunk: Chunk.Chunk<ObjectSummary>,
  needsMore: (entry: ObjectSummary) => boolean,
  complete: (entry: ObjectSummary) => Effect.Effect<ObjectSummary, CommonError>
): Effect.Effect<Chunk.Chunk<ObjectSummary>, CommonError> =>
  Chunk.toReadonlyArray(chunk).some(needsMore)
    ? Effect.map(
        Effect.forEach(chunk, (entry) => (needsMore(entry) ? complete(entry) : Effect.succeed(entry)), {
          concurrency: atATime
        }),
        Chunk.unsafeFromArray
      )
    : Effect.succeed(chunk)
