/**
 * Copies: operations, options, results and failures.
 */
import * as Schema from "effect/Schema"
import {
  BulkFailed,
  ChecksumMismatch,
  type CommonError,
  Conflict,
  NotFound,
  PreconditionFailed,
  QuotaExceeded,
  Unprocessable
} from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { TrueFalse } from "../headers.js"
import type { LeftSegment } from "../largeObjects/segments.js"
import { ContainerName, encodedAddress, ObjectName } from "../names.js"
import { AccountId, detected, objectHeaders, objectPath, StoredObject } from "../objects/requests.js"

/** What is copied, as the headers that say so. */
const CopySource = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.String }),
  Schema.typeSchema(
    Schema.Struct({
      container: ContainerName,
      object: ObjectName,
      /** The account of the source; default: the one that the request addresses. */
      account: Schema.optional(AccountId)
    })
  ),
  {
    strict: true,
    decode: () => ({ container: "", object: "" }),
    encode: ({ account, container, object }) => ({
      "x-copy-from": `/${encodedAddress(container, object)}`,
      ...(account !== undefined && { "x-copy-from-account": encodeURIComponent(account) })
    })
  }
)

const copyHeaders = {
  ...objectHeaders,
  /** Lets the cloud guess the content type from the copy's name, instead of the source's own. */
  detectContentType: detected,
  /** What to copy. `container` and `object` say where to. */
  source: Schema.propertySignature(CopySource).pipe(Schema.fromKey(":source")),
  freshMetadata: Schema.optional(TrueFalse).pipe(Schema.fromKey("x-fresh-metadata"))
}

/** The operations that copy, as data. "Cloud Files API", "Copy object". */
export const copyEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Copies an object within the cloud. The copy has the source's metadata, overlaid with the fields given here, or with
   * `freshMetadata` only that. A large object is copied flat, up to 5 GiB; beyond, it fails with `BadRequest`. Of a large
   * object that is overwritten the segments stay; see `copy`. Fails with `NotFound` where the source or the container is missing.
   * "Copy object", `PUT /v1/{account}/{container}/{object}` with `X-Copy-From`.
   */
  copyObject: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: copyHeaders,
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    longRunning: true
  }),
  /**
   * Copies a large object's manifest: the copy consists of the same segments, and breaks when they go. The rest is as in
   * `copyObject`. "Copy object", `PUT /v1/{account}/{container}/{object}?multipart-manifest=get` with `X-Copy-From`.
   */
  copyManifest: Endpoint.make("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "get" },
    headers: copyHeaders,
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    longRunning: true
  })
})

/** The input of a copy in one request. */
export type CopyInput = NonNullable<Parameters<Endpoint.Method<typeof copyEndpoints.copyObject>>[0]>

/**
 * A source, a destination, and headers for the copy. `source` may name the `account` of the source.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyOptions extends CopyInput {
  /** The account that the copy goes to; default: the service's own. `container` must be there. */
  readonly account?: string | undefined
  /**
   * Of a large object: `copy` (default) copies each segment too, within the cloud, so that neither needs the other. `share` copies
   * the manifest only, at once: both consist of the same segments, and deleting one of them with its segments breaks the other.
   */
  readonly segments?: "copy" | "share" | undefined
  /**
   * What is copied where the source is a symbolic link: the `link` itself (default), so that the copy leads to the same target; or
   * the content of its `target`.
   */
  readonly symlink?: "link" | "target" | undefined
  /** Where segments are copied to; made if it is missing. Default `{container}_segments`. */
  readonly segmentContainer?: string | undefined
  /** How many segments are copied at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /**
   * What happens to the segments of a large object that is overwritten, as far as their name shows that they were only its own,
   * and neither the copy nor its source consists of them. To see them takes a request. Default `delete`.
   */
  readonly oldSegments?: "delete" | "keep" | undefined
}

/**
 * The result of a copy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Copied {
  /** As the cloud writes it. */
  readonly etag: string | undefined
  /** How many segments were copied; 0 for a plain object and where they are shared. */
  readonly segments: number
  /** Segments of the object that was overwritten which are still there; absent where there are none, or they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

/**
 * The failures of a copy.
 *
 * @since 0.1.0
 * @category errors
 */
export type CopyError =
  CommonError | NotFound | Conflict | PreconditionFailed | QuotaExceeded | Unprocessable | ChecksumMismatch | BulkFailed
