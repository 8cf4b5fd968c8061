import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { execFileSync } from "node:child_process"
import { lstat, mkdir, readdir, readFile, rm, stat, symlink } from "node:fs/promises"
import * as TestCloud from "../src/layers/TestCloud.js"
import * as LocalFileSystem from "../src/LocalFileSystem.js"
import * as CloudFiles from "../src/services/CloudFiles.js"
import { eventually, md5, patterned, pause, requestsOf } from "./support.js"
import { prepared, put } from "./support/cloudFiles.js"
import { contentOf, folderOf } from "./support/folder.js"
import { workers } from "./support/workers.js"

const cloud = TestCloud.layer()

/** Node's own FileSystem that records which files it reads and writes. */
const watched = Effect.map(FileSystem.FileSystem, (fs) => {
  const asked: Array<string> = []
  const written: Array<string> = []
  const noting =
    (notes: Array<string>, path: string) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.zipRight(
        Effect.sync(() => notes.push(path)),
        effect
      )
  const own: FileSystem.FileSystem = {
    ...fs,
    stat: (path) => noting(asked, path)(fs.stat(path)),
    open: (path, options) => (options?.flag === "wx" ? noting(written, path) : identity)(fs.open(path, options)),
    writeFile: (path, bytes, options) => noting(written, path)(fs.writeFile(path, bytes, options))
  }
  return { asked, written, layer: Layer.provide(LocalFileSystem.layer, Layer.succeed(FileSystem.FileSystem, own)) }
}).pipe(Effect.provide(NodeFileSystem.layer))

const numbered = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.txt`, `content of ${index}`]))

/** Uploads some files, so that the worker thread is started. */
const warm = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const folder = yield* folderOf(numbered(10))
  yield* Effect.forEach(Object.keys(numbered(10)), (name) =>
    files.upload({ container: "c", object: `warm/${name}`, body: CloudFiles.fromFile(`${folder}/${name}`) })
  )
})

describe("small files of the local file system", () => {
  it.scopedLive("arrive unchanged, whatever their content and names", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const { asked, layer } = yield* watched
      const contents: Readonly<Record<string, string | Uint8Array>> = {
        ...numbered(200),
        empty: "",
        "näme with ☃ and\nnewline": "odd",
        large: patterned(256 * 1024),
        binary: patterned(100_000)
      }
      const folder = yield* folderOf(contents)
      const stored = yield* Effect.forEach(
        Object.keys(contents),
        (object) => files.upload({ container: "c", object, body: CloudFiles.fromFile(`${folder}/${object}`) }),
        { concurrency: 16 }
      ).pipe(Effect.provide(layer))
      for (const [index, [name, content]] of Object.entries(contents).entries()) {
        const bytes = Buffer.from(content)
        const { bytes: found } = (yield* emulated.files.getObject("c", name)) ?? {}
        assert.isTrue(found !== undefined && bytes.equals(found), name)
        assert.deepStrictEqual(stored[index], { etag: md5(bytes), md5: md5(bytes), bytes: bytes.length, segments: 0 })
      }
      assert.lengthOf(asked, 8, "the first ones only are read the platform's way")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("larger files, and anything that is not a file, are left to the platform and its errors", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const { layer } = yield* watched
      const long = patterned(256 * 1024 + 1)
      const folder = yield* folderOf({ long, "folder/file": "x", gone: "x" })
      execFileSync("mkfifo", [`${folder}/pipe`])
      yield* Effect.promise(async () => {
        await rm(`${folder}/gone`)
        await symlink(`${folder}/folder/file`, `${folder}/link`)
      })
      const upload = (name: string) =>
        files.upload({ container: "c", object: "o", body: CloudFiles.fromFile(`${folder}/${name}`) })
      const failureOf = (name: string) =>
        Effect.map(Effect.flip(upload(name)), (error) =>
          error._tag === "SystemError" ? `${error.reason}: ${error.description}` : error._tag
        )
      yield* Effect.gen(function* () {
        yield* warm
        yield* upload("long")
        const { bytes } = (yield* emulated.files.getObject("c", "o")) ?? {}
        assert.isTrue(bytes !== undefined && Buffer.from(long).equals(bytes))
        yield* upload("link")
        assert.strictEqual(Buffer.from((yield* emulated.files.getObject("c", "o"))?.bytes ?? []).toString(), "x")
        assert.strictEqual(yield* failureOf("folder"), "BadResource: not a regular file (Directory)")
        assert.strictEqual(yield* failureOf("pipe"), "BadResource: not a regular file (FIFO)")
        assert.match(yield* failureOf("gone"), /^NotFound: /)
        // It reports a size of zero, and is not empty.
        const odd = files.upload({ container: "c", object: "o", body: CloudFiles.fromFile("/proc/self/status") })
        if (process.platform === "linux") assert.strictEqual((yield* Effect.flip(odd))._tag, "SourceChanged")
        assert.strictEqual(yield* failureOf("nul\u0000"), "BadArgument")
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("an MD5 given by the caller is compared with the content", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const { layer } = yield* watched
      const folder = yield* folderOf({ file: "content" })
      const upload = (md5: string) =>
        files.upload({ container: "c", object: "o", md5, body: CloudFiles.fromFile(`${folder}/file`) })
      yield* Effect.gen(function* () {
        yield* warm
        assert.strictEqual((yield* Effect.flip(upload(md5("other"))))._tag, "ChecksumMismatch")
        assert.isUndefined(yield* emulated.files.getObject("c", "o"))
        yield* upload(md5("content"))
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("an interrupted read sends nothing, and does not delay others", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const { layer } = yield* watched
      const folder = yield* folderOf(numbered(40))
      const upload = (index: number) =>
        files.upload({ container: "c", object: `${index}`, body: CloudFiles.fromFile(`${folder}/${index}.txt`) })
      yield* Effect.gen(function* () {
        yield* warm
        yield* emulated.clearRequests
        const fibers = yield* Effect.forEach(numbered40, (index) => Effect.fork(upload(index)))
        yield* Effect.yieldNow()
        yield* Fiber.interruptAll(fibers.slice(0, 20))
        yield* Fiber.joinAll(fibers.slice(20))
        const names = yield* emulated.files.objects("c")
        assert.deepStrictEqual(
          names.filter((name) => !name.startsWith("warm/")).toSorted(),
          numbered40.slice(20).map(String).toSorted()
        )
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("a few files need no thread; the thread for many ends with the layer", () =>
    Effect.gen(function* () {
      yield* prepared
      const seen = yield* workers
      const { layer } = yield* watched
      const scope = yield* Scope.make()
      const context = yield* Scope.extend(Layer.build(layer), scope)
      const files = yield* CloudFiles.CloudFiles
      const folder = yield* folderOf({ file: "content" })
      const upload = Effect.provide(
        files.upload({ container: "c", object: "o", body: CloudFiles.fromFile(`${folder}/file`) }),
        context
      )
      yield* Effect.repeatN(upload, 7)
      assert.strictEqual(seen.started, 0)
      yield* Effect.repeatN(upload, 20)
      assert.deepStrictEqual(seen, { started: 1, running: 1 })
      yield* Scope.close(scope, Exit.void)
      yield* eventually("the thread has ended", () => seen.running === 0)
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("if the thread dies, files are read by the platform", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const { layer } = yield* watched
      const folder = yield* folderOf(numbered(100))
      const started = yield* Deferred.make<void>()
      const kill = (worker: { readonly terminate: () => Promise<unknown> }): void => {
        void worker.terminate()
        Deferred.unsafeDone(started, Effect.void)
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("worker", kill)),
        () => Effect.sync(() => process.off("worker", kill))
      )
      yield* Effect.forEach(
        Object.keys(numbered(100)),
        (object) => files.upload({ container: "c", object, body: CloudFiles.fromFile(`${folder}/${object}`) }),
        { concurrency: 16 }
      ).pipe(Effect.provide(layer))
      yield* Deferred.await(started)
      assert.lengthOf(yield* emulated.files.objects("c"), 100)
      const into = yield* folderOf()
      yield* CloudFiles.runFolder(files.downloadFolder({ folder: into, container: "c" })).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* contentOf(into), numbered(100))
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("are downloaded unchanged, with their times, and without extra files", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const { layer, written } = yield* watched
      const contents = { ...numbered(100), empty: "", "a/ö ☃": "odd", large: Buffer.alloc(256 * 1024, "x").toString() }
      const source = yield* folderOf(contents, 1_600_000_000.5)
      yield* CloudFiles.runFolder(files.uploadFolder({ folder: source, container: "c", archives: "never" })).pipe(
        Effect.provide(layer)
      )
      const [whole, single] = [yield* folderOf(), yield* folderOf({ "a/old": "", "0.txt": "old" })]
      yield* CloudFiles.runFolder(files.downloadFolder({ folder: whole, container: "c" })).pipe(Effect.provide(layer))
      assert.lengthOf(written, 8, "the first ones only are written the platform's way")
      yield* Effect.forEach(
        Object.keys(contents),
        (object) => files.downloadToFile({ container: "c", object, path: `${single}/${object}` }),
        { concurrency: 16 }
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* contentOf(whole), yield* contentOf(source))
      assert.deepStrictEqual(yield* contentOf(single), { ...(yield* contentOf(source)), "a/old": "" })
      for (const folder of [whole, single]) {
        for (const name of Object.keys(contents)) {
          const { mtimeMs } = yield* Effect.promise(() => stat(`${folder}/${name}`))
          assert.strictEqual(mtimeMs, 1_600_000_000_500, `${folder}/${name}`)
        }
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("an invalid time is not replaced by 1970", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf()
      const object = { container: "c", object: "o" }
      yield* files.upload({ ...object, body: CloudFiles.fromString("x"), metadata: { mtime: " " } })
      yield* files.downloadToFile({ ...object, path: `${folder}/o` }).pipe(Effect.provide(NodeFileSystem.layer))
      const { mtimeMs } = yield* Effect.promise(() => stat(`${folder}/o`))
      assert.isAbove(mtimeMs, Date.UTC(2020, 0, 1))
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("an interrupted write leaves the complete file or none", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const { layer } = yield* watched
      const source = yield* folderOf(numbered(200))
      yield* CloudFiles.runFolder(files.uploadFolder({ folder: source, container: "c" })).pipe(Effect.provide(layer))
      for (const after of [20, 60, 100, 140]) {
        const into = yield* folderOf()
        const fiber = yield* Effect.fork(
          CloudFiles.runFolder(files.downloadFolder({ folder: into, container: "c" })).pipe(Effect.provide(layer))
        )
        yield* pause(after)
        yield* Fiber.interrupt(fiber)
        const found = yield* contentOf(into)
        for (const [name, content] of Object.entries(found)) {
          assert.strictEqual(content, (numbered(200) as Record<string, string>)[name], name)
        }
      }
    }).pipe(Effect.provide(cloud))
  )

  type Upload = (
    folder: string,
    names: ReadonlyArray<string>
  ) => Effect.Effect<void, unknown, CloudFiles.CloudFiles | FileSystem.FileSystem>

  const uploads: Readonly<Record<string, Upload>> = {
    "one by one": (folder, names) =>
      Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        Effect.forEach(
          names,
          (object) => files.upload({ container: "c", object, body: CloudFiles.fromFile(`${folder}/${object}`) }),
          { concurrency: 8, discard: true }
        )
      ),
    "as a folder": (folder) =>
      Effect.flatMap(CloudFiles.CloudFiles, (files) =>
        CloudFiles.runFolder(files.uploadFolder({ container: "c", folder, archives: "never", concurrency: 8 }))
      )
  }

  for (const [how, upload] of Object.entries(uploads)) {
    it.scopedLive(`a retry sends the content that was read, although many other files were read since: ${how}`, () =>
      Effect.gen(function* () {
        const { emulated } = yield* prepared
        const { layer } = yield* watched
        const contents = Object.fromEntries(
          Array.from({ length: 600 }, (_, index) => [String(index).padStart(3, "0"), String(index).repeat(3000)])
        )
        const folder = yield* folderOf(contents)
        for (const name of ["020", "070", "071", "300"]) {
          yield* emulated.fail({
            match: { method: "PUT", path: new RegExp(`/c/${name}$`) },
            fault: { _tag: "Status", status: 503, headers: { "Retry-After": "1" } }
          })
        }
        yield* Effect.provide(upload(folder, Object.keys(contents)), layer)
        for (const [name, content] of Object.entries(contents)) {
          const stored = (yield* emulated.files.getObject("c", name))?.bytes
          assert.isTrue(stored !== undefined && Buffer.from(content).equals(stored), name)
        }
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("an existing path that is not a regular file is written in place", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const { layer, written } = yield* watched
      yield* put("o", "content")
      const folder = yield* folderOf({})
      execFileSync("mkfifo", [`${folder}/pipe`])
      yield* Effect.promise(() => symlink("/dev/null", `${folder}/device`))
      yield* Effect.promise(() => symlink("elsewhere", `${folder}/link`))
      const read = yield* Effect.fork(Effect.promise(() => readFile(`${folder}/pipe`, "utf8")))
      yield* Effect.gen(function* () {
        yield* warm
        for (const name of ["pipe", "device", "link"]) {
          const { bytes, verified } = yield* files.downloadToFile({
            container: "c",
            object: "o",
            path: `${folder}/${name}`
          })
          assert.deepStrictEqual([bytes, verified], [7, true])
        }
      }).pipe(Effect.provide(layer))
      assert.strictEqual(yield* Fiber.join(read), "content")
      assert.deepStrictEqual(written, [])
      const typeOf = (name: string) =>
        Effect.map(
          Effect.promise(() => lstat(`${folder}/${name}`)),
          (found) => [found.isFIFO(), found.isSymbolicLink(), found.isFile()]
        )
      assert.deepStrictEqual(yield* typeOf("pipe"), [true, false, false])
      assert.deepStrictEqual(yield* typeOf("device"), [false, true, false])
      // A link to nothing, or to a file, is replaced as any file is.
      assert.deepStrictEqual(yield* typeOf("link"), [false, false, true])
      assert.deepStrictEqual((yield* Effect.promise(() => readdir(folder))).toSorted(), ["device", "link", "pipe"])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("a failed write reports the reason, and leaves nothing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const { layer } = yield* watched
      yield* put("o", "content")
      const folder = yield* folderOf({ "there/file": "x", old: "old" })
      const failureOf = (path: string) =>
        Effect.map(
          Effect.flip(files.downloadToFile({ container: "c", object: "o", path: `${folder}/${path}` })),
          (error) => (error._tag === "SystemError" ? `${error.method} ${error.reason}` : error._tag)
        )
      yield* Effect.gen(function* () {
        yield* warm
        assert.strictEqual(yield* failureOf("missing/file"), "open NotFound")
        assert.strictEqual(yield* failureOf("old/file"), "open BadResource")
        assert.strictEqual(yield* failureOf("nul\u0000"), "InvalidInput")
        // The folder is created while the object is being downloaded.
        const emulated = yield* TestCloud.TestCloud
        yield* emulated.fail({ match: { method: "GET" }, fault: { _tag: "Delay", duration: Duration.seconds(3) } })
        const late = yield* Effect.fork(failureOf("late"))
        const fetched = Effect.map(requestsOf("files"), (all) => all.filter(({ status }) => status === undefined))
        while ((yield* fetched).length === 0) yield* pause()
        yield* Effect.promise(() => mkdir(`${folder}/late`))
        assert.strictEqual(yield* Fiber.join(late), "open BadResource")
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* contentOf(folder), { "there/file": "x", old: "old", "late/": "" })
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("behaves like the FileSystem that it wraps", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* folderOf({ file: "content" })
      assert.strictEqual(yield* fs.readFileString(`${folder}/file`), "content")
      yield* fs.writeFileString(`${folder}/other`, "other")
      assert.deepStrictEqual((yield* fs.readDirectory(folder)).toSorted(), ["file", "other"])
    }).pipe(Effect.provide(Layer.provide(LocalFileSystem.layer, NodeFileSystem.layer)))
  )
})

const numbered40 = Array.from({ length: 40 }, (_, index) => index)
