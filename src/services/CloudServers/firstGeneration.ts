/**
 * The first generation of Cloud Servers (v1.0). It is retired, but still in the catalog, and an account's servers of
 * that generation are listed only there.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CloudClient from "../../CloudClient.js"
import * as Endpoint from "../../Endpoint.js"
import { renameIssuePaths } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  listOf,
  openEnum,
  someCount,
  Text
} from "../../internal/schema/wire.js"
import * as Paging from "../../Paging.js"
import { Metadata } from "./metadata.js"
import type { ByServerId } from "./references.js"

/** A server of the first generation. */
export interface FirstGenerationServer {
  /** A number on the wire. */
  readonly id: string
  readonly name?: string | undefined
  /** The cloud may return others; `UNKNOWN` if it returns none. */
  readonly status:
    | "ACTIVE"
    | "BUILD"
    | "DELETED"
    | "ERROR"
    | "REBUILD"
    | "RESCUE"
    | "SUSPENDED"
    | "UNKNOWN"
    | "VERIFY_RESIZE"
    | (string & {})
  /** In percent. */
  readonly progress?: number | undefined
  readonly imageId?: string | undefined
  readonly flavorId?: string | undefined
  readonly hostId?: string | undefined
  /** IPv4 addresses as strings, on the two networks. */
  readonly addresses: { readonly public: ReadonlyArray<string>; readonly private: ReadonlyArray<string> }
  readonly metadata: Readonly<Record<string, unknown>>
}

export const FirstGenerationServer = struct<FirstGenerationServer>(() => ({
  id: Id,
  name: nullableOptional(Text),
  status: Schema.optionalWith(
    openEnum("ACTIVE", "BUILD", "DELETED", "ERROR", "REBUILD", "RESCUE", "SUSPENDED", "UNKNOWN", "VERIFY_RESIZE"),
    { nullable: true, default: () => "UNKNOWN" }
  ),
  progress: someCount,
  imageId: nullableOptional(Id),
  flavorId: nullableOptional(Id),
  hostId: absentIfEmpty,
  addresses: Schema.optionalWith(Schema.Struct({ public: listOf(Text), private: listOf(Text) }), {
    nullable: true,
    default: () => ({ public: [], private: [] })
  }),
  metadata: Schema.optionalWith(Metadata, { default: () => ({}) })
}))

/** The maximum page size. A page shorter than requested is the last one. */
const maxPageSize = 1000

/** A page of the servers of the first generation. */
export interface ListFirstGenerationPage {
  /** How many servers to skip. */
  readonly offset?: number | undefined
  /** The maximum number of servers in the page, 1 to 1,000. */
  readonly limit?: number | undefined
}

/** The operations on the first generation of Cloud Servers, as data. */
export const firstGenerationEndpoints = Endpoint.table("CloudServers", {
  /** A page of servers, at most 1,000. "List servers", `GET /v1.0/{account}/servers/detail.json`. */
  listFirstGenerationPage: Endpoint.define<ListFirstGenerationPage>()("GET", "/servers/detail.json", {
    query: () => ({
      offset: Schema.optional(Schema.NonNegativeInt),
      limit: Schema.optional(
        Schema.Int.pipe(Schema.between(1, maxPageSize, { description: "a whole number from 1 to 1,000" }))
      )
    }),
    success: Endpoint.list("servers", FirstGenerationServer)
  }),
  /** A server. Fails with `NotFound`. "Get server details", `GET /v1.0/{account}/servers/{server_id}.json`. */
  getFirstGeneration: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}.json", {
    success: Endpoint.json(enveloped("server", FirstGenerationServer)),
    errors: ["NotFound"]
  })
})

/** Selects the first generation in a catalog by its name alone, for all regions. */
const firstGenerationSelector = { types: ["compute"], name: "cloudServers" } as const

/** The methods for servers of the first generation. */
export const makeFirstGeneration = ({ maxConcurrentRequests, retry, transformClient }: CloudClient.Options) =>
  // There is one endpoint for all regions. A URL or microversion in the options is for the other generation.
  Effect.map(
    CloudClient.make("CloudServers", firstGenerationSelector, { maxConcurrentRequests, retry, transformClient }),
    (client) => ({
      ...Endpoint.client(client, firstGenerationEndpoints),
      listFirstGeneration: listFirstGeneration(client)
    })
  )

const listFirstGeneration = (client: CloudClient.CloudClient) => {
  const fetch = Endpoint.method(client, Endpoint.listItems(firstGenerationEndpoints.listFirstGenerationPage))
  const operation = "CloudServers.listFirstGeneration"
  return ({ pageSize = maxPageSize }: { readonly pageSize?: number | undefined } = {}) =>
    Paging.stream({ service: "CloudServers", operation }, (offset: number | undefined) =>
      fetch({ limit: pageSize, offset: offset ?? 0 }).pipe(
        Effect.map(({ items, unreadable }) => ({
          items,
          unreadable,
          next: items.length + unreadable.length < pageSize ? undefined : (offset ?? 0) + pageSize
        })),
        Effect.mapError(renameIssuePaths(operation))
      )
    ).pipe(Stream.catchTag("EndpointNotFound", () => Stream.empty))
}
