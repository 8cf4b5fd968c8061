import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Emulator from "../../src/emulator/Emulator.js"
import type { WireBroken, WireRequest, WireResponse } from "../../src/emulator/Protocol.js"
import * as RequestBody from "../../src/emulator/RequestBody.js"

/** A response whose body was read. */
export interface TestResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; undefined if it is not JSON. */
  readonly json: unknown
}

export interface RequestOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown
  readonly token?: string
}

export const wireRequest = (target: string, send: RequestOptions = {}): WireRequest => {
  const payload =
    send.body === undefined
      ? undefined
      : new TextEncoder().encode(typeof send.body === "string" ? send.body : JSON.stringify(send.body))
  return {
    method: send.method ?? (payload === undefined ? "GET" : "POST"),
    target,
    headers: {
      host: "cloud.test",
      ...(send.token === undefined ? {} : { "x-auth-token": send.token }),
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(payload.byteLength) }),
      ...send.headers
    },
    body: payload === undefined ? Stream.empty : Stream.succeed(payload)
  }
}

export const readResponse = (response: WireResponse): Effect.Effect<TestResponse, WireBroken> =>
  Effect.map(
    response.body instanceof Uint8Array
      ? Effect.succeed(response.body)
      : Effect.map(Stream.runCollect(response.body), (chunks) => RequestBody.concat(Chunk.toReadonlyArray(chunks))),
    (bytes) => {
      const text = new TextDecoder().decode(bytes)
      let json: unknown = undefined
      try {
        json = JSON.parse(text)
      } catch {
        // Not every body is JSON.
      }
      return {
        status: response.status,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value])
        ),
        text,
        json
      }
    }
  )

/** Sends one raw request to the emulator and reads the response. */
export const send = (
  emulator: Emulator.Emulator,
  target: string,
  request: RequestOptions = {}
): Effect.Effect<TestResponse, WireBroken> =>
  Effect.flatMap(emulator.handle(wireRequest(target, request)), readResponse)

/** The value at a path of JSON of unknown type: `at(response.json, "server", "id")`. */
export const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined,
    value
  )

export const texts = (value: unknown, key: string): ReadonlyArray<string> =>
  Array.isArray(value) ? value.map((item) => String(at(item, key))) : []

export const apiKeyLogin = (emulator: Emulator.Emulator) => ({
  auth: {
    "RAX-KSKEY:apiKeyCredentials": {
      username: emulator.credentials.username,
      apiKey: emulator.credentials.apiKey
    }
  }
})

export const passwordLogin = (emulator: Emulator.Emulator) => ({
  auth: {
    passwordCredentials: {
      username: emulator.credentials.username,
      password: emulator.credentials.password
    }
  }
})
