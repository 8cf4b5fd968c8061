/**
 * The emulator's own picture of HTTP: raw requests in, raw responses out. It is deliberately not the web's `Request`
 * and `Response`, because those normalise paths (`a/../b` becomes `b`), and an object store must see every byte of a
 * name as the client sent it.
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { JsonObject } from "./Fields.js"

/** A request as it stood on the wire. */
export interface WireRequest {
  /** The method in upper case; `COPY` is one. */
  readonly method: string
  /** Path and query as sent, still percent-encoded: `/v1/acct/c/a%20b?format=json`. */
  readonly target: string
  /** Header names in lower case; a header that came several times is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The body's bytes. It can be run once; a handler that answers without reading it leaves it unread. */
  readonly body: Stream.Stream<Uint8Array, WireBroken>
}

/** A response as it will stand on the wire. */
export interface WireResponse {
  /** The status code, 100 to 599. */
  readonly status: number
  /** Header names as they are to be sent. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The body. Bytes are sent with a Content-Length, unless `headers` already name one (which is then sent as it is, even
   * where it is wrong: that is how a fault injects a lie). A Stream is sent chunked unless `headers` name a length. A
   * Stream that fails cuts the connection.
   */
  readonly body: Uint8Array | Stream.Stream<Uint8Array, WireBroken>
}

/** The connection broke: the peer went away, or a fault was injected that cuts it. */
export interface WireBroken {
  readonly _tag: "WireBroken"
  readonly reason: string
}

/** Answers one request. Failing with {@link WireBroken} cuts the connection without a response. */
export type WireHandler = (request: WireRequest) => Effect.Effect<WireResponse, WireBroken>

/** Who sends a request, as the emulator's Identity knows its token. */
export interface Caller {
  /** The account's number, as a string: leading zeros count. */
  readonly tenantId: string
  /** The account's name in Cloud Files: `MossoCloudFS_…`. */
  readonly storageAccount: string
  readonly userId: string
  readonly username: string
}

/** A request that the emulator's front has already authenticated and routed to one service. */
export interface ServiceRequest extends WireRequest {
  /** The region whose endpoint was addressed, in upper case: `DFW`. */
  readonly region: string
  /** The path behind the endpoint's base URL, still percent-encoded: `/servers/detail`, or `` for the base itself. */
  readonly path: string
  readonly query: URLSearchParams
  /** The account that the request addresses, where it is another one than the caller's own. */
  readonly otherAccount?: string | undefined
  readonly caller: Caller
  /** The absolute URL of the service's endpoint, without a trailing slash, for links. */
  readonly baseUrl: string
}

/** A request whose body has been read as JSON, as the handlers of routes see it. Services extend it by what their handlers need. */
export interface RoutedRequest {
  /** In upper case. Control services answer a HEAD as the GET that it stands for. */
  readonly method: string
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Undefined where the body is missing, or JSON but no object. */
  readonly body: JsonObject | undefined
  /** When it arrived, in milliseconds since the epoch. */
  readonly now: number
}

/** One service of the emulated cloud. */
export interface EmulatedService {
  /** Accounts besides the caller's own that it may address. */
  readonly accounts?: ReadonlySet<string> | undefined
  readonly handle: (request: ServiceRequest) => Effect.Effect<WireResponse, WireBroken>
  /**
   * Answers what needs no token, as signed URLs and public containers do not. It is asked before the token is looked at,
   * with the account's owner for the caller; undefined where a token is needed.
   */
  readonly handlePublic?: (
    request: ServiceRequest,
    isAuthenticated: boolean
  ) => Effect.Effect<WireResponse | undefined, WireBroken>
}
