/**
 * The CDN, which serves public copies of a container's objects under separate URLs. It is managed at a separate host,
 * with the same paths as the storage.
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
import { lazy } from "../../internal/schema/lazy.js"
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

const minTtlSeconds = 900
const maxTtlSeconds = 31_536_000

const TimeToLive = lazy(() =>
  Schema.transform(
    Schema.String.pipe(Schema.pattern(/^\d+$/, { description: "a number of seconds" })),
    Schema.DurationFromSelf,
    {
      strict: true,
      decode: (seconds) => Duration.seconds(Number(seconds)),
      encode: (duration) => String(Math.round(Duration.toSeconds(duration)))
    }
  )
)

const OwnTimeToLive = lazy(() =>
  Schema.transform(
    Schema.String,
    Time.pipe(
      Schema.filter(
        (time) =>
          Duration.between(time, {
            minimum: Duration.seconds(minTtlSeconds),
            maximum: Duration.seconds(maxTtlSeconds)
          }),
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
)

/** `True` and `False`, as the CDN writes them. */
const Flag = lazy(() => Schema.transform(Yes, Schema.Boolean, { strict: true, decode: (on) => on, encode: (on) => on }))

const Uri = () => nullableOptional(Schema.String)

/** The URLs under which the CDN serves a container. `cdnUrl` makes the URL of an object. */
export interface CdnUris {
  readonly httpUri?: string | undefined
  readonly httpsUri?: string | undefined
  /** For streaming video. Rackspace has announced its end. */
  readonly streamingUri?: string | undefined
  /** For video on Apple devices. Rackspace has announced its end. */
  readonly iosUri?: string | undefined
}

const uris = () => ({
  httpUri: Uri().pipe(Schema.fromKey("x-cdn-uri")),
  httpsUri: Uri().pipe(Schema.fromKey("x-cdn-ssl-uri")),
  streamingUri: Uri().pipe(Schema.fromKey("x-cdn-streaming-uri")),
  iosUri: Uri().pipe(Schema.fromKey("x-cdn-ios-uri"))
})

/** A container's state in the CDN. */
export interface CdnContainer extends CdnUris {
  /** Whether it is served. Disabled containers are still listed. */
  readonly enabled: boolean
  /** How long the CDN keeps a copy before it reads the object again. */
  readonly ttl?: Duration.Duration | undefined
  /** Whether access logs are written to the container `.CDN_ACCESS_LOGS`. */
  readonly logRetention: boolean
}

export const CdnContainer = struct<CdnContainer>(() => ({
  enabled: Schema.propertySignature(Flag).pipe(Schema.fromKey("x-cdn-enabled")),
  ttl: nullableOptional(TimeToLive).pipe(Schema.fromKey("x-ttl")),
  logRetention: Schema.optionalWith(Flag, { default: () => false }).pipe(Schema.fromKey("x-log-retention")),
  ...uris()
}))

/** Listings use other keys than the documentation shows; both are supported. */
const Listed = lazy(() =>
  Schema.transform(
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
)

/** False if the cloud does not return it. */
const ListedFlag = () => Schema.optionalWith(Wire.Flag, { nullable: true, default: () => false })

const ListedSeconds = lazy(() =>
  Schema.transform(Schema.Union(Schema.Number, Schema.NumberFromString), Schema.DurationFromSelf, {
    strict: true,
    decode: (seconds) => Duration.seconds(seconds),
    encode: (duration) => Duration.toSeconds(duration)
  })
)

/** A container in the CDN's listing. `enabled` is false if the cloud does not return it. */
export interface CdnContainerSummary extends CdnContainer {
  readonly name: string
}

export const CdnContainerSummary = lazy(() =>
  Schema.compose(
    Listed,
    struct<CdnContainerSummary>(() => ({
      name: Schema.String,
      enabled: ListedFlag().pipe(Schema.fromKey("cdn_enabled")),
      ttl: nullableOptional(ListedSeconds),
      logRetention: ListedFlag().pipe(Schema.fromKey("log_retention")),
      httpUri: Uri().pipe(Schema.fromKey("cdn_uri")),
      httpsUri: Uri().pipe(Schema.fromKey("cdn_ssl_uri")),
      streamingUri: Uri().pipe(Schema.fromKey("cdn_streaming_uri")),
      iosUri: Uri().pipe(Schema.fromKey("cdn_ios_uri"))
    })),
    { strict: false }
  )
)

/** Settings of a container in the CDN. */
export interface CdnSettings {
  /** How long copies are kept: 15 minutes to 365 days, in whole seconds. The cloud's default is three days. */
  readonly ttl?: Duration.DurationInput | undefined
  /** Whether access logs are written to the container `.CDN_ACCESS_LOGS`. */
  readonly logRetention?: boolean | undefined
}

const settings = () => ({
  ttl: Schema.optional(OwnTimeToLive).pipe(Schema.fromKey("x-ttl")),
  logRetention: Schema.optional(TrueFalse).pipe(Schema.fromKey("x-log-retention"))
})

const Emails = lazy(() =>
  Schema.transform(
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
)

const path = () => ({ container: ContainerName })

/** A range of the CDN's containers. */
interface CdnRange extends Omit<NameRange, "prefix"> {
  /** Excludes disabled containers. */
  readonly enabledOnly?: boolean | undefined
}

/** A page of the CDN's containers. */
export interface ListCdnContainersPage extends CdnRange {
  /** The maximum number of items in the page; the cloud allows 10,000. */
  readonly limit?: number | undefined
}

/** Which of the CDN's containers to list. */
export interface ListCdnContainers extends CdnRange, PageSize {}

/** A container to enable in the CDN. */
export interface EnableCdn extends ByContainer, CdnSettings {}

/** The URLs of a container that was enabled. */
export interface EnabledCdn extends CdnUris {
  /** Whether the container was not in the CDN before. */
  readonly created: boolean
}

export const EnabledCdn = struct<EnabledCdn>(() => ({ created: created(), ...uris() }))

/** Changes to a container's CDN settings. Other settings stay unchanged. */
export interface UpdateCdn extends ByContainer, CdnSettings {}

/** An object whose copies the CDN removes. */
export interface PurgeFromCdn extends Address {
  /** E-mail addresses to notify when it is done. */
  readonly emails?: ReadonlyArray<string> | undefined
}

/**
 * The operations to manage the CDN, as data. They use the catalog's `rax:object-cdn`, not the storage. "Cloud Files
 * API", the section on CDN services.
 */
export const cdnEndpoints = Endpoint.table("CloudFiles", {
  /**
   * A page of the containers in the CDN, including disabled ones. "List CDN-enabled containers", `GET /v1/{account}`.
   */
  listCdnContainersPage: Endpoint.define<ListCdnContainersPage>()("GET", "", {
    query: () => ({
      /** Only names after this one. */
      marker: Schema.optional(NamePart),
      endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
      enabledOnly: Schema.optional(Yes).pipe(Schema.fromKey("enabled_only")),
      limit: Schema.optional(PageLimit)
    }),
    fixedQuery: { format: "json" },
    success: Endpoint.items(CdnContainerSummary)
  }),
  /**
   * The CDN settings of a container. Fails with `NotFound` if the container was never enabled or does not exist: the
   * CDN does not distinguish the two, `getContainer` does. "Show CDN-enabled container metadata", `HEAD
   * /v1/{account}/{container}`.
   */
  getCdn: Endpoint.define<ByContainer>()("HEAD", "/{container}", {
    parameters: path,
    success: Endpoint.headers(CdnContainer),
    errors: ["NotFound"]
  }),
  /**
   * Enables a container, which must exist in the storage, and returns its URLs. If it was enabled before, its settings
   * are changed and `created` is false. Fails with `NotFound`. "CDN-enable a container", `PUT
   * /v1/{account}/{container}`.
   */
  enableCdn: Endpoint.define<EnableCdn>()("PUT", "/{container}", {
    parameters: path,
    headers: settings,
    fixedHeaders: { "x-cdn-enabled": "True" },
    success: Endpoint.headers(EnabledCdn),
    errors: ["NotFound"]
  }),
  /**
   * Changes a container's CDN settings. Others stay unchanged. Fails with `NotFound` like `getCdn`. "Update CDN-enabled
   * container metadata", `POST /v1/{account}/{container}`.
   */
  updateCdn: Endpoint.define<UpdateCdn>()("POST", "/{container}", {
    parameters: path,
    headers: settings,
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Disables a container. The CDN serves existing copies until they expire, and reads no new ones. Fails with
   * `NotFound` like `getCdn`. "CDN-disable a container", `POST /v1/{account}/{container}`.
   */
  disableCdn: Endpoint.define<ByContainer>()("POST", "/{container}", {
    parameters: path,
    fixedHeaders: { "x-cdn-enabled": "False" },
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Removes the CDN's copies of an object; the object itself stays. An account has 25 purges a day; further ones fail
   * with `QuotaExceeded` and are not retried. Whole containers can be purged only by Rackspace's support. Fails with
   * `NotFound` like `getCdn`. "Delete CDN-enabled object", `DELETE /v1/{account}/{container}/{object}`.
   */
  purgeFromCdn: Endpoint.define<PurgeFromCdn>()("DELETE", "/{container}/{+object}", {
    parameters: () => ({ ...path(), object: ObjectName }),
    headers: () => ({
      emails: Schema.optional(Emails).pipe(Schema.fromKey("x-purge-email"))
    }),
    quotaStatuses: { 498: "the account has used its 25 purges for today" },
    errors: ["NotFound", "QuotaExceeded"]
  }),
  /**
   * Removes a disabled container from the CDN's listing; the container itself stays. Fails with `NotFound` like
   * `getCdn`. `DELETE /v1/{account}/{container}` with `X-Remove-Cdn-Container`.
   */
  forgetCdn: Endpoint.define<ByContainer>()("DELETE", "/{container}", {
    parameters: path,
    fixedHeaders: { "x-remove-cdn-container": "t" },
    errors: ["NotFound"]
  })
})

type Endpoints = Endpoint.Client<typeof cdnEndpoints>

/** The operations of the CDN. */
export interface Cdn extends Endpoints {
  /** All containers in the CDN, by name, as a Stream that loads pages on demand. */
  readonly listCdnContainers: (filters?: ListCdnContainers) => Stream.Stream<CdnContainerSummary, CommonError>
}

/** Selects the CDN's management in a catalog. */
export const cdnSelector = { types: ["rax:object-cdn"], name: "cloudFilesCDN" } as const

/**
 * The CDN's URL of an object, percent-encoded; by default the https one if the container has it. Undefined if the
 * container has no URL of that kind.
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

/** The same path deletes an object in the storage and purges it in the CDN, so the two URLs must differ. */
const guarded = (cdn: CloudClient, storage: CloudClient): CloudClient => {
  const isOwn = (request: Operation) =>
    Effect.flatMap(cdn.endpointUrl, (own) =>
      Effect.flatMap(Effect.option(storage.endpointUrl), (other) =>
        Option.getOrUndefined(other) === own
          ? Effect.fail(
              new InvalidInput({
                service: request.service,
                operation: request.operation,
                issues: [{ path: "cdnEndpoint", expected: "a URL that differs from the storage's" }],
                message: `${request.operation}: cdnEndpoint: expected a URL that differs from the storage's, where the same request could delete the object`
              })
            )
          : Effect.void
      )
    )
  return {
    ...cdn,
    collect: (request, keeping, receive) => Effect.zipRight(isOwn(request), cdn.collect(request, keeping, receive)),
    send: (request, receive) => Effect.zipRight(isOwn(request), cdn.send(request, receive))
  }
}

/** Creates the operations of the CDN. */
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
