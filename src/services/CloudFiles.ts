/**
 * Cloud Files: containers of objects, of any size and any name.
 *
 * Uploads and downloads are streamed, never held whole in memory, and verified by their checksums. Names address exactly the
 * object that bears them, whatever characters they hold.
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

export { fromBytes, fromFile, fromStream, fromString } from "../RequestBody.js"

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

/** Where Cloud Files is found, and its CDN. */
export interface Options extends CloudClient.Options {
  /** The URL of the CDN's management, instead of what the catalog says. */
  readonly cdnEndpoint?: string | undefined
}

/** What Cloud Files can do: the operations of {@link endpoints}, and operations that take several requests. */
export interface Service
  extends Omit<Endpoints, "deleteManifest" | "bulkDeletePaths" | "putArchive">, Cdn, Discovery, Signing, Versions {
  /**
   * The client of the service. `Endpoint.method(yield* service.client, endpoint)` makes an operation that the library lacks. It is
   * an Effect, so that `Layer.mock` needs none.
   */
  readonly client: Effect.Effect<CloudClient.CloudClient>
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** All containers, in the order of their names, page by page as they are asked for. */
  readonly listContainers: {
    (filters?: ListContainers): Stream.Stream<ContainerSummary, CommonError>
    /** One level of their names: with the containers, the common beginnings of names that contain the delimiter. */
    (filters: ListContainerLevel): Stream.Stream<ContainerSummary | Subdirectory, CommonError>
  }
  /** All objects of a container, in the byte order of their names, page by page as they are asked for. */
  readonly listObjects: (
    filters: ListObjects
  ) => Stream.Stream<ObjectSummary, CommonError | NotFound | PreconditionFailed>
  /**
   * One level of a container's names: the objects under `prefix`, and as {@link Subdirectory} the names that contain another
   * delimiter, which is `/` by default.
   */
  readonly listLevel: (
    filters: ListLevel
  ) => Stream.Stream<ObjectSummary | Subdirectory, CommonError | NotFound | PreconditionFailed>
  /**
   * Stores an object of any size from bytes, a text, a file or a Stream, verified by its MD5.
   *
   * What is longer than `segmentThreshold` becomes a large object: segments are sent several at a time, each verified, and then put
   * together by a manifest, which the cloud verifies again. Files are read where a segment begins, so that memory does not depend
   * on their size; of a source that can only be read once, each of the `concurrency` senders holds one segment in memory.
   *
   * With `compress` the body is compressed while it is sent, and stored with `Content-Encoding: gzip`.
   *
   * Any part of it can be sent again when the token expires or a connection breaks. Where the source fails, nothing is stored, and
   * its own failure surfaces; segments that are stored already are deleted, unless they are to be kept or `resume` is to find them.
   * The old segments of a large object that is overwritten are deleted once the new one is there, unless the container keeps
   * versions; segments that remain are in the result.
   *
   * Fails with `NotFound` where there is no such container, `ChecksumMismatch` where what was stored is not what was sent,
   * `SourceChanged` where a file is written to meanwhile, `PreconditionFailed` where `createOnly` finds an object there,
   * `QuotaExceeded` where there is no room for it, and `BulkFailed`, which names segments, where the cloud refuses the manifest
   * for them.
   */
  readonly upload: <E = never, R = never>(options: UploadOptions<E, R>) => Effect.Effect<Uploaded, UploadError | E, R>
  /**
   * An object's content as a Stream. Nothing is requested before it is run. Where the connection breaks it continues from there, as
   * often in a row as the RetryPolicy says, but only with the same version: `PreconditionFailed` if that is gone. It ends well only
   * if all of it arrived: it fails with `TransportError` where the content breaks off for good, and with `ChecksumMismatch` where
   * an MD5 is not that of the object, or of one of its segments.
   *
   * With `decompress` an object whose `Content-Encoding` is gzip is decompressed while it is read. It fails with `MalformedResponse`
   * where that is not gzip, or ends too early.
   */
  readonly download: (options: DownloadOptions) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
  /**
   * Several ranges of an object by one request (`Range: bytes=a-b,c-d`), each emitted whole as soon as it is there, so that memory
   * grows with the longest of them. They come in the order of `ranges` from Swift; `index` says which one it is. A range that the
   * cloud leaves out of its response, or that breaks off, is requested separately, of the same version.
   *
   * Fails with `NotFound`, with `RangeNotSatisfiable` where a range begins after the object's end, and with `PreconditionFailed` where
   * the object is another one meanwhile. "Get object content and metadata", `GET /v1/{account}/{container}/{object}`.
   */
  readonly downloadRanges: (
    options: DownloadRangesOptions
  ) => Stream.Stream<DownloadedRange, DownloadError | ChecksumMismatch>
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
   * `segments: "share"` only its manifest). The copy has the source's metadata, overlaid with the options given here, or with
   * `freshMetadata` only that. The old segments of a large object that is overwritten are deleted as `upload` does it, but for
   * those of which the copy or its source consists.
   *
   * `source.account` copies from another account, and `account` to another one, where the login may read and write there; it fails
   * with `Forbidden` where it may not.
   *
   * Fails with `NotFound` where the source or the container is missing, and with `ChecksumMismatch` where the source changes
   * meanwhile; what was copied of a large object is then deleted.
   */
  readonly copy: (options: CopyOptions) => Effect.Effect<Copied, CopyError>
  /** Copies an object and then deletes the source, a large one with its segments: two steps, between which both are there. */
  readonly move: (options: CopyOptions) => Effect.Effect<Copied, CopyError | DeleteLargeObjectError>
  /**
   * Changes metadata, type, expiry or other headers of an object. What is not named stays as it is, byte for byte (the cloud
   * itself would drop it); null removes a header. It reads and then writes, so of two changes at the same time one may be lost.
   *
   * Fails with `NotFound`, and with `InvalidInput` where the object is a symbolic link and `symlink` does not say whether the link
   * or its target is meant.
   */
  readonly updateObjectMetadata: (changes: MetadataChanges) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Deletes an object of any kind with all that belongs to it: a static large object with its segments and the manifests between, a
   * dynamic one with whatever its prefix holds, unless that is the whole container. Fails with `BulkFailed`, which names what could
   * not be deleted, and with `NotFound`.
   */
  readonly deleteLargeObject: (address: Address) => Effect.Effect<BulkResult, DeleteLargeObjectError>
  /**
   * Deletes many objects, and then containers that are empty, up to 10,000 in a request; where the cloud has no bulk deletion,
   * 16 at a time. What is not there counts as deleted. Of a large object only the manifest goes; and a segment goes where it is
   * named, even where a manifest refers to it. Fails with `BulkFailed`, which names what could not be deleted and
   * why, when all the others are.
   */
  readonly bulkDelete: (input: {
    readonly objects: Iterable<BulkTarget>
  }) => Effect.Effect<BulkDeleted, CommonError | BulkFailed>
  /**
   * Deletes all objects of a container, or those of a prefix. Segments under the prefix of large objects elsewhere in the container
   * stay, and are in the result. Old versions of the objects stay in the container's `versionsLocation`, which is removed while
   * objects are deleted, or each deletion would bring an old version back; an object that is overwritten meanwhile leaves no old version. It
   * is set again in the end, whatever happens. Fails with `NotFound`, and as {@link Service.bulkDelete} does.
   */
  readonly emptyContainer: (options: EmptyOptions) => Effect.Effect<BulkDeleted, CommonError | NotFound | BulkFailed>
  /**
   * Deletes a container with all that is in it, all versions that it keeps under ids included. Old versions that it keeps in another
   * container stay there, since that may be shared; its `versionsLocation` is removed first, or deletions would bring them back.
   *
   * The cloud may say for some seconds that the container is not empty: that is waited for, up to about 30 seconds, and then it
   * fails with `Conflict`. It fails with `Conflict` at once where the cloud says that versions are left which cannot be deleted.
   * Fails with `NotFound`, and as {@link Service.bulkDelete} does.
   */
  readonly deleteContainerWithContents: (
    options: Omit<EmptyOptions, "prefix">
  ) => Effect.Effect<BulkDeleted, CommonError | NotFound | Conflict | BulkFailed>
  /**
   * Makes objects of the files in an archive. Files that did not become objects are in the result's `errors`. Fails with
   * `BulkFailed` where the archive as a whole was not taken (it is none, or the cloud cannot).
   */
  readonly extractArchive: <E = never, R = never>(
    options: ArchiveOptions<E, R>
  ) => Effect.Effect<ExtractResult, CommonError | NotFound | QuotaExceeded | BulkFailed | E, R>
  /**
   * Uploads the files of a folder, and overwrites objects of their names. Each keeps the time of its last modification in the metadata `mtime`, as
   * other clients keep it. Each file is reported as a {@link FolderEvent}; a file that fails does not stop the others.
   * Run it with `runFolder`, which fails if any file did, or watch it. Large files are uploaded in segments, as `upload` does it. Expiry,
   * metadata, content type and other headers can be given for all files, or for each by `describe`. A file
   * that would overwrite a segment of a large object is `Failed`, with `FileRefused`.
   *
   * The folder is walked, and small files are read, by Node's own `fs` in a worker thread; larger ones by the `FileSystem`.
   *
   * Fails with `NotFound` where there is no such container, and with `PlatformError` where the folder cannot be read.
   */
  readonly uploadFolder: (
    options: UploadFolderOptions
  ) => Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem>
  /**
   * Downloads the objects of a folder as files, and replaces files of their names. Each is verified before it takes its place, and has the time
   * of modification that its metadata `mtime` says, else that of the object. Nothing is written outside of the folder, whatever
   * an object is called and whatever symbolic links there are: such an object is `Failed`, with `FileRefused`. Segments of large
   * objects under the prefix are no files, wherever they are.
   *
   * Fails with `NotFound` where there is no such container.
   */
  readonly downloadFolder: (
    options: DownloadFolderOptions
  ) => Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem>
  /** How a folder and its objects differ, in the byte order of their names. Changes nothing. Fails as `uploadFolder` does. */
  readonly compareFolder: (options: CompareFolderOptions) => Stream.Stream<Comparison, FolderError>
  /**
   * Makes the objects like the folder, or the folder like the objects: transfers files that are only at one side or differ, and
   * with `delete` deletes files that are only at the other. Equal files are `Skipped`. Segments of large objects that stay are neither
   * transferred as files nor deleted. Fails as `uploadFolder` does.
   */
  readonly sync: (options: SyncOptions) => Stream.Stream<FolderEvent, FolderError, FileSystem.FileSystem>
}

/** Cloud Files of one region. */
export class CloudFiles extends Context.Tag("effect-rackspace/CloudFiles")<CloudFiles, Service>() {}

/** How Cloud Files is found in a catalog. */
export const selector = { types: ["object-store"], name: "cloudFiles" } as const

/** The operations that take several requests. */
type OwnOperations = Exclude<
  keyof Service,
  keyof Endpoints | keyof typeof cdnEndpoints | "client" | "endpointUrl" | "getCapabilities"
>

/** The service, from a login. Making it sends no request. */
export const make = (options: Options = {}): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) => checked<Service, OwnOperations>("CloudFiles", service, inputs))

/** The clients of the storage, of `/info`, and of the CDN. */
const makeClients = ({ cdnEndpoint, ...options }: Options) =>
  Effect.all({
    client: CloudClient.make("CloudFiles", selector, options),
    discovery: CloudClient.make("CloudFiles", { ...selector, relocate: withoutAccount }, options),
    // The CDN has no network of its own inside a region.
    cdn: CloudClient.make("CloudFiles", cdnSelector, {
      ...options,
      endpoint: cdnEndpoint,
      interface: "public",
      // The option names the storage's entry in the catalog.
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

/** What works on the objects of another account, made once for each. */
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
    const downloads = makeDownload(client, retry, { releases: true })
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

/** Cloud Files of one region, from a login. */
export const layer = (options: Options = {}): Layer.Layer<CloudFiles, never, TokenRef | HttpClient.HttpClient> =>
  Layer.effect(CloudFiles, make(options))
