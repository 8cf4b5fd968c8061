import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Effect,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Option,
  Redacted,
  Runtime,
  Stream,
  TestClock,
  Tracer
} from "effect"
import {
  CloudError,
  CloudFiles,
  CloudBigData,
  CloudLoadBalancers,
  CloudServers,
  Credentials,
  Identity,
  Rackspace,
  RetryPolicy,
  TestCloud,
  TokenStore
} from "effect-rackspace"
import { inspect } from "node:util"
import { vi } from "vitest"

// Hundreds of requests, with all their details printed.
vi.setConfig({ testTimeout: 120_000 })

const apiKey = "a9i-k3y-0123456789abcdef"
const password = 'p4ss "word" <with> & \\ ü'
const wrongPassword = "wr0ng-p4ssword"
const wrongPasscode = "wr0ng-p4sscode"
const adminPassword = 'adm1n-"pass"'
const plainPassword = "pl41n-typed-password"
const tempUrlKey = "temp-url-k3y-value"
const containerKey = "c0ntainer-k3y-value"
/** Two lines of a private key, each of which is a secret. */
const keyLines = ["MIIEowIBAAKCAQEAnotarealkeybutlong+enough/asone", "Zm9yZXZlcnlsaW5lb2ZpdGlzYXNlY3JldG9maXRzb3du=="]
const certificateKey = `-----BEGIN RSA PRIVATE KEY-----\n${keyLines.join("\n")}\n-----END RSA PRIVATE KEY-----\n`
const certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
const s3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

/** Everything that was output, each with where it appeared. */
class Shown {
  readonly texts: Array<readonly [place: string, text: string]> = []

  add(place: string, value: unknown): void {
    const show = (how: string, make: () => unknown) => {
      let text: string
      try {
        text = String(make())
      } catch (thrown) {
        text = String(thrown)
      }
      this.texts.push([`${place} (${how})`, text])
    }
    show("inspect", () => inspect(value, { depth: Infinity, showHidden: true, maxStringLength: Infinity }))
    if (value instanceof Error) {
      show("inspect as it is", () => inspect(value, { depth: 4, showHidden: true, customInspect: false }))
    }
    show("JSON", () => JSON.stringify(value))
    show("String", () => String(value))
    show("toStringUnknown", () => Inspectable.toStringUnknown(value))
    if (value instanceof Error) show("stack", () => `${value.message}\n${value.stack}\n${inspect(value.cause)}`)
    if (Exit.isExit(value) && Exit.isFailure(value)) {
      const { cause } = value
      show("pretty", () => Cause.pretty(cause, { renderErrorCause: true }))
      show("squash", () => inspect(Cause.squash(cause), { depth: Infinity, showHidden: true }))
      show("fiber failure", () => inspect(Runtime.makeFiberFailure(cause), { depth: Infinity, showHidden: true }))
      show("fiber failure's text", () => String(Runtime.makeFiberFailure(cause)))
    }
  }
}

const capturingLogger = (shown: Shown) =>
  Logger.make((options) => {
    const { annotations, cause, logLevel, message, spans } = options
    shown.add(`log ${logLevel.label}`, { annotations: [...annotations], cause, message, spans: [...spans] })
    shown.texts.push(["log, formatted", Logger.stringLogger.log(options)])
    shown.texts.push(["log as JSON", Logger.jsonLogger.log(options)])
    shown.texts.push(["log as logfmt", Logger.logfmtLogger.log(options)])
  })

const capturingTracer = (shown: Shown, seen: Array<string>) =>
  Tracer.make({
    context: (run) => run(),
    span: (name, parent, context, links, startTime, kind, options) => {
      seen.push(name)
      const attributes = new Map<string, unknown>(Object.entries(options?.attributes ?? {}))
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: `s${seen.length}`,
        traceId: "t",
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes,
        links,
        sampled: true,
        kind,
        end: (endTime, exit) => {
          shown.add(`span ${name} ended`, { name, attributes: [...attributes], links, endTime })
          shown.add(`span ${name}'s exit`, exit)
        },
        attribute: (key, value) => {
          attributes.set(key, value)
        },
        event: (event, time, more) => shown.add(`span ${name}'s event`, { event, time, more }),
        addLinks: (more) => shown.add(`span ${name}'s links`, more)
      }
      return span
    }
  })

/** Everything that a program outputs while it runs, in full detail. */
const watched = <A, E>(program: (shown: Shown) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const shown = new Shown()
    const spans: Array<string> = []
    yield* program(shown).pipe(
      Effect.withTracer(capturingTracer(shown, spans)),
      Effect.provide(
        Layer.mergeAll(
          Logger.replace(Logger.defaultLogger, capturingLogger(shown)),
          Logger.minimumLogLevel(LogLevel.All)
        )
      )
    )
    shown.add("metrics", yield* Metric.snapshot)
    return { shown, spans }
  })

/** The forms in which a secret could appear in a text. */
const formsOf = (secret: string): ReadonlyArray<string> => [
  ...new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64")
  ])
]

const assertNone = (shown: Shown, secrets: ReadonlyMap<string, string>) => {
  for (const [name, secret] of secrets) {
    assert.isAbove(secret.length, 8, name)
    const forms = formsOf(secret)
    const found = shown.texts.flatMap(([place, text]) => {
      const at = Math.max(...forms.map((form) => text.indexOf(form)))
      return at < 0 ? [] : [`${place}: …${text.slice(Math.max(0, at - 200), at + 100)}…`]
    })
    assert.deepStrictEqual(found.slice(0, 3), [], `${name} was shown ${found.length} times`)
  }
}

/** Prints an effect's outcome in every way, including defects. */
const outcome = <A, E, R>(shown: Shown, place: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Effect.withSpan(effect, `caller of ${place}`))
    shown.add(place, exit)
    if (Exit.isFailure(exit)) {
      for (const failure of Cause.failures(exit.cause)) {
        shown.add(`${place}: the failure`, failure)
        yield* Effect.logError(`${place} failed`, failure, exit.cause)
        const runtime = yield* Effect.runtime<R>()
        const rejection = yield* Effect.promise(() =>
          Runtime.runPromise(runtime)(Effect.die(failure)).then(
            () => undefined,
            (rejected: unknown) => rejected
          )
        )
        shown.add(`${place}: a rejected promise of the defect`, rejection)
      }
    } else {
      shown.add(`${place}: the value`, exit.value)
      yield* Effect.logInfo(`${place} answered`, exit.value)
    }
    return exit
  })

const expectFailure = <A, E extends { readonly _tag: string }>(
  exit: Exit.Exit<A, E>,
  tag: E["_tag"]
): Option.Option<E> => {
  const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none<E>()
  assert.strictEqual(Option.isSome(failure) ? failure.value._tag : Exit.isSuccess(exit), tag)
  return failure
}

/** A server that returns this status for every request, with a page that echoes the whole request. */
const echo = (status: number, page: (head: string, body: string) => string) =>
  HttpClient.make((request) => {
    const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
    const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
    const text = page(head.join("\n"), body)
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(text, { status })))
  })

const echoes: ReadonlyArray<(head: string, body: string) => string> = [
  (head, body) => `<html><body><h1>Debug</h1><pre>POST /v2 HTTP/1.1\n${head}\n\n${body}</pre></body></html>`,
  (head, body) => JSON.stringify({ badRequest: { code: 400, message: `Invalid input ${body}`, details: head } }),
  (head, body) => `{"badRequest": {"message": "${head} ${body}`,
  (head, body) => JSON.stringify({ seen: JSON.stringify({ head, body }) })
]

const cloudOptions = { apiKey, password }

describe("secrets", () => {
  it.effect("are found by this test when they are output", () =>
    Effect.gen(function* () {
      const { shown, spans } = yield* watched((all) =>
        Effect.gen(function* () {
          yield* Effect.logTrace("the s3cret-in-a-log")
          yield* Effect.annotateCurrentSpan("key", "s3cret-in-a-span")
          all.add("hidden", Object.defineProperty({}, "hidden", { value: { deep: ["s3cret-in-hidden"] } }))
          return yield* Effect.fail(new Error("s3cret-in-a-failure"))
        }).pipe(Effect.withSpan("probe"), Effect.ignore)
      )
      for (const secret of ["s3cret-in-a-log", "s3cret-in-a-span", "s3cret-in-hidden", "s3cret-in-a-failure"]) {
        assert.isTrue(
          shown.texts.some(([, text]) => text.includes(secret)),
          secret
        )
      }
      assert.deepStrictEqual(spans, ["probe"])
    })
  )

  it.effect("are not in any output of a login, successful or failed, with any credentials", () =>
    Effect.gen(function* () {
      const secrets = new Map([
        ["apiKey", apiKey],
        ["password", password],
        ["wrongPassword", wrongPassword],
        ["wrongPasscode", wrongPasscode]
      ])
      const { shown, spans } = yield* watched((all) =>
        Effect.gen(function* () {
          const cloud = yield* TestCloud.TestCloud
          const { authUrl } = cloud
          const username = "demo"
          const logIn = (place: string, credentials: Credentials.Credentials) =>
            Effect.gen(function* () {
              all.add(`${place}: the credentials`, credentials)
              yield* Effect.logDebug("logging in", credentials)
              return yield* outcome(
                all,
                place,
                Effect.gen(function* () {
                  const tokens = yield* Identity.make({ credentials, retry: RetryPolicy.never })
                  const access = yield* tokens.get
                  secrets.set(`token of ${place}`, Redacted.value(access.token))
                  all.add(`${place}: the TokenRef`, tokens)
                  return access
                })
              )
            })
          const byKey = Credentials.apiKey({ authUrl, username, apiKey })
          assert.isTrue(Exit.isSuccess(yield* logIn("API key", byKey)))
          assert.isTrue(Exit.isSuccess(yield* logIn("password", Credentials.password({ authUrl, username, password }))))
          const token = yield* cloud.issueToken
          const saved = Credentials.token({ authUrl, token, tenantId: "010101", renewWith: byKey })
          assert.isTrue(Exit.isSuccess(yield* logIn("token", saved)))

          expectFailure(
            yield* logIn("wrong password", Credentials.password({ authUrl, username, password: wrongPassword })),
            "AuthenticationFailed"
          )
          secrets.set("an unknown token", "t0ken-of-nobody-at-all")
          expectFailure(
            yield* logIn("wrong token", Credentials.token({ authUrl, token: "t0ken-of-nobody-at-all", tenantId: "1" })),
            "AuthenticationFailed"
          )
          for (const status of [400, 401, 403, 404, 413, 500, 503]) {
            for (const [secret, credentials] of [
              [apiKey, byKey],
              [password, Credentials.password({ authUrl, username, password })],
              [token, Credentials.token({ authUrl, token, tenantId: "010101" })]
            ] as const) {
              for (const body of [
                `<pre>${JSON.stringify({ secret })}</pre>`,
                { unauthorized: { message: `no: ${secret}`, details: secret } }
              ]) {
                yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Status", status, body } })
                yield* logIn(`${status} that echoes the ${credentials._tag}`, credentials)
              }
            }
          }
          yield* cloud.fail({
            match: { service: "identity" },
            fault: {
              _tag: "Status",
              status: 200,
              body: `{"access":{"token":{"id":"t0ken-cut-off","expires":"${apiKey}`
            }
          })
          secrets.set("a truncated token", "t0ken-cut-off")
          expectFailure(yield* logIn("a truncated response", byKey), "AuthenticationFailed")
          yield* cloud.fail({ match: { service: "identity" }, fault: { _tag: "Cut" } })
          expectFailure(yield* logIn("a broken connection", byKey), "AuthenticationFailed")

          yield* cloud.setMultiFactor(true)
          const challenged = expectFailure(
            yield* logIn("MFA", Credentials.password({ authUrl, username, password })),
            "AuthenticationFailed"
          )
          const challenge = Option.getOrThrow(challenged).challenge
          assert.isDefined(challenge)
          if (challenge === undefined) return
          secrets.set("session", Redacted.value(challenge.sessionId))
          expectFailure(
            yield* logIn("wrong passcode", Credentials.answerChallenge(challenge, wrongPasscode)),
            "AuthenticationFailed"
          )
          assert.isTrue(Exit.isSuccess(yield* logIn("passcode", Credentials.answerChallenge(challenge, "123456"))))
        }).pipe(Effect.scoped, Effect.provide(TestCloud.layerCloud(cloudOptions)))
      )
      assert.include(spans, "Identity.authenticate")
      assertNone(shown, secrets)
    })
  )

  it.effect("are not in any output of the services, whatever fails", () =>
    Effect.gen(function* () {
      const secrets = new Map([
        ["apiKey", apiKey],
        ["adminPassword", adminPassword],
        ["plainPassword", plainPassword],
        ["tempUrlKey", tempUrlKey],
        ["containerKey", containerKey],
        ["s3Secret", s3Secret],
        ...keyLines.map((line, index) => [`line ${index} of the certificate's key`, line] as const)
      ])
      const { shown, spans } = yield* watched((all) =>
        Effect.gen(function* () {
          const cloud = yield* TestCloud.TestCloud
          const servers = yield* CloudServers.CloudServers
          const files = yield* CloudFiles.CloudFiles
          const bigData = yield* CloudBigData.CloudBigData
          const tokens = yield* Identity.TokenRef
          const balancers = yield* CloudLoadBalancers.CloudLoadBalancers
          all.add("the services", { servers, files, balancers, bigData, tokens })
          const access = yield* tokens.get
          all.add("the Access", access)
          yield* Effect.logInfo("logged in", access, { access })
          const token = Redacted.value(access.token)
          secrets.set("token", token)
          const fail = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
            cloud.fail({
              match: { path: /^\/(servers|files)\// },
              fault: { _tag: "Status", status, body, headers }
            })

          const server = {
            name: "web-1",
            imageId: "09de0a66-3156-48b4-90a5-1cf25a905207",
            flavorId: "general1-1",
            adminPassword: Redacted.make(adminPassword)
          }
          const password = { serverId: "s-1", adminPassword: server.adminPassword }
          const s3 = { accessKeyId: "AKIA", secretAccessKey: Redacted.make(s3Secret) }
          assert.isTrue(Exit.isSuccess(yield* outcome(all, "createS3Credential", bigData.createS3Credential(s3))))
          all.add("an S3 credential", s3)
          const loadBalancerId = yield* cloud.loadBalancers.seedLoadBalancer()
          const ssl = { loadBalancerId, securePort: 443, certificate, privateKey: Redacted.make(certificateKey) }
          const mapping = { loadBalancerId, hostName: "h", certificate, privateKey: Redacted.make(certificateKey) }
          assert.isTrue(Exit.isSuccess(yield* outcome(all, "setSslTermination", balancers.setSslTermination(ssl))))
          yield* TestClock.adjust("10 seconds")
          assert.isTrue(
            Exit.isSuccess(yield* outcome(all, "addCertificateMapping", balancers.addCertificateMapping(mapping)))
          )
          assert.isTrue(Exit.isSuccess(yield* outcome(all, "get a balancer", balancers.get({ loadBalancerId }))))
          yield* outcome(all, "getSslTermination", balancers.getSslTermination({ loadBalancerId }))
          all.add("SSL termination", ssl)
          yield* TestClock.adjust("10 seconds")
          for (const line of keyLines) {
            yield* cloud.fail({
              match: { service: "loadbalancers" },
              fault: {
                _tag: "Status",
                status: 400,
                body: { message: `The key cannot be read at ${line}`, code: 400 }
              }
            })
            const quoted = yield* outcome(all, "a line that is quoted", balancers.setSslTermination(ssl))
            expectFailure(quoted, "BadRequest")
          }
          yield* outcome(all, "a plain key", balancers.setSslTermination({ ...ssl, privateKey: certificateKey }))
          const swapped = { ...ssl, certificate: certificateKey }
          expectFailure(
            yield* outcome(all, "a key for a certificate", balancers.setSslTermination(swapped)),
            "InvalidInput"
          )
          const broken = { ...ssl, privateKey: Redacted.make(certificateKey.replaceAll("\n", "\\n")) }
          expectFailure(
            yield* outcome(all, "a key without its lines", balancers.setSslTermination(broken)),
            "InvalidInput"
          )
          const made = yield* outcome(all, "create", servers.create(server))
          assert.isTrue(Exit.isSuccess(made))
          const pair = yield* outcome(all, "createKeyPair", servers.createKeyPair({ name: "k" }))
          assert.isTrue(Exit.isSuccess(pair))
          if (Exit.isSuccess(pair)) {
            const lines = Redacted.value(pair.value.privateKey).split("\n")
            secrets.set("private key", lines[2] ?? "")
          }
          yield* outcome(all, "setTempUrlKey", files.setTempUrlKey({ key: Redacted.make(tempUrlKey) }))
          yield* outcome(all, "createContainer", files.createContainer({ container: "c" }))
          const address = { container: "c", object: "o", expires: "1 hour" } as const
          const signed = yield* outcome(all, "tempUrl", files.tempUrl(address))
          assert.isTrue(Exit.isSuccess(signed))
          if (Exit.isSuccess(signed)) {
            const signature = new URL(Redacted.value(signed.value)).searchParams.get("temp_url_sig") ?? ""
            secrets.set("signature of a TempURL", signature)
          }
          const upload = { container: "c", maxFileSize: 1, maxFileCount: 1, expires: "1 hour" } as const
          const form = yield* outcome(all, "formPost", files.formPost(upload))
          assert.isTrue(Exit.isSuccess(form))
          if (Exit.isSuccess(form)) {
            secrets.set("signature of a form", Redacted.value(form.value.fields)["signature"] ?? "")
          }
          yield* outcome(
            all,
            "tempUrl, refused",
            files.tempUrl({ ...address, key: Redacted.make(tempUrlKey), object: "" })
          )
          yield* outcome(all, "setTempUrlKey, refused", files.setTempUrlKey({ key: Redacted.make(`${tempUrlKey} `) }))
          const inContainer = yield* outcome(
            all,
            "rotateTempUrlKey",
            files.rotateTempUrlKey({ container: "c", key: Redacted.make(containerKey) })
          )
          assert.isTrue(Exit.isSuccess(inContainer))
          yield* outcome(all, "getContainer", files.getContainer({ container: "c" }))
          const account = yield* outcome(all, "getAccount", files.getAccount())
          assert.isTrue(
            Exit.isSuccess(account) &&
              account.value.tempUrlKey !== undefined &&
              Redacted.value(account.value.tempUrlKey) === tempUrlKey
          )

          for (const status of [400, 401, 403, 404, 405, 409, 413, 429, 500, 503]) {
            for (const page of echoes) {
              const echoing = Rackspace.layerServices({
                retry: RetryPolicy.never,
                transformClient: () => echo(status, page)
              })
              yield* Effect.gen(function* () {
                const servers = yield* CloudServers.CloudServers
                const files = yield* CloudFiles.CloudFiles
                const refused = yield* outcome(all, `create: ${status}`, servers.create(server))
                assert.isTrue(Exit.isFailure(refused) && all.texts.some(([, text]) => text.includes("<redacted>")))
                yield* outcome(all, `rebuild: ${status}`, servers.rebuild({ ...password, imageId: server.imageId }))
                yield* outcome(all, `rescue: ${status}`, servers.rescue(password))
                yield* outcome(all, `changePassword: ${status}`, servers.changePassword(password))
                yield* outcome(all, `listContainersPage: ${status}`, files.listContainersPage())
                const newKey = { container: "c", key: Redacted.make(tempUrlKey) }
                yield* outcome(all, `setTempUrlKey: ${status}`, files.setTempUrlKey(newKey))
                const bigData = yield* CloudBigData.CloudBigData
                yield* outcome(all, `updateS3Credential: ${status}`, bigData.updateS3Credential(s3))
                const balancers = yield* CloudLoadBalancers.CloudLoadBalancers
                yield* outcome(all, `setSslTermination: ${status}`, balancers.setSslTermination(ssl))
                yield* outcome(all, `addCertificateMapping: ${status}`, balancers.addCertificateMapping(mapping))
              }).pipe(Effect.provide(echoing))
              secrets.set(`token after ${status}`, Redacted.value((yield* tokens.get).token))
            }
          }

          yield* fail(202, `{"server":{"id":"s-1","adminPass":"${plainPassword}`)
          expectFailure(yield* outcome(all, "a truncated response", servers.create(server)), "MalformedResponse")
          yield* fail(202, { server: { id: ["s-1"], adminPass: plainPassword } })
          expectFailure(yield* outcome(all, "a response without an id", servers.create(server)), "MalformedResponse")
          yield* fail(202, { server: { id: "s-1", adminPass: [plainPassword] } })
          expectFailure(yield* outcome(all, "an invalid password", servers.create(server)), "MalformedResponse")
          yield* fail(200, { keypair: { name: "k", fingerprint: "f", private_key: [plainPassword] } })
          expectFailure(
            yield* outcome(all, "an invalid private key", servers.createKeyPair({ name: "l" })),
            "MalformedResponse"
          )

          for (const fault of [
            { _tag: "Cut" },
            { _tag: "Cut", afterBytes: 10 },
            { _tag: "TruncateBody", afterBytes: 20 }
          ] as const) {
            yield* cloud.fail({ match: { service: "servers" }, fault })
            expectFailure(yield* outcome(all, `${fault._tag}`, servers.create(server)), "TransportError")
          }

          yield* outcome(all, "a plain password", servers.create({ ...server, adminPassword: plainPassword }))
          const plain = { ...server, name: "", adminPassword: plainPassword }
          expectFailure(yield* outcome(all, "a plain password and a fault", servers.create(plain)), "InvalidInput")
          yield* outcome(all, "a plain secret", bigData.createS3Credential({ ...s3, secretAccessKey: plainPassword }))
          const wrong = { ...server, name: "", adminPassword: Redacted.make("") }
          expectFailure(yield* outcome(all, "several faults", servers.create(wrong)), "InvalidInput")

          const elsewhere = Rackspace.layerServices({ region: "XYZ" })
          expectFailure(
            yield* outcome(all, "another region", Effect.scoped(Layer.build(elsewhere))),
            "EndpointNotFound"
          )

          const serverId = yield* cloud.servers.seedServer({ status: "BUILD" })
          const waiting = yield* Effect.fork(
            outcome(all, "a wait", servers.waitUntilActive({ serverId, timeout: "1 minute" }))
          )
          yield* TestClock.adjust("1 minute")
          expectFailure(yield* Fiber.join(waiting), "WaitTimeout")
          yield* cloud.servers.setServerStatus(serverId, "ERROR", { code: 500, message: "no" })
          expectFailure(yield* outcome(all, "a failed wait", servers.waitUntilActive({ serverId })), "ResourceFailed")

          const listing = servers.list({ pageSize: 1 })
          yield* outcome(all, "a listing", Stream.runCollect(listing))
          all.add("the listing itself", listing)
          all.add("an operation not yet run", servers.create(server))
          yield* outcome(all, "logout", tokens.logout)
        }).pipe(Effect.provide(TestCloud.layer({ cloud: cloudOptions, retry: RetryPolicy.never })))
      )
      for (const span of [
        "CloudServers.create",
        "CloudServers.get",
        "CloudBigData.updateS3Credential",
        "CloudLoadBalancers.setSslTermination",
        "CloudFiles.listContainersPage",
        "Identity.revoke"
      ]) {
        assert.include(spans, span)
      }
      assertNone(shown, secrets)
    })
  )

  it.effect("are not in the failures of a token store", () =>
    Effect.gen(function* () {
      const secrets = new Map([["apiKey", apiKey]])
      const { shown } = yield* watched((all) =>
        Effect.gen(function* () {
          const tokens = yield* Identity.TokenRef
          secrets.set("token", Redacted.value((yield* tokens.get).token))
          all.add("tokens", tokens)
        }).pipe(
          Effect.provide(
            Layer.unwrapEffect(Effect.map(TestCloud.credentials, (credentials) => Identity.layer({ credentials })))
          ),
          Effect.provide(TestCloud.layerCloud(cloudOptions)),
          Effect.provideService(TokenStore.TokenStore, {
            load: () => Effect.fail(new TokenStore.TokenStoreError({ reason: "unavailable", message: "disk full" })),
            save: () => Effect.fail(new TokenStore.TokenStoreError({ reason: "unavailable", message: "disk full" })),
            remove: () => Effect.void
          })
        )
      )
      assert.isTrue(shown.texts.some(([place, text]) => place === "log, formatted" && text.includes("disk full")))
      assertNone(shown, secrets)
    })
  )

  it("are not kept by errors: these contain no request, response or cause", () => {
    const fields = Object.values(CloudError).flatMap((exported) =>
      typeof exported === "function" && "fields" in exported ? Object.keys(exported.fields as object) : []
    )
    assert.isAbove(fields.length, 50)
    for (const field of ["request", "response", "cause", "headers", "token"]) assert.notInclude(fields, field)
  })
})
