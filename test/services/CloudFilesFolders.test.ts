import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { readdir, readFile, rename, symlink, utimes } from "node:fs/promises"
import { join } from "node:path"
import { compareNames, isSelected } from "../../src/internal/worker/names.js"
import { handle } from "../../src/internal/worker/program.js"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { unfitObject, unfitPath } from "../../src/services/CloudFiles/folders/paths.js"
import { filterOf } from "../../src/services/CloudFiles/folders/glob.js"
import * as Transport from "../../src/Transport.js"
import { collected, listeningCloud, md5, patterned, pause, requestsOf, rootFibers, traffic } from "../support.js"
import { prepared } from "../support/cloudFiles.js"
import { contentOf, folderOf } from "../support/folder.js"
import { workers } from "../support/workers.js"

const { fromBytes, fromString, runFolder } = CloudFiles

const cloud = Layer.fresh(Layer.merge(TestCloud.layer(), NodeFileSystem.layer))

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${String(index).padStart(4, "0")}.txt`, `${index}`]))

/** `Tag path` of each event about a file, with the reason if it has one. */
const eventLines = (events: ReadonlyArray<CloudFiles.FolderEvent>): Array<string> =>
  events.flatMap((event) => {
    switch (event._tag) {
      case "Summary":
      case "Started":
      case "Progress":
        return []
      case "Skipped":
        return [`Skipped ${event.path} ${event.reason}`]
      case "Failed":
        return [
          `Failed ${event.path} ${event.error._tag}${event.error._tag === "FileRefused" ? ` ${event.error.reason}` : ""}`
        ]
      default:
        return [`${event._tag} ${event.path}`]
    }
  })

const run = <E, R>(stream: Stream.Stream<CloudFiles.FolderEvent, E, R>) => Effect.map(collected(stream), eventLines)

const changes = Effect.map(traffic, (all) => all.filter((line) => !/^(GET|HEAD) /.test(line)))

describe("uploading a folder", () => {
  it.scopedLive("sends 64 or more small files in archives, each verified, and larger files separately", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({ ...many(64), "big.bin": patterned(1_048_577) })
      const summary = yield* runFolder(files.uploadFolder({ folder, container: "c", prefix: "p" }))
      assert.deepStrictEqual([summary.done, summary.archived, summary.bytes], [65, 64, 1_048_577 + 10 + 54 * 2])
      assert.deepStrictEqual((yield* changes).map((line) => line.replace(/&.*? /, " ")).toSorted(), [
        "PUT /c/p/big.bin 201",
        "PUT /c?extract-archive=tar 200",
        "PUT /c?extract-archive=tar 200"
      ])
      const stored = yield* emulated.files.getObject("c", "p/0063.txt")
      assert.strictEqual(new TextDecoder().decode(stored?.bytes), "63")
      assert.match(stored?.contentType ?? "", /^text\/plain/)
      // Empty, so that the cloud detects each file's type.
      const sent = (yield* requestsOf("files")).find(({ target }) => target.includes("extract-archive"))
      assert.strictEqual(sent?.headers["content-type"], "")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("sends fewer files one by one, and all files if the cloud cannot extract archives", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const few = yield* folderOf(many(63))
      assert.strictEqual((yield* runFolder(files.uploadFolder({ folder: few, container: "c" }))).archived, 0)
      assert.lengthOf(yield* changes, 63)
      yield* emulated.clearRequests
      // How a Swift without it treats such a request: a container that exists already.
      yield* emulated.fail({
        match: { path: "extract-archive" },
        times: Infinity,
        fault: { _tag: "Status", status: 202, body: "" }
      })
      const folder = yield* folderOf(many(3))
      const summary = yield* runFolder(files.uploadFolder({ folder, container: "c", archives: "always" }))
      assert.deepStrictEqual([summary.done, summary.archived], [3, 0])
      yield* runFolder(files.uploadFolder({ folder, container: "c", archives: "always" }))
      const asked = (yield* changes).filter((line) => line.includes("extract-archive"))
      assert.lengthOf(asked, 1, "its support is tested once")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("sends a file again if the archive's response names it, or the listing differs", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({ ...many(10), "größe 1%.txt": "odd" })
      // The first request passes; the archive gets a success response and nothing of it is stored.
      yield* emulated.fail({
        match: { path: "extract-archive" },
        skip: 1,
        fault: {
          _tag: "Status",
          status: 200,
          body: { "Number Files Created": 11, "Response Status": "201 Created", "Response Body": "", Errors: [] }
        }
      })
      const summary = yield* runFolder(files.uploadFolder({ folder, container: "c", archives: "always" }))
      assert.deepStrictEqual([summary.done, summary.archived, summary.failed], [11, 0, 0])
      assert.lengthOf(yield* emulated.files.objects("c"), 11)
      yield* emulated.clearRequests
      yield* emulated.fail({
        match: { path: "extract-archive" },
        fault: {
          _tag: "Status",
          status: 200,
          body: {
            "Number Files Created": 9,
            "Response Status": "400 Bad Request",
            "Response Body": "",
            Errors: [
              ["/v1/MossoCloudFS_x/c/0003.txt", "503 Service Unavailable"],
              ["/c/gr%C3%B6%C3%9Fe%201%25.txt", "413 Request Entity Too Large"]
            ]
          }
        }
      })
      const again = yield* runFolder(files.uploadFolder({ folder, container: "c", archives: "always" }))
      assert.deepStrictEqual([again.done, again.archived], [11, 9])
      assert.includeMembers(yield* changes, ["PUT /c/0003.txt 201", "PUT /c/gr%C3%B6%C3%9Fe%201%25.txt 201"])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("sends a file again if the listing has another MD5, another size, or no such object", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const content = many(5)
      const folder = yield* folderOf(content)
      const listed = Object.entries(content).map(([name, text]) => ({
        name,
        hash: md5(name === "0001.txt" ? "another" : text),
        bytes: name === "0002.txt" ? 2 : 1,
        content_type: "text/plain",
        last_modified: "2026-01-01T00:00:00.000000"
      }))
      yield* emulated.fail({
        match: { method: "GET", path: /\/c\?/ },
        // The first request only shows that there is nothing to overwrite.
        skip: 1,
        fault: { _tag: "Status", status: 200, body: listed.filter(({ name }) => name !== "0003.txt") }
      })
      const summary = yield* runFolder(files.uploadFolder({ folder, container: "c", archives: "always" }))
      assert.deepStrictEqual([summary.done, summary.archived], [5, 2])
      assert.sameMembers(
        (yield* changes).filter((line) => !line.includes("extract-archive")),
        ["0001", "0002", "0003"].map((name) => `PUT /c/${name}.txt 201`)
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("sends an archive's files one by one if it fails, though the container has the same already", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const upload = runFolder(
        files.uploadFolder({ folder: yield* folderOf(many(5)), container: "c", archives: "always" })
      )
      assert.strictEqual((yield* upload).archived, 5)
      yield* emulated.fail({ match: { path: "extract-archive" }, fault: { _tag: "Status", status: 400 } })
      const again = yield* upload
      assert.deepStrictEqual([again.done, again.archived], [5, 0])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("sends a second archive for 64 or more unstored files, but not a third", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf(many(70))
      const empty = { "Number Files Created": 0, "Response Status": "201 Created", "Response Body": "", Errors: [] }
      for (const [times, archived] of [
        [1, 70],
        [2, 0]
      ] as const) {
        // The first archive tests whether the cloud can extract archives.
        yield* emulated.fail({
          match: { path: "extract-archive" },
          skip: archived === 0 ? 0 : 1,
          times,
          fault: { _tag: "Status", status: 200, body: empty }
        })
        const container = `times${times}`
        yield* files.createContainer({ container })
        const summary = yield* runFolder(files.uploadFolder({ folder, container }))
        assert.deepStrictEqual([summary.done, summary.archived], [70, archived])
        assert.lengthOf(yield* emulated.files.objects(container), 70)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("lists only the names that an archive holds", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const big = patterned(700_000)
      const folder = yield* folderOf(Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((name) => [name, big])))
      const upload = { folder, container: "c", prefix: "p", archives: "always" } as const
      assert.strictEqual((yield* runFolder(files.uploadFolder(upload))).archived, 7)
      const asked = (yield* requestsOf("files"))
        .filter(({ method }) => method === "GET")
        .map(({ target }) => new URL(target, "http://cloud").searchParams)
      assert.sameDeepMembers(
        asked.map((query) => [query.get("prefix"), query.get("marker"), query.get("end_marker")]),
        [
          // Whether there is anything to overwrite.
          ["p/", null, null],
          ["p/", null, "p/e\u0001"],
          ["p/", "p/e", "p/g\u0001"]
        ]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("sends names that the extraction would change separately", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf(many(2))
      for (const prefix of ["/absolute", "./dot"]) {
        const upload = { folder, container: "c", prefix, archives: "always" } as const
        assert.strictEqual((yield* runFolder(files.uploadFolder(upload))).archived, 0)
      }
      assert.deepStrictEqual(yield* emulated.files.objects("c"), [
        "./dot/0000.txt",
        "./dot/0001.txt",
        "/absolute/0000.txt",
        "/absolute/0001.txt"
      ])
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, content] of [
    ["small files", { "a.txt": "a" }],
    ["a large one", { "a.bin": patterned(1_100_000) }]
  ] as const) {
    it.scopedLive(`ends when the container is deleted in the middle: ${what}`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const folder = yield* folderOf(content)
        yield* emulated.fail({ match: { method: "PUT", path: "/c/a" }, fault: { _tag: "Status", status: 404 } })
        const error = yield* Effect.flip(runFolder(files.uploadFolder({ folder, container: "c", archives: "never" })))
        assert.strictEqual(error._tag, "NotFound")
      }).pipe(Effect.provide(cloud))
    )
  }

  /** Changes a folder after it has been listed, and before its files are read. */
  const changedMeanwhile = (
    folder: string,
    archives: "always" | "never",
    change: (path: (name: string) => string) => void,
    {
      concurrency = 16,
      ...options
    }: { readonly concurrency?: number; readonly prefix?: string; readonly symlinks?: "skip" | "follow" } = {}
  ) =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      // The first file of two batches, or the test for archives, delays everything after it.
      yield* emulated.fail({
        match: { method: "PUT", path: archives === "always" ? /extract-archive|\/before-1/ : /\/before-/ },
        times: 2,
        fault: { _tag: "Delay", duration: "1 second" }
      })
      const fiber = yield* Effect.fork(
        run(files.uploadFolder({ ...options, folder, container: "c", archives, concurrency }))
      )
      const wanted = archives === "always" || concurrency === 1 ? 1 : 2
      while ((yield* requestsOf("files")).filter(({ method }) => method === "PUT").length < wanted) yield* pause()
      change((name) => join(folder, name))
      return yield* Fiber.join(fiber)
    })

  for (const archives of ["always", "never"] as const) {
    it.scopedLive(
      `sends files that change between listing and reading as they are then, or not at all, archives ${archives} used`,
      () =>
        Effect.gen(function* () {
          const { emulated } = yield* prepared
          const outside = yield* folderOf({ secret: "1234" })
          // Nothing else fits into their batches.
          const before = { "before-1": patterned(1_047_000), "before-2": patterned(1_047_000) }
          const folder = yield* folderOf({ ...before, gone: "gone", grown: "four", link: "four", same: "same" })
          const events = yield* changedMeanwhile(folder, archives, (path) => {
            rmSync(path("gone"))
            writeFileSync(path("grown"), "longer than it was")
            rmSync(path("link"))
            symlinkSync(join(outside, "secret"), path("link"))
          })
          assert.sameMembers(events, [
            "Done before-1",
            "Done before-2",
            "Failed gone SystemError",
            "Done grown",
            "Failed link SystemError",
            "Done same"
          ])
          const stored = yield* Effect.forEach(["grown", "same"], (name) => emulated.files.getObject("c", name))
          assert.deepStrictEqual(
            stored.map((object) => new TextDecoder().decode(object?.bytes)),
            ["longer than it was", "same"]
          )
        }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("logs in once if a token expires while an archive is sent", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf(many(80))
      const before = (yield* emulated.logins).succeeded
      yield* emulated.fail({ match: { path: "extract-archive" }, skip: 1, fault: { _tag: "ExpireTokens" } })
      const summary = yield* runFolder(files.uploadFolder({ folder, container: "c" }))
      assert.deepStrictEqual([summary.done, summary.archived], [80, 80])
      assert.strictEqual((yield* emulated.logins).succeeded, before + 1)
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("reports a file that fails and continues; the collected run fails with all failures", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf(many(5))
      yield* emulated.fail({ match: { method: "PUT", path: "0002.txt" }, fault: { _tag: "Status", status: 403 } })
      const failed = yield* Effect.flip(runFolder(files.uploadFolder({ folder, container: "c" })))
      assert.strictEqual(failed._tag, "FolderFailed")
      if (failed._tag !== "FolderFailed") return
      assert.strictEqual(failed.done, 4)
      assert.deepStrictEqual(
        failed.failures.map(({ path, tag }) => [path, tag]),
        [["0002.txt", "Forbidden"]]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("ends before sending anything if the container or folder is missing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf(many(1))
      const lost = yield* Effect.flip(runFolder(files.uploadFolder({ folder, container: "none" })))
      assert.strictEqual(lost._tag, "NotFound")
      const missing = { folder: join(folder, "none"), container: "c" }
      const errors = [
        yield* Effect.flip(runFolder(files.uploadFolder(missing))),
        yield* Effect.flip(runFolder(files.sync({ direction: "upload", ...missing, delete: true }))),
        yield* Effect.flip(Stream.runDrain(files.compareFolder(missing))),
        yield* Effect.flip(runFolder(files.uploadFolder({ ...missing, folder: join(folder, "0000.txt") })))
      ]
      assert.deepStrictEqual(
        errors.map(({ _tag }) => _tag),
        ["SystemError", "SystemError", "SystemError", "SystemError"]
      )
      assert.deepStrictEqual(yield* changes, [])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("rejects invalid input with the accepted values, and sends nothing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const [path, wrong] of Object.entries({
        folder: { folder: "" },
        "include.1": { include: ["*.txt", ""] },
        concurrency: { concurrency: 0 },
        container: { container: "a/b" }
      })) {
        const error = yield* Effect.flip(runFolder(files.uploadFolder({ folder: "/tmp", container: "c", ...wrong })))
        assert.strictEqual(error._tag, "InvalidInput")
        if (error._tag === "InvalidInput") assert.strictEqual(error.issues[0]?.path, path)
      }
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("skips symbolic links, or follows them except out of the folder or in a cycle", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const outside = yield* folderOf({ secret: "secret" })
      const folder = yield* folderOf({ "real/file": "1" })
      yield* Effect.promise(async () => {
        await symlink(join(folder, "real/file"), join(folder, "to-file"))
        await symlink(join(folder, "real"), join(folder, "to-folder"))
        await symlink(folder, join(folder, "real/up"))
        await symlink(join(outside, "secret"), join(folder, "to-secret"))
        await symlink(outside, join(folder, "to-outside"))
        await symlink("nowhere", join(folder, "to-nothing"))
      })
      const skipped = yield* run(files.uploadFolder({ folder, container: "c" }))
      assert.sameMembers(skipped, [
        "Done real/file",
        ...["real/up", "to-file", "to-folder", "to-secret", "to-outside", "to-nothing"].map(
          (path) => `Skipped ${path} symlink`
        )
      ])
      assert.deepStrictEqual(yield* emulated.files.objects("c"), ["real/file"])
      const followed = yield* run(
        files.uploadFolder({ folder, container: "c", symlinks: "follow", archives: "always" })
      )
      assert.sameMembers(followed, [
        "Done real/file",
        "Skipped real/up loop",
        "Done to-file",
        "Done to-folder/file",
        "Skipped to-folder/up loop",
        "Skipped to-secret outside",
        "Skipped to-outside outside",
        "Skipped to-nothing symlink"
      ])
      yield* runFolder(files.uploadFolder({ folder, container: "c", symlinks: "follow", outsideLinks: true }))
      assert.include(yield* emulated.files.objects("c"), "to-outside/secret")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("stores an empty folder with the folder's time if it is a link to one", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf()
      mkdirSync(join(folder, "empty"))
      symlinkSync("empty", join(folder, "link"))
      utimesSync(join(folder, "empty"), 1_500_000_000, 1_500_000_000)
      const options = { folder, container: "c", symlinks: "follow", emptyFolders: true } as const
      assert.sameMembers(yield* run(files.uploadFolder(options)), ["Done empty", "Done link"])
      const stored = yield* emulated.files.getObject("c", "link/")
      assert.strictEqual(stored?.metadata["mtime"], "1500000000.000000")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("fails a link that cannot be followed separately, unless its target is missing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ file: "1" })
      symlinkSync("nowhere", join(folder, "to-nothing"))
      symlinkSync("file/none", join(folder, "through-a-file"))
      symlinkSync("circle", join(folder, "circle"))
      // Longer than any file name may be: root may read everything, so the test needs another failure.
      symlinkSync("x".repeat(300), join(folder, "unreadable"))
      const upload = { folder, container: "c", symlinks: "follow" } as const
      assert.sameMembers(yield* run(files.uploadFolder(upload)), [
        "Done file",
        "Skipped to-nothing symlink",
        "Skipped through-a-file symlink",
        "Skipped circle symlink",
        "Failed unreadable SystemError"
      ])
      yield* files.upload({ container: "c", object: "unreadable/photo.jpg", body: fromString("kept") })
      // It may lead to a folder with expected files.
      const photos = { ...upload, include: ["*.jpg"], direction: "upload", delete: true } as const
      assert.sameMembers(yield* run(files.sync(photos)), [
        "Failed unreadable SystemError",
        "Skipped unreadable/photo.jpg failures"
      ])
      assert.lengthOf(yield* run(files.uploadFolder({ ...upload, exclude: ["unreadable"] })), 4)
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, transfer, symlinks] of [
    ["is gone, uploading", "uploadFolder", "follow"],
    ["is gone, synchronizing", "sync", "follow"],
    ["became a link", "uploadFolder", "skip"]
  ] as const) {
    it.scopedLive(`fails a folder separately that was found and ${what} when it is to be read`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const outside = yield* folderOf({ secret: "secret" })
        const folder = yield* folderOf({ "y/inner": "1", z: "2" })
        // A walk returns a thousand names at a time, and waits until they are sent.
        mkdirSync(join(folder, "empty"))
        for (let index = 1; index < 1000; index++) symlinkSync("nowhere", join(folder, `link${index}`))
        const options = { folder, container: "c", symlinks, emptyFolders: true, concurrency: 1 } as const
        let isChanged = false
        const change = () => {
          if (isChanged) return
          isChanged = true
          renameSync(join(folder, "y"), join(outside, "away"))
          if (symlinks === "skip") symlinkSync(outside, join(folder, "y"))
        }
        const events = yield* run(
          (transfer === "sync" ? files.sync({ ...options, direction: "upload" }) : files.uploadFolder(options)).pipe(
            Stream.tap(() => Effect.sync(change))
          )
        )
        assert.sameMembers(
          events.filter((line) => !/^Skipped link\d+ symlink$/.test(line)),
          ["Done empty", "Failed y SystemError", "Done z"]
        )
        assert.lengthOf(events, 1002)
        assert.deepStrictEqual(yield* emulated.files.objects("c"), ["empty/", "z"])
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("many archives, some concurrent and one of them retried, arrive unchanged", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const content = Object.fromEntries(
        Array.from({ length: 80 }, (_, index) => [`${index + 100}.txt`, `${index} `.repeat(150_000)])
      )
      const folder = yield* folderOf(content)
      // One is retried while others are in flight.
      yield* emulated.fail({
        match: { path: "extract-archive" },
        skip: 2,
        fault: { _tag: "Status", status: 503, body: "" }
      })
      const summary = yield* runFolder(files.uploadFolder({ folder, container: "c", archives: "always" }))
      assert.lengthOf(
        (yield* changes).filter((line) => line.endsWith(" 503")),
        1
      )
      // A file with another file's content would be detected, and sent again separately.
      assert.deepStrictEqual([summary.done, summary.archived, summary.failed], [80, 80, 0])
      for (const [name, text] of Object.entries(content)) {
        const stored = yield* emulated.files.getObject("c", name)
        assert.isTrue(Buffer.from(stored?.bytes ?? "").equals(Buffer.from(text)), name)
      }
    }).pipe(Effect.provide([listeningCloud(Transport.layer), NodeFileSystem.layer]))
  )

  it.scopedLive("an archive is not affected by the previous content of its buffer", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "four", "b.txt": "content of another length", "c.txt": "" })
      const archived = (buffer: Uint8Array<ArrayBuffer>) => {
        const packed = handle({
          op: "pack",
          folder,
          prefix: "",
          follow: false,
          paths: "a.txt\u0000gone.txt\u0000b.txt\u0000c.txt",
          sizes: Float64Array.of(4, 700, 25, 0),
          times: Float64Array.of(0, 0, 0, 0),
          buffer
        })
        assert.isTrue(packed[0])
        return (packed[1] as { readonly content: Uint8Array<ArrayBuffer> }).content
      }
      const fresh = archived(new Uint8Array(0))
      const used = new Uint8Array(fresh.length + 10_000).fill(0x2a)
      const again = archived(used)
      assert.strictEqual(again.buffer, used.buffer)
      assert.deepStrictEqual(Buffer.from(again), Buffer.from(fresh))
      // A buffer that is too small is not used.
      const small = new Uint8Array(512).fill(0x2a)
      assert.deepStrictEqual(Buffer.from(archived(small)), Buffer.from(fresh))
      assert.isTrue(small.every((byte) => byte === 0x2a))
    })
  )

  it.scopedLive(
    "does not follow a file that became a link after it was found, nor use the old size of one that grew",
    () =>
      Effect.gen(function* () {
        const folder = yield* folderOf({ "a.txt": "four", "b.txt": "four" })
        symlinkSync("/etc/hostname", join(folder, "link"))
        writeFileSync(join(folder, "a.txt"), "longer")
        const packed = handle({
          op: "pack",
          folder,
          prefix: "",
          follow: false,
          paths: "a.txt\u0000b.txt\u0000link",
          sizes: Float64Array.of(4, 4, 4),
          times: Float64Array.of(0, 0, 0),
          buffer: new Uint8Array(0)
        })
        assert.isTrue(packed[0])
        const { problems } = packed[1] as { problems: ReadonlyArray<readonly [number, string, string]> }
        assert.deepStrictEqual(
          problems.map(([index, code]) => [index, code]),
          [
            [0, "CHANGED"],
            [2, "ELOOP"]
          ]
        )
      })
  )

  it.scopedLive("does not follow a large file that became a link after it was found", () =>
    Effect.gen(function* () {
      const { emulated } = yield* prepared
      const outside = yield* folderOf({ secret: patterned(1_100_000) })
      const folder = yield* folderOf({ "before-1": patterned(1_100_000), link: patterned(1_100_000) })
      const change = (path: (name: string) => string) => {
        rmSync(path("link"))
        symlinkSync(join(outside, "secret"), path("link"))
      }
      const events = yield* changedMeanwhile(folder, "never", change, { concurrency: 1 })
      assert.sameMembers(events, ["Done before-1", "Failed link SystemError"])
      assert.deepStrictEqual(yield* emulated.files.objects("c"), ["before-1"])
    }).pipe(Effect.provide(cloud))
  )

  for (const [what, archives, content, options] of [
    ["in archives", "always", "four", {}],
    ["read together", "never", "four", {}],
    ["read one by one", "always", "four", { prefix: "./dot", concurrency: 1 }],
    ["sent as they are read", "never", patterned(1_100_000), { concurrency: 1 }]
  ] as const) {
    it.scopedLive(`does not read files through a folder that became a link after they were found: ${what}`, () =>
      Effect.gen(function* () {
        const { emulated } = yield* prepared
        const outside = yield* folderOf({ secret: content, "inner/secret": content })
        const before = patterned(1_047_000)
        const folder = yield* folderOf({
          "before-1": before,
          "before-2": before,
          "real/file": content,
          "swapped/inner/secret": content,
          "swapped/secret": content
        })
        const events = yield* changedMeanwhile(
          folder,
          archives,
          (path) => {
            renameSync(path("swapped"), join(outside, "away"))
            symlinkSync(outside, path("swapped"))
          },
          options
        )
        assert.sameMembers(events, [
          "Done before-1",
          "Done before-2",
          "Done real/file",
          "Failed swapped/inner/secret SystemError",
          "Failed swapped/secret SystemError"
        ])
        const names = (yield* emulated.files.objects("c")).map((name) => name.replace("./dot/", ""))
        assert.deepStrictEqual(names, ["before-1", "before-2", "real/file"])
      }).pipe(Effect.provide(cloud))
    )
  }

  for (const [what, archives, content, options] of [
    ["in archives", "always", "four", {}],
    ["read together", "never", "four", { symlinks: "follow" }],
    ["read one by one", "always", "four", { prefix: "./dot", concurrency: 1 }],
    ["sent as they are read", "never", patterned(1_100_000), { concurrency: 1 }]
  ] as const) {
    it.scopedLive.skipIf(process.platform === "win32")(
      `fails files separately that became named pipes after they were found: ${what}`,
      () =>
        Effect.gen(function* () {
          const { emulated } = yield* prepared
          const before = patterned(1_047_000)
          const folder = yield* folderOf({
            "before-1": before,
            "before-2": before,
            empty: "",
            pipe: content,
            same: content
          })
          const change = (path: (name: string) => string) => {
            // An empty pipe reads like an empty file.
            for (const name of ["empty", "pipe"]) {
              rmSync(path(name))
              execFileSync("mkfifo", [path(name)])
            }
          }
          assert.sameMembers(yield* changedMeanwhile(folder, archives, change, options), [
            "Done before-1",
            "Done before-2",
            "Failed empty SystemError",
            "Failed pipe SystemError",
            "Done same"
          ])
          const names = (yield* emulated.files.objects("c")).map((name) => name.replace("./dot/", ""))
          assert.deepStrictEqual(names, ["before-1", "before-2", "same"])
        }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("fails names separately that are not valid UTF-8 or too long for an object", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({ "good.txt": "1" })
      writeFileSync(Buffer.concat([Buffer.from(join(folder, "bad")), Buffer.from([0xff])]), "2")
      const prefix = "x".repeat(1014)
      const events = yield* run(files.uploadFolder({ folder, container: "c", prefix }))
      assert.sameMembers(events, ["Failed bad\ufffd FileRefused notUnicode", "Done good.txt"])
      assert.sameMembers(
        yield* run(files.uploadFolder({ folder, container: "c", prefix: `${prefix}xx`, exclude: ["bad*"] })),
        ["Failed good.txt FileRefused tooLong"]
      )
      assert.lengthOf(yield* emulated.files.objects("c"), 1)
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("reports the progress of a large file", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ "big.bin": patterned(3_500_000) })
      const events = yield* collected(files.uploadFolder({ folder, container: "c" }))
      const progress = events.flatMap((event) => (event._tag === "Progress" ? [event.transferred] : []))
      assert.strictEqual(progress.at(-1), 3_500_000)
      assert.isAtLeast(progress.length, 3)
      assert.deepStrictEqual(
        progress,
        progress.toSorted((a, b) => a - b)
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("leaves no worker and no fiber when interrupted", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf(many(100))
      yield* emulated.fail({
        match: { path: "extract-archive" },
        skip: 1,
        fault: { _tag: "Delay", duration: "1 hour" }
      })
      const before = rootFibers()
      const threads = yield* workers
      const fiber = yield* Effect.fork(runFolder(files.uploadFolder({ folder, container: "c" })))
      let asked = 0
      for (let look = 0; look < 2000 && asked < 2; look++) {
        yield* Effect.sleep("10 millis")
        asked = (yield* requestsOf("files")).filter(({ target }) => target.includes("extract-archive")).length
      }
      assert.strictEqual(threads.running, 1)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(threads, { started: 1, running: 0 })
      assert.isAtMost(rootFibers(), before)
    }).pipe(Effect.provide(cloud))
  )
})

describe("downloading a folder", () => {
  it.scoped("downloads exactly as many objects concurrently as requested", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      for (let index = 10; index < 22; index++) {
        yield* emulated.files.putObject("c", `o${index}`, new TextEncoder().encode("x"))
      }
      yield* emulated.fail({
        match: { method: "GET", path: /\/c\/o\d+$/ },
        times: 12,
        fault: { _tag: "Delay", duration: "1 second" }
      })
      const folder = yield* folderOf({})
      const fiber = yield* Effect.fork(run(files.downloadFolder({ folder, container: "c", concurrency: 3 })))
      const begun = Effect.map(
        requestsOf("files"),
        (all) => all.filter(({ target }) => /\/c\/o\d+$/.test(target)).length
      )
      for (let round = 1; round <= 4; round++) {
        while ((yield* begun) < 3 * round) yield* pause()
        // A fourth one would arrive now.
        yield* pause(100)
        assert.strictEqual(yield* begun, 3 * round)
        yield* TestClock.adjust("1 second")
      }
      assert.lengthOf(yield* Fiber.join(fiber), 12)
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("writes no file outside of the folder, and reports such objects", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const around = yield* folderOf({ "inside/keep.txt": "kept" })
      const folder = join(around, "inside")
      const names = [
        "../escaped",
        "a/../../escaped",
        "a/../back",
        "/absolute",
        "a//b",
        "./dot",
        "a/.",
        "a\u0000b",
        "good/file"
      ]
      for (const object of names) {
        yield* emulated.files.putObject("c", object, new TextEncoder().encode("x"))
      }
      const events = yield* run(files.downloadFolder({ folder, container: "c" }))
      assert.sameMembers(events, [
        "Failed ../escaped FileRefused outside",
        "Failed a/../../escaped FileRefused outside",
        "Failed a/../back FileRefused outside",
        "Failed /absolute FileRefused outside",
        "Failed a//b FileRefused notAPath",
        "Failed ./dot FileRefused notAPath",
        "Failed a/. FileRefused notAPath",
        "Failed a\u0000b FileRefused notAPath",
        "Done good/file"
      ])
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(around)), ["inside"])
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["good", "keep.txt"])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("treats a sibling folder with the same prefix as outside, in both directions", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const around = yield* folderOf({ "inside/file": "1", "inside-not/secret": "secret" })
      const folder = join(around, "inside")
      yield* Effect.promise(() => symlink(join(around, "inside-not"), join(folder, "link")))
      assert.sameMembers(yield* run(files.uploadFolder({ folder, container: "c", symlinks: "follow" })), [
        "Done file",
        "Skipped link outside"
      ])
      yield* files.upload({ container: "c", object: "link/new", body: fromString("new") })
      assert.include(
        yield* run(files.downloadFolder({ folder, container: "c" })),
        "Failed link/new FileRefused outside"
      )
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(join(around, "inside-not"))), ["secret"])
    }).pipe(Effect.provide(cloud))
  )

  it("rejects a name of more than 1,024 bytes or invalid Unicode before sending it", () => {
    assert.isUndefined(unfitObject("o", "path", "ü".repeat(512)))
    assert.strictEqual(unfitObject("o", "path", `${"ü".repeat(512)}x`)?.reason, "tooLong")
    assert.strictEqual(unfitObject("o", "path", "a\ud800")?.reason, "notUnicode")
  })

  it("rejects names with a special meaning on Windows there", () => {
    for (const name of ["a\\..\\..\\b", "C:evil", "a/file:stream", "con", "a/nul.txt", "trailing.", "x?"]) {
      assert.strictEqual(unfitPath("o", name, "win32")?._tag, "FileRefused", name)
      assert.isUndefined(unfitPath("o", name, "linux"), name)
    }
    assert.isUndefined(unfitPath("o", "console/a b.txt", "win32"))
  })

  it.scopedLive("does not follow a symbolic link out of the folder, and replaces one in a file's place", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const outside = yield* folderOf({ victim: "untouched" })
      const folder = yield* folderOf({ "real/x": "old" })
      yield* Effect.promise(async () => {
        await symlink(outside, join(folder, "evil"))
        await symlink(join(outside, "victim"), join(folder, "file"))
        await symlink(outside, join(folder, "as-file"))
        await symlink("real", join(folder, "within"))
      })
      for (const object of ["evil/victim", "evil/new/deep", "file", "as-file", "within/x"]) {
        yield* files.upload({ container: "c", object, body: fromString("new") })
      }
      const events = yield* run(files.downloadFolder({ folder, container: "c" }))
      assert.sameMembers(events, [
        "Failed evil/victim FileRefused outside",
        "Failed evil/new/deep FileRefused outside",
        "Done file",
        "Done as-file",
        "Done within/x"
      ])
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(outside)), ["victim"])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(outside, "victim"), "utf8")), "untouched")
      assert.strictEqual(yield* Effect.promise(() => readFile(join(folder, "file"), "utf8")), "new")
      assert.strictEqual(yield* Effect.promise(() => readFile(join(folder, "real/x"), "utf8")), "new")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("reports and keeps a file in a folder's place, and the reverse", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ "a/b": "folder here", c: "file here" })
      for (const object of ["a", "c/d"]) yield* files.upload({ container: "c", object, body: fromString("new") })
      assert.sameMembers(yield* run(files.downloadFolder({ folder, container: "c" })), [
        "Failed a FileRefused conflict",
        "Failed c/d FileRefused conflict"
      ])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(folder, "c"), "utf8")), "file here")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("keeps the old file, and no other, if content is truncated or fails verification", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({ "o.bin": "old" })
      yield* files.upload({ container: "c", object: "o.bin", body: fromBytes(patterned(100_000)) })
      yield* emulated.fail({
        match: { method: "GET", path: "/c/o.bin" },
        times: Infinity,
        fault: { _tag: "TruncateBody", afterBytes: 0 }
      })
      const [event] = yield* run(files.downloadFolder({ folder, container: "c" }))
      assert.match(event ?? "", /^Failed o\.bin TransportError/)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["o.bin"])
      yield* emulated.clearFaults
      const headers = { ETag: md5("another"), "Content-Type": "text/plain" }
      yield* emulated.fail({
        match: { method: "GET", path: "/c/o.bin" },
        fault: { _tag: "Status", status: 200, headers, body: "content" }
      })
      const [other] = yield* run(files.downloadFolder({ folder, container: "c" }))
      assert.match(other ?? "", /^Failed o\.bin ChecksumMismatch/)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["o.bin"])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(folder, "o.bin"), "utf8")), "old")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("fails an object whose file's path is another object's folder", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({})
      for (const object of ["a/b", "a/b/c"]) yield* emulated.files.putObject("c", object, "content")
      // The object whose name comes first waits until the folder of the other exists.
      yield* emulated.fail({ match: { method: "GET", path: /\/a\/b$/ }, fault: { _tag: "Status", status: 503 } })
      const events = yield* run(files.downloadFolder({ folder, container: "c" }))
      assert.include(events, "Failed a/b FileRefused conflict")
      assert.deepStrictEqual(yield* contentOf(folder), { "a/b/c": "content" })
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("leaves no temporary file when interrupted", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({})
      yield* files.upload({ container: "c", object: "o.bin", body: fromBytes(patterned(3_000_000)) })
      yield* emulated.fail({
        match: { method: "GET", path: "/c/o.bin" },
        fault: { _tag: "StallBody", afterBytes: 2_000_000 }
      })
      const fiber = yield* Effect.fork(runFolder(files.downloadFolder({ folder, container: "c" })))
      let names: ReadonlyArray<string> = []
      for (let look = 0; look < 500 && names.length === 0; look++) {
        yield* Effect.sleep("10 millis")
        names = yield* Effect.promise(() => readdir(folder))
      }
      assert.match(names[0] ?? "", /\.part$/)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), [])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("logs in once if a token expires in the middle", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      for (const object of Object.keys(many(40))) yield* emulated.files.putObject("c", object, patterned(10))
      const before = (yield* emulated.logins).succeeded
      yield* emulated.fail({ match: { method: "GET", path: "/c/0020.txt" }, fault: { _tag: "ExpireTokens" } })
      const folder = yield* folderOf({})
      assert.strictEqual((yield* runFolder(files.downloadFolder({ folder, container: "c" }))).done, 40)
      assert.strictEqual((yield* emulated.logins).succeeded, before + 1)
    }).pipe(Effect.provide(cloud))
  )
})

describe("synchronizing a folder", () => {
  it.scopedLive("reports the actions of a dry run, and changes nothing on either side", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      yield* files.upload({ container: "c", object: "remote.txt", body: fromString("r") })
      const folder = yield* folderOf({ "local.txt": "l" })
      const before = yield* changes
      const up = yield* run(files.sync({ direction: "upload", folder, container: "c", delete: true, dryRun: true }))
      assert.sameMembers(up, ["Planned local.txt", "Planned remote.txt"])
      const down = yield* run(files.sync({ direction: "download", folder, container: "c", delete: true, dryRun: true }))
      assert.sameMembers(down, ["Planned local.txt", "Planned remote.txt"])
      yield* run(files.uploadFolder({ folder, container: "c", dryRun: true }))
      const target = join(folder, "not-there")
      yield* run(files.downloadFolder({ folder: target, container: "c", dryRun: true }))
      assert.deepStrictEqual(yield* changes, before)
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["local.txt"])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("deletes nothing after a failure: unreadable files must not count as missing", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      yield* files.upload({ container: "c", object: "gone.txt", body: fromString("r") })
      const folder = yield* folderOf({ "a.txt": "l" })
      yield* emulated.fail({ match: { method: "PUT", path: "a.txt" }, fault: { _tag: "Status", status: 403 } })
      const events = yield* run(files.sync({ direction: "upload", folder, container: "c", delete: true }))
      assert.sameMembers(events, ["Failed a.txt Forbidden", "Skipped gone.txt failures"])
      assert.include(yield* emulated.files.objects("c"), "gone.txt")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("does not follow, replace or delete links, in either direction", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const outside = yield* folderOf({ secret: "secret" })
      const folder = yield* folderOf({ file: "1" })
      yield* Effect.promise(async () => {
        await symlink(join(outside, "secret"), join(folder, "link"))
        await symlink(join(outside, "secret"), join(folder, "only-here"))
        await symlink(outside, join(folder, "to-folder"))
      })
      yield* files.upload({ container: "c", object: "link", body: fromString("remote") })
      const sync = { folder, container: "c", delete: true } as const
      assert.sameMembers(yield* run(files.sync({ ...sync, direction: "upload" })), [
        "Done file",
        "Skipped link symlink",
        "Skipped only-here symlink",
        "Skipped to-folder symlink"
      ])
      assert.deepStrictEqual(yield* emulated.files.objects("c"), ["file", "link"])
      writeFileSync(join(folder, "gone"), "only here")
      const down = files.sync({ ...sync, direction: "download", symlinks: "follow", outsideLinks: true })
      assert.sameMembers(yield* run(down), ["Skipped file same", "Skipped link symlink", "Deleted gone"])
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["file", "link", "only-here", "to-folder"])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(outside, "secret"), "utf8")), "secret")
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("accepts an invalid manifest header of another client when comparing", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ big: "12345" })
      const big = { container: "c", object: "big" }
      const prefix = "100%-seg/"
      yield* files.upload({ container: "c", object: `${prefix}1`, body: fromString("12345") })
      yield* files.putDynamicManifest({ ...big, segments: { container: "c", prefix } })
      yield* files.replaceObjectMetadata({ ...big, manifest: `c/${prefix}` })
      const compared = yield* collected(files.compareFolder({ folder, container: "c", compare: "checksum" }))
      assert.sameMembers(
        compared.map(({ path }) => path),
        ["big", `${prefix}1`]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("keeps objects stored through a link while the link is broken or not followed", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const outside = yield* folderOf({ "disk/p.jpg": "x" })
      const folder = yield* folderOf({ file: "1" })
      yield* Effect.promise(() => symlink(join(outside, "disk"), join(folder, "photos")))
      const sync = { folder, container: "c", delete: true, direction: "upload" } as const
      const following = { ...sync, symlinks: "follow", outsideLinks: true } as const
      yield* run(files.sync(following))
      yield* Effect.promise(() => rename(join(outside, "disk"), join(outside, "away")))
      yield* files.upload({ container: "c", object: "photos.old/p.jpg", body: fromString("gone") })
      yield* run(files.sync(following))
      yield* run(files.sync(sync))
      assert.deepStrictEqual(yield* emulated.files.objects("c"), ["file", "photos/p.jpg"])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("does not report a link that the include patterns exclude, and keeps objects stored through it", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const outside = yield* folderOf({ "p.jpg": "x" })
      const folder = yield* folderOf({ "real/file.jpg": "1" })
      symlinkSync("nowhere", join(folder, "broken"))
      symlinkSync("real", join(folder, "inner"))
      symlinkSync(outside, join(folder, "outer"))
      symlinkSync(folder, join(folder, "real/up"))
      symlinkSync("nowhere", join(folder, "left"))
      const behind = ["broken/p.jpg", "inner/p.jpg", "outer/p.jpg", "real/up/p.jpg"]
      for (const object of [...behind, "left/p.jpg", "outer.old/p.jpg", "real/gone.jpg"]) {
        yield* files.upload({ container: "c", object, body: fromString("stored") })
      }
      const photos = { folder, container: "c", include: ["*.jpg"], exclude: ["left"] } as const
      const sync = { ...photos, direction: "upload", delete: true } as const
      assert.sameMembers(yield* run(files.sync({ ...sync, dryRun: true })), [
        "Planned real/file.jpg",
        "Planned outer.old/p.jpg",
        "Planned real/gone.jpg"
      ])
      assert.sameMembers(yield* run(files.sync(sync)), [
        "Done real/file.jpg",
        "Deleted outer.old/p.jpg",
        "Deleted real/gone.jpg"
      ])
      assert.sameMembers(yield* run(files.sync({ ...sync, symlinks: "follow" })), [
        "Skipped real/file.jpg same",
        "Done inner/file.jpg",
        "Deleted inner/p.jpg"
      ])
      const left = ["broken/p.jpg", "inner/file.jpg", "left/p.jpg", "outer/p.jpg", "real/file.jpg", "real/up/p.jpg"]
      assert.deepStrictEqual(yield* emulated.files.objects("c"), left)
      for (const symlinks of ["skip", "follow"] as const) {
        const sent = ["Done real/file.jpg", ...(symlinks === "follow" ? ["Done inner/file.jpg"] : [])]
        assert.sameMembers(yield* run(files.uploadFolder({ ...photos, symlinks })), sent)
        const compared = yield* collected(files.compareFolder({ ...photos, symlinks }))
        assert.notInclude(
          compared.map(({ _tag }) => _tag),
          "Skipped"
        )
      }
      assert.sameMembers(yield* run(files.sync({ ...sync, direction: "download", dryRun: true })), [
        ...left.filter((path) => path !== "real/file.jpg" && path !== "left/p.jpg").map((path) => `Planned ${path}`),
        "Skipped real/file.jpg same"
      ])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive.skipIf(process.platform === "win32")(
    "fails a file separately that became a named pipe before it is compared",
    () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const large = patterned(1_100_000)
        const folder = yield* folderOf({ large, pipe: "four", same: "same" })
        for (const [object, body] of Object.entries({ large, pipe: "four", same: "same" })) {
          yield* files.upload({
            container: "c",
            object,
            segmentSize: 1_000_000,
            body: typeof body === "string" ? fromString(body) : fromBytes(body)
          })
        }
        // The folder is walked before the listing is requested.
        const listing = { method: "GET", path: /\/c\?/ }
        yield* emulated.fail({ match: listing, fault: { _tag: "Delay", duration: "500 millis" } })
        yield* emulated.clearRequests
        const fiber = yield* Effect.fork(
          collected(files.compareFolder({ folder, container: "c", compare: "checksum", exclude: [".segments"] }))
        )
        while (!(yield* requestsOf("files")).some(({ target }) => target.includes("/c?"))) yield* pause()
        for (const name of ["large", "pipe"]) {
          rmSync(join(folder, name))
          execFileSync("mkfifo", [join(folder, name)])
        }
        const compared = yield* Fiber.join(fiber)
        assert.sameMembers(
          compared.map((one) => `${one._tag} ${one.path}${one._tag === "Failed" ? ` ${one.error._tag}` : ""}`),
          ["Failed large SystemError", "Failed pipe SystemError", "Same same"]
        )
      }).pipe(Effect.provide(cloud))
  )

  for (const [what, target] of [
    ["out of the folder", "outside"],
    ["to another folder in it", "inside"]
  ] as const) {
    it.scopedLive(`deletes nothing through a folder that became a link ${what} after it was found`, () =>
      Effect.gen(function* () {
        const { emulated, files } = yield* prepared
        const elsewhere = yield* folderOf({ "file.txt": "kept", "inner/file.txt": "kept" })
        const folder = yield* folderOf({
          "file.txt": "gone",
          "kept/file.txt": "kept",
          "kept/inner/file.txt": "kept",
          "real/file.txt": "gone",
          "swapped/file.txt": "gone",
          "swapped/inner/file.txt": "gone"
        })
        for (const object of ["kept/file.txt", "kept/inner/file.txt", "new.txt"]) {
          yield* files.upload({ container: "c", object, body: fromString("kept") })
        }
        yield* emulated.fail({
          match: { method: "GET", path: "new.txt" },
          fault: { _tag: "Delay", duration: "500 millis" }
        })
        const fiber = yield* Effect.fork(
          run(files.sync({ folder, container: "c", direction: "download", delete: true }))
        )
        const isAsked = Effect.map(requestsOf("files"), (all) =>
          all.some(({ method, target }) => method === "GET" && target.includes("new.txt"))
        )
        while (!(yield* isAsked)) yield* pause()
        renameSync(join(folder, "swapped"), join(elsewhere, "away"))
        symlinkSync(target === "outside" ? elsewhere : "kept", join(folder, "swapped"))
        assert.sameMembers(yield* Fiber.join(fiber), [
          "Skipped kept/file.txt same",
          "Skipped kept/inner/file.txt same",
          "Done new.txt",
          "Deleted file.txt",
          "Deleted real/file.txt",
          "Failed swapped/file.txt SystemError",
          "Failed swapped/inner/file.txt SystemError"
        ])
        const kept = { "kept/file.txt": "kept", "kept/inner/file.txt": "kept", "new.txt": "kept" }
        assert.deepStrictEqual(yield* contentOf(folder), { ...kept, "real/": "", "swapped@": "" })
        assert.deepStrictEqual(yield* contentOf(elsewhere), {
          "away/file.txt": "gone",
          "away/inner/file.txt": "gone",
          "file.txt": "kept",
          "inner/file.txt": "kept"
        })
      }).pipe(Effect.provide(cloud))
    )
  }

  it.scopedLive("neither transfers nor deletes what a glob excludes", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      for (const object of ["node_modules/x.js", "src/old.ts", "notes.md"]) {
        yield* emulated.files.putObject("c", object, patterned(1))
      }
      const folder = yield* folderOf({ "src/new.ts": "1", "node_modules/y.js": "2", "build/out.ts": "3" })
      const events = yield* run(
        files.sync({
          direction: "upload",
          folder,
          container: "c",
          delete: true,
          include: ["*.ts"],
          exclude: ["node_modules", "/build"]
        })
      )
      assert.sameMembers(events, ["Done src/new.ts", "Deleted src/old.ts"])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("compares a large file by the modification time in its metadata, with one request only for it", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf({ "big.bin": patterned(1_100_000), "small.txt": "s" })
      const sync = { direction: "upload", folder, container: "c" } as const
      yield* runFolder(files.sync(sync))
      yield* emulated.clearRequests
      assert.sameMembers(yield* run(files.sync(sync)), ["Skipped big.bin same", "Skipped small.txt same"])
      assert.deepStrictEqual(
        (yield* traffic).filter((line) => line.startsWith("HEAD")),
        ["HEAD /c 204", "HEAD /c/big.bin 200"]
      )
      yield* Effect.promise(() => utimes(join(folder, "big.bin"), 1_600_000_000, 1_600_000_000))
      assert.sameMembers(yield* run(files.sync(sync)), ["Done big.bin", "Skipped small.txt same"])
      // The content is the same: only its time differed.
      yield* Effect.promise(() => utimes(join(folder, "big.bin"), 1_500_000_000, 1_500_000_000))
      assert.sameMembers(yield* run(files.sync({ ...sync, compare: "checksum" })), [
        "Skipped big.bin same",
        "Skipped small.txt same"
      ])
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("merges local only, remote only, changed and equal names in order, in both directions", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      for (const [object, text] of Object.entries({ "a/b": "1", "a.txt": "1", z: "1", "🚀": "1", "\uff00": "1" })) {
        yield* files.upload({ container: "c", object, body: fromString(text) })
      }
      const folder = yield* folderOf({ "a/b": "1", "a.txt": "2", "a/c": "1", "🚀": "1", "\uff00": "1" })
      const found = yield* collected(files.compareFolder({ folder, container: "c" }))
      assert.deepStrictEqual(
        found.map((one) => `${one._tag} ${one.path}`),
        ["Different a.txt", "Same a/b", "OnlyLocal a/c", "OnlyRemote z", "Same \uff00", "Same 🚀"]
      )
    }).pipe(Effect.provide(cloud))
  )

  it.scopedLive("merges a folder with more names than one batch of the walk and one page", () =>
    Effect.gen(function* () {
      const { emulated, files } = yield* prepared
      const folder = yield* folderOf(many(1100))
      for (let index = 0; index < 1100; index += 2) {
        const name = `${String(index).padStart(4, "0")}.txt`
        yield* emulated.files.putObject("c", name, new TextEncoder().encode(`${index}`))
      }
      const found = yield* collected(files.compareFolder({ folder, container: "c" }))
      assert.strictEqual(found.filter(({ _tag }) => _tag === "Same").length, 550)
      assert.strictEqual(found.filter(({ _tag }) => _tag === "OnlyLocal").length, 550)
    }).pipe(
      Effect.provide(
        Layer.fresh(Layer.merge(TestCloud.layer({ cloud: { files: { pageLimit: 300 } } }), NodeFileSystem.layer))
      )
    )
  )
})

describe("names and globs", () => {
  it("names are compared by their UTF-8 bytes", () => {
    const names = [
      "",
      "a",
      "a/",
      "a.",
      "\u007f",
      "\u0080",
      "\u07ff",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "😀",
      "\u{10ffff}",
      "a😀",
      "a\uff00"
    ]
    for (const a of names) {
      for (const b of names) {
        assert.strictEqual(
          Math.sign(compareNames(a, b)),
          Buffer.compare(Buffer.from(a), Buffer.from(b)),
          JSON.stringify([a, b])
        )
      }
    }
  })

  it("a glob without a slash matches a name at any depth, one with a slash the path, and both everything below", () => {
    const selects = (include: ReadonlyArray<string>, exclude: ReadonlyArray<string>, path: string): boolean =>
      isSelected(filterOf({ include, exclude }), path)
    assert.isTrue(selects([], [], ".hidden/x"))
    assert.isTrue(selects(["*.jpg"], [], "a/b/c.jpg"))
    assert.isTrue(selects(["*.jpg"], [], ".a/.c.jpg"))
    assert.isFalse(selects(["/*.jpg"], [], "a/c.jpg"))
    assert.isTrue(selects(["/*.jpg"], [], "c.jpg"))
    assert.isTrue(selects(["photos/**"], [], "photos/2026/a.png"))
    assert.isTrue(selects(["photos/"], [], "photos/2026/a.png"))
    assert.isFalse(selects(["photos/*.png"], [], "photos/2026/a.png"))
    assert.isTrue(selects(["**/2026/*.{png,jpg}"], [], "x/y/2026/a.jpg"))
    assert.isFalse(selects([], ["node_modules"], "a/node_modules/b/c.js"))
    assert.isFalse(selects(["*.js"], ["a"], "a/b.js"))
    assert.isTrue(selects(["!x"], [], "!x"))
  })
})

describe("permissions", () => {
  it.scopedLive.skipIf(process.getuid?.() === 0)("a file without read permission fails separately", () =>
    Effect.gen(function* () {
      const { files } = yield* prepared
      const folder = yield* folderOf({ "a.txt": "1", "b.txt": "2" })
      chmodSync(join(folder, "a.txt"), 0)
      assert.sameMembers(yield* run(files.uploadFolder({ folder, container: "c", archives: "always" })), [
        "Failed a.txt SystemError",
        "Done b.txt"
      ])
    }).pipe(Effect.provide(cloud))
  )
})
