import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { once } from "node:events"
import * as Http from "node:http"
import * as Net from "node:net"
import { Agent, request as undiciRequest } from "undici"
import * as Emulator from "../../src/emulator/Emulator.js"
import * as NodeServer from "../../src/emulator/NodeServer.js"
import type { WireHandler, WireRequest } from "../../src/emulator/Protocol.js"
import * as Reply from "../../src/emulator/Reply.js"
import { bytesOf } from "../support.js"

/** Sends text over a socket and returns everything received until the server closes, or `until` is seen. */
const talk = (port: number, parts: ReadonlyArray<string>, until?: RegExp): Promise<string> =>
  new Promise((resolve) => {
    const socket = Net.connect(port, "127.0.0.1")
    let received = ""
    const end = () => {
      socket.destroy()
      resolve(received)
    }
    socket.setEncoding("latin1")
    socket.on("data", (data: string) => {
      received += data
      if (until?.test(received) === true) {
        end()
      }
    })
    socket.on("close", () => resolve(received))
    socket.on("error", () => resolve(received))
    socket.on("connect", () => {
      for (const part of parts) {
        socket.write(part)
      }
    })
  })

const readAll: WireHandler = (request) =>
  Effect.map(bytesOf(request.body), (bytes) =>
    Reply.json(200, { bytes: bytes.byteLength, target: request.target, headers: request.headers })
  )

const refuse: WireHandler = () => Effect.succeed(Reply.text(401, "no"))

const streamOf = (chunk: Uint8Array, count: number) =>
  Stream.map(Stream.rechunk(Stream.range(1, count), 1), () => chunk)

describe("NodeServer: requests", () => {
  it.scopedLive("the target reaches the handler unchanged", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer.listen({ handler: readAll })
      const target = "/v1/a/c/../x%2fy//%C3%A4?q=a+b%20c"
      const text = yield* Effect.promise(() =>
        talk(port, [`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`])
      )
      assert.include(text, `"target":"${target}"`)
    })
  )

  it.scopedLive("COPY is a method, and repeated headers are joined", () =>
    Effect.gen(function* () {
      let seen: WireRequest | undefined
      const { port } = yield* NodeServer.listen({
        handler: (request) => {
          seen = request
          return Effect.succeed(Reply.empty(201))
        }
      })
      yield* Effect.promise(() =>
        talk(port, ["COPY /c/o HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n"])
      )
      assert.strictEqual(seen?.method, "COPY")
      assert.strictEqual(seen?.headers["x-a"], "1, 2")
    })
  )

  it.scopedLive("chunked uploads arrive complete", () =>
    Effect.gen(function* () {
      const { url } = yield* NodeServer.listen({ handler: readAll })
      const reply = yield* Effect.promise(async () => {
        const response = await fetch(url, {
          method: "PUT",
          body: ReadableStream.from([new Uint8Array(100_000), new Uint8Array(200_000)]),
          duplex: "half"
        } as RequestInit)
        return (await response.json()) as { bytes: number; headers: Record<string, string> }
      })
      assert.strictEqual(reply.bytes, 300_000)
      assert.strictEqual(reply.headers["transfer-encoding"], "chunked")
    })
  )

  it.scopedLive("an upload is read only as fast as the handler reads", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const { port } = yield* NodeServer.listen({
        handler: (request) =>
          Effect.zipRight(
            Stream.runForEach(request.body, () => Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)),
            Effect.succeed(Reply.empty(200))
          )
      })
      const socket = Net.connect(port, "127.0.0.1")
      socket.on("error", () => {})
      const size = 64 * 1024 * 1024
      socket.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
      socket.write(Buffer.alloc(size))
      yield* Deferred.await(started)
      yield* Effect.sleep("300 millis")
      // The kernel's buffers take a few MiB; what the handler does not read stays with the client.
      assert.isAbove(socket.writableLength, 0)
      socket.destroy()
    })
  )

  it.scopedLive("100 Continue is sent only when the handler begins to read", () =>
    Effect.gen(function* () {
      const head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
      const reading = yield* NodeServer.listen({ handler: readAll })
      const continued = yield* Effect.promise(() => talk(reading.port, [head], /100 Continue/))
      assert.match(continued, /^HTTP\/1\.1 100 Continue\r\n\r\n/)
      const refusing = yield* NodeServer.listen({ handler: refuse })
      const refused = yield* Effect.promise(() => talk(refusing.port, [head]))
      assert.match(refused, /^HTTP\/1\.1 401 Unauthorized\r\n/)
      assert.match(refused, /\r\nConnection: close\r\n/)
    })
  )

  for (const [what, handler] of [
    ["unread", refuse],
    [
      "half read",
      (request) => Effect.as(Stream.runDrain(Stream.take(request.body, 1)), Reply.text(401, "no"))
    ] satisfies [string, WireHandler]
  ] as const) {
    it.scopedLive(`a rejected upload, ${what}, is drained, so that the connection can be reused`, () =>
      Effect.gen(function* () {
        const { url } = yield* NodeServer.listen({ handler })
        const agent = new Http.Agent({ keepAlive: true, maxSockets: 1 })
        const put = () =>
          new Promise<{ readonly status: number | undefined; readonly port: number | undefined }>((resolve, reject) => {
            const request = Http.request(url, { method: "PUT", agent }, (response) => {
              const port = response.socket.localPort
              response.resume()
              response.on("end", () => resolve({ status: response.statusCode, port }))
            })
            request.on("error", reject)
            request.end(Buffer.alloc(3_000_000))
          })
        const first = yield* Effect.promise(put)
        const second = yield* Effect.promise(put)
        agent.destroy()
        assert.strictEqual(first.status, 401)
        assert.strictEqual(second.status, 401)
        assert.strictEqual(first.port, second.port)
      })
    )
  }

  it.scopedLive("fifty rejected uploads over undici's pool reset no connection", () =>
    Effect.gen(function* () {
      const { url } = yield* NodeServer.listen({ handler: refuse })
      const agent = new Agent({ connections: 4 })
      const statuses = yield* Effect.forEach(
        Array.from({ length: 50 }),
        () =>
          Effect.promise(async () => {
            const response = await undiciRequest(url, {
              method: "PUT",
              body: Buffer.alloc(200_000),
              dispatcher: agent
            })
            await response.body.dump()
            return response.statusCode
          }),
        { concurrency: 8 }
      )
      yield* Effect.promise(() => agent.destroy())
      assert.isTrue(statuses.every((status) => status === 401))
    })
  )

  it.scopedLive("a client that disconnects interrupts the handler", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const { port } = yield* NodeServer.listen({
        handler: () =>
          Effect.onInterrupt(Effect.zipRight(Deferred.succeed(started, undefined), Effect.never), () =>
            Deferred.succeed(interrupted, undefined)
          )
      })
      const socket = Net.connect(port, "127.0.0.1")
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      yield* Deferred.await(started)
      socket.destroy()
      yield* Effect.timeout(Deferred.await(interrupted), "5 seconds")
    })
  )

  it.scopedLive("an upload whose client disconnects fails the body", () =>
    Effect.gen(function* () {
      const failed = yield* Deferred.make<string>()
      const { port } = yield* NodeServer.listen({
        handler: (request) =>
          Effect.uninterruptible(
            Effect.matchEffect(Stream.runDrain(request.body), {
              onFailure: (broken) => Effect.as(Deferred.succeed(failed, broken._tag), Reply.empty(200)),
              onSuccess: () => Effect.as(Deferred.succeed(failed, "ended well"), Reply.empty(200))
            })
          )
      })
      const socket = Net.connect(port, "127.0.0.1")
      socket.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n12345")
      yield* Effect.sleep("50 millis")
      socket.destroy()
      assert.strictEqual(yield* Effect.timeout(Deferred.await(failed), "5 seconds"), "WireBroken")
    })
  )
})

describe("NodeServer: responses", () => {
  const serving = (handler: WireHandler) => NodeServer.listen({ handler })
  const get = (port: number, method = "GET") =>
    Effect.promise(() => talk(port, [`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`]))

  it.scopedLive("bytes have a length, a stream is chunked, the handler's headers keep their case", () =>
    Effect.gen(function* () {
      const bytes = yield* serving(() => Effect.succeed(Reply.text(200, "abc", { "X-Trans-Id": "tx1" })))
      const first = yield* get(bytes.port)
      assert.match(first, /\r\nContent-Length: 3\r\n/)
      assert.match(first, /\r\nX-Trans-Id: tx1\r\n/)
      assert.match(first, /\r\n\r\nabc$/)
      assert.notMatch(first, /\r\nDate:/)
      const stream = yield* serving(() =>
        Effect.succeed({ status: 200, headers: {}, body: streamOf(new TextEncoder().encode("ab"), 2) })
      )
      assert.match(yield* get(stream.port), /\r\nTransfer-Encoding: chunked\r\n.*2\r\nab\r\n2\r\nab\r\n0\r\n\r\n$/s)
      const known = yield* serving(() =>
        Effect.succeed({
          status: 200,
          headers: { "Content-Length": "4" },
          body: streamOf(new TextEncoder().encode("ab"), 2)
        })
      )
      assert.match(yield* get(known.port), /\r\nContent-Length: 4\r\n.*\r\n\r\nabab$/s)
    })
  )

  it.scopedLive("HEAD has the headers only, 204 not even a length", () =>
    Effect.gen(function* () {
      const { port } = yield* serving((request) =>
        Effect.succeed(request.method === "HEAD" ? Reply.text(200, "abc") : Reply.empty(204, { "X-A": "b" }))
      )
      const head = yield* get(port, "HEAD")
      assert.match(head, /\r\nContent-Length: 3\r\n/)
      assert.match(head, /\r\n\r\n$/)
      const none = yield* get(port)
      assert.match(none, /^HTTP\/1\.1 204 /)
      assert.notMatch(none, /content-length|transfer-encoding/i)
    })
  )

  it.scopedLive("a large download waits for its reader", () =>
    Effect.gen(function* () {
      let produced = 0
      const body = Stream.map(Stream.rechunk(Stream.range(1, 1024), 1), () => {
        produced += 1024 * 1024
        return new Uint8Array(1024 * 1024)
      })
      const { port } = yield* serving(() => Effect.succeed({ status: 200, headers: {}, body }))
      const socket = Net.connect(port, "127.0.0.1")
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      socket.pause()
      yield* Effect.sleep("500 millis")
      const early = produced
      assert.isBelow(early, 64 * 1024 * 1024)
      yield* Effect.sleep("200 millis")
      assert.strictEqual(produced, early)
      socket.destroy()
    })
  )

  it.scopedLive("a handler that fails closes the connection without a response", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serving(() => Effect.fail({ _tag: "WireBroken", reason: "cut" }))
      assert.strictEqual(yield* get(port), "")
      const error = yield* Effect.flip(Effect.tryPromise(() => fetch(url)))
      assert.match(String(at(error.error, "cause")), /other side closed|ECONNRESET/)
    })
  )

  it.scopedLive("a body that fails closes the connection after its bytes", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serving(() =>
        Effect.succeed({
          status: 200,
          headers: { "Content-Length": "10" },
          body: Stream.concat(
            streamOf(new TextEncoder().encode("ab"), 2),
            Stream.fail({ _tag: "WireBroken" as const, reason: "cut" })
          )
        })
      )
      assert.match(yield* get(port), /\r\n\r\nabab$/)
      const response = yield* Effect.promise(() => fetch(url))
      yield* Effect.flip(Effect.tryPromise(() => response.text()))
    })
  )

  it.scopedLive("a wrong Content-Length is sent unchanged, and the connection is closed", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serving(() => Effect.succeed(Reply.text(200, "abc", { "Content-Length": "5" })))
      assert.match(yield* get(port), /\r\nContent-Length: 5\r\n.*\r\n\r\nabc$/s)
      const response = yield* Effect.promise(() => fetch(url))
      yield* Effect.flip(Effect.tryPromise(() => response.text()))
    })
  )

  it.scopedLive("a stalled body keeps the connection open until the client disconnects", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const { port } = yield* serving(() =>
        Effect.succeed({
          status: 200,
          headers: { "Content-Length": "10" },
          body: Stream.ensuring(
            Stream.concat(streamOf(new TextEncoder().encode("ab"), 1), Stream.never),
            Deferred.succeed(ended, undefined)
          )
        })
      )
      const text = yield* Effect.promise(() => talk(port, ["GET / HTTP/1.1\r\nHost: a\r\n\r\n"], /ab$/))
      assert.match(text, /\r\n\r\nab$/)
      yield* Effect.timeout(Deferred.await(ended), "5 seconds")
    })
  )

  it.scopedLive("a handler that dies returns 500 and is logged, and the server continues", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => {
        logged.push(message)
      })
      const { port } = yield* serving((request) =>
        request.target === "/" ? Effect.die("bug") : Effect.succeed(Reply.text(200, "alive"))
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.match(yield* get(port), /^HTTP\/1\.1 500 .*Internal Server Error$/s)
      assert.include(JSON.stringify(logged), "bug")
      const text = yield* Effect.promise(() => talk(port, ["GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]))
      assert.match(text, /alive$/)
    })
  )

  it.scopedLive("what is not HTTP gets 400", () =>
    Effect.gen(function* () {
      const { port } = yield* serving(refuse)
      assert.match(yield* Effect.promise(() => talk(port, ["hello\r\n\r\n"])), /^HTTP\/1\.1 400 /)
    })
  )
})

describe("NodeServer: listening", () => {
  it.live("closing the scope closes every connection immediately and interrupts pending responses", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const started = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const { port, url } = yield* Scope.extend(
        NodeServer.listen({
          handler: () =>
            Effect.onInterrupt(Effect.zipRight(Deferred.succeed(started, undefined), Effect.never), () =>
              Deferred.succeed(interrupted, undefined)
            )
        }),
        scope
      )
      const idle = Net.connect(port, "127.0.0.1")
      yield* Effect.promise(() => once(idle, "connect"))
      const pending = yield* Effect.fork(Effect.promise(() => fetch(url).catch(() => undefined)))
      yield* Deferred.await(started)
      const closed = Effect.promise(() => once(idle, "close"))
      yield* Effect.timeout(Scope.close(scope, Exit.void), "2 seconds")
      yield* Effect.timeout(closed, "2 seconds")
      yield* Deferred.await(interrupted)
      yield* Effect.timeout(Fiber.join(pending), "2 seconds")
      const error = yield* Effect.flip(Effect.tryPromise(() => fetch(url)))
      assert.isDefined(error)
    })
  )

  it.scopedLive("a port that is in use is a typed failure", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer.listen({ handler: refuse })
      const failure = yield* Effect.flip(NodeServer.listen({ handler: refuse, port }))
      assert.strictEqual(failure._tag, "ListenFailed")
      assert.strictEqual(failure.code, "EADDRINUSE")
    })
  )

  it.scopedLive("the emulator on a port returns URLs with that port", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const { url } = yield* NodeServer.listen({ handler: emulator.handle })
      yield* emulator.setOrigin(url)
      const login = yield* Effect.promise(async () => {
        const response = await fetch(`${emulator.authUrl}/tokens`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            auth: {
              "RAX-KSKEY:apiKeyCredentials": {
                username: emulator.credentials.username,
                apiKey: emulator.credentials.apiKey
              }
            }
          })
        })
        return (await response.json()) as {
          access: {
            token: { id: string }
            serviceCatalog: Array<{ name: string; endpoints: Array<{ publicURL: string }> }>
          }
        }
      })
      const base = login.access.serviceCatalog.find((service) => service.name === "cloudServersOpenStack")?.endpoints[0]
        ?.publicURL
      const response = yield* Effect.promise(() =>
        fetch(`${base ?? ""}/servers`, { headers: { "x-auth-token": login.access.token.id } })
      )
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(yield* Effect.promise(() => response.json()), { servers: [] })
    })
  )

  it.scopedLive("every fault of the emulator is a fault on the wire", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make()
      const token = yield* emulator.issueToken
      const { url } = yield* NodeServer.listen({ handler: emulator.handle })
      const target = `${url}/servers/dfw/v2/010101/limits`
      const get = Effect.tryPromise(async () => {
        const response = await fetch(target, { headers: { "x-auth-token": token }, signal: AbortSignal.timeout(1000) })
        return { status: response.status, text: await response.text() }
      })
      yield* emulator.fail({ fault: { _tag: "Cut" } })
      yield* Effect.flip(get)
      yield* emulator.fail({ fault: { _tag: "LoseResponse" } })
      yield* Effect.flip(get)
      yield* emulator.fail({ fault: { _tag: "TruncateBody", afterBytes: 10 } })
      yield* Effect.flip(get)
      yield* emulator.fail({ fault: { _tag: "StallBody", afterBytes: 10 } })
      yield* Effect.flip(get)
      yield* emulator.fail({ fault: { _tag: "WrongContentLength", delta: 3 } })
      yield* Effect.flip(get)
      yield* emulator.fail({ fault: { _tag: "Status", status: 503 } })
      assert.strictEqual((yield* get).status, 503)
      yield* emulator.fail({ fault: { _tag: "Delay", duration: "100 millis" } })
      assert.strictEqual((yield* get).status, 200)
      assert.lengthOf(yield* emulator.requests, 7)
    })
  )
})

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined
