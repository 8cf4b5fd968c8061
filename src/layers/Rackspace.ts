/** The services of a Rackspace account in one region, with one login. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type AuthenticationFailed, EndpointNotFound } from "../CloudError.js"
import type * as CloudClient from "../CloudClient.js"
import * as Credentials from "../Credentials.js"
import * as Identity from "../Identity.js"
import * as CloudBigData from "../services/CloudBigData.js"
import * as CloudFiles from "../services/CloudFiles.js"
import * as CloudLoadBalancers from "../services/CloudLoadBalancers.js"
import * as CloudServers from "../services/CloudServers.js"
import { type ConfigOptions, retryOf } from "./common/configOptions.js"

export type { ConfigOptions } from "./common/configOptions.js"

/** All services of the layers. */
export type Services =
  CloudServers.CloudServers | CloudFiles.CloudFiles | CloudLoadBalancers.CloudLoadBalancers | CloudBigData.CloudBigData

/** The names of these services in options. */
export type ServiceName = "CloudServers" | "CloudFiles" | "CloudLoadBalancers" | "CloudBigData"

/** The credentials, the region, and how requests are sent. */
export interface Options<E = never, R = never>
  extends Identity.Options<E, R>, Omit<CloudClient.Options, "endpoint" | "serviceName"> {
  /**
   * URLs of services, which override the catalog. `CloudFilesCdn` is the URL for the management of the CDN of Cloud Files.
   */
  readonly endpoints?: Readonly<Partial<Record<ServiceName | "CloudFilesCdn", string>>> | undefined
  /** The names of services in the catalog, for catalogs that list several of one type in a region. */
  readonly serviceNames?: Readonly<Partial<Record<ServiceName, string>>> | undefined
}

type ServiceOptions = Omit<CloudClient.Options, "endpoint" | "serviceName"> &
  Pick<Options, "endpoints" | "serviceNames">

/** Fails if the account does not have the region. */
const knownRegion = (region: string): Layer.Layer<never, AuthenticationFailed | EndpointNotFound, Identity.TokenRef> =>
  Layer.effectDiscard(
    Effect.flatMap(Identity.regions, (available) =>
      available.length === 0 || available.includes(region.toUpperCase())
        ? Effect.void
        : Effect.fail(
            new EndpointNotFound({
              service: "Rackspace",
              operation: "Rackspace.layer",
              region,
              available,
              message: `Rackspace.layer: the account has no region ${region}; it has ${available.join(", ")}`
            })
          )
    )
  )

const servicesOf = ({ endpoints, serviceNames, ...options }: ServiceOptions) => {
  const of = (service: ServiceName): CloudClient.Options => ({
    ...options,
    endpoint: endpoints?.[service],
    serviceName: serviceNames?.[service]
  })
  return Layer.mergeAll(
    CloudServers.layer(of("CloudServers")),
    CloudFiles.layer({ ...of("CloudFiles"), cdnEndpoint: endpoints?.CloudFilesCdn }),
    CloudLoadBalancers.layer(of("CloudLoadBalancers")),
    CloudBigData.layer(of("CloudBigData"))
  )
}

/**
 * Provides all services of one region for an existing login, for example to use two regions with one login.
 *
 * Fails with `EndpointNotFound` if the account does not have the region.
 */
export const layerServices = (
  options: ServiceOptions = {}
): Layer.Layer<Services, AuthenticationFailed | EndpointNotFound, Identity.TokenRef | HttpClient.HttpClient> => {
  const services = servicesOf(options)
  return options.region === undefined ? services : Layer.provideMerge(services, knownRegion(options.region))
}

/**
 * Logs in and provides all services of one region, and the TokenRef that they share.
 *
 * The region is case-insensitive; the default is the user's default region. Fails with `AuthenticationFailed` if the login fails,
 * with `EndpointNotFound` if the account does not have the region, and as the Effect of the credentials does. With `lazy`, the
 * first requests fail with these errors instead.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
 * import { Effect, Stream } from "effect"
 * import { CloudServers, Credentials, Rackspace, Transport } from "effect-rackspace"
 *
 * const program = Effect.gen(function* () {
 *   const servers = yield* CloudServers.CloudServers
 *   yield* Stream.runForEach(servers.list(), (server) => Effect.log(server.name))
 * })
 *
 * program.pipe(
 *   Effect.provide(
 *     Rackspace.layer({ credentials: Credentials.fromFile("~/.rackspace_cloud_credentials"), region: "DFW" })
 *   ),
 *   Effect.provide([Transport.layer, NodeContext.layer]),
 *   NodeRuntime.runMain
 * )
 * ```
 */
export const layer = <E = never, R = never>(
  options: Options<E, R>
): Layer.Layer<
  Services | Identity.TokenRef,
  AuthenticationFailed | EndpointNotFound | E,
  HttpClient.HttpClient | Exclude<R, Scope.Scope>
> => {
  const { credentials: _, lazy, refreshMargin: __, ...services } = options
  // Checking the region requires a login.
  return Layer.provideMerge(lazy === true ? servicesOf(services) : layerServices(services), Identity.layer(options))
}

/**
 * Like {@link layer}, with options from `Config`: by default the credentials of `Credentials.config` (`RAX_USERNAME` and
 * `RAX_API_KEY`, …), the region in `RAX_REGION`, and the interface in `RAX_INTERFACE` (`public` or `internal`).
 *
 * Fails with `ConfigError` if a value is missing or invalid, and otherwise as {@link layer} does.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { Credentials, Rackspace } from "effect-rackspace"
 *
 * const cloud = Rackspace.layerConfig({
 *   credentials: Credentials.config,
 *   region: Config.string("RAX_REGION"),
 *   retry: { maxAttempts: Config.integer("RAX_ATTEMPTS").pipe(Config.withDefault(5)) }
 * })
 * ```
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<
  Services | Identity.TokenRef,
  AuthenticationFailed | EndpointNotFound | ConfigError,
  HttpClient.HttpClient
> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.all({
        credentials: options.credentials ?? Credentials.config,
        region: options.region ?? Config.withDefault(Config.nonEmptyString("RAX_REGION"), undefined),
        interface:
          options.interface ?? Config.withDefault(Config.literal("public", "internal")("RAX_INTERFACE"), undefined),
        retry: retryOf(options.retry)
      }),
      layer
    )
  )
