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
import { type CommonError, InvalidInput, type NotFound, type PreconditionFailed } from "../../CloudError.js"
import type { QuotaExceeded } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { absent, PageLimit, Timestamp } from "../../internal/wire.js"
import * as Paging from "../../Paging.js"
import type { endpoints, ObjectSummary, Subdirectory } from "./endpoints.js"
import { ContainerName, NamePart, ObjectName } from "./names.js"

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
  /** Its id, where the container itself keeps it. */
  readonly versionId?: string | undefined
  readonly bytes: number
  /** The MD5 of a plain object's content; of a large object's manifest. */
  readonly hash: string
  readonly contentType: string
  /** When it was written, or deleted. */
  readonly written: DateTime.Utc
  /** Whether it is what a reader of the object gets. */
  readonly isCurrent: boolean
  /** Whether it says no more than that the object was deleted then. */
  readonly isDeleted: boolean
}

const Version = Schema.Struct({
  name: Schema.String,
  bytes: Schema.Number,
  hash: Schema.String,
  contentType: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("content_type")),
  lastModified: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("last_modified")),
  versionId: absent(Schema.String).pipe(Schema.fromKey("version_id")),
  isLatest: Schema.optionalWith(Schema.Boolean, { default: () => false }).pipe(Schema.fromKey("is_latest"))
})

const listPage = Endpoint.make("CloudFiles.listVersions", "GET", "/{container}", {
  parameters: { container: ContainerName },
  query: {
    prefix: NamePart,
    marker: Schema.optional(NamePart),
    versionMarker: Schema.optional(Schema.String).pipe(Schema.fromKey("version_marker")),
    limit: Schema.optional(PageLimit)
  },
  fixedQuery: { format: "json", versions: "true" },
  success: Endpoint.json(Schema.Array(Version)),
  errors: ["NotFound", "PreconditionFailed"]
})

const restoreById = Endpoint.make("CloudFiles.restoreVersion", "PUT", "/{container}/{+object}", {
  parameters: { container: ContainerName, object: ObjectName },
  query: { versionId: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("version-id")) },
  errors: ["NotFound", "PreconditionFailed", "QuotaExceeded"],
  stores: true,
  longRunning: true
})

const deletedType = "application/x-deleted;swift_versions_deleted=1"

const hex = (length: number): string => length.toString(16).padStart(3, "0")

/**
 * What the names of an object's old versions begin with: three hexadecimal digits of the length of its name, and the name.
 * The documents count characters, and Swift counts bytes of UTF-8; where they differ, both are looked for.
 */
const archivePrefixes = (object: string): ReadonlyArray<string> => [
  ...new Set([Buffer.byteLength(object, "utf8"), [...object].length].map((length) => `${hex(length)}${object}/`))
]

/** A version of an object's, and not one of another object whose name begins alike and goes on behind a slash. */
const writtenOf = (name: string, prefix: string): Option.Option<DateTime.Utc> => {
  const stamp = name.slice(prefix.length)
  return /^\d{10}\.\d{5}(_[0-9a-f]+)?$/.test(stamp)
    ? DateTime.make(Math.round(Number.parseFloat(stamp) * 1000))
    : Option.none()
}

/**
 * Listing versions, and getting one back.
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
   * Makes a version the current one again, with its metadata; what is current now is kept as a version in turn, and so is the
   * version itself. A large object comes back as one, of the same segments: none of its bytes is copied. Fails with `NotFound`
   * where the version is gone, with `InvalidInput` where it says that the object was deleted, and with `BadRequest` where the
   * cloud sees that segments are gone. Of a dynamic large object, some clouds keep no version.
   */
  readonly restoreVersion: (
    version: Pick<ObjectVersion, "container" | "object"> &
      Partial<Pick<ObjectVersion, "archive" | "versionId" | "isDeleted">>
  ) => Effect.Effect<void, CommonError | NotFound | PreconditionFailed | QuotaExceeded>
}

/** What `listVersions` and `restoreVersion` are made of. */
export const makeVersions = (
  client: CloudClient,
  operations: Pick<Endpoint.Client<typeof endpoints>, "getContainer" | "copyManifest">,
  listObjects: (filters: {
    readonly container: string
    readonly prefix: string
    readonly pageSize?: number | undefined
  }) => Stream.Stream<ObjectSummary | Subdirectory, CommonError | NotFound | PreconditionFailed>
): Versions => {
  const page = Endpoint.method(client, listPage)
  const restore = Endpoint.method(client, restoreById)
  const service = "CloudFiles"

  const inArchive = (archive: string, container: string, object: string, pageSize: number | undefined) =>
    Stream.flatMap(Stream.fromIterable(archivePrefixes(object)), (prefix) =>
      Stream.filterMap(listObjects({ container: archive, prefix, pageSize }), (entry): Option.Option<ObjectVersion> =>
        "subdir" in entry
          ? Option.none()
          : Option.map(writtenOf(entry.name, prefix), (written) => ({
              container,
              object,
              archive: { container: archive, object: entry.name },
              bytes: entry.bytes,
              hash: entry.hash,
              contentType: entry.contentType,
              written,
              isCurrent: false,
              isDeleted: entry.contentType === deletedType
            }))
      )
    )

  const byId = (container: string, object: string, pageSize: number | undefined) =>
    Paging.stream(
      { service, operation: listPage.operation },
      (after: { readonly marker: string; readonly versionMarker: string | undefined } | undefined) =>
        Effect.map(page({ container, prefix: object, limit: pageSize, ...after }), (found) => {
          // Names that only begin alike follow all versions of the object's own.
          const own = found.filter(({ name }) => name === object)
          const last = found.at(-1)
          return {
            items: own.map((one): ObjectVersion => ({
              container,
              object,
              ...(one.versionId !== undefined && { versionId: one.versionId }),
              bytes: one.bytes,
              hash: one.hash,
              contentType: one.contentType,
              written: one.lastModified,
              isCurrent: one.isLatest,
              isDeleted: one.contentType === deletedType
            })),
            next:
              last === undefined || last.name !== object
                ? undefined
                : { marker: last.name, versionMarker: last.versionId }
          }
        })
    )

  return {
    listVersions: ({ container, object, pageSize }) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const operation = "CloudFiles.listVersions"
          yield* Endpoint.validate(client, { ...restoreById, operation }, { container, object, versionId: "" })
          const settings = yield* operations.getContainer({ container })
          if (settings.versionsEnabled !== undefined) return byId(container, object, pageSize)
          const archive = settings.versionsLocation ?? settings.historyLocation
          return archive === undefined ? Stream.empty : inArchive(archive, container, object, pageSize)
        })
      ),
    restoreVersion: ({ archive, container, isDeleted, object, versionId }) =>
      Effect.suspend(() => {
        if (isDeleted !== true && archive !== undefined) {
          // Of what is no large object, this copies the content.
          return Effect.asVoid(operations.copyManifest({ container, object, source: archive }))
        }
        if (isDeleted !== true && versionId !== undefined) return restore({ container, object, versionId })
        const issue =
          isDeleted === true
            ? { path: "isDeleted", expected: "a version with content, not the mark of a deletion" }
            : { path: "versionId", expected: "a version as listVersions gives it: with an archive or a versionId" }
        return Effect.fail(
          new InvalidInput({
            service,
            operation: restoreById.operation,
            issues: [issue],
            message: `${restoreById.operation}: ${issue.path}: expected ${issue.expected}`
          })
        )
      })
  }
}
