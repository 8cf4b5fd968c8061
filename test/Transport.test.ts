import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as Http from "node:http"
import type * as Net from "node:net"
import { gzipSync } from "node:zlib"
import type * as CloudError from "../src/CloudError.js"
import * as CloudClient from "../src/CloudClient.js"
import { fromStream } from "../src/internal/bytes/byteSource.js"
import * as RetryPolicy from "../src/RetryPolicy.js"
import * as CloudFiles from "../src/services/CloudFiles.js"
import * as CloudServers from "../src/services/CloudServers.js"
import {
  bytesOf,
  clients,
  eventually,
  httpServer,
  login,
  md5,
  patterned,
  pause,
  rootFibers,
  servicesAt,
  socketServer
} from "./support.js"

const file = { container: "c", object: "o" }

/** Retries immediately, so that a test need not wait. */
const withoutDelay = RetryPolicy.make({ baseDelay: Duration.millis(1) })

const once = Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never)

/** A response that the test writes byte by byte. */
const response = (status: string, headers: Readonly<Record<string, string | number>>, body = ""): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n${body}`

const object = (content: Uint8Array | string, headers: Readonly<Record<string, string | number>> = {}) => ({
  "Content-Length": Buffer.byteLength(content),
  "Content-Type": "text/plain",
  ETag: md5(content),
  ...headers
})

/** Over node:http, only an agent with keepAlive reuses connections. */
const keepingAlive = (name: string, http: Layer.Layer<HttpClient.HttpClient>): Layer.Layer<HttpClient.HttpClient> =>
  name === "node:http"
    ? Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))
    : http

/** A cloud's response to an archive, of which it sends only a space at first. */
const extracted = JSON.stringify({
  "Number Files Created": 12,
  "Response Status": "201 Created",
  "Response Body": "",
  Errors: []
})

/** Retries immediately, with short timeouts. */
const shortTimeouts = RetryPolicy.make({ baseDelay: Duration.millis(1), stallTimeout: Duration.seconds(1) })

const extract = (stream: Stream.Stream<Uint8Array>) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    files.extractArchive({ container: "c", format: "tar", body: CloudFiles.fromStream(stream, { replayable: true }) })
  )

const beginEarly = (reply: Http.ServerResponse): void => {
  reply.writeHead(200, { "Content-Type": "application/json" }).write(" ")
}

/** Advances the clock until a fiber has ended: on a busy machine its timer may have started a little later. */
const inTime = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<A, E> =>
  Effect.raceFirst(Fiber.join(fiber), Effect.forever(Effect.zipRight(TestClock.adjust("100 millis"), pause(100))))

/** Twelve chunks that take 200 ms each, to a server that begins its response before them. The test ends the response. */
const archiveInChunks = (http: Layer.Layer<HttpClient.HttpClient>, policy: RetryPolicy.Service) =>
  Effect.gen(function* () {
    let requests = 0
    let received = 0
    let reply: Http.ServerResponse | undefined
    const server = yield* httpServer((request, begun) => {
      requests++
      reply = begun
      beginEarly(begun)
      request.on("error", () => {})
      request.on("data", (chunk: Buffer) => (received += chunk.byteLength))
    })
    let asked = 0
    const source = Stream.repeatEffect(
      Effect.suspend(() => {
        asked++
        return Effect.as(Effect.sleep("200 millis"), patterned(1000))
      })
    ).pipe(Stream.take(12))
    const fiber = yield* extract(source).pipe(
      Effect.provide(servicesAt(server.url, http, { retry: policy })),
      Effect.fork
    )
    for (let piece = 1; piece <= 12; piece++) {
      yield* eventually("the source is pulled", () => asked >= piece)
      yield* TestClock.adjust("200 millis")
      yield* eventually("the piece arrives", () => received >= piece * 1000)
      // The response's beginning must arrive as well.
      yield* pause(20)
    }
    return { fiber, server, requests: () => requests, end: () => reply?.end(extracted) }
  })

/**
 * An upload that continues until the test ends it, to a server that begins its response, and reads and sends as the test
 * demands. It starts with the network buffers full.
 */
const archiveWithPauses = <A, E, R>(
  upload: (source: Stream.Stream<Uint8Array>, url: string) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    let requests = 0
    let request: Http.IncomingMessage | undefined
    let reply: Http.ServerResponse | undefined
    const server = yield* httpServer((arrived, begun) => {
      requests++
      request = arrived
      reply = begun
      beginEarly(begun)
      arrived.on("error", () => {})
      arrived.on("end", () => begun.end(extracted))
    })
    let given = 0
    let enough = false
    let closed = 0
    const source = Stream.repeatEffect(
      Effect.sync(() => {
        given++
        return new Uint8Array(64 * 1024)
      })
    ).pipe(
      Stream.takeWhile(() => !enough),
      Stream.ensuring(Effect.sync(() => closed++))
    )
    const fiber = yield* Effect.fork(upload(source, server.url))
    const untilStalled = Effect.gen(function* () {
      let before = -1
      while (before !== given) {
        before = given
        yield* pause(100)
      }
    })
    yield* eventually("the request arrives", () => request !== undefined)
    yield* untilStalled
    return {
      fiber,
      server,
      requests: () => requests,
      isClosed: () => closed === 1,
      /** The server reads until the body makes progress, then pauses. */
      readSome: Effect.gen(function* () {
        const before = given
        request?.resume()
        yield* eventually("the body makes progress", () => given > before)
        request?.pause()
        yield* untilStalled
      }),
      writeSome: Effect.suspend(() => {
        reply?.write(" ")
        return pause(20)
      }),
      readAll: () => {
        enough = true
        request?.resume()
      }
    }
  })

for (const [name, http] of clients) {
  describe(`transport over ${name}`, () => {
    it.scopedLive("an unreachable server is a TransportError after the policy's attempts", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { url } = yield* Scope.extend(
          httpServer(() => {}),
          scope
        )
        yield* Scope.close(scope, Exit.void)
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount()).pipe(
          Effect.flip,
          Effect.provide(servicesAt(url, http, { retry: withoutDelay }))
        )
        assert.strictEqual(error._tag, "TransportError")
        if (error._tag !== "TransportError") return
        assert.strictEqual(error.reason, "connect")
        assert.include(error.message, "ECONNREFUSED")
        assert.strictEqual(error.method, "HEAD")
        assert.strictEqual(error.url, url)
      })
    )

    it.scopedLive("retries when the connection breaks before the response", () =>
      Effect.gen(function* () {
        const server = yield* socketServer((socket, _, count) => {
          if (count < 3) socket.destroy()
          else socket.end(response("200 OK", { "Content-Length": 2, Connection: "close" }, "[]"))
        })
        const containers = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.listContainersPage()).pipe(
          Effect.provide(servicesAt(server.url, http, { retry: withoutDelay }))
        )
        assert.deepStrictEqual(containers, [])
        assert.strictEqual(server.accepted(), 3)
      })
    )

    it.scopedLive("does not retry a POST that creates when the connection breaks before the response", () =>
      Effect.gen(function* () {
        const server = yield* socketServer((socket) => void socket.destroy())
        const error = yield* Effect.flatMap(CloudServers.CloudServers, (servers) =>
          servers.create({ name: "web", imageId: "i", flavorId: "f" })
        ).pipe(Effect.flip, Effect.provide(servicesAt(server.url, http, { retry: withoutDelay })))
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(server.accepted(), 1)
      })
    )

    it.scopedLive("a response that is not HTTP is a TransportError", () =>
      Effect.gen(function* () {
        const server = yield* socketServer((socket) => void socket.end("220 smtp.example.com ESMTP\r\n"))
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount()).pipe(
          once,
          Effect.flip,
          Effect.provide(servicesAt(server.url, http))
        )
        assert.strictEqual(error._tag, "TransportError")
      })
    )

    for (const [how, headers, body] of [
      ["shorter than its Content-Length", { "Content-Length": 10 }, "12345"],
      ["without its last chunk", { "Transfer-Encoding": "chunked" }, "5\r\n12345\r\n"],
      ["cut inside of a chunk", { "Transfer-Encoding": "chunked" }, "a\r\n12345"]
    ] as const) {
      it.scopedLive(`fails when a download's body ends ${how}`, () =>
        Effect.gen(function* () {
          const server = yield* socketServer(
            (socket) => void socket.end(response("200 OK", { "Content-Type": "text/plain", ...headers }, body))
          )
          let seen = ""
          const exit = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
            Stream.runForEach(files.download(file), (chunk) =>
              Effect.sync(() => {
                seen += Buffer.from(chunk).toString()
              })
            )
          ).pipe(Effect.exit, Effect.provide(servicesAt(server.url, http)))
          const error = yield* Effect.flip(exit)
          assert.strictEqual(error._tag, "TransportError")
          assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "body")
          assert.include("12345", seen)
        })
      )
    }

    it.scoped("sends a request in the finalizer of an interrupted fiber", () =>
      Effect.gen(function* () {
        const methods: Array<string | undefined> = []
        const server = yield* httpServer(({ method }, reply) => {
          methods.push(method)
          reply.writeHead(204).end()
        })
        const running = yield* Deferred.make<void>()
        const fiber = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          Effect.zipRight(Deferred.succeed(running, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Effect.orDie(files.deleteObject(file)))
          )
        ).pipe(Effect.provide(servicesAt(server.url, http)), Effect.fork)
        yield* Deferred.await(running)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(methods, ["DELETE"])
      })
    )

    it.scopedLive("retries a listing whose body breaks off", () =>
      Effect.gen(function* () {
        const server = yield* socketServer((socket, _, count) =>
          count === 1
            ? void socket.end(response("200 OK", { "Content-Length": 10 }, "[]"))
            : void socket.end(response("200 OK", { "Content-Length": 2, Connection: "close" }, "[]"))
        )
        const found = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.listContainersPage()).pipe(
          Effect.provide(servicesAt(server.url, http, { retry: withoutDelay }))
        )
        assert.deepStrictEqual(found, [])
        assert.strictEqual(server.accepted(), 2)
      })
    )

    it.scopedLive("fails with ChecksumMismatch at the end when the bytes do not match the ETag", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, object("hello", { ETag: md5("world") })).end("hello")
        })
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => bytesOf(files.download(file))).pipe(
          Effect.flip,
          Effect.provide(servicesAt(server.url, http))
        )
        assert.strictEqual(error._tag, "ChecksumMismatch")
        if (error._tag !== "ChecksumMismatch") return
        assert.strictEqual(error.expected, md5("world"))
        assert.strictEqual(error.actual, md5("hello"))
      })
    )

    for (const framing of ["with its length", "in chunks"]) {
      it.scopedLive(`an object that is stored compressed arrives ${framing}`, () =>
        Effect.gen(function* () {
          const plain = "compress me ".repeat(1000)
          const packed = gzipSync(plain)
          const server = yield* httpServer((_, reply) => {
            const headers = object(packed, { "Content-Encoding": "gzip" })
            if (framing === "with its length") reply.writeHead(200, headers)
            else reply.writeHead(200, { "Content-Encoding": "gzip", ETag: headers.ETag })
            reply.end(packed)
          })
          const bytes = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => bytesOf(files.download(file))).pipe(
            Effect.provide(servicesAt(server.url, http))
          )
          // fetch decompresses it, and this cannot be turned off; the others return the stored bytes.
          assert.strictEqual(md5(bytes), md5(name === "fetch" ? plain : packed))
        })
      )
    }

    it.scopedLive("decodes metadata that another client wrote as plain UTF-8", () =>
      Effect.gen(function* () {
        const server = yield* socketServer((socket) => {
          const headers = { "Content-Length": 0, "X-Object-Meta-Title": "Grüße ☃", Connection: "close" }
          socket.end(Buffer.from(response("200 OK", headers), "utf8"))
        })
        const info = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getObjectInfo(file)).pipe(
          Effect.provide(servicesAt(server.url, http))
        )
        assert.deepStrictEqual(info.metadata, { title: "Grüße ☃" })
      })
    )

    it.scopedLive("rejects the whole object when the server ignores a range", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, object("0123456789")).end("0123456789")
        })
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          bytesOf(files.download({ ...file, range: { offset: 2, length: 3 } }))
        ).pipe(Effect.flip, Effect.provide(servicesAt(server.url, http)))
        assert.strictEqual(error._tag, "MalformedResponse")
      })
    )

    it.scopedLive("does not follow a redirect, and sends the token nowhere else", () =>
      Effect.gen(function* () {
        const elsewhere = yield* httpServer((_, reply) => void reply.writeHead(200).end("[]"))
        const tokens: Array<unknown> = []
        const server = yield* httpServer((request, reply) => {
          tokens.push(request.headers["x-auth-token"])
          reply.writeHead(302, { Location: `${elsewhere.url}/else`, "Content-Length": 0 }).end()
        })
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.listContainersPage()).pipe(
          Effect.flip,
          Effect.provide(servicesAt(server.url, http))
        )
        assert.strictEqual(error._tag, "UnexpectedStatus")
        assert.strictEqual(error._tag === "UnexpectedStatus" ? error.status : undefined, 302)
        assert.strictEqual(elsewhere.accepted(), 0)
        assert.strictEqual(tokens.length, 1)
        assert.isString(tokens[0])
      })
    )

    it.scopedLive("fails with MalformedResponse when a proxy returns a page instead of JSON", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, { "Content-Type": "text/html" }).end("<html><body>Please sign in</body></html>")
        })
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.listContainersPage()).pipe(
          Effect.flip,
          Effect.provide(servicesAt(server.url, http))
        )
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.strictEqual(
          error.message,
          "CloudFiles.listContainersPage: 200, but the response (text/html) is not JSON"
        )
      })
    )

    it.scopedLive("fails with a readable ServiceUnavailable when a proxy returns 502 in HTML", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply
            .writeHead(502, { "Content-Type": "text/html" })
            .end(
              "<html><head><title>502</title><style>b{}</style></head><body><h1>502 Bad Gateway</h1>nginx</body></html>"
            )
        })
        const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.listContainersPage()).pipe(
          once,
          Effect.flip,
          Effect.provide(servicesAt(server.url, http))
        )
        assert.strictEqual(error._tag, "ServiceUnavailable")
        assert.strictEqual(error.message, "CloudFiles.listContainersPage: 502 502 Bad Gateway nginx")
      })
    )

    it.scoped("times out when the response does not begin within the policy's time", () =>
      Effect.gen(function* () {
        let asked = 0
        const server = yield* httpServer(() => {
          asked++
        })
        const fiber = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount()).pipe(
          once,
          Effect.flip,
          Effect.provide(servicesAt(server.url, http)),
          Effect.fork
        )
        yield* eventually("the request arrives", () => asked === 1)
        yield* TestClock.adjust("59 seconds")
        assert.isNull(yield* fiber.unsafePoll() === null ? Effect.succeed(null) : Effect.succeed("ended"))
        yield* TestClock.adjust("1 seconds")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "timeout")
        assert.include(error.message, "no response within 1m")
        yield* eventually("the connection is closed", () => server.open() === 0)
      })
    )

    it.scoped("times out when the response body stalls", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, { "Content-Length": 100 }).write("12345")
        })
        const seen = yield* Deferred.make<void>()
        const fiber = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          Stream.runForEach(files.download(file), () => Deferred.succeed(seen, undefined))
        ).pipe(Effect.flip, Effect.provide(servicesAt(server.url, http)), Effect.fork)
        yield* Deferred.await(seen)
        // The pull that will time out must have begun.
        yield* pause(20)
        yield* TestClock.adjust("60 seconds")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "timeout")
        assert.include(error.message, "the response body stalled for 1m")
        yield* eventually("the connection is closed", () => server.open() === 0)
      })
    )

    it.scoped("times out when the peer stops reading an upload, and stops the source", () =>
      Effect.gen(function* () {
        let peer: Net.Socket | undefined
        const server = yield* socketServer((socket) => {
          peer = socket.pause()
        })
        let given = 0
        let ended = 0
        const source = Stream.repeatEffect(
          Effect.sync(() => {
            given++
            return new Uint8Array(64 * 1024)
          })
        ).pipe(Stream.ensuring(Effect.sync(() => ended++)))
        const fiber = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          files.upload({ ...file, body: CloudFiles.fromStream(source, { replayable: true }) })
        ).pipe(once, Effect.flip, Effect.provide(servicesAt(server.url, http)), Effect.fork)
        yield* eventually("the request arrives", () => peer !== undefined)
        let before = -1
        while (before !== given) {
          before = given
          yield* pause(100)
        }
        // Repeatedly, since on a busy machine the source may have been slow at that moment, which is not a stall.
        const error = yield* Effect.raceFirst(
          Fiber.join(fiber),
          Effect.forever(Effect.zipRight(TestClock.adjust("60 seconds"), pause(100)))
        )
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "timeout")
        assert.include(error.message, "the request body stalled for 1m")
        // A client that does not read does not see the end either.
        peer?.resume()
        yield* eventually("the connection is closed", () => server.open() === 0)
        yield* eventually("the source is closed", () => ended === 1)
      })
    )

    for (const [when, isEarly] of [
      ["", false],
      [", nor where the response has begun", true]
    ] as const) {
      it.scoped(`a source that is slower than the timeout is not a stall${when}`, () =>
        Effect.gen(function* () {
          let received = ""
          const server = yield* httpServer((request, reply) => {
            if (isEarly) reply.writeHead(201, { ETag: md5("first second"), "Content-Type": "text/html" }).write(" ")
            request.on("data", (chunk: Buffer) => (received += chunk.toString()))
            request.on("end", () => {
              if (!isEarly) reply.writeHead(201, { ETag: md5(received), "Content-Length": 0 })
              reply.end()
            })
          })
          const asked = yield* Deferred.make<void>()
          const source = Stream.concat(
            Stream.succeed(Buffer.from("first ")),
            Stream.fromEffect(
              Effect.zipRight(
                Deferred.succeed(asked, undefined),
                Effect.as(Effect.sleep("10 minutes"), Buffer.from("second"))
              )
            )
          )
          const fiber = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
            files.upload({ ...file, body: CloudFiles.fromStream(source, { replayable: true }) })
          ).pipe(once, Effect.provide(servicesAt(server.url, http)), Effect.fork)
          yield* Deferred.await(asked)
          yield* eventually("the first piece arrives", () => received === "first ")
          // The response's beginning must arrive as well.
          yield* pause(20)
          yield* TestClock.adjust("10 minutes")
          const stored = yield* Fiber.join(fiber)
          assert.strictEqual(received, "first second")
          assert.strictEqual(stored.md5, md5(received))
        })
      )
    }

    it.scoped("starts the timeout of an upload's response at the end of its body", () =>
      Effect.gen(function* () {
        let whole = false
        const server = yield* httpServer((request) => {
          request.on("end", () => (whole = true))
          request.resume()
        })
        const fiber = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          files.upload({ ...file, body: CloudFiles.fromStream(Stream.succeed(patterned(10)), { replayable: true }) })
        ).pipe(once, Effect.flip, Effect.provide(servicesAt(server.url, http)), Effect.fork)
        yield* eventually("the body arrives", () => whole)
        yield* TestClock.adjust("60 seconds")
        const error = yield* Fiber.join(fiber)
        assert.include(error.message, "no response within 1m")
      })
    )

    it.scoped("does not shorten the timeout when a response begins before the upload's body is sent", () =>
      Effect.gen(function* () {
        const { end, fiber, requests } = yield* archiveInChunks(http, shortTimeouts)
        end()
        assert.strictEqual((yield* Fiber.join(fiber)).created, 12)
        assert.strictEqual(requests(), 1)
      })
    )

    it.scoped("starts the timeout of an early response at the end of the upload's body", () =>
      Effect.gen(function* () {
        const { fiber, server } = yield* archiveInChunks(http, RetryPolicy.make({ ...shortTimeouts, maxAttempts: 1 }))
        yield* TestClock.adjust("900 millis")
        yield* pause(20)
        assert.isNull(yield* fiber.unsafePoll() === null ? Effect.succeed(null) : Effect.succeed("ended"))
        const error = yield* Effect.flip(inTime(fiber))
        assert.include(error.message, "the response body stalled for 1s")
        yield* eventually("the connection is closed", () => server.open() === 0)
      })
    )

    it.scoped("allows a slow upload whose response has begun", () =>
      Effect.gen(function* () {
        const { fiber, readAll, readSome, requests } = yield* archiveWithPauses((source, url) =>
          Effect.provide(extract(source), servicesAt(url, http, { retry: shortTimeouts }))
        )
        for (let step = 0; step < 4; step++) {
          yield* TestClock.adjust("600 millis")
          yield* readSome
        }
        readAll()
        assert.strictEqual((yield* Fiber.join(fiber)).created, 12)
        assert.strictEqual(requests(), 1)
      })
    )

    it.scoped("times out when an upload is not read and its response stalls, and leaves nothing", () =>
      Effect.gen(function* () {
        const { fiber, isClosed, readAll, readSome, server } = yield* archiveWithPauses((source, url) =>
          Effect.provide(
            extract(source),
            servicesAt(url, http, { retry: RetryPolicy.make({ ...shortTimeouts, maxAttempts: 1 }) })
          )
        )
        yield* readSome
        yield* TestClock.adjust("900 millis")
        yield* pause(20)
        assert.isNull(yield* fiber.unsafePoll() === null ? Effect.succeed(null) : Effect.succeed("ended"))
        const error = yield* Effect.flip(inTime(fiber))
        assert.strictEqual(error._tag, "TransportError")
        assert.strictEqual(error._tag === "TransportError" ? error.reason : undefined, "timeout")
        assert.include(error.message, "the request body stalled for 1s")
        // A client that does not read does not see the end either.
        readAll()
        yield* eventually("the connection is closed", () => server.open() === 0)
        yield* eventually("the source is closed", isClosed)
      })
    )

    // Over node:http the platform returns no response before the body is sent: its content is not seen until then.
    if (name !== "node:http") {
      it.scoped("does not time out an upload while its response keeps arriving", () =>
        Effect.gen(function* () {
          const { fiber, readAll, requests, writeSome } = yield* archiveWithPauses((source, url) =>
            Effect.provide(extract(source), servicesAt(url, http, { retry: shortTimeouts }))
          )
          for (let step = 0; step < 12; step++) {
            yield* writeSome
            yield* TestClock.adjust("200 millis")
          }
          readAll()
          assert.strictEqual((yield* Fiber.join(fiber)).created, 12)
          assert.strictEqual(requests(), 1)
        })
      )

      it.scoped("applies the timeout to an early response only while it is being read", () =>
        Effect.gen(function* () {
          const begun = yield* Deferred.make<void>()
          const reads = yield* Deferred.make<void>()
          const { fiber, readAll, readSome } = yield* archiveWithPauses((source, url) =>
            Effect.gen(function* () {
              const client = yield* CloudClient.make(
                "CloudFiles",
                { types: ["object-store"] },
                { endpoint: url, retry: RetryPolicy.make({ ...shortTimeouts, maxAttempts: 1 }) }
              )
              const stream = yield* client.send(
                {
                  service: "CloudFiles",
                  operation: "CloudFiles.test",
                  method: "PUT",
                  template: "",
                  path: "",
                  headers: {},
                  body: { bytes: undefined, length: undefined, source: fromStream(source) },
                  idempotent: true,
                  documented: new Set<never>()
                },
                (response) => Effect.succeed(response.stream)
              )
              yield* Deferred.succeed(begun, undefined)
              yield* Deferred.await(reads)
              return yield* bytesOf(stream)
            }).pipe(Effect.scoped, Effect.provide(Layer.merge(login, http)))
          )
          yield* Deferred.await(begun)
          yield* readSome
          yield* TestClock.adjust("10 minutes")
          yield* pause(20)
          assert.isNull(yield* fiber.unsafePoll() === null ? Effect.succeed(null) : Effect.succeed("ended"))
          yield* Deferred.succeed(reads, undefined)
          yield* pause(20)
          for (let step = 0; step < 3; step++) {
            yield* TestClock.adjust("600 millis")
            yield* readSome
          }
          readAll()
          assert.strictEqual(Buffer.from(yield* Fiber.join(fiber)).toString(), ` ${extracted}`)
        })
      )
    }

    for (const [how, end] of [
      ["stalls", () => {}],
      ["breaks off", (reply: Http.ServerResponse) => void setTimeout(() => reply.destroy(), 50)]
    ] as const) {
      it.scoped(`an error response whose own body ${how} is still that error`, () =>
        Effect.gen(function* () {
          let begun = 0
          const server = yield* httpServer((request, reply) => {
            request.resume()
            reply.writeHead(403, { "Content-Type": "text/html", "Content-Length": 1000 }).write("<html>Forb")
            begun++
            end(reply)
          })
          for (const operation of [
            (files: CloudFiles.Service) => files.listContainersPage(),
            (files: CloudFiles.Service) => files.listContainers().pipe(Stream.runDrain),
            (files: CloudFiles.Service) => Stream.runDrain(files.download(file)),
            // Its source is still awaited.
            (files: CloudFiles.Service) =>
              files.upload({
                ...file,
                body: CloudFiles.fromStream(Stream.concat(Stream.make(patterned(10)), Stream.never), {
                  replayable: true
                })
              })
          ]) {
            const before = begun
            const fiber = yield* Effect.flatMap(
              CloudFiles.CloudFiles,
              (
                files
              ): Effect.Effect<
                unknown,
                CloudFiles.UploadError | CloudFiles.DownloadError | CloudError.ChecksumMismatch
              > => operation(files)
            ).pipe(once, Effect.flip, Effect.provide(servicesAt(server.url, http)), Effect.fork)
            // Over node:http the response is seen when the request's body is sent.
            if (name === "node:http" && before === 3) {
              yield* Fiber.interrupt(fiber)
              continue
            }
            yield* eventually("the refusal begins", () => begun > before)
            const error = yield* Effect.raceFirst(
              Fiber.join(fiber),
              Effect.forever(Effect.zipRight(TestClock.adjust("1 second"), pause(20)))
            )
            assert.strictEqual(error._tag, "Forbidden")
          }
          // The platform's fetch releases a response that ends well only on garbage collection.
          if (name !== "fetch") yield* eventually("the connections are closed", () => server.open() === 0)
        })
      )
    }

    it.scopedLive("200 requests with error responses or without bodies reuse their connection", () =>
      Effect.gen(function* () {
        let count = 0
        const server = yield* httpServer((request, reply) => {
          request.resume()
          count++
          if (count % 4 === 0) reply.writeHead(204).end()
          else reply.writeHead(404, { "Content-Type": "text/html" }).end("<html>Not Found</html>".repeat(100))
        })
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          for (let round = 0; round < 50; round++) {
            yield* Effect.exit(files.listContainersPage())
            yield* Effect.exit(files.updateContainer({ container: "c", metadata: { a: "b" } }))
            yield* Effect.exit(files.upload({ ...file, body: CloudFiles.fromString("x") }))
            // After a HEAD undici closes the connection itself.
            yield* Effect.exit(name === "node:http" ? files.getObjectInfo(file) : files.deleteObject(file))
          }
        }).pipe(Effect.provide(servicesAt(server.url, keepingAlive(name, http))))
        assert.strictEqual(count, 200)
        // A request that starts while the connection of the previous one is being released may open a second one.
        assert.isAtMost(server.accepted(), 2)
      })
    )

    it.scopedLive("reads the response to a rejected token, so that the next request reuses the connection", () =>
      Effect.gen(function* () {
        let count = 0
        const server = yield* httpServer((request, reply) => {
          request.resume()
          count++
          reply.writeHead(401, { "Content-Type": "text/html" }).end("<html>Unauthorized</html>".repeat(100))
        })
        const errors = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
          Effect.forEach(Array.from({ length: 100 }), () => Effect.flip(files.listContainersPage()))
        ).pipe(Effect.provide(servicesAt(server.url, keepingAlive(name, http))))
        assert.isTrue(errors.every((error) => error._tag === "Unauthorized"))
        // A few requests were retried with a new token, until the resource was known to reject every one.
        assert.isAtLeast(count, 101)
        assert.isAtMost(count, 110)
        assert.isAtMost(server.accepted(), 2)
      })
    )

    it.scopedLive("an interrupted download leaves no connection and no fiber", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, { "Content-Length": 1_000_000 }).write("12345")
        })
        const fibers = rootFibers()
        const seen = yield* Deferred.make<void>()
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const fiber = yield* Effect.fork(
            Stream.runForEach(files.download(file), () => Deferred.succeed(seen, undefined))
          )
          yield* Deferred.await(seen)
          yield* Fiber.interrupt(fiber)
          yield* eventually("the connection is closed", () => server.open() === 0)
          yield* eventually("the fibers are gone", () => rootFibers() <= fibers)
        }).pipe(Effect.provide(servicesAt(server.url, http)))
      })
    )

    it.scopedLive("a download that is not read to the end closes its connection", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, { "Content-Length": 100_000_000 })
          const feed = (): void => {
            while (!reply.destroyed && reply.write(new Uint8Array(65536))) continue
          }
          reply.on("drain", feed)
          feed()
        })
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const taken = yield* bytesOf(Stream.take(files.download(file), 1))
          assert.isAbove(taken.byteLength, 0)
          yield* eventually("the connection is closed", () => server.open() === 0)
        }).pipe(Effect.provide(servicesAt(server.url, http)))
      })
    )

    it.scopedLive("an open response that is not read is closed with its scope", () =>
      Effect.gen(function* () {
        const server = yield* httpServer((_, reply) => {
          reply.writeHead(200, { "Content-Length": 1_000_000 }).write("12345")
        })
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const bytes = yield* Effect.scoped(
            Effect.map(files.open(file), ({ info }) => {
              assert.strictEqual(server.open(), 1)
              return info.bytes
            })
          )
          assert.strictEqual(bytes, 1_000_000)
          yield* eventually("the connection is closed", () => server.open() === 0)
        }).pipe(Effect.provide(servicesAt(server.url, http)))
      })
    )

    it.scopedLive("an upload that is interrupted before, during and after its body leaves nothing", () =>
      Effect.gen(function* () {
        let received = 0
        let whole = false
        const server = yield* httpServer((request) => {
          request.on("error", () => {})
          request.on("data", (chunk: Buffer) => (received += chunk.byteLength))
          request.on("end", () => (whole = true))
        })
        const fibers = rootFibers()
        let opened = 0
        let closed = 0
        const source = (then: Stream.Stream<Uint8Array>) =>
          Stream.concat(Stream.succeed(patterned(1000)), then).pipe(
            Stream.onStart(Effect.sync(() => opened++)),
            Stream.ensuring(Effect.sync(() => closed++))
          )
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          for (const [body, until] of [
            [Stream.never, () => server.accepted() > 0],
            [source(Stream.never), () => received === 1000],
            [source(Stream.empty), () => whole]
          ] as const) {
            const fiber = yield* Effect.fork(
              files.upload({ ...file, body: CloudFiles.fromStream(body, { replayable: true }) })
            )
            yield* eventually("the upload is on its way", until)
            yield* Fiber.interrupt(fiber)
            yield* eventually("the connection is closed", () => server.open() === 0)
            yield* eventually("the source is closed", () => opened === closed)
            yield* eventually("the fibers are gone", () => rootFibers() <= fibers)
            received = 0
          }
        }).pipe(Effect.provide(servicesAt(server.url, http)))
        assert.strictEqual(opened, 2)
      })
    )

    // Over node:http the platform waits for the end of the body first, and so for the stall timeout: not guaranteed there.
    if (name !== "node:http") {
      it.scopedLive("an upload that is rejected before its end stops immediately, and closes its source", () =>
        Effect.gen(function* () {
          const server = yield* httpServer((request: Http.IncomingMessage, reply) => {
            // As a server does that rejects early: it continues reading, so that the response arrives.
            request.resume()
            reply.writeHead(507, { "Content-Type": "text/plain", Connection: "close" }).end("no room")
          })
          let closed = 0
          const source = Stream.repeatEffect(Effect.as(Effect.sleep("1 millis"), patterned(1000))).pipe(
            Stream.take(200),
            Stream.ensuring(Effect.sync(() => closed++))
          )
          const error = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
            files.upload({ ...file, body: CloudFiles.fromStream(source, { replayable: true }) })
          ).pipe(once, Effect.flip, Effect.provide(servicesAt(server.url, http)))
          assert.strictEqual(error._tag, "ServiceUnavailable")
          yield* eventually("the source is closed", () => closed === 1)
        })
      )
    }

    it.scopedLive("an interrupted listing leaves no connection", () =>
      Effect.gen(function* () {
        let asked = 0
        const server = yield* httpServer(() => {
          asked++
        })
        yield* Effect.gen(function* () {
          const files = yield* CloudFiles.CloudFiles
          const fiber = yield* Effect.fork(Stream.runDrain(files.listObjects({ container: "c" })))
          yield* eventually("the request arrives", () => asked === 1)
          yield* Fiber.interrupt(fiber)
          yield* eventually("the connection is closed", () => server.open() === 0)
        }).pipe(Effect.provide(servicesAt(server.url, http)))
      })
    )
  })
}
