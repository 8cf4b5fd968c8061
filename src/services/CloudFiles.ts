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
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import {
  BulkFailed,
  type ChecksumMismatch,
  type CommonError,
  type Conflict,
  type NotFound,
  type PreconditionFailed
} from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { besideAccount, type Discovery, getCapabilities } from "./CloudFiles/capabilities.js"
import { type Cdn, cdnSelector, makeCdn } from "./CloudFiles/cdn.js"
import { type Download, type DownloadError, type DownloadOptions, makeDownload } from "./CloudFiles/download.js"
import {
  type BulkResult,
  type ContainerSummary,
  endpoints as table,
  type ObjectSummary,
  type Subdirectory
} from "./CloudFiles/endpoints.js"
import { listing } from "./CloudFiles/listing.js"
import { makeSigning, type Signing } from "./CloudFiles/signatures.js"
import { makeVersions, type Versions } from "./CloudFiles/versions.js"
import { makeUpload, type Uploaded, type UploadError, type UploadOptions } from "./CloudFiles/upload.js"

export {
  Account,
  BulkResult,
  ByteRange,
  Container,
  ContainerSummary,
  endpoints,
  md5Of,
  ObjectInfo,
  ObjectSummary,
  Subdirectory
} from "./CloudFiles/endpoints.js"

/**
 * Access control lists of containers: `AccessList.anyone`, `AccessList.parseAcl`.
 *
 * @since 0.1.0
 * @category schemas
 */
export * as AccessList from "./CloudFiles/access.js"

export { Capabilities } from "./CloudFiles/capabilities.js"

export { CdnContainer, CdnContainerSummary, cdnEndpoints, cdnUrl } from "./CloudFiles/cdn.js"

export { formHtml, signForm, signTempUrl } from "./CloudFiles/signatures.js"

export type { Discovery } from "./CloudFiles/capabilities.js"

export type { Cdn, CdnFilters } from "./CloudFiles/cdn.js"

export type {
  FormPostOptions,
  FormPostRequest,
  KeyOptions,
  KeyOwner,
  SignatureAlgorithm,
  SignedForm,
  SignFormOptions,
  Signing,
  SignTempUrlOptions,
  TempUrlMethod,
  TempUrlOptions,
  TempUrlRequest
} from "./CloudFiles/signatures.js"

export type { ObjectVersion, Versions } from "./CloudFiles/versions.js"

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
 * Where Cloud Files is found, and its CDN.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends CloudClient.Options {
  /** The URL of the CDN's management, instead of what the catalog says. */
  readonly cdnEndpoint?: string | undefined
}

/**
 * What is to change in an object's metadata. What is not named stays.
 *
 * @since 0.1.0
 * @category models
 */
export type MetadataChanges = Omit<
  PageInput<"replaceObjectMetadata">,
  "manifest" | "deleteAt" | "contentEncoding" | "contentDisposition"
> & {
  /** When the cloud is to delete it; null for never. */
  readonly deleteAt?: DateTime.Utc | null | undefined
  /** Null for none. */
  readonly contentEncoding?: string | null | undefined
  /** Null for none. */
  readonly contentDisposition?: string | null | undefined
  /** Keys to remove, in any case. */
  readonly remove?: ReadonlyArray<string> | undefined
}

/**
 * What Cloud Files can do: the operations of {@link endpoints}, and what takes more than one request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Omit<Endpoints, "deleteManifest">, Cdn, Discovery, Signing, Versions {
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
   * Stores an object from bytes, a text, a file or a Stream, verified by its MD5.
   *
   * Any part of it can be sent again when the token expires or a connection breaks: bytes, files and replayable streams from
   * their start, a one-shot stream from segments that are held in memory one at a time. Where the source fails, nothing is
   * stored, and its own failure surfaces.
   *
   * Fails with `NotFound` where there is no such container, `ChecksumMismatch` where what was stored is not what was sent,
   * `PreconditionFailed` where `createOnly` finds an object there, and `QuotaExceeded` where there is no room for it.
   */
  readonly upload: <E = never, R = never>(options: UploadOptions<E, R>) => Effect.Effect<Uploaded, UploadError | E, R>
  /**
   * An object's content as a Stream. Nothing is requested before it is run. It ends well only if all of it arrived: it fails
   * with `TransportError` where the content breaks off, and with `ChecksumMismatch` where its MD5 is not the object's.
   */
  readonly download: (options: DownloadOptions) => Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
  /** An object's headers, and its content as {@link Service.download} gives it, good as long as the scope. */
  readonly open: (options: DownloadOptions) => Effect.Effect<Download, DownloadError, Scope.Scope>
  /**
   * Changes metadata, type, encoding, disposition or expiry of an object, and keeps what is not named; the cloud itself would
   * drop it; null removes a date of expiry, an encoding or a disposition. It reads and then writes, so of two at the same time one may be lost. Fails with `NotFound`.
   */
  readonly updateObjectMetadata: (changes: MetadataChanges) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Deletes a static large object with its segments. Fails with `BulkFailed`, which names what could not be deleted, and with
   * `NotFound`.
   */
  readonly deleteLargeObject: (address: {
    readonly container: string
    readonly object: string
  }) => Effect.Effect<BulkResult, CommonError | NotFound | Conflict | BulkFailed>
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
 * The service, from a login. It makes no request by itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ cdnEndpoint, ...options }: Options = {}): Effect.Effect<
  Service,
  never,
  TokenRef | HttpClient.HttpClient
> =>
  Effect.gen(function* () {
    const client = yield* CloudClient.make("CloudFiles", selector, options)
    const beside = yield* CloudClient.make("CloudFiles", { ...selector, beside: besideAccount }, options)
    // The CDN has no network of its own inside a region.
    const cdn = yield* CloudClient.make("CloudFiles", cdnSelector, {
      ...options,
      endpoint: cdnEndpoint,
      interface: "public"
    })
    const { deleteManifest, ...operations } = Endpoint.client(client, table)
    const openContainers = Endpoint.openItems(client, table.listContainersPage)
    const openObjects = Endpoint.openItems(client, table.listObjectsPage)
    const discover = Endpoint.method(beside, getCapabilities)
    const listed = (
      operation: string,
      { marker: first, pageSize: limit, ...filters }: ObjectFilters & { readonly delimiter?: string | undefined }
    ) =>
      listing({
        service: "CloudFiles",
        operation,
        first,
        nameOf,
        open: (marker) => openObjects({ ...filters, limit, marker }),
        retry: options.retry
      })
    return {
      ...operations,
      endpointUrl: client.endpointUrl,
      ...makeDownload(client),
      upload: makeUpload(client),
      ...makeCdn(cdn, client),
      ...makeSigning(client, operations, discover),
      ...makeVersions(client, operations, (filters) => listed("CloudFiles.listVersions", filters)),
      getCapabilities: discover,
      listContainers: ({ marker: first, pageSize: limit, ...filters } = {}) =>
        listing({
          service: "CloudFiles",
          operation: "CloudFiles.listContainers",
          first,
          nameOf: (container: ContainerSummary) => container.name,
          open: (marker) => openContainers({ ...filters, limit, marker }),
          retry: options.retry
        }),
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
          /** What is null goes; what is undefined stays, as if it were not named. */
          const changed = <A>(change: A | null | undefined, before: A | undefined): A | undefined =>
            change === undefined ? before : (change ?? undefined)
          const named = {
            container,
            object,
            metadata,
            contentType: changes.contentType,
            deleteAfter: changes.deleteAfter,
            contentEncoding: changed(changes.contentEncoding, undefined),
            contentDisposition: changed(changes.contentDisposition, undefined),
            deleteAt: changed(changes.deleteAt, undefined)
          }
          yield* Endpoint.validate(client, { ...table.replaceObjectMetadata, operation }, named)
          const before = yield* operations.getObjectInfo({ container, object })
          const removed = new Set(remove.map((key) => key.toLowerCase()))
          const lowerCase = Object.fromEntries(
            Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value])
          )
          const kept = Object.fromEntries(Object.entries(before.metadata).filter(([key]) => !removed.has(key)))
          yield* operations.replaceObjectMetadata({
            ...named,
            contentEncoding: changed(changes.contentEncoding, before.contentEncoding),
            contentDisposition: changed(changes.contentDisposition, before.contentDisposition),
            deleteAt: changed(changes.deleteAt, changes.deleteAfter === undefined ? before.deleteAt : undefined),
            manifest: before.manifest,
            metadata: { ...kept, ...lowerCase }
          })
        }),
      deleteLargeObject: (address) =>
        Effect.flatMap(deleteManifest(address), (result) =>
          result.errors.length === 0 && result.status.startsWith("2")
            ? Effect.succeed(result)
            : Effect.fail(
                new BulkFailed({
                  service: "CloudFiles",
                  operation: "CloudFiles.deleteLargeObject",
                  failures: result.errors.map(([path, reason]) => ({ path, reason })),
                  message: `CloudFiles.deleteLargeObject: ${address.container}/${address.object}: ${result.status}${
                    result.explanation === "" ? "" : ` ${result.explanation}`
                  }, ${result.errors.length} of its parts could not be deleted`
                })
              )
        )
    }
  })

/**
 * Cloud Files of one region, from a login.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<CloudFiles, never, TokenRef | HttpClient.HttpClient> =>
  Layer.effect(CloudFiles, make(options))
