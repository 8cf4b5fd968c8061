import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Emulator from "../../src/emulator/Emulator.js"
import * as LocalHttpClient from "../../src/emulator/LocalHttpClient.js"
import type { WireBroken, WireRequest, WireResponse } from "../../src/emulator/Protocol.js"
import * as Reply from "../../src/emulator/Reply.js"
import { bytesOf } from "../support.js"
import { at } from "./support.js"

const url = "http://cloud.test/path"

/** A client whose handler returns 200 and shows what it received. */
const echo = () => {
  const seen: Array<{ readonly request: WireRequest; readonly body: string }> = []
  const client = LocalHttpClient.make((request) =>
    Effect.map(bytesOf(request.body), (bytes) => {
      seen.push({ request, body: new TextDecoder().decode(bytes) })
      return Reply.json(200, { ok: true })
    })
  )
  return { client, seen }
}

const answering = (response: WireResponse) => LocalHttpClient.make(() => Effect.succeed(response))

const chunks = (...parts: ReadonlyArray<string>): Stream.Stream<Uint8Array> =>
  Stream.map(Stream.fromIterable(parts), (part) => new TextEncoder().encode(part))

describe("LocalHttpClient: requests", () => {
  it.effect("the target is the raw path and query", () =>
    Effect.gen(function* () {
      const { client, seen } = echo()
      yield* client.get("http://cloud.test/a%2Fb%20c/%C3%A4?q=1%202#fragment")
      assert.strictEqual(seen[0]?.request.target, "/a%2Fb%20c/%C3%A4?q=1%202")
      assert.strictEqual(seen[0]?.request.headers["host"], "cloud.test")
    })
  )

  it.effect("bytes, JSON and text are sent with their length, a stream chunked, or with the given length", () =>
    Effect.gen(function* () {
      const { client, seen } = echo()
      const post = HttpClientRequest.post(url)
      yield* client.execute(HttpClientRequest.bodyUint8Array(post, new TextEncoder().encode("bytes")))
      yield* client.execute(HttpClientRequest.bodyUnsafeJson(post, { a: 1 }))
      yield* client.execute(HttpClientRequest.bodyStream(post, chunks("str", "eam")))
      yield* client.execute(HttpClientRequest.bodyStream(post, chunks("str", "eam"), { contentLength: 6 }))
      yield* client.execute(post)
      yield* client.get(url)
      assert.deepStrictEqual(
        seen.map(({ body, request: { headers } }) => [body, headers["content-length"], headers["transfer-encoding"]]),
        [
          ["bytes", "5", undefined],
          ['{"a":1}', "7", undefined],
          ["stream", undefined, "chunked"],
          ["stream", "6", undefined],
          ["", "0", undefined],
          ["", undefined, undefined]
        ]
      )
      assert.strictEqual(seen[1]?.request.headers["content-type"], "application/json")
    })
  )

  it.effect("forms and other bodies of fetch are accepted", () =>
    Effect.gen(function* () {
      const { client, seen } = echo()
      const form = new FormData()
      form.set("field", "value")
      yield* client.execute(HttpClientRequest.bodyFormData(HttpClientRequest.post(url), form))
      assert.match(seen[0]?.request.headers["content-type"] ?? "", /^multipart\/form-data; boundary=/)
      assert.include(seen[0]?.body, 'name="field"')
      yield* client.execute(HttpClientRequest.setBody(HttpClientRequest.post(url), HttpBody.raw("text")))
      yield* client.execute(HttpClientRequest.setBody(HttpClientRequest.post(url), HttpBody.raw(new Blob(["blob"]))))
      assert.deepStrictEqual(
        seen.slice(1).map(({ body }) => body),
        ["text", "blob"]
      )
    })
  )

  it.effect("a body with another length than announced is a transport error", () =>
    Effect.gen(function* () {
      const { client } = echo()
      for (const contentLength of [5, 7]) {
        const request = HttpClientRequest.bodyStream(HttpClientRequest.put(url), chunks("123456"), { contentLength })
        const outcome = yield* Effect.either(client.execute(request))
        assert.strictEqual(Either.isLeft(outcome) && outcome.left.reason, "Transport")
      }
    })
  )

  it.effect("a body that fails has its error as the cause", () =>
    Effect.gen(function* () {
      const { client } = echo()
      const body = Stream.concat(chunks("123"), Stream.fail("the disk is gone"))
      const outcome = yield* Effect.either(
        client.execute(HttpClientRequest.bodyStream(HttpClientRequest.put(url), body))
      )
      assert.strictEqual(Either.isLeft(outcome) && outcome.left.cause, "the disk is gone")
    })
  )

  it.effect("a header that is not Latin-1 is rejected before anything is sent", () =>
    Effect.gen(function* () {
      const { client, seen } = echo()
      for (const value of ["☃", "a\r\nb: c", "a\u0000"]) {
        const outcome = yield* Effect.either(client.get(url, { headers: { "x-name": value } }))
        assert.strictEqual(Either.isLeft(outcome) && outcome.left.reason, "Transport", value)
      }
      assert.lengthOf(seen, 0)
      yield* client.get(url, { headers: { "x-name": "é" } })
      assert.strictEqual(seen[0]?.request.headers["x-name"], "é")
    })
  )

  it.effect("a handler that responds early leaves the body unread", () =>
    Effect.gen(function* () {
      let read = false
      const client = answering(Reply.text(401, "no"))
      const body = Stream.suspend(() => {
        read = true
        return chunks("x")
      })
      const response = yield* client.execute(HttpClientRequest.bodyStream(HttpClientRequest.put(url), body))
      assert.strictEqual(response.status, 401)
      assert.isFalse(read)
    })
  )
})

describe("LocalHttpClient: responses", () => {
  const broken: WireBroken = { _tag: "WireBroken", reason: "cut" }

  it.effect("status, headers in lower case, and the body as text, JSON, bytes or stream", () =>
    Effect.gen(function* () {
      const client = answering({ ...Reply.json(201, { a: 1 }), headers: { "X-Some-Header": "v" } })
      const response = yield* client.get(url)
      assert.strictEqual(response.status, 201)
      assert.strictEqual(response.headers["x-some-header"], "v")
      assert.strictEqual(response.headers["content-length"], "7")
      assert.deepStrictEqual(yield* response.json, { a: 1 })
      assert.strictEqual(yield* response.text, '{"a":1}')
      assert.strictEqual((yield* (yield* client.get(url)).arrayBuffer).byteLength, 7)
      const text = yield* Stream.mkString(Stream.decodeText((yield* client.get(url)).stream))
      assert.strictEqual(text, '{"a":1}')
    })
  )

  it.effect("HEAD, 204 and 304 have no body, whatever the handler returns", () =>
    Effect.gen(function* () {
      const head = yield* answering(Reply.text(200, "body")).head(url)
      assert.strictEqual(yield* head.text, "")
      assert.strictEqual(head.headers["content-length"], "4")
      for (const status of [204, 304]) {
        const response = yield* answering({ ...Reply.text(200, "body"), status }).get(url)
        assert.strictEqual(yield* response.text, "")
      }
    })
  )

  it.effect("a body can be streamed once", () =>
    Effect.gen(function* () {
      const response = yield* answering(Reply.text(200, "body")).get(url)
      yield* Stream.runDrain(response.stream)
      const again = yield* Effect.either(Stream.runDrain(response.stream))
      assert.strictEqual(Either.isLeft(again) && again.left.reason, "Decode")
    })
  )

  it.effect("a body that breaks, or ends short of its Content-Length, fails with Decode after its bytes", () =>
    Effect.gen(function* () {
      const bodies = [
        { headers: {}, body: Stream.concat(chunks("12", "34"), Stream.fail(broken)) },
        { headers: { "content-length": "10" }, body: chunks("12", "34") },
        { headers: { "content-length": "10" }, body: new TextEncoder().encode("1234") }
      ]
      for (const { body, headers } of bodies) {
        const response = yield* answering({ status: 200, headers, body }).get(url)
        let text = ""
        const outcome = yield* Effect.either(
          Stream.runForEach(Stream.decodeText(response.stream), (part) =>
            Effect.sync(() => {
              text += part
            })
          )
        )
        assert.strictEqual(text, "1234")
        assert.strictEqual(Either.isLeft(outcome) && outcome.left._tag, "ResponseError")
        assert.strictEqual(Either.isLeft(outcome) && outcome.left.reason, "Decode")
      }
    })
  )

  it.effect("bytes beyond the Content-Length of a body are ignored", () =>
    Effect.gen(function* () {
      const response = yield* answering({
        status: 200,
        headers: { "content-length": "3" },
        body: chunks("12", "34")
      }).get(url)
      assert.strictEqual(yield* response.text, "123")
    })
  )

  it.effect("a cut is a RequestError of reason Transport", () =>
    Effect.gen(function* () {
      const outcome = yield* Effect.either(LocalHttpClient.make(() => Effect.fail(broken)).get(url))
      assert.strictEqual(Either.isLeft(outcome) && outcome.left._tag, "RequestError")
      assert.strictEqual(Either.isLeft(outcome) && outcome.left.reason, "Transport")
    })
  )
})

describe("LocalHttpClient: interruption and time", () => {
  it.effect("interrupting the request interrupts the handler", () =>
    Effect.gen(function* () {
      let interrupted = false
      const client = LocalHttpClient.make(() =>
        Effect.onInterrupt(Effect.never, () =>
          Effect.sync(() => {
            interrupted = true
          })
        )
      )
      const fiber = yield* Effect.fork(client.get(url))
      yield* TestClock.adjust(1)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(interrupted)
    })
  )

  it.effect("ending the body's stream early runs the handler's finalizers", () =>
    Effect.gen(function* () {
      let ended = false
      const body = Stream.ensuring(
        Stream.forever(chunks("x")),
        Effect.sync(() => {
          ended = true
        })
      )
      const response = yield* answering({ status: 200, headers: {}, body }).get(url)
      yield* Stream.runDrain(Stream.take(response.stream, 3))
      assert.isTrue(ended)
    })
  )

  it.effect("the emulator behind it uses the caller's TestClock", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ servers: { buildTime: "1 hour" } })
      const client = LocalHttpClient.make(emulator.handle)
      const token = yield* emulator.issueToken
      const headers = { "x-auth-token": token }
      const base = "http://cloud.test/servers/dfw/v2/010101/servers"
      const created = yield* client.execute(
        HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(base, { headers }), {
          server: { name: "a", imageRef: "09de0a66-3156-48b4-90a5-1cf25a905207", flavorRef: "2" }
        })
      )
      const id = String(at(yield* created.json, "server", "id"))
      yield* TestClock.adjust("1 hour")
      const server = yield* Effect.flatMap(client.get(`${base}/${id}`, { headers }), (response) => response.json)
      assert.strictEqual(at(server, "server", "status"), "ACTIVE")
    })
  )
})
