import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { createHmac } from "node:crypto"
import * as Emulator from "../../src/emulator/Emulator.js"
import * as Multipart from "../../src/emulator/CloudFiles/multipart.js"
import { send, type RequestOptions } from "./support.js"

const account = "MossoCloudFS_abc"

/** A cloud with some objects, and with keys for the account and the first container. */
const cloud = (options: Emulator.EmulatorOptions = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(1_300_000_000_000)
    const emulator = yield* Emulator.make({ storageAccount: account, ...options })
    const token = yield* emulator.issueToken
    /** A request by the account's owner. */
    const own = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
      send(emulator, `/files/dfw/v1/${account}${path}`, {
        method,
        token,
        headers: { "content-type": "", ...headers },
        ...(body === undefined ? {} : { body })
      })
    /** A request without a token. */
    const any = (method: string, path: string, request: RequestOptions = {}) =>
      send(emulator, `/files/dfw/v1/${account}${path}`, { method, ...request })
    yield* own("POST", "", { "x-account-meta-temp-url-key": "secret-key", "x-account-meta-temp-url-key-2": "next" })
    yield* own("PUT", "/pics", { "x-container-meta-temp-url-key": "pics-key" })
    yield* emulator.files.putObject("pics", "cat.jpg", "meow", { metadata: { hidden: "1", "public-a": "2" } })
    yield* emulator.files.putObject("pics", "2014/cat.jpg", "old")
    yield* emulator.files.putObject("other", "o", "other")
    return { any, emulator, own }
  })

const sign = (message: string, key = "secret-key", algorithm = "sha256") =>
  createHmac(algorithm, key).update(message).digest("hex")

const expires = 1_400_000_000

const query = (signature: string, more = "") => `?temp_url_sig=${signature}&temp_url_expires=${expires}${more}`

/** The signatures that other implementations compute for the same paths and key. */
const vectors = {
  sha1: "c3fbd52a07c03cb62616cd9cb77aaa388219c64f",
  sha256: "c7bfd56b3013b0582da2cc3ef730a273f1ee9ab3c528da9a971d5978046fe303",
  unicode: "70878b2efba3b9885db9f4f1bdfe032492ab4be2ac3e47e28d869d9313fb06e2",
  prefix: "762cb13d03ae76885a18af797b328926707af59623bdd696712f43b18ae1bed2",
  range: "333c4e847b73c3518e42f05aadfafad10b84a475dece8cd87acfc2c010069be5",
  formSha1: "39aa51f0c243dc9e2d92d86fc3029da14766d51f",
  formSha256: "0e38ddea2c1f948420d1261c0638251e06e1ceb095e1183b2f73cd3658f1279f"
}

describe("Cloud Files: signed URLs", () => {
  it.effect("give access to one object by one method without a token, until they expire", () =>
    Effect.gen(function* () {
      const { any } = yield* cloud()
      for (const signature of [vectors.sha1, vectors.sha256]) {
        const { headers, status, text } = yield* any("GET", `/pics/cat.jpg${query(signature)}`)
        assert.deepStrictEqual([status, text], [200, "meow"])
        assert.strictEqual(headers["content-disposition"], `attachment; filename="cat.jpg"; filename*=UTF-8''cat.jpg`)
        assert.strictEqual(headers["expires"], "Tue, 13 May 2014 16:53:20 GMT")
        assert.isUndefined(headers["x-object-meta-hidden"])
        assert.strictEqual(headers["x-object-meta-public-a"], "2")
        assert.strictEqual((yield* any("HEAD", `/pics/cat.jpg${query(signature)}`)).status, 200)
        assert.strictEqual((yield* any("DELETE", `/pics/cat.jpg${query(signature)}`)).status, 401)
        assert.strictEqual((yield* any("GET", `/pics/2014/cat.jpg${query(signature)}`)).status, 401)
      }
      yield* TestClock.setTime(expires * 1000 + 1)
      const late = yield* any("GET", `/pics/cat.jpg${query(vectors.sha1)}`)
      assert.deepStrictEqual([late.status, late.text], [401, "401 Unauthorized: Temp URL invalid\n"])
    })
  )

  it.effect("are signed over the decoded name", () =>
    Effect.gen(function* () {
      const { any, emulator } = yield* cloud()
      yield* emulator.files.putObject("my box", "ünï ☃?#%.txt", "snow")
      const path = `/my%20box/%C3%BCn%C3%AF%20%E2%98%83%3F%23%25.txt`
      assert.strictEqual((yield* any("GET", path + query(vectors.unicode))).text, "snow")
    })
  )

  it.effect("may be signed over the whole path of the endpoint, including its prefix before /v1", () =>
    Effect.gen(function* () {
      const { any } = yield* cloud()
      const message = `GET\n${expires}\n/files/dfw/v1/${account}/pics/cat.jpg`
      assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(sign(message))}`)).status, 200)
      const elsewhere = message.replace("/dfw/", "/ord/")
      assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(sign(elsewhere))}`)).status, 401)
    })
  )

  it.effect("may be valid for a prefix, or restricted to a range of addresses", () =>
    Effect.gen(function* () {
      const { any } = yield* cloud({ files: { clientAddress: "1.2.3.4" } })
      const prefix = "&temp_url_prefix=2014/"
      assert.strictEqual((yield* any("GET", `/pics/2014/cat.jpg${query(vectors.prefix, prefix)}`)).text, "old")
      assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(vectors.prefix, prefix)}`)).status, 401)
      const range = "&temp_url_ip_range=1.2.3.0/24"
      assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(vectors.range, range)}`)).text, "meow")
      assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(vectors.range)}`)).status, 401)
      const { any: far } = yield* cloud({ files: { clientAddress: "1.2.4.4" } })
      assert.strictEqual((yield* far("GET", `/pics/cat.jpg${query(vectors.range, range)}`)).status, 401)
    })
  )

  it.effect("may be signed with either key of the account, or with a container's key for that container only", () =>
    Effect.gen(function* () {
      const { any, emulator, own } = yield* cloud()
      const message = (method: string, path: string) => `${method}\n${expires}\n/v1/${account}${path}`
      const get = message("GET", "/pics/cat.jpg")
      for (const key of ["next", "pics-key"]) {
        assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(sign(get, key))}`)).status, 200)
      }
      const other = sign(message("GET", "/other/o"), "pics-key")
      assert.strictEqual((yield* any("GET", `/other/o${query(other)}`)).status, 401)
      yield* own("POST", "", { "x-remove-account-meta-temp-url-key-2": "x" })
      assert.strictEqual((yield* any("GET", `/pics/cat.jpg${query(sign(get, "next"))}`)).status, 401)
      assert.deepStrictEqual(yield* emulator.files.objects("pics"), ["2014/cat.jpg", "cat.jpg"])
    })
  )

  it.effect("allow uploads, updates and deletions, but not manifests, links and copies", () =>
    Effect.gen(function* () {
      const { any, emulator } = yield* cloud()
      const url = (method: string) => `/pics/new${query(sign(`${method}\n${expires}\n/v1/${account}/pics/new`))}`
      assert.strictEqual((yield* any("PUT", url("PUT"), { body: "new" })).status, 201)
      assert.strictEqual((yield* any("POST", url("POST"), { headers: { "x-object-meta-a": "b" } })).status, 202)
      assert.deepStrictEqual((yield* emulator.files.getObject("pics", "new"))?.metadata, { a: "b" })
      for (const header of ["X-Object-Manifest", "X-Symlink-Target", "X-Copy-From"]) {
        const pointing = yield* any("PUT", url("PUT"), { headers: { [header.toLowerCase()]: "other/o" }, body: "" })
        assert.deepStrictEqual(
          [pointing.status, pointing.text],
          [400, `The header '${header}' is not allowed in this tempurl`]
        )
      }
      assert.strictEqual((yield* any("DELETE", url("DELETE"))).status, 204)
    })
  )

  it.effect("are rejected if they are invalid, even with a valid token", () =>
    Effect.gen(function* () {
      const { own } = yield* cloud()
      assert.strictEqual((yield* own("GET", `/pics/cat.jpg${query("0".repeat(64))}`)).status, 401)
      assert.strictEqual((yield* own("GET", "/pics/cat.jpg?temp_url_expires=1400000000")).status, 401)
    })
  )
})

describe("Cloud Files: forms", () => {
  const boundary = "frontier"

  const formOf = (
    fields: Readonly<Record<string, string>>,
    files: ReadonlyArray<readonly [name: string, body: string, type?: string]>
  ): string =>
    [
      ...Object.entries(fields).map(
        ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
      ),
      ...files.map(
        ([name, body, type]) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
          `${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n${body}\r\n`
      ),
      `--${boundary}--\r\n`
    ].join("")

  const fields = {
    redirect: "https://example.com/done",
    max_file_size: "104857600",
    max_file_count: "10",
    expires: String(expires),
    signature: vectors.formSha256
  }

  const post = (body: string): RequestOptions => ({
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body
  })

  it.effect("store their files under the path, and redirect to the page", () =>
    Effect.gen(function* () {
      const { any, emulator } = yield* cloud()
      for (const signature of [vectors.formSha1, vectors.formSha256]) {
        const body = formOf({ ...fields, signature }, [
          ["ü.txt", "one\r\n--front", "text/x-one"],
          ["sub/two.html", ""]
        ])
        const reply = yield* any("POST", "/pics/", post(body))
        assert.deepStrictEqual(
          [reply.status, reply.headers["location"]],
          [303, "https://example.com/done?status=201&message="]
        )
        const one = yield* emulator.files.getObject("pics", "ü.txt")
        assert.deepStrictEqual(
          [one?.contentType, new TextDecoder().decode(one?.bytes)],
          ["text/x-one", "one\r\n--front"]
        )
        assert.strictEqual((yield* emulator.files.getObject("pics", "sub/two.html"))?.bytes.byteLength, 0)
        yield* emulator.files.removeObject("pics", "ü.txt")
      }
    })
  )

  it.effect(
    "are rejected if a file is too large, there are too many or none, the form expired, or the signature is wrong",
    () =>
      Effect.gen(function* () {
        const { any, emulator } = yield* cloud()
        const signed = (own: Record<string, string>) => {
          const all = { ...fields, redirect: "", ...own }
          const values = [all.redirect, all.max_file_size, all.max_file_count, all.expires].join("\n")
          return { ...all, signature: sign(`/v1/${account}/pics/x-\n${values}`) }
        }
        const tell = (own: Record<string, string>, files: Parameters<typeof formOf>[1] = [["a", "12345"]]) =>
          Effect.map(any("POST", "/pics/x-", post(formOf(own, files))), ({ status, text }) => [status, text])
        assert.deepStrictEqual(yield* tell(signed({ max_file_size: "4" })), [400, "FormPost: max_file_size exceeded"])
        assert.deepStrictEqual(yield* tell(signed({ expires: "1" })), [401, "FormPost: Form Expired"])
        assert.deepStrictEqual(yield* tell({ ...signed({}), expires: "1400000001" }), [
          401,
          "FormPost: Invalid Signature"
        ])
        assert.deepStrictEqual(yield* tell(signed({}), []), [400, "400 Bad Request\r\nFormPost: No Files To Process"])
        assert.deepStrictEqual(yield* emulator.files.objects("pics"), ["2014/cat.jpg", "cat.jpg"])
        assert.deepStrictEqual(
          yield* tell(signed({ max_file_count: "1" }), [
            ["a", "1"],
            ["b", "2"]
          ]),
          [400, "400 Bad Request\r\nFormPost: Max File Count Exceeded"]
        )
        assert.deepStrictEqual(yield* emulator.files.objects("pics"), ["2014/cat.jpg", "cat.jpg", "x-a"])
        assert.deepStrictEqual(yield* tell(signed({ x_delete_after: "60" })), [201, "201 Created"])
        assert.strictEqual((yield* emulator.files.getObject("pics", "x-a"))?.deleteAt, 1_300_000_060)
      })
  )

  it.effect("may arrive in chunks of any size", () =>
    Effect.gen(function* () {
      const body = new TextEncoder().encode(formOf({ a: "1", b: "" }, [["f", "x\r\n--frontie\r\n\r\n--", "t/t"]]))
      const read = (size: number) => {
        const reader = Multipart.reader(boundary)
        const pieces: Array<Multipart.Piece> = []
        for (let at = 0; at < body.byteLength; at += size) {
          pieces.push(...reader.push(body.slice(at, at + size)))
        }
        pieces.push(...reader.finish())
        return pieces
          .map((piece) =>
            piece._tag === "Data"
              ? new TextDecoder().decode(piece.bytes)
              : piece._tag === "End"
                ? "|"
                : `(${piece.headers["content-disposition"]})`
          )
          .join("")
      }
      const whole = read(body.byteLength)
      assert.strictEqual(
        whole,
        '(form-data; name="a")1|(form-data; name="b")|(form-data; name="file"; filename="f")x\r\n--frontie\r\n\r\n--|'
      )
      for (const size of [1, 2, 3, 5, 11, 13]) {
        assert.strictEqual(read(size), whole)
      }
      yield* Effect.void
    })
  )

  it.effect("are not read further than the first error", () =>
    Effect.gen(function* () {
      const { emulator } = yield* cloud()
      let taken = 0
      const endless = Stream.repeatEffect(
        Effect.sync(() => {
          taken += 1000
          return new Uint8Array(1000)
        })
      )
      const start = formOf({ ...fields, max_file_size: "10" }, [["a", ""]]).slice(0, -`\r\n--${boundary}--\r\n`.length)
      const response = yield* emulator.handle({
        method: "POST",
        target: `/files/dfw/v1/${account}/pics/`,
        headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
        body: Stream.concat(Stream.succeed(new TextEncoder().encode(start)), endless)
      })
      assert.strictEqual(response.status, 401)
      assert.isBelow(taken, 100_000)
    })
  )
})

describe("Cloud Files: CORS", () => {
  const page = { origin: "http://a.example" }

  it.effect("a container's settings decide what a page of another origin may send and read", () =>
    Effect.gen(function* () {
      const { any, own } = yield* cloud()
      const asking = {
        headers: { ...page, "access-control-request-method": "PUT", "access-control-request-headers": "x-b" }
      }
      assert.strictEqual((yield* any("OPTIONS", "/pics/cat.jpg", asking)).status, 401)
      yield* own("POST", "/pics", {
        "x-container-meta-access-control-allow-origin": "http://b.example http://a.example",
        "x-container-meta-access-control-max-age": "60",
        "x-container-meta-access-control-expose-headers": "X-Foo"
      })
      const { headers, status } = yield* any("OPTIONS", "/pics/cat.jpg", asking)
      assert.strictEqual(status, 200)
      assert.deepInclude(headers, {
        "access-control-allow-origin": "http://a.example",
        "access-control-max-age": "60",
        "access-control-allow-headers": "x-b",
        "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE, OPTIONS, COPY",
        vary: "Origin, Access-Control-Request-Headers"
      })
      const get = yield* own("GET", "/pics/cat.jpg", page)
      assert.strictEqual(get.headers["access-control-allow-origin"], "http://a.example")
      const exposed = (get.headers["access-control-expose-headers"] ?? "").split(", ")
      assert.includeMembers(exposed, ["etag", "x-trans-id", "x-foo", "x-object-meta-public-a"])
      assert.isUndefined((yield* own("GET", "/pics/cat.jpg")).headers["access-control-allow-origin"])
    })
  )
})

describe("Cloud Files: requests without a token", () => {
  it.effect("read what a container's access list permits, and see no keys", () =>
    Effect.gen(function* () {
      const { any, own } = yield* cloud()
      const status = (path: string, headers: Record<string, string> = {}) =>
        Effect.map(any("GET", path, { headers }), (reply) => reply.status)
      assert.strictEqual(yield* status("/pics/cat.jpg"), 401)
      yield* own("POST", "/pics", { "x-container-read": ".r:*" })
      assert.strictEqual(yield* status("/pics/cat.jpg"), 200)
      assert.strictEqual(yield* status("/pics/cat.jpg", { "x-auth-token": "expired" }), 200)
      assert.strictEqual(yield* status("/pics/none"), 404)
      assert.strictEqual(yield* status("/pics"), 401)
      assert.strictEqual(yield* status("/other/o"), 401)
      assert.strictEqual((yield* any("DELETE", "/pics/cat.jpg")).status, 401)
      yield* own("POST", "/pics", { "x-container-read": ".r:*,.rlistings" })
      const listing = yield* any("GET", "/pics")
      assert.deepStrictEqual([listing.status, listing.text], [200, "2014/cat.jpg\ncat.jpg\n"])
      assert.isUndefined(listing.headers["x-container-meta-temp-url-key"])
      assert.isUndefined(listing.headers["x-container-read"])
      yield* own("POST", "/pics", { "x-container-read": ".r:.example.com,.r:-bad.example.com" })
      assert.strictEqual(yield* status("/pics/cat.jpg", { referer: "http://a.example.com/page" }), 200)
      assert.strictEqual(yield* status("/pics/cat.jpg", { referer: "http://bad.example.com/page" }), 401)
      assert.strictEqual(yield* status("/pics/cat.jpg", { referer: "http://example.org/" }), 401)
      assert.strictEqual(yield* status("/pics/cat.jpg"), 401)
    })
  )
})
