import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { createHash } from "node:crypto"
import * as CloudFiles from "../../src/emulator/CloudFiles.js"
import type { ServiceRequest, WireBroken } from "../../src/emulator/Protocol.js"

interface RequestOptions {
  readonly query?: string
  readonly headers?: Record<string, string>
  /** Sent with a Content-Length. */
  readonly body?: string | Uint8Array
  /** Sent chunked, unless the headers name a length. */
  readonly stream?: Stream.Stream<Uint8Array, WireBroken>
}

interface TestResponse {
  readonly status: number
  /** Keys in lower case. */
  readonly headers: Record<string, string>
  readonly bytes: Uint8Array
  readonly text: string
  /** Why the connection was cut in the middle of the body. */
  readonly cut: string | undefined
  /** The number of chunks in which the body was sent. */
  readonly pieces: number
}

const utf8 = new TextEncoder()
const md5 = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = createHash("md5")
  parts.forEach((part) => hash.update(part))
  return hash.digest("hex")
}
const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))

const requestOf = (
  method: string,
  path: string,
  { body, headers = {}, query = "", stream }: RequestOptions
): ServiceRequest => {
  const bytes = typeof body === "string" ? utf8.encode(body) : body
  return {
    method,
    target: `/files/dfw/v1/MossoCloudFS_abc${path}${query === "" ? "" : `?${query}`}`,
    path,
    query: new URLSearchParams(query),
    headers: {
      ...(bytes !== undefined ? { "content-length": String(bytes.byteLength) } : {}),
      ...(stream !== undefined && headers["content-length"] === undefined ? { "transfer-encoding": "chunked" } : {}),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    },
    body: stream ?? (bytes === undefined || bytes.byteLength === 0 ? Stream.empty : Stream.succeed(bytes)),
    region: "DFW",
    caller: { tenantId: "010101", storageAccount: "MossoCloudFS_abc", userId: "1", username: "demo" },
    baseUrl: "http://cloud.test/files/dfw/v1/MossoCloudFS_abc"
  }
}

const now = Date.UTC(2026, 0, 1)

/** An emulated storage at the beginning of 2026. */
const storage = (options: CloudFiles.CloudFilesOptions = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const files = yield* CloudFiles.make(options)
    const send = (
      method: string,
      path: string,
      request: RequestOptions = {}
    ): Effect.Effect<TestResponse, WireBroken> =>
      Effect.gen(function* () {
        const response = yield* files.handle(requestOf(method, path, request))
        const parts: Array<Uint8Array> = []
        const end =
          response.body instanceof Uint8Array
            ? Either.void
            : yield* Effect.either(Stream.runForEach(response.body, (part) => Effect.sync(() => parts.push(part))))
        const bytes = response.body instanceof Uint8Array ? response.body : concat(parts)
        return {
          status: response.status,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value])
          ),
          bytes,
          text: new TextDecoder().decode(bytes),
          cut: Either.isLeft(end) ? end.left.reason : undefined,
          pieces: parts.length
        }
      })
    const status = (method: string, path: string, request: RequestOptions = {}) =>
      Effect.map(send(method, path, request), (reply) => reply.status)
    /** The names in a listing, subdirectories too. */
    const names = (path: string, query = "") =>
      Effect.map(send("GET", path, { query: `format=json&${query}` }), (reply) =>
        (JSON.parse(reply.text) as ReadonlyArray<Record<string, string>>).map((row) => row["name"] ?? row["subdir"])
      )
    const json = (path: string, query = "") =>
      Effect.map(
        send("GET", path, { query: `format=json&${query}` }),
        (reply) => JSON.parse(reply.text) as ReadonlyArray<Record<string, unknown>>
      )
    return { send, files, json, names, status }
  })

const notFound = "<html><h1>Not Found</h1><p>The resource could not be found.</p></html>"

describe("Cloud Files: every response", () => {
  it.effect("has a unique X-Trans-Id, and a Date from the Clock", () =>
    Effect.gen(function* () {
      const { send } = yield* storage()
      const first = yield* send("HEAD", "")
      const second = yield* send("GET", "/nope/o")
      assert.match(first.headers["x-trans-id"] ?? "", /^tx[0-9a-f]{21}-[0-9a-f]{10}dfw1$/)
      assert.notStrictEqual(first.headers["x-trans-id"], second.headers["x-trans-id"])
      assert.strictEqual(second.headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT")
    })
  )

  it.effect("has the Date at which it is sent, so that no Last-Modified is later", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.seedContainer("c")
      const slow = Stream.concat(
        Stream.make(utf8.encode("x")),
        Stream.drain(Stream.fromEffect(TestClock.adjust("1 minutes")))
      )
      const { headers } = yield* send("PUT", "/c/o", { stream: slow })
      assert.strictEqual(headers["last-modified"], "Thu, 01 Jan 2026 00:01:00 GMT")
      assert.strictEqual(headers["date"], "Thu, 01 Jan 2026 00:01:00 GMT")
    })
  )

  it.effect("to a rejected request is an HTML page, or empty for HEAD", () =>
    Effect.gen(function* () {
      const { send } = yield* storage()
      const get = yield* send("GET", "/nope")
      assert.strictEqual(get.status, 404)
      assert.strictEqual(get.headers["content-type"], "text/html; charset=UTF-8")
      assert.strictEqual(get.text, notFound)
      const head = yield* send("HEAD", "/nope")
      assert.strictEqual(head.status, 404)
      assert.strictEqual(head.bytes.byteLength, 0)
    })
  )

  it.effect("to an unknown method is 405 with Allow", () =>
    Effect.gen(function* () {
      const { send } = yield* storage()
      const account = yield* send("PUT", "")
      assert.strictEqual(account.status, 405)
      assert.strictEqual(account.headers["allow"], "GET, HEAD, POST, OPTIONS")
      assert.strictEqual((yield* send("COPY", "/c")).status, 405)
      assert.strictEqual((yield* send("PATCH", "/c/o")).status, 405)
    })
  )
})

describe("Cloud Files: names", () => {
  it.effect("are decoded before the path is split, so that an encoded slash is a slash", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.seedContainer("c")
      assert.strictEqual(yield* status("PUT", "/c%2F..", { body: "dots" }), 201)
      assert.strictEqual(yield* status("PUT", "/c/a%2Fb", { body: "ab" }), 201)
      assert.deepStrictEqual(yield* files.objects("c"), ["..", "a/b"])
      assert.strictEqual((yield* send("GET", "/c%2F..")).text, "dots")
      assert.strictEqual((yield* send("GET", "/c/a/b")).text, "ab")
    })
  )

  const odd = [
    "/lead",
    "trail/",
    "a//b",
    "//",
    "..",
    "a/../b",
    "./x",
    "100%",
    "%41",
    "what?",
    "#1",
    " ",
    "a b+c",
    "ünï ☃",
    "😀",
    "new\nline"
  ]
  for (const name of odd) {
    it.effect(`an object may be named ${JSON.stringify(name)}`, () =>
      Effect.gen(function* () {
        const { send, files, json, status } = yield* storage()
        yield* files.seedContainer("c")
        const path = `/c/${encodeURIComponent(name)}`
        assert.strictEqual(yield* status("PUT", path, { body: name }), 201)
        assert.strictEqual((yield* send("GET", path)).text, name)
        assert.deepStrictEqual(
          (yield* json("/c")).map((row) => row["name"]),
          [name]
        )
        assert.strictEqual(yield* status("DELETE", path), 204)
        assert.deepStrictEqual(yield* files.objects("c"), [])
      })
    )
  }

  it.effect("an invalid percent escape is kept as it is", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.seedContainer("c")
      assert.strictEqual(yield* status("PUT", "/c/a%zz", { body: "" }), 201)
      assert.deepStrictEqual(yield* files.objects("c"), ["a%zz"])
    })
  )

  it.effect("that are not UTF-8 or contain NUL are rejected with 412", () =>
    Effect.gen(function* () {
      const { send, status } = yield* storage()
      const reply = yield* send("PUT", "/%ff")
      assert.strictEqual(reply.status, 412)
      assert.strictEqual(reply.text, "Invalid UTF8 or contains NULL")
      assert.strictEqual(yield* status("GET", "/c/%ed%a0%80"), 412)
      assert.strictEqual(yield* status("GET", "/c/a%00b"), 412)
      assert.strictEqual(yield* status("PUT", "/c/x", { headers: { "x-copy-from": "c/%ff" } }), 412)
    })
  )

  it.effect("an empty container name is 412, and a slash after a container is not part of its name", () =>
    Effect.gen(function* () {
      const { send, status } = yield* storage()
      assert.strictEqual((yield* send("GET", "//o")).text, "Bad URL")
      assert.strictEqual(yield* status("PUT", "/c/"), 201)
      assert.strictEqual(yield* status("HEAD", "/c"), 204)
      assert.strictEqual(yield* status("HEAD", "/"), 204)
    })
  )

  it.effect("are limited to 256 bytes of UTF-8 for containers, and 1,024 for objects", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      const snowmen = (count: number) => encodeURIComponent("☃".repeat(count))
      const long = yield* send("PUT", `/${snowmen(86)}`)
      assert.strictEqual(long.status, 400)
      assert.strictEqual(long.text, "Container name length of 258 longer than 256")
      assert.strictEqual(yield* status("PUT", `/${snowmen(85)}x`), 201)
      assert.strictEqual(yield* status("PUT", "/.."), 400)
      yield* files.seedContainer("c")
      const longer = yield* send("PUT", `/c/${snowmen(342)}`, { body: "" })
      assert.strictEqual(longer.text, "Object name length of 1026 longer than 1024")
      assert.strictEqual(longer.status, 400)
      assert.strictEqual(yield* status("PUT", `/c/${snowmen(341)}x`, { body: "" }), 201)
    })
  )
})

describe("Cloud Files: the account", () => {
  it.effect("HEAD returns the number of containers, objects and bytes", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.putObject("a", "1", "12345")
      yield* files.putObject("b", "1", "123")
      const head = yield* send("HEAD", "")
      assert.strictEqual(head.status, 204)
      assert.strictEqual(head.headers["x-account-container-count"], "2")
      assert.strictEqual(head.headers["x-account-object-count"], "2")
      assert.strictEqual(head.headers["x-account-bytes-used"], "8")
      assert.strictEqual(head.headers["x-timestamp"], "1767225600.00000")
    })
  )

  it.effect(
    "POST merges metadata; an empty value or X-Remove removes an entry that the request does not also set",
    () =>
      Effect.gen(function* () {
        const { send, status } = yield* storage()
        const post = (headers: Record<string, string>) => status("POST", "", { headers })
        assert.strictEqual(
          yield* post({ "x-account-meta-one": "1", "X-Account-Meta-Temp-URL-Key": "k", "x-account-meta-three": "3" }),
          204
        )
        yield* post({ "x-account-meta-One": "", "x-remove-account-meta-temp-url-key": "x" })
        yield* post({ "x-account-meta-four_4": "4", "x-remove-account-meta-four-4": "x" })
        const { headers } = yield* send("HEAD", "")
        assert.deepStrictEqual(
          Object.entries(headers).filter(([name]) => name.startsWith("x-account-meta-")),
          [
            ["x-account-meta-three", "3"],
            ["x-account-meta-four-4", "4"]
          ]
        )
      })
  )

  it.effect("GET lists containers as text by default, and returns 204 if there are none", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      assert.strictEqual((yield* send("GET", "")).status, 204)
      const none = yield* send("GET", "", { query: "format=json" })
      assert.deepStrictEqual([none.status, none.text], [200, "[]"])
      yield* files.putObject("b ü", "o", "12")
      yield* files.seedContainer("a")
      const text = yield* send("GET", "")
      assert.strictEqual(text.status, 200)
      assert.strictEqual(text.text, "a\nb ü\n")
      assert.strictEqual(text.headers["content-type"], "text/plain; charset=utf-8")
      const json = yield* send("GET", "", { headers: { accept: "application/json" } })
      assert.deepStrictEqual(JSON.parse(json.text), [
        { name: "a", count: 0, bytes: 0 },
        { name: "b ü", count: 1, bytes: 2 }
      ])
      const xml = yield* send("GET", "", { query: "format=xml&marker=a" })
      assert.strictEqual(
        xml.text,
        `<?xml version="1.0" encoding="UTF-8"?>\n<account name="MossoCloudFS_abc">` +
          `<container><name>b ü</name><count>1</count><bytes>2</bytes></container></account>`
      )
    })
  )

  it.effect("lists containers page by page, filtered, and in reverse order", () =>
    Effect.gen(function* () {
      const { files, names } = yield* storage({ pageLimit: 3 })
      yield* Effect.forEach(["a-1", "a-2", "b", "c", "d"], (name) => files.seedContainer(name))
      assert.deepStrictEqual(yield* names(""), ["a-1", "a-2", "b"])
      assert.deepStrictEqual(yield* names("", "marker=b"), ["c", "d"])
      assert.deepStrictEqual(yield* names("", "marker=a-1&end_marker=c"), ["a-2", "b"])
      assert.deepStrictEqual(yield* names("", "prefix=a&limit=1"), ["a-1"])
      assert.deepStrictEqual(yield* names("", "delimiter=-"), ["a-", "b", "c"])
      assert.deepStrictEqual(yield* names("", "reverse=true&limit=2"), ["d", "c"])
    })
  )
})

describe("Cloud Files: containers", () => {
  it.effect("PUT returns 201, then 202 for the existing container, and merges its metadata", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      assert.strictEqual(yield* status("PUT", "/c", { headers: { "x-container-meta-a": "1" } }), 201)
      yield* files.putObject("c", "o", "abc")
      assert.strictEqual(yield* status("PUT", "/c", { headers: { "x-container-meta-b": "2" } }), 202)
      const head = yield* send("HEAD", "/c")
      assert.strictEqual(head.status, 204)
      assert.strictEqual(head.headers["x-container-meta-a"], "1")
      assert.strictEqual(head.headers["x-container-meta-b"], "2")
      assert.strictEqual(head.headers["x-container-object-count"], "1")
      assert.strictEqual(head.headers["x-container-bytes-used"], "3")
    })
  )

  it.effect("POST sets and removes access lists and metadata, and is 404 for a missing container", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      assert.strictEqual(yield* status("POST", "/c"), 404)
      yield* files.seedContainer("c")
      const post = (headers: Record<string, string>) => status("POST", "/c", { headers })
      const kept = Effect.map(files.containers, ([container]) => container?.headers)
      assert.strictEqual(
        yield* post({ "x-container-read": " .ref:* , bob ,,", "x-container-write": "sue", "x-container-meta-x": "1" }),
        204
      )
      assert.deepStrictEqual(yield* kept, {
        "X-Container-Read": ".r:*,bob",
        "X-Container-Write": "sue",
        "X-Container-Meta-X": "1"
      })
      assert.strictEqual(yield* post({ "x-container-write": ".r:*" }), 400)
      yield* post({ "x-remove-container-read": "x", "x-container-write": "", "x-remove-container-meta-x": "x" })
      assert.deepStrictEqual(yield* kept, {})
    })
  )

  it.effect("DELETE is 409 until the container is empty, then 204, and 404 when repeated", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.putObject("c", "o", "")
      const conflict = yield* send("DELETE", "/c")
      assert.strictEqual(conflict.status, 409)
      assert.include(conflict.text, "<h1>Conflict</h1>")
      yield* status("DELETE", "/c/o")
      assert.strictEqual(yield* status("DELETE", "/c"), 204)
      assert.strictEqual(yield* status("DELETE", "/c"), 404)
    })
  )

  it.effect("an account cannot have more containers than its limit", () =>
    Effect.gen(function* () {
      const { send, status } = yield* storage({ maxContainers: 1 })
      yield* status("PUT", "/a")
      assert.strictEqual((yield* send("PUT", "/b")).text, "Reached container limit of 1")
      assert.strictEqual(yield* status("PUT", "/b"), 403)
      assert.strictEqual(yield* status("PUT", "/a"), 202)
    })
  )

  it.effect("metadata is limited to 90 items, names of 128 bytes, values of 256 bytes, and 4,096 bytes in total", () =>
    Effect.gen(function* () {
      const { send, status } = yield* storage()
      const items = (count: number, value: string, letter = "k") =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-container-meta-${letter}${index}`, value]))
      const put = (headers: Record<string, string>) => send("PUT", "/c", { headers })
      const refused = (reply: TestResponse) => [reply.status, reply.text]
      assert.deepStrictEqual(refused(yield* put(items(91, "v"))), [400, "Too many metadata items; max 90"])
      assert.deepStrictEqual(refused(yield* put(items(17, "v".repeat(250)))), [
        400,
        "Total metadata too large; max 4096"
      ])
      assert.deepStrictEqual(refused(yield* put({ [`x-container-meta-${"k".repeat(129)}`]: "v" })), [
        400,
        `Metadata name too long: x-container-meta-K${"k".repeat(128)}`
      ])
      assert.deepStrictEqual(refused(yield* put({ "x-container-meta-k": "v".repeat(257) })), [
        400,
        "Metadata value longer than 256: x-container-meta-K"
      ])
      assert.deepStrictEqual(refused(yield* put({ "x-container-meta-": "v" })), [400, "Metadata name cannot be empty"])
      assert.strictEqual(yield* status("HEAD", "/c"), 404)
      assert.strictEqual((yield* put(items(50, "v", "a"))).status, 201)
      assert.strictEqual((yield* put(items(40, "v", "b"))).status, 202)
      assert.strictEqual((yield* put(items(1, "v", "c"))).text, "Too many metadata items; max 90")
    })
  )

  it.effect("uploads that exceed a quota are 413, and are not read", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      assert.strictEqual(yield* status("PUT", "/q", { headers: { "x-container-meta-quota-bytes": "some" } }), 400)
      yield* status("PUT", "/q", { headers: { "x-container-meta-quota-bytes": "10" } })
      assert.strictEqual(yield* status("PUT", "/q/a", { body: "1234567890" }), 201)
      const excess = yield* send("PUT", "/q/b", { headers: { "content-length": "1" }, stream: Stream.die("was read") })
      assert.deepStrictEqual([excess.status, excess.text], [413, "Upload exceeds quota."])
      yield* status("POST", "/q", {
        headers: { "x-remove-container-meta-quota-bytes": "x", "x-container-meta-quota-count": "1" }
      })
      assert.strictEqual(yield* status("PUT", "/q/b", { body: "" }), 413)
      assert.strictEqual(yield* status("COPY", "/q/a", { headers: { destination: "q/b" } }), 413)
      assert.deepStrictEqual(yield* files.objects("q"), ["a"])
    })
  )
})

describe("Cloud Files: listings", () => {
  const tree = ["a", "a/", "a/b", "a/b/c", "a/d", "ab", "dir/f", "dir/sub/g", "é", "😀", "\ufffd", "z~"]
  const seeded = Effect.gen(function* () {
    const made = yield* storage({ pageLimit: 100 })
    yield* Effect.forEach(tree, (name) => made.files.putObject("l", name, name))
    return made
  })

  it.effect("are sorted by UTF-8 bytes, which is not the order of JavaScript strings", () =>
    Effect.gen(function* () {
      const { names } = yield* seeded
      const expected = tree.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.notDeepEqual(expected, tree.toSorted())
      assert.deepStrictEqual(yield* names("/l"), expected)
      assert.deepStrictEqual(yield* names("/l", `marker=${encodeURIComponent("\ufffd")}`), ["😀"])
      assert.deepStrictEqual(yield* names("/l", "reverse=true"), expected.toReversed())
    })
  )

  it.effect("in JSON contain a date without a zone, hash, type and size", () =>
    Effect.gen(function* () {
      const { files, json } = yield* storage()
      yield* TestClock.adjust("1234 millis")
      yield* files.putObject("c", "o.txt", "hello")
      assert.deepStrictEqual(yield* json("/c"), [
        {
          name: "o.txt",
          hash: md5("hello"),
          bytes: 5,
          content_type: "text/plain",
          last_modified: "2026-01-01T00:00:01.234000"
        }
      ])
    })
  )

  it.effect("in XML escape special characters", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.putObject("c", "<a>/&", "")
      const listing = yield* send("GET", "/c", { query: "delimiter=/", headers: { accept: "text/xml" } })
      assert.strictEqual(listing.headers["content-type"], "text/xml; charset=utf-8")
      assert.include(listing.text, `<subdir name="&lt;a&gt;/"><name>&lt;a&gt;/</name></subdir>`)
      const flat = yield* send("GET", "/c", { query: "format=xml" })
      assert.include(flat.text, "<object><name>&lt;a&gt;/&amp;</name><hash>")
    })
  )

  it.effect("are 406 in a format that Swift does not have, and `format` overrides Accept", () =>
    Effect.gen(function* () {
      const { send, status } = yield* seeded
      assert.strictEqual(yield* status("GET", "/l", { headers: { accept: "image/png" } }), 406)
      const weighted = yield* send("GET", "/l", { headers: { accept: "text/plain;q=0.3, application/json" } })
      assert.strictEqual(weighted.headers["content-type"], "application/json; charset=utf-8")
      const named = yield* send("GET", "/l", { query: "format=plain", headers: { accept: "application/json" } })
      assert.strictEqual(named.headers["content-type"], "text/plain; charset=utf-8")
    })
  )

  it.effect(
    "with a delimiter contain objects and subdirectories, including the marker object of the prefix itself",
    () =>
      Effect.gen(function* () {
        const { json, names } = yield* seeded
        assert.deepStrictEqual(yield* names("/l", "delimiter=/&end_marker=e"), ["a", "a/", "ab", "dir/"])
        assert.deepStrictEqual((yield* json("/l", "delimiter=/&prefix=dir/s"))[0], { subdir: "dir/sub/" })
        assert.deepStrictEqual(yield* names("/l", "delimiter=/&prefix=a/"), ["a/", "a/b", "a/b/", "a/d"])
        assert.deepStrictEqual(yield* names("/l", "delimiter=b&prefix=a"), ["a", "a/", "a/b", "a/d", "ab"])
      })
  )

  it.effect(
    "continue after a subdirectory when it is the marker, and repeat it when the marker is a name within it",
    () =>
      Effect.gen(function* () {
        const { names } = yield* seeded
        assert.deepStrictEqual(yield* names("/l", "delimiter=/&limit=2"), ["a", "a/"])
        assert.deepStrictEqual(yield* names("/l", "delimiter=/&limit=2&marker=a/"), ["ab", "dir/"])
        assert.deepStrictEqual(yield* names("/l", "delimiter=/&limit=2&marker=a/b"), ["a/", "ab"])
        assert.deepStrictEqual(yield* names("/l", "delimiter=/&reverse=true&marker=dir/&limit=2"), ["ab", "a/"])
      })
  )

  it.effect("with `path` contain no subdirectories", () =>
    Effect.gen(function* () {
      const { names } = yield* seeded
      assert.deepStrictEqual(yield* names("/l", "path=a"), ["a/b", "a/d"])
      assert.deepStrictEqual(yield* names("/l", "path=dir/"), ["dir/f"])
      assert.deepStrictEqual(yield* names("/l", "path=&end_marker=dir"), ["a", "a/", "ab"])
    })
  )

  it.effect("reject a limit above the maximum with 412, and ignore one that is not a number", () =>
    Effect.gen(function* () {
      const { send, names, status } = yield* seeded
      const reply = yield* send("GET", "/l", { query: "limit=101" })
      assert.deepStrictEqual([reply.status, reply.text], [412, "Maximum limit is 100"])
      assert.strictEqual((yield* names("/l", "limit=many")).length, tree.length)
      assert.strictEqual(yield* status("GET", "/l", { query: "limit=0" }), 204)
      assert.strictEqual(yield* status("GET", "", { query: "limit=101" }), 412)
    })
  )

  it.effect("reject parameters that are not UTF-8", () =>
    Effect.gen(function* () {
      const { send, status } = yield* seeded
      const reply = yield* send("GET", "/l", { query: "marker=%ff" })
      assert.deepStrictEqual([reply.status, reply.text], [400, '"marker" parameter not valid UTF-8'])
      assert.strictEqual(yield* status("GET", "/l", { query: "marker=%EF%BF%BD" }), 200)
    })
  )

  it.effect("return 100,000 objects page by page, each once", () =>
    Effect.gen(function* () {
      const { files, names } = yield* storage()
      yield* files.seedContainer("big", 100_000)
      const seen = new Set<string | undefined>()
      let marker = ""
      for (;;) {
        const page = yield* names("/big", `marker=${marker}`)
        page.forEach((name) => seen.add(name))
        if (page.length < 10_000) {
          break
        }
        marker = page.at(-1) ?? ""
      }
      assert.strictEqual(seen.size, 100_000)
      assert.isTrue(seen.has("object-000001") && seen.has("object-100000"))
    })
  )

  it.effect("are sorted whatever the order of uploads and deletions", () =>
    Effect.gen(function* () {
      const { files } = yield* storage()
      // A fixed permutation of 0 to 4,999, since 7 and 5,000 have no common factor.
      const scattered = Array.from({ length: 5000 }, (_, index) => String((index * 7) % 5000).padStart(4, "0"))
      yield* Effect.forEach(scattered, (name) => files.putObject("c", name, ""))
      yield* Effect.forEach(scattered.slice(0, 2500), (name) => files.removeObject("c", name))
      assert.deepStrictEqual(yield* files.objects("c"), scattered.slice(2500).toSorted())
    })
  )
})

describe("Cloud Files: uploads", () => {
  it.effect("return the MD5 and a Last-Modified that is rounded up", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.seedContainer("c")
      yield* TestClock.adjust("1 millis")
      const put = yield* send("PUT", "/c/o", { body: "hello" })
      assert.strictEqual(put.status, 201)
      assert.strictEqual(put.headers["etag"], md5("hello"))
      assert.strictEqual(put.headers["last-modified"], "Thu, 01 Jan 2026 00:00:01 GMT")
      assert.strictEqual(put.headers["content-type"], "text/html; charset=UTF-8")
      const get = yield* send("GET", "/c/o")
      assert.strictEqual(get.headers["x-timestamp"], "1767225600.00100")
      assert.strictEqual(get.headers["last-modified"], "Thu, 01 Jan 2026 00:00:01 GMT")
    })
  )

  it.effect("with chunked encoding are stored completely, in any number of chunks", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.seedContainer("c")
      const pieces = Array.from({ length: 300 }, (_, index) => new Uint8Array(1000).fill(index))
      const put = yield* send("PUT", "/c/o", { stream: Stream.fromIterable(pieces) })
      assert.strictEqual(put.status, 201)
      assert.strictEqual(put.headers["etag"], md5(...pieces))
      const get = yield* send("GET", "/c/o")
      assert.strictEqual(get.headers["content-length"], "300000")
      assert.deepStrictEqual(get.bytes, concat(pieces))
    })
  )

  it.effect("are not changed when the sender reuses its buffer", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.seedContainer("c")
      const buffer = utf8.encode("first")
      yield* status("PUT", "/c/o", { body: buffer })
      buffer.fill(0)
      const stored = yield* files.getObject("c", "o")
      assert.strictEqual(new TextDecoder().decode(stored?.bytes), "first")
    })
  )

  it.effect("with neither a length nor chunked encoding are 411", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.seedContainer("c")
      const reply = yield* send("PUT", "/c/o")
      assert.deepStrictEqual([reply.status, reply.text], [411, "Missing Content-Length header."])
    })
  )

  it.effect("that are rejected with 404, 411, 412 or 413 are not read", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage({ maxObjectBytes: 10 })
      yield* files.putObject("c", "there", "")
      const unread = Stream.die("was read")
      const put = (path: string, headers: Record<string, string>) => status("PUT", path, { headers, stream: unread })
      assert.strictEqual(yield* put("/nope/o", { "content-length": "1" }), 404)
      assert.strictEqual(yield* put("/c/o", { "content-length": "11" }), 413)
      assert.strictEqual(yield* put("/c/o", { "content-length": "many" }), 400)
      assert.strictEqual(yield* put("/c/there", { "content-length": "1", "if-none-match": "*" }), 412)
      assert.strictEqual(yield* put("/c/o", { "content-length": "1", "if-none-match": "abc" }), 400)
      assert.strictEqual(yield* put("/c/o", { "transfer-encoding": "gzip" }), 501)
    })
  )

  it.effect("with chunked encoding that exceed the size limit are 413, and are not read further", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage({ maxObjectBytes: 10 })
      yield* files.seedContainer("c")
      const endless = Stream.rechunk(Stream.repeatValue(new Uint8Array(4)), 1)
      assert.strictEqual(yield* status("PUT", "/c/o", { stream: endless }), 413)
      assert.strictEqual(yield* status("PUT", "/c/o", { stream: Stream.make(new Uint8Array(10)) }), 201)
    })
  )

  it.effect("that end before their declared length or break off store nothing", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.putObject("c", "o", "before")
      const short = { headers: { "content-length": "10" }, stream: Stream.make(utf8.encode("12345")) }
      assert.strictEqual(yield* status("PUT", "/c/o", short), 499)
      const broken: WireBroken = { _tag: "WireBroken", reason: "gone" }
      const cut = { stream: Stream.concat(Stream.make(utf8.encode("123")), Stream.fail(broken)) }
      assert.deepStrictEqual(yield* Effect.flip(send("PUT", "/c/o", cut)), broken)
      assert.deepStrictEqual((yield* files.getObject("c", "o"))?.etag, md5("before"))
    })
  )

  it.effect("whose ETag does not match the body are 422 and store nothing", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.seedContainer("c")
      const wrong = yield* send("PUT", "/c/o", { body: "hello", headers: { etag: md5("other") } })
      assert.strictEqual(wrong.status, 422)
      assert.include(wrong.text, "<h1>Unprocessable Entity</h1>")
      assert.deepStrictEqual(yield* files.objects("c"), [])
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "hello", headers: { etag: md5("hello") } }), 201)
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "hello", headers: { etag: `"${md5("hello")}"` } }), 201)
    })
  )

  it.effect("are 404 if the container is deleted in the meantime", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.seedContainer("c")
      const stream = Stream.concat(
        Stream.make(utf8.encode("a")),
        Stream.drain(Stream.fromEffect(files.dropContainer("c")))
      )
      assert.strictEqual(yield* status("PUT", "/c/o", { stream }), 404)
      assert.deepStrictEqual(yield* files.containers, [])
    })
  )

  it.effect("with If-None-Match: * succeed once, however many run concurrently", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.seedContainer("c")
      const slow = Stream.concat(Stream.drain(Stream.fromEffect(Effect.yieldNow())), Stream.make(utf8.encode("x")))
      const statuses = yield* Effect.all(
        Array.from({ length: 50 }, () => status("PUT", "/c/o", { stream: slow, headers: { "if-none-match": "*" } })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(statuses.filter((one) => one === 201).length, 1)
      assert.strictEqual(statuses.filter((one) => one === 412).length, 49)
    })
  )

  it.effect("of a thousand fibers are all counted", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.seedContainer("c")
      yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => index),
        (index) => status("PUT", `/c/o${index % 500}`, { body: "x".repeat(index % 7) }),
        { concurrency: "unbounded" }
      )
      const { headers } = yield* send("HEAD", "/c")
      const objects = yield* Effect.forEach(yield* files.objects("c"), (name) => files.getObject("c", name))
      assert.strictEqual(headers["x-container-object-count"], "500")
      assert.strictEqual(
        headers["x-container-bytes-used"],
        String(objects.reduce((sum, object) => sum + (object?.bytes.byteLength ?? 0), 0))
      )
    })
  )

  it.effect("get a content type from their name if they have none, or if they request it", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.seedContainer("c")
      const typeOf = (name: string, headers: Record<string, string> = {}) =>
        Effect.zipRight(
          status("PUT", `/c/${name}`, { body: "", headers }),
          Effect.map(files.getObject("c", name), (object) => object?.contentType)
        )
      assert.strictEqual(yield* typeOf("a/b.JPG"), "image/jpeg")
      assert.strictEqual(yield* typeOf("x.tar.gz"), "application/x-tar")
      assert.strictEqual(yield* typeOf("jpg"), "application/octet-stream")
      assert.strictEqual(yield* typeOf("a.txt", { "content-type": "a/b; c=d" }), "a/b; c=d")
      assert.strictEqual(
        yield* typeOf("a.html", { "content-type": "a/b", "x-detect-content-type": "True" }),
        "text/html"
      )
    })
  )

  it.effect("keep metadata under title-cased names, and the headers that objects may have", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.seedContainer("c")
      yield* send("PUT", "/c/o", {
        body: "",
        headers: {
          "x-object-meta-foo_bar": "1",
          "content-encoding": "gzip",
          "content-disposition": "attachment",
          "access-control-allow-origin": "*",
          "x-other": "no"
        }
      })
      const response = yield* files.handle(requestOf("HEAD", "/c/o", {}))
      assert.strictEqual(response.headers["X-Object-Meta-Foo-Bar"], "1")
      assert.strictEqual(response.headers["Content-Encoding"], "gzip")
      assert.strictEqual(response.headers["Content-Disposition"], "attachment")
      assert.strictEqual(response.headers["Access-Control-Allow-Origin"], "*")
      assert.notProperty(response.headers, "X-Other")
    })
  )

  it.effect("that exceed the limits of metadata are 400", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.putObject("c", "there", "")
      const headers = { "x-object-meta-k": "v".repeat(257) }
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "", headers }), 400)
      assert.strictEqual(yield* status("POST", "/c/there", { headers }), 400)
      assert.deepStrictEqual(yield* files.objects("c"), ["there"])
    })
  )
})

describe("Cloud Files: downloads", () => {
  const digits = "0123456789"
  const seeded = Effect.gen(function* () {
    const made = yield* storage()
    yield* made.files.putObject("c", "o", digits, { contentType: "a/b", metadata: { color: "blau ü" } })
    yield* made.files.putObject("c", "empty", "")
    const range = (value: string, path = "/c/o") => made.send("GET", path, { headers: { range: value } })
    return { ...made, range }
  })

  it.effect("HEAD returns 200 with the headers of GET, including the length, and no body", () =>
    Effect.gen(function* () {
      const { send } = yield* seeded
      const get = yield* send("GET", "/c/o")
      const head = yield* send("HEAD", "/c/o", { headers: { range: "bytes=0-1" } })
      assert.strictEqual(get.text, digits)
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.bytes.byteLength, 0)
      const { date: _date, "x-trans-id": _id, ...rest } = head.headers
      assert.deepStrictEqual(rest, {
        "content-type": "a/b",
        "x-object-meta-color": "blau \u00c3\u00bc",
        etag: md5(digits),
        "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
        "x-timestamp": "1767225600.00000",
        "accept-ranges": "bytes",
        "content-length": "10"
      })
    })
  )

  const single = [
    ["bytes=0-1", "01", "bytes 0-1/10"],
    ["bytes=8-", "89", "bytes 8-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", digits, "bytes 0-9/10"],
    ["bytes=0-1,99-", "01", "bytes 0-1/10"]
  ] as const
  for (const [header, body, contentRange] of single) {
    it.effect(`Range: ${header} is ${contentRange}`, () =>
      Effect.gen(function* () {
        const { range } = yield* seeded
        const reply = yield* range(header)
        assert.strictEqual(reply.status, 206)
        assert.strictEqual(reply.text, body)
        assert.strictEqual(reply.headers["content-range"], contentRange)
        assert.strictEqual(reply.headers["content-length"], String(body.length))
      })
    )
  }

  it.effect("several ranges are returned as parts, in the order of the request", () =>
    Effect.gen(function* () {
      const { range } = yield* seeded
      const reply = yield* range("bytes=5-6, 0-1,-1")
      assert.strictEqual(reply.status, 206)
      const boundary = /^multipart\/byteranges;boundary=(.+)$/.exec(reply.headers["content-type"] ?? "")?.[1]
      const part = (where: string, body: string) =>
        `--${boundary}\r\nContent-Type: a/b\r\nContent-Range: bytes ${where}/10\r\n\r\n${body}\r\n`
      assert.strictEqual(reply.text, `${part("5-6", "56")}${part("0-1", "01")}${part("9-9", "9")}--${boundary}--`)
      assert.strictEqual(reply.headers["content-length"], String(reply.bytes.byteLength))
      assert.notProperty(reply.headers, "content-range")
    })
  )

  it.effect("a range outside of the object is 416, and a malformed one is ignored", () =>
    Effect.gen(function* () {
      const { range } = yield* seeded
      const missed = yield* range("bytes=10-")
      assert.strictEqual(missed.status, 416)
      assert.strictEqual(missed.headers["content-range"], "bytes */10")
      assert.strictEqual((yield* range("bytes=-0")).status, 416)
      for (const malformed of ["bytes=5-3", "bytes=-", "bytes=a-b", "bytes=1", "lines=0-1", "bytes=0-1,x"]) {
        const reply = yield* range(malformed)
        assert.deepStrictEqual([reply.status, reply.text], [200, digits], malformed)
      }
    })
  )

  it.effect("an empty object satisfies only a suffix range", () =>
    Effect.gen(function* () {
      const { range } = yield* seeded
      assert.strictEqual((yield* range("bytes=0-", "/c/empty")).status, 416)
      assert.strictEqual((yield* range("bytes=-5", "/c/empty")).status, 200)
    })
  )

  it.effect("more than two overlapping ranges, or more than fifty ranges, are 416", () =>
    Effect.gen(function* () {
      const { range } = yield* seeded
      assert.strictEqual((yield* range("bytes=0-5,1-6,2-7")).status, 416)
      assert.strictEqual((yield* range("bytes=0-5,1-6")).status, 206)
      assert.strictEqual((yield* range("bytes=0-5,0-5,0-5,0-5")).status, 206)
      assert.strictEqual((yield* range(`bytes=${Array.from({ length: 51 }, () => "0-0").join(",")}`)).status, 416)
    })
  )

  const before = "Wed, 31 Dec 2025 23:59:59 GMT"
  const at = "Thu, 01 Jan 2026 00:00:00 GMT"
  const conditions: ReadonlyArray<readonly [Record<string, string>, number]> = [
    [{ "if-none-match": md5(digits) }, 304],
    [{ "if-none-match": `"x", "${md5(digits)}"` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": "x" }, 200],
    [{ "if-match": md5(digits) }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": "x" }, 412],
    [{ "if-modified-since": at }, 304],
    [{ "if-modified-since": before }, 200],
    [{ "if-unmodified-since": before }, 412],
    [{ "if-unmodified-since": at }, 200],
    [{ "if-modified-since": "soon" }, 200],
    [{ "if-none-match": md5(digits), range: "bytes=0-1" }, 304]
  ]
  for (const [headers, expected] of conditions) {
    it.effect(`${JSON.stringify(headers)} is ${expected}, for GET and HEAD`, () =>
      Effect.gen(function* () {
        const { send } = yield* seeded
        const get = yield* send("GET", "/c/o", { headers })
        const head = yield* send("HEAD", "/c/o", { headers })
        assert.deepStrictEqual([get.status, head.status], [expected, expected])
        assert.strictEqual(get.text, expected === 200 ? digits : "")
        assert.strictEqual(get.headers["etag"], md5(digits))
      })
    )
  }

  it.effect("If-Match: * for a missing object is 412, and other requests for it are 404", () =>
    Effect.gen(function* () {
      const { status } = yield* seeded
      assert.strictEqual(yield* status("GET", "/c/gone", { headers: { "if-match": "*" } }), 412)
      assert.strictEqual(yield* status("GET", "/c/gone", { headers: { "if-none-match": "*" } }), 404)
      assert.strictEqual(yield* status("GET", "/nope/gone"), 404)
    })
  )

  it.effect("large bodies are sent in chunks of 64 KiB, each only when it is pulled", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      const bytes = new Uint8Array(200_000).map((_, index) => index % 251)
      yield* files.putObject("c", "o", bytes)
      const whole = yield* send("GET", "/c/o")
      assert.strictEqual(whole.pieces, 4)
      assert.deepStrictEqual(whole.bytes, bytes)
      const part = yield* send("GET", "/c/o", { headers: { range: "bytes=65530-131080" } })
      assert.deepStrictEqual(part.bytes, bytes.slice(65_530, 131_081))
      const response = yield* files.handle(requestOf("GET", "/c/o", {}))
      assert.isFalse(response.body instanceof Uint8Array)
      if (!(response.body instanceof Uint8Array)) {
        const first = yield* Stream.runHead(response.body)
        assert.strictEqual(first._tag === "Some" ? first.value.byteLength : 0, 65_536)
      }
    })
  )

  it.effect("may be modified by the receiver, which does not change the object", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.putObject("c", "o", new Uint8Array(100_000).fill(1))
      const response = yield* files.handle(requestOf("GET", "/c/o", {}))
      if (!(response.body instanceof Uint8Array)) {
        yield* Stream.runForEach(response.body, (part) => Effect.sync(() => part.fill(9)))
      }
      assert.deepStrictEqual((yield* send("GET", "/c/o")).bytes, new Uint8Array(100_000).fill(1))
    })
  )

  it.effect("continue with the old content when the object is replaced", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      const bytes = new Uint8Array(200_000).fill(1)
      yield* files.putObject("c", "o", bytes)
      const response = yield* files.handle(requestOf("GET", "/c/o", {}))
      yield* status("PUT", "/c/o", { body: "new" })
      assert.isFalse(response.body instanceof Uint8Array)
      if (!(response.body instanceof Uint8Array)) {
        const parts = yield* Stream.runCollect(response.body)
        assert.deepStrictEqual(concat(Chunk.toReadonlyArray(parts)), bytes)
      }
    })
  )
})

describe("Cloud Files: objects' metadata", () => {
  it.effect("POST returns 202, replaces all metadata, clears the other headers, and keeps the content type", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.seedContainer("c")
      yield* status("PUT", "/c/o", {
        body: "x",
        headers: {
          "content-type": "a/b",
          "content-encoding": "gzip",
          "content-disposition": "attachment",
          "x-delete-at": "4000000000",
          "x-object-manifest": "c/segments",
          "x-object-meta-old": "1"
        }
      })
      yield* TestClock.adjust("10 seconds")
      const post = yield* send("POST", "/c/o", { headers: { "x-object-meta-new": "2" } })
      assert.strictEqual(post.status, 202)
      assert.include(post.text, "<h1>Accepted</h1>")
      const stored = yield* files.getObject("c", "o")
      assert.deepStrictEqual(stored?.headers, { "X-Object-Meta-New": "2" })
      assert.strictEqual(stored?.contentType, "a/b")
      assert.strictEqual(stored?.deleteAt, undefined)
      assert.strictEqual((yield* send("HEAD", "/c/o")).headers["last-modified"], "Thu, 01 Jan 2026 00:00:10 GMT")
    })
  )

  it.effect("POST can change the content type, and is 404 for a missing object", () =>
    Effect.gen(function* () {
      const { files, json, status } = yield* storage()
      yield* files.putObject("c", "o.txt", "x")
      yield* status("POST", "/c/o.txt", { headers: { "content-type": "n/w" } })
      assert.strictEqual((yield* json("/c"))[0]?.["content_type"], "n/w")
      yield* status("POST", "/c/o.txt", { headers: { "x-detect-content-type": "true" } })
      assert.strictEqual((yield* json("/c"))[0]?.["content_type"], "text/plain")
      assert.strictEqual(yield* status("POST", "/c/gone"), 404)
      assert.strictEqual(yield* status("POST", "/nope/o"), 404)
    })
  )
})

describe("Cloud Files: expiry", () => {
  it.effect("X-Delete-After becomes X-Delete-At, after which reads are 404 and listings still contain the object", () =>
    Effect.gen(function* () {
      const { send, files, names, status } = yield* storage()
      yield* files.seedContainer("c")
      yield* status("PUT", "/c/o", { body: "x", headers: { "x-delete-after": "60" } })
      assert.strictEqual((yield* send("HEAD", "/c/o")).headers["x-delete-at"], String(now / 1000 + 60))
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual(yield* status("GET", "/c/o"), 200)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* status("GET", "/c/o"), 404)
      assert.strictEqual(yield* status("HEAD", "/c/o"), 404)
      assert.strictEqual(yield* status("POST", "/c/o"), 404)
      assert.strictEqual(yield* status("COPY", "/c/o", { headers: { destination: "c/p" } }), 404)
      assert.deepStrictEqual(yield* names("/c"), ["o"])
      assert.strictEqual(yield* status("DELETE", "/c"), 409)
      yield* TestClock.adjust("1 days")
      assert.deepStrictEqual(yield* names("/c"), [])
      assert.strictEqual(yield* status("DELETE", "/c"), 204)
    })
  )

  it.effect("deleting an expired object is 404, but removes it from the listing", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage()
      yield* files.putObject("c", "o", "x", { deleteAt: now / 1000 - 1 })
      assert.strictEqual(yield* status("DELETE", "/c/o"), 404)
      assert.deepStrictEqual(yield* files.objects("c"), [])
    })
  )

  it.effect("an expired object can be created again, and then does not expire", () =>
    Effect.gen(function* () {
      const { files, names, status } = yield* storage()
      yield* files.putObject("c", "o", "x", { deleteAt: now / 1000 - 1 })
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "y", headers: { "if-none-match": "*" } }), 201)
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual(yield* names("/c"), ["o"])
    })
  )

  const refused: ReadonlyArray<readonly [Record<string, string>, string]> = [
    [{ "x-delete-at": "1" }, "X-Delete-At in past"],
    [{ "x-delete-at": "soon" }, "Non-integer X-Delete-At"],
    [{ "x-delete-after": "0" }, "X-Delete-After in past"],
    [{ "x-delete-after": "1.5" }, "Non-integer X-Delete-After"]
  ]
  for (const [headers, sentence] of refused) {
    it.effect(`${JSON.stringify(headers)} is rejected: ${sentence}`, () =>
      Effect.gen(function* () {
        const { send, files } = yield* storage()
        yield* files.putObject("c", "o", "x")
        const put = yield* send("PUT", "/c/o", { body: "", headers })
        assert.deepStrictEqual([put.status, put.text], [400, sentence])
        assert.strictEqual((yield* send("POST", "/c/o", { headers })).status, 400)
      })
    )
  }
})

describe("Cloud Files: copies", () => {
  const seeded = Effect.gen(function* () {
    const made = yield* storage()
    yield* made.files.putObject("c", "ä o", "hello", { contentType: "a/b", metadata: { one: "1", two: "2" } })
    yield* made.files.seedContainer("d")
    return made
  })

  it.effect("COPY copies the metadata, overridden by that of the request", () =>
    Effect.gen(function* () {
      const { send, files } = yield* seeded
      yield* TestClock.adjust("5 seconds")
      const copy = yield* send("COPY", "/c/%C3%A4%20o", {
        headers: { destination: "/d/x%20y", "x-object-meta-two": "II", "x-object-meta-three": "3" }
      })
      assert.strictEqual(copy.status, 201)
      assert.strictEqual(copy.headers["etag"], md5("hello"))
      assert.strictEqual(copy.headers["x-copied-from"], "c/%C3%A4%20o")
      assert.strictEqual(copy.headers["x-copied-from-account"], "MossoCloudFS_abc")
      assert.strictEqual(copy.headers["x-copied-from-last-modified"], "Thu, 01 Jan 2026 00:00:00 GMT")
      const stored = yield* files.getObject("d", "x y")
      assert.deepStrictEqual(stored?.metadata, { one: "1", two: "II", three: "3" })
      assert.strictEqual(stored?.contentType, "a/b")
      assert.strictEqual(stored?.changed, now + 5000)
    })
  )

  it.effect("PUT with X-Copy-From does the same, and X-Fresh-Metadata omits the source's metadata", () =>
    Effect.gen(function* () {
      const { files, status } = yield* seeded
      const headers = { "x-copy-from": "c/%C3%A4%20o", "x-fresh-metadata": "True", "x-object-meta-new": "1" }
      assert.strictEqual(yield* status("PUT", "/d/o", { body: "", headers }), 201)
      const stored = yield* files.getObject("d", "o")
      assert.deepStrictEqual(stored?.metadata, { new: "1" })
      assert.strictEqual(stored?.contentType, "a/b")
      assert.strictEqual(stored?.etag, md5("hello"))
    })
  )

  it.effect("a copy onto itself changes metadata", () =>
    Effect.gen(function* () {
      const { files, status } = yield* seeded
      yield* status("COPY", "/c/%C3%A4%20o", { headers: { destination: "c/%C3%A4%20o", "content-type": "n/w" } })
      assert.strictEqual((yield* files.getObject("c", "ä o"))?.contentType, "n/w")
    })
  )

  it.effect("conditions and ranges apply to the source", () =>
    Effect.gen(function* () {
      const { files, status } = yield* seeded
      const copy = (headers: Record<string, string>) =>
        status("COPY", "/c/%C3%A4%20o", { headers: { destination: "d/o", ...headers } })
      assert.strictEqual(yield* copy({ "if-match": "x" }), 412)
      assert.strictEqual(yield* copy({ range: "bytes=9-" }), 416)
      assert.deepStrictEqual(yield* files.objects("d"), [])
      assert.strictEqual(yield* copy({ range: "bytes=1-2" }), 201)
      assert.strictEqual((yield* files.getObject("d", "o"))?.etag, md5("el"))
    })
  )

  it.effect("malformed requests are 400 or 412, and a missing source or container is 404", () =>
    Effect.gen(function* () {
      const { send, status } = yield* seeded
      const copy = (headers: Record<string, string>) => send("COPY", "/c/%C3%A4%20o", { headers })
      assert.strictEqual((yield* copy({})).text, "Destination header required")
      const form = "Destination header must be of the form <container name>/<object name>"
      const malformed = yield* copy({ destination: "d" })
      assert.deepStrictEqual([malformed.status, malformed.text], [412, form])
      assert.strictEqual((yield* copy({ destination: "nope/o" })).status, 404)
      assert.strictEqual((yield* copy({ destination: "d/o", "destination-account": "Other" })).status, 403)
      assert.strictEqual(yield* status("COPY", "/c/gone", { headers: { destination: "d/o" } }), 404)
      assert.strictEqual(yield* status("PUT", "/d/o", { body: "", headers: { "x-copy-from": "c" } }), 412)
      const full = yield* send("PUT", "/d/o", { body: "x", headers: { "x-copy-from": "c/o" } })
      assert.deepStrictEqual([full.status, full.text], [400, "Copy requests require a zero byte body"])
    })
  )

  it.effect("a source above the size limit of one object is 413", () =>
    Effect.gen(function* () {
      const { files, status } = yield* storage({ maxObjectBytes: 4 })
      yield* files.putObject("c", "o", "hello")
      assert.strictEqual(yield* status("COPY", "/c/o", { headers: { destination: "c/p" } }), 413)
    })
  )
})

describe("Cloud Files: Static Large Objects", () => {
  const put = (manifest: unknown, headers: Record<string, string> = {}): RequestOptions => ({
    query: "multipart-manifest=put",
    body: typeof manifest === "string" ? manifest : JSON.stringify(manifest),
    headers
  })
  const etags = ["594f803b380a41396ed63dca39503542", "08f8e0260c64418510cefb2b06eee5cd"] as const
  const whole = '"e80371eecdb63038d698ccd41608abc2"'
  const manifest = [
    { path: "/s/1", etag: etags[0], size_bytes: 5 },
    { path: "s/2", etag: etags[1], size_bytes: 3 }
  ]
  const segments = Effect.gen(function* () {
    const made = yield* storage()
    yield* made.files.putObject("s", "1", "aaaaa", { contentType: "x/y" })
    yield* made.files.putObject("s", "2", "bbb")
    yield* made.files.seedContainer("c")
    return made
  })
  const seeded = Effect.tap(segments, ({ status }) =>
    Effect.map(status("PUT", "/c/slo", put(manifest, { "content-type": "t/x" })), (it) => assert.strictEqual(it, 201))
  )

  it.effect("the ETag is the quoted MD5 of the segments' ETags, and the body is their content", () =>
    Effect.gen(function* () {
      const { send } = yield* segments
      const reply = yield* send("PUT", "/c/slo", put(manifest))
      assert.strictEqual(reply.status, 201)
      assert.strictEqual(reply.headers["etag"], whole)
      const get = yield* send("GET", "/c/slo")
      assert.strictEqual(get.text, "aaaaabbb")
      assert.strictEqual(md5(get.bytes), "c2b7443aeba6de69bcba5af76c5bfd5a")
      assert.strictEqual(get.headers["etag"], whole)
      assert.strictEqual(get.headers["x-static-large-object"], "True")
      const head = yield* send("HEAD", "/c/slo")
      assert.strictEqual(head.headers["content-length"], "8")
      assert.strictEqual(head.headers["etag"], whole)
    })
  )

  it.effect("ranges may span segments, and conditions apply to the whole object", () =>
    Effect.gen(function* () {
      const { send, status } = yield* seeded
      const range = (value: string) => send("GET", "/c/slo", { headers: { range: value } })
      const across = yield* range("bytes=4-6")
      assert.deepStrictEqual([across.status, across.text], [206, "abb"])
      assert.strictEqual(across.headers["content-range"], "bytes 4-6/8")
      assert.include((yield* range("bytes=0-0,7-7")).text, "bytes 7-7/8\r\n\r\nb\r\n")
      assert.strictEqual((yield* range("bytes=8-")).status, 416)
      assert.strictEqual(yield* status("GET", "/c/slo", { headers: { "if-none-match": whole } }), 304)
    })
  )

  it.effect(
    "a listing contains the size of the object and the hash of the manifest; the container counts the manifest's size",
    () =>
      Effect.gen(function* () {
        const { send, files, json } = yield* seeded
        const stored = yield* files.getObject("c", "slo")
        const [row] = yield* json("/c")
        assert.strictEqual(row?.["bytes"], 8)
        assert.strictEqual(row?.["hash"], md5(stored?.bytes ?? ""))
        assert.strictEqual(row?.["content_type"], "t/x")
        assert.strictEqual(
          (yield* send("HEAD", "/c")).headers["x-container-bytes-used"],
          String(stored?.bytes.byteLength)
        )
      })
  )

  it.effect(
    "?multipart-manifest=get returns the manifest with other keys than PUT, and with the same with format=raw",
    () =>
      Effect.gen(function* () {
        const { send } = yield* seeded
        const get = yield* send("GET", "/c/slo", { query: "multipart-manifest=get" })
        assert.strictEqual(get.headers["content-type"], "application/json; charset=utf-8")
        assert.deepStrictEqual(JSON.parse(get.text), [
          {
            name: "/s/1",
            bytes: 5,
            hash: etags[0],
            content_type: "x/y",
            last_modified: "2026-01-01T00:00:00.000000"
          },
          {
            name: "/s/2",
            bytes: 3,
            hash: etags[1],
            content_type: "application/octet-stream",
            last_modified: "2026-01-01T00:00:00.000000"
          }
        ])
        assert.strictEqual(get.headers["etag"], md5(get.bytes))
        const raw = yield* send("GET", "/c/slo", { query: "multipart-manifest=get&format=raw" })
        assert.deepStrictEqual(JSON.parse(raw.text), [
          { path: "/s/1", etag: etags[0], size_bytes: 5 },
          { path: "/s/2", etag: etags[1], size_bytes: 3 }
        ])
      })
  )

  const malformed: ReadonlyArray<readonly [unknown, string]> = [
    ["{", "Manifest must be valid JSON.\n"],
    [{}, "Manifest must be a list.\n"],
    [[{ path: 1 }], 'Index 0: "path" must be a string\n'],
    [[{ path: "/s" }], "Index 0: path does not refer to an object. Path must be of the form /container/object.\n"],
    [[{ path: "/s/1", range: "0-1" }], 'Index 0: extraneous keys "range"\n'],
    [[{ path: "/s/1", size_bytes: "x" }], "Index 0: invalid size_bytes\n"],
    [[{ path: "/s/1" }, { path: "/c/slo" }], "Index 1: manifest must not include itself as a segment\n"],
    [[{ path: "/s/1", size_bytes: 0 }, { path: "/s/2" }], "Index 0: too small; each segment must be at least 1 byte.\n"]
  ]
  for (const [body, text] of malformed) {
    it.effect(`the manifest ${JSON.stringify(body)} is 400: ${text.trim()}`, () =>
      Effect.gen(function* () {
        const { send, files } = yield* segments
        const reply = yield* send("PUT", "/c/slo", put(body))
        assert.deepStrictEqual([reply.status, reply.text], [400, text])
        assert.deepStrictEqual(yield* files.objects("c"), [])
      })
    )
  }

  it.effect("segments that do not match the manifest are reported, as text or as JSON", () =>
    Effect.gen(function* () {
      const { send } = yield* segments
      const wrong = [
        { path: "/s/ gone", size_bytes: 5 },
        { path: "/s/1", etag: etags[1], size_bytes: 6 }
      ]
      const text = yield* send("PUT", "/c/slo", put(wrong))
      assert.deepStrictEqual(
        [text.status, text.text],
        [400, "Errors:\n/s/%20gone, 404 Not Found\n/s/1, Size Mismatch\n/s/1, Etag Mismatch\n"]
      )
      const json = yield* send("PUT", "/c/slo", put(wrong, { accept: "application/json" }))
      assert.strictEqual(json.status, 400)
      assert.deepStrictEqual(JSON.parse(json.text), {
        Errors: [
          ["/s/%20gone", "404 Not Found"],
          ["/s/1", "Size Mismatch"],
          ["/s/1", "Etag Mismatch"]
        ]
      })
    })
  )

  it.effect("Rackspace's minimum segment size can be configured, and does not apply to the last segment", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage({ minimumSegmentBytes: 1_048_576 })
      yield* files.putObject("c", "small", "x")
      yield* files.putObject("c", "large", new Uint8Array(1_048_576))
      const small = yield* send("PUT", "/c/slo", put([{ path: "/c/small" }, { path: "/c/large" }]))
      assert.strictEqual(
        small.text,
        "Errors:\n/c/small, Too small; each segment, except the last, must be at least 1048576 bytes.\n"
      )
      const large = yield* send("PUT", "/c/slo", put([{ path: "/c/large" }, { path: "/c/small" }]))
      assert.strictEqual(large.status, 201)
    })
  )

  it.effect("have at most 1,000 segments, and a manifest of at most 8 MiB", () =>
    Effect.gen(function* () {
      const { status } = yield* segments
      const many = (count: number) => put(Array.from({ length: count }, () => ({ path: "/s/1" })))
      assert.strictEqual(yield* status("PUT", "/c/slo", many(1001)), 413)
      assert.strictEqual(yield* status("PUT", "/c/slo", many(1000)), 201)
      const huge = { "content-length": String(8 * 1024 * 1024 + 1) }
      assert.strictEqual(
        yield* status("PUT", "/c/slo", { ...put([]), headers: huge, stream: Stream.die("was read") }),
        413
      )
    })
  )

  it.effect("the request's ETag may be that of the object or of the JSON, and another one is 422", () =>
    Effect.gen(function* () {
      const { status } = yield* segments
      const withEtag = (etag: string) => status("PUT", "/c/slo", put(manifest, { etag }))
      assert.strictEqual(yield* withEtag(whole), 201)
      assert.strictEqual(yield* withEtag(md5(JSON.stringify(manifest))), 201)
      assert.strictEqual(yield* withEtag(md5("other")), 422)
    })
  )

  it.effect("a changed or missing segment breaks off the body; if it is the first one, the response is 409", () =>
    Effect.gen(function* () {
      const { send, files } = yield* seeded
      yield* files.putObject("s", "2", "BBB")
      const cut = yield* send("GET", "/c/slo")
      assert.strictEqual(cut.status, 200)
      assert.strictEqual(cut.headers["content-length"], "8")
      assert.strictEqual(cut.text, "aaaaa")
      assert.match(cut.cut ?? "", /segment s\/2 is missing or changed/)
      const range = yield* send("GET", "/c/slo", { headers: { range: "bytes=0-4" } })
      assert.deepStrictEqual([range.status, range.cut], [206, undefined])
      yield* files.removeObject("s", "1")
      const conflict = yield* send("GET", "/c/slo")
      assert.deepStrictEqual([conflict.status, conflict.cut], [409, undefined])
      assert.strictEqual((yield* send("HEAD", "/c/slo")).status, 200)
    })
  )

  it.effect("large objects can be segments themselves", () =>
    Effect.gen(function* () {
      const { send, files } = yield* seeded
      const outer = yield* send(
        "PUT",
        "/c/outer",
        put([{ path: "/c/slo", etag: whole.slice(1, -1) }, { path: "/s/2" }])
      )
      assert.strictEqual(outer.status, 201)
      assert.strictEqual((yield* send("GET", "/c/outer")).text, "aaaaabbbbbb")
      assert.strictEqual((yield* send("GET", "/c/outer", { headers: { range: "bytes=4-8" } })).text, "abbbb")
      const removed = yield* send("DELETE", "/c/outer", {
        query: "multipart-manifest=delete",
        headers: { accept: "application/json" }
      })
      assert.strictEqual((JSON.parse(removed.text) as Record<string, unknown>)["Number Deleted"], 4)
      assert.deepStrictEqual(yield* files.objects("c"), [])
    })
  )

  it.effect("POST keeps the manifest, and COPY creates a plain object unless the manifest is requested", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* seeded
      yield* status("POST", "/c/slo", { headers: { "x-object-meta-a": "1" } })
      const head = yield* send("HEAD", "/c/slo")
      assert.strictEqual(head.headers["x-static-large-object"], "True")
      assert.strictEqual(head.headers["x-object-meta-a"], "1")
      yield* status("COPY", "/c/slo", { headers: { destination: "c/flat" } })
      const flat = yield* files.getObject("c", "flat")
      assert.deepStrictEqual([flat?.isStaticLargeObject, flat?.etag], [false, md5("aaaaabbb")])
      const copy = yield* send("COPY", "/c/slo", {
        headers: { destination: "c/again" },
        query: "multipart-manifest=get"
      })
      assert.strictEqual(copy.headers["etag"], whole)
      assert.strictEqual((yield* files.getObject("c", "again"))?.isStaticLargeObject, true)
      assert.strictEqual((yield* send("GET", "/c/again")).text, "aaaaabbb")
    })
  )

  it.effect("?multipart-manifest=delete also deletes the segments, and returns 200 even for errors", () =>
    Effect.gen(function* () {
      const { send, files } = yield* seeded
      const remove = (path: string, headers: Record<string, string> = {}) =>
        send("DELETE", path, { query: "multipart-manifest=delete", headers })
      const plain = yield* remove("/s/1", { accept: "application/json" })
      assert.strictEqual(plain.status, 200)
      assert.deepStrictEqual(JSON.parse(plain.text), {
        "Number Deleted": 0,
        "Number Not Found": 0,
        "Response Body": "",
        "Response Status": "400 Bad Request",
        Errors: [["/s/1", "Not an SLO manifest"]]
      })
      const removed = yield* remove("/c/slo")
      assert.strictEqual(removed.headers["content-type"], "text/plain")
      assert.strictEqual(
        removed.text,
        "Number Deleted: 3\nNumber Not Found: 0\nResponse Body: \nResponse Status: 200 OK\nErrors:\n"
      )
      assert.deepStrictEqual(yield* files.objects("s"), [])
      assert.include((yield* remove("/c/slo")).text, "Number Not Found: 1\nResponse Body: \nResponse Status: 200 OK")
    })
  )

  it.effect("manifests that refer to each other can be deleted, and break off when read", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* segments
      yield* status("PUT", "/c/a", put([{ path: "/s/1" }]))
      yield* status("PUT", "/c/b", put([{ path: "/c/a" }]))
      yield* status("PUT", "/c/a", put([{ path: "/c/b" }]))
      assert.strictEqual(yield* status("GET", "/c/a"), 409)
      const removed = yield* send("DELETE", "/c/a", { query: "multipart-manifest=delete" })
      assert.include(removed.text, "Response Status: 200 OK")
      assert.deepStrictEqual(yield* files.objects("c"), [])
    })
  )

  it.effect("a plain DELETE deletes only the manifest", () =>
    Effect.gen(function* () {
      const { files, status } = yield* seeded
      assert.strictEqual(yield* status("DELETE", "/c/slo"), 204)
      assert.deepStrictEqual(yield* files.objects("s"), ["1", "2"])
    })
  )

  it.effect("a request cannot set the header that marks them", () =>
    Effect.gen(function* () {
      const { status } = yield* segments
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "", headers: { "x-static-large-object": "true" } }), 400)
    })
  )
})

describe("Cloud Files: Dynamic Large Objects", () => {
  const seeded = Effect.gen(function* () {
    const made = yield* storage()
    yield* made.files.putObject("s", "ü/1", "one")
    yield* made.files.putObject("s", "ü/2", "two")
    yield* made.files.putObject("s", "z", "no")
    yield* made.files.seedContainer("c")
    yield* made.status("PUT", "/c/dlo", { body: "", headers: { "x-object-manifest": "s/%C3%BC/" } })
    return made
  })

  it.effect("consist of the objects that are under the prefix when they are read", () =>
    Effect.gen(function* () {
      const { send, files } = yield* seeded
      const get = yield* send("GET", "/c/dlo")
      assert.strictEqual(get.text, "onetwo")
      assert.strictEqual(get.headers["x-object-manifest"], "s/%C3%BC/")
      assert.strictEqual(get.headers["etag"], `"${md5(md5("one"), md5("two"))}"`)
      yield* files.putObject("s", "ü/3", "!")
      assert.strictEqual((yield* send("HEAD", "/c/dlo")).headers["content-length"], "7")
      assert.strictEqual((yield* send("GET", "/c/dlo", { headers: { range: "bytes=2-3" } })).text, "et")
      assert.strictEqual((yield* send("GET", "/c/dlo", { headers: { range: "bytes=0-0,2-2" } })).status, 200)
    })
  )

  it.effect("have no size in listings, and return their own content with ?multipart-manifest=get", () =>
    Effect.gen(function* () {
      const { send, json } = yield* seeded
      assert.strictEqual((yield* json("/c"))[0]?.["bytes"], 0)
      const itself = yield* send("GET", "/c/dlo", { query: "multipart-manifest=get" })
      assert.deepStrictEqual([itself.status, itself.text, itself.headers["etag"]], [200, "", md5("")])
    })
  )

  it.effect("become plain objects after a POST without the manifest header", () =>
    Effect.gen(function* () {
      const { send, status } = yield* seeded
      yield* status("POST", "/c/dlo", { headers: { "x-object-manifest": "s/%C3%BC/" } })
      assert.strictEqual((yield* send("GET", "/c/dlo")).text, "onetwo")
      yield* status("POST", "/c/dlo")
      assert.strictEqual((yield* send("GET", "/c/dlo")).text, "")
    })
  )

  it.effect("are 404 without the segments' container, and break off at an expired segment", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* seeded
      yield* files.putObject("s", "ü/2", "two", { deleteAt: now / 1000 - 1 })
      const cut = yield* send("GET", "/c/dlo")
      assert.strictEqual(cut.text, "one")
      assert.isDefined(cut.cut)
      yield* files.dropContainer("s")
      assert.strictEqual(yield* status("GET", "/c/dlo"), 404)
    })
  )

  it.effect("break off when the size of a segment changes while they are read", () =>
    Effect.gen(function* () {
      const { files } = yield* seeded
      const response = yield* files.handle(requestOf("GET", "/c/dlo", {}))
      yield* files.putObject("s", "ü/2", "longer")
      assert.strictEqual(response.headers["Content-Length"], "6")
      const body = response.body instanceof Uint8Array ? Stream.make(response.body) : response.body
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(body)))._tag, "WireBroken")
    })
  )

  it.effect("become plain objects by COPY, unless it has ?multipart-manifest=get", () =>
    Effect.gen(function* () {
      const { files, status } = yield* seeded
      yield* status("COPY", "/c/dlo", { headers: { destination: "c/flat" } })
      const flat = yield* files.getObject("c", "flat")
      assert.deepStrictEqual([flat?.etag, flat?.headers], [md5("onetwo"), {}])
      yield* status("COPY", "/c/dlo", { headers: { destination: "c/again" }, query: "multipart-manifest=get" })
      const again = yield* files.getObject("c", "again")
      assert.deepStrictEqual([again?.etag, again?.headers], [md5(""), { "X-Object-Manifest": "s/%C3%BC/" }])
    })
  )

  it.effect("are rejected if the header is not container/prefix", () =>
    Effect.gen(function* () {
      const { status } = yield* seeded
      for (const value of ["s", "/s/x", "s/", "s//x", "s/a?b"]) {
        const headers = { "x-object-manifest": value }
        assert.strictEqual(yield* status("PUT", "/c/bad", { body: "", headers }), 400, value)
      }
    })
  )

  it.effect("whose own name begins with their prefix are read without recursion", () =>
    Effect.gen(function* () {
      const { send, status } = yield* seeded
      yield* status("PUT", "/s/%C3%BC", { body: "itself ", headers: { "x-object-manifest": "s/%C3%BC" } })
      assert.strictEqual((yield* send("GET", "/s/%C3%BC")).text, "itself onetwo")
    })
  )
})

describe("Cloud Files: bulk deletion", () => {
  const bulk = (body: string, headers: Record<string, string> = {}, query = "bulk-delete"): RequestOptions => ({
    query,
    body,
    headers: { "content-type": "text/plain", accept: "application/json", ...headers }
  })
  const resultOf = (reply: TestResponse) => {
    assert.strictEqual(reply.status, 200)
    return JSON.parse(reply.text) as Record<string, unknown>
  }

  it.effect("deletes objects, then containers, and succeeds if some are missing", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.putObject("ä b", "x/☃", "1")
      yield* files.putObject("ä b", "y", "1")
      const lines = ["/%C3%A4%20b", "/%C3%A4%20b/x/%E2%98%83", "%C3%A4%20b/y", "/nope/gone", ""].join("\n")
      for (const method of ["DELETE", "POST"]) {
        const result = resultOf(yield* send(method, "", bulk(lines)))
        assert.deepStrictEqual(result, {
          "Number Deleted": method === "DELETE" ? 3 : 0,
          "Number Not Found": method === "DELETE" ? 1 : 4,
          "Response Body": "",
          "Response Status": "200 OK",
          Errors: []
        })
      }
      assert.deepStrictEqual(yield* files.containers, [])
    })
  )

  it.effect("reports each failed name, percent-encoded", () =>
    Effect.gen(function* () {
      const { send, files } = yield* storage()
      yield* files.putObject("full ü", "o", "1")
      const result = resultOf(yield* send("POST", "", bulk("/full%20%C3%BC\n/c/%ff\n")))
      assert.strictEqual(result["Response Status"], "400 Bad Request")
      assert.deepStrictEqual(result["Errors"], [
        ["/c/%FF", "412 Precondition Failed"],
        ["/full%20%C3%BC", "409 Conflict"]
      ])
    })
  )

  it.effect("responds in text by default, or in XML", () =>
    Effect.gen(function* () {
      const { send } = yield* storage()
      const text = yield* send("POST", "", bulk("/c/gone", { accept: "*/*" }))
      assert.strictEqual(
        text.text,
        "Number Deleted: 0\nNumber Not Found: 1\nResponse Body: \nResponse Status: 200 OK\nErrors:\n"
      )
      const xml = yield* send("POST", "", bulk("/c/gone", { accept: "application/xml" }))
      assert.include(xml.text, "<delete>\n<number_deleted>0</number_deleted>\n")
    })
  )

  it.effect("reports an invalid request in the response body", () =>
    Effect.gen(function* () {
      const { send } = yield* storage()
      const outcome = (request: RequestOptions) =>
        Effect.map(send("POST", "", request), (reply) => {
          const result = resultOf(reply)
          return [result["Response Status"], result["Response Body"]]
        })
      assert.deepStrictEqual(yield* outcome(bulk("\n")), ["400 Bad Request", "Invalid bulk delete."])
      assert.deepStrictEqual(yield* outcome(bulk("/c/o", { "content-type": "application/json" })), [
        "406 Not Acceptable",
        ""
      ])
      assert.deepStrictEqual(yield* outcome(bulk("/c/o\n".repeat(10_001))), [
        "413 Request Entity Too Large",
        "Maximum Bulk Deletes: 10000 per request"
      ])
      assert.deepStrictEqual(yield* outcome(bulk("/c/o\n".repeat(10_000))), ["200 OK", ""])
      assert.deepStrictEqual(yield* outcome(bulk(`/c/${"x".repeat(4000)}`)), ["400 Bad Request", "Invalid File Name"])
      assert.deepStrictEqual(yield* outcome({ query: "bulk-delete", headers: { accept: "application/json" } }), [
        "411 Length Required",
        ""
      ])
    })
  )
})

describe("Cloud Files: old versions", () => {
  it.effect("PUT keeps the replaced version, and DELETE restores it", () =>
    Effect.gen(function* () {
      const { send, files, status } = yield* storage()
      yield* files.seedContainer("old ones")
      yield* status("PUT", "/c", { headers: { "x-versions-location": "old%20ones" } })
      assert.strictEqual((yield* send("HEAD", "/c")).headers["x-versions-location"], "old%20ones")
      yield* status("PUT", "/c/myobject", { body: "1", headers: { "x-object-meta-version": "1" } })
      yield* TestClock.adjust("1 seconds")
      yield* status("PUT", "/c/myobject", { body: "2" })
      yield* status("PUT", "/c/myobject", { body: "3" })
      assert.deepStrictEqual(yield* files.objects("old ones"), [
        "008myobject/1767225600.00000",
        "008myobject/1767225601.00000"
      ])
      assert.strictEqual(yield* status("DELETE", "/c/myobject"), 204)
      assert.strictEqual((yield* send("GET", "/c/myobject")).text, "2")
      yield* status("DELETE", "/c/myobject")
      const first = yield* send("GET", "/c/myobject")
      assert.deepStrictEqual([first.text, first.headers["x-object-meta-version"]], ["1", "1"])
      assert.strictEqual(yield* status("DELETE", "/c/myobject"), 204)
      assert.strictEqual(yield* status("DELETE", "/c/myobject"), 404)
      assert.deepStrictEqual(yield* files.objects("old ones"), [])
    })
  )

  it.effect("a PUT that replaces an object is 412 if the versions container is missing", () =>
    Effect.gen(function* () {
      const { send, status } = yield* storage()
      yield* status("PUT", "/c", { headers: { "x-versions-location": "gone" } })
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "1" }), 201)
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "2" }), 412)
      assert.strictEqual((yield* send("GET", "/c/o")).text, "1")
      yield* status("POST", "/c", { headers: { "x-remove-versions-location": "x" } })
      assert.strictEqual(yield* status("PUT", "/c/o", { body: "2" }), 201)
    })
  )
})
