/** Copies: operations, options, results and failures. */
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
import type { Address } from "../objects/address.js"
import {
  AccountId,
  detected,
  objectHeaders,
  type ObjectHeaders,
  objectPath,
  StoredObject
} from "../objects/requests.js"

/** What is copied. */
export interface CopySource extends Address {
  /** The account of the source; default: the one that the request addresses. */
  readonly account?: string | undefined
}

/** What is copied, as the headers that say so. */
const SourceHeaders = Schema.transform(
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

const copyHeaders = {
  ...objectHeaders,
  detectContentType: detected,
  source: Schema.propertySignature(SourceHeaders).pipe(Schema.fromKey(":source")),
  freshMetadata: Schema.optional(TrueFalse).pipe(Schema.fromKey("x-fresh-metadata"))
}

/** A copy to make in one request. */
export interface CopyObject extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the copy's name, instead of the source's own. */
  readonly detectContentType?: boolean | undefined
  /** What to copy. `container` and `object` say where to. */
  readonly source: CopySource
  /** Whether the copy has only the metadata that is given here, and none of the source's. */
  readonly freshMetadata?: boolean | undefined
}

/** The operations that copy, as data. "Cloud Files API", "Copy object". */
export const copyEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Copies an object within the cloud. The copy has the source's metadata, overlaid with the fields given here, or with
   * `freshMetadata` only that. A large object is copied flat, up to 5 GiB; beyond, it fails with `BadRequest`. Of a large
   * object that is overwritten the segments stay; see `copy`. Fails with `NotFound` where the source or the container is missing.
   * "Copy object", `PUT /v1/{account}/{container}/{object}` with `X-Copy-From`.
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
   * Copies a large object's manifest: the copy consists of the same segments, and breaks when they go. The rest is as in
   * `copyObject`. "Copy object", `PUT /v1/{account}/{container}/{object}?multipart-manifest=get` with `X-Copy-From`.
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

/** A source, a destination, and headers for the copy. `source` may name the `account` of the source. */
export interface CopyOptions extends CopyObject {
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

/** The result of a copy. */
export interface Copied {
  /** As the cloud writes it. */
  readonly etag: string | undefined
  /** How many segments were copied; 0 for a plain object and where they are shared. */
  readonly segments: number
  /** Segments of the object that was overwritten which are still there; absent where there are none, or they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

/** The failures of a copy. */
export type CopyError =
  CommonError | NotFound | Conflict | PreconditionFailed | QuotaExceeded | Unprocessable | ChecksumMismatch | BulkFailed
