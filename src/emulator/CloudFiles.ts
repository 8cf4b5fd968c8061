/**
 * Cloud Files (OpenStack Swift): one account's containers and objects in one region. It is controlled by headers,
 * answers in text and HTML, and accepts any bytes as names (Cloud Files API v1, and "Object Store API" of OpenStack).
 *
 * Not emulated: other users (access lists are stored but not enforced), static websites, access logs, archives of
 * bzip2, sparse files in archives, `X-History-Location`, and replicas: every read is consistent.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Access from "./CloudFiles/access.js"
import * as Accounts from "./CloudFiles/accounts.js"
import * as Answer from "./CloudFiles/answer.js"
import * as Archive from "./CloudFiles/archive.js"
import * as Bulk from "./CloudFiles/bulk.js"
import * as ByteText from "./CloudFiles/byteText.js"
import * as CephDialect from "./CloudFiles/cephDialect.js"
import * as Containers from "./CloudFiles/containers.js"
import * as CrossOrigin from "./CloudFiles/crossOrigin.js"
import * as Discovery from "./CloudFiles/discovery.js"
import * as FormPost from "./CloudFiles/formPost.js"
import * as MediaType from "./CloudFiles/mediaType.js"
import * as Metadata from "./CloudFiles/metadata.js"
import * as Objects from "./CloudFiles/objects.js"
import type { FilesAnswer, FilesRequest } from "./CloudFiles/requests.js"
import { compile, segmentsOf } from "./CloudFiles/requests.js"
import type { Container, Dialect, Settings, StoredObject } from "./CloudFiles/storage.js"
import { Storage } from "./CloudFiles/storage.js"
import * as StoredBytes from "./CloudFiles/storedBytes.js"
import * as TemporaryUrl from "./CloudFiles/temporaryUrl.js"
import type { EmulatedService, ServiceRequest, WireBroken, WireResponse } from "./Protocol.js"
import * as Refusal from "./Refusal.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"

/** Options of Cloud Files. */
export interface CloudFilesOptions {
  /** The maximum number of entries in a listing, and the greatest accepted `limit`. Default 10,000. */
  readonly pageLimit?: number | undefined
  /** The maximum size of an object that is uploaded or copied in one request. Default 5,368,709,120: 5 GiB. */
  readonly maxObjectBytes?: number | undefined
  /** The maximum number of containers. Default 500,000. */
  readonly maxContainers?: number | undefined
  /**
   * The minimum size of a segment of a Static Large Object, except the last. Default 1, as in current Swift; Rackspace
   * documents 1,048,576.
   */
  readonly minimumSegmentBytes?: number | undefined
  /**
   * Whether Static Large Objects are supported. Default true. Otherwise a manifest is stored as the content of a plain
   * object, as in Ceph before version 10.
   */
  readonly staticLargeObjects?: boolean | undefined
  /**
   * Whether symbolic links are supported. Default true. Otherwise an empty object is stored, as in Swift without its
   * symlink middleware.
   */
  readonly symlinks?: boolean | undefined
  /** How many containers one archive may create. Default 1,000, as Rackspace documents; current Swift allows 10,000. */
  readonly maxArchiveContainers?: number | undefined
  /**
   * Whether `/info` shows the capabilities, and listings have the `slo_etag` of Static Large Objects, as in current
   * Swift. Default false: Rackspace documents neither.
   */
  readonly discoverable?: boolean | undefined
  /**
   * The emulated software. `ceph` is the RADOS Gateway: different dates in listings, errors and `/info`, no quotes
   * around ETags, and no metadata for files from archives. Default `swift`.
   */
  readonly dialect?: Dialect | undefined
  /**
   * The duration of requests that depend on the amount of data: copies, bulk deletions, archive extractions, and
   * manifests of Static Large Objects. Default 0.
   */
  readonly longOperationTime?: Duration.DurationInput | undefined
  /**
   * The names of other accounts that the caller may use like its own, each with a storage in the same region. Their
   * content is reached only by requests.
   */
  readonly otherAccounts?: ReadonlyArray<string> | undefined
  /** The client's address, for signed URLs that are restricted to some addresses. Default `127.0.0.1`. */
  readonly clientAddress?: string | undefined
}

/** A container's state, for tests. */
export interface ContainerState {
  readonly name: string
  /** Expired objects count for a day. */
  readonly count: number
  /** A large object counts with its manifest only. Its segments count separately. */
  readonly bytes: number
  /** Metadata and access lists by header name: `X-Container-Meta-Color`. */
  readonly headers: Readonly<Record<string, string>>
}

/** An object's state, for tests. */
export interface ObjectState {
  /** The uploaded bytes: of a Static Large Object the manifest, of a dynamic one usually nothing. */
  readonly bytes: Uint8Array
  /** The MD5 of these bytes, in lower-case hexadecimal. */
  readonly etag: string
  readonly contentType: string
  /** The metadata by name in lower case, without `X-Object-Meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  /** All headers sent with it: `Content-Encoding`, `X-Object-Meta-Color`. */
  readonly headers: Readonly<Record<string, string>>
  /** When it was written or its metadata changed, in milliseconds since 1970. */
  readonly changed: number
  /** When it expires, in seconds since 1970. */
  readonly deleteAt: number | undefined
  readonly isStaticLargeObject: boolean
}

/** Options of an object that a test stores. */
export interface PutObjectOptions {
  /** Default: guessed from the name. */
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** In seconds since 1970. It may be in the past. */
  readonly deleteAt?: number | undefined
}

/** One account's storage in one region, with handles for tests, which ignore all limits. */
export interface CloudFilesEmulator extends EmulatedService {
  /** All containers, by name. */
  readonly containers: Effect.Effect<ReadonlyArray<ContainerState>>
  /**
   * Creates a container if it is missing, and in it this many objects: `object-000001` and so on, each containing its
   * own name.
   */
  readonly seedContainer: (container: string, objects?: number) => Effect.Effect<void>
  /** Removes a container and its content. */
  readonly dropContainer: (container: string) => Effect.Effect<void>
  /** Stores an object, and creates its container if needed. Text is stored as UTF-8. */
  readonly putObject: (
    container: string,
    object: string,
    body: Uint8Array | string,
    options?: PutObjectOptions
  ) => Effect.Effect<void>
  /** The stored object, whether expired or not; undefined if there is none. */
  readonly getObject: (container: string, object: string) => Effect.Effect<ObjectState | undefined>
  readonly removeObject: (container: string, object: string) => Effect.Effect<void>
  /** The names of a container's objects, in listing order; empty if the container does not exist. */
  readonly objects: (container: string) => Effect.Effect<ReadonlyArray<string>>
  /** Answers `/info`; undefined if the storage is not discoverable. */
  readonly discover: (method: string) => WireResponse | undefined
}

/** Whether a path is that of `/info`: at the root of the host, where clients look, or next to the version. */
export const isDiscovery = (path: string): boolean => /^(?:\/(?:snet-)?files\/[^/]+)?\/info\/?$/.test(path)

type Answered = Effect.Effect<WireResponse, WireBroken>

/** The storages of one region: the account's own, and those of other accounts by name. */
interface Storages {
  readonly own: Storage
  readonly others: ReadonlyMap<string, Storage>
}

const settingsOf = (options: CloudFilesOptions): Settings => ({
  pageLimit: options.pageLimit ?? 10_000,
  maxObjectBytes: options.maxObjectBytes ?? 5 * 1024 ** 3,
  maxContainers: options.maxContainers ?? 500_000,
  minimumSegmentBytes: options.minimumSegmentBytes ?? 1,
  staticLargeObjects: options.staticLargeObjects ?? true,
  symlinks: options.symlinks ?? true,
  discoverable: options.discoverable ?? false,
  maxArchiveContainers: options.maxArchiveContainers ?? 1000,
  dialect: options.dialect ?? "swift"
})

/** Whether the duration of a request depends on the amount of data. */
const isLongOperation = ({ headers, method, query }: ServiceRequest): boolean =>
  method === "COPY" ||
  query.has("bulk-delete") ||
  query.has("extract-archive") ||
  (method === "PUT" && (headers["x-copy-from"] !== undefined || query.get("multipart-manifest") === "put")) ||
  (method === "DELETE" && query.get("multipart-manifest") === "delete")

const decodedPath = ({ path }: ServiceRequest): ByteText.ByteText => ByteText.percentDecode(path).replace(/^\//, "")

/** The 405 with Swift's `Allow`, which omits COPY because a middleware implements it. */
const refuseMethod = (allowed: ReadonlyArray<string>): FilesAnswer =>
  Effect.succeed(Answer.standard(405, { Allow: allowed.filter((method) => method !== "COPY").join(", ") }))

/** Handles authorized requests: bulk operations, which accept any path, and the routes. */
const makeRoute = ({ others, own }: Storages, settings: Settings) => {
  const badUrl = (): FilesAnswer => Effect.succeed(Answer.sentence(412, "Bad URL"))
  const routes = [Accounts.routes(settings), Containers.routes(settings), Objects.routes(settings)]
  const route = compile(routes, { noRoute: badUrl, badMethod: (_, allowed) => refuseMethod(allowed) })

  const bulk = (request: FilesRequest): FilesAnswer | undefined => {
    const { method, query, storage } = request
    if (query.has("bulk-delete") && (method === "POST" || method === "DELETE")) {
      return Bulk.bulkDelete(storage, request)
    }
    const archive = method === "PUT" ? query.getAll("extract-archive").at(-1) : undefined
    return archive === undefined ? undefined : Archive.extract(storage, settings, request, archive)
  }

  return (request: ServiceRequest, now: number): Answered => {
    // Swift decodes the path before it splits it, so that an encoded slash is a slash.
    const path = decodedPath(request)
    if (!ByteText.isValid(path)) {
      return Effect.succeed(Answer.sentence(412, "Invalid UTF8 or contains NULL"))
    }
    const storage = others.get(request.otherAccount ?? "") ?? own
    const storageOf = (account: string): Storage | undefined =>
      account === request.caller.storageAccount ? own : others.get(account)
    const files: FilesRequest = { ...request, now, storage, storageOf }
    const bulkAnswer = bulk(files)
    const segments = segmentsOf(path)
    const answer = Refusal.answered(bulkAnswer ?? (segments === undefined ? badUrl() : route(files, segments)))
    return path === "" || bulkAnswer !== undefined
      ? answer
      : Effect.map(answer, (response) => CrossOrigin.shared(request, storage.get(segments?.[0] ?? "", now), response))
  }
}

/**
 * Handles requests without a token: signed URLs, forms, preflights and public containers. Undefined if a token is
 * needed.
 */
const makePublicRoute =
  (own: Storage, settings: Settings, route: ReturnType<typeof makeRoute>, clientAddress: string) =>
  (request: ServiceRequest, isAuthenticated: boolean, now: number): Answered | undefined => {
    if (TemporaryUrl.isSigned(request)) {
      const admitted = TemporaryUrl.admit(own, request, clientAddress, now)
      return "status" in admitted ? Effect.succeed(admitted) : Effect.map(route(admitted.request, now), admitted.answer)
    }
    const boundary = FormPost.boundaryOf(request)
    if (boundary !== undefined) {
      return Refusal.answered(FormPost.handle(own, settings, request, boundary))
    }
    if (isAuthenticated) {
      return undefined
    }
    const { headers, method } = request
    if (method === "OPTIONS") {
      return route(request, now)
    }
    const [name = "", object] = segmentsOf(decodedPath(request)) ?? []
    const container = own.get(name, now)
    const what = object === undefined ? "listing" : "object"
    if ((method === "GET" || method === "HEAD") && Access.isPublic(container, headers["referer"], what)) {
      return Effect.map(route(request, now), Access.withoutPrivateHeaders)
    }
    // The cross-origin headers let the page see that it is refused.
    const refused = Answer.standard(401, Reply.swiftRealm(request.caller.storageAccount))
    return headers["origin"] === undefined || name === ""
      ? undefined
      : Effect.succeed(CrossOrigin.shared(request, container, refused))
  }

/** The answer to a HEAD: without the body. An error then has no length either. */
const withoutBody = (response: WireResponse): WireResponse =>
  response.status < 400 ? response : { ...response, body: new Uint8Array(0) }

/** Applies the dialect and adds the headers that all answers have. */
const finished = (settings: Settings, request: ServiceRequest, answer: Answered): Answered =>
  Effect.zipWith(answer, Clock.currentTimeMillis, (response, end) => {
    const sent = request.method === "HEAD" ? withoutBody(response) : response
    const translated = settings.dialect === "ceph" ? CephDialect.translate(request, sent) : sent
    return Answer.signed(translated, end, request.region)
  })

const serviceOf = (storages: Storages, settings: Settings, options: CloudFilesOptions): EmulatedService => {
  const { clientAddress = "127.0.0.1", longOperationTime, otherAccounts } = options
  const route = makeRoute(storages, settings)
  const publicRoute = makePublicRoute(storages.own, settings, route, clientAddress)
  const delayed = (request: ServiceRequest, answer: Answered): Answered =>
    longOperationTime === undefined || !isLongOperation(request)
      ? answer
      : Effect.tap(answer, () => Effect.sleep(longOperationTime))
  return {
    accounts: new Set(otherAccounts),
    handle: (request) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        finished(settings, request, delayed(request, route(request, now)))
      ),
    handlePublic: (request, isAuthenticated) =>
      Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<WireResponse | undefined, WireBroken> => {
        const answer = publicRoute(request, isAuthenticated, now)
        return answer === undefined ? Effect.succeed(undefined) : finished(settings, request, answer)
      })
  }
}

const utf8 = new TextEncoder()

const containerFor = (storage: Storage, name: string, now: number): Container => {
  const bytes = ByteText.fromText(name)
  return storage.get(bytes, now) ?? storage.create(bytes, now)
}

const seed = (
  container: Container,
  name: string,
  body: Uint8Array,
  now: number,
  { contentType, deleteAt, metadata = {} }: PutObjectOptions = {}
): void => {
  const headers = new Map(
    Object.entries(metadata).map(([key, value]) => [
      Metadata.headerName(`X-Object-Meta-${key}`),
      ByteText.fromText(value)
    ])
  )
  if (deleteAt !== undefined) {
    headers.set("X-Delete-At", String(deleteAt))
  }
  container.put(ByteText.fromText(name), {
    stored: StoredBytes.fromBytes(body),
    contentType: contentType ?? MediaType.guess(name),
    changed: now,
    headers,
    deleteAt,
    manifest: undefined
  })
}

const stateOf = (name: ByteText.ByteText, container: Container): ContainerState => ({
  name: ByteText.toText(name),
  count: container.count,
  bytes: container.bytesUsed,
  headers: Object.fromEntries(container.headers)
})

const objectStateOf = ({ changed, contentType, deleteAt, headers, manifest, stored }: StoredObject): ObjectState => {
  const prefix = "X-Object-Meta-"
  return {
    bytes: RequestBody.concat([...StoredBytes.slices(stored, 0, stored.size)]),
    etag: stored.md5,
    contentType: ByteText.toText(contentType),
    metadata: Object.fromEntries(
      [...headers]
        .filter(([header]) => header.startsWith(prefix))
        .map(([header, value]) => [header.slice(prefix.length).toLowerCase(), ByteText.toText(value)])
    ),
    headers: Object.fromEntries(headers),
    changed,
    deleteAt,
    isStaticLargeObject: manifest !== undefined
  }
}

const handlesOf = (storage: Storage): Omit<CloudFilesEmulator, keyof EmulatedService | "discover"> => {
  const find = (container: string, now: number) => storage.get(ByteText.fromText(container), now)
  return {
    containers: Effect.map(Clock.currentTimeMillis, (now) =>
      [...storage.names.from("")].flatMap((name) => {
        const container = storage.get(name, now)
        return container === undefined ? [] : [stateOf(name, container)]
      })
    ),
    seedContainer: (name, objects = 0) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const container = containerFor(storage, name, now)
        for (let index = 1; index <= objects; index++) {
          const object = `object-${String(index).padStart(6, "0")}`
          seed(container, object, utf8.encode(object), now)
        }
      }),
    dropContainer: (name) => Effect.sync(() => storage.remove(ByteText.fromText(name))),
    putObject: (container, name, body, options) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const bytes = typeof body === "string" ? utf8.encode(body) : body
        seed(containerFor(storage, container, now), name, bytes, now, options)
      }),
    getObject: (container, name) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const object = find(container, now)?.listed(ByteText.fromText(name))
        return object === undefined ? undefined : objectStateOf(object)
      }),
    removeObject: (container, name) =>
      Effect.map(Clock.currentTimeMillis, (now) => find(container, now)?.remove(ByteText.fromText(name))),
    objects: (container) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        [...(find(container, now)?.names.from("") ?? [])].map(ByteText.toText)
      )
  }
}

/** An empty storage. */
export const make = (options: CloudFilesOptions = {}): Effect.Effect<CloudFilesEmulator> =>
  Effect.map(Clock.currentTimeMillis, (created) => {
    const settings = settingsOf(options)
    const own = new Storage(created)
    const others = new Map(options.otherAccounts?.map((name) => [name, new Storage(created)]))
    return {
      ...serviceOf({ own, others }, settings, options),
      ...handlesOf(own),
      discover: (method) => (settings.discoverable ? Discovery.handle(settings, method) : undefined)
    }
  })
