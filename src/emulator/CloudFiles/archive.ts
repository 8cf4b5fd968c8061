/**
 * `?extract-archive`: an archive that is uploaded in one request, and stored as the files that are
 * in it. As with every bulk operation the status is 200, and the body has the result.
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

/** As many failures end it before its time. */
const mostProblems = 1000

/** How much of a name is reported. */
const longestName = 1024 + 256 + 2

/** The archive cannot be read on, or the request was none from the start. */
class Ended {
  readonly _tag = "Ended"
  constructor(
    readonly status: number,
    readonly body: string
  ) {}
}

/** Where the bytes of the archive go, uncompressed. Both fail with what is wrong with the archive. */
interface Sink {
  readonly push: (bytes: Uint8Array) => Effect.Effect<void, Ended>
  readonly finish: Effect.Effect<void, Ended>
}

const invalid = (reason: string): Ended => new Ended(400, `Invalid Tar File: ${reason}`)

/** Unpacks gzip on the way to another sink. What ends too early is not missed here: it is missed in the archive. */
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

/** The header that an attribute of a file becomes: its type, or an item of metadata. */
const headerOf = (keyword: string): string | undefined => {
  const [, name] = /^(?:SCHILY|LIBARCHIVE)\.xattr\.user\.(.+)$/s.exec(keyword) ?? []
  return name === "mime_type"
    ? "content-type"
    : name?.startsWith("meta.")
      ? `x-object-meta-${name.slice("meta.".length).toLowerCase()}`
      : undefined
}

/** The headers of the request that every file is given. */
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

/** Stores files one after the other, and keeps count. */
const makeUnpacker = (storage: Storage, settings: Settings, request: ServiceRequest) => {
  const base = ByteText.percentDecode(request.path).replace(/^\//, "").replace(/\/+$/, "")
  const common = commonHeaders(request)
  const seen = new Set<ByteText.ByteText>()
  const problems: Array<Bulk.Problem> = []
  let created = 0
  let containers = 0

  const report = (path: ByteText.ByteText, status: string): void => {
    problems.push([ByteText.percentEncode(path.slice(0, longestName)), status])
  }

  const answerOf = (respond: () => WireResponse): Effect.Effect<number> =>
    Refusal.attempt(respond).pipe(
      Effect.catchAll((refused) => Effect.succeed(refused.response)),
      Effect.map((response) => response.status)
    )

  /** The status with which a container could not be created, if it was missing. */
  const createContainer = (name: ByteText.ByteText, now: number): Effect.Effect<number | undefined, Ended> =>
    Effect.gen(function* () {
      if (storage.get(name, now) !== undefined) {
        return undefined
      }
      const bare = { ...request, headers: {} }
      const status = yield* answerOf(() => Containers.put(storage, settings, bare, name, now))
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

  /** The path of a file behind the account; undefined for one that is in no container. */
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
      // Ceph's RADOS Gateway ignores the attributes of files.
      const records = settings.dialect === "ceph" ? [] : [...file.records]
      const attributes = records.flatMap(([keyword, value]) => {
        const header = headerOf(keyword)
        return header === undefined ? [] : [[header, value] as const]
      })
      const headers = { ...common, "content-length": String(file.size), ...Object.fromEntries(attributes) }
      const work: Writing.Work = { storage, settings, request: { ...request, headers }, path }
      const status = yield* answerOf(() => {
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
    /** Whether the bytes of a file are worth keeping until its end. */
    isWanted: (file: Tar.TarFile): boolean => file.size <= settings.maxObjectBytes && pathOf(file) !== undefined,
    isFull: () => problems.length >= mostProblems,
    outcome: (ended: Ended | undefined): Bulk.Outcome => {
      const nothing = problems.length === 0 && created === 0 ? invalid("No Valid Files") : undefined
      const { body = "", status = problems.length > 0 ? 400 : 201 } = ended ?? nothing ?? {}
      // What failed because the server could is told from what was wrong with the request.
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

/** Feeds a reader of tar, and stores the files that it finds. */
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
    // Node.js has no bzip2; a Python that was built without it says just this.
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
