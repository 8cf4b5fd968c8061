/** Metadata of servers and images: schemas and operations. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct } from "../../internal/schema/struct.js"
import { enveloped, JsonMap, Named, sentAs } from "../../internal/schema/wire.js"
import { atMost255, isRecord } from "./fields.js"
import type { ByImageId, ByImageMetadataKey, ByServerId, ByServerMetadataKey } from "./references.js"

/**
 * Metadata as returned: any JSON value under any key. The cloud sometimes writes an empty map as null or an empty list.
 */
export const Metadata: Schema.Schema<Readonly<Record<string, unknown>>, unknown> = lazy(() =>
  Schema.transform(Schema.Unknown, Schema.typeSchema(JsonMap), {
    strict: true,
    decode: (value) => (isRecord(value) ? value : {}),
    encode: (value): unknown => value
  })
)

export const metadata = () => Schema.optionalWith(Metadata, { default: () => ({}) })

/** Metadata in a request. */
export const MetadataInput = lazy(() =>
  Schema.Record({ key: Named, value: Schema.String }).pipe(
    Schema.filter((entries) => Object.entries(entries).every(([key, value]) => atMost255(key) && atMost255(value)), {
      description: "metadata whose keys and values have at most 255 characters each"
    })
  )
)

const ItemKey = Named.pipe(Schema.filter(atMost255, { description: "a key of 1 to 255 characters" }))

const ItemValue = Schema.String.pipe(Schema.filter(atMost255, { description: "a value of at most 255 characters" }))

/** An item of metadata, whose key is in the path and again in the body. */
export const metadataItemBody = sentAs(
  lazyStruct(() => ({ key: ItemKey, value: ItemValue })),
  ({ key, value }) => ({ meta: { [key]: value } })
)

const metadataIn = enveloped("metadata", Metadata)

/** Metadata in a request, under the same key as in the input. */
const metadataOut = lazyStruct(() => ({ metadata: MetadataInput }))

/** `{ "meta": { key: value } }`, of which only the value is returned. */
const item = lazy(() =>
  Schema.transform(Schema.Struct({ meta: JsonMap }), Schema.Unknown, {
    strict: true,
    decode: ({ meta }) => Object.values(meta)[0],
    encode: (value) => ({ meta: { value } })
  })
)

/** Metadata to set on a server. */
export interface WriteServerMetadata extends ByServerId {
  /** Keys and values of at most 255 characters each. */
  readonly metadata: Readonly<Record<string, string>>
}

/** An item of a server's metadata, and its new value. */
export interface SetServerMetadataItem extends ByServerMetadataKey {
  /** The new value, at most 255 characters. */
  readonly value: string
}

/** The operations on the metadata of servers, as data. */
export const serverMetadataEndpoints = Endpoint.table("CloudServers", {
  /** All metadata of a server. Fails with `NotFound`. "List metadata", `GET /servers/{server_id}/metadata`. */
  getServerMetadata: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}/metadata", {
    success: Endpoint.json(metadataIn),
    errors: ["NotFound"]
  }),
  /**
   * Replaces all metadata of a server. Fails with `NotFound`, and with `QuotaExceeded` if it is too large. "Set
   * metadata", `PUT /servers/{server_id}/metadata`.
   */
  replaceServerMetadata: Endpoint.define<WriteServerMetadata>()("PUT", "/servers/{serverId}/metadata", {
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Adds to the metadata of a server, and returns all of it. Other keys stay unchanged. Fails with `NotFound`, and with
   * `QuotaExceeded` if it is too large. "Update metadata", `POST /servers/{server_id}/metadata`.
   */
  updateServerMetadata: Endpoint.define<WriteServerMetadata>()("POST", "/servers/{serverId}/metadata", {
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"],
    idempotent: true
  }),
  /** The value of one key. Fails with `NotFound`. "Get metadata item", `GET /servers/{server_id}/metadata/{key}`. */
  getServerMetadataItem: Endpoint.define<ByServerMetadataKey>()("GET", "/servers/{serverId}/metadata/{key}", {
    success: Endpoint.json(item),
    errors: ["NotFound"]
  }),
  /**
   * Sets the value of one key. Fails with `NotFound`, and with `QuotaExceeded` if it is one too many. "Set metadata
   * item", `PUT /servers/{server_id}/metadata/{key}`.
   */
  setServerMetadataItem: Endpoint.define<SetServerMetadataItem>()("PUT", "/servers/{serverId}/metadata/{key}", {
    body: metadataItemBody,
    success: Endpoint.json(item),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Removes a key. Fails with `NotFound` if it does not exist. "Delete metadata item", `DELETE
   * /servers/{server_id}/metadata/{key}`.
   */
  deleteServerMetadataItem: Endpoint.define<ByServerMetadataKey>()("DELETE", "/servers/{serverId}/metadata/{key}", {
    errors: ["NotFound", "Conflict"]
  })
})

/** Metadata to set on an image. */
export interface WriteImageMetadata extends ByImageId {
  /** Keys and values of at most 255 characters each. */
  readonly metadata: Readonly<Record<string, string>>
}

/** An item of an image's metadata, and its new value. */
export interface SetImageMetadataItem extends ByImageMetadataKey {
  /** The new value, at most 255 characters. */
  readonly value: string
}

/** The operations on the metadata of images, as data. */
export const imageMetadataEndpoints = Endpoint.table("CloudServers", {
  /** All metadata of an image. Fails with `NotFound`. "List metadata", `GET /images/{image_id}/metadata`. */
  getImageMetadata: Endpoint.define<ByImageId>()("GET", "/images/{imageId}/metadata", {
    success: Endpoint.json(metadataIn),
    errors: ["NotFound"]
  }),
  /**
   * Replaces all metadata of an image. Rackspace does not document it. Fails with `NotFound`, and with `QuotaExceeded`
   * if it is too large. "Set metadata", `PUT /images/{image_id}/metadata`.
   */
  replaceImageMetadata: Endpoint.define<WriteImageMetadata>()("PUT", "/images/{imageId}/metadata", {
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Adds to the metadata of an image, and returns all of it. Other keys stay unchanged. Fails with `NotFound`, and with
   * `QuotaExceeded` if it is too large. "Update metadata", `POST /images/{image_id}/metadata`.
   */
  updateImageMetadata: Endpoint.define<WriteImageMetadata>()("POST", "/images/{imageId}/metadata", {
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"],
    idempotent: true
  }),
  /** The value of one key. Fails with `NotFound`. "Get metadata item", `GET /images/{image_id}/metadata/{key}`. */
  getImageMetadataItem: Endpoint.define<ByImageMetadataKey>()("GET", "/images/{imageId}/metadata/{key}", {
    success: Endpoint.json(item),
    errors: ["NotFound"]
  }),
  /**
   * Sets the value of one key. Fails with `NotFound`, and with `QuotaExceeded` if it is one too many. "Set metadata
   * item", `PUT /images/{image_id}/metadata/{key}`.
   */
  setImageMetadataItem: Endpoint.define<SetImageMetadataItem>()("PUT", "/images/{imageId}/metadata/{key}", {
    body: metadataItemBody,
    success: Endpoint.json(item),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Removes a key. Fails with `NotFound` if it does not exist. "Delete metadata item", `DELETE
   * /images/{image_id}/metadata/{key}`.
   */
  deleteImageMetadataItem: Endpoint.define<ByImageMetadataKey>()("DELETE", "/images/{imageId}/metadata/{key}", {
    errors: ["NotFound", "Conflict"]
  })
})
