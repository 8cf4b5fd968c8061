/**
 * `?extract-archive`: an archive uploaded in one request whose files become objects. As with every bulk operation the
 * status is 200, and the body contains the result.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Zlib from "node:zlib"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as Bulk from "./bulk.js"
import * as ByteText from "./byteText.js"
import * as Containers from "./containers.js"
import * as Reading from "./reading.js"
import type { Settings, Storage } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"
import * as Tar from "./tar.js"
import * as Writing from "./writing.js"

/** Swift stops after this many failures. */
const maxProblems = 1000

/** Reported names are cut to this length. */
const maxNameLength = 1024 + 256 + 2

/** Ends the extraction early: the archive is unreadable, or the request was invalid. */
class Ended {
  readonly _tag = "Ended"
  constructor(
    readonly status: number,
    readonly body: string
  ) {}
}

/** Receives the uncompressed bytes of the archive. Both members fail if the archive is invalid. */
interface Sink {
  readonly push: (bytes: Uint8Array) => Effect.Effect<void, Ended>
  readonly finish: Effect.Effect<void, Ended>
}

const invalid = (reason: string): Ended => new Ended(400, `Invalid Tar File: ${reason}`)

/** Decompresses gzip into another sink. The tar reader detects truncated data, so this does not. */
const gunzip = (sink: Sink) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => Zlib.createGunzip({ finishFlush: Zlib.constants.Z_SYNC_FLUSH })),
      (unzip) => Effect.sync(() => unzip.destroy())
    ),
    (unzip): Sink => {
      let parts: Array<Uint8Array> = []
      let start = ""
      let failed: Error | undefined
      unzip.on("data", (part: Uint8Array) => parts.push(part))
      unzip.on("error", (error) => {
        failed = error
      })
      const settled = (write: (done: () => void) => void) =>
        Effect.async<void, Ended>((resume) => {
          const done = () => {
            unzip.off("error", done)
            resume(failed === undefined ? Effect.void : Effect.fail(invalid("invalid compressed data")))
          }
          unzip.once("error", done)
          write(done)
          return Effect.sync(() => unzip.off("error", done))
        })
      const forward = Effect.suspend(() => {
        const taken = parts
        parts = []
        return Effect.forEach(taken, sink.push, { discard: true })
      })
      return {
        push: (bytes) =>
          Effect.suspend(() => {
            for (let at = 0; start.length < 2 && at < bytes.byteLength; at++) {
              start += String.fromCharCode(bytes[at] ?? 0)
            }
            return start.length === 2 && start !== "\x1f\x8b"
              ? Effect.fail(invalid("not a gzip file"))
              : Effect.zipRight(
                  settled((done) => unzip.write(bytes, done)),
                  forward
                )
          }),
        finish: Effect.suspend(() =>
          start.length < 2
            ? Effect.fail(invalid("not a gzip file"))
            : Effect.zipRight(
                settled((done) => unzip.end(done)),
                Effect.zipRight(forward, sink.finish)
              )
        )
      }
    }
  )

/** The object header for an extended attribute of a file: its type or a metadata item. */
const headerOf = (keyword: string): string | undefined => {
  const [, name] = /^(?:SCHILY|LIBARCHIVE)\.xattr\.user\.(.+)$/s.exec(keyword) ?? []
  return name === "mime_type"
    ? "content-type"
    : name?.startsWith("meta.")
      ? `x-object-meta-${name.slice("meta.".length).toLowerCase()}`
      : undefined
}

/** The headers of the request that apply to every file. */
const commonHeaders = (request: ServiceRequest): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(request.headers).filter(
      ([header]) =>
        header === "content-type" ||
        header === "x-delete-at" ||
        header === "x-delete-after" ||
        header.startsWith("x-object-meta-")
    )
  )

/** The response's status, also of a refusal. */
const statusOf = (respond: () => WireResponse): Effect.Effect<number> =>
  Refusal.attempt(respond).pipe(
    Effect.catchAll((refused) => Effect.succeed(refused.response)),
    Effect.map((response) => response.status)
  )

/** The headers of a file: its size and extended attributes, which Ceph's RADOS Gateway ignores. */
const fileHeaders = ({ records, size }: Tar.TarFile, { dialect }: Settings): Readonly<Record<string, string>> => ({
  "content-length": String(size),
  ...Object.fromEntries(
    (dialect === "ceph" ? [] : [...records]).flatMap(([keyword, value]) => {
      const header = headerOf(keyword)
      return header === undefined ? [] : [[header, value] as const]
    })
  )
})

/** Stores files one after another and counts the results. */
const makeUnpacker = (storage: Storage, settings: Settings, request: ServiceRequest) => {
  const base = ByteText.percentDecode(request.path).replace(/^\//, "").replace(/\/+$/, "")
  const common = commonHeaders(request)
  const seen = new Set<ByteText.ByteText>()
  const problems: Array<Bulk.Problem> = []
  let created = 0
  let containers = 0

  const report = (path: ByteText.ByteText, status: string): void => {
    problems.push([ByteText.percentEncode(path.slice(0, maxNameLength)), status])
  }

  /** Creates the container if it is missing. The result is the error status if that failed. */
  const createContainer = (name: ByteText.ByteText, now: number): Effect.Effect<number | undefined, Ended> =>
    Effect.gen(function* () {
      if (storage.get(name, now) !== undefined) {
        return undefined
      }
      const bare = { ...request, headers: {} }
      const status = yield* statusOf(() => Containers.put(storage, settings, bare, name, now))
      if (status >= 300) {
        return status
      }
      containers++
      return containers > settings.maxArchiveContainers
        ? yield* Effect.fail(
            new Ended(400, `More than ${settings.maxArchiveContainers} containers to create from tar.`)
          )
        : undefined
    })

  /** The file's `container/object`; undefined if it is in no container. */
  const pathOf = (file: Tar.TarFile): ByteText.ByteText | undefined => {
    const name = file.name.replace(/^\.\//, "").replace(/^\/+/, "")
    const path = base === "" ? name : `${base}/${name}`
    return path.includes("/") ? path : undefined
  }

  const store = (file: Tar.TarFile, stored: StoredBytes.StoredBytes | undefined): Effect.Effect<void, Ended> =>
    Effect.gen(function* () {
      const name = pathOf(file)
      if (name === undefined) {
        return
      }
      const path = Reading.splitPath(name)
      if (!ByteText.isValid(name)) {
        return report(name, Answer.statusLine(412))
      }
      if (file.size > settings.maxObjectBytes) {
        return report(name, Answer.statusLine(413))
      }
      if (stored === undefined) {
        return report(name, "500 Internal Error")
      }
      if (path === undefined) {
        return report(name, Answer.statusLine(400))
      }
      const now = yield* Clock.currentTimeMillis
      const refused = seen.has(path.container) ? undefined : yield* createContainer(path.container, now)
      seen.add(path.container)
      const headers = { ...common, ...fileHeaders(file, settings) }
      const work: Writing.Work = { storage, settings, request: { ...request, headers }, path }
      const status = yield* statusOf(() => {
        Writing.checkPut(work, now)
        return Writing.store(work, now, Writing.objectOf(work, now, stored), stored.md5)
      })
      if (status < 300) {
        created++
        return
      }
      if (refused !== undefined) {
        const account = ByteText.fromText(request.caller.storageAccount)
        report(`/v1/${account}/${path.container}`, Answer.statusLine(refused))
      }
      report(name, Answer.statusLine(status))
    })

  return {
    store,
    /** Whether the file's bytes must be kept until it is complete. */
    isWanted: (file: Tar.TarFile): boolean => file.size <= settings.maxObjectBytes && pathOf(file) !== undefined,
    isFull: () => problems.length >= maxProblems,
    outcome: (ended: Ended | undefined): Bulk.Outcome => {
      const nothing = problems.length === 0 && created === 0 ? invalid("No Valid Files") : undefined
      const { body = "", status = problems.length > 0 ? 400 : 201 } = ended ?? nothing ?? {}
      // Failures of the server are reported differently from errors in the request.
      const isOurs = ended === undefined && problems.some(([, problem]) => problem.startsWith("5"))
      return {
        status: Answer.statusLine(isOurs ? 502 : status),
        body,
        counts: { "Number Files Created": created },
        problems
      }
    }
  }
}

/** Passes bytes to the tar reader and stores the files that it finds. */
const unpacking = (unpacker: ReturnType<typeof makeUnpacker>): Sink => {
  type Complete = readonly [Tar.TarFile, StoredBytes.StoredBytes | undefined]
  let complete: Array<Complete> = []
  let writer: StoredBytes.Writer | undefined
  const reader = Tar.reader({
    onData: (file, bytes) => {
      if (unpacker.isWanted(file)) {
        writer ??= StoredBytes.writer(file.size)
        writer.write(bytes)
      }
    },
    onEnd: (file, isWhole) => {
      complete.push([file, isWhole ? (writer ?? StoredBytes.writer(0)).finish() : undefined])
      writer = undefined
    }
  })
  const after = (read: () => void): Effect.Effect<void, Ended> =>
    Effect.suspend(() => {
      let problem: Ended | undefined
      try {
        read()
      } catch (thrown) {
        if (!(thrown instanceof Tar.InvalidTar)) {
          throw thrown
        }
        problem = invalid(thrown.reason)
      }
      const files = complete
      complete = []
      const stored = Effect.forEach(files, ([file, bytes]) =>
        unpacker.isFull() ? Effect.void : unpacker.store(file, bytes)
      )
      return Effect.zipRight(stored, problem === undefined ? Effect.void : Effect.fail(problem))
    })
  return {
    push: (bytes) => after(() => reader.push(bytes)),
    finish: after(() => reader.finish())
  }
}

/** PUT with `?extract-archive`. */
export const extract = (
  storage: Storage,
  settings: Settings,
  request: ServiceRequest,
  format: string
): Effect.Effect<WireResponse, WireBroken | Refusal.Refusal> => {
  const compression = format.toLowerCase().replace(/^\.+|\.+$/g, "")
  if (compression !== "tar" && compression !== "tar.gz" && compression !== "tar.bz2") {
    return Effect.succeed(Answer.sentence(400, "Unsupported archive format"))
  }
  const about = { counts: { "Number Files Created": 0 }, root: "extract" } as const
  const failed = (status: number): WireResponse =>
    Bulk.respond({ status: Answer.statusLine(status), counts: about.counts, problems: [] }, request, about)
  if (compression === "tar.bz2") {
    // Node.js has no bzip2. This is the message of a Python that was built without it.
    const { body, status } = invalid("bz2 module is not available")
    const outcome = { status: Answer.statusLine(status), body, counts: about.counts, problems: [] }
    return Effect.succeed(Bulk.respond(outcome, request, about))
  }
  const isChunked = request.headers["transfer-encoding"]?.toLowerCase() === "chunked"
  if (request.headers["content-length"] === undefined && !isChunked) {
    return Effect.succeed(failed(411))
  }
  return Effect.scoped(
    Effect.gen(function* () {
      const begun = yield* Clock.currentTimeMillis
      const unpacker = makeUnpacker(storage, settings, request)
      const tar = unpacking(unpacker)
      const sink = compression === "tar" ? tar : yield* gunzip(tar)
      const ended = yield* Stream.runForEachWhile(request.body, (bytes) =>
        Effect.map(sink.push(bytes), () => !unpacker.isFull())
      ).pipe(
        Effect.zipRight(Effect.suspend(() => (unpacker.isFull() ? Effect.void : sink.finish))),
        Effect.as(undefined),
        Effect.catchIf((problem) => problem instanceof Ended, Effect.succeed)
      )
      const now = yield* Clock.currentTimeMillis
      return Bulk.respond(unpacker.outcome(ended), request, { ...about, elapsed: now - begun })
    })
  )
}
