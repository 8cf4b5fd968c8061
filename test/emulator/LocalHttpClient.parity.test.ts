/**
 * LocalHttpClient replaces a client over a socket, so both must behave alike. Each case runs twice, once in the
 * process and once through NodeServer and undici, and the results must be equal.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as LocalHttpClient from "../../src/emulator/LocalHttpClient.js"
import * as NodeServer from "../../src/emulator/NodeServer.js"
import type { WireBroken, WireHandler } from "../../src/emulator/Protocol.js"
import * as Reply from "../../src/emulator/Reply.js"
import { bytesOf } from "../support.js"

const encode = (text: string) => new TextEncoder().encode(text)

const chunks = (...parts: ReadonlyArray<string>) => Stream.rechunk(Stream.map(Stream.fromIterable(parts), encode), 1)

const cut = Stream.fail<WireBroken>({ _tag: "WireBroken", reason: "cut" })

const echo: WireHandler = (request) =>
  Effect.map(bytesOf(request.body), (bytes) =>
    Reply.json(200, {
      method: request.method,
      target: request.target,
      length: request.headers["content-length"],
      encoding: request.headers["transfer-encoding"],
      type: request.headers["content-type"],
      custom: request.headers["x-custom"],
      body: new TextDecoder().decode(bytes)
    })
  )

type Build = (url: string) => HttpClientRequest.HttpClientRequest

const get: Build = (url) => HttpClientRequest.get(`${url}/path`)
const put: Build = (url) => HttpClientRequest.put(`${url}/path`)

const cases: ReadonlyArray<readonly [what: string, handler: WireHandler, build: Build]> = [
  ["a raw path and query", echo, (url) => HttpClientRequest.get(`${url}/a%2Fb//%C3%A4/c%20d?x=%20+&y`)],
  ["a Latin-1 header", echo, (url) => HttpClientRequest.setHeader(get(url), "x-custom", "caf\u00e9")],
  ["a header beyond Latin-1", echo, (url) => HttpClientRequest.setHeader(get(url), "x-custom", "☃")],
  ["a header with a line break", echo, (url) => HttpClientRequest.setHeader(get(url), "x-custom", "a\r\nb")],
  ["a PUT without a body", echo, put],
  ["a DELETE without a body", echo, (url) => HttpClientRequest.del(`${url}/path`)],
  ["text", echo, (url) => HttpClientRequest.bodyText(put(url), "text")],
  ["no bytes", echo, (url) => HttpClientRequest.bodyUint8Array(put(url), new Uint8Array(0))],
  ["a stream", echo, (url) => HttpClientRequest.bodyStream(put(url), chunks("a", "b"))],
  [
    "a stream with its length",
    echo,
    (url) =>
      HttpClientRequest.setHeader(HttpClientRequest.bodyStream(put(url), chunks("a", "b")), "content-length", "2")
  ],
  [
    "a stream shorter than its length",
    echo,
    (url) =>
      HttpClientRequest.setHeader(HttpClientRequest.bodyStream(put(url), chunks("a", "b")), "content-length", "3")
  ],
  [
    "a stream longer than its length",
    echo,
    (url) =>
      HttpClientRequest.setHeader(HttpClientRequest.bodyStream(put(url), chunks("a", "b")), "content-length", "1")
  ],
  [
    "a stream that fails",
    echo,
    (url) => HttpClientRequest.bodyStream(put(url), Stream.concat(chunks("a"), Stream.fail(new Error("disk"))))
  ],
  ["a response with bytes", () => Effect.succeed(Reply.text(201, "text", { "X-Custom": "a, b" })), get],
  ["an empty response", () => Effect.succeed(Reply.text(200, "")), get],
  ["a response in chunks", () => Effect.succeed({ status: 200, headers: {}, body: chunks("a", "b") }), get],
  ["a HEAD", () => Effect.succeed(Reply.text(200, "text")), (url) => HttpClientRequest.head(`${url}/path`)],
  ["a 204", () => Effect.succeed(Reply.empty(204)), get],
  ["a 204 that names a length", () => Effect.succeed(Reply.empty(204, { "Content-Length": "0" })), get],
  ["a 304 that names a length", () => Effect.succeed(Reply.empty(304, { "Content-Length": "7" })), get],
  [
    "a HEAD of a stream",
    () => Effect.succeed({ status: 200, headers: { "content-length": "2" }, body: chunks("a", "b") }),
    (url) => HttpClientRequest.head(`${url}/path`)
  ],
  ["a 304", () => Effect.succeed(Reply.empty(304)), get],
  [
    "an early response to a stream",
    () => Effect.succeed(Reply.text(401, "no")),
    (url) => HttpClientRequest.bodyText(put(url), "x")
  ],
  ["a broken connection before the response", () => Effect.fail({ _tag: "WireBroken", reason: "cut" }), get],
  [
    "a connection that breaks in a body with a length",
    () =>
      Effect.succeed({
        status: 200,
        headers: { "Content-Length": "9" },
        body: Stream.concat(chunks("a", "b"), cut)
      }),
    get
  ],
  [
    "a connection that breaks in a chunked body",
    () => Effect.succeed({ status: 200, headers: {}, body: Stream.concat(chunks("a", "b"), cut) }),
    get
  ],
  ["a Content-Length too large", () => Effect.succeed(Reply.text(200, "text", { "Content-Length": "6" })), get]
]

/** Everything that a program can observe of an exchange. */
const outcome = (client: HttpClient.HttpClient, request: HttpClientRequest.HttpClientRequest) =>
  Effect.gen(function* () {
    const response = yield* client.execute(request)
    const { headers, status } = response
    let text = ""
    const end = yield* Stream.runForEach(Stream.decodeText(response.stream), (part) =>
      Effect.sync(() => {
        text += part
      })
    ).pipe(
      Effect.as("ended"),
      Effect.catchAll((error) => Effect.succeed(`${error._tag} ${error.reason}`))
    )
    return {
      status,
      length: headers["content-length"],
      encoding: headers["transfer-encoding"],
      type: headers["content-type"],
      custom: headers["x-custom"],
      text,
      end
    }
  }).pipe(Effect.catchAll((error) => Effect.succeed(`${error._tag} ${error.reason}`)))

describe("LocalHttpClient behaves like undici over a socket", () => {
  for (const [what, handler, build] of cases) {
    it.scopedLive(what, () =>
      Effect.gen(function* () {
        const { url } = yield* NodeServer.listen({ handler })
        const wire = yield* Effect.provide(
          Effect.flatMap(HttpClient.HttpClient, (client) => outcome(client, build(url))),
          NodeHttpClient.layerUndici
        )
        const local = yield* outcome(LocalHttpClient.make(handler), build(url))
        assert.deepStrictEqual(local, wire)
      })
    )
  }
})
