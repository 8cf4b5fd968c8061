/**
 * The same services on a cloud in the same process: for tests, demos and work without a network.
 *
 * The cloud keeps state, enforces tokens and their expiry, validates input, returns the documented faults, paginates, and
 * moves resources through their states by the Effect Clock, so that `TestClock` builds a server at once. Requests go through
 * real encoding and decoding; only the socket is missing.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AuthenticationFailed, EndpointNotFound } from "../CloudError.js"
import * as Credentials from "../Credentials.js"
import type * as Emulator from "../emulator/Emulator.js"
import type { ListenFailed } from "../emulator/NodeServer.js"
import type * as Identity from "../Identity.js"
import * as RetryPolicy from "../RetryPolicy.js"
import * as Rackspace from "./Rackspace.js"

/**
 * The handles of the emulated cloud: the log of its requests, and the faults to inject.
 *
 * @since 0.1.0
 * @category models
 */
export type Service = Emulator.Emulator

/**
 * How the emulated cloud is made.
 *
 * @since 0.1.0
 * @category models
 */
export type CloudOptions = Emulator.EmulatorOptions

/**
 * The emulated cloud, and how the services are made on it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<Rackspace.Options, "credentials"> {
  readonly cloud?: CloudOptions | undefined
}

/**
 * The emulated cloud that a test's services run on.
 *
 * @since 0.1.0
 * @category tags
 */
export class TestCloud extends Context.Tag("effect-rackspace/TestCloud")<TestCloud, Service>() {}

/** The emulator is loaded when a cloud is made, so that programs which make none do not pay for it. */
const loadEmulator = Effect.promise(() =>
  Promise.all([import("../emulator/Emulator.js"), import("../emulator/LocalHttpClient.js")])
)

/**
 * An emulated cloud and an HttpClient that reaches it, and nothing else: for tests of logging in.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerCloud = (options: CloudOptions = {}): Layer.Layer<TestCloud | HttpClient.HttpClient> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const [Emulator, LocalHttpClient] = yield* loadEmulator
      const emulator = yield* Emulator.make(options)
      const client = LocalHttpClient.make(emulator.handle)
      return Context.make(TestCloud, emulator).pipe(Context.add(HttpClient.HttpClient, client))
    })
  )

/**
 * An emulated cloud that listens on a port of this machine, by default any free one, for HTTP clients of every kind. Its
 * `authUrl` is its address. Closing the scope closes the port and every connection.
 *
 * Fails with `ListenFailed` where the port cannot be had.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerListening = (
  options: CloudOptions & { readonly port?: number | undefined; readonly host?: string | undefined } = {}
): Layer.Layer<TestCloud, ListenFailed> =>
  Layer.scoped(
    TestCloud,
    Effect.gen(function* () {
      const [Emulator] = yield* loadEmulator
      const NodeServer = yield* Effect.promise(() => import("../emulator/NodeServer.js"))
      const emulator = yield* Emulator.make(options)
      const server = yield* NodeServer.listen({ handler: emulator.handle, port: options.port, host: options.host })
      yield* emulator.setOrigin(server.url)
      return emulator
    })
  )

/**
 * The credentials that the emulated cloud accepts: a user and an API key.
 *
 * @since 0.1.0
 * @category constructors
 */
export const credentials: Effect.Effect<Credentials.ApiKey, never, TestCloud> = Effect.map(
  TestCloud,
  ({ authUrl, credentials: { apiKey, username } }) => Credentials.apiKey({ authUrl, username, apiKey })
)

/** Whether time stands still until a test moves it (`TestContext`, `it.effect`). */
const isTestClock = (clock: Clock.Clock): boolean => "adjust" in clock

/**
 * The retry policy of {@link layer} under a TestClock: the default policy, but without a delay between attempts, since a retry
 * that slept would hang until the test moves the clock. A `Retry-After` is not waited for, so that `OverLimit` fails at once.
 *
 * @since 0.1.0
 * @category constants
 */
export const retryWithoutDelay: RetryPolicy.Service = RetryPolicy.make({
  baseDelay: Duration.zero,
  maxRetryAfter: Duration.zero
})

/**
 * All services on a new emulated cloud, logged in: what `Rackspace.layer` provides, and the {@link TestCloud} handles.
 *
 * Under a TestClock requests are retried without a delay ({@link retryWithoutDelay}), so that a test with an injected fault ends
 * without moving the clock. For a test of the delays themselves, name the policy (`retry: RetryPolicy.defaultPolicy`) and move the clock.
 *
 * @example
 * ```ts
 * import { it } from "@effect/vitest"
 * import { Effect, Stream } from "effect"
 * import { CloudFiles, TestCloud } from "effect-rackspace"
 *
 * it.effect("stores what it is given", () =>
 *   Effect.gen(function* () {
 *     const files = yield* CloudFiles.CloudFiles
 *     yield* files.createContainer({ container: "notes" })
 *     yield* files.upload({ container: "notes", object: "a", body: CloudFiles.fromString("hello") })
 *     const text = yield* files.download({ container: "notes", object: "a" }).pipe(Stream.decodeText(), Stream.mkString)
 *     yield* Effect.log(text)
 *   }).pipe(Effect.provide(TestCloud.layer()))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  Rackspace.Services | Identity.TokenRef | TestCloud | HttpClient.HttpClient,
  AuthenticationFailed | EndpointNotFound
> => {
  const { cloud, ...rest } = options
  const services = Layer.unwrapEffect(
    Effect.map(Effect.clock, (clock) =>
      Rackspace.layer({
        ...rest,
        retry: options.retry ?? (isTestClock(clock) ? retryWithoutDelay : undefined),
        credentials
      })
    )
  )
  return Layer.provideMerge(services, layerCloud(cloud))
}
