/** The type of requests to Keystone v3, and handlers that require a token. */
import type { RoutedRequest, WireResponse } from "../Protocol.js"
import * as Router from "../Router.js"
import type * as Tokens from "../Tokens.js"
import * as Answer from "./answer.js"
import type { KeystoneState } from "./state.js"

export interface KeystoneRequest extends RoutedRequest {
  /** The raw query string. */
  readonly search: string
  readonly origin: string
  /** Whether the path is that of the version document. */
  readonly isRoot: boolean
}

export const { compile, table } = Router.define<KeystoneRequest, WireResponse>()

/** A handler that gets the caller's token. */
export const authenticated =
  <Parameters>(
    state: KeystoneState,
    handler: (request: KeystoneRequest, caller: Tokens.Token, parameters: Parameters) => WireResponse
  ) =>
  (request: KeystoneRequest, parameters: Parameters): WireResponse => {
    const id = request.headers["x-auth-token"]
    const caller = id === undefined ? undefined : state.tokens.find(id, request.now)
    if (caller !== undefined) {
      return handler(request, caller, parameters)
    }
    return id !== undefined && state.credentials.deletedOf(id) !== undefined
      ? state.noSuchToken(id)
      : Answer.unauthorized(request.origin)
  }

export const links = (origin: string, path: string) => ({
  next: null,
  self: `${origin}/v3/${path}`,
  previous: null
})
