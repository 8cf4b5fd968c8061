/**
 * The emulator's own types for HTTP: raw requests and responses. The web's `Request` and `Response` are unsuitable
 * because they normalize paths (`a/../b` becomes `b`), and an object store must see every byte of a name as the client
 * sent it.
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { JsonObject } from "./Fields.js"

/** A raw request. */
export interface WireRequest {
  /** The method in upper case, including `COPY`. */
  readonly method: string
  /** Path and query as sent, still percent-encoded: `/v1/acct/c/a%20b?format=json`. */
  readonly target: string
  /** Header names in lower case. Repeated headers are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, which can be read once. A handler may answer without reading it. */
  readonly body: Stream.Stream<Uint8Array, WireBroken>
}

/** A raw response. */
export interface WireResponse {
  /** The status code, 100 to 599. */
  readonly status: number
  /** Headers with their names as sent. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The body. Bytes are sent with a Content-Length, unless `headers` contain one (which is sent even if it is wrong, as
   * some faults require). A Stream is sent chunked unless `headers` contain a length. If a Stream fails, the connection
   * is broken.
   */
  readonly body: Uint8Array | Stream.Stream<Uint8Array, WireBroken>
}

/** The connection is broken: the peer has closed it, or an injected fault breaks it. */
export interface WireBroken {
  readonly _tag: "WireBroken"
  readonly reason: string
}

/** Handles a request. A failure with {@link WireBroken} breaks the connection without a response. */
export type WireHandler = (request: WireRequest) => Effect.Effect<WireResponse, WireBroken>

/** The sender of a request, according to its token. */
export interface Caller {
  /** The account's number, as a string because of leading zeros. */
  readonly tenantId: string
  /** The account's name in Cloud Files: `MossoCloudFS_…`. */
  readonly storageAccount: string
  readonly userId: string
  readonly username: string
}

/** A request that is authenticated and routed to a service. */
export interface ServiceRequest extends WireRequest {
  /** The region of the endpoint in upper case: `DFW`. */
  readonly region: string
  /** The path after the endpoint's base URL, still percent-encoded: `/servers/detail`, or empty for the base itself. */
  readonly path: string
  readonly query: URLSearchParams
  /** The addressed account, if it is not the caller's own. */
  readonly otherAccount?: string | undefined
  readonly caller: Caller
  /** The absolute URL of the service's endpoint, without a trailing slash, for links. */
  readonly baseUrl: string
}

/** A request whose body has been read as JSON, for route handlers. Services extend it with what their handlers need. */
export interface RoutedRequest {
  /** In upper case. Control services handle HEAD like GET. */
  readonly method: string
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Undefined if the body is missing, or JSON but not an object. */
  readonly body: JsonObject | undefined
  /** The time of arrival, in milliseconds since the epoch. */
  readonly now: number
}

/** A service of the emulated cloud. */
export interface EmulatedService {
  /** Other accounts that the caller may address. */
  readonly accounts?: ReadonlySet<string> | undefined
  readonly handle: (request: ServiceRequest) => Effect.Effect<WireResponse, WireBroken>
  /**
   * Handles requests that need no token, such as signed URLs and public containers. It is called before the token is
   * checked, with the account's owner as the caller; undefined if a token is needed.
   */
  readonly handlePublic?: (
    request: ServiceRequest,
    isAuthenticated: boolean
  ) => Effect.Effect<WireResponse | undefined, WireBroken>
}
