/**
 * The first generation of Cloud Servers (v1.0): retired, but listed in the catalog, and what an account still has of it is
 * nowhere else.
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
  /** The cloud may return others; `UNKNOWN` where it returns none. */
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
  /** IPv4 addresses as plain texts, by the two networks that there are. */
  readonly addresses: { readonly public: ReadonlyArray<string>; readonly private: ReadonlyArray<string> }
  readonly metadata: Readonly<Record<string, unknown>>
}

export const FirstGenerationServer = struct<FirstGenerationServer>({
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
})

/** The largest page: a shorter one than was asked for is the last. */
const largestPage = 1000

/** A page of the servers of the first generation. */
export interface ListFirstGenerationPage {
  /** How many servers to leave out at the start. */
  readonly offset?: number | undefined
  /** How many servers a page holds at the most, 1 to 1,000. */
  readonly limit?: number | undefined
}

/** What is asked of the first generation of Cloud Servers, as data. */
export const firstGenerationEndpoints = Endpoint.table("CloudServers", {
  /**
   * Servers of the first generation, a page of them: at most 1,000, the `offset` first ones left out. "List servers",
   * `GET /v1.0/{account}/servers/detail.json`.
   */
  listFirstGenerationPage: Endpoint.define<ListFirstGenerationPage>()("GET", "/servers/detail.json", {
    query: {
      offset: Schema.optional(Schema.NonNegativeInt),
      limit: Schema.optional(
        Schema.Int.pipe(Schema.between(1, largestPage, { description: "a whole number from 1 to 1,000" }))
      )
    },
    success: Endpoint.list("servers", FirstGenerationServer)
  }),
  /**
   * One server of the first generation. Fails with `NotFound`. "Get server details", `GET
   * /v1.0/{account}/servers/{server_id}.json`.
   */
  getFirstGeneration: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}.json", {
    success: Endpoint.json(enveloped("server", FirstGenerationServer)),
    errors: ["NotFound"]
  })
})

/** How the first generation is found: by its name alone, whatever the region. */
const firstGenerationSelector = { types: ["compute"], name: "cloudServers" } as const

/** The methods for servers of the first generation. */
export const makeFirstGeneration = ({ maxConcurrentRequests, retry, transformClient }: CloudClient.Options) =>
  // One endpoint for all regions, of one interface; a URL or a microversion is meant for the other generation.
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
  return ({ pageSize = largestPage }: { readonly pageSize?: number | undefined } = {}) =>
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
