/**
 * Cloud Files: containers of objects of any size and name.
 *
 * Uploads and downloads are streamed, so memory use does not depend on the size, and verified by checksums. Names can
 * contain any characters.
 *
 * Implements the Rackspace Cloud Files API v1 (OpenStack Swift).
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type {
  BulkFailed,
  ChecksumMismatch,
  CommonError,
  Conflict,
  NotFound,
  PreconditionFailed,
  QuotaExceeded
} from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { checked } from "../internal/schema/inputs.js"
import { type ArchiveOptions, makeExtractArchive } from "./CloudFiles/bulk/archives.js"
import type { BulkResult, ExtractResult } from "./CloudFiles/bulk/bulk.js"
import { type BulkDeleted, type BulkTarget, makeBatchDeletion, makeBulkDelete } from "./CloudFiles/bulk/bulkDelete.js"
import { type EmptyOptions, makeContainerDeletion } from "./CloudFiles/bulk/containerDeletion.js"
import { capabilitiesEndpoint, type Discovery, withoutAccount } from "./CloudFiles/capabilities.js"
import { type Cdn, type cdnEndpoints, cdnSelector, makeCdn } from "./CloudFiles/cdn.js"
import {
  containerEndpoints,
  ContainerSummary,
  type ListContainerLevel,
  type ListContainers
} from "./CloudFiles/containers.js"
import { type AccountParts, inAccount, makeCopies } from "./CloudFiles/copy/acrossAccounts.js"
import type { Copied, CopyError, CopyOptions } from "./CloudFiles/copy/model.js"
import { makeDownload } from "./CloudFiles/download/download.js"
import type { Download, DownloadError, DownloadOptions } from "./CloudFiles/download/model.js"
import { type DownloadedRange, type DownloadRangesOptions, makeDownloadRanges } from "./CloudFiles/download/ranges.js"
import { makeDownloadToFile } from "./CloudFiles/downloadToFile/downloadToFile.js"
import type { DownloadedFile, DownloadToFileError, DownloadToFileOptions } from "./CloudFiles/downloadToFile/model.js"
import { endpoints } from "./CloudFiles/endpoints.js"
import { makeFolders } from "./CloudFiles/folders/folders.js"
import type {
  CompareFolderOptions,
  Comparison,
  DownloadFolderOptions,
  FolderError,
  FolderEvent,
  SyncOptions,
  UploadFolderOptions
} from "./CloudFiles/folders/model.js"
import { inputs } from "./CloudFiles/inputs.js"
import type { DeleteLargeObjectError } from "./CloudFiles/largeObjects/deletion.js"
import { makePutDynamicManifest } from "./CloudFiles/largeObjects/dynamicManifests.js"
import { makeStaticManifests, orRefusal } from "./CloudFiles/largeObjects/staticManifests.js"
import { listing, nameOf, Subdirectory } from "./CloudFiles/listing.js"
import type { Address } from "./CloudFiles/objects/address.js"
import { objectsOf } from "./CloudFiles/objects/listing.js"
import { makeMetadata, type MetadataChanges } from "./CloudFiles/objects/metadata.js"
import { type ListLevel, type ListObjects, objectEndpoints, type ObjectSummary } from "./CloudFiles/objects/objects.js"
import { makeSigning, type Signing } from "./CloudFiles/signatures/signatures.js"
import { makeSymlinks } from "./CloudFiles/symlinks.js"
import type { Uploaded, UploadError, UploadOptions } from "./CloudFiles/upload/model.js"
import { makeUpload } from "./CloudFiles/upload/upload.js"
import type { Versions } from "./CloudFiles/versions/model.js"
import { makeVersions } from "./CloudFiles/versions/versions.js"

export { Account, type UpdateAccount } from "./CloudFiles/account.js"
export {
  type Cdn,
  CdnContainer,
  CdnContainerSummary,
  cdnEndpoints,
  type CdnSettings,
  type CdnUris,
  cdnUrl,
  type EnableCdn,
  EnabledCdn,
  type ListCdnContainers,
  type ListCdnContainersPage,
  type PurgeFromCdn,
  type UpdateCdn
} from "./CloudFiles/cdn.js"
export {
  Container,
  ContainerSummary,
  type CreateContainer,
  CreatedContainer,
  type GetContainer,
  type ListContainerLevel,
  type ListContainers,
  type ListContainersPage,
  type UpdateContainer
} from "./CloudFiles/containers.js"
export type { AccessLists, ContainerSettings } from "./CloudFiles/containerSettings.js"
export type { Copied, CopyError, CopyObject, CopyOptions, CopySource } from "./CloudFiles/copy/model.js"
export {
  type GetManifest,
  ManifestEntry,
  type PutDynamicManifest,
  type PutManifest,
  Segment,
  type SegmentLocation
} from "./CloudFiles/largeObjects/manifests.js"
export { type NameRange, type NamesPage, type PageSize, Subdirectory } from "./CloudFiles/listing.js"
export type { Address, ByContainer } from "./CloudFiles/objects/address.js"
export {
  type GetObject,
  type GetObjectInfo,
  type GetObjectInfoIfChanged,
  type ListLevel,
  type ListObjects,
  type ListObjectsPage,
  md5Of,
  ObjectInfo,
  ObjectSummary,
  type PutObject,
  type ReplaceObjectMetadata
} from "./CloudFiles/objects/objects.js"
export { type ObjectHeaders, StoredObject } from "./CloudFiles/objects/requests.js"
export type { TempUrlKeys } from "./CloudFiles/settings.js"
export { type CreateSymlink, SymlinkTarget } from "./CloudFiles/symlinks.js"
export { BulkResult, ExtractResult } from "./CloudFiles/bulk/bulk.js"

export { endpoints } from "./CloudFiles/endpoints.js"

export { ByteRange } from "./CloudFiles/objects/byteRange.js"

/** Access control lists of containers: `AccessList.anyone`, `AccessList.parseAcl`. */
export * as AccessList from "./CloudFiles/access.js"

export { Capabilities } from "./CloudFiles/capabilities.js"

export { formHtml, signForm, signTempUrl } from "./CloudFiles/signatures/signing.js"

export type { Discovery } from "./CloudFiles/capabilities.js"

export type {
  FormPostOptions,
  FormPostRequest,
  KeyOptions,
  KeyOwner,
  SignatureAlgorithm,
  SignedForm,
  SignFormOptions,
  SignTempUrlOptions,
  TempUrlMethod,
  TempUrlOptions,
  TempUrlRequest
} from "./CloudFiles/signatures/model.js"

export type { Signing } from "./CloudFiles/signatures/signatures.js"

export type { MetadataChanges } from "./CloudFiles/objects/metadata.js"

export type { ObjectVersion, VersionAddress, Versions } from "./CloudFiles/versions/model.js"

export { content, fromBytes, fromFile, fromStream, fromString } from "../RequestBody.js"

export type { Download, DownloadError, DownloadOptions } from "./CloudFiles/download/model.js"

export type { DownloadedRange, DownloadRangesOptions } from "./CloudFiles/download/ranges.js"

export type { DeleteLargeObjectError } from "./CloudFiles/largeObjects/deletion.js"

export type { LeftSegment } from "./CloudFiles/largeObjects/segments.js"

export type { DownloadedFile, DownloadToFileError, DownloadToFileOptions } from "./CloudFiles/downloadToFile/model.js"

export type { Uploaded, UploadError, UploadOptions } from "./CloudFiles/upload/model.js"

export type { ArchiveOptions } from "./CloudFiles/bulk/archives.js"

export type { BulkDeleted, BulkTarget } from "./CloudFiles/bulk/bulkDelete.js"

export type { EmptyOptions } from "./CloudFiles/bulk/containerDeletion.js"

export type {
  CompareFolderOptions,
  Comparing,
  Comparison,
  Deleted,
  Done,
  DescribedFile,
  DescribeOptions,
  DownloadFolderOptions,
  Failed,
  FileError,
  FolderError,
  FolderEvent,
  FolderOptions,
  ObjectDescription,
  Planned,
  Progress,
  ReadOptions,
  Skipped,
  Started,
  Summary,
  SyncOptions,
  TransferOptions,
  UploadFolderOptions
} from "./CloudFiles/folders/model.js"

export { FolderFailed, runFolder } from "./CloudFiles/folders/events.js"

export { FileRefused, RefusalReason } from "./CloudFiles/folders/model.js"

type Endpoints = Endpoint.Client<typeof endpoints>

/** The endpoint of Cloud Files and of its CDN. */
export interface Options extends CloudClient.Options {
  /** The URL of the CDN's management, instead of the catalog's. */
  readonly cdnEndpoint?: string | undefined
}

/** The operations of Cloud Files: those of {@link endpoints}, and operations that take several requests. */
export interface Service
  extends Omit<Endpoints, "deleteManifest" | "bulkDeletePaths" | "putArchive">, Cdn, Discovery, Signing, Versions {
  /**
   * The client of the service, for operations that the library lacks: `Endpoint.method(yield* service.client,
   * endpoint)`. It is an Effect so that `Layer.mock` can leave it out.
   */
  readonly client: Effect.Effect<CloudClient.CloudClient>
  /** The URL of the service's endpoint, without a trailing slash. It can be used as the option `endpoint`. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** All containers, sorted by name, as a Stream that loads pages on demand. */
  readonly listContainers: {
    (filters?: ListContainers): Stream.Stream<ContainerSummary, CommonError>
    /** One level of names: containers, and common prefixes up to the delimiter. */
    (filters: ListContainerLevel): Stream.Stream<ContainerSummary | Subdirectory, CommonError>
  }
  /** All objects of a container, sorted by the bytes of their names, as a Stream that loads pages on demand. */
  readonly listObjects: (
    filters: ListObjects
  ) => Stream.Stream<ObjectSummary, CommonError | NotFound | PreconditionFailed>
  /**
   * One level of a container's names: the objects under `prefix`, and as {@link Subdirectory} the common prefixes up to
   * the next delimiter, by default `/`.
   */
  readonly listLevel: (
    filters: ListLevel
  ) => Stream.Stream<ObjectSummary | Subdirectory, CommonError | NotFound | PreconditionFailed>
  /**
   * Stores an object of any size from bytes, a string, a file or a Stream, verified by MD5.
   *
   * An object longer than `segmentThreshold` is stored as a large object: segments are uploaded concurrently, each
   * verified, and combined by a manifest that the cloud verifies. Files are read at any offset, so memory use does not
   * depend on their size. For a source that can be read only once, up to `concurrency` segments are held in memory.
   *
   * With `compress` the body is compressed while it is sent, and stored with `Content-Encoding: gzip`.
   *
   * Every part is sent again if the token expires or a connection breaks. If the source fails, nothing is stored and
   * the source's error is returned; segments stored so far are deleted, unless they are to be kept or `resume` needs
   * them. When a large object is overwritten, its old segments are deleted afterwards, unless the container keeps
   * versions; the result lists remaining ones.
   *
   * Fails with `NotFound` if the container does not exist, `ChecksumMismatch` if the stored content differs,
   * `SourceChanged` if the file changes during the upload, `PreconditionFailed` if `createOnly` finds an object,
   * `QuotaExceeded` if there is no room, and `BulkFailed`, which names segments, if the cloud refuses the manifest
   * because of them.
   */
  readonly upload: <E = never, R = never>(options: UploadOptions<E, R>) => Effect.Effect<Uploaded, UploadError | E, R>
  /**
   * An object's content as a Stream, which sends no request before it is run. If the connection breaks, the download
   * resumes, with as many consecutive retries as the RetryPolicy allows, and only with the same version: otherwise it
   * fails with `PreconditionFailed`. A successful end means that everything was received: it fails with
   * `TransportError` if the content breaks off finally, and with `ChecksumMismatch` if an MD5 differs from that of the
   * object or of a segment.
   *
   * With `decompress`, an object with `Content-Encoding: gzip` is decompressed while it is read. Fails with
   * `MalformedResponse` if it is not gzip, or ends too early.
   */
  readonly download: (options: DownloadOptions) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
  /**
   * Several ranges of an object in one request (`Range: bytes=a-b,c-d`). Each is emitted as a whole when it has
   * arrived, so memory use depends on the longest one. Swift returns them in the order of `ranges`; `index` identifies
   * them. A range that is missing in the response or breaks off is requested separately, from the same version.
   *
   * Fails with `NotFound`, with `RangeNotSatisfiable` if a range begins after the object's end, and with
   * `PreconditionFailed` if the object has changed. "Get object content and metadata", `GET
   * /v1/{account}/{container}/{object}`.
   */
  readonly downloadRanges: (
    options: DownloadRangesOptions
  ) => Stream.Stream<DownloadedRange, DownloadError | ChecksumMismatch>
  /** An object's headers, and its content like {@link Service.download}, which can be read until the scope ends. */
  readonly open: (options: DownloadOptions) => Effect.Effect<Download, DownloadError, Scope.Scope>
  /**
   * Downloads an object to a file; parts of a large object are downloaded concurrently. The content is written to a
   * temporary file in the same folder, verified, and then renamed; the file gets the modification time in the metadata
   * `mtime` if there is one. After a failure or interruption the temporary file is removed, unless the download can be
   * resumed. All parts are of one version.
   *
   * Fails like `download`, and with `PlatformError` if the file cannot be written.
   */
  readonly downloadToFile: (
    options: DownloadToFileOptions
  ) => Effect.Effect<DownloadedFile, DownloadToFileError, FileSystem.FileSystem>
  /**
   * Copies an object of any size within the cloud. The segments of a large object are copied too, so that the two
   * objects are independent (with `segments: "share"` only the manifest is). The copy has the source's metadata,
   * overlaid with the options given here; with `freshMetadata` it has only these. When a large object is overwritten,
   * its old segments are deleted as in `upload`, except those that the copy or its source needs.
   *
   * `source.account` and `account` copy from and to other accounts, if the user may read and write there; otherwise it
   * fails with `Forbidden`.
   *
   * Fails with `NotFound` if the source or the container does not exist, and with `ChecksumMismatch` if the source
   * changes during the copy; copied segments are then deleted.
   */
  readonly copy: (options: CopyOptions) => Effect.Effect<Copied, CopyError>
  /** Copies an object, and then deletes the source including its segments. In between, both exist. */
  readonly move: (options: CopyOptions) => Effect.Effect<Copied, CopyError | DeleteLargeObjectError>
  /**
   * Changes metadata, type, expiry or other headers of an object. Other headers stay unchanged, byte for byte (the
   * cloud itself would remove them); null removes a header. It reads and then writes, so one of two concurrent changes
   * may be lost.
   *
   * Fails with `NotFound`, and with `InvalidInput` if the object is a symbolic link and `symlink` does not say whether
   * to change the link or its target.
   */
  readonly updateObjectMetadata: (changes: MetadataChanges) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Deletes an object of any kind: a static large object with its segments and nested manifests, a dynamic one with all
   * objects under its prefix, unless that is the whole container. Fails with `BulkFailed`, which names what could not
   * be deleted, and with `NotFound`.
   */
  readonly deleteLargeObject: (address: Address) => Effect.Effect<BulkResult, DeleteLargeObjectError>
  /**
   * Deletes objects and then empty containers, up to 10,000 per request; on clouds without bulk deletion, 16
   * concurrently. Missing ones count as deleted. Of a large object only the manifest is deleted; a segment is deleted
   * if it is given, even if a manifest refers to it. Fails with `BulkFailed`, which names what could not be deleted and
   * why, after all others were deleted.
   */
  readonly bulkDelete: (input: {
    readonly objects: Iterable<BulkTarget>
  }) => Effect.Effect<BulkDeleted, CommonError | BulkFailed>
  /**
   * Deletes all objects of a container, or those with a prefix. Segments under the prefix that belong to large objects
   * elsewhere in the container are kept, and listed in the result. Old versions in the container's `versionsLocation`
   * are kept: the setting is removed while objects are deleted, because each deletion would restore an old version, and
   * restored at the end, whatever happens. Objects overwritten in the meantime leave no old version. Fails with
   * `NotFound`, and like {@link Service.bulkDelete}.
   */
  readonly emptyContainer: (options: EmptyOptions) => Effect.Effect<BulkDeleted, CommonError | NotFound | BulkFailed>
  /**
   * Deletes a container with its content, including versions that it keeps under ids. Old versions in another container
   * are kept, since that may be shared; `versionsLocation` is removed first, because deletions would restore them.
   *
   * After its last object is gone, the cloud may consider the container non-empty for some seconds. This waits up to
   * about 30 seconds for that, and then fails with `Conflict`. It fails with `Conflict` immediately if there are
   * versions that cannot be deleted. Fails with `NotFound`, and like {@link Service.bulkDelete}.
   */
  readonly deleteContainerWithContents: (
    options: Omit<EmptyOptions, "prefix">
  ) => Effect.Effect<BulkDeleted, CommonError | NotFound | Conflict | BulkFailed>
  /**
   * Creates objects from the files in an archive. The result lists failed files in `errors`. Fails with `BulkFailed` if
   * the archive as a whole was refused (it is invalid, or the cloud does not support it).
   */
  readonly extractArchive: <E = never, R = never>(
    options: ArchiveOptions<E, R>
  ) => Effect.Effect<ExtractResult, CommonError | NotFound | QuotaExceeded | BulkFailed | E, R>
  /**
   * Uploads the files of a folder, overwriting objects of the same names. Modification times are stored in the metadata
   * `mtime`, as other clients do. Each file is reported as a {@link FolderEvent}; a failed file does not stop the
   * others. Run it with `runFolder`, which fails if any file did, or consume the Stream. Large files are uploaded in
   * segments as in `upload`. Expiry, metadata, content type and other headers can be given for all files, or for each
   * by `describe`. A file that would overwrite a segment of a large object is `Failed` with `FileRefused`.
   *
   * The folder is walked, and small files are read, by Node's own `fs` in a worker thread; larger files by the
   * `FileSystem`.
   *
   * Fails with `NotFound` if the container does not exist, and with `PlatformError` if the folder cannot be read.
   */
  readonly uploadFolder: (
    options: UploadFolderOptions
  ) => Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem>
  /**
   * Downloads the objects of a folder as files, replacing files of the same names. Each is verified before it replaces
   * a file, and gets the modification time in its metadata `mtime`, otherwise that of the object. Nothing is written
   * outside the folder, whatever the objects' names and symbolic links: such an object is `Failed` with `FileRefused`.
   * Segments of large objects are not downloaded as files.
   *
   * Fails with `NotFound` if the container does not exist.
   */
  readonly downloadFolder: (
    options: DownloadFolderOptions
  ) => Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem>
  /** The differences between a folder and its objects, sorted by the bytes of names. Fails like `uploadFolder`. */
  readonly compareFolder: (options: CompareFolderOptions) => Stream.Stream<Comparison, FolderError>
  /**
   * Makes the objects match the folder, or the folder match the objects: transfers files that are missing or differ at
   * the destination, and with `delete` deletes those that exist only there. Unchanged files are `Skipped`. Segments of
   * remaining large objects are neither transferred nor deleted. Fails like `uploadFolder`.
   */
  readonly sync: (options: SyncOptions) => Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem>
}

/** Cloud Files of one region. */
export class CloudFiles extends Context.Tag("effect-rackspace/CloudFiles")<CloudFiles, Service>() {}

/** Selects Cloud Files in a catalog. */
export const selector = { types: ["object-store"], name: "cloudFiles" } as const

/** The operations that take several requests. */
type OwnOperations = Exclude<
  keyof Service,
  keyof Endpoints | keyof typeof cdnEndpoints | "client" | "endpointUrl" | "getCapabilities"
>

/** Creates the service for a login. This sends no request. */
export const make = (options: Options = {}): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) => checked<Service, OwnOperations>("CloudFiles", service, inputs))

/** The clients of the storage, of `/info`, and of the CDN. */
const makeClients = ({ cdnEndpoint, ...options }: Options) =>
  Effect.all({
    client: CloudClient.make("CloudFiles", selector, options),
    discovery: CloudClient.make("CloudFiles", { ...selector, relocate: withoutAccount }, options),
    // The CDN has no URL in the region's internal network.
    cdn: CloudClient.make("CloudFiles", cdnSelector, {
      ...options,
      endpoint: cdnEndpoint,
      interface: "public",
      // The option names the storage's catalog entry.
      serviceName: undefined
    })
  })

/** Lists containers and objects over all pages. */
const makeListings = (client: CloudClient.CloudClient, retry: Options["retry"]) => {
  const openContainers = Endpoint.openItems(client, containerEndpoints.listContainersPage)
  const openObjects = Endpoint.openItems(client, objectEndpoints.listObjectsPage)
  return {
    listContainers: (({
      marker: first,
      pageSize: limit,
      ...filters
    }: ListContainers & { readonly delimiter?: string | undefined } = {}) =>
      listing<ContainerSummary | Subdirectory, string, CommonError>({
        service: "CloudFiles",
        operation: "CloudFiles.listContainers",
        first,
        markerOf: nameOf,
        open: (marker) => openContainers({ ...filters, limit, marker }),
        retry
      })) as Service["listContainers"],
    listEntries: (operation: string, { marker: first, pageSize: limit, ...filters }: ListLevel) =>
      listing<ObjectSummary | Subdirectory, string, CommonError | NotFound | PreconditionFailed>({
        service: "CloudFiles",
        operation,
        first,
        markerOf: nameOf,
        open: (marker) => openObjects({ ...filters, limit, marker }),
        retry
      })
  }
}

/** The operations for the objects of other accounts, created once for each account. */
const makeAccounts = (options: Options, getCapabilities: Discovery["getCapabilities"]) =>
  Effect.flatMap(Effect.context<TokenRef | HttpClient.HttpClient>(), (context) =>
    Effect.cachedFunction((account: string) =>
      CloudClient.make("CloudFiles", { ...selector, relocate: inAccount(account) }, options).pipe(
        Effect.map((client): AccountParts => ({
          client,
          bulkDelete: makeBulkDelete(makeBatchDeletion(client)),
          putStaticManifest: makeStaticManifests(client, getCapabilities)
        })),
        Effect.provide(context)
      )
    )
  )

const makeService = (options: Options): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const { cdnEndpoint: _, ...clientOptions } = options
    const { retry } = options
    const { cdn, client, discovery } = yield* makeClients(options)
    const getCapabilities = Endpoint.method(discovery, capabilitiesEndpoint)
    const {
      bulkDeletePaths: __,
      deleteManifest: ___,
      putArchive: ____,
      ...operations
    } = Endpoint.client(client, endpoints)
    const deleteBatch = makeBatchDeletion(client)
    const bulkDelete = makeBulkDelete(deleteBatch)
    const putStaticManifest = makeStaticManifests(client, getCapabilities)
    const upload = makeUpload(client, bulkDelete, putStaticManifest)
    const { download, open } = makeDownload(client, retry)
    const downloads = makeDownload(client, retry, { pooled: true })
    const { listContainers, listEntries } = makeListings(client, retry)
    return {
      ...operations,
      client: Effect.succeed(client),
      endpointUrl: client.endpointUrl,
      getCapabilities,
      listContainers,
      listObjects: (filters) => objectsOf(listEntries("CloudFiles.listObjects", filters)),
      listLevel: (filters) => listEntries("CloudFiles.listLevel", { ...filters, delimiter: filters.delimiter ?? "/" }),
      updateObjectMetadata: makeMetadata(client),
      upload,
      download,
      open,
      downloadRanges: makeDownloadRanges(client, retry),
      downloadToFile: makeDownloadToFile(client, retry),
      ...makeCopies({ client, bulkDelete, putStaticManifest }, yield* makeAccounts(clientOptions, getCapabilities)),
      putDynamicManifest: makePutDynamicManifest(client),
      putManifest: orRefusal(putStaticManifest),
      createSymlink: makeSymlinks(client, getCapabilities),
      bulkDelete: (input) => bulkDelete(input),
      ...makeContainerDeletion(client, bulkDelete, deleteBatch, getCapabilities, retry),
      extractArchive: makeExtractArchive(client),
      ...makeFolders(client, { upload, downloads, bulkDelete, getCapabilities }),
      ...makeCdn(cdn, client, retry),
      ...makeSigning(client, { ...operations, getCapabilities }),
      ...makeVersions(client, (filters) => listEntries("CloudFiles.listVersions", filters), download, retry)
    }
  })

/** The layer of Cloud Files in one region, for a login. */
export const layer = (options: Options = {}): Layer.Layer<CloudFiles, never, TokenRef | HttpClient.HttpClient> =>
  Layer.effect(CloudFiles, make(options))
