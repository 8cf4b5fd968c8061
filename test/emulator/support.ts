import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Emulator from "../../src/emulator/Emulator.js"
import type { WireBroken, WireRequest, WireResponse } from "../../src/emulator/Protocol.js"
import * as RequestBody from "../../src/emulator/RequestBody.js"

/** A response whose body was read. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; undefined if it is not JSON. */
  readonly json: unknown
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown
  readonly token?: string
}

export const wireRequest = (target: string, ask: Ask = {}): WireRequest => {
  const payload =
    ask.body === undefined
      ? undefined
      : new TextEncoder().encode(typeof ask.body === "string" ? ask.body : JSON.stringify(ask.body))
  return {
    method: ask.method ?? (payload === undefined ? "GET" : "POST"),
    target,
    headers: {
      host: "cloud.test",
      ...(ask.token === undefined ? {} : { "x-auth-token": ask.token }),
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(payload.byteLength) }),
      ...ask.headers
    },
    body: payload === undefined ? Stream.empty : Stream.succeed(payload)
  }
}

export const readAnswer = (response: WireResponse): Effect.Effect<Answer, WireBroken> =>
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
export const ask = (
  emulator: Emulator.Emulator,
  target: string,
  request: Ask = {}
): Effect.Effect<Answer, WireBroken> => Effect.flatMap(emulator.handle(wireRequest(target, request)), readAnswer)

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
