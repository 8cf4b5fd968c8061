/**
 * The services of `Rackspace.layer` on an emulated cloud in the same process, for tests, demos and work without a network.
 *
 * The emulated cloud keeps state, enforces tokens and their expiry, validates input, returns the documented faults, paginates, and
 * changes the states of resources according to the Effect Clock, so that with `TestClock` a server is built immediately. Requests
 * and responses are encoded and decoded as usual, but not sent over a network.
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

export type { Fault, FaultMatch, FaultRule, FaultService } from "../emulator/Fault.js"

/** Controls the emulated cloud: its request log, and the faults to inject. */
export type Service = Emulator.Emulator

/** The options of the emulated cloud. */
export type CloudOptions = Emulator.EmulatorOptions

/** The options of the emulated cloud and of its services. */
export interface Options extends Omit<Rackspace.Options, "credentials"> {
  readonly cloud?: CloudOptions | undefined
}

/** The emulated cloud that a test's services run on. */
export class TestCloud extends Context.Tag("effect-rackspace/TestCloud")<TestCloud, Service>() {}

/** The emulator is imported on demand, so that importing the library does not load it. */
const loadEmulator = Effect.promise(() =>
  Promise.all([import("../emulator/Emulator.js"), import("../emulator/LocalHttpClient.js")])
)

/** An emulated cloud and its HttpClient, without services. For tests of the login. */
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
 * An emulated cloud that listens on a local port, by default any free one, for any HTTP client. Its address is `authUrl`. Closing
 * the scope closes the port and all connections.
 *
 * Fails with `ListenFailed` if the port cannot be opened.
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

/** The credentials that the emulated cloud accepts: a user and an API key. */
export const credentials: Effect.Effect<Credentials.ApiKey, never, TestCloud> = Effect.map(
  TestCloud,
  ({ authUrl, credentials: { apiKey, username } }) => Credentials.apiKey({ authUrl, username, apiKey })
)

/** Whether a clock is a TestClock, whose time only a test advances (`TestContext`, `it.effect`). */
const isTestClock = (clock: Clock.Clock): boolean => "adjust" in clock

/**
 * The retry policy of {@link layer} with a TestClock: the default policy without delays between attempts, since a delay would block
 * until the test advances the clock. It does not wait for a `Retry-After`, but fails with `OverLimit` immediately.
 */
export const retryWithoutDelay: RetryPolicy.Service = RetryPolicy.make({
  baseDelay: Duration.zero,
  maxRetryAfter: Duration.zero
})

/**
 * Provides all services on a new emulated cloud, logged in, and {@link TestCloud} to control it.
 *
 * With a TestClock requests are retried without a delay ({@link retryWithoutDelay}), so that a test with an injected fault need not
 * advance the clock. To test the delays, set the policy (`retry: RetryPolicy.defaultPolicy`) and advance the clock.
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
