import { assert, describe, it } from "@effect/vitest"
import { Cause, DateTime, Duration, Effect, Redacted, Schema } from "effect"
import { CloudError } from "effect-rackspace"
import { expectTypeOf } from "vitest"

const now = DateTime.unsafeMake("2026-01-01T00:00:00Z")

const allDocumented: ReadonlySet<CloudError.DocumentedError["_tag"]> = new Set([
  "NotFound",
  "Conflict",
  "Immutable",
  "PreconditionFailed",
  "RangeNotSatisfiable",
  "QuotaExceeded",
  "Unprocessable"
] as const)

const refused = (status: number, body: unknown = "", more: Partial<CloudError.Refusal> = {}): CloudError.Refusal => ({
  service: "CloudServers",
  operation: "CloudServers.get",
  method: "GET",
  url: "https://dfw.servers.test/v2/010101/servers/s-1",
  status,
  headers: {},
  body: typeof body === "string" ? body : JSON.stringify(body),
  login: 3,
  now,
  secrets: ["t0ken-value"],
  ...more
})

const from = (
  status: number,
  body: unknown = "",
  more: Partial<CloudError.Refusal> = {},
  documented: ReadonlySet<CloudError.DocumentedError["_tag"]> = allDocumented
) => CloudError.fromRefusal(refused(status, body, more), documented)

const said = (error: { readonly message: string }) => error.message.replace("CloudServers.get: ", "")

const retryAfterOf = (error: CloudError.CloudError): Duration.Duration | undefined => {
  assert.isTrue(error._tag === "OverLimit" || error._tag === "ServiceUnavailable", error._tag)
  return error._tag === "OverLimit" || error._tag === "ServiceUnavailable" ? error.retryAfter : undefined
}

const seconds = (error: CloudError.CloudError) => {
  const retryAfter = retryAfterOf(error)
  return retryAfter === undefined ? undefined : Duration.toSeconds(retryAfter)
}

const zero = { headers: { "retry-after": "0" } }

describe("fromRefusal: the status", () => {
  for (const [status, tag] of [
    [400, "BadRequest"],
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [408, "ServiceUnavailable"],
    [409, "Conflict"],
    [412, "PreconditionFailed"],
    [413, "BadRequest"],
    [416, "RangeNotSatisfiable"],
    [422, "Unprocessable"],
    [429, "OverLimit"],
    [498, "OverLimit"],
    [499, "ServiceUnavailable"],
    [502, "ServiceUnavailable"],
    [503, "ServiceUnavailable"],
    [504, "ServiceUnavailable"],
    [507, "ServiceUnavailable"],
    [300, "UnexpectedStatus"],
    [405, "UnexpectedStatus"],
    [411, "UnexpectedStatus"],
    [415, "UnexpectedStatus"],
    [418, "UnexpectedStatus"],
    [500, "UnexpectedStatus"],
    [501, "UnexpectedStatus"]
  ] as const) {
    it(`${status} without a body is ${tag}`, () => {
      const error = from(status)
      assert.strictEqual(error._tag, tag)
      assert.include(error.message, `CloudServers.get: ${status} `)
    })
  }

  it("an Unauthorized identifies the login whose token was rejected", () => {
    const error = from(401)
    assert.instanceOf(error, CloudError.Unauthorized)
    assert.strictEqual(error.login, 3)
  })

  it("403 with a quota message is QuotaExceeded", () => {
    for (const message of [
      "Quota exceeded for ram: Requested 1024, but already used 131072 of 131072 ram",
      "Maximum number of metadata items exceeds 40"
    ]) {
      assert.strictEqual(from(403, { forbidden: { code: 403, message } })._tag, "QuotaExceeded")
    }
  })

  it("413 is OverLimit when the fault, a Retry-After or the message says so, and QuotaExceeded when a service gives another reason", () => {
    assert.strictEqual(from(413, { message: "Nodes must not exceed 25 per load balancer." })._tag, "QuotaExceeded")
    assert.strictEqual(from(413, { overLimit: { code: 413, message: "OverLimit Retry..." } })._tag, "OverLimit")
    assert.strictEqual(from(413, "", { headers: { "retry-after": "5" } })._tag, "OverLimit")
    assert.strictEqual(from(413, { code: 413, message: "OverLimit Retry..." })._tag, "OverLimit")
    assert.strictEqual(from(413, "Over limit: you have sent too many requests")._tag, "OverLimit")
  })

  it("an exceeded quota is QuotaExceeded with any status and headers", () => {
    const messages = [
      "Quota exceeded for ram: Requested 1024, but already used 131072 of 131072 ram",
      "Instance quotas have been exceeded",
      "Quota exceeded, too many key pairs.",
      "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
      "Upload exceeds quota.",
      "QuotaExceeded"
    ]
    for (const message of messages) {
      for (const status of [403, 409, 413, 429, 498, 503]) {
        for (const after of ["0", "3600", "soon", undefined]) {
          const headers = after === undefined ? {} : { "retry-after": after }
          for (const body of [{ overLimit: { code: status, message, retryAfter: "0" } }, { message }, message]) {
            const error = from(status, body, { headers })
            assert.strictEqual(error._tag, "QuotaExceeded", `${status} ${after} ${message}`)
            if (after !== "3600") assert.notInclude(error.message, "retry after")
          }
        }
      }
    }
    const files = { overLimit: { code: 413, message: "Personality file limit exceeded", retryAfter: "0" } }
    assert.strictEqual(from(413, files, { headers: { "retry-after": "0" } })._tag, "QuotaExceeded")
  })

  it("an exceeded quota that the operation does not document is not retried", () => {
    const body = { overLimit: { code: 413, message: "Quota exceeded for instances", retryAfter: "0" } }
    for (const status of [413, 429, 498]) {
      assert.strictEqual(CloudError.fromRefusal(refused(status, body), new Set<never>())._tag, "UnexpectedStatus")
    }
  })

  it("a rate limit is OverLimit, even if its message mentions a quota or its wait is 0", () => {
    const details = "Only 60 POST request(s) can be made to * every minute."
    for (const message of ["This request was rate-limited.", "Rate limit exceeded", "Request quota exceeded", "Slow"]) {
      const error = from(413, { overLimit: { code: 413, message, details, retryAfter: "0" } }, zero)
      assert.strictEqual(error._tag, "OverLimit", message)
    }
    assert.strictEqual(from(413, { overLimit: { code: 413, message: "OverLimit Retry..." } }, zero)._tag, "OverLimit")
    assert.strictEqual(from(429, "", zero)._tag, "OverLimit")
  })

  it("a request that is too large is BadRequest, from a service or a proxy", () => {
    const texts = [
      "Your request is too large.",
      "413 Request Entity Too Large\n\nThe body of your request was too large for this server.",
      "<html><head><title>413 Request Entity Too Large</title></head><body><center><h1>413 Request Entity Too Large</h1></center></body></html>",
      "Payload Too Large",
      "Content Too Large",
      "EntityTooLarge",
      '{"message":"Request Too Long"}',
      '{"message":"Request Body Size Limit Exceeded"}',
      "Maximum request length exceeded",
      "Maximum upload size exceeded",
      '{"requestTooLarge": {"code": 413, "message": "Request is too large."}}',
      "Manifest File > 8388608 bytes"
    ]
    for (const text of texts) {
      for (const options of [{}, zero]) {
        assert.strictEqual(from(413, text, options)._tag, "BadRequest", text)
        assert.strictEqual(CloudError.fromRefusal(refused(413, text, options), new Set<never>())._tag, "BadRequest")
      }
    }
  })

  it("410 for a deleted resource is NotFound", () => {
    const error = from(410, { code: 410, message: "The loadbalancer is marked as deleted." })
    assert.strictEqual(error._tag, "NotFound")
    assert.include(error.message, "The loadbalancer is marked as deleted.")
  })

  it("a message that is a list is joined into one", () => {
    assert.include(from(400, { message: ["no name", "no port"] }).message, "no name; no port")
    assert.include(from(400, { message: [] }).message, "Bad Request")
  })

  it("422 of a load balancer that is being changed is Immutable", () => {
    const body = {
      message: "Load Balancer '1' has a status of 'PENDING_UPDATE' and is considered immutable.",
      code: 422
    }
    assert.strictEqual(from(422, body)._tag, "Immutable")
    assert.strictEqual(from(422, { code: 422, message: "LoadBalancer is not ACTIVE" })._tag, "Immutable")
    assert.strictEqual(from(422, { code: 422, message: "Unprocessable" })._tag, "Unprocessable")
  })
})

describe("fromRefusal: undocumented errors of an operation", () => {
  for (const status of [404, 409, 412, 413, 416, 422]) {
    it(`${status} becomes UnexpectedStatus with the body`, () => {
      const body = { fault: { code: status, message: "the reason" } }
      const error = CloudError.fromRefusal(refused(status, body), new Set<never>())
      assert.instanceOf(error, CloudError.UnexpectedStatus)
      assert.strictEqual(error.status, status)
      assert.strictEqual(error.body, JSON.stringify(body))
      assert.strictEqual(said(error), `${status} the reason`)
    })
  }

  it("a quota becomes Forbidden, which every operation can fail with", () => {
    const body = { forbidden: { code: 403, message: "Quota exceeded for instances" } }
    assert.strictEqual(CloudError.fromRefusal(refused(403, body), new Set<never>())._tag, "Forbidden")
  })

  it("keep only the beginning of a long body", () => {
    const error = from(500, "x".repeat(5000))
    assert.instanceOf(error, CloudError.UnexpectedStatus)
    assert.strictEqual(error.body.length, 1024)
    assert.isBelow(error.message.length, 400)
  })

  it("are determined by the type", () => {
    const error = CloudError.fromRefusal(refused(404), new Set(["NotFound"] as const))
    expectTypeOf(error).toEqualTypeOf<CloudError.CommonError | CloudError.NotFound>()
    const none = CloudError.fromRefusal(refused(404), new Set<never>())
    expectTypeOf(none).toEqualTypeOf<CloudError.CommonError>()
  })
})

describe("fromRefusal: the body", () => {
  const read = (body: unknown) => {
    const error = from(400, body)
    assert.instanceOf(error, CloudError.BadRequest)
    return { fault: error.fault, details: error.details, said: said(error) }
  }

  it("is read when wrapped: key, message and details", () =>
    assert.deepStrictEqual(read({ badRequest: { code: 400, message: " Invalid flavorRef ", details: "d" } }), {
      fault: "badRequest",
      details: "d",
      said: "400 Invalid flavorRef"
    }))

  it("is read when wrapped without a code or a message", () =>
    assert.deepStrictEqual(read({ badRequest: {} }), {
      fault: "badRequest",
      details: undefined,
      said: "400 Bad Request"
    }))

  it("is read when wrapped after other keys", () =>
    assert.deepStrictEqual(read({ status: "fail", links: {}, badRequest: { message: "why" } }), {
      fault: "badRequest",
      details: undefined,
      said: "400 why"
    }))

  it("is read when flat", () =>
    assert.deepStrictEqual(read({ code: 400, message: "Bad Name", details: "too long" }), {
      fault: undefined,
      details: "too long",
      said: "400 Bad Name"
    }))

  it("lists all validation errors", () => {
    const messages = ["name is required", "ttl must be at least 300"]
    assert.strictEqual(
      read({ validationErrors: { messages }, code: 400, message: "Validation fault" }).said,
      "400 name is required; ttl must be at least 300"
    )
    assert.strictEqual(
      read({ badRequest: { validationErrors: { messages }, code: 400, message: "Validation fault" } }).said,
      "400 name is required; ttl must be at least 300"
    )
  })

  it('is read from { "error": { … } }, as sent by Keystone v3 and Heat', () =>
    assert.strictEqual(
      read({ code: 400, title: "Bad Request", error: { message: "The request is wrong", type: "X" } }).said,
      "400 The request is wrong"
    ))

  it('is read from { "error": "text" }', () =>
    assert.strictEqual(read({ error: "no such queue" }).said, "400 no such queue"))

  it("is read from a description in place of a message", () =>
    assert.strictEqual(read({ title: "Bad", description: "Limit is out of range" }).said, "400 Limit is out of range"))

  it("is read from a proxy's HTML, without markup, scripts and styles", () =>
    assert.strictEqual(
      read(
        "<html><head><title>t</title></head><style>b{}</style><body><script>x()</script><h1>Bad</h1>\n<p>Try again.</p></body></html>"
      ).said,
      "400 Bad Try again."
    ))

  it("is read as text on one line", () =>
    assert.strictEqual(
      read("400 Bad Request\n\nThe server could not comply.\n\n   ").said,
      "400 400 Bad Request The server could not comply."
    ))

  it("is truncated when long", () => {
    const text = read("word ".repeat(200)).said
    assert.isBelow(text.length, 320)
    assert.isTrue(text.endsWith("…"))
  })

  it("falls back to the status when empty, white space, or JSON without a message", () => {
    for (const body of ["", " \n ", "{}", '{"code":400}', '{"badRequest":null}', "null", "[]", "<html></html>"]) {
      const { said: text } = read(body)
      assert.isTrue(text === "400 Bad Request" || body === "null" || body === "[]", `${body}: ${text}`)
    }
  })

  it("is shown unchanged when it is truncated JSON", () =>
    assert.strictEqual(read('{"badRequest":{"code":400,"mess').said, '400 {"badRequest":{"code":400,"mess'))

  it("falls back to the number for an unknown status", () => assert.strictEqual(said(from(418)), "418 no reason given"))
})

describe("fromRefusal: retryAfter", () => {
  it("is read from Retry-After in seconds", () =>
    assert.strictEqual(seconds(from(429, "", { headers: { "retry-after": "12" } })), 12))

  it("is read from Retry-After as a date", () =>
    assert.strictEqual(seconds(from(503, "", { headers: { "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT" } })), 90))

  it("is zero for a date in the past", () =>
    assert.strictEqual(seconds(from(429, "", { headers: { "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" } })), 0))

  for (const field of ["retryAfter", "retryAt"]) {
    it(`is read from the body's ${field} as a date`, () => {
      const overLimit = { code: 413, message: "OverLimit Retry...", [field]: "2026-01-01T00:00:20Z" }
      assert.strictEqual(seconds(from(413, { overLimit })), 20)
    })
    it(`is read from the body's ${field} as a date without a zone, taken as UTC`, () => {
      const zone = process.env["TZ"]
      process.env["TZ"] = "America/Chicago"
      try {
        const overLimit = { code: 413, message: "OverLimit Retry...", [field]: "2026-01-01T00:00:20.000000" }
        assert.strictEqual(seconds(from(413, { overLimit })), 20)
      } finally {
        process.env["TZ"] = zone ?? "UTC"
      }
    })
    it(`is read from the body's ${field} in seconds, as a number or a string`, () => {
      assert.strictEqual(seconds(from(413, { overLimit: { code: 413, [field]: 7 } })), 7)
      assert.strictEqual(seconds(from(413, { code: 413, message: "Over limit", [field]: "7" })), 7)
    })
  }

  it("prefers the header to the body", () =>
    assert.strictEqual(
      seconds(from(413, { overLimit: { retryAfter: "2026-01-01T01:00:00Z" } }, { headers: { "retry-after": "3" } })),
      3
    ))

  it("falls back to the body when the header is invalid", () =>
    assert.strictEqual(
      seconds(from(413, { overLimit: { retryAfter: "2026-01-01T00:00:04Z" } }, { headers: { "retry-after": "soon" } })),
      4
    ))

  it("is absent when not specified", () => {
    const error = from(413, { overLimit: { code: 413, message: "m" } })
    assert.isUndefined(retryAfterOf(error))
    assert.isFalse("retryAfter" in error && error.retryAfter !== undefined)
  })

  it("is capped at ten years for any number of seconds", () => {
    for (const value of ["9".repeat(300), "9".repeat(400), "1e400", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"]) {
      const error = from(429, "", { headers: { "retry-after": value } })
      assert.isTrue(error._tag === "OverLimit" && error.message.length < 200, value)
      if (value !== "1e400") assert.strictEqual(seconds(error), 10 * 365 * 86_400)
    }
    assert.strictEqual(seconds(from(503, "", { headers: { "retry-after": "9".repeat(300) } })), 10 * 365 * 86_400)
  })

  it("is absent for text that is not a time", () => {
    for (const value of ["NaN", "soon", "Infinity", ""]) {
      assert.isUndefined(seconds(from(429, "", { headers: { "retry-after": value } })), value)
    }
  })

  it("is part of the message", () =>
    assert.include(from(429, "", { headers: { "retry-after": "90" } }).message, "; retry after 1m 30s"))
})

describe("fromRefusal: the request ID", () => {
  for (const header of ["x-compute-request-id", "x-openstack-request-id", "x-trans-id", "x-request-id"]) {
    it(`is read from ${header}`, () => {
      const error = from(404, "", { headers: { [header]: "req-1" } })
      assert.strictEqual((error as CloudError.NotFound).requestId, "req-1")
      assert.strictEqual(error.message, "CloudServers.get: 404 Not Found (request req-1)")
    })
  }
  it("prefers the service's ID to a gateway's", () => {
    const headers = { "x-trans-id": "gateway", "x-compute-request-id": "nova" }
    assert.strictEqual(CloudError.requestIdOf(headers), "nova")
    assert.strictEqual(CloudError.requestIdOf({ "x-trans-id": "" }), undefined)
  })
})

describe("fromRefusal: secrets", () => {
  it("are removed from everything that the cloud echoes, in every field of an error", () => {
    const secret = "t0ken-value"
    for (const body of [
      `<html>X-Auth-Token: ${secret}</html>`,
      { badRequest: { message: `token ${secret}`, details: `again ${secret}` } },
      { [secret]: { message: "m" } },
      `{"broken": "${secret}`
    ]) {
      for (const status of [400, 404, 500, 503]) {
        const error = from(status, body, { url: `https://x.test/tokens/${secret}` })
        assert.notInclude(`${JSON.stringify(error)} ${error.message} ${error.stack}`, secret)
      }
    }
  })

  it("are removed also when escaped in JSON, HTML or a URL", () => {
    const secret = 'pä"ss<w>&\\word/é'
    const escaped = [
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
      JSON.stringify(secret).slice(1, -1).replace("ä", "\\u00e4").replace("é", "\\u00e9"),
      secret
    ]
    for (const status of [400, 500]) {
      for (const echo of escaped) {
        const error = from(status, `it was ${echo} there`, { secrets: [secret] })
        assert.strictEqual(said(error), `${status} it was <redacted> there`)
        assert.notInclude(JSON.stringify(error), echo)
      }
      const error = from(
        status,
        { badRequest: { message: `it was ${secret} there`, details: secret } },
        { secrets: [secret] }
      )
      assert.include(error.message, "it was <redacted> there")
      assert.notInclude(error.message, "word")
      assert.notInclude(JSON.stringify(error), "word")
    }
  })

  it("ignore an empty secret", () => assert.strictEqual(CloudError.scrub("abc", [""]), "abc"))

  it("are removed completely when one contains another", () =>
    assert.strictEqual(CloudError.scrub("x=abcdef", ["abc", "abcdef"]), "x=<redacted>"))
})

/** One error of each type. */
const origin = { service: "CloudServers", operation: "CloudServers.get", message: "CloudServers.get: why" }
const refusal = { ...origin, status: 404, method: "GET", url: "https://x.test/s", requestId: "req-1", fault: "f" }
const samples = [
  new CloudError.AuthenticationFailed({ ...origin, reason: "refused", status: 401, retryAfter: Duration.seconds(2) }),
  new CloudError.Unauthorized({ ...refusal, login: 1 }),
  new CloudError.Forbidden(refusal),
  new CloudError.NotFound(refusal),
  new CloudError.BadRequest(refusal),
  new CloudError.Conflict(refusal),
  new CloudError.Immutable(refusal),
  new CloudError.PreconditionFailed(refusal),
  new CloudError.RangeNotSatisfiable(refusal),
  new CloudError.OverLimit({ ...refusal, retryAfter: Duration.seconds(30) }),
  new CloudError.QuotaExceeded({ ...refusal, details: "d" }),
  new CloudError.Unprocessable(refusal),
  new CloudError.ServiceUnavailable({ ...refusal, retryAfter: Duration.millis(1500) }),
  new CloudError.UnexpectedStatus({ ...refusal, body: "b" }),
  new CloudError.TransportError({ ...origin, method: "GET", url: "https://x.test", reason: "timeout" }),
  new CloudError.MalformedResponse({ ...origin, status: 200, path: "server.id", expected: "an id" }),
  new CloudError.EndpointNotFound({ ...origin, region: "LON", available: ["DFW"] }),
  new CloudError.InvalidInput({ ...origin, issues: [{ path: "name", expected: "a name" }] }),
  new CloudError.ChecksumMismatch({ ...origin, container: "c", object: "o", expected: "x", actual: "y" }),
  new CloudError.SourceChanged({ ...origin, container: "c", object: "o" }),
  new CloudError.BulkFailed({ ...origin, failures: [{ path: "c/o", reason: "404" }] }),
  new CloudError.ResourceFailed({ ...origin, resource: "s", state: "ERROR", fault: "f" }),
  new CloudError.WaitTimeout({ ...origin, resource: "s", lastState: "BUILD", waited: Duration.minutes(5) })
] as const

const classes: Readonly<Record<string, Schema.Schema<CloudError.CloudError, unknown>>> = Object.fromEntries(
  Object.values(CloudError).flatMap((exported) =>
    typeof exported === "function" && "_tag" in exported && Schema.isSchema(exported)
      ? [[String(exported._tag), exported as unknown as Schema.Schema<CloudError.CloudError, unknown>]]
      : []
  )
)

describe("errors", () => {
  it("have a sample of each type", () => {
    expectTypeOf<(typeof samples)[number]["_tag"]>().toEqualTypeOf<CloudError.CloudError["_tag"]>()
    assert.sameMembers(
      samples.map(({ _tag }) => _tag),
      Object.keys(classes)
    )
  })

  for (const sample of samples) {
    describe(`${sample._tag}`, () => {
      it("is an Error with a stack, and shows its message wherever it is printed", () => {
        assert.instanceOf(sample, Error)
        assert.strictEqual(sample.name, sample._tag)
        assert.include(sample.stack ?? "", "CloudError.test.ts")
        assert.strictEqual(sample.message, "CloudServers.get: why")
        assert.include(String(sample), "CloudServers.get: why")
        assert.include(Cause.pretty(Cause.fail(sample)), "CloudServers.get: why")
        assert.include(JSON.stringify(sample), "CloudServers.get: why")
      })

      it.effect("is caught by its tag", () =>
        Effect.gen(function* () {
          const failing: Effect.Effect<never, CloudError.CloudError> = Effect.fail(sample)
          const caught = yield* failing.pipe(Effect.catchTag(sample._tag, (error) => Effect.succeed(error.operation)))
          assert.strictEqual(caught, "CloudServers.get")
        })
      )

      it("can be encoded to JSON and decoded by its schema", () => {
        const schema = classes[sample._tag]
        assert.isDefined(schema)
        if (schema === undefined) return
        const text = JSON.stringify(Schema.encodeSync(schema)(sample))
        const back = Schema.decodeUnknownSync(schema)(JSON.parse(text))
        assert.strictEqual(back._tag, sample._tag)
        assert.strictEqual(back.message, sample.message)
        assert.deepStrictEqual({ ...back }, { ...sample })
        assert.instanceOf(back, Error)
      })
    })
  }

  it.effect("catchTags distinguishes them, and the type keeps the remaining ones", () =>
    Effect.gen(function* () {
      const failing = Effect.fail(samples[3]) as Effect.Effect<
        string,
        CloudError.NotFound | CloudError.Conflict | CloudError.OverLimit
      >
      const handled = failing.pipe(
        Effect.catchTags({
          NotFound: (error) => Effect.succeed(`missing: ${error.status}`),
          OverLimit: (error) => Effect.succeed(`wait: ${error.retryAfter}`)
        })
      )
      expectTypeOf(handled).toEqualTypeOf<Effect.Effect<string, CloudError.Conflict>>()
      assert.strictEqual(yield* handled, "missing: 404")
    })
  )

  it("a challenge does not print its session ID", () => {
    const challenge = new CloudError.MfaChallenge({
      sessionId: Redacted.make("s3ssion-id"),
      factor: "PASSCODE",
      authUrl: "https://x.test"
    })
    const error = new CloudError.AuthenticationFailed({ ...origin, reason: "mfaRequired", challenge })
    assert.notInclude(`${JSON.stringify(error)} ${String(error)} ${Cause.pretty(Cause.fail(error))}`, "s3ssion-id")
  })
})
