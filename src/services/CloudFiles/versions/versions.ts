/**
 * Lists, reads, restores and deletes old versions of objects.
 *
 * Swift has two mechanisms. With `versionsLocation` or `historyLocation`, old versions are objects in another
 * container. With `versionsEnabled`, the container itself keeps them under ids. Rackspace has only the first.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { InvalidInput } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { copyEndpoints } from "../copy/model.js"
import type { Downloads } from "../download/download.js"
import type { Address } from "../objects/address.js"
import { objectEndpoints } from "../objects/objects.js"
import { atATime, countDeleted, deleteById, restoreById } from "./byId.js"
import { type ListObjects, makeListVersions } from "./listing.js"
import type { VersionAddress, Versions } from "./model.js"

const invalid = (operation: string, path: string, expected: string): InvalidInput =>
  invalidInput("CloudFiles", operation, [{ path, expected }])

/** Runs one of two operations: by the archive object of a version, or by its id. */
const eitherKind = <A, B>(
  operation: string,
  { archive, container, object, versionId }: VersionAddress,
  onArchive: (archive: Address) => A,
  onId: (version: Address & { readonly versionId: string }) => B
): A | B | InvalidInput => {
  if (archive !== undefined) return onArchive(archive)
  return versionId !== undefined
    ? onId({ container, object, versionId })
    : invalid(operation, "versionId", "a version from listVersions, with an archive or a versionId")
}

/** The error for reading or restoring a delete marker. */
const withoutContent = (operation: string, { isDeleted }: VersionAddress): InvalidInput | undefined =>
  isDeleted === true ? invalid(operation, "isDeleted", "a version with content, not a delete marker") : undefined

/** The operations on versions. */
export const makeVersions = (
  client: CloudClient,
  listObjects: ListObjects,
  download: Downloads["download"],
  retry?: RetryPolicy.Service
): Versions => {
  const copyManifest = Endpoint.method(client, copyEndpoints.copyManifest)
  const deleteObject = Endpoint.method(client, objectEndpoints.deleteObject)
  const restore = Endpoint.method(client, restoreById)
  const deleteVersionById = Endpoint.method(client, deleteById)
  const listVersions = makeListVersions(client, listObjects, retry)

  const deleteVersion: Versions["deleteVersion"] = (version) =>
    Effect.suspend(() => {
      const done = eitherKind(deleteById.operation, version, (archive) => deleteObject(archive), deleteVersionById)
      return done instanceof InvalidInput ? Effect.fail(done) : done
    })

  return {
    listVersions,
    deleteVersion,
    downloadVersion: (version) =>
      Stream.suspend(() => {
        const operation = "CloudFiles.downloadVersion"
        const content = withoutContent(operation, version) ?? eitherKind(operation, version, download, download)
        return content instanceof InvalidInput ? Stream.fail(content) : content
      }),
    restoreVersion: (version) =>
      Effect.suspend(() => {
        const { operation } = restoreById
        const { container, object } = version
        // For a plain object this copies the content.
        const restoreArchived = (source: Address) => Effect.asVoid(copyManifest({ container, object, source }))
        const done = withoutContent(operation, version) ?? eitherKind(operation, version, restoreArchived, restore)
        return done instanceof InvalidInput ? Effect.fail(done) : done
      }),
    purgeVersions: (options) =>
      listVersions(options).pipe(
        Stream.filter(({ isCurrent }) => !isCurrent),
        Stream.mapEffect((version) => countDeleted(deleteVersion(version)), { concurrency: atATime, unordered: true }),
        Stream.runSum
      )
  }
}
