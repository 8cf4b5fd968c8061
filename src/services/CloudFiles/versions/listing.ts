/** Lists the versions of an object, wherever they are kept. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound, PreconditionFailed } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { containerEndpoints } from "../containers.js"
import type { Subdirectory } from "../listing.js"
import { objectEndpoints, type ObjectSummary } from "../objects/objects.js"
import { atATime, listPage, makeVersionListing, restoreById, type Version } from "./byId.js"
import type { ObjectVersion, Versions } from "./model.js"

const deleteMarkerType = /^application\/x-deleted\b/

/** Whether a version is a delete marker; undefined if its type is needed for that, but not listed. */
const isDeleteMarker = ({
  bytes,
  contentType
}: {
  readonly bytes: number
  readonly contentType?: string | undefined
}) => (bytes > 0 ? false : contentType === undefined ? undefined : deleteMarkerType.test(contentType))

const hex = (length: number): string => length.toString(16).padStart(3, "0")

/**
 * The prefixes of the names of an object's old versions: three hexadecimal digits for the length of its name, and the
 * name. The documentation counts characters, Swift counts bytes of UTF-8; if they differ, both are searched for.
 */
const archivePrefixes = (object: string): ReadonlyArray<string> => [
  ...new Set([Buffer.byteLength(object, "utf8"), [...object].length].map((length) => `${hex(length)}${object}/`))
]

/** Parses the time of a version. Clouds write seconds with any number of decimals. */
const instantOf = (stamp: string): Option.Option<DateTime.Utc> =>
  /^\d{9,11}(\.\d*)?(_[0-9a-f]+)?$/i.test(stamp)
    ? DateTime.make(Math.round(Number.parseFloat(stamp) * 1000))
    : Option.none()

/** A version of which it may still be unknown whether it is a delete marker. */
type Listed = Omit<ObjectVersion, "isDeleted">

/** The fields that a listing may leave out. */
const optionalFields = ({ contentType, hash }: Pick<ObjectVersion, "contentType" | "hash">) => ({
  ...(hash !== undefined && { hash }),
  ...(contentType !== undefined && { contentType })
})

/**
 * Whether a version is the current one. Listings alone do not show it: after a restore, Swift also marks the newest
 * delete marker as the latest, and after an object's first page it marks none.
 */
const isCurrent = (
  { isLatest, versionId }: Version,
  isDeleted: boolean,
  current: Option.Option<string | undefined>
): boolean =>
  isDeleted
    ? isLatest && Option.isNone(current)
    : isLatest || Option.exists(current, (id) => id !== undefined && id === versionId)

/** Lists objects under a prefix. */
export type ListObjects = (filters: {
  readonly container: string
  readonly prefix: string
  readonly pageSize?: number | undefined
}) => Stream.Stream<ObjectSummary | Subdirectory, CommonError | NotFound | PreconditionFailed>

/**
 * A version in another container. Undefined if the entry belongs to another object, whose name continues after a slash.
 */
const archived = (archive: string, container: string, object: string, prefix: string) => (entry: ObjectSummary) =>
  Option.map(instantOf(entry.name.slice(prefix.length)), (written): Listed => ({
    container,
    object,
    archive: { container: archive, object: entry.name },
    bytes: entry.bytes,
    ...optionalFields(entry),
    written,
    isCurrent: false
  }))

/** A version that the container itself keeps. */
const keptById = (container: string, object: string, version: Version): Listed => {
  const { bytes, lastModified, versionId } = version
  const written = lastModified ?? Option.getOrUndefined(instantOf(versionId ?? ""))
  return {
    container,
    object,
    ...(versionId !== undefined && { versionId }),
    bytes,
    ...optionalFields(version),
    ...(written !== undefined && { written }),
    isCurrent: false
  }
}

/** Requests the object's headers if the listing does not show whether a version is a delete marker. */
const makeCompletion =
  (getObjectInfo: Endpoint.Method<typeof objectEndpoints.getObjectInfo>) =>
  (version: Listed): Effect.Effect<ObjectVersion, CommonError> => {
    const known = isDeleteMarker(version)
    if (known !== undefined) return Effect.succeed({ ...version, isDeleted: known })
    const { archive, container, object, versionId } = version
    return getObjectInfo(archive ?? { container, object, versionId }).pipe(
      Effect.map(({ contentType }) => ({
        ...version,
        ...(contentType !== undefined && { contentType }),
        isDeleted: isDeleteMarker({ bytes: 0, contentType }) === true
      })),
      // A delete marker cannot be read.
      Effect.catchTag("NotFound", () => Effect.succeed({ ...version, isDeleted: true }))
    )
  }

/** The service's `listVersions`. */
export const makeListVersions = (
  client: CloudClient,
  listObjects: ListObjects,
  retry?: RetryPolicy.Service
): Versions["listVersions"] => {
  const getObjectInfo = Endpoint.method(client, objectEndpoints.getObjectInfo)
  const getContainer = Endpoint.method(client, containerEndpoints.getContainer)
  const listById = makeVersionListing(client, listPage.operation, retry)

  const completed = makeCompletion(getObjectInfo)

  const inArchive = (archive: string, container: string, object: string, pageSize: number | undefined) =>
    Stream.flatMap(Stream.fromIterable(archivePrefixes(object)), (prefix) => {
      const versionOf = archived(archive, container, object, prefix)
      return listObjects({ container: archive, prefix, pageSize }).pipe(
        Stream.filterMap((entry) => ("subdir" in entry ? Option.none() : versionOf(entry))),
        Stream.mapEffect(completed, { concurrency: atATime })
      )
    })

  /** The current version id of an object, if the cloud returns it; undefined if the object does not exist. */
  const currentOf = (container: string, object: string) =>
    getObjectInfo({ container, object }).pipe(
      Effect.map(({ versionId }) => Option.some(versionId)),
      Effect.catchTag("NotFound", () => Effect.succeed(Option.none<string | undefined>()))
    )

  const byId = (container: string, object: string, pageSize: number | undefined) => {
    return Stream.unwrap(
      Effect.map(currentOf(container, object), (current) =>
        Stream.mapEffect(
          listById({ container, object, pageSize }),
          (version) =>
            Effect.map(completed(keptById(container, object, version)), (whole) => ({
              ...whole,
              isCurrent: isCurrent(version, whole.isDeleted, current)
            })),
          { concurrency: atATime }
        )
      )
    )
  }

  return ({ container, object, pageSize }) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { operation } = listPage
        yield* Endpoint.validate(client, { ...restoreById, operation }, { container, object, versionId: "any" })
        const { historyLocation, versionsEnabled, versionsLocation } = yield* getContainer({ container })
        if (versionsEnabled !== undefined) return byId(container, object, pageSize)
        const archive = versionsLocation ?? historyLocation
        return archive === undefined ? Stream.empty : inArchive(archive, container, object, pageSize)
      })
    )
}
