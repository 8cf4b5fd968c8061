/** Versions of objects: models, and the operations on them. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  ChecksumMismatch,
  type CommonError,
  Conflict,
  NotFound,
  PreconditionFailed,
  QuotaExceeded
} from "../../../CloudError.js"
import type { DownloadError } from "../download/model.js"

/** A version of an object. */
export interface ObjectVersion {
  readonly container: string
  readonly object: string
  /**
   * The object that stores this version, which can be read and deleted like any other. Absent if the version has an id.
   */
  readonly archive?: { readonly container: string; readonly object: string } | undefined
  /**
   * The version's id, if the container itself keeps versions; `null` for an object from before versioning was enabled.
   */
  readonly versionId?: string | undefined
  readonly bytes: number
  /** The MD5 of a plain object's content; of a large object's manifest. Some clouds leave it out. */
  readonly hash?: string | undefined
  /** Some clouds leave it out. */
  readonly contentType?: string | undefined
  /** When the version was written or deleted. Absent if neither the listing nor the id contains it. */
  readonly written?: DateTime.Utc | undefined
  /** Whether it is the version that reads of the object return. */
  readonly isCurrent: boolean
  /** Whether it is a delete marker. */
  readonly isDeleted: boolean
}

/** A version returned by `listVersions`. */
export type VersionAddress = Pick<ObjectVersion, "container" | "object"> &
  Partial<Pick<ObjectVersion, "archive" | "versionId" | "isDeleted">>

/** Operations on old versions: list, read, restore and delete. */
export interface Versions {
  /**
   * The versions of an object as a Stream that loads pages on demand. Versions in another container are listed oldest
   * first; versions with ids newest first, including the current one. Empty if the container keeps none. Fails with
   * `NotFound` if the container does not exist.
   */
  readonly listVersions: (options: {
    readonly container: string
    readonly object: string
    readonly pageSize?: number | undefined
  }) => Stream.Stream<ObjectVersion, CommonError | NotFound | PreconditionFailed>
  /**
   * The content of a version as a Stream, verified like `download`. Fails with `NotFound` if the version does not
   * exist, and with `InvalidInput` for a delete marker.
   */
  readonly downloadVersion: (version: VersionAddress) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
  /**
   * Makes a version the current one again, with its metadata. The present object and the restored version are kept as
   * versions. A large object is restored with the same segments, without copying bytes. Fails with `NotFound` if the
   * version does not exist, with `InvalidInput` for a delete marker, and with `BadRequest` if the cloud finds segments
   * missing. Some clouds keep no versions of dynamic large objects.
   */
  readonly restoreVersion: (
    version: VersionAddress
  ) => Effect.Effect<void, CommonError | NotFound | PreconditionFailed | QuotaExceeded>
  /**
   * Deletes one version, or a delete marker, permanently. After deleting the current version, reads find no object;
   * older versions are kept. Of a large object only the manifest is deleted. Fails with `NotFound`.
   */
  readonly deleteVersion: (version: VersionAddress) => Effect.Effect<void, CommonError | NotFound | Conflict>
  /**
   * Permanently deletes all versions of an object except the current one, and returns their number. Fails with
   * `NotFound` if the container does not exist.
   */
  readonly purgeVersions: (options: {
    readonly container: string
    readonly object: string
  }) => Effect.Effect<number, CommonError | NotFound | PreconditionFailed | Conflict>
}
