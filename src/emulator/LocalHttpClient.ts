/**
 * An HttpClient that passes requests to a handler in the same process and in the caller's own fiber: without sockets
 * and ports, and with the same TestClock on both sides. It behaves like a client over undici: bodies shorter than their
 * Content-Length fail, a broken connection is a transport error, and header values must be Latin-1.
 */
import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ByteStream from "./ByteStream.js"
import type { WireBroken, WireHandler, WireRequest, WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"

const broken = (reason: string): WireBroken => ({ _tag: "WireBroken", reason })

/** A request's body: its bytes, their number if known, and its default content type. */
interface Payload {
  readonly stream: Stream.Stream<Uint8Array, unknown>
  readonly length: number | undefined
  readonly contentType: string | undefined
}

const oneChunk = (body: Uint8Array): Stream.Stream<Uint8Array> =>
  body.byteLength === 0 ? Stream.empty : Stream.succeed(body)

const bytesPayload = (body: Uint8Array, contentType?: string | undefined): Payload => ({
  stream: oneChunk(body),
  length: body.byteLength,
  contentType
})

type WebBody = ConstructorParameters<typeof Response>[0]

/** Converts a body as fetch would: a string, a Blob, a form, a ReadableStream. */
const webPayload = (body: WebBody): Effect.Effect<Payload, unknown> =>
  Effect.tryPromise({
    try: async () => {
      const web = new Response(body)
      const contentType = web.headers.get("content-type") ?? undefined
      return bytesPayload(new Uint8Array(await web.arrayBuffer()), contentType)
    },
    catch: (cause) => cause
  })

const payloadOf = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Payload, unknown> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ stream: Stream.empty, length: undefined, contentType: undefined })
    case "Uint8Array":
      return Effect.succeed(bytesPayload(body.body))
    case "Stream":
      return Effect.succeed({ stream: body.stream, length: body.contentLength, contentType: undefined })
    case "FormData":
      return webPayload(body.formData)
    case "Raw": {
      const raw = body.body
      if (raw instanceof Uint8Array) {
        return Effect.succeed(bytesPayload(raw))
      }
      if (isAsyncIterable(raw) && !(raw instanceof ReadableStream)) {
        return Effect.succeed({
          stream: Stream.map(
            Stream.fromAsyncIterable(raw, (cause) => cause),
            toBytes
          ),
          length: body.contentLength,
          contentType: undefined
        })
      }
      return webPayload(raw as WebBody)
    }
  }
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value

const toBytes = (chunk: unknown): Uint8Array =>
  chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk))

/** undici refuses other characters in headers, so they must fail here too. */
const validHeaderValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Methods for which `content-length: 0` is sent if there is no body. */
const expectsPayload = new Set(["POST", "PUT", "PATCH"])

const wireHeaders = (
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  payload: Payload
): Effect.Effect<Readonly<Record<string, string>>, Error> => {
  const headers: Record<string, string> = { host: url.host }
  for (const [name, value] of Object.entries(request.headers)) {
    if (!validHeaderValue.test(value)) {
      return Effect.fail(new Error(`invalid ${name} header`))
    }
    headers[name.toLowerCase()] = value
  }
  if (payload.contentType !== undefined && headers["content-type"] === undefined) {
    headers["content-type"] = payload.contentType
  }
  if (payload.length !== undefined) {
    headers["content-length"] = String(payload.length)
  } else if (request.body._tag === "Empty") {
    delete headers["content-length"]
    if (expectsPayload.has(request.method)) {
      headers["content-length"] = "0"
    }
  } else if (headers["content-length"] === undefined) {
    headers["transfer-encoding"] = "chunked"
  }
  return Effect.succeed(headers)
}

/** The bytes of a body with a declared length. Fails if there are more or fewer. */
const ofLength = (
  stream: Stream.Stream<Uint8Array, WireBroken>,
  length: number
): Stream.Stream<Uint8Array, WireBroken> =>
  Stream.suspend(() => {
    let seen = 0
    return Stream.concat(
      Stream.mapEffect(stream, (chunk) => {
        seen += chunk.byteLength
        return seen > length
          ? Effect.fail(broken("Request body length does not match content-length header"))
          : Effect.succeed(chunk)
      }),
      Stream.suspend(() =>
        seen < length ? Stream.fail(broken("Request body length does not match content-length header")) : Stream.empty
      )
    )
  })

/** A response's body as a client receives it: never more than its Content-Length, and an error if there is less. */
const received = (
  body: Stream.Stream<Uint8Array, WireBroken>,
  length: number | undefined
): Stream.Stream<Uint8Array, WireBroken> =>
  length === undefined
    ? body
    : Stream.suspend(() => {
        let seen = 0
        const counted = Stream.map(ByteStream.take(body, length), (part) => {
          seen += part.byteLength
          return part
        })
        return Stream.concat(
          counted,
          Stream.suspend(() => (seen < length ? Stream.fail(broken("other side closed")) : Stream.empty))
        )
      })

const lowerCased = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

class LocalResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly remoteAddress: Option.Option<string> = Option.none()
  private readonly body: Stream.Stream<Uint8Array, WireBroken>
  private used = false
  private whole: Effect.Effect<Uint8Array, HttpClientError.ResponseError> | undefined

  constructor(request: HttpClientRequest.HttpClientRequest, response: WireResponse) {
    super()
    this[HttpIncomingMessage.TypeId] = HttpIncomingMessage.TypeId
    this[HttpClientResponse.TypeId] = HttpClientResponse.TypeId
    this.request = request
    this.status = response.status
    const length = Reply.contentLength(response)
    const hasBody = Reply.mayHaveBody(request.method, response.status)
    const source = response.body instanceof Uint8Array ? oneChunk(response.body) : response.body
    // If the handler gives no length, it is added only if a body is or could have been allowed.
    const framing =
      length !== undefined
        ? hasBody || request.method === "HEAD"
          ? { "content-length": String(length) }
          : {}
        : hasBody
          ? { "transfer-encoding": "chunked" }
          : {}
    this.headers = Headers.fromInput({ ...framing, ...lowerCased(response.headers) })
    // undici counts the bytes of a 304 too: a length without a body is an error.
    const named = request.method === "HEAD" ? undefined : Reply.header(response, "content-length")
    this.body = hasBody ? received(source, length) : received(Stream.empty, named === undefined ? undefined : length)
  }

  private failure(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }

  get cookies(): Cookies.Cookies {
    const cookie = this.headers["set-cookie"]
    return cookie === undefined ? Cookies.empty : Cookies.fromSetCookie(cookie)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.suspend(() => {
      if (this.used) {
        return Stream.fail(this.failure(new TypeError("Body is unusable: it has already been read")))
      }
      this.used = true
      return Stream.mapError(this.body, (problem) => this.failure(new Error(problem.reason)))
    })
  }

  private get collected(): Effect.Effect<Uint8Array, HttpClientError.ResponseError> {
    return (this.whole ??= Effect.runSync(
      Effect.cached(
        Effect.map(Stream.runCollect(this.stream), (chunks) => RequestBody.concat(Chunk.toReadonlyArray(chunks)))
      )
    ))
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.collected, (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.tryMap(this.text, {
      try: (text): unknown => (text === "" ? null : JSON.parse(text)),
      catch: (cause) => this.failure(cause)
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.collected, (bytes) =>
      Effect.tryPromise({
        try: () =>
          new Response(bytes as WebBody, {
            headers: { "content-type": this.headers["content-type"] ?? "" }
          }).formData(),
        catch: (cause) => this.failure(cause)
      })
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.collected, (bytes) => bytes.slice().buffer as ArrayBuffer)
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
}

/**
 * An HttpClient that passes every request to the handler, whatever its host.
 *
 * The response is returned as soon as the handler has it; a handler may answer without reading the request's body, like
 * a server that answers early.
 */
export const make = (handler: WireHandler): HttpClient.HttpClient =>
  HttpClient.make((request, url) => {
    const transport = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
    return Effect.gen(function* () {
      const payload = yield* Effect.mapError(payloadOf(request), transport)
      const headers = yield* Effect.mapError(wireHeaders(request, url, payload), transport)
      // If the client's own body failed, its error is more useful than that of the broken connection.
      let bodyFailure: unknown = undefined
      const stream = Stream.mapError(payload.stream, (cause): WireBroken => {
        bodyFailure = cause
        return broken("the request's body failed")
      })
      const announced = headers["content-length"]
      const wire: WireRequest = {
        method: request.method,
        target: url.pathname + url.search,
        headers,
        body: announced === undefined ? stream : ofLength(stream, Number(announced))
      }
      const response = yield* Effect.mapError(handler(wire), (problem) =>
        transport(bodyFailure ?? new Error(problem.reason))
      )
      return new LocalResponse(request, response)
    })
  })
