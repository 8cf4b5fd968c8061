/**
 * The live account: one login, then every service of one region.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type AuthenticationFailed, EndpointNotFound } from "../CloudError.js"
import type * as CloudClient from "../CloudClient.js"
import * as Identity from "../Identity.js"
import * as CloudBigData from "../services/CloudBigData.js"
import * as CloudFiles from "../services/CloudFiles.js"
import * as CloudLoadBalancers from "../services/CloudLoadBalancers.js"
import * as CloudServers from "../services/CloudServers.js"

/**
 * Every service that the layers of this library provide.
 *
 * @since 0.1.0
 * @category models
 */
export type Services =
  CloudServers.CloudServers | CloudFiles.CloudFiles | CloudLoadBalancers.CloudLoadBalancers | CloudBigData.CloudBigData

/**
 * The names in code of the services that the layers of this library provide.
 *
 * @since 0.1.0
 * @category models
 */
export type ServiceName = "CloudServers" | "CloudFiles" | "CloudLoadBalancers" | "CloudBigData"

/**
 * How to log in, and where to work.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never>
  extends Identity.Options<E, R>, Omit<CloudClient.Options, "endpoint" | "serviceName"> {
  /**
   * URLs of services, by their name in code, instead of what the catalog says; `CloudFilesCdn` is where the CDN of Cloud Files
   * is managed.
   */
  readonly endpoints?: Readonly<Partial<Record<ServiceName | "CloudFilesCdn", string>>> | undefined
  /** The names of services in the catalog, by their name in code, where it lists several of one type in a region. */
  readonly serviceNames?: Readonly<Partial<Record<ServiceName, string>>> | undefined
}

/** What {@link layerServices} takes: where to work. */
type ServiceOptions = Omit<CloudClient.Options, "endpoint" | "serviceName"> &
  Pick<Options, "endpoints" | "serviceNames">

/**
 * Fails where the region is not one of the account's, before anything is asked of it.
 */
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
 * All services of one region, for a login that exists already: with it, two regions share one login.
 *
 * Fails with `EndpointNotFound` where the account has no such region.
 *
 * @since 0.1.0
 * @category layers
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
 * The region is the one named, in any case, else the user's own. Fails with `AuthenticationFailed` where the login fails, with
 * `EndpointNotFound` where the account has no such region, and as the credentials' own Effect does. With `lazy`, the first
 * requests fail so instead.
 *
 * @example
 * ```ts
 * import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
 * import { Effect, Stream } from "effect"
 * import { CloudServers, Credentials, Rackspace } from "effect-rackspace"
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
 *   Effect.provide([NodeHttpClient.layerUndici, NodeContext.layer]),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E = never, R = never>(
  options: Options<E, R>
): Layer.Layer<
  Services | Identity.TokenRef,
  AuthenticationFailed | EndpointNotFound | E,
  HttpClient.HttpClient | Exclude<R, Scope.Scope>
> => {
  const { credentials: _, lazy, refreshMargin: __, ...services } = options
  // To ask for the account's regions is to log in.
  return Layer.provideMerge(lazy === true ? servicesOf(services) : layerServices(services), Identity.layer(options))
}
