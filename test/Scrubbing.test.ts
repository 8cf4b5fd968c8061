import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { CloudError, CloudServers, Identity, Rackspace, RetryPolicy, TestCloud } from "effect-rackspace"
import { collected } from "./support.js"

const secret = 'p4ss/"word" <with> &+ \\ ü€'

const percent = (text: string): string => encodeURIComponent(text)

const lowerCase = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())

const json = (text: string): string => JSON.stringify(text).slice(1, -1)

const everyUnit = (text: string, escape: (unit: number) => string): string =>
  Array.from({ length: text.length }, (_, index) => escape(text.charCodeAt(index))).join("")

const html = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const encodings: Readonly<Record<string, string>> = {
  "as it is": secret,
  "percent-encoded": percent(secret),
  "percent-encoded in lower case": lowerCase(percent(secret)),
  "every byte percent-encoded": [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(""),
  "form-encoded": new URLSearchParams({ "": secret }).toString().slice(1),
  "percent-encoded twice": percent(percent(secret)),
  "in JSON": json(secret),
  "in JSON within JSON": json(json(secret)),
  "in JSON with escaped slashes": json(secret).replaceAll("/", "\\/"),
  "in JSON that is safe in a page": json(secret).replace(/[<>&]/g, (character) =>
    everyUnit(character, (unit) => `\\u00${unit.toString(16)}`)
  ),
  "in JSON, every character escaped": everyUnit(
    secret,
    (unit) => `\\u${unit.toString(16).padStart(4, "0").toUpperCase()}`
  ),
  "in a page": html(secret),
  "in a page within a page": html(html(secret)),
  "in decimal entities": everyUnit(secret, (unit) => `&#${unit};`),
  "in hexadecimal entities": everyUnit(secret, (unit) => `&#x${unit.toString(16)};`),
  "in named entities": html(secret).replaceAll("/", "&sol;").replaceAll("\\", "&bsol;").replaceAll("+", "&plus;"),
  "in JSON within a page": html(json(secret)),
  "in base64": Buffer.from(secret).toString("base64"),
  "in base64 for URLs": Buffer.from(secret).toString("base64url"),
  "in base64 after a user name": Buffer.from(`someone:${secret}`).toString("base64"),
  "in base64 after another user name": Buffer.from(`anyone:${secret}:x`).toString("base64"),
  "in hexadecimal digits": Buffer.from(secret).toString("hex"),
  "in upper-case hexadecimal digits": Buffer.from(secret).toString("hex").toUpperCase(),
  "with a line break within": `${secret.slice(0, 5)}\r\n ${secret.slice(5)}`,
  "every byte escaped as a log does": [...Buffer.from(secret)]
    .map((byte) => `\\x${byte.toString(16).toUpperCase()}`)
    .join(""),
  "in escapes of old JavaScript": everyUnit(secret, (unit) => `%u${unit.toString(16).padStart(4, "0")}`),
  "with hints where to break it": `${secret.slice(0, 5)}<wbr>${secret.slice(5, 9)}&shy;${secret.slice(9, 11)}\u200b${secret.slice(11)}`,
  "with an escaped line break within": json(`${secret.slice(0, 5)}\n${secret.slice(5)}`)
}

const refusal = (body: string, secrets: ReadonlyArray<string>, status = 400, headers = {}) =>
  CloudError.fromRefusal(
    {
      service: "CloudServers",
      operation: "CloudServers.get",
      method: "GET",
      url: "https://example.com/servers/1",
      status,
      headers,
      body,
      login: 1,
      now: DateTime.unsafeMake(0),
      secrets
    },
    new Set(["NotFound", "Conflict", "QuotaExceeded", "Immutable"] as const)
  )

/** A server that returns the same response to every request. */
const answering = (status: number, body: string, headers: Readonly<Record<string, string>>) =>
  Rackspace.layerServices({
    retry: RetryPolicy.never,
    transformClient: () =>
      HttpClient.make((request) =>
        Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status, headers })))
      )
  })

describe("texts with secrets removed", () => {
  for (const [how, encoded] of Object.entries(encodings)) {
    it(`contain none ${how}`, () => {
      const scrubbed = CloudError.scrub(`before ${encoded} after`, [secret])
      assert.include(scrubbed, "before ")
      assert.include(scrubbed, " after")
      assert.include(scrubbed, "<redacted>")
      assert.isBelow(scrubbed.length, "before  after".length + "<redacted>".length + 24)
    })
  }

  it("are unchanged otherwise", () => {
    for (const text of ["", "100% & more\\n&amp; %41 a+b\r\nnext", "<redacted> twice", "&#0; %ff%fe \\ud800"]) {
      assert.strictEqual(CloudError.scrub(text, [secret, "", "another-secret"]), text)
    }
  })

  it("are unchanged by a secret of one or two characters within words", () => {
    const text = "This request was refused for a reason: er, a re-try"
    for (const short of ["r", "e", " ", "a", "re", "er"]) assert.strictEqual(CloudError.scrub(text, [short]), text)
    assert.strictEqual(
      CloudError.scrub('{"adminPass": "r", "name": "rr"}', ["r"]),
      '{"adminPass": "<redacted>", "name": "rr"}'
    )
    assert.strictEqual(CloudError.scrub("?key=re&x=1", ["re"]), "?key=<redacted>&x=1")
  })

  it("contain no secrets that are part of the placeholder", () => {
    assert.strictEqual(CloudError.scrub("one redacted-key", ["redacted-key", "redact"]), "one <redacted>")
    assert.strictEqual(CloudError.scrub("one <redacted>", ["redact"]), "one <redacted>")
  })

  it("are processed in linear time", () => {
    const start = performance.now()
    for (const part of ["<", "%41", "&amp;", "\\\\", "\r\n", "+", "&#", "a"]) {
      CloudError.scrub(part.repeat(65_536 / part.length), [secret, "a".repeat(2000)])
    }
    assert.isBelow(performance.now() - start, 5_000)
  })
})

describe("error responses", () => {
  it("give the same error, whatever secrets are removed from their text", () => {
    const bodies: ReadonlyArray<readonly [status: number, body: string]> = [
      [413, '{"overLimit": {"code": 413, "message": "This request was rate-limited."}}'],
      [413, "Request entity too large"],
      [403, '{"forbidden": {"message": "Quota exceeded for instances: Requested 1"}}'],
      [422, '{"message": "Load Balancer is immutable", "code": 422}'],
      [400, '{"badRequest": {"message": "no"}}'],
      [409, "Conflict"]
    ]
    const secrets = [
      "r",
      "e",
      "overLimit",
      "over",
      "Quota",
      "quota exceeded",
      "immutable",
      "too large",
      '"',
      "{",
      "rate"
    ]
    for (const [status, body] of bodies) {
      const plain = refusal(body, [], status)._tag
      for (const one of secrets) assert.strictEqual(refusal(body, [one], status)._tag, plain, `${body} without ${one}`)
    }
  })

  it("have secrets removed before they are truncated", () => {
    const error = refusal(`${"x".repeat(280)} ${"s3cret".repeat(10)}`, ["s3cret".repeat(10)])
    assert.notInclude(error.message, "s3cret")
    const unexpected = refusal(`${"x".repeat(1000)} ${"s3cret".repeat(10)}`, ["s3cret".repeat(10)], 500)
    assert.notInclude(unexpected._tag === "UnexpectedStatus" ? unexpected.body : "s3cret", "s3cret")
    const tags = "<p>".repeat(21_840)
    const cut = refusal(`${tags}s3cret-to`.slice(0, 65_536), ["s3cret-token"])
    assert.notInclude(cut.message, "s3cret")
  })

  it("reveal no secret in quoted headers", () => {
    const error = refusal("no", ["s3cret-token"], 404, { "x-trans-id": "tx-s3cret-token" })
    assert.strictEqual("requestId" in error ? error.requestId : "", "tx-<redacted>")
    assert.notInclude(error.message, "s3cret")
  })

  it("are processed in linear time, whatever their content", () => {
    const long = 65_536
    const bodies = ["<", "<script", "<script>", "<head><", "< ", "</", "[", '{"a":', "<redacted", "&lt;"]
    const start = performance.now()
    for (const part of bodies) refusal(part.repeat(long / part.length), [secret])
    refusal("[".repeat(30_000) + "]".repeat(30_000), [secret])
    refusal('{"a":'.repeat(9_000) + "1" + "}".repeat(9_000), [secret])
    assert.isBelow(performance.now() - start, 5_000)
  })

  it("in HTML show the text that a person reads", () => {
    const page =
      "<html><head><title>x</title></head><body><script>if (a < b) {}</script><STYLE>p{}</STYLE><h1>Bad\n Gateway</h1>a < b</body>"
    assert.include(refusal(page, []).message, "400 Bad Gateway a")
    assert.notInclude(refusal(page, []).message, "{}")
  })
})

describe("a response that quotes the token in its headers", () => {
  it.effect("reveals it in no error and no field of one", () =>
    Effect.gen(function* () {
      const tokens = yield* Identity.TokenRef
      const token = Redacted.value((yield* tokens.get).token)
      const headers = { "content-type": `text/${token}`, "x-compute-request-id": `req-${token}` }
      for (const [status, body] of [
        [200, "<html>"],
        [200, JSON.stringify({ server: { [token]: 1 } })],
        [200, JSON.stringify({ servers: [{ id: 1, name: { [token]: 1 } }] })],
        [404, "no"],
        [500, "no"]
      ] as const) {
        const shown = yield* Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          return [yield* Effect.exit(servers.get({ serverId: "s" })), yield* Effect.exit(collected(servers.list()))]
        }).pipe(Effect.provide(answering(status, body, headers)))
        assert.notInclude(JSON.stringify(shown), token)
        assert.include(JSON.stringify(shown), "Failure")
      }
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
