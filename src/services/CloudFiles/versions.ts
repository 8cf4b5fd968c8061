/**
 * Old versions of objects: where a container keeps them, and how one comes back.
 *
 * Swift has two ways. A container may name another one (`versionsLocation`, `historyLocation`) in which its objects' old
 * versions are objects of their own; or it keeps them itself, under ids (`versionsEnabled`). Rackspace has the first.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import {
  type ChecksumMismatch,
  type CommonError,
  type Conflict,
  InvalidInput,
  type NotFound,
  type PreconditionFailed,
  type QuotaExceeded
} from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { absent, absentIfEmpty, Count, Flag, PageLimit, TimestampIfAny } from "../../internal/schema/wire.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import type { DownloadError, DownloadOptions } from "./download.js"
import type { endpoints, ObjectSummary, Subdirectory } from "./endpoints.js"
import { listing, type RawItem } from "./listing.js"
import { ContainerName, NamePart, ObjectName } from "./names.js"

const service = "CloudFiles"

/**
 * A version of an object.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectVersion {
  readonly container: string
  readonly object: string
  /** The object in which it is kept, which can be read and deleted like any; absent where it is kept under an id. */
  readonly archive?: { readonly container: string; readonly object: string } | undefined
  /** Its id, where the container itself keeps it; `null` of an object that was stored before the container kept versions. */
  readonly versionId?: string | undefined
  readonly bytes: number
  /** The MD5 of a plain object's content; of a large object's manifest. Some clouds leave it out. */
  readonly hash?: string | undefined
  /** Some clouds leave it out. */
  readonly contentType?: string | undefined
  /** When it was written, or deleted. Absent where neither the listing nor the id has it. */
  readonly written?: DateTime.Utc | undefined
  /** Whether it is what a reader of the object gets. */
  readonly isCurrent: boolean
  /** Whether it says no more than that the object was deleted then. */
  readonly isDeleted: boolean
}

/**
 * Which version is meant: one that `listVersions` has given.
 *
 * @since 0.1.0
 * @category models
 */
export type VersionAddress = Pick<ObjectVersion, "container" | "object"> &
  Partial<Pick<ObjectVersion, "archive" | "versionId" | "isDeleted">>

const Version = Schema.Struct({
  name: Schema.String,
  bytes: Count,
  hash: absentIfEmpty,
  contentType: absentIfEmpty.pipe(Schema.fromKey("content_type")),
  lastModified: TimestampIfAny.pipe(Schema.fromKey("last_modified")),
  versionId: absent(Schema.String).pipe(Schema.fromKey("version_id")),
  isLatest: Schema.optionalWith(Flag, { default: () => false, nullable: true }).pipe(Schema.fromKey("is_latest"))
})

interface Version extends Schema.Schema.Type<typeof Version> {}

const listPage = Endpoint.named(
  "CloudFiles.listVersions",
  Endpoint.make("GET", "/{container}", {
    parameters: { container: ContainerName },
    query: {
      prefix: Schema.optional(NamePart),
      marker: Schema.optional(NamePart),
      endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
      versionMarker: Schema.optional(Schema.String).pipe(Schema.fromKey("version_marker")),
      limit: Schema.optional(PageLimit)
    },
    fixedQuery: { format: "json", versions: "true" },
    success: Endpoint.items(Version),
    errors: ["NotFound", "PreconditionFailed"]
  })
)

const byVersion = {
  parameters: { container: ContainerName, object: ObjectName },
  query: { versionId: Schema.propertySignature(Schema.NonEmptyString).pipe(Schema.fromKey("version-id")) }
}

const restoreById = Endpoint.named(
  "CloudFiles.restoreVersion",
  Endpoint.make("PUT", "/{container}/{+object}", {
    ...byVersion,
    errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
    stores: true,
    longRunning: true
  })
)

const deleteById = Endpoint.named(
  "CloudFiles.deleteVersion",
  Endpoint.make("DELETE", "/{container}/{+object}", {
    ...byVersion,
    errors: ["NotFound", "Conflict"]
  })
)

const markType = /^application\/x-deleted\b/

/** Whether a version says that the object was deleted; undefined where its type is needed for that, and is not listed. */
const isMark = ({ bytes, contentType }: { readonly bytes: number; readonly contentType?: string | undefined }) =>
  bytes > 0 ? false : contentType === undefined ? undefined : markType.test(contentType)

const hex = (length: number): string => length.toString(16).padStart(3, "0")

/**
 * What the names of an object's old versions begin with: three hexadecimal digits of the length of its name, and the name.
 * The documents count characters, and Swift counts bytes of UTF-8; where they differ, both are searched for.
 */
const archivePrefixes = (object: string): ReadonlyArray<string> => [
  ...new Set([Buffer.byteLength(object, "utf8"), [...object].length].map((length) => `${hex(length)}${object}/`))
]

/** When a version was written, of which clouds write the seconds with any number of digits after the point. */
const instantOf = (stamp: string): Option.Option<DateTime.Utc> =>
  /^\d{9,11}(\.\d*)?(_[0-9a-f]+)?$/i.test(stamp)
    ? DateTime.make(Math.round(Number.parseFloat(stamp) * 1000))
    : Option.none()

/** The next page of versions begins after this one. */
interface VersionMarker {
  readonly marker: string
  readonly versionMarker: string | undefined
}

const markerOf = (version: Version | RawItem): VersionMarker | undefined => {
  const raw = version as RawItem
  const { name } = raw
  const id = raw["versionId"] ?? raw["version_id"]
  return typeof name === "string" ? { marker: name, versionMarker: typeof id === "string" ? id : undefined } : undefined
}

/** How many versions are asked for, or deleted, at a time. */
const atATime = 16

/**
 * Old versions: listing, reading, restoring and deleting them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Versions {
  /**
   * The versions of an object that its container keeps, page by page as they are asked for: the oldest first where they are
   * kept in another container, the newest first (with the current one) where they are kept under ids. None where the container
   * keeps none. Fails with `NotFound` where there is no such container.
   */
  readonly listVersions: (options: {
    readonly container: string
    readonly object: string
    readonly pageSize?: number | undefined
  }) => Stream.Stream<ObjectVersion, CommonError | NotFound | PreconditionFailed>
  /**
   * The content of a version as a Stream, verified as `download` does it. Fails with `NotFound` where the version is gone, and with
   * `InvalidInput` where it says that the object was deleted.
   */
  readonly downloadVersion: (version: VersionAddress) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
  /**
   * Makes a version the current one again, with its metadata; the present one is kept as a version in turn, and so is the
   * version itself. A large object comes back as one, of the same segments: none of its bytes is copied. Fails with `NotFound`
   * where the version is gone, with `InvalidInput` where it says that the object was deleted, and with `BadRequest` where the
   * cloud sees that segments are gone. Of a dynamic large object, some clouds keep no version.
   */
  readonly restoreVersion: (
    version: VersionAddress
  ) => Effect.Effect<void, CommonError | NotFound | PreconditionFailed | QuotaExceeded>
  /**
   * Deletes one version for good, also one that says that the object was deleted. If it is the current one, the object is gone for
   * its readers; older versions stay. Of a large object only the manifest goes. Fails with `NotFound`.
   */
  readonly deleteVersion: (version: VersionAddress) => Effect.Effect<void, CommonError | NotFound | Conflict>
  /**
   * Deletes all versions of an object for good but the current one, and returns how many. Fails with `NotFound` where there is no
   * such container.
   */
  readonly purgeVersions: (options: {
    readonly container: string
    readonly object: string
  }) => Effect.Effect<number, CommonError | NotFound | PreconditionFailed | Conflict>
}

/** Lists the versions that a container keeps under ids: of one object, or of all. */
export const makeVersionListing = (client: CloudClient, operation: string, retry?: RetryPolicy.Service) => {
  const open = Endpoint.openItems(client, { ...listPage, operation })
  return ({
    container,
    object,
    pageSize: limit
  }: {
    readonly container: string
    readonly object?: string | undefined
    readonly pageSize?: number | undefined
  }): Stream.Stream<Version, CommonError | NotFound | PreconditionFailed> =>
    listing<Version, VersionMarker, CommonError | NotFound | PreconditionFailed>({
      service,
      operation,
      first: undefined,
      markerOf,
      // Names that only begin alike come after all versions of the object's own.
      open: (after) =>
        open({
          container,
          limit,
          ...(object !== undefined && { prefix: object, endMarker: `${object}\u0001` }),
          ...after
        }),
      retry
    }).pipe(Stream.filter(({ name }) => object === undefined || name === object))
}

/** Deletes one version that is kept under an id. What is gone already counts as deleted. */
export const makeVersionDeletion = (client: CloudClient, operation: string) => {
  const deleteVersion = Endpoint.method(client, { ...deleteById, operation })
  return (container: string, { name, versionId = "null" }: Pick<Version, "name" | "versionId">) =>
    deleteVersion({ container, object: name, versionId }).pipe(
      Effect.as(1),
      Effect.catchTag("NotFound", () => Effect.succeed(0))
    )
}

/** Deletes every version that a container keeps under ids, the current ones too, and returns how many. */
export const makePurge = (client: CloudClient, operation: string, retry?: RetryPolicy.Service) => {
  const list = makeVersionListing(client, operation, retry)
  const remove = makeVersionDeletion(client, operation)
  return (container: string): Effect.Effect<number, CommonError | NotFound | PreconditionFailed | Conflict> =>
    list({ container }).pipe(
      Stream.mapEffect((version) => remove(container, version), { concurrency: atATime, unordered: true }),
      Stream.runSum
    )
}

/** What the operations on versions are made of. */
export const makeVersions = (
  client: CloudClient,
  operations: Pick<
    Endpoint.Client<typeof endpoints>,
    "getContainer" | "copyManifest" | "getObjectInfo" | "deleteObject"
  >,
  listObjects: (filters: {
    readonly container: string
    readonly prefix: string
    readonly pageSize?: number | undefined
  }) => Stream.Stream<ObjectSummary | Subdirectory, CommonError | NotFound | PreconditionFailed>,
  download: (options: DownloadOptions) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>,
  retry?: RetryPolicy.Service
): Versions => {
  const restore = Endpoint.method(client, restoreById)
  const remove = Endpoint.method(client, deleteById)
  const listById = makeVersionListing(client, listPage.operation, retry)

  /** Completes a version whose listing does not show whether it says that the object was deleted. */
  const completed = (version: Omit<ObjectVersion, "isDeleted">): Effect.Effect<ObjectVersion, CommonError> => {
    const known = isMark(version)
    if (known !== undefined) return Effect.succeed({ ...version, isDeleted: known })
    const { archive, container, object, versionId } = version
    return operations.getObjectInfo(archive ?? { container, object, versionId }).pipe(
      Effect.map(({ contentType }) => ({
        ...version,
        ...(contentType !== undefined && { contentType }),
        isDeleted: isMark({ bytes: 0, contentType }) === true
      })),
      // Nobody can read what was deleted.
      Effect.catchTag("NotFound", () => Effect.succeed({ ...version, isDeleted: true }))
    )
  }

  const inArchive = (archive: string, container: string, object: string, pageSize: number | undefined) =>
    Stream.flatMap(Stream.fromIterable(archivePrefixes(object)), (prefix) =>
      listObjects({ container: archive, prefix, pageSize }).pipe(
        Stream.filterMap((entry): Option.Option<Omit<ObjectVersion, "isDeleted">> =>
          "subdir" in entry
            ? Option.none()
            : // Not of another object whose name begins alike and continues after a slash.
              Option.map(instantOf(entry.name.slice(prefix.length)), (written) => ({
                container,
                object,
                archive: { container: archive, object: entry.name },
                bytes: entry.bytes,
                ...(entry.hash !== undefined && { hash: entry.hash }),
                ...(entry.contentType !== undefined && { contentType: entry.contentType }),
                written,
                isCurrent: false
              }))
        ),
        Stream.mapEffect(completed, { concurrency: atATime })
      )
    )

  /** What readers of an object get: the id of its version, as far as the cloud returns it; none where they get nothing. */
  const currentOf = (container: string, object: string) =>
    operations.getObjectInfo({ container, object }).pipe(
      Effect.map(({ versionId }) => Option.some(versionId)),
      Effect.catchTag("NotFound", () => Effect.succeed(Option.none<string | undefined>()))
    )

  /**
   * Whether a version is what readers get. Listings alone do not show it: after an old version was restored, Swift calls the newest
   * mark of a deletion the latest as well, and after the beginning of a page none.
   */
  const isCurrent = (
    { isLatest, versionId }: Version,
    isDeleted: boolean,
    current: Option.Option<string | undefined>
  ): boolean =>
    isDeleted
      ? isLatest && Option.isNone(current)
      : isLatest || Option.exists(current, (id) => id !== undefined && id === versionId)

  const byId = (container: string, object: string, pageSize: number | undefined) =>
    Stream.unwrap(
      Effect.map(currentOf(container, object), (current) =>
        Stream.mapEffect(
          listById({ container, object, pageSize }),
          (version) => {
            const { bytes, contentType, hash, lastModified, versionId } = version
            const written = lastModified ?? Option.getOrUndefined(instantOf(versionId ?? ""))
            return Effect.map(
              completed({
                container,
                object,
                ...(versionId !== undefined && { versionId }),
                bytes,
                ...(hash !== undefined && { hash }),
                ...(contentType !== undefined && { contentType }),
                ...(written !== undefined && { written }),
                isCurrent: false
              }),
              (whole) => ({ ...whole, isCurrent: isCurrent(version, whole.isDeleted, current) })
            )
          },
          { concurrency: atATime }
        )
      )
    )

  const listVersions: Versions["listVersions"] = ({ container, object, pageSize }) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const operation = "CloudFiles.listVersions"
        yield* Endpoint.validate(client, { ...restoreById, operation }, { container, object, versionId: "any" })
        const settings = yield* operations.getContainer({ container })
        if (settings.versionsEnabled !== undefined) return byId(container, object, pageSize)
        const archive = settings.versionsLocation ?? settings.historyLocation
        return archive === undefined ? Stream.empty : inArchive(archive, container, object, pageSize)
      })
    )

  const invalid = (operation: string, path: string, expected: string): InvalidInput =>
    invalidInput(service, operation, [{ path, expected }])

  /** Runs one of two operations: by where a version is kept, or by its id. */
  const either = <A, B>(
    operation: string,
    { archive, container, object, versionId }: VersionAddress,
    onArchive: (archive: { readonly container: string; readonly object: string }) => A,
    onId: (version: { readonly container: string; readonly object: string; readonly versionId: string }) => B
  ): A | B | InvalidInput =>
    archive !== undefined
      ? onArchive(archive)
      : versionId !== undefined
        ? onId({ container, object, versionId })
        : invalid(operation, "versionId", "a version as listVersions gives it: with an archive or a versionId")

  /** The failure of reading or restoring what says that the object was deleted. */
  const withoutContent = (operation: string, { isDeleted }: VersionAddress): InvalidInput | undefined =>
    isDeleted === true
      ? invalid(operation, "isDeleted", "a version with content, not the mark of a deletion")
      : undefined

  const deleteVersion: Versions["deleteVersion"] = (version) =>
    Effect.suspend(() => {
      const done = either(
        deleteById.operation,
        version,
        (archive) => operations.deleteObject(archive),
        (named) => remove(named)
      )
      return done instanceof InvalidInput ? Effect.fail(done) : done
    })

  return {
    listVersions,
    downloadVersion: (version) =>
      Stream.suspend(() => {
        const operation = "CloudFiles.downloadVersion"
        const content = withoutContent(operation, version) ?? either(operation, version, download, download)
        return content instanceof InvalidInput ? Stream.fail(content) : content
      }),
    restoreVersion: (version) =>
      Effect.suspend(() => {
        const { operation } = restoreById
        const { container, object } = version
        const done =
          withoutContent(operation, version) ??
          either(
            operation,
            version,
            // Of a plain object, this copies the content.
            (source) => Effect.asVoid(operations.copyManifest({ container, object, source })),
            (named) => restore(named)
          )
        return done instanceof InvalidInput ? Effect.fail(done) : done
      }),
    deleteVersion,
    purgeVersions: (options) =>
      listVersions(options).pipe(
        Stream.filter(({ isCurrent }) => !isCurrent),
        Stream.mapEffect(
          (version) =>
            deleteVersion(version).pipe(
              Effect.as(1),
              Effect.catchTag("NotFound", () => Effect.succeed(0))
            ),
          { concurrency: atATime, unordered: true }
        ),
        Stream.runSum
      )
  }
}
