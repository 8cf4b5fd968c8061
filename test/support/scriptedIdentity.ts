/** An Identity service with responses from the test, for those that the emulated cloud never sends. */
import type { HttpClient } from "@effect/platform"
import { Effect } from "effect"
import * as LocalHttpClient from "../../src/emulator/LocalHttpClient.js"
import type { WireBroken, WireHandler, WireResponse } from "../../src/emulator/Protocol.js"
import * as Reply from "../../src/emulator/Reply.js"
import { bytesOf } from "../support.js"

export interface Received {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface ScriptedIdentity {
  readonly client: HttpClient.HttpClient
  readonly handler: WireHandler
  /** The requests so far, in order. */
  readonly received: ReadonlyArray<Received>
}

export type TestResponse =
  WireResponse | ((request: Received) => WireResponse) | Effect.Effect<WireResponse, WireBroken>

/** Returns the responses in order, and then the last one for all further requests. */
export const scriptedIdentity = (...responses: ReadonlyArray<TestResponse>): ScriptedIdentity => {
  const received: Array<Received> = []
  const handler: WireHandler = (request) =>
    Effect.flatMap(bytesOf(request.body), (bytes) => {
      const { headers, method, target } = request
      const arrived = { method, target, headers, text: new TextDecoder().decode(bytes) }
      received.push(arrived)
      const response = responses[Math.min(received.length, responses.length) - 1] ?? Reply.empty(500)
      return Effect.isEffect(response)
        ? response
        : Effect.succeed(typeof response === "function" ? response(arrived) : response)
    })
  return { client: LocalHttpClient.make(handler), handler, received }
}

/** The response of Identity to a login. */
export const loginAnswer = (
  token: string,
  expires: string,
  more: { readonly serviceCatalog?: unknown; readonly user?: unknown; readonly tenant?: unknown } = {}
): WireResponse =>
  Reply.json(200, {
    access: {
      token: { id: token, expires, ...("tenant" in more ? { tenant: more.tenant } : {}) },
      user: more.user ?? { id: "123456", name: "someuser", roles: [] },
      serviceCatalog: more.serviceCatalog ?? []
    }
  })
