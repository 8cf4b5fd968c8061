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

/** Which version is meant: one that `listVersions` has given. */
export type VersionAddress = Pick<ObjectVersion, "container" | "object"> &
  Partial<Pick<ObjectVersion, "archive" | "versionId" | "isDeleted">>

/** Old versions: listing, reading, restoring and deleting them. */
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
