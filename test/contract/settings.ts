import { assert, describe, layer as onLayer } from "@effect/vitest"
import { DateTime, Duration, Effect, type Layer, Option, Redacted, Stream } from "effect"
import { CloudFiles } from "effect-rackspace"
import { bytesOf, collected, md5, patterned, textOf } from "../support.js"
import { exchange, freshName, rawFiles, type RawRequest, type Services } from "./Cloud.js"
import { container, failure, namesIn, put, read } from "./support.js"

const { AccessList, fromBytes, fromString } = CloudFiles

/** A request with only a URL, without a login. */
const by = (url: Redacted.Redacted<string>, request: Omit<RawRequest, "path" | "token">) =>
  exchange(Redacted.value(url), request)

/** The contract of a container's settings, versions and expiry, for any cloud. */
export const settings = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    describe("settings of a container", () => {
      it.scoped("each is returned as it was set, separate from the metadata, and removed by null", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const versions = yield* container()
          const name = yield* container({
            readAcl: [AccessList.anyone, AccessList.notReferrer("bad.example.com"), AccessList.listings],
            quotaBytes: 1_000_000,
            webIndex: "index.html"
          })
          yield* files.updateContainer({
            container: name,
            metadata: { color: "blue" },
            quotaCount: 10,
            corsAllowOrigins: ["https://a.example.com", "https://b.example.com"],
            corsMaxAge: Duration.hours(1),
            corsExposeHeaders: ["etag", "x-trans-id"],
            corsAllowHeaders: ["x-auth-token"],
            webError: "error.html",
            webListings: true,
            webListingsCss: "style.css",
            webDirectoryType: "text/directory",
            accessLogDelivery: true,
            versionsLocation: versions,
            tempUrlKey: Redacted.make("key-1"),
            tempUrlKey2: Redacted.make("key-2")
          })
          const told = yield* files.getContainer({ container: name })
          const { bytesUsed: _, created: __, objectCount: ___, storagePolicy: ____, ...rest } = told
          assert.deepStrictEqual(rest, {
            metadata: { color: "blue" },
            readAcl: ".r:*,.r:-bad.example.com,.rlistings",
            quotaBytes: 1_000_000,
            quotaCount: 10,
            corsAllowOrigins: ["https://a.example.com", "https://b.example.com"],
            corsMaxAge: Duration.hours(1),
            corsExposeHeaders: ["etag", "x-trans-id"],
            corsAllowHeaders: ["x-auth-token"],
            webIndex: "index.html",
            webError: "error.html",
            webListings: true,
            webListingsCss: "style.css",
            webDirectoryType: "text/directory",
            accessLogDelivery: true,
            versionsLocation: versions,
            tempUrlKey: Redacted.make("key-1"),
            tempUrlKey2: Redacted.make("key-2")
          })
          yield* files.updateContainer({
            container: name,
            readAcl: null,
            quotaBytes: null,
            quotaCount: null,
            corsAllowOrigins: null,
            corsMaxAge: null,
            corsExposeHeaders: null,
            corsAllowHeaders: null,
            webIndex: null,
            webError: null,
            webListings: null,
            webListingsCss: null,
            webDirectoryType: null,
            accessLogDelivery: null,
            versionsLocation: null,
            tempUrlKey: null,
            tempUrlKey2: null
          })
          const left = yield* files.getContainer({ container: name })
          assert.deepStrictEqual(
            Object.entries(left)
              .filter(([, value]) => value !== undefined)
              .map(([field]) => field)
              .filter((field) => !["bytesUsed", "created", "objectCount", "storagePolicy"].includes(field)),
            ["metadata"]
          )
          assert.deepStrictEqual(left.metadata, { color: "blue" })
        })
      )

      it.scoped("a quota is enforced, until it is removed", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container({ quotaBytes: 3 })
          assert.strictEqual(yield* failure(put(name, "o", "1234")), "QuotaExceeded")
          yield* files.updateContainer({ container: name, quotaBytes: null })
          yield* put(name, "o", "1234")
        })
      )
    })

    describe("versions", () => {
      it.scoped("are listed, the oldest first, also for a name that is longer in bytes than in characters", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const versions = yield* container()
          const name = yield* container({ versionsLocation: versions })
          const object = "größe/☃"
          const address = { container: name, object }
          assert.deepStrictEqual(yield* collected(files.listVersions(address)), [])
          for (const text of ["one", "four", "fifty"]) {
            yield* put(name, object, text)
            yield* Effect.sleep("20 millis")
          }
          // Not a version of it, though its name has the same prefix.
          yield* put(name, `${object}/more`, "a")
          yield* put(name, `${object}/more`, "b")
          const found = yield* collected(files.listVersions({ ...address, pageSize: 1 }))
          assert.deepStrictEqual(
            found.map(({ archive, bytes, isCurrent, isDeleted, versionId }) => [
              archive?.container,
              bytes,
              isCurrent,
              isDeleted,
              versionId
            ]),
            [
              [versions, 3, false, false, undefined],
              [versions, 4, false, false, undefined]
            ]
          )
          const [first] = found
          if (first?.archive === undefined) return assert.fail("no version")
          assert.isBelow(Math.abs((first.written?.epochMillis ?? 0) - Date.now()), 60_000)
          assert.strictEqual(yield* read(first.archive.container, first.archive.object), "one")
          yield* files.restoreVersion(first)
          assert.strictEqual(yield* read(name, object), "one")
          assert.deepStrictEqual(
            (yield* collected(files.listVersions(address))).map(({ bytes }) => bytes),
            [3, 4, 5]
          )
        })
      )

      it.scoped("with IDs are listed, read, restored, deleted and purged", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* put(name, "before", "unversioned")
          yield* files.updateContainer({ container: name, versionsEnabled: true })
          assert.isTrue((yield* files.getContainer({ container: name })).versionsEnabled)
          const object = "größe/☃"
          const address = { container: name, object }
          const list = collected(files.listVersions({ ...address, pageSize: 1 }))
          for (const text of ["one", "four", "fifty"]) {
            yield* put(name, object, text)
            yield* Effect.sleep("20 millis")
          }
          yield* put(name, `${object}/more`, "a")
          const found = yield* list
          assert.deepStrictEqual(
            found.map(({ bytes, isCurrent, isDeleted }) => [bytes, isCurrent, isDeleted]),
            [
              [5, true, false],
              [4, false, false],
              [3, false, false]
            ]
          )
          const [, second, oldest] = found
          if (second === undefined || oldest === undefined) return assert.fail("three versions")
          assert.strictEqual(yield* textOf(files.downloadVersion(oldest)), "one")
          const { versionId } = second
          assert.strictEqual(yield* textOf(files.download({ ...address, versionId })), "four")
          assert.strictEqual((yield* files.getObjectInfo({ ...address, versionId })).bytes, 4)
          yield* files.restoreVersion(oldest)
          assert.strictEqual(yield* read(name, object), "one")
          yield* files.deleteVersion(second)
          assert.strictEqual(yield* failure(textOf(files.downloadVersion(second))), "NotFound")
          yield* files.deleteObject(address)
          const [mark] = yield* list
          assert.deepStrictEqual([mark?.isCurrent, mark?.isDeleted], [true, true])
          assert.strictEqual(yield* failure(read(name, object)), "NotFound")
          yield* files.restoreVersion(oldest)
          yield* files.purgeVersions(address)
          assert.deepStrictEqual(
            (yield* list).map(({ bytes, isCurrent }) => [bytes, isCurrent]),
            [[3, true]]
          )
          assert.deepStrictEqual(
            (yield* collected(files.listVersions({ container: name, object: "before" }))).map(
              ({ versionId }) => versionId
            ),
            ["null"]
          )
        })
      )

      for (const isKept of [true, false]) {
        it.scoped(`are deleted with a container that ${isKept ? "keeps them" : "has kept them before"} with IDs`, () =>
          Effect.gen(function* () {
            const files = yield* CloudFiles.CloudFiles
            const name = yield* container()
            yield* put(name, "before", "unversioned")
            yield* files.updateContainer({ container: name, versionsEnabled: true })
            for (const text of ["one", "two"]) yield* put(name, "o", text)
            yield* put(name, "gone")
            yield* files.deleteObject({ container: name, object: "gone" })
            if (!isKept) yield* files.updateContainer({ container: name, versionsEnabled: false })
            yield* files.deleteContainerWithContents({ container: name })
            assert.strictEqual(yield* failure(files.getContainer({ container: name })), "NotFound")
          })
        )
      }

      it.scoped("kept in another container are not restored when their container is deleted", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const versions = yield* container()
          const name = yield* container({ versionsLocation: versions })
          for (let count = 0; count < 10; count++) yield* put(name, "o", `${count}`)
          yield* files.deleteContainerWithContents({ container: name })
          assert.lengthOf(yield* namesIn(versions), 9)
        })
      )

      it.scoped("a large object is restored as one, with the segments that it had", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const versions = yield* container()
          const segmentContainer = yield* container()
          const name = yield* container({ versionsLocation: versions })
          const address = { container: name, object: "o" }
          const upload = (size: number) =>
            files.upload({
              ...address,
              body: fromBytes(patterned(size)),
              segmentContainer,
              segmentThreshold: 100_000,
              segmentSize: 100_000
            })
          const { etag } = yield* upload(250_000)
          yield* Effect.sleep("20 millis")
          assert.lengthOf((yield* upload(150_000)).leftSegments ?? [], 3)
          const [version] = yield* collected(files.listVersions(address))
          if (version === undefined) return assert.fail("no version")
          yield* files.restoreVersion(version)
          const info = yield* files.getObjectInfo(address)
          assert.deepStrictEqual([info.isStaticLargeObject, info.etag, info.bytes], [true, etag, 250_000])
          assert.strictEqual(md5(yield* bytesOf(files.download(address))), md5(patterned(250_000)))
          assert.lengthOf(yield* collected(files.listObjects({ container: segmentContainer })), 5)
        })
      )

      it.scoped("a container without versioning has none", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* container()
          yield* put(name, "o")
          assert.deepStrictEqual(yield* collected(files.listVersions({ container: name, object: "o" })), [])
          const missing = files.listVersions({ container: freshName("missing"), object: "o" })
          assert.strictEqual(yield* failure(collected(missing)), "NotFound")
        })
      )
    })

    describe("objects", () => {
      it.scoped("an expiry is set, kept through other changes, and removed by null", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const address = { container: yield* container(), object: "o" }
          yield* files.upload({ ...address, body: fromString("x"), contentEncoding: "identity", metadata: { a: "1" } })
          const deleteAt = Effect.map(files.getObjectInfo(address), ({ deleteAt }) => deleteAt)
          const tomorrow = DateTime.unsafeMake(Math.floor(Date.now() / 1000) * 1000 + 86_400_000)
          yield* files.updateObjectMetadata({ ...address, deleteAt: tomorrow })
          assert.strictEqual((yield* deleteAt)?.epochMillis, tomorrow.epochMillis)
          yield* files.updateObjectMetadata({ ...address, metadata: { b: "2" }, deleteAt: undefined })
          assert.strictEqual((yield* deleteAt)?.epochMillis, tomorrow.epochMillis)
          yield* files.updateObjectMetadata({ ...address, deleteAfter: Duration.hours(1) })
          assert.isBelow((yield* deleteAt)?.epochMillis ?? Infinity, Date.now() + 3_700_000)
          yield* files.updateObjectMetadata({ ...address, deleteAt: null })
          const info = yield* files.getObjectInfo({ ...address, newest: true })
          assert.isUndefined(info.deleteAt)
          assert.deepStrictEqual([info.metadata, info.contentEncoding], [{ a: "1", b: "2" }, "identity"])
          yield* files.updateObjectMetadata({ ...address, contentEncoding: null })
          assert.isUndefined((yield* files.getObjectInfo(address)).contentEncoding)
        })
      )

      it.scoped("an object that has not changed is returned as none, not as a failure", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const address = { container: yield* container(), object: "o" }
          const { etag } = yield* put(address.container, "o")
          const same = yield* files.getObjectInfoIfChanged({ ...address, ifNoneMatch: etag })
          assert.isTrue(Option.isNone(same))
          const other = yield* files.getObjectInfoIfChanged({ ...address, ifNoneMatch: "another" })
          assert.strictEqual(Option.getOrThrow(other).etag, etag)
          const at = (days: number) => DateTime.unsafeMake(Date.now() + days * 86_400_000)
          const since = (days: number) => files.getObjectInfoIfChanged({ ...address, ifModifiedSince: at(days) })
          assert.isTrue(Option.isSome(yield* since(-1)))
          assert.isTrue(Option.isNone(yield* since(1)))
          const missing = files.getObjectInfoIfChanged({ ...address, object: "none", ifNoneMatch: etag })
          assert.strictEqual(yield* failure(missing), "NotFound")
        })
      )
    })

    it.effect("capabilities are returned, or unknown", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const known = yield* files.getCapabilities()
        if (Option.isNone(known)) return
        const { formPost, parts, swift, tempUrl } = known.value
        assert.isDefined(parts["swift"])
        assert.isAbove(swift?.containerListingLimit ?? 0, 0)
        assert.isAbove(swift?.maxObjectBytes ?? 0, 0)
        assert.include(tempUrl?.algorithms ?? [], "sha256")
        assert.include(tempUrl?.methods ?? [], "GET")
        assert.include(formPost?.algorithms ?? [], "sha256")
      })
    )
  })

const odd: ReadonlyArray<string> = ["plain", "a b/größe ☃?#%41&+=.txt", "a/../b/./c", "tab\tquote\"'", "trailing/"]

/** The contract of TempURLs and forms, for any cloud. */
export const signatures = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    /** With a separate key, so that no existing key is changed. */
    const signing = container({ tempUrlKey: Redacted.make("the-containers-own-key") })

    describe("TempURLs", () => {
      it.scoped("objects of any name are read, written and deleted without a login", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          for (const object of odd) {
            const url = (method: CloudFiles.TempUrlMethod, algorithm: CloudFiles.SignatureAlgorithm = "sha256") =>
              files.tempUrl({ container: name, object, method, algorithm, expires: "1 minute" })
            const stored = yield* by(yield* url("PUT", "sha1"), { method: "PUT", body: `content of ${object}` })
            assert.strictEqual(stored.status, 201, object)
            assert.strictEqual(yield* read(name, object), `content of ${object}`)
            const got = yield* by(yield* url("GET", "sha512"), { method: "GET" })
            assert.deepStrictEqual([got.status, got.text], [200, `content of ${object}`])
            assert.strictEqual((yield* by(yield* url("GET"), { method: "HEAD" })).status, 200)
            assert.strictEqual((yield* by(yield* url("GET"), { method: "PUT", body: "x" })).status, 401)
            assert.strictEqual((yield* by(yield* url("DELETE"), { method: "DELETE" })).status, 204)
            assert.strictEqual(yield* failure(files.getObjectInfo({ container: name, object })), "NotFound")
          }
        })
      )

      it.scoped("another key, another object, and expired URLs are rejected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          yield* put(name, "o")
          yield* put(name, "p")
          const address = { container: name, object: "o" }
          const status = (url: Redacted.Redacted<string>) =>
            Effect.map(by(url, { method: "GET" }), ({ status }) => status)
          const good = yield* files.tempUrl({ ...address, expires: "2 seconds" })
          assert.strictEqual(yield* status(good), 200)
          const other = yield* files.tempUrl({ ...address, expires: "1 minute", key: Redacted.make("wrong") })
          assert.strictEqual(yield* status(other), 401)
          assert.strictEqual(yield* status(Redacted.make(Redacted.value(good).replace("/o?", "/p?"))), 401)
          yield* Effect.sleep("4 seconds")
          assert.strictEqual(yield* status(good), 401)
        })
      )

      it.scoped("one for a prefix is valid for all names with that prefix, and no others", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          for (const object of ["in/größe a", "out"]) yield* put(name, object)
          const request = { container: name, prefix: "in/", expires: "1 minute" } as const
          const url = yield* files.tempUrl({ ...request, object: "in/größe a" })
          assert.strictEqual((yield* by(url, { method: "GET" })).text, "in/größe a")
          const bare = Redacted.value(yield* files.tempUrl(request))
          const completed = Redacted.make(bare.replace("?", "gr%C3%B6%C3%9Fe%20a?"))
          assert.strictEqual((yield* by(completed, { method: "GET" })).text, "in/größe a")
          const outside = Redacted.make(bare.replace("/in/?", "/out?"))
          assert.strictEqual((yield* by(outside, { method: "GET" })).status, 401)
          const all = Redacted.value(yield* files.tempUrl({ ...request, prefix: "" }))
          assert.strictEqual((yield* by(Redacted.make(all.replace("?", "out?")), { method: "GET" })).text, "out")
        })
      )

      it.scoped("one for a range of addresses is valid from there only", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          yield* put(name, "o")
          const status = (ipRange: string) =>
            Effect.gen(function* () {
              const url = yield* files.tempUrl({ container: name, object: "o", ipRange, expires: "1 minute" })
              return (yield* by(url, { method: "GET" })).status
            })
          assert.strictEqual(yield* status("127.0.0.0/8"), 200)
          assert.strictEqual(yield* status("127.0.0.1"), 200)
          assert.strictEqual(yield* status("192.0.2.0/24"), 401)
        })
      )

      it.scoped("a browser saves the object under the given name, or shows it", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          yield* put(name, "o")
          const disposition = (options: { readonly filename?: string; readonly inline?: boolean }) =>
            Effect.gen(function* () {
              const url = yield* files.tempUrl({ container: name, object: "o", expires: "1 minute", ...options })
              return (yield* by(url, { method: "GET" })).headers["content-disposition"] ?? ""
            })
          assert.match(yield* disposition({ filename: "a b+ü.txt" }), /^attachment; .*a%20b%2B%C3%BC\.txt$/)
          assert.match(yield* disposition({ inline: true }), /^inline/)
          assert.match(yield* disposition({}), /^attachment/)
        })
      )

      it.scoped("URLs stay valid when the key is rotated once, and not twice", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          yield* put(name, "o")
          const url = yield* files.tempUrl({ container: name, object: "o", expires: "1 minute" })
          const status = Effect.map(by(url, { method: "GET" }), ({ status }) => status)
          yield* files.rotateTempUrlKey({ container: name })
          assert.strictEqual(yield* status, 200)
          const next = yield* files.tempUrl({ container: name, object: "o", expires: "1 minute" })
          assert.strictEqual((yield* by(next, { method: "GET" })).status, 200)
          yield* files.rotateTempUrlKey({ container: name })
          assert.strictEqual(yield* status, 401)
        })
      )
    })

    describe("forms", () => {
      const send = (form: CloudFiles.SignedForm, parts: ReadonlyArray<readonly [name: string, text: string]>) =>
        Effect.promise(async () => {
          const data = new FormData()
          for (const [name, value] of Object.entries(Redacted.value(form.fields))) data.append(name, value)
          parts.forEach(([name, text], index) =>
            data.append(`file${index}`, new Blob([text], { type: "text/x-a" }), name)
          )
          const response = await fetch(form.action, { method: "POST", body: data, redirect: "manual" })
          await response.arrayBuffer()
          return { status: response.status, location: response.headers.get("location") }
        })

      it.scoped("files are uploaded under the prefix, with their types, and expire", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          const form = yield* files.formPost({
            container: name,
            prefix: "größe/",
            maxFileSize: 100,
            maxFileCount: 2,
            deleteAfter: "1 hour",
            expires: "1 minute"
          })
          const { status } = yield* send(form, [
            ["a.txt", "one"],
            ["b.txt", "two"]
          ])
          assert.strictEqual(status, 201)
          assert.strictEqual(yield* read(name, "größe/a.txt"), "one")
          assert.strictEqual(yield* read(name, "größe/b.txt"), "two")
          const info = yield* files.getObjectInfo({ container: name, object: "größe/a.txt" })
          assert.strictEqual(info.contentType, "text/x-a")
          assert.isDefined(info.deleteAt)
        })
      )

      it.scoped("files above the size or count limit, and forms signed with another key, are rejected", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          const request = { container: name, maxFileSize: 3, maxFileCount: 1, expires: "1 minute" } as const
          for (const algorithm of ["sha1", "sha256", "sha512"] as const) {
            const form = yield* files.formPost({ ...request, algorithm })
            assert.strictEqual((yield* send(form, [[algorithm, "123"]])).status, 201)
          }
          const form = yield* files.formPost(request)
          assert.strictEqual((yield* send(form, [["large", "1234"]])).status, 400)
          const many = yield* send(form, [
            ["a", "1"],
            ["b", "2"]
          ])
          assert.strictEqual(many.status, 400)
          const forged = yield* files.formPost({ ...request, key: Redacted.make("wrong") })
          assert.strictEqual((yield* send(forged, [["forged", "1"]])).status, 401)
          assert.strictEqual(yield* failure(files.getObjectInfo({ container: name, object: "forged" })), "NotFound")
        })
      )

      it.scoped("the browser is redirected with the result", () =>
        Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const name = yield* signing
          const request = { container: name, maxFileSize: 3, maxFileCount: 1, expires: "1 minute" } as const
          const form = yield* files.formPost({ ...request, redirect: "https://www.example.com/done?a=1" })
          const { location, status } = yield* send(form, [["o", "123"]])
          assert.strictEqual(status, 303)
          assert.match(location ?? "", /^https:\/\/www\.example\.com\/done\?a=1&status=201&message=/)
        })
      )
    })
  })

/** Features that only OpenStack has. */
export const openStackSettings = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.scoped("anyone reads and lists what an access list permits", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const name = yield* container()
        yield* put(name, "o", "content")
        const status = (path: string) =>
          Effect.map(rawFiles({ method: "GET", path: `/${name}${path}`, token: null }), ({ status }) => status)
        assert.strictEqual(yield* status("/o"), 401)
        yield* files.updateContainer({ container: name, readAcl: [AccessList.anyone] })
        assert.deepStrictEqual([yield* status("/o"), yield* status("")], [200, 401])
        yield* files.updateContainer({ container: name, readAcl: [AccessList.anyone, AccessList.listings] })
        assert.deepStrictEqual([yield* status("/o"), yield* status("")], [200, 200])
        yield* files.updateContainer({ container: name, readAcl: null })
        assert.strictEqual(yield* status("/o"), 401)
      })
    )

    it.scoped("a page of another origin may read what CORS permits", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const origin = "https://a.example.com"
        const name = yield* container({ corsAllowOrigins: [origin], corsMaxAge: Duration.minutes(5) })
        yield* files.updateContainer({ container: name, readAcl: [AccessList.anyone] })
        yield* put(name, "o")
        const allowed = yield* rawFiles({
          method: "OPTIONS",
          path: `/${name}/o`,
          token: null,
          headers: { origin, "access-control-request-method": "GET" }
        })
        assert.deepStrictEqual(
          [allowed.status, allowed.headers["access-control-allow-origin"], allowed.headers["access-control-max-age"]],
          [200, origin, "300"]
        )
      })
    )

    it.scoped("a static website is served", () =>
      Effect.gen(function* () {
        const name = yield* container({
          readAcl: [AccessList.anyone, AccessList.listings],
          webIndex: "index.html",
          webError: "error.html"
        })
        yield* put(name, "index.html", "the index")
        yield* put(name, "404error.html", "nothing there")
        const get = (path: string) => rawFiles({ method: "GET", path: `/${name}${path}`, token: null })
        assert.strictEqual((yield* get("/")).text, "the index")
        const missing = yield* get("/none")
        assert.deepStrictEqual([missing.status, missing.text], [404, "nothing there"])
      })
    )

    it.scoped("the container of a history keeps deleted objects too, and marks them as deleted", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const versions = yield* container()
        const name = yield* container({ historyLocation: versions })
        const address = { container: name, object: "o" }
        yield* put(name, "o", "one")
        yield* Effect.sleep("20 millis")
        yield* files.deleteObject(address)
        const found = yield* collected(files.listVersions(address))
        assert.deepStrictEqual(
          found.map(({ bytes, isDeleted }) => [bytes, isDeleted]),
          [
            [3, false],
            [0, true]
          ]
        )
        const [first, second] = found
        if (first === undefined || second === undefined) return assert.fail("no versions")
        assert.strictEqual(yield* failure(files.restoreVersion(second)), "InvalidInput")
        yield* files.restoreVersion(first)
        assert.strictEqual(yield* read(name, "o"), "one")
      })
    )

    it.scoped("a container that keeps versions with IDs lists them, the newest first, and returns them", () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const name = freshName("settings")
        yield* files.createContainer({ container: name, versionsEnabled: true })
        const address = { container: name, object: "größe" }
        for (const text of ["one", "four", "fifty"]) yield* put(name, address.object, text)
        yield* put(name, "größer", "another")
        const found = yield* collected(files.listVersions({ ...address, pageSize: 1 }))
        assert.deepStrictEqual(
          found.map(({ archive, bytes, isCurrent, isDeleted }) => [archive, bytes, isCurrent, isDeleted]),
          [
            [undefined, 5, true, false],
            [undefined, 4, false, false],
            [undefined, 3, false, false]
          ]
        )
        const last = found.at(-1)
        if (last === undefined) return assert.fail("no version")
        yield* files.restoreVersion(last)
        assert.strictEqual(yield* read(name, address.object), "one")
        // Even after versioning is disabled it can only be deleted when the versions are.
        for (const object of [address.object, "größer"]) {
          yield* files.deleteObject({ container: name, object })
          yield* Stream.runForEach(files.listVersions({ container: name, object }), ({ versionId = "" }) =>
            rawFiles({
              method: "DELETE",
              path: `/${name}/${encodeURIComponent(object)}?version-id=${encodeURIComponent(versionId)}`
            })
          )
        }
        yield* files.deleteContainer({ container: name })
      })
    )
  })
