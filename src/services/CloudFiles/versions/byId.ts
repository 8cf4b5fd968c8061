/** Versions that a container itself keeps under ids. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, Conflict, NotFound, PreconditionFailed } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { struct } from "../../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  Count,
  Flag,
  PageLimit,
  TimestampIfAny
} from "../../../internal/schema/wire.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { listing, type RawItem } from "../listing.js"
import { ContainerName, NamePart } from "../names.js"
import { objectPath } from "../objects/requests.js"

const service = "CloudFiles"

/** How many versions are requested or deleted concurrently. */
export const atATime = 16

export interface Version {
  readonly name: string
  readonly bytes: number
  readonly hash?: string | undefined
  readonly contentType?: string | undefined
  readonly lastModified?: DateTime.Utc | undefined
  readonly versionId?: string | undefined
  readonly isLatest: boolean
}

const Version = struct<Version>(() => ({
  name: Schema.String,
  bytes: Count,
  hash: absentIfEmpty,
  contentType: absentIfEmpty.pipe(Schema.fromKey("content_type")),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified")),
  versionId: nullableOptional(Schema.String).pipe(Schema.fromKey("version_id")),
  isLatest: Schema.optionalWith(Flag, { default: () => false, nullable: true }).pipe(Schema.fromKey("is_latest"))
}))

export const listPage = Endpoint.named(
  "CloudFiles.listVersions",
  Endpoint.make("GET", "/{container}", {
    parameters: { container: ContainerName },
    query: () => ({
      prefix: Schema.optional(NamePart),
      marker: Schema.optional(NamePart),
      endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
      versionMarker: Schema.optional(Schema.String).pipe(Schema.fromKey("version_marker")),
      limit: Schema.optional(PageLimit)
    }),
    fixedQuery: { format: "json", versions: "true" },
    success: Endpoint.items(Version),
    errors: ["NotFound", "PreconditionFailed"]
  })
)

const byVersion = {
  parameters: objectPath(),
  query: { versionId: Schema.propertySignature(Schema.NonEmptyString).pipe(Schema.fromKey("version-id")) }
}

export const restoreById = Endpoint.named(
  "CloudFiles.restoreVersion",
  Endpoint.make("PUT", "/{container}/{+object}", {
    ...byVersion,
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    stores: true,
    longRunning: true
  })
)

export const deleteById = Endpoint.named(
  "CloudFiles.deleteVersion",
  Endpoint.make("DELETE", "/{container}/{+object}", { ...byVersion, errors: ["NotFound", "Conflict"] })
)

/** The position after which the next page begins. */
interface VersionMarker {
  readonly marker: string
  readonly versionMarker: string | undefined
}

const markerOf = (version: Version | RawItem): VersionMarker | undefined => {
  const raw = version as RawItem
  const { name } = raw
  const id = raw["versionId"] ?? raw["version_id"]
  return typeof name === "string" ? { marker: name, versionMarker: typeof id === "string" ? id : undefined } : undefined
}

/** Lists the versions of one object, or of a whole container. */
export const makeVersionListing = (client: CloudClient, operation: string, retry?: RetryPolicy.Service) => {
  const open = Endpoint.openItems(client, { ...listPage, operation })
  return ({
    container,
    object,
    pageSize: limit
  }: {
    readonly container: string
    readonly object?: string | undefined
    readonly pageSize?: number | undefined
  }): Stream.Stream<Version, CommonError | NotFound | PreconditionFailed> =>
    listing<Version, VersionMarker, CommonError | NotFound | PreconditionFailed>({
      service,
      operation,
      first: undefined,
      markerOf,
      // Other names with the same prefix are sorted after all versions of the object.
      open: (after) =>
        open({
          container,
          limit,
          ...(object !== undefined && { prefix: object, endMarker: `${object}\u0001` }),
          ...after
        }),
      retry
    }).pipe(Stream.filter(({ name }) => object === undefined || name === object))
}

/** Counts a deletion, unless the version was already gone. */
export const countDeleted = <E extends { readonly _tag: string }>(
  deletion: Effect.Effect<void, E>
): Effect.Effect<number, Exclude<E, NotFound>> =>
  Effect.matchEffect(deletion, {
    onFailure: (error) => (error._tag === "NotFound" ? Effect.succeed(0) : Effect.fail(error as Exclude<E, NotFound>)),
    onSuccess: () => Effect.succeed(1)
  })

/** Deletes every version in a container, including the current ones, and returns their number. */
export const makePurge = (client: CloudClient, operation: string, retry?: RetryPolicy.Service) => {
  const list = makeVersionListing(client, operation, retry)
  const deleteVersion = Endpoint.method(client, { ...deleteById, operation })
  return (container: string): Effect.Effect<number, CommonError | NotFound | PreconditionFailed | Conflict> =>
    list({ container }).pipe(
      Stream.mapEffect(
        ({ name, versionId = "null" }) => countDeleted(deleteVersion({ container, object: name, versionId })),
        { concurrency: atATime, unordered: true }
      ),
      Stream.runSum
    )
}
