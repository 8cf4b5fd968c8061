import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as Http from "node:http"
import * as Net from "node:net"
import type * as CloudClient from "../src/CloudClient.js"
import type { RequestLogEntry } from "../src/emulator/RequestLog.js"
import * as Identity from "../src/Identity.js"
import * as Rackspace from "../src/layers/Rackspace.js"
import * as TestCloud from "../src/layers/TestCloud.js"
import * as CloudFiles from "../src/services/CloudFiles.js"
import * as CloudServers from "../src/services/CloudServers.js"
import * as Transport from "../src/Transport.js"

/** Every HttpClient of the platform for Node.js, and `Transport.layer`. */
export const clients: ReadonlyArray<readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]> = [
  ["undici", NodeHttpClient.layerUndici],
  ["Transport.layer", Transport.layer],
  ["node:http", NodeHttpClient.layer],
  ["fetch", FetchHttpClient.layer]
]

export const md5 = (content: Uint8Array | string): string => createHash("md5").update(content).digest("hex")

/** Bytes with a pattern, so that misplaced ones are detected. */
export const patterned = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) * 7) & 255
  return bytes
}

/** All elements of a stream. */
export const collected = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.map(Stream.runCollect(stream), (all) => [...all])

export const bytesOf = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Uint8Array, E, R> =>
  Effect.map(Stream.runCollect(stream), (chunks) => new Uint8Array(Buffer.concat(Chunk.toReadonlyArray(chunks))))

export const textOf = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Effect.Effect<string, E, R> =>
  Effect.map(bytesOf(stream), (bytes) => Buffer.from(bytes).toString("utf8"))

/** A stream of bytes in chunks of the given size. */
export const inPieces = (bytes: Uint8Array, size: number): Stream.Stream<Uint8Array> =>
  Stream.rechunk(
    Stream.fromIterable(
      Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size)
      )
    ),
    1
  )

/** Sleeps in real time, even under a TestClock. */
export const pause = (millis = 2): Effect.Effect<void> =>
  Effect.promise(() => new Promise((resolve) => setTimeout(resolve, millis)))

/** Waits in real time for something outside of the test's fibers. */
export const eventually = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (holds()) return
      yield* pause(attempt < 50 ? 1 : 5)
    }
    assert.fail(`this did not happen: ${what}`)
  })

/** The requests that one service of the cloud received. */
export const requestsOf = (
  service: string
): Effect.Effect<ReadonlyArray<RequestLogEntry>, never, TestCloud.TestCloud> =>
  Effect.flatMap(TestCloud.TestCloud, (cloud) =>
    Effect.map(cloud.requests, (all) => all.filter((request) => request.service === service))
  )

/** `PUT /c/o 201` for each request to Cloud Files, with paths relative to the account. */
export const traffic: Effect.Effect<ReadonlyArray<string>, never, TestCloud.TestCloud> = Effect.map(
  requestsOf("files"),
  (all) =>
    all.map(({ method, status, target }) => `${method} ${target.replace(/^.*?\/MossoCloudFS_[^/?]*/, "")} ${status}`)
)

/** A server that a test starts. */
export interface RawServer {
  readonly url: string
  readonly port: number
  /** The number of connections accepted so far. */
  readonly accepted: () => number
  /** The number of open connections. */
  readonly open: () => number
}

const listening = (server: Net.Server): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Net.Socket>()
    let accepted = 0
    server.on("connection", (socket: Net.Socket) => {
      accepted++
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () =>
        Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              server.close(() => resolve())
              for (const socket of sockets) socket.destroy()
            })
        )
    )
    const { port } = server.address() as Net.AddressInfo
    return { url: `http://127.0.0.1:${port}`, port, accepted: () => accepted, open: () => sockets.size }
  })

/** An HTTP server with the given request listener. */
export const httpServer = (response: Http.RequestListener): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.suspend(() => listening(Http.createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, response)))

/** A server that lets the test write to the socket when a request's head has arrived. */
export const socketServer = (
  response: (socket: Net.Socket, head: string, count: number) => void
): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.suspend(() => {
    let count = 0
    return listening(
      Net.createServer((socket) => {
        let head = ""
        const read = (chunk: Buffer): void => {
          head += chunk.toString("latin1")
          if (head.includes("\r\n\r\n")) {
            socket.off("data", read)
            response(socket, head, ++count)
          }
        }
        socket.on("data", read)
      })
    )
  })

/** Forwards connections to a local port, and counts them. */
export const relay = (port: number): Effect.Effect<RawServer, never, Scope.Scope> =>
  listening(
    Net.createServer((socket) => {
      const onward = Net.connect(port, "127.0.0.1")
      onward.on("error", () => socket.destroy())
      onward.on("close", () => socket.destroy())
      socket.on("close", () => onward.destroy())
      socket.pipe(onward)
      onward.pipe(socket)
    })
  )

/** A login on an emulated cloud in this process, for services at another endpoint. */
export const login = Layer.provideMerge(
  Identity.layer({ credentials: TestCloud.credentials }),
  TestCloud.layerCloud()
).pipe(Layer.orDie)

/** The services at the endpoint of a test's server, over a real socket. */
export const servicesAt = (
  endpoint: string,
  http: Layer.Layer<HttpClient.HttpClient> = NodeHttpClient.layerUndici,
  options: CloudClient.Options = {}
): Layer.Layer<CloudFiles.CloudFiles | CloudServers.CloudServers | TestCloud.TestCloud> =>
  Layer.mergeAll(CloudFiles.layer({ ...options, endpoint }), CloudServers.layer({ ...options, endpoint })).pipe(
    Layer.provide(http),
    Layer.provideMerge(login)
  )

/** The emulated cloud on a local port, and its services over the given HttpClient. */
export const listeningCloud = (
  http: Layer.Layer<HttpClient.HttpClient>,
  options: Parameters<typeof TestCloud.layerListening>[0] = {}
) =>
  Rackspace.layer({ credentials: TestCloud.credentials }).pipe(
    Layer.provide(http),
    Layer.provideMerge(TestCloud.layerListening(options)),
    Layer.orDie
  )

/** The number of running root fibers. */
export const rootFibers = (): number => Effect.runSync(Effect.map(Fiber.roots, (fibers) => fibers.length))
