/**
 * Containers: models and operations.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import * as Wire from "../../internal/schema/wire.js"
import { absent, TimestampIfAny } from "../../internal/schema/wire.js"
import { accessLists, containerSettings, versionsEnabled } from "./containerSettings.js"
import { Count, EpochSeconds, fromHeaders, ifReadable, metadataHeaders, newest, removalHeaders } from "./headers.js"
import { json, pageQuery, Subdirectory } from "./listing.js"
import { ContainerName } from "./names.js"
import { changed, given, headersOf, returned } from "./settings.js"
import { Line } from "./settingValues.js"

const returnedSettings = { ...containerSettings, ...versionsEnabled }

/**
 * A container, by its own headers. The counts lag behind by some seconds, and not every cloud returns them.
 *
 * @since 0.1.0
 * @category models
 */
export const Container = fromHeaders(
  "x-container-meta-",
  {
    objectCount: ifReadable(Count).pipe(Schema.fromKey("x-container-object-count")),
    bytesUsed: ifReadable(Count).pipe(Schema.fromKey("x-container-bytes-used")),
    created: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-timestamp")),
    /** Who may read: an access control list, which `AccessList.parseAcl` reads. */
    readAcl: absent(Schema.String).pipe(Schema.fromKey("x-container-read")),
    /** Who may write: an access control list. */
    writeAcl: absent(Schema.String).pipe(Schema.fromKey("x-container-write")),
    /** Where its objects are stored, by what rules (OpenStack, not Rackspace). */
    storagePolicy: absent(Schema.String).pipe(Schema.fromKey("x-storage-policy")),
    ...returned(returnedSettings)
  },
  headersOf(returnedSettings)
)

/**
 * A container, by its own headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Container extends Schema.Schema.Type<typeof Container> {}

/**
 * A container in a listing.
 *
 * @since 0.1.0
 * @category models
 */
export const ContainerSummary = Schema.Struct({
  name: Schema.String,
  objectCount: absent(Wire.Count).pipe(Schema.fromKey("count")),
  bytes: absent(Wire.Count),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified"))
})

/**
 * A container in a listing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContainerSummary extends Schema.Schema.Type<typeof ContainerSummary> {}

const containerPath = { container: ContainerName }

const containerHeaders = {
  metadata: Schema.optional(metadataHeaders("x-container-meta-")).pipe(Schema.fromKey(":metadata")),
  ...given(versionsEnabled)
}

/** The operations on containers, as data. "Cloud Files API", "Container services". */
export const containerEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Containers in the order of their names, a page of them; with a delimiter, common beginnings of names among them. "Show account
   * details and list containers", `GET /v1/{account}`.
   */
  listContainersPage: Endpoint.make("GET", "", {
    query: pageQuery,
    fixedQuery: json,
    success: Endpoint.items(Schema.Union(ContainerSummary, Subdirectory))
  }),
  /**
   * Makes a container; one that exists already is kept, with the metadata and settings given here merged into it, and
   * `created` is false. "Create container", `PUT /v1/{account}/{container}`.
   */
  createContainer: Endpoint.make("PUT", "/{container}", {
    parameters: containerPath,
    headers: {
      ...containerHeaders,
      ...given(accessLists),
      ...given(containerSettings),
      /** Where its objects are to be stored, by what rules; it cannot be changed later (OpenStack, not Rackspace). */
      storagePolicy: Schema.optional(Line).pipe(Schema.fromKey("x-storage-policy"))
    },
    success: Endpoint.headers(
      Schema.Struct({
        created: Schema.optionalToRequired(Schema.String, Schema.Boolean, {
          decode: Option.match({ onNone: () => false, onSome: (status) => status === "201" }),
          encode: (created) => Option.some(created ? "201" : "202")
        }).pipe(Schema.fromKey(":status"))
      })
    )
  }),
  /** A container's metadata, settings and counts. Fails with `NotFound`. "Show container metadata", `HEAD /v1/{account}/{container}`. */
  getContainer: Endpoint.make("HEAD", "/{container}", {
    parameters: containerPath,
    headers: { newest },
    success: Endpoint.headers(Container),
    errors: ["NotFound"]
  }),
  /**
   * Sets metadata and settings of a container; those that are not named stay, and a setting that is null is removed. Fails with
   * `NotFound`. "Create or update container metadata", `POST /v1/{account}/{container}`.
   */
  updateContainer: Endpoint.make("POST", "/{container}", {
    parameters: containerPath,
    headers: {
      ...containerHeaders,
      /** Metadata keys to remove. */
      remove: Schema.optional(removalHeaders("x-remove-container-meta-")).pipe(Schema.fromKey(":remove")),
      ...changed(accessLists),
      ...changed(containerSettings)
    },
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Deletes an empty container. Fails with `Conflict` where it is not empty, which the cloud may say for some seconds after
   * its last object was deleted, and with `NotFound`. "Delete container", `DELETE /v1/{account}/{container}`.
   */
  deleteContainer: Endpoint.make("DELETE", "/{container}", {
    parameters: containerPath,
    errors: ["NotFound", "Conflict"]
  })
})
