/**
 * Cloud Files: containers of objects, of any size and any name.
 *
 * Uploads and downloads are streamed, never held whole in memory, and verified by their checksums. Names address exactly the
 * object that bears them, whatever characters they hold.
 *
 * Implements the Rackspace Cloud Files API v1 (OpenStack Swift).
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { ChecksumMismatch, CommonError, NotFound, PreconditionFailed } from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { inWordsOf } from "../internal/pageSize.js"
import * as Paging from "../Paging.js"
import { type Download, type DownloadError, type DownloadOptions, makeDownload } from "./CloudFiles/download.js"
import {
  type BulkResult,
  type ContainerSummary,
  endpoints as table,
  type ObjectSummary,
  type Subdirectory
} from "./CloudFiles/endpoints.js"
import {
  type Copied,
  type CopyError,
  type CopyOptions,
  type DeleteLargeObjectError,
  makeLargeObjects
} from "./CloudFiles/largeObjects.js"
import {
  type DownloadedFile,
  type DownloadToFileError,
  type DownloadToFileOptions,
  makeDownloadToFile
} from "./CloudFiles/toFile.js"
import { makeUpload, type Uploaded, type UploadError, type UploadOptions } from "./CloudFiles/upload.js"

export {
  Account,
  BulkResult,
  ByteRange,
  Container,
  ContainerSummary,
  endpoints,
  ManifestEntry,
  md5Of,
  ObjectInfo,
  ObjectSummary,
  Segment,
  Subdirectory
} from "./CloudFiles/endpoints.js"

export {
  /**
   * Bytes at hand.
   *
   * @since 0.1.0
   * @category constructors
   */
  fromBytes,
  /**
   * A file, read as it is sent.
   *
   * @since 0.1.0
   * @category constructors
   */
  fromFile,
  /**
   * A Stream, one-shot unless it says otherwise.
   *
   * @since 0.1.0
   * @category constructors
   */
  fromStream,
  /**
   * A text, as UTF-8.
   *
   * @since 0.1.0
   * @category constructors
   */
  fromString
} from "../RequestBody.js"

export type {
  /**
   * An object whose content is on its way.
   *
   * @since 0.1.0
   * @category models
   */
  Download,
  /**
   * Whatever the head of a download can fail with.
   *
   * @since 0.1.0
   * @category errors
   */
  DownloadError,
  /**
   * What to download.
   *
   * @since 0.1.0
   * @category models
   */
  DownloadOptions
} from "./CloudFiles/download.js"

export type {
  /**
   * What was copied.
   *
   * @since 0.1.0
   * @category models
   */
  Copied,
  /**
   * Whatever a copy can fail with.
   *
   * @since 0.1.0
   * @category errors
   */
  CopyError,
  /**
   * What to copy, and where to.
   *
   * @since 0.1.0
   * @category models
   */
  CopyOptions,
  /**
   * Whatever deleting an object with its segments can fail with.
   *
   * @since 0.1.0
   * @category errors
   */
  DeleteLargeObjectError
} from "./CloudFiles/largeObjects.js"

export type {
  /**
   * A segment of an overwritten object that is still there, and why.
   *
   * @since 0.1.0
   * @category models
   */
  LeftSegment
} from "./CloudFiles/oldSegments.js"

export type {
  /**
   * What was downloaded to a file.
   *
   * @since 0.1.0
   * @category models
   */
  DownloadedFile,
  /**
   * Whatever a download to a file can fail with.
   *
   * @since 0.1.0
   * @category errors
   */
  DownloadToFileError,
  /**
   * What to download, and to which file.
   *
   * @since 0.1.0
   * @category models
   */
  DownloadToFileOptions
} from "./CloudFiles/toFile.js"

export type {
  /**
   * What was stored.
   *
   * @since 0.1.0
   * @category models
   */
  Uploaded,
  /**
   * Whatever an upload can fail with besides the failure of its source.
   *
   * @since 0.1.0
   * @category errors
   */
  UploadError,
  /**
   * What to upload, and where.
   *
   * @since 0.1.0
   * @category models
   */
  UploadOptions
} from "./CloudFiles/upload.js"

type Endpoints = Endpoint.Client<typeof table>

type PageInput<Name extends keyof Endpoints> = NonNullable<Parameters<Endpoints[Name]>[0]>

/**
 * What to list. `pageSize` is how many items one request asks for, by default as many as the cloud gives (10,000).
 *
 * @since 0.1.0
 * @category models
 */
export type ContainerFilters = Omit<PageInput<"listContainersPage">, "limit"> & {
  readonly pageSize?: number | undefined
}

/**
 * What to list. `pageSize` is how many items one request asks for, by default as many as the cloud gives (10,000).
 *
 * @since 0.1.0
 * @category models
 */
export type ObjectFilters = Omit<PageInput<"listObjectsPage">, "limit" | "delimiter"> & {
  readonly pageSize?: number | undefined
}

/**
 * What is to change in an object's metadata. What is not named stays.
 *
 * @since 0.1.0
 * @category models
 */
export type MetadataChanges = Omit<PageInput<"replaceObjectMetadata">, "manifest"> & {
  /** Keys to remove, in any case. */
  readonly remove?: ReadonlyArray<string> | undefined
}

/**
 * What Cloud Files can do: the operations of {@link endpoints}, and what takes more than one request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Omit<Endpoints, "deleteManifest"> {
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** All containers, in the order of their names, page by page as they are asked for. */
  readonly listContainers: (filters?: ContainerFilters) => Stream.Stream<ContainerSummary, CommonError>
  /** All objects of a container, in the byte order of their names, page by page as they are asked for. */
  readonly listObjects: (
    filters: ObjectFilters
  ) => Stream.Stream<ObjectSummary, CommonError | NotFound | PreconditionFailed>
  /**
   * One level of a container's names: the objects under `prefix`, and as {@link Subdirectory} what goes on behind the next
   * delimiter, which is `/` by default.
   */
  readonly listLevel: (
    filters: ObjectFilters & { readonly delimiter?: string | undefined }
  ) => Stream.Stream<ObjectSummary | Subdirectory, CommonError | NotFound | PreconditionFailed>
  /**
   * Stores an object of any size from bytes, a text, a file or a Stream, verified by its MD5.
   *
   * What is longer than `segmentThreshold` becomes a large object: segments are sent several at a time, each verified, and then put
   * together by a manifest, which the cloud verifies again. Files are read where a segment begins, so that memory does not depend
   * on their size; of a source that can only be read once, each of the `concurrency` senders holds one segment in memory.
   *
   * Any part of it can be sent again when the token expires or a connection breaks. Where the source fails, nothing is stored, and
   * its own failure surfaces; segments that are stored already are deleted, unless they are to be kept or `resume` is to find them.
   * The old segments of a large object that is overwritten are deleted once the new one is there; what could not be is in the
   * result.
   *
   * Fails with `NotFound` where there is no such container, `ChecksumMismatch` where what was stored is not what was sent,
   * `SourceChanged` where a file is written to meanwhile, `PreconditionFailed` where `createOnly` finds an object there,
   * `QuotaExceeded` where there is no room for it, and `BulkFailed`, which names segments, where the cloud refuses the manifest
   * for them.
   */
  readonly upload: <E = never, R = never>(options: UploadOptions<E, R>) => Effect.Effect<Uploaded, UploadError | E, R>
  /**
   * An object's content as a Stream. Nothing is requested before it is run. Where the connection breaks it goes on from there, as
   * often in a row as the RetryPolicy says, but only with the same version: `PreconditionFailed` if that is gone. It ends well only
   * if all of it arrived: it fails with `TransportError` where the content breaks off for good, and with `ChecksumMismatch` where
   * an MD5 is not that of the object, or of one of its segments.
   */
  readonly download: (options: DownloadOptions) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
  /** An object's headers, and its content as {@link Service.download} gives it, good as long as the scope. */
  readonly open: (options: DownloadOptions) => Effect.Effect<Download, DownloadError, Scope.Scope>
  /**
   * Downloads an object to a file, of a large one several parts at a time. It is written under another name in the same folder, and
   * takes the place of what was there once it is whole and verified, with the time of modification in its metadata `mtime`, if
   * there is one. Where it fails or is interrupted, nothing is left, unless it is to be resumed. All parts are of one version.
   *
   * Fails as `download` does, and with `PlatformError` where the file cannot be written.
   */
  readonly downloadToFile: (
    options: DownloadToFileOptions
  ) => Effect.Effect<DownloadedFile, DownloadToFileError, FileSystem.FileSystem>
  /**
   * Copies an object of any size within the cloud, a large one with its segments, so that neither needs the other (or with
   * `segments: "share"` only its manifest). The copy has the source's metadata, overlaid with what is given here, or with
   * `freshMetadata` only that.
   *
   * Fails with `NotFound` where the source or the container is missing, and with `ChecksumMismatch` where the source changes
   * meanwhile; what was copied of a large object is then deleted.
   */
  readonly copy: (options: CopyOptions) => Effect.Effect<Copied, CopyError>
  /** Copies an object and then deletes the source, a large one with its segments: two steps, between which both are there. */
  readonly move: (options: CopyOptions) => Effect.Effect<Copied, CopyError | DeleteLargeObjectError>
  /**
   * Changes metadata, type, encoding, disposition or expiry of an object, and keeps what is not named; the cloud itself would
   * drop it. It reads and then writes, so of two at the same time one may be lost. Fails with `NotFound`.
   */
  readonly updateObjectMetadata: (changes: MetadataChanges) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Deletes an object of any kind with all that belongs to it: a static large object with its segments and the manifests between, a
   * dynamic one with whatever its prefix holds. Fails with `BulkFailed`, which names what could not be deleted, and with
   * `NotFound`.
   */
  readonly deleteLargeObject: (address: {
    readonly container: string
    readonly object: string
  }) => Effect.Effect<BulkResult, DeleteLargeObjectError>
}

/**
 * Cloud Files of one region.
 *
 * @since 0.1.0
 * @category tags
 */
export class CloudFiles extends Context.Tag("effect-rackspace/CloudFiles")<CloudFiles, Service>() {}

/**
 * How Cloud Files is found in a catalog.
 *
 * @since 0.1.0
 * @category constants
 */
export const selector = { types: ["object-store"], name: "cloudFiles" } as const

const nameOf = (entry: ObjectSummary | Subdirectory): string => ("subdir" in entry ? entry.subdir : entry.name)

/**
 * Pages by the last name seen, until one is empty: the cloud may cap a page below what was asked for, so a short page says
 * nothing.
 */
const pages = <A, E>(
  operation: string,
  first: string | undefined,
  nameOfItem: (item: A) => string,
  fetch: (marker: string | undefined) => Effect.Effect<ReadonlyArray<A>, E>
) =>
  Paging.stream({ service: "CloudFiles", operation }, (marker: string | undefined) =>
    Effect.map(Effect.mapError(fetch(marker ?? first), inWordsOf(operation)), (items) => {
      const last = items.at(-1)
      return { items, next: last === undefined ? undefined : nameOfItem(last) }
    })
  )

/**
 * The service, from a login. It makes no request by itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make("CloudFiles", selector, options), (client) => {
    const { deleteManifest: _, ...operations } = Endpoint.client(client, table)
    const { download, open } = makeDownload(client, options.retry)
    const listed = (
      operation: string,
      { marker, pageSize, ...filters }: ObjectFilters & { readonly delimiter?: string | undefined }
    ) =>
      pages(operation, marker, nameOf, (next) =>
        operations.listObjectsPage({ ...filters, limit: pageSize, marker: next })
      )
    return {
      ...operations,
      endpointUrl: client.endpointUrl,
      download,
      open,
      downloadToFile: makeDownloadToFile(client, options.retry),
      upload: makeUpload(client),
      ...makeLargeObjects(client),
      listContainers: ({ marker, pageSize, ...filters } = {}) =>
        pages(
          "CloudFiles.listContainers",
          marker,
          (container) => container.name,
          (next) => operations.listContainersPage({ ...filters, limit: pageSize, marker: next })
        ),
      listObjects: (filters) =>
        Stream.filter(
          listed("CloudFiles.listObjects", filters),
          // Without a delimiter the cloud lists objects only.
          (entry): entry is ObjectSummary => "name" in entry
        ),
      listLevel: (filters) => listed("CloudFiles.listLevel", { ...filters, delimiter: filters.delimiter ?? "/" }),
      updateObjectMetadata: ({ container, metadata = {}, object, remove = [], ...changes }) =>
        Effect.gen(function* () {
          const operation = "CloudFiles.updateObjectMetadata"
          const given = { ...changes, container, object, metadata }
          yield* Endpoint.validate(client, { ...table.replaceObjectMetadata, operation }, given)
          const before = yield* operations.getObjectInfo({ container, object })
          const removed = new Set(remove.map((key) => key.toLowerCase()))
          const lowerCase = Object.fromEntries(
            Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value])
          )
          const kept = Object.fromEntries(Object.entries(before.metadata).filter(([key]) => !removed.has(key)))
          yield* operations.replaceObjectMetadata({
            contentEncoding: before.contentEncoding,
            contentDisposition: before.contentDisposition,
            manifest: before.manifest,
            ...(changes.deleteAfter === undefined && { deleteAt: before.deleteAt }),
            ...changes,
            container,
            object,
            metadata: { ...kept, ...lowerCase }
          })
        })
    }
  })

/**
 * Cloud Files of one region, from a login.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudFiles, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudFiles, make(options))
