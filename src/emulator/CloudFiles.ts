/**
 * Cloud Files, which is OpenStack's Swift: one account's containers and objects in one region (files.md sections 1 to 8,
 * and of section 9 versions, pages from elsewhere and what everybody may read). It is driven by headers, answers in text
 * and HTML, and takes any bytes for a name.
 *
 * Not emulated: users other than the account's own (what access lists say of them is kept, not enforced), static
 * websites, access logs, archives of bzip2 and sparse files in archives, the versions of today's Swift
 * (`X-History-Location`, `X-Versions-Enabled`), and replicas, so that every read is fresh.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Access from "./CloudFiles/access.js"
import * as Accounts from "./CloudFiles/accounts.js"
import * as Answer from "./CloudFiles/answer.js"
import * as Archive from "./CloudFiles/archive.js"
import * as Bulk from "./CloudFiles/bulk.js"
import * as CephDialect from "./CloudFiles/cephDialect.js"
import * as ByteText from "./CloudFiles/byteText.js"
import * as Containers from "./CloudFiles/containers.js"
import * as Copying from "./CloudFiles/copying.js"
import * as CrossOrigin from "./CloudFiles/crossOrigin.js"
import * as Discovery from "./CloudFiles/discovery.js"
import * as FormPost from "./CloudFiles/formPost.js"
import * as MediaType from "./CloudFiles/mediaType.js"
import * as Metadata from "./CloudFiles/metadata.js"
import * as ObjectVersioning from "./CloudFiles/objectVersioning.js"
import * as Reading from "./CloudFiles/reading.js"
import * as StaticLargeObject from "./CloudFiles/staticLargeObject.js"
import type { Container, Dialect, Settings } from "./CloudFiles/storage.js"
import { Storage } from "./CloudFiles/storage.js"
import * as StoredBytes from "./CloudFiles/storedBytes.js"
import * as Symlink from "./CloudFiles/symlink.js"
import * as TemporaryUrl from "./CloudFiles/temporaryUrl.js"
import * as Writing from "./CloudFiles/writing.js"
import type { EmulatedService, ServiceRequest, WireBroken, WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"

/** What may be chosen about Cloud Files. */
export interface CloudFilesOptions {
  /** How many entries a listing has at most, and the greatest `limit` that is not refused. Default 10,000. */
  readonly pageLimit?: number | undefined
  /** How large an object may be that is uploaded or copied in one piece. Default 5,368,709,120: 5 GiB. */
  readonly maxObjectBytes?: number | undefined
  /** How many containers there may be. Default 500,000. */
  readonly maxContainers?: number | undefined
  /**
   * How small a segment of a Static Large Object may be, but for the last. Default 1, as in today's Swift; Rackspace's
   * documents say 1,048,576.
   */
  readonly minimumSegmentBytes?: number | undefined
  /**
   * Whether there are Static Large Objects. Default yes. A storage without them takes a manifest for the content of a plain
   * object, as Ceph before its version 10 does.
   */
  readonly staticLargeObjects?: boolean | undefined
  /**
   * Whether there are symbolic links. Default yes. A storage without them stores an empty object for one, as Swift does without its
   * symlink middleware.
   */
  readonly symlinks?: boolean | undefined
  /** How many containers one archive may create. Default 1,000, as Rackspace's documents say; today's Swift has 10,000. */
  readonly maxArchiveContainers?: number | undefined
  /**
   * Whether `/info` tells what the storage can do, and listings have the `slo_etag` of Static Large Objects, as in today's Swift.
   * Default no: Rackspace's documents know neither.
   */
  readonly discoverable?: boolean | undefined
  /**
   * Whose answers the storage gives. `ceph` are those of the RADOS Gateway: other dates in listings, other refusals, another
   * `/info`, no quotes around ETags, and no metadata for files from archives. Default `swift`.
   */
  readonly dialect?: Dialect | undefined
  /**
   * How long requests take whose work grows with what is stored: copies, bulk deletions, extractions of archives, and manifests
   * of static large objects. Default 0.
   */
  readonly longOperationTime?: Duration.DurationInput | undefined
  /**
   * The names of other accounts that the caller may use as its own, each with a storage in the same region. They have no handles: what
   * is in them is seen by requests.
   */
  readonly otherAccounts?: ReadonlyArray<string> | undefined
  /** Where requests come from, for signed URLs that are good for some addresses only. Default `127.0.0.1`. */
  readonly clientAddress?: string | undefined
}

/** A container, as a test sees it. */
export interface ContainerState {
  readonly name: string
  /** Expired objects count for a day. */
  readonly count: number
  /** Of a large object only the manifest counts, as its segments count themselves. */
  readonly bytes: number
  /** Metadata and access lists by the names of their headers: `X-Container-Meta-Color`. */
  readonly headers: Readonly<Record<string, string>>
}

/** An object, as a test sees it. */
export interface ObjectState {
  /** What was uploaded; of a Static Large Object the manifest, of a dynamic one mostly nothing. */
  readonly bytes: Uint8Array
  /** The MD5 of these bytes, in lower-case hexadecimal. */
  readonly etag: string
  readonly contentType: string
  /** The metadata by the names in lower case behind `X-Object-Meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  /** All headers that come back with it: `Content-Encoding`, `X-Object-Meta-Color`. */
  readonly headers: Readonly<Record<string, string>>
  /** When it was written or its metadata changed, in milliseconds since 1970. */
  readonly changed: number
  /** When it expires, in seconds since 1970. */
  readonly deleteAt: number | undefined
  readonly isStaticLargeObject: boolean
}

/** What a test may say about an object that it puts in. */
export interface PutObjectOptions {
  /** Default: guessed from the name. */
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** In seconds since 1970; it may be past. */
  readonly deleteAt?: number | undefined
}

/** One account's storage in one region: what answers requests, and handles for tests. The handles know no limits. */
export interface CloudFilesEmulator extends EmulatedService {
  /** All containers, in the order of their names. */
  readonly containers: Effect.Effect<ReadonlyArray<ContainerState>>
  /** Creates a container if it is missing, and in it so many objects `object-000001`, each holding its own name. */
  readonly seedContainer: (container: string, objects?: number) => Effect.Effect<void>
  /** Removes a container with all that is in it. */
  readonly dropContainer: (container: string) => Effect.Effect<void>
  /** Stores an object, and creates its container if that is missing. A text is stored as UTF-8. */
  readonly putObject: (
    container: string,
    object: string,
    body: Uint8Array | string,
    options?: PutObjectOptions
  ) => Effect.Effect<void>
  /** The object as it is stored, whether expired or not; undefined if there is none. */
  readonly getObject: (container: string, object: string) => Effect.Effect<ObjectState | undefined>
  readonly removeObject: (container: string, object: string) => Effect.Effect<void>
  /** The names of a container's objects, in the order of listings; none if there is no such container. */
  readonly objects: (container: string) => Effect.Effect<ReadonlyArray<string>>
  /** What `/info` answers; undefined where the storage is not discoverable. */
  readonly discover: (method: string) => WireResponse | undefined
}

/** Whether a path is that of `/info`: at the root of the host, where clients look, or beside the version. */
export const isDiscovery = (path: string): boolean => /^(?:\/(?:snet-)?files\/[^/]+)?\/info\/?$/.test(path)

/** Whether the work of a request grows with what is stored. */
const isLongOperation = ({ headers, method, query }: ServiceRequest): boolean =>
  method === "COPY" ||
  query.has("bulk-delete") ||
  query.has("extract-archive") ||
  (method === "PUT" && (headers["x-copy-from"] !== undefined || query.get("multipart-manifest") === "put")) ||
  (method === "DELETE" && query.get("multipart-manifest") === "delete")

const objectMethods = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]

/** A storage with nothing in it. */
export const make = (options: CloudFilesOptions = {}): Effect.Effect<CloudFilesEmulator> =>
  Effect.map(Clock.currentTimeMillis, (created) => {
    const own = new Storage(created)
    const others = new Map(options.otherAccounts?.map((name) => [name, new Storage(created)]))
    /** The storage of the account that a request addresses. */
    const addressed = ({ otherAccount = "" }: ServiceRequest): Storage => others.get(otherAccount) ?? own
    const settings: Settings = {
      pageLimit: options.pageLimit ?? 10_000,
      maxObjectBytes: options.maxObjectBytes ?? 5 * 1024 ** 3,
      maxContainers: options.maxContainers ?? 500_000,
      minimumSegmentBytes: options.minimumSegmentBytes ?? 1,
      staticLargeObjects: options.staticLargeObjects ?? true,
      discoverable: options.discoverable ?? false,
      maxArchiveContainers: options.maxArchiveContainers ?? 1000,
      dialect: options.dialect ?? "swift"
    }

    const { clientAddress = "127.0.0.1", longOperationTime } = options

    const object = (
      request: ServiceRequest,
      path: Reading.ObjectPath,
      now: number
    ): Effect.Effect<WireResponse, WireBroken | Answer.Refused> => {
      const storage = addressed(request)
      const storageOf = (account: string): Storage | undefined =>
        account === request.caller.storageAccount ? own : others.get(account)
      const work: Writing.Work = { storage, storageOf, settings, request, path }
      const multipart = settings.staticLargeObjects ? request.query.getAll("multipart-manifest").at(-1) : undefined
      const version = ObjectVersioning.idOf(request)
      if (version !== undefined && (request.method === "PUT" || request.method === "DELETE")) {
        const change = request.method === "PUT" ? ObjectVersioning.restore : ObjectVersioning.removeVersion
        return Answer.attempt(() => change(Writing.containerOf(work, now), path.object, version))
      }
      switch (request.method) {
        case "GET":
        case "HEAD": {
          const { method } = request
          return Answer.attempt(() => {
            if (Symlink.isMeantItself(request)) {
              const read = Reading.read(storage, path, request, now, method)
              const { symlink } = read.object
              const own = symlink === undefined ? {} : Symlink.headers(symlink)
              return Reading.respond({ ...read, headers: { ...read.headers, ...own } }, method)
            }
            const found = Symlink.follow(storage, request, path, now)
            const read = Reading.read(storage, found.path, request, now, method)
            const place = found.location === undefined ? {} : { "Content-Location": found.location }
            return Reading.respond({ ...read, headers: { ...read.headers, ...place } }, method)
          })
        }
        case "PUT": {
          const from = request.headers["x-copy-from"]
          if (multipart === "put") {
            return from
              ? Effect.succeed(Answer.sentence(405, "Multipart Manifest PUTs cannot be COPY requests"))
              : StaticLargeObject.put(work)
          }
          const target = request.headers["x-symlink-target"]
          if (target && options.symlinks !== false) {
            return Answer.attempt(() => Symlink.put(work, target, now))
          }
          return from ? Answer.attempt(() => Copying.putFrom(work, from, now)) : Writing.put(work)
        }
        case "COPY":
          return Answer.attempt(() => Copying.copyTo(work, now))
        case "POST":
          return Answer.attempt(() => Writing.post(work, now))
        case "DELETE":
          return Answer.attempt(() =>
            multipart === "delete" ? StaticLargeObject.remove(work, now) : Writing.remove(storage, path, now)
          )
        case "OPTIONS": {
          const container = storage.get(path.container, now)
          return Effect.succeed(CrossOrigin.preflight(request, container, objectMethods, [...objectMethods, "COPY"]))
        }
        default:
          return Effect.succeed(Answer.standard(405, { Allow: objectMethods.join(", ") }))
      }
    }

    const route = (request: ServiceRequest, now: number): Effect.Effect<WireResponse, WireBroken | Answer.Refused> => {
      // Swift decodes the path before it splits it, so that an encoded slash is a slash.
      const path = ByteText.percentDecode(request.path).replace(/^\//, "")
      if (!ByteText.isValid(path)) {
        return Effect.succeed(Answer.sentence(412, "Invalid UTF8 or contains NULL"))
      }
      const storage = addressed(request)
      if (request.query.has("bulk-delete") && (request.method === "POST" || request.method === "DELETE")) {
        return Bulk.bulkDelete(storage, request)
      }
      const archive = request.method === "PUT" ? request.query.getAll("extract-archive").at(-1) : undefined
      if (archive !== undefined) {
        return Archive.extract(storage, settings, request, archive)
      }
      if (path === "") {
        return Answer.attempt(() => Accounts.handle(storage, settings, request, now))
      }
      const target = Reading.splitPath(`/${path}`)
      const name = path.replace(/\/$/, "")
      const answered =
        target !== undefined
          ? object(request, target, now)
          : name === "" || path.startsWith("/")
            ? Effect.succeed(Answer.sentence(412, "Bad URL"))
            : Answer.attempt(() => Containers.handle(storage, settings, request, name, now))
      return Effect.map(settled(answered), (response) =>
        CrossOrigin.shared(request, storage.get(target?.container ?? name, now), response)
      )
    }

    /** A refusal is an answer like any other. */
    const settled = (
      answer: Effect.Effect<WireResponse, WireBroken | Answer.Refused>
    ): Effect.Effect<WireResponse, WireBroken> =>
      Effect.catchIf(
        answer,
        (problem) => problem instanceof Answer.Refused,
        (refused) => Effect.succeed(refused.response)
      )

    /** Answers a long operation only after its time. */
    const worked = <E>(
      request: ServiceRequest,
      answer: Effect.Effect<WireResponse, E>
    ): Effect.Effect<WireResponse, E> =>
      longOperationTime === undefined || !isLongOperation(request)
        ? answer
        : Effect.tap(answer, () => Effect.sleep(longOperationTime))

    /** Adds what every answer has. */
    const finished = (
      request: ServiceRequest,
      answer: Effect.Effect<WireResponse, WireBroken>
    ): Effect.Effect<WireResponse, WireBroken> =>
      Effect.zipWith(answer, Clock.currentTimeMillis, (response, end) =>
        Answer.signed(
          inDialect(request, request.method === "HEAD" ? withoutBody(response) : response),
          end,
          request.region
        )
      )

    const inDialect = (request: ServiceRequest, response: WireResponse): WireResponse =>
      settings.dialect === "ceph" ? CephDialect.translate(request, response) : response

    /** What a request needs no token for: its answer, or undefined where it needs one. */
    const open = (
      request: ServiceRequest,
      isAuthenticated: boolean,
      now: number
    ): Effect.Effect<WireResponse, WireBroken> | undefined => {
      if (TemporaryUrl.isSigned(request)) {
        const admitted = TemporaryUrl.admit(own, request, clientAddress, now)
        return "status" in admitted
          ? Effect.succeed(admitted)
          : Effect.map(settled(route(admitted.request, now)), admitted.answer)
      }
      const boundary = FormPost.boundaryOf(request)
      if (boundary !== undefined) {
        return settled(FormPost.handle(own, settings, request, boundary))
      }
      if (isAuthenticated) {
        return undefined
      }
      if (request.method === "OPTIONS") {
        return settled(route(request, now))
      }
      const path = ByteText.percentDecode(request.path).replace(/^\//, "")
      const [name = ""] = path.split("/", 1)
      const container = own.get(name, now)
      const what = Reading.splitPath(path) === undefined ? "listing" : "object"
      if (
        (request.method === "GET" || request.method === "HEAD") &&
        Access.isPublic(container, request.headers["referer"], what)
      ) {
        return Effect.map(settled(route(request, now)), Access.forStrangers)
      }
      // A page from elsewhere is to see that it may not.
      return request.headers["origin"] === undefined || name === ""
        ? undefined
        : Effect.succeed(
            CrossOrigin.shared(
              request,
              container,
              Answer.standard(401, Reply.swiftRealm(request.caller.storageAccount))
            )
          )
    }

    /** To HEAD goes what would go to GET, but for the body; a refusal has then none to count. */
    const withoutBody = (response: WireResponse): WireResponse =>
      response.status < 400 ? response : { ...response, body: new Uint8Array(0) }

    const containerFor = (name: string, now: number): Container => {
      const bytes = ByteText.fromText(name)
      return own.get(bytes, now) ?? own.create(bytes, now)
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

    const utf8 = new TextEncoder()

    return {
      accounts: new Set(options.otherAccounts),
      discover: (method) => (options.discoverable === true ? Discovery.handle(settings, method) : undefined),
      handle: (request) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          finished(request, worked(request, settled(route(request, now))))
        ),
      handlePublic: (request, isAuthenticated) =>
        Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<WireResponse | undefined, WireBroken> => {
          const answer = open(request, isAuthenticated, now)
          return answer === undefined ? Effect.succeed(undefined) : finished(request, answer)
        }),
      containers: Effect.map(Clock.currentTimeMillis, (now) =>
        [...own.names.from("")].flatMap((name) => {
          const found = own.get(name, now)
          return found === undefined
            ? []
            : [
                {
                  name: ByteText.toText(name),
                  count: found.count,
                  bytes: found.bytesUsed,
                  headers: Object.fromEntries(found.headers)
                }
              ]
        })
      ),
      seedContainer: (name, objects = 0) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const found = containerFor(name, now)
          for (let index = 1; index <= objects; index++) {
            const own = `object-${String(index).padStart(6, "0")}`
            seed(found, own, utf8.encode(own), now)
          }
        }),
      dropContainer: (name) => Effect.sync(() => own.remove(ByteText.fromText(name))),
      putObject: (container, name, body, about) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          seed(containerFor(container, now), name, typeof body === "string" ? utf8.encode(body) : body, now, about)
        ),
      getObject: (container, name) =>
        Effect.map(Clock.currentTimeMillis, (now): ObjectState | undefined => {
          const found = own.get(ByteText.fromText(container), now)?.listed(ByteText.fromText(name))
          if (found === undefined) {
            return undefined
          }
          const prefix = "X-Object-Meta-"
          return {
            bytes: RequestBody.concat([...StoredBytes.slices(found.stored, 0, found.stored.size)]),
            etag: found.stored.md5,
            contentType: ByteText.toText(found.contentType),
            metadata: Object.fromEntries(
              [...found.headers]
                .filter(([header]) => header.startsWith(prefix))
                .map(([header, value]) => [header.slice(prefix.length).toLowerCase(), ByteText.toText(value)])
            ),
            headers: Object.fromEntries(found.headers),
            changed: found.changed,
            deleteAt: found.deleteAt,
            isStaticLargeObject: found.manifest !== undefined
          }
        }),
      removeObject: (container, name) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          own.get(ByteText.fromText(container), now)?.remove(ByteText.fromText(name))
        ),
      objects: (container) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          [...(own.get(ByteText.fromText(container), now)?.names.from("") ?? [])].map(ByteText.toText)
        )
    }
  })
