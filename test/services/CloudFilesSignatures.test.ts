import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { createHmac } from "node:crypto"
import { inspect } from "node:util"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { pause, requestsOf, traffic } from "../support.js"

const endpointUrl = "https://storage101.dfw1.clouddrive.com/v1/MossoCloudFS_abc"
const secretKey = Redacted.make("secret-key")
const expires = DateTime.unsafeMake(1_400_000_000_000)

type Request = Omit<CloudFiles.SignTempUrlOptions, "endpointUrl" | "key" | "expires">

const signed = (request: Request, options: Partial<CloudFiles.SignTempUrlOptions> = {}): URL =>
  new URL(
    Redacted.value(
      Either.getOrThrow(CloudFiles.signTempUrl({ endpointUrl, key: secretKey, expires, ...request, ...options }))
    )
  )

const signature = (request: Request): string | null => signed(request).searchParams.get("temp_url_sig")

const cat = { container: "pics", object: "cat.jpg" }
const odd = { container: "my box", object: "ünï ☃?#%.txt" }

const cloud = TestCloud.layer()

describe("CloudFiles: signatures without a cloud", () => {
  const vectors: ReadonlyArray<readonly [name: string, request: Request, hex: string]> = [
    ["GET, SHA-1", { ...cat, algorithm: "sha1" }, "c3fbd52a07c03cb62616cd9cb77aaa388219c64f"],
    ["GET, SHA-256", cat, "c7bfd56b3013b0582da2cc3ef730a273f1ee9ab3c528da9a971d5978046fe303"],
    ["PUT, SHA-1", { ...cat, method: "PUT", algorithm: "sha1" }, "bc175f106dd20546d7451acd7ae2288256cf7393"],
    ["PUT, SHA-256", { ...cat, method: "PUT" }, "170cc7549405d1128e4c4ec6dd00c127eaf8bb01c5e6eed307ba9050c5b7c519"],
    ["an unusual name, SHA-1", { ...odd, algorithm: "sha1" }, "74606c5e361c4ddaffbe637f31c838a80dd8ca06"],
    ["an unusual name, SHA-256", odd, "70878b2efba3b9885db9f4f1bdfe032492ab4be2ac3e47e28d869d9313fb06e2"],
    [
      "a prefix",
      { container: "pics", prefix: "2014/" },
      "762cb13d03ae76885a18af797b328926707af59623bdd696712f43b18ae1bed2"
    ],
    [
      "a range of addresses",
      { ...cat, ipRange: "1.2.3.0/24" },
      "333c4e847b73c3518e42f05aadfafad10b84a475dece8cd87acfc2c010069be5"
    ]
  ]
  for (const [name, request, hex] of vectors) {
    it(`a TempURL has the documented signature: ${name}`, () => {
      assert.strictEqual(signature(request), hex)
    })
  }

  it("a signature with SHA-512 has 128 hexadecimal digits", () => {
    assert.match(signature({ ...cat, algorithm: "sha512" }) ?? "", /^[0-9a-f]{128}$/)
  })

  it("the decoded name is signed, and the encoded one is in the URL", () => {
    assert.strictEqual(signed(odd).pathname, "/v1/MossoCloudFS_abc/my%20box/%C3%BCn%C3%AF%20%E2%98%83%3F%23%25.txt")
    // A URL parser would resolve the dots to another object.
    assert.strictEqual(signed({ container: "c", object: "a/../b" }).pathname, "/v1/MossoCloudFS_abc/c/a%2F..%2Fb")
  })

  it("the query contains the signature, its expiry and the other parameters", () => {
    assert.strictEqual(
      signed({
        container: "c",
        object: "a/b",
        prefix: "a/",
        ipRange: "::1/64",
        filename: "x y.txt",
        inline: true
      }).search.replace(/sig=[0-9a-f]+/, "sig=…"),
      "?temp_url_sig=…&temp_url_expires=1400000000&temp_url_prefix=a%2F&temp_url_ip_range=%3A%3A1%2F64&filename=x%20y.txt&inline"
    )
    assert.strictEqual(signed({ container: "c", prefix: "a/" }).pathname, "/v1/MossoCloudFS_abc/c/a/")
  })

  it("a gateway's prefix of the path is not signed", () => {
    const behind = signed(cat, { endpointUrl: "https://cloud.example.com/swift/v1/MossoCloudFS_abc/" })
    assert.strictEqual(behind.searchParams.get("temp_url_sig"), signature(cat))
    assert.strictEqual(behind.pathname, "/swift/v1/MossoCloudFS_abc/pics/cat.jpg")
  })

  /** The signature according to the documentation. */
  const signatureOf = (lines: ReadonlyArray<string>, key = "secret-key"): string =>
    createHmac("sha256", key).update(lines.join("\n")).digest("hex")

  for (const [what, endpointUrl, path] of [
    ["the decoded account is signed", "https://cloud.example.com/v1/AUTH_a%40b%25", "/v1/AUTH_a@b%"],
    ["a gateway's prefix may resemble a version", "https://cloud.example.com/v1files/v1/AUTH_a", "/v1/AUTH_a"],
    ["a version may have a minor number", "https://cloud.example.com/swift/v1.0/AUTH_a", "/v1.0/AUTH_a"],
    ["a gateway's prefix may contain a version", "https://cloud.example.com/api/v1/store/v1/AUTH_a", "/v1/AUTH_a"],
    ["the account may be missing", "https://cloud.example.com/swift/v1", "/v1"],
    ["the whole path is signed if there is no version", "https://cloud.example.com/storage/a", "/storage/a"]
  ] as const) {
    it(`${what}: ${endpointUrl}`, () => {
      assert.strictEqual(
        signed(cat, { endpointUrl }).searchParams.get("temp_url_sig"),
        signatureOf(["GET", "1400000000", `${path}/pics/cat.jpg`])
      )
    })
  }

  it("a prefix, even an empty one, is signed instead of the object, and the key is encoded as UTF-8", () => {
    const account = "/v1/MossoCloudFS_abc"
    assert.strictEqual(
      signature({ container: "c", object: "a/b", prefix: "a/" }),
      signatureOf(["GET", "1400000000", `prefix:${account}/c/a/`])
    )
    const whole = signed({ container: "c", prefix: "" })
    assert.strictEqual(
      whole.searchParams.get("temp_url_sig"),
      signatureOf(["GET", "1400000000", `prefix:${account}/c/`])
    )
    assert.strictEqual(whole.searchParams.get("temp_url_prefix"), "")
    assert.strictEqual(
      signed(cat, { key: Redacted.make("schlüssel") }).searchParams.get("temp_url_sig"),
      signatureOf(["GET", "1400000000", `${account}/pics/cat.jpg`], "schlüssel")
    )
  })

  it("a form has the documented signature", () => {
    const sign = (algorithm: CloudFiles.SignatureAlgorithm) =>
      Either.getOrThrow(
        CloudFiles.signForm({
          endpointUrl: `${endpointUrl}/`,
          key: secretKey,
          expires,
          algorithm,
          container: "pics",
          redirect: "https://example.com/done",
          maxFileSize: 104_857_600,
          maxFileCount: 10
        })
      )
    const form = sign("sha1")
    assert.strictEqual(form.action, "https://storage101.dfw1.clouddrive.com/v1/MossoCloudFS_abc/pics/")
    assert.deepStrictEqual(Redacted.value(form.fields), {
      redirect: "https://example.com/done",
      max_file_size: "104857600",
      max_file_count: "10",
      expires: "1400000000",
      signature: "39aa51f0c243dc9e2d92d86fc3029da14766d51f"
    })
    assert.strictEqual(
      Redacted.value(sign("sha256").fields)["signature"],
      "0e38ddea2c1f948420d1261c0638251e06e1ceb095e1183b2f73cd3658f1279f"
    )
  })

  it("a form as HTML has its files last, and escapes its attributes", () => {
    const form = Either.getOrThrow(
      CloudFiles.signForm({
        endpointUrl,
        key: secretKey,
        expires,
        algorithm: "sha256",
        container: "c",
        prefix: `"><script>'`,
        redirect: `https://example.com/?a=1&b=%22&c="'`,
        maxFileSize: 1,
        maxFileCount: 1,
        deleteAfter: "1500 millis"
      })
    )
    const html = CloudFiles.formHtml(form, { button: "<Send>" })
    assert.notInclude(html, "<script>")
    assert.include(html, 'value="https://example.com/?a=1&#38;b=%22&#38;c=&#34;&#39;"')
    assert.include(html, ">&#60;Send&#62;</button>")
    assert.include(html, 'name="x_delete_after" value="2"')
    assert.isAbove(html.indexOf('type="file"'), html.lastIndexOf('type="hidden"'))
    assert.notInclude(html, "multiple")
  })

  it("neither a signed URL nor a form reveals its signature when printed", () => {
    const url = Either.getOrThrow(CloudFiles.signTempUrl({ endpointUrl, key: secretKey, expires, ...cat }))
    const form = Either.getOrThrow(
      CloudFiles.signForm({
        endpointUrl,
        key: secretKey,
        expires,
        algorithm: "sha1",
        container: "c",
        maxFileSize: 1,
        maxFileCount: 1
      })
    )
    for (const value of [url, form]) {
      for (const text of [String(value), JSON.stringify(value), inspect(value, { depth: 9, showHidden: true })]) {
        assert.notMatch(text, /temp_url_sig|[0-9a-f]{40}/)
      }
    }
  })

  const wrong: ReadonlyArray<readonly [what: string, request: Request, expected: string]> = [
    ["neither object nor prefix", { container: "c" }, "object: expected an object, or a prefix"],
    [
      "an object outside of the prefix",
      { container: "c", object: "b", prefix: "a" },
      "a name that begins with the prefix"
    ],
    ["a container with a slash", { container: "c/d", object: "b" }, "a container name without a slash"],
    ["an invalid address", { ...cat, ipRange: "1.2.3.256" }, "an IP address or a range of them"],
    ["a range with an invalid length", { ...cat, ipRange: "1.2.3.0/33" }, "an IP address or a range of them"],
    ["an empty file name", { ...cat, filename: "" }, "filename: expected a name, not empty"],
    ["an unknown algorithm", { ...cat, algorithm: "md5" as "sha1" }, "algorithm: expected"],
    ["an unknown method", { ...cat, method: "PATCH" as "PUT" }, "method: expected"]
  ]
  for (const [what, request, expected] of wrong) {
    it(`a TempURL is rejected: ${what}`, () => {
      const result = CloudFiles.signTempUrl({ endpointUrl, key: secretKey, expires, ...request })
      assert.isTrue(Either.isLeft(result))
      if (Either.isLeft(result)) assert.include(result.left.message, expected)
    })
  }

  it("a TempURL is signed for an account whose name contains an unencoded percent sign", () => {
    const url = signed(cat, { endpointUrl: "https://storage.example.com/v1/AUTH_100%" })
    const text = ["GET", "1400000000", "/v1/AUTH_100%/pics/cat.jpg"].join("\n")
    assert.strictEqual(
      url.searchParams.get("temp_url_sig"),
      createHmac("sha256", "secret-key").update(text).digest("hex")
    )
  })

  it("an empty key is rejected", () => {
    const key = Redacted.make("")
    const form = { algorithm: "sha1", container: "c", maxFileSize: 1, maxFileCount: 1 } as const
    const results: ReadonlyArray<Either.Either<unknown, { readonly message: string }>> = [
      CloudFiles.signTempUrl({ endpointUrl, key, expires, ...cat }),
      CloudFiles.signForm({ endpointUrl, key, expires, ...form })
    ]
    for (const result of results) {
      assert.include(Either.isLeft(result) ? result.left.message : "", "key: expected a key that is not empty")
    }
  })

  for (const [what, wrong, expected] of [
    ["files above the size limit", { maxFileSize: 5 * 1024 ** 3 + 1 }, "maxFileSize: expected"],
    ["an invalid redirect", { redirect: "javascript:alert(1)" }, "redirect: expected"],
    ["a redirect with a line break", { redirect: "https://example.com/\r\nX-A: b" }, "redirect: expected"],
    ["files that expire immediately", { deleteAfter: 0 }, "deleteAfter: expected"],
    ["files that never expire", { deleteAfter: Duration.infinity }, "deleteAfter: expected"]
  ] as const) {
    it(`a form is rejected: ${what}`, () => {
      const form = { algorithm: "sha1", container: "c", maxFileSize: 1, maxFileCount: 1 } as const
      const result = CloudFiles.signForm({ endpointUrl, key: secretKey, expires, ...form, ...wrong })
      assert.include(Either.isLeft(result) ? result.left.message : "", expected)
    })
  }
})

describe("CloudFiles: signatures with a cloud", () => {
  it.effect("tempUrl signs with a given key and algorithm without any request", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* TestClock.setTime(1_000_500)
      const named = { ...cat, key: secretKey, algorithm: "sha256" } as const
      const url = new URL(Redacted.value(yield* files.tempUrl({ ...named, expires: "10 minutes" })))
      assert.deepStrictEqual(yield* traffic, [])
      // Rounded up, so that it is valid for at least the requested time.
      assert.strictEqual(url.searchParams.get("temp_url_expires"), "1601")
      assert.isTrue(url.href.startsWith(`${yield* files.endpointUrl}/pics/cat.jpg?`))
      const until = yield* files.tempUrl({ ...cat, key: secretKey, expires: DateTime.unsafeMake(2_000_900) })
      assert.strictEqual(new URL(Redacted.value(until)).searchParams.get("temp_url_expires"), "2000")
    }).pipe(Effect.provide(cloud))
  )

  for (const [digests, length] of [
    [undefined, 40],
    [[], 40],
    [["sha1"], 40],
    [["SHA256", "sha1"], 64],
    [["sha512", "sha256"], 64],
    [["sha512", "sha1"], 128],
    [["sha3-256"], 40]
  ] as const) {
    it.effect(`without an algorithm the best one that the cloud supports is used: ${String(digests)}`, () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const emulated = yield* TestCloud.TestCloud
        const offer = digests === undefined ? {} : { allowed_digests: digests }
        yield* emulated.fail({
          match: { path: "/info" },
          times: 2,
          fault: {
            _tag: "Status",
            status: 200,
            body: { swift: {}, tempurl: { methods: ["GET"], ...offer }, formpost: offer }
          }
        })
        const url = yield* files.tempUrl({ ...cat, key: secretKey, expires: "1 hour" })
        assert.strictEqual(new URL(Redacted.value(url)).searchParams.get("temp_url_sig")?.length, length)
        const form = { container: "c", maxFileSize: 1, maxFileCount: 1, expires: "1 hour", key: secretKey } as const
        assert.strictEqual(Redacted.value((yield* files.formPost(form)).fields)["signature"]?.length, length)
      }).pipe(Effect.provide(cloud))
    )
  }

  it.effect("an expiry in the past or without end is rejected", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      for (const expires of [Duration.zero, Duration.infinity, "soon" as "1 day", DateTime.unsafeMake(0)]) {
        const error = yield* Effect.flip(files.tempUrl({ ...cat, key: secretKey, expires }))
        assert.strictEqual(error._tag, "InvalidInput")
        assert.include(error.message, "CloudFiles.tempUrl: expires: expected")
      }
      const form = { container: "c", maxFileSize: 0, maxFileCount: 0.5, redirect: "/done", expires: "1 day" } as const
      const error = yield* Effect.flip(files.formPost(form))
      assert.strictEqual(error._tag, "InvalidInput")
      for (const field of ["maxFileSize", "maxFileCount", "redirect"]) assert.include(error.message, field)
      assert.deepStrictEqual(yield* traffic, [])
    }).pipe(Effect.provide(cloud))
  )

  const keyOf = (url: Redacted.Redacted<string>, key: string) =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const made = new URL(Redacted.value(url))
      const expires = DateTime.unsafeMake(Number(made.searchParams.get("temp_url_expires")) * 1000)
      const again = Either.getOrThrow(
        CloudFiles.signTempUrl({
          ...cat,
          // The emulated cloud does not list its algorithms.
          algorithm: "sha1",
          endpointUrl: yield* files.endpointUrl,
          key: Redacted.make(key),
          expires
        })
      )
      return Redacted.value(again) === made.href
    })

  it.effect("the container's key is preferred to the account's, and the second key is used if there is no first", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "pics" })
      const sign = files.tempUrl({ ...cat, expires: "1 hour" })
      yield* files.setTempUrlKey({ key: Redacted.make("account-two"), slot: 2 })
      assert.isTrue(yield* keyOf(yield* sign, "account-two"))
      yield* files.setTempUrlKey({ key: Redacted.make("account-one") })
      assert.isTrue(yield* keyOf(yield* sign, "account-one"))
      yield* files.setTempUrlKey({ container: "pics", key: Redacted.make("container-two"), slot: 2 })
      assert.isTrue(yield* keyOf(yield* sign, "container-two"))
      yield* files.setTempUrlKey({ container: "pics", key: Redacted.make("container-one") })
      assert.isTrue(yield* keyOf(yield* sign, "container-one"))
      yield* files.removeTempUrlKey({ container: "pics" })
      assert.isTrue(yield* keyOf(yield* sign, "account-one"))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a missing key is created once, however many calls are concurrent", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "pics" })
      const urls = yield* Effect.all(
        Array.from({ length: 8 }, () => files.tempUrl({ ...cat, expires: "1 hour" })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(urls.map(Redacted.value)).size, 1)
      const { tempUrlKey } = yield* files.getAccount()
      assert.isDefined(tempUrlKey)
      if (tempUrlKey === undefined) return
      assert.match(Redacted.value(tempUrlKey), /^[0-9a-f]{64}$/)
      const [url] = urls
      assert.isTrue(url !== undefined && (yield* keyOf(url, Redacted.value(tempUrlKey))))
      assert.strictEqual((yield* requestsOf("files")).filter(({ method }) => method === "POST").length, 1)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("if another program sets a key at the same time, the stored one is used", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const cloud = yield* TestCloud.TestCloud
      yield* files.createContainer({ container: "pics" })
      yield* cloud.fail({
        match: { service: "files", method: "HEAD", path: /MossoCloudFS_[^/]*$/ },
        skip: 2,
        fault: { _tag: "Delay", duration: "1 second" }
      })
      const fiber = yield* Effect.fork(files.tempUrl({ ...cat, expires: "1 hour" }))
      let heads = 0
      while (heads < 3) {
        yield* pause()
        heads = (yield* traffic).filter((line) => /^HEAD {2}/.test(line)).length
      }
      yield* files.setTempUrlKey({ key: Redacted.make("another") })
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* keyOf(yield* Fiber.join(fiber), "another"))
    }).pipe(Effect.provide(cloud))
  )

  it.effect("no key is created with createKey: false, for invalid input, or for a missing container", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "pics" })
      const error = yield* Effect.flip(files.tempUrl({ ...cat, expires: "1 hour", createKey: false }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.include(error.message, "neither the container nor the account has one")
      yield* Effect.flip(files.tempUrl({ ...cat, ipRange: "nowhere", expires: "1 hour" }))
      assert.isUndefined((yield* files.getAccount()).tempUrlKey)
      const missing = yield* Effect.flip(files.tempUrl({ container: "none", object: "o", expires: "1 hour" }))
      assert.strictEqual(missing._tag, "NotFound")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a rotated key keeps the previous one valid, and both can be removed", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const keys = Effect.map(files.getAccount(), ({ tempUrlKey, tempUrlKey2 }) =>
        [tempUrlKey, tempUrlKey2].map((key) => (key === undefined ? undefined : Redacted.value(key)))
      )
      yield* files.rotateTempUrlKey({ key: Redacted.make("first") })
      assert.deepStrictEqual(yield* keys, ["first", undefined])
      const second = yield* files.rotateTempUrlKey()
      assert.deepStrictEqual(yield* keys, [Redacted.value(second), "first"])
      assert.strictEqual(String(second), "<redacted>")
      yield* files.removeTempUrlKey({ previousOnly: true })
      assert.deepStrictEqual(yield* keys, [Redacted.value(second), undefined])
      yield* files.rotateTempUrlKey()
      yield* files.removeTempUrlKey()
      assert.deepStrictEqual(yield* keys, [undefined, undefined])
      const unsendable = yield* Effect.flip(files.setTempUrlKey({ key: Redacted.make("two words") }))
      assert.strictEqual(unsendable._tag, "InvalidInput")
      assert.notInclude(unsendable.message, "two words")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a key is not accepted or returned as metadata", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const error = yield* Effect.flip(files.updateAccount({ metadata: { "Temp-URL-Key": "s3cret" } }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.include(error.message, "tempUrlKey")
      assert.deepStrictEqual(yield* traffic, [])
      yield* files.createContainer({ container: "c", tempUrlKey: Redacted.make("s3cret"), metadata: { a: "b" } })
      const container = yield* files.getContainer({ container: "c" })
      assert.deepStrictEqual(container.metadata, { a: "b" })
      assert.notInclude(JSON.stringify(container), "s3cret")
    }).pipe(Effect.provide(cloud))
  )

  it.effect("formPost returns a form for a page, signed by default with the algorithm that every Swift supports", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const form = yield* files.formPost({
        container: "my box",
        prefix: "in/",
        maxFileSize: 1024,
        maxFileCount: 2,
        expires: "1 hour",
        key: secretKey
      })
      assert.strictEqual(form.action, `${yield* files.endpointUrl}/my%20box/in/`)
      const fields = Redacted.value(form.fields)
      assert.match(fields["signature"] ?? "", /^[0-9a-f]{40}$/)
      assert.strictEqual(fields["expires"], "3600")
      assert.include(CloudFiles.formHtml(form), 'name="file" required multiple>')
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a form is signed with SHA-256 if the cloud supports that", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const form = yield* files.formPost({
        container: "c",
        maxFileSize: 1,
        maxFileCount: 1,
        expires: "1 hour",
        key: secretKey
      })
      assert.match(Redacted.value(form.fields)["signature"] ?? "", /^[0-9a-f]{64}$/)
    }).pipe(Effect.provide(TestCloud.layer({ cloud: { files: { discoverable: true } } })))
  )
})
