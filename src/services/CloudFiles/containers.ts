/** Containers: models and operations. */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import * as Wire from "../../internal/schema/wire.js"
import { nullableOptional, TimestampIfAny } from "../../internal/schema/wire.js"
import {
  accessLists,
  type AccessLists,
  containerSettings,
  type ContainerSettings,
  versionsEnabled
} from "./containerSettings.js"
import {
  Count,
  created,
  EpochSeconds,
  fromHeaders,
  ifReadable,
  metadataHeaders,
  newest,
  removalHeaders,
  type Values
} from "./headers.js"
import { json, type NameRange, type NamesPage, pageQuery, type PageSize, Subdirectory } from "./listing.js"
import { ContainerName } from "./names.js"
import type { ByContainer } from "./objects/address.js"
import { changed, given, headersOf, returned } from "./settings.js"
import { Line } from "./settingValues.js"

const returnedSettings = { ...containerSettings, ...versionsEnabled }

/** The headers of a container. The counts are delayed by some seconds, and not every cloud returns them. */
export interface Container extends ContainerSettings<Duration.Duration, Redacted.Redacted> {
  readonly objectCount?: number | undefined
  readonly bytesUsed?: number | undefined
  readonly created?: DateTime.Utc | undefined
  /** Who may read: an access control list, which `AccessList.parseAcl` parses. */
  readonly readAcl?: string | undefined
  /** Who may write: an access control list. */
  readonly writeAcl?: string | undefined
  /** The storage policy (OpenStack, not Rackspace). */
  readonly storagePolicy?: string | undefined
  /** Whether the container keeps all versions of its objects under ids (newer OpenStack, not Rackspace). */
  readonly versionsEnabled?: boolean | undefined
  /** Keys are in lower case. */
  readonly metadata: Values
}

export const Container = lazy(() =>
  fromHeaders<Container>(
    "x-container-meta-",
    {
      objectCount: ifReadable(Count).pipe(Schema.fromKey("x-container-object-count")),
      bytesUsed: ifReadable(Count).pipe(Schema.fromKey("x-container-bytes-used")),
      created: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-timestamp")),
      readAcl: nullableOptional(Schema.String).pipe(Schema.fromKey("x-container-read")),
      writeAcl: nullableOptional(Schema.String).pipe(Schema.fromKey("x-container-write")),
      storagePolicy: nullableOptional(Schema.String).pipe(Schema.fromKey("x-storage-policy")),
      ...returned(returnedSettings)
    },
    headersOf(returnedSettings)
  )
)

/** A container in a listing. */
export interface ContainerSummary {
  readonly name: string
  readonly objectCount?: number | undefined
  readonly bytes?: number | undefined
  readonly lastModified?: DateTime.Utc | undefined
}

export const ContainerSummary = struct<ContainerSummary>(() => ({
  name: Schema.String,
  objectCount: nullableOptional(Wire.Count).pipe(Schema.fromKey("count")),
  bytes: nullableOptional(Wire.Count),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified"))
}))

const containerPath = () => ({ container: ContainerName })

const containerHeaders = () => ({
  metadata: Schema.optional(metadataHeaders("x-container-meta-")).pipe(Schema.fromKey(":metadata")),
  ...given(versionsEnabled)
})

/** A page of containers. */
export interface ListContainersPage extends NamesPage {}

/** Which containers to list. */
export interface ListContainers extends NameRange, PageSize {}

/** Which containers to list, grouped by a delimiter. */
export interface ListContainerLevel extends ListContainers {
  /** Names that contain this after the prefix are grouped as one {@link Subdirectory} per common prefix. */
  readonly delimiter: string
}

/** The response to creating a container. */
export interface CreatedContainer {
  /** Whether the container is new. */
  readonly created: boolean
}

export const CreatedContainer = struct<CreatedContainer>(() => ({ created: created() }))

/** A container to create. */
export interface CreateContainer
  extends ByContainer, ContainerSettings<Duration.DurationInput, string | Redacted.Redacted>, AccessLists {
  /** Whether the container keeps all versions of its objects under ids (newer OpenStack, not Rackspace). */
  readonly versionsEnabled?: boolean | undefined
  /** Custom keys and values. Keys are returned in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** The storage policy, which cannot be changed later (OpenStack, not Rackspace). */
  readonly storagePolicy?: string | undefined
}

/** A container, and how to read it. */
export interface GetContainer extends ByContainer {
  /** Makes the cloud compare all replicas to read the newest one; slower. */
  readonly newest?: boolean | undefined
}

/** Changes to a container. Other settings stay unchanged, and null removes a setting. */
export interface UpdateContainer
  extends ByContainer, ContainerSettings<Duration.DurationInput, string | Redacted.Redacted, null>, AccessLists<null> {
  /** Whether the container keeps all versions of its objects under ids (newer OpenStack, not Rackspace). */
  readonly versionsEnabled?: boolean | undefined
  /** Custom keys and values. Keys are returned in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Metadata keys to remove. */
  readonly remove?: ReadonlyArray<string> | undefined
}

/** The operations on containers, as data. "Cloud Files API", "Container services". */
export const containerEndpoints = Endpoint.table("CloudFiles", {
  /**
   * A page of containers, sorted by name; with a delimiter, common prefixes of names among them. "Show account details
   * and list containers", `GET /v1/{account}`.
   */
  listContainersPage: Endpoint.define<ListContainersPage>()("GET", "", {
    query: pageQuery,
    fixedQuery: json,
    success: Endpoint.items(lazy(() => Schema.Union(ContainerSummary, Subdirectory)))
  }),
  /**
   * Creates a container. If it exists, the metadata and settings given here are merged into it, and `created` is false.
   * "Create container", `PUT /v1/{account}/{container}`.
   */
  createContainer: Endpoint.define<CreateContainer>()("PUT", "/{container}", {
    parameters: containerPath,
    headers: () => ({
      ...containerHeaders(),
      ...given(accessLists),
      ...given(containerSettings),
      storagePolicy: Schema.optional(Line).pipe(Schema.fromKey("x-storage-policy"))
    }),
    success: Endpoint.headers(CreatedContainer)
  }),
  /** A container's metadata, settings and counts. Fails with `NotFound`. "Show container metadata", `HEAD /v1/{account}/{container}`. */
  getContainer: Endpoint.define<GetContainer>()("HEAD", "/{container}", {
    parameters: containerPath,
    headers: () => ({ newest: newest() }),
    success: Endpoint.headers(Container),
    errors: ["NotFound"]
  }),
  /**
   * Sets metadata and settings of a container. Others stay unchanged, and null removes a setting. Fails with
   * `NotFound`. "Create or update container metadata", `POST /v1/{account}/{container}`.
   */
  updateContainer: Endpoint.define<UpdateContainer>()("POST", "/{container}", {
    parameters: containerPath,
    headers: () => ({
      ...containerHeaders(),
      remove: Schema.optional(removalHeaders("x-remove-container-meta-")).pipe(Schema.fromKey(":remove")),
      ...changed(accessLists),
      ...changed(containerSettings)
    }),
    errors: ["NotFound"],
    idempotent: true
  }),
  /**
   * Deletes an empty container. Fails with `Conflict` if it is not empty (which the cloud may say for some seconds
   * after the last object was deleted), and with `NotFound`. "Delete container", `DELETE /v1/{account}/{container}`.
   */
  deleteContainer: Endpoint.define<ByContainer>()("DELETE", "/{container}", {
    parameters: containerPath,
    errors: ["NotFound", "Conflict"]
  })
})
