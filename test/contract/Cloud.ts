import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted } from "effect"
import { CloudFiles, CloudServers, type Credentials, Identity, OpenStack } from "effect-rackspace"
import * as Http from "node:http"

/**
 * A cloud on which a contract is tested: the emulated one, or a real OpenStack. The tests are the same, so that both
 * behave alike.
 */
export interface Facts {
  readonly credentials: Credentials.Credentials
  /** For a user who may migrate servers between hosts: the owner, or an operator. */
  readonly operator: Credentials.Credentials
  /** A flavor that has this extra specification. */
  readonly extraSpec: Effect.Effect<{ readonly flavorId: string; readonly key: string; readonly value: string }>
  /** Smallest first; the last one is larger than any host. */
  readonly flavors: readonly [small: string, large: string, vast: string]
  readonly imageId: string
  /** A network for servers. */
  readonly networkId: string
  /** Makes the next server end in ERROR, if a flavor that is too large does not. */
  readonly breakNextBuild: Effect.Effect<void>
  /** The largest page of a listing in Cloud Files. */
  readonly listingLimit: number
  /** Whether Cloud Files returns the reason when it rejects a manifest. */
  readonly explainsRefusals: boolean
  /** Whether files of an archive keep their modification times; otherwise they are sent one by one. */
  readonly keepsTimesOfArchives: boolean
}

export class Cloud extends Context.Tag("test/Cloud")<Cloud, Facts>() {}

export type Services = Cloud | CloudFiles.CloudFiles | CloudServers.CloudServers | Identity.TokenRef

/** The services on a cloud, over real sockets. */
export const layer = <E, R>(facts: Layer.Layer<Cloud, E, R>) =>
  Layer.unwrapEffect(Effect.map(Cloud, ({ credentials }) => OpenStack.layer({ credentials }))).pipe(
    Layer.provideMerge(facts),
    Layer.provide(NodeHttpClient.layerUndici)
  )

export interface RawRequest {
  readonly method: string
  /** Relative to the endpoint's URL, encoded. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Default: the login's; none if null. */
  readonly token?: string | null
}

export interface RawResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** One raw request without a client's defaults, for requests that this library would not send. */
export const exchange = (url: string, request: Omit<RawRequest, "path" | "token">): Effect.Effect<RawResponse> =>
  Effect.async<RawResponse>((resume) => {
    const sent = Http.request(url, { method: request.method, agent: false }, (response) => {
      const parts: Array<Buffer> = []
      response.on("data", (part: Buffer) => parts.push(part))
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
            text: Buffer.concat(parts).toString("utf8")
          })
        )
      )
    })
    // Otherwise a request without a body would be sent as chunked.
    sent.useChunkedEncodingByDefault = false
    for (const [name, value] of Object.entries(request.headers ?? {})) sent.setHeader(name, value)
    if (request.body !== undefined && request.headers?.["transfer-encoding"] === undefined) {
      sent.setHeader("content-length", Buffer.byteLength(request.body))
    }
    sent.on("error", (error) => resume(Effect.die(error)))
    if (request.body === undefined) sent.flushHeaders()
    sent.end(request.body)
  })

/** One request to Cloud Files. */
export const rawFiles = ({ path, token, ...request }: RawRequest) =>
  Effect.gen(function* () {
    const own = token === undefined ? Redacted.value(yield* Effect.orDie(Identity.token)) : token
    return yield* exchange((yield* filesUrl) + path, {
      ...request,
      headers: { ...(own !== null && { "x-auth-token": own }), ...request.headers }
    })
  })

const urlOf = (endpointUrl: Effect.Effect<string, unknown>): Effect.Effect<string> => Effect.orDie(endpointUrl)

/** The URL of Cloud Files. */
export const filesUrl = Effect.flatMap(CloudFiles.CloudFiles, ({ endpointUrl }) => urlOf(endpointUrl))

/** The URL of Cloud Servers. */
export const serversUrl = Effect.flatMap(CloudServers.CloudServers, ({ endpointUrl }) => urlOf(endpointUrl))

let count = 0

/** A name that no other test uses. */
export const freshName = (what: string): string => `${what}-${process.pid}-${Date.now().toString(36)}-${++count}`
