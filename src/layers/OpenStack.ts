/**
 * An OpenStack cloud: one login, by Keystone v3 or Swift's own, then those services of this library that OpenStack has, under
 * the same tags as at Rackspace.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as FileSystem from "@effect/platform/FileSystem"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as CloudClient from "../CloudClient.js"
import * as CloudConfig from "../CloudConfig.js"
import type { AuthenticationFailed } from "../CloudError.js"
import type { CredentialsError } from "../Credentials.js"
import * as Identity from "../Identity.js"
import * as CloudFiles from "../services/CloudFiles.js"
import * as CloudServers from "../services/CloudServers.js"

/**
 * The services that an OpenStack cloud may have: Nova and Swift.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = CloudServers.CloudServers | CloudFiles.CloudFiles

/**
 * The names in code of these services.
 *
 * @since 0.1.0
 * @category models
 */
export type ServiceName = "CloudServers" | "CloudFiles"

/**
 * Where to work.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceOptions extends Omit<CloudClient.Options, "endpoint" | "microversion" | "serviceName"> {
  /** URLs of services, by their name in code, instead of what the catalog says. */
  readonly endpoints?: Readonly<Partial<Record<ServiceName, string>>> | undefined
  /**
   * The names of services in the catalog, by their name in code, where the catalog lists several of one type in a region:
   * `{ CloudFiles: "radosgw" }`.
   */
  readonly serviceNames?: Readonly<Partial<Record<ServiceName, string>>> | undefined
  /** The microversion that a service is to speak: `{ CloudServers: "2.79" }`, or `latest`. Default: its oldest. */
  readonly microversions?: { readonly CloudServers?: string | undefined } | undefined
}

/**
 * How to log in, and where to work.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never> extends Identity.Options<E, R>, ServiceOptions {}

/**
 * The services, for a login that exists already. Makes no request: a service that the cloud does not have says so when it is
 * used, by `EndpointNotFound`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServices = ({ endpoints, microversions, serviceNames, ...options }: ServiceOptions = {}): Layer.Layer<
  Services,
  never,
  Identity.TokenRef | HttpClient.HttpClient
> => {
  const of = (service: ServiceName): CloudClient.Options => ({
    ...options,
    endpoint: endpoints?.[service],
    serviceName: serviceNames?.[service]
  })
  return Layer.mergeAll(
    CloudServers.layer({ ...of("CloudServers"), microversion: microversions?.CloudServers }),
    CloudFiles.layer(of("CloudFiles"))
  )
}

/**
 * Logs in and provides the services, and the TokenRef that they share.
 *
 * The region is the one named, in any case, else the only one there is. Fails with `AuthenticationFailed` where the login
 * fails, and as the credentials' own Effect does.
 *
 * @example
 * ```ts
 * import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
 * import { Effect, Stream } from "effect"
 * import { CloudServers, Credentials, OpenStack } from "effect-rackspace"
 *
 * const program = Effect.gen(function* () {
 *   const servers = yield* CloudServers.CloudServers
 *   yield* Stream.runForEach(servers.list(), (server) => Effect.log(server.name))
 * })
 *
 * const cloud = OpenStack.layer({
 *   credentials: Credentials.applicationCredential({
 *     authUrl: "https://keystone.example.com:5000",
 *     credential: { id: "6cb5fa6a13184e6fab65ba2108adf50c" },
 *     secret: "rEaqvJka48mpv"
 *   }),
 *   region: "RegionOne"
 * })
 *
 * program.pipe(Effect.provide(cloud), Effect.provide(NodeHttpClient.layerUndici), NodeRuntime.runMain)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E = never, R = never>(
  options: Options<E, R>
): Layer.Layer<
  Services | Identity.TokenRef,
  AuthenticationFailed | E,
  HttpClient.HttpClient | Exclude<R, Scope.Scope>
> => {
  const { credentials: _, lazy: __, refreshMargin: ___, ...services } = options
  return Layer.provideMerge(layerServices(services), Identity.layer(options))
}

/** What this library calls a service, by the type that OpenStack gives it. */
const serviceTypes: Readonly<Record<ServiceName, string>> = { CloudServers: "compute", CloudFiles: "object-store" }

/**
 * Logs in to a cloud of `clouds.yaml` and provides the services, with the region, interface, endpoints and names of services
 * that it has; options given here override those. See `CloudConfig.fromFile`
 * for the files that are read, and for the cloud that is used where none is named.
 *
 * Fails as that does, and with `AuthenticationFailed` where the login fails.
 *
 * @example
 * ```ts
 * import { NodeContext, NodeHttpClient } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { OpenStack } from "effect-rackspace"
 *
 * const cloud = OpenStack.layerCloud({ cloud: "devstack" }).pipe(
 *   Layer.provide([NodeHttpClient.layerUndici, NodeContext.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerCloud = (
  options: Omit<Options, "credentials"> & Parameters<typeof CloudConfig.fromFile>[0] = {}
): Layer.Layer<
  Services | Identity.TokenRef,
  AuthenticationFailed | CredentialsError | ConfigError,
  HttpClient.HttpClient | FileSystem.FileSystem
> => {
  const { cloud: name, file, tls, ...rest } = options
  return Layer.unwrapEffect(
    Effect.map(CloudConfig.fromFile({ cloud: name, file, tls, region: options.region }), (cloud) => {
      const byService = (byType: Readonly<Record<string, string>>) =>
        Object.fromEntries(
          Object.entries(serviceTypes).flatMap(([service, type]) => {
            const value = byType[type]
            return value === undefined ? [] : [[service, value]]
          })
        )
      return layer({
        ...rest,
        credentials: cloud.credentials,
        region: cloud.region,
        interface: options.interface ?? cloud.interface,
        endpoints: { ...byService(cloud.endpoints), ...options.endpoints },
        serviceNames: { ...byService(cloud.serviceNames), ...options.serviceNames },
        microversions: { CloudServers: cloud.microversions["compute"], ...options.microversions }
      })
    })
  )
}
