import type { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Effect, Exit, Fiber, Redacted, Schema, SchemaAST, Scope, Stream, TestClock } from "effect"
import {
  CloudBigData,
  CloudClient,
  CloudError,
  CloudFiles,
  CloudServers,
  Endpoint,
  type Identity,
  RequestBody,
  RetryPolicy,
  TestCloud
} from "effect-rackspace"
import { expectTypeOf } from "vitest"

const tables: Readonly<Record<string, Readonly<Record<string, Endpoint.Any>>>> = {
  CloudServers: CloudServers.endpoints,
  CloudFiles: CloudFiles.endpoints,
  CloudBigData: CloudBigData.endpoints
}

const documentedTags: ReadonlySet<string> = new Set<CloudError.DocumentedError["_tag"]>([
  "NotFound",
  "Conflict",
  "Immutable",
  "PreconditionFailed",
  "RangeNotSatisfiable",
  "QuotaExceeded",
  "Unprocessable"
])

/** The wire names of a schema's fields, and whether each is optional. */
const wireFields = (schema: Endpoint.Any["query"]): ReadonlyArray<readonly [name: string, optional: boolean]> =>
  schema === undefined
    ? []
    : SchemaAST.getPropertySignatures(Schema.encodedSchema(schema).ast).map(
        ({ isOptional, name }) => [String(name), isOptional] as const
      )

const inputFields = (schema: Endpoint.Any["query"]): ReadonlyArray<string> =>
  schema === undefined
    ? []
    : SchemaAST.getPropertySignatures(Schema.typeSchema(schema).ast).map(({ name }) => String(name))

describe("the tables of operations", () => {
  for (const [service, table] of Object.entries(tables)) {
    describe(`${service}`, () => {
      for (const [key, endpoint] of Object.entries(table)) {
        it(`${key}: the template's parameters are the schema's, all of them required`, () => {
          const named = [...endpoint.path.matchAll(/\{\+?(\w+)\}/g)].map((match) => match[1] ?? "")
          assert.sameMembers(
            wireFields(endpoint.parameters).map(([name]) => name),
            named
          )
          assert.isTrue(wireFields(endpoint.parameters).every(([, optional]) => !optional))
        })

        it(`${key}: no field of the input is sent in two places`, () => {
          const fields = [endpoint.parameters, endpoint.query, endpoint.headers].flatMap(inputFields)
          assert.strictEqual(new Set(fields).size, fields.length, fields.join(", "))
        })

        it(`${key}: is named by its key, and lists only existing errors`, () => {
          assert.strictEqual(endpoint.operation, `${service}.${key}`)
          for (const tag of endpoint.errors) assert.isTrue(documentedTags.has(tag), tag)
        })

        it(`${key}: has a body only if the method allows one, and no query that its fixed query overrides`, () => {
          if (["GET", "HEAD", "DELETE"].includes(endpoint.method)) assert.isUndefined(endpoint.body)
          for (const [name] of wireFields(endpoint.query)) assert.notProperty(endpoint.fixedQuery, name)
        })
      }

      it("operation names are unique", () => {
        const names = Object.values(table).map(({ operation }) => operation)
        assert.strictEqual(new Set(names).size, names.length)
      })
    })
  }

  it("only POST endpoints override whether they are idempotent", () => {
    const exceptions = Object.values(tables).flatMap((table) =>
      Object.values(table)
        .filter(({ idempotent, method }) => idempotent !== (method !== "POST"))
        .map(({ operation }) => operation)
    )
    assert.sameMembers(exceptions, [
      "CloudFiles.updateAccount",
      "CloudServers.getConsoleLog",
      "CloudServers.updateServerMetadata",
      "CloudServers.setImageSchedule",
      "CloudServers.updateImageMetadata",
      "CloudFiles.updateContainer",
      "CloudFiles.replaceObjectMetadata",
      "CloudFiles.bulkDeletePaths",
      "CloudBigData.controlServices"
    ])
  })
})

/** A separate table with every feature of endpoints. */
const probe = Endpoint.table("Probe", {
  ping: Endpoint.make("GET", "/ping"),
  find: Endpoint.make("GET", "/a/{first}/b/{second}", {
    parameters: { first: Schema.String, second: Schema.NumberFromString },
    query: {
      tags: Schema.optional(Schema.Array(Schema.String)),
      q: Schema.optional(Schema.String),
      since: Schema.optional(Schema.DateTimeUtc).pipe(Schema.fromKey("changes-since"))
    },
    fixedQuery: { format: "json" },
    success: Endpoint.json(Schema.Struct({ found: Schema.Number }))
  }),
  object: Endpoint.make("GET", "/{container}/{+object}", {
    parameters: { container: Schema.String, object: Schema.String },
    success: Endpoint.headers(
      Schema.Struct({
        kind: Schema.optional(Schema.String).pipe(Schema.fromKey("content-type")),
        ":status": Schema.String
      })
    ),
    errors: ["NotFound"]
  }),
  save: Endpoint.make("PUT", "/things/{id}", {
    parameters: { id: Schema.String },
    headers: {
      match: Schema.optional(Schema.String).pipe(Schema.fromKey("if-match")),
      size: Schema.optional(Schema.Number).pipe(Schema.fromKey("x-size")),
      metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(
        Schema.fromKey(":metadata")
      )
    },
    body: Endpoint.enveloped(
      "thing",
      Schema.Struct({ name: Schema.String, secret: Schema.optional(Schema.Redacted(Schema.String)) })
    ),
    success: Endpoint.json(Endpoint.enveloped("thing", Schema.Struct({ name: Schema.String }))),
    errors: ["Conflict", "NotFound"]
  }),
  put: Endpoint.withRawBody(
    Endpoint.make("PUT", "/raw/{id}", {
      parameters: { id: Schema.String },
      headers: { type: Schema.optional(Schema.String).pipe(Schema.fromKey("content-type")) }
    })
  ),
  ask: Endpoint.make("GET", "/ask", { anonymous: true }),
  open: Endpoint.make("GET", "/open", {
    success: Endpoint.stream(
      Schema.Struct({ kind: Schema.String.pipe(Schema.propertySignature, Schema.fromKey("content-type")) })
    )
  })
})

const probeClient = CloudClient.make(
  "Probe",
  { types: ["probe"] },
  { endpoint: "http://cloud.test/probe/", retry: RetryPolicy.never }
)

/** The operations of the probe against a cloud that returns this response to the next request. */
const probing = <A, E>(
  reply: { readonly status?: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  test: (operations: Endpoint.Client<typeof probe>) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.gen(function* () {
    const cloud = yield* TestCloud.TestCloud
    const client = yield* probeClient
    yield* cloud.fail({
      match: { service: "unknown" },
      fault: { _tag: "Status", status: reply.status ?? 200, body: reply.body ?? "", headers: reply.headers ?? {} }
    })
    const value = yield* test(Endpoint.client(client, probe))
    const sent = (yield* cloud.requests).find(({ service }) => service === "unknown")
    assert.isDefined(sent)
    return {
      value,
      line: `${sent?.method} ${sent?.target}`,
      headers: sent?.headers ?? {},
      body: new TextDecoder().decode(sent?.body)
    }
  }).pipe(Effect.scoped, Effect.provide(TestCloud.layer()))

describe("a request of an endpoint", () => {
  it.effect("appends the path to the endpoint's URL without a double slash, and sends no body or body headers", () =>
    Effect.gen(function* () {
      const { body, headers, line } = yield* probing({}, ({ ping }) => ping())
      assert.strictEqual(line, "GET /probe/ping")
      assert.strictEqual(body, "")
      assert.notProperty(headers, "content-type")
      assert.notProperty(headers, "accept")
    })
  )

  it.effect("carries the token, except for endpoints that need none", () =>
    Effect.gen(function* () {
      assert.property((yield* probing({}, ({ ping }) => ping())).headers, "x-auth-token")
      assert.notProperty((yield* probing({}, ({ ask }) => ask())).headers, "x-auth-token")
    })
  )

  it.effect("without a token does not confirm that the token is valid", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const client = yield* CloudClient.make("Probe", { types: ["object-store"] }, { retry: RetryPolicy.never })
      const { ask, ping } = Endpoint.client(client, probe)
      yield* cloud.fail({ match: { path: /ask$/ }, fault: { _tag: "Status", status: 200, body: "" } })
      yield* cloud.fail({ match: { path: /ping$/ }, fault: { _tag: "Status", status: 401 } })
      yield* cloud.fail({ match: { path: /ping$/ }, fault: { _tag: "Delay", duration: "1 second" } })
      const refused = yield* Effect.fork(Effect.flip(ping()))
      yield* TestClock.adjust("500 millis")
      yield* ask()
      yield* cloud.revokeAllTokens
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(refused))._tag, "Unauthorized")
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("without a token does not renew the token when it is rejected", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const { ask } = Endpoint.client(yield* probeClient, probe)
      yield* cloud.clearRequests
      yield* cloud.fail({ match: { service: "unknown" }, fault: { _tag: "Status", status: 401 } })
      assert.strictEqual((yield* Effect.flip(ask()))._tag, "Unauthorized")
      assert.deepStrictEqual(
        (yield* cloud.requests).map(({ service }) => service),
        ["unknown"]
      )
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("encodes each parameter of the path as one segment", () =>
    Effect.gen(function* () {
      const { headers, line } = yield* probing({ body: { found: 1 } }, ({ find }) =>
        find({ first: "a b/c?d#e%f+ü", second: 7 })
      )
      assert.strictEqual(line, "GET /probe/a/a%20b%2Fc%3Fd%23e%25f%2B%C3%BC/b/7?format=json")
      assert.strictEqual(headers["accept"], "application/json")
    })
  )

  it.effect("keeps the slashes of a {+parameter}", () =>
    Effect.gen(function* () {
      const { line } = yield* probing({}, ({ object }) => object({ container: "c/d", object: "a/b c//d" }))
      assert.strictEqual(line, "GET /probe/c%2Fd/a/b%20c//d")
    })
  )

  it.effect("encodes names of dots so that URL parsers do not resolve them", () =>
    Effect.gen(function* () {
      const { line } = yield* probing({}, ({ object }) => object({ container: "c", object: "a/../b" }))
      assert.strictEqual(line, "GET /probe/c/a%2F..%2Fb")
    })
  )

  it.effect("escapes the query, repeats lists of values, and omits undefined", () =>
    Effect.gen(function* () {
      const { line } = yield* probing({ body: { found: 1 } }, ({ find }) =>
        find({
          first: "x",
          second: 1,
          tags: ["a+b", "c&d"],
          q: undefined,
          since: DateTime.unsafeMake("2026-01-01T00:00:00Z")
        })
      )
      assert.strictEqual(
        line,
        "GET /probe/a/x/b/1?format=json&tags=a%2Bb&tags=c%26d&changes-since=2026-01-01T00%3A00%3A00.000Z"
      )
    })
  )

  it.effect("sends headers, a record's entries as separate headers, and a JSON body", () =>
    Effect.gen(function* () {
      const { body, headers, line } = yield* probing({ body: { thing: { name: "saved" } } }, ({ save }) =>
        save({
          id: "1",
          size: 0,
          match: undefined,
          metadata: { "x-meta-a": "1", "x-meta-b": "2" },
          name: "grün",
          secret: Redacted.make("s3cret")
        })
      )
      assert.strictEqual(line, "PUT /probe/things/1")
      assert.strictEqual(body, '{"thing":{"name":"grün","secret":"s3cret"}}')
      assert.strictEqual(headers["content-length"], String(Buffer.byteLength(body)))
      assert.strictEqual(headers["content-type"], "application/json")
      assert.strictEqual(headers["x-size"], "0")
      assert.strictEqual(headers["x-meta-a"], "1")
      assert.strictEqual(headers["x-meta-b"], "2")
      assert.notProperty(headers, "if-match")
      assert.notProperty(headers, ":metadata")
    })
  )

  it.effect("sends a raw body unchanged, with the given content type", () =>
    Effect.gen(function* () {
      const content = RequestBody.content(new TextEncoder().encode("raw"))
      const { body, headers } = yield* probing({}, ({ put }) => put({ id: "1", type: "text/x", content }))
      assert.strictEqual(body, "raw")
      assert.strictEqual(headers["content-type"], "text/x")
      const empty = yield* probing({}, ({ put }) => put({ id: "1" }))
      assert.strictEqual(empty.body, "")
    })
  )
})

describe("a response of an endpoint", () => {
  it.effect("without content is not decoded", () =>
    Effect.map(
      probing({ body: "<html>" }, ({ ping }) => ping()),
      ({ value }) => assert.isUndefined(value)
    )
  )

  it.effect("of JSON is decoded", () =>
    Effect.map(
      probing({ body: { thing: { name: "n", more: 1 } } }, ({ save }) => save({ id: "1", name: "n" })),
      ({ value }) => assert.deepStrictEqual(value, { name: "n" })
    )
  )

  it.effect("that does not match the schema reports the path and what was expected", () =>
    Effect.gen(function* () {
      const { value } = yield* probing({ body: { thing: { name: 5 } }, headers: { "x-trans-id": "tx1" } }, ({ save }) =>
        Effect.flip(save({ id: "1", name: "n" }))
      )
      assert.instanceOf(value, CloudError.MalformedResponse)
      assert.strictEqual(value.path, "thing.name")
      assert.strictEqual(value.requestId, "tx1")
      assert.strictEqual(value.status, 200)
      assert.strictEqual(
        value.message,
        "Probe.save: 200, but the response is not as documented: thing.name: expected a string, not a number"
      )
    })
  )

  it.effect("of JSON after a byte order mark or white space is decoded", () =>
    Effect.map(
      probing({ body: '\ufeff \n{"found":3}\n' }, ({ find }) => find({ first: "x", second: 1 })),
      ({ value }) => assert.deepStrictEqual(value, { found: 3 })
    )
  )

  it.effect("of headers is decoded from them and the status", () =>
    Effect.map(
      probing({ status: 203, body: "ignored", headers: { "Content-Type": "text/x" } }, ({ object }) =>
        object({ container: "c", object: "o" })
      ),
      ({ value }) => assert.deepStrictEqual(value, { kind: "text/x", ":status": "203" })
    )
  )

  it.effect("of a stream emits its bytes until its scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { value } = yield* probing({ body: "content", headers: { "Content-Type": "text/x" } }, ({ open }) =>
        Effect.gen(function* () {
          const { head, stream } = yield* Scope.extend(open(), scope)
          const text = yield* stream.pipe(Stream.decodeText(), Stream.mkString)
          return `${head.kind}: ${text}`
        })
      )
      assert.strictEqual(value, "text/x: content")
      yield* Scope.close(scope, Exit.void)
    })
  )

  it.effect("of an error is the documented error, or UnexpectedStatus when the endpoint documents none", () =>
    Effect.gen(function* () {
      const named = yield* probing({ status: 404 }, ({ save }) => Effect.flip(save({ id: "1", name: "n" })))
      assert.instanceOf(named.value, CloudError.NotFound)
      const unnamed = yield* probing({ status: 404, body: "nope" }, ({ ping }) => Effect.flip(ping()))
      assert.instanceOf(unnamed.value, CloudError.UnexpectedStatus)
      assert.strictEqual(unnamed.value.body, "nope")
      assert.strictEqual(unnamed.value.operation, "Probe.ping")
      assert.strictEqual(unnamed.value.url, "http://cloud.test/probe/ping")
    })
  )
})

describe("an input", () => {
  it.effect("is checked by validate without sending a request", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const client = yield* probeClient
      yield* Endpoint.validate(client, probe.save, { id: "1", name: "n" })
      const wrong = { id: 1, name: 2 } as unknown as { readonly id: string; readonly name: string }
      const error = yield* Effect.flip(Endpoint.validate(client, probe.save, wrong))
      assert.instanceOf(error, CloudError.InvalidInput)
      assert.strictEqual(error.service, "Probe")
      assert.deepStrictEqual(error.issues, [
        { path: "id", expected: "a string, not a number" },
        { path: "name", expected: "a string, not a number" }
      ])
      assert.strictEqual(
        error.message,
        "Probe.save: id: expected a string, not a number; name: expected a string, not a number"
      )
      assert.isEmpty((yield* cloud.requests).filter(({ service }) => service !== "identity"))
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("that is not an object is rejected with a typed error", () =>
    Effect.gen(function* () {
      const client = yield* probeClient
      const { find } = Endpoint.client(client, probe)
      for (const input of ["text", 7, null, undefined, []]) {
        const error = yield* Effect.flip((find as (input: unknown) => ReturnType<typeof find>)(input))
        assert.instanceOf(error, CloudError.InvalidInput)
        assert.notInclude(error.message, "[object")
      }
    }).pipe(Effect.provide(TestCloud.layer()))
  )

  it.effect("is read when the effect runs, each time again", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const client = yield* probeClient
      yield* cloud.fail({ match: { service: "unknown" }, times: 2, fault: { _tag: "Status", status: 200, body: "" } })
      const ping = Endpoint.method(client, probe.ping)()
      assert.isEmpty((yield* cloud.requests).filter(({ service }) => service === "unknown"))
      yield* ping
      yield* ping
      assert.strictEqual((yield* cloud.requests).filter(({ service }) => service === "unknown").length, 2)
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})

/** All methods of a client as one union, so that one assertion covers each. */
type ErrorOf<M> = M extends (...args: never) => Effect.Effect<unknown, infer E, unknown> ? E : never
type SuccessOf<M> = M extends (...args: never) => Effect.Effect<infer A, unknown, unknown> ? A : never
type ContextOf<M> = M extends (...args: never) => Effect.Effect<unknown, unknown, infer R> ? R : never
type IsAny<T> = 0 extends 1 & T ? true : false
/** The names of the members that are, or contain at a shallow depth, an `any`. */
type AnyIn<T> = {
  [K in keyof T]-?: IsAny<T[K]> extends true ? K : never
}[keyof T]
type Methods = CloudServers.Service & Omit<CloudFiles.Service, keyof CloudServers.Service>
type Loose = {
  [K in keyof Methods]: IsAny<SuccessOf<Methods[K]>> extends true
    ? K
    : IsAny<ErrorOf<Methods[K]>> extends true
      ? K
      : IsAny<ContextOf<Methods[K]>> extends true
        ? K
        : never
}[keyof Methods]

describe("types", () => {
  it("an interface that differs from the schemas of its operation does not compile", () => {
    interface Rename {
      readonly id: string
      readonly name: string
    }
    const body = Endpoint.enveloped("thing", Schema.Struct({ name: Schema.String }))
    const rename = Endpoint.define<Rename>()("PUT", "/things/{id}", { body })
    expectTypeOf(rename).toEqualTypeOf<Endpoint.Definition<Rename, void, never>>()
    // @ts-expect-error The path has no such parameter.
    Endpoint.define<Rename>()("PUT", "/things/{thingId}", { body })
    // @ts-expect-error No schema has the name.
    Endpoint.define<Rename>()("PUT", "/things/{id}")
    // @ts-expect-error The schema's type is another one.
    Endpoint.define<{ readonly id: string; readonly name: number }>()("PUT", "/things/{id}", { body })
  })

  type Servers = CloudServers.Service
  type Files = CloudFiles.Service

  it("an operation fails with the common errors and its documented errors only", () => {
    expectTypeOf<ErrorOf<Servers["get"]>>().toEqualTypeOf<CloudError.CommonError | CloudError.NotFound>()
    expectTypeOf<ErrorOf<Servers["listPage"]>>().toEqualTypeOf<CloudError.CommonError>()
    expectTypeOf<ErrorOf<Servers["create"]>>().toEqualTypeOf<
      CloudError.CommonError | CloudError.QuotaExceeded | CloudError.Conflict
    >()
    expectTypeOf<ErrorOf<Servers["update"]>>().toEqualTypeOf<
      CloudError.CommonError | CloudError.NotFound | CloudError.Conflict
    >()
    expectTypeOf<ErrorOf<Servers["delete"]>>().toEqualTypeOf<ErrorOf<Servers["update"]>>()
    expectTypeOf<ErrorOf<Servers["reboot"]>>().toEqualTypeOf<ErrorOf<Servers["update"]>>()
    expectTypeOf<ErrorOf<Servers["getLimits"]>>().toEqualTypeOf<CloudError.CommonError>()
    expectTypeOf<ErrorOf<Servers["waitUntilActive"]>>().toEqualTypeOf<
      CloudError.CommonError | CloudError.NotFound | CloudError.ResourceFailed | CloudError.WaitTimeout
    >()
    expectTypeOf<ErrorOf<Servers["waitUntilDeleted"]>>().toEqualTypeOf<
      CloudError.CommonError | CloudError.ResourceFailed | CloudError.WaitTimeout
    >()
    expectTypeOf<ErrorOf<Files["deleteContainer"]>>().toEqualTypeOf<
      CloudError.CommonError | CloudError.NotFound | CloudError.Conflict
    >()
    expectTypeOf<Stream.Stream.Error<ReturnType<Servers["list"]>>>().toEqualTypeOf<CloudError.CommonError>()
  })

  it("an operation requires nothing, except a scope when it returns a stream", () => {
    expectTypeOf<ContextOf<Servers[keyof Endpoint.Client<typeof CloudServers.endpoints>]>>().toBeNever()
    expectTypeOf<ContextOf<Files["getObject"]>>().toEqualTypeOf<Scope.Scope>()
    expectTypeOf<ContextOf<Endpoint.Client<typeof probe>["open"]>>().toEqualTypeOf<Scope.Scope>()
    expectTypeOf<Effect.Effect.Context<typeof probeClient>>().toEqualTypeOf<Identity.TokenRef | HttpClient.HttpClient>()
  })

  it("an input is optional when all its fields are, and required when one is", () => {
    expectTypeOf<Parameters<Servers["listPage"]>["length"]>().toEqualTypeOf<0 | 1>()
    expectTypeOf<Servers["listKeyPairs"]>().toBeCallableWith()
    expectTypeOf<Servers["getLimits"]>().toBeCallableWith()
    expectTypeOf<Files["listContainersPage"]>().toBeCallableWith()
    expectTypeOf<Parameters<Servers["get"]>>().toEqualTypeOf<[input: { readonly serverId: string }]>()
    // @ts-expect-error a server must be named
    expectTypeOf<Servers["get"]>().toBeCallableWith()
    // @ts-expect-error and by its own field's name
    expectTypeOf<Servers["get"]>().toBeCallableWith({ id: "s" })
  })

  it("an optional field may be undefined", () => {
    expectTypeOf<Servers["create"]>().toBeCallableWith({
      name: "n",
      imageId: undefined,
      flavorId: "f",
      keyName: undefined,
      adminPassword: undefined
    })
    expectTypeOf<Servers["reboot"]>().toBeCallableWith({ serverId: "s", type: undefined })
    expectTypeOf<Servers["list"]>().toBeCallableWith({ pageSize: undefined, status: undefined })
  })

  it("a secret is accepted as a string or redacted, and returned redacted", () => {
    type Password = NonNullable<Parameters<Servers["create"]>[0]["adminPassword"]>
    expectTypeOf<Password>().toEqualTypeOf<string | Redacted.Redacted>()
    expectTypeOf<CloudServers.GeneratedKeyPair["privateKey"]>().toEqualTypeOf<Redacted.Redacted>()
  })

  it("known values are completed by editors, and others are allowed", () => {
    type Status = CloudServers.Server["status"]
    expectTypeOf<"ACTIVE">().toMatchTypeOf<Status>()
    expectTypeOf<string>().toMatchTypeOf<Status>()
    expectTypeOf<Status>().not.toEqualTypeOf<string>()
  })

  it("no signature contains any", () => {
    expectTypeOf<Loose>().toBeNever()
    expectTypeOf<AnyIn<CloudServers.Server>>().toBeNever()
    expectTypeOf<AnyIn<CloudServers.Flavor>>().toBeNever()
    expectTypeOf<AnyIn<CloudServers.Image>>().toBeNever()
    expectTypeOf<AnyIn<CloudServers.Limits>>().toBeNever()
    expectTypeOf<Parameters<Servers["create"]>[0]>().not.toBeAny()
    expectTypeOf<AnyIn<Parameters<Servers["create"]>[0]>>().toBeNever()
    expectTypeOf<SuccessOf<Servers["create"]>>().toEqualTypeOf<CloudServers.CreatedServer>()
    expectTypeOf<SuccessOf<Servers["get"]>>().toEqualTypeOf<CloudServers.Server>()
    expectTypeOf<SuccessOf<Servers["delete"]>>().toEqualTypeOf<void>()
  })

  it("Chunk and the tables stay readable as data", () => {
    const operations = Chunk.fromIterable(Object.values<Endpoint.Any>(CloudServers.endpoints))
    assert.isTrue(Chunk.every(operations, ({ method, path }) => method.length > 0 && path.startsWith("/")))
    expectTypeOf<Endpoint.Any["errors"]>().toEqualTypeOf<ReadonlySet<CloudError.DocumentedError["_tag"]>>()
  })
})
