/** Copies: operations, options, results and errors. */
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
import { lazy } from "../../../internal/schema/lazy.js"
import { TrueFalse } from "../headers.js"
import type { LeftSegment } from "../largeObjects/segments.js"
import { ContainerName, encodedAddress, ObjectName } from "../names.js"
import type { Address } from "../objects/address.js"
import {
  AccountId,
  detected,
  objectHeaders,
  type ObjectHeaders,
  objectPath,
  StoredObject
} from "../objects/requests.js"

/** The source of a copy. */
export interface CopySource extends Address {
  /** The account of the source. Default: the one that the request addresses. */
  readonly account?: string | undefined
}

/** The source, encoded as headers. */
const SourceHeaders = lazy(() =>
  Schema.transform(
    Schema.Record({ key: Schema.String, value: Schema.String }),
    Schema.typeSchema(
      Schema.Struct({
        container: ContainerName,
        object: ObjectName,
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
)

const copyHeaders = () => ({
  ...objectHeaders(),
  detectContentType: detected(),
  source: Schema.propertySignature(SourceHeaders).pipe(Schema.fromKey(":source")),
  freshMetadata: Schema.optional(TrueFalse).pipe(Schema.fromKey("x-fresh-metadata"))
})

/** A copy in one request. */
export interface CopyObject extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the copy's name, instead of using the source's. */
  readonly detectContentType?: boolean | undefined
  /** The source. `container` and `object` are the destination. */
  readonly source: CopySource
  /** Whether the copy has only the metadata given here, and none of the source's. */
  readonly freshMetadata?: boolean | undefined
}

/** The operations that copy, as data. "Cloud Files API", "Copy object". */
export const copyEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Copies an object within the cloud. The copy has the source's metadata, overlaid with the fields given here; with
   * `freshMetadata` it has only these. A large object becomes a plain one, up to 5 GiB; a larger one fails with
   * `BadRequest`. The segments of an overwritten large object are kept; see `copy`. Fails with `NotFound` if the source
   * or the container does not exist. "Copy object", `PUT /v1/{account}/{container}/{object}` with `X-Copy-From`.
   */
  copyObject: Endpoint.define<CopyObject>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: copyHeaders,
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    longRunning: true
  }),
  /**
   * Copies a large object's manifest. The copy has the same segments, and is broken when they are deleted. Otherwise
   * like `copyObject`. "Copy object", `PUT /v1/{account}/{container}/{object}?multipart-manifest=get` with
   * `X-Copy-From`.
   */
  copyManifest: Endpoint.define<CopyObject>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    fixedQuery: { "multipart-manifest": "get" },
    headers: copyHeaders,
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    longRunning: true
  })
})

/** A source, a destination, and headers for the copy. `source` can name an `account`. */
export interface CopyOptions extends CopyObject {
  /** The destination's account. Default: the service's own. `container` must exist there. */
  readonly account?: string | undefined
  /**
   * For a large object: `copy` (default) copies each segment within the cloud, so that the two objects are independent.
   * `share` copies only the manifest, which is immediate: both have the same segments, and deleting one with its
   * segments breaks the other.
   */
  readonly segments?: "copy" | "share" | undefined
  /** For a symbolic link: copies the `link` itself (default), with the same target; or its `target`'s content. */
  readonly symlink?: "link" | "target" | undefined
  /** The container for copied segments, created if missing. Default `{container}_segments`. */
  readonly segmentContainer?: string | undefined
  /** How many segments are copied concurrently. Default 4. */
  readonly concurrency?: number | undefined
  /**
   * Whether the segments of an overwritten large object are deleted. Only segments are deleted whose name shows that
   * they belong to no other object, and that neither the copy nor its source needs. Finding them takes a request.
   * Default `delete`.
   */
  readonly oldSegments?: "delete" | "keep" | undefined
}

/** The result of a copy. */
export interface Copied {
  /** As sent by the cloud. */
  readonly etag: string | undefined
  /** How many segments were copied; 0 for a plain object, or if they are shared. */
  readonly segments: number
  /** Remaining segments of the overwritten object. Absent if there are none, or if they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

/** The errors of a copy. */
export type CopyError =
  CommonError | NotFound | Conflict | PreconditionFailed | QuotaExceeded | Unprocessable | ChecksumMismatch | BulkFailed
