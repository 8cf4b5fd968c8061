/**
 * The CDN: containers whose objects are served from close to who reads them, under URLs of their own. It is managed at a
 * host of its own, by the same paths as the storage.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, InvalidInput, type Operation } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { expandPath } from "../../internal/http/urlPath.js"
import { Time } from "../../internal/schema/options.js"
import { struct } from "../../internal/schema/struct.js"
import * as Wire from "../../internal/schema/wire.js"
import { nullableOptional, PageLimit } from "../../internal/schema/wire.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import { created, TrueFalse } from "./headers.js"
import { listing, nameOf, type NameRange, type PageSize } from "./listing.js"
import { ContainerName, NamePart, ObjectName } from "./names.js"
import type { Address, ByContainer } from "./objects/address.js"
import { Yes } from "./settingValues.js"

const shortest = 900
const longest = 31_536_000

const TimeToLive = Schema.transform(
  Schema.String.pipe(Schema.pattern(/^\d+$/, { description: "a number of seconds" })),
  Schema.DurationFromSelf,
  {
    strict: true,
    decode: (seconds) => Duration.seconds(Number(seconds)),
    encode: (duration) => String(Math.round(Duration.toSeconds(duration)))
  }
)

const OwnTimeToLive = Schema.transform(
  Schema.String,
  Time.pipe(
    Schema.filter(
      (time) => Duration.between(time, { minimum: Duration.seconds(shortest), maximum: Duration.seconds(longest) }),
      {
        description: 'a Duration of 15 minutes to 365 days, such as "1 hour" or Duration.days(1)'
      }
    )
  ),
  {
    strict: true,
    decode: (seconds) => Duration.seconds(Number(seconds)),
    encode: (time) => String(Math.round(Duration.toSeconds(time)))
  }
)

/** `True` and `False`, as this part of the cloud writes them. */
const Flag = Schema.transform(Yes, Schema.Boolean, { strict: true, decode: (on) => on, encode: (on) => on })

const Uri = nullableOptional(Schema.String)

/** Where the CDN serves a container. An object's own URL is made by `cdnUrl`. */
export interface CdnUris {
  readonly httpUri?: string | undefined
  readonly httpsUri?: string | undefined
  /** For video in pieces; announced to have ended. */
  readonly streamingUri?: string | undefined
  /** For video on Apple's devices; announced to have ended. */
  readonly iosUri?: string | undefined
}

const uris = {
  httpUri: Uri.pipe(Schema.fromKey("x-cdn-uri")),
  httpsUri: Uri.pipe(Schema.fromKey("x-cdn-ssl-uri")),
  streamingUri: Uri.pipe(Schema.fromKey("x-cdn-streaming-uri")),
  iosUri: Uri.pipe(Schema.fromKey("x-cdn-ios-uri"))
}

/** A container as the CDN knows it. */
export interface CdnContainer extends CdnUris {
  /** Whether it is served; a container that was once is still known. */
  readonly enabled: boolean
  /** How long copies are kept before the CDN asks again. */
  readonly ttl?: Duration.Duration | undefined
  /** Whether logs of the access are written into the container `.CDN_ACCESS_LOGS`. */
  readonly logRetention: boolean
}

export const CdnContainer = struct<CdnContainer>({
  enabled: Schema.propertySignature(Flag).pipe(Schema.fromKey("x-cdn-enabled")),
  ttl: nullableOptional(TimeToLive).pipe(Schema.fromKey("x-ttl")),
  logRetention: Schema.optionalWith(Flag, { default: () => false }).pipe(Schema.fromKey("x-log-retention")),
  ...uris
})

/** The documents show one form of the keys in listings, the cloud sends another. */
const Listed = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  {
    strict: true,
    decode: (item) =>
      Object.fromEntries(
        Object.entries(item).flatMap(([key, value]) =>
          value === null ? [] : [[key.toLowerCase().replace(/^x-/, "").replaceAll("-", "_"), value]]
        )
      ),
    encode: (item) => item
  }
)

/** A flag that is off where the cloud does not return it. */
const ListedFlag = Schema.optionalWith(Wire.Flag, { nullable: true, default: () => false })

const ListedSeconds = Schema.transform(Schema.Union(Schema.Number, Schema.NumberFromString), Schema.DurationFromSelf, {
  strict: true,
  decode: (seconds) => Duration.seconds(seconds),
  encode: (duration) => Duration.toSeconds(duration)
})

/** A container in the CDN's listing. `enabled` is false where the cloud does not return it. */
export interface CdnContainerSummary extends CdnContainer {
  readonly name: string
}

export const CdnContainerSummary = Schema.compose(
  Listed,
  struct<CdnContainerSummary>({
    name: Schema.String,
    enabled: ListedFlag.pipe(Schema.fromKey("cdn_enabled")),
    ttl: nullableOptional(ListedSeconds),
    logRetention: ListedFlag.pipe(Schema.fromKey("log_retention")),
    httpUri: Uri.pipe(Schema.fromKey("cdn_uri")),
    httpsUri: Uri.pipe(Schema.fromKey("cdn_ssl_uri")),
    streamingUri: Uri.pipe(Schema.fromKey("cdn_streaming_uri")),
    iosUri: Uri.pipe(Schema.fromKey("cdn_ios_uri"))
  }),
  { strict: false }
)

/** How the CDN serves a container. */
export interface CdnSettings {
  /** How long copies are kept, from 15 minutes to 365 days, in whole seconds. Where none is named, the cloud takes three days. */
  readonly ttl?: Duration.DurationInput | undefined
  /** Whether logs of the access are written into the container `.CDN_ACCESS_LOGS`. */
  readonly logRetention?: boolean | undefined
}

const settings = {
  ttl: Schema.optional(OwnTimeToLive).pipe(Schema.fromKey("x-ttl")),
  logRetention: Schema.optional(TrueFalse).pipe(Schema.fromKey("x-log-retention"))
}

const Emails = Schema.transform(
  Schema.String,
  Schema.Array(
    Schema.String.pipe(
      Schema.filter((text) => /^[!-+\--~]+@[!-+\--~]+$/.test(text), { description: "e-mail addresses" })
    )
  ),
  {
    strict: true,
    decode: (text) => text.split(/\s*,\s*/),
    encode: (addresses) => addresses.join(", ")
  }
)

const path = { container: ContainerName }

/** Some of the containers that the CDN knows. */
interface CdnRange extends Omit<NameRange, "prefix"> {
  /** Leaves out those that are no longer enabled. */
  readonly enabledOnly?: boolean | undefined
}

/** A page of the containers that the CDN knows. */
export interface ListCdnContainersPage extends CdnRange {
  /** How many items a page holds at the most; the cloud allows 10,000. */
  readonly limit?: number | undefined
}

/** Which of the CDN's containers are listed. */
export interface ListCdnContainers extends CdnRange, PageSize {}

/** A container for the CDN to serve. */
export interface EnableCdn extends ByContainer, CdnSettings {}

/** Where the CDN serves a container that was just enabled. */
export interface EnabledCdn extends CdnUris {
  /** Whether the CDN did not know the container before. */
  readonly created: boolean
}

export const EnabledCdn = struct<EnabledCdn>({ created, ...uris })

/** What to change of how the CDN serves a container; what is left out stays. */
export interface UpdateCdn extends ByContainer, CdnSettings {}

/** An object of which the CDN is to drop its copies. */
export interface PurgeFromCdn extends Address {
  /** Addresses that get an e-mail when it is done. */
  readonly emails?: ReadonlyArray<string> | undefined
}

/**
 * The operations of the CDN's management, as data. They go to the catalog's `rax:object-cdn`, not to the storage. "Cloud Files
 * API", the section on CDN services.
 */
export const cdnEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Containers that the CDN knows, also those that are no longer enabled, a page of them. "List CDN-enabled containers",
   * `GET /v1/{account}`.
   */
  listCdnContainersPage: Endpoint.define<ListCdnContainersPage>()("GET", "", {
    query: {
      /** Names up to and with this one are left out. */
      marker: Schema.optional(NamePart),
      endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
      enabledOnly: Schema.optional(Yes).pipe(Schema.fromKey("enabled_only")),
      limit: Schema.optional(PageLimit)
    },
    fixedQuery: { format: "json" },
    success: Endpoint.items(CdnContainerSummary)
  }),
  /**
   * What the CDN knows of a container. Fails with `NotFound` where the container was never enabled, and where there is no such
   * container: the CDN does not distinguish them, `getContainer` does. "Show CDN-enabled container metadata",
   * `HEAD /v1/{account}/{container}`.
   */
  getCdn: Endpoint.define<ByContainer>()("HEAD", "/{container}", {
    parameters: path,
    success: Endpoint.headers(CdnContainer),
    errors: ["NotFound"]
  }),
  /**
   * Lets the CDN serve a container, which must exist in the storage, and returns where; `created` is false where the CDN knew
   * it already, whose settings then change. Fails with `NotFound`. "CDN-enable a container", `PUT /v1/{account}/{container}`.
   */
  enableCdn: Endpoint.define<EnableCdn>()("PUT", "/{container}", {
    parameters: path,
    headers: settings,
    fixedHeaders: { "x-cdn-enabled": "True" },
    success: Endpoint.headers(EnabledCdn),
    errors: ["NotFound"]
  }),
  /**
   * Changes how long copies are kept, and whether logs are; settings that are not named stay. Fails with `NotFound` as `getCdn` does.
   * "Update CDN-enabled container metadata", `POST /v1/{account}/{container}`.
   */
  updateCdn: Endpoint.define<UpdateCdn>()("POST", "/{container}", {
    parameters: path,
    headers: settings,
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Stops the CDN from fetching what it has no copy of; what it has, it serves until its time is over. Fails with `NotFound`
   * as `getCdn` does. "CDN-disable a container", `POST /v1/{account}/{container}`.
   */
  disableCdn: Endpoint.define<ByContainer>()("POST", "/{container}", {
    parameters: path,
    fixedHeaders: { "x-cdn-enabled": "False" },
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Makes the CDN drop its copies of an object; the object itself stays. The cloud allows an account 25 a day, and then it fails
   * with `QuotaExceeded`, and is not repeated; a whole container can be purged only by Rackspace's support. Fails with `NotFound`
   * as `getCdn` does. "Delete CDN-enabled object", `DELETE /v1/{account}/{container}/{object}`.
   */
  purgeFromCdn: Endpoint.define<PurgeFromCdn>()("DELETE", "/{container}/{+object}", {
    parameters: { ...path, object: ObjectName },
    headers: {
      emails: Schema.optional(Emails).pipe(Schema.fromKey("x-purge-email"))
    },
    quotaStatuses: { 498: "the account's 25 purges of the day are used up" },
    errors: ["NotFound", "QuotaExceeded"]
  }),
  /**
   * Makes the CDN forget a container that is no longer enabled, so that it is not listed any more; the container itself stays.
   * Fails with `NotFound` as `getCdn` does. `DELETE /v1/{account}/{container}` with `X-Remove-Cdn-Container`.
   */
  forgetCdn: Endpoint.define<ByContainer>()("DELETE", "/{container}", {
    parameters: path,
    fixedHeaders: { "x-remove-cdn-container": "t" },
    errors: ["NotFound"]
  })
})

type Endpoints = Endpoint.Client<typeof cdnEndpoints>

/** What the CDN can do. */
export interface Cdn extends Endpoints {
  /** All containers that the CDN knows, in the order of their names, page by page as they are asked for. */
  readonly listCdnContainers: (filters?: ListCdnContainers) => Stream.Stream<CdnContainerSummary, CommonError>
}

/** How the CDN's management is found in a catalog. */
export const cdnSelector = { types: ["rax:object-cdn"], name: "cloudFilesCDN" } as const

/**
 * The URL under which the CDN serves an object, percent-encoded; by default that of https where the container has one.
 * Undefined where it has none of that kind.
 */
export const cdnUrl = (
  cdn: Pick<CdnContainer, "httpUri" | "httpsUri" | "streamingUri" | "iosUri">,
  options: { readonly object: string; readonly kind?: "http" | "https" | "streaming" | "ios" | undefined }
): string | undefined => {
  const base =
    options.kind === undefined
      ? (cdn.httpsUri ?? cdn.httpUri)
      : { http: cdn.httpUri, https: cdn.httpsUri, streaming: cdn.streamingUri, ios: cdn.iosUri }[options.kind]
  return base === undefined ? undefined : base.replace(/\/+$/, "") + expandPath("/{+object}", options)
}

/** The same path deletes an object at the one and purges it at the other, so that they must not be confused. */
const guarded = (cdn: CloudClient, storage: CloudClient): CloudClient => {
  const isOwn = (request: Operation) =>
    Effect.flatMap(cdn.endpointUrl, (own) =>
      Effect.flatMap(Effect.option(storage.endpointUrl), (other) =>
        Option.getOrUndefined(other) === own
          ? Effect.fail(
              new InvalidInput({
                service: request.service,
                operation: request.operation,
                issues: [{ path: "cdnEndpoint", expected: "another URL than the storage's" }],
                message: `${request.operation}: cdnEndpoint: expected another URL than the storage's, where the same request might delete what it is to keep`
              })
            )
          : Effect.void
      )
    )
  return {
    ...cdn,
    collect: (request, keeps, receive) => Effect.zipRight(isOwn(request), cdn.collect(request, keeps, receive)),
    send: (request, receive, into) => Effect.zipRight(isOwn(request), cdn.send(request, receive, into))
  }
}

/** The operations of the CDN's management. */
export const makeCdn = (cdn: CloudClient, storage: CloudClient, retry?: RetryPolicy.Service): Cdn => {
  const client = guarded(cdn, storage)
  const open = Endpoint.openItems(client, cdnEndpoints.listCdnContainersPage)
  return {
    ...Endpoint.client(client, cdnEndpoints),
    listCdnContainers: ({ marker: first, pageSize: limit, ...filters } = {}) =>
      listing<CdnContainerSummary, string, CommonError>({
        service: "CloudFiles",
        operation: "CloudFiles.listCdnContainers",
        first,
        markerOf: nameOf,
        open: (marker) => open({ ...filters, limit, marker }),
        retry
      })
  }
}
