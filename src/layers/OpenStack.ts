/**
 * The services of an OpenStack cloud, with one login by Keystone v3 or Swift's own login. They have the same tags as at Rackspace.
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
import { type ConfigOptions, retryOf } from "./common/configOptions.js"

export type { ConfigOptions } from "./common/configOptions.js"

/** The supported services of an OpenStack cloud: Nova and Swift. */
export type Services = CloudServers.CloudServers | CloudFiles.CloudFiles

/** The names of these services in options. */
export type ServiceName = "CloudServers" | "CloudFiles"

/** The region of the services, and how their requests are sent. */
export interface ServiceOptions extends Omit<CloudClient.Options, "endpoint" | "microversion" | "serviceName"> {
  /** URLs of services, which override the catalog. */
  readonly endpoints?: Readonly<Partial<Record<ServiceName, string>>> | undefined
  /**
   * The names of services in the catalog, for catalogs that list several of one type in a region:
   * `{ CloudFiles: "radosgw" }`.
   */
  readonly serviceNames?: Readonly<Partial<Record<ServiceName, string>>> | undefined
  /** The microversions to request: `{ CloudServers: "2.79" }`, or `latest`. Default: the oldest. */
  readonly microversions?: { readonly CloudServers?: string | undefined } | undefined
}

/** The credentials, the region, and how requests are sent. */
export interface Options<E = never, R = never> extends Identity.Options<E, R>, ServiceOptions {}

/**
 * Provides the services for an existing login. Makes no request: a service that the cloud does not have fails with
 * `EndpointNotFound` when it is used.
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
 * The region is case-insensitive; the default is the only region in the catalog. Fails with `AuthenticationFailed` if the login
 * fails, and as the Effect of the credentials does.
 *
 * @example
 * ```ts
 * import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
 * import { Effect, Stream } from "effect"
 * import { CloudServers, Credentials, OpenStack, Transport } from "effect-rackspace"
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
 * program.pipe(Effect.provide(cloud), Effect.provide(Transport.layer), NodeRuntime.runMain)
 * ```
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

/** The OpenStack types of the services. */
const serviceTypes: Readonly<Record<ServiceName, string>> = { CloudServers: "compute", CloudFiles: "object-store" }

/** The options of a cloud's configuration. Options override it. */
const optionsOf = (cloud: CloudConfig.Cloud, options: Omit<Options, "credentials">): Options => {
  const byService = (byType: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(serviceTypes).flatMap(([service, type]) => {
        const value = byType[type]
        return value === undefined ? [] : [[service, value]]
      })
    )
  return {
    ...options,
    credentials: cloud.credentials,
    region: options.region ?? cloud.region,
    interface: options.interface ?? cloud.interface,
    endpoints: { ...byService(cloud.endpoints), ...options.endpoints },
    serviceNames: { ...byService(cloud.serviceNames), ...options.serviceNames },
    microversions: { CloudServers: cloud.microversions["compute"], ...options.microversions }
  }
}

/**
 * Logs in to a cloud of `clouds.yaml` and provides the services, with the region, interface, endpoints and service names of that
 * cloud. Options override these. See `CloudConfig.fromFile` for the files that are read and for the default cloud.
 *
 * Fails as `CloudConfig.fromFile` does, and with `AuthenticationFailed` if the login fails.
 *
 * @example
 * ```ts
 * import * as NodeContext from "@effect/platform-node/NodeContext"
 * import { Layer } from "effect"
 * import { OpenStack, Transport } from "effect-rackspace"
 *
 * const cloud = OpenStack.layerCloud({ cloud: "devstack" }).pipe(
 *   Layer.provide([Transport.layer, NodeContext.layer])
 * )
 * ```
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
    Effect.map(CloudConfig.fromFile({ cloud: name, file, tls, region: options.region }), (cloud) =>
      // The file's region may be spelt otherwise than the option.
      layer(optionsOf(cloud, { ...rest, region: cloud.region }))
    )
  )
}

/**
 * Like {@link layer}, with options from `Config`: by default everything that `CloudConfig.fromEnvironment` reads (`OS_AUTH_URL`,
 * `OS_USERNAME`, `OS_REGION_NAME`, …). With `credentials`, only the given options are read.
 *
 * Fails with `ConfigError` if a value is missing or invalid, and otherwise as `CloudConfig.fromEnvironment` and {@link layer} do.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { OpenStack } from "effect-rackspace"
 *
 * const cloud = OpenStack.layerConfig({ region: Config.string("REGION") })
 * ```
 */
export const layerConfig = (
  options: ConfigOptions = {}
): Layer.Layer<
  Services | Identity.TokenRef,
  AuthenticationFailed | CredentialsError | ConfigError,
  HttpClient.HttpClient
> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { credentials, interface: side, region } = options
      const settings = {
        region: region === undefined ? undefined : yield* region,
        interface: side === undefined ? undefined : yield* side,
        retry: yield* retryOf(options.retry)
      }
      return credentials === undefined
        ? layer(optionsOf(yield* CloudConfig.fromEnvironment(), settings))
        : layer({ ...settings, credentials: yield* credentials })
    })
  )
