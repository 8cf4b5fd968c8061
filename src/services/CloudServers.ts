/**
 * Cloud Servers: virtual machines, and the flavors, images and key pairs they are made with.
 *
 * Implements the Rackspace Cloud Servers API v2 (OpenStack Nova v2). The account's first-generation servers, which the
 * catalog lists under the same type, are another service.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { CommonError, NotFound, ResourceFailed, WaitTimeout } from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { listing, type PageQuery } from "../internal/listing.js"
import type * as Paging from "../Paging.js"
import * as Waiting from "../Waiting.js"
import { endpoints } from "./CloudServers/endpoints.js"
import type { Flavor, Image, ImageSchedule, Server, Summary } from "./CloudServers/models.js"

export { BlockDevice, endpoints } from "./CloudServers/endpoints.js"

export {
  Address,
  Console,
  CreatedServer,
  DiskConfig,
  Extension,
  Fault,
  Flavor,
  GeneratedKeyPair,
  Image,
  ImageSchedule,
  ImageStatus,
  InstanceAction,
  IpAssociation,
  KeyPair,
  Limits,
  Network,
  publicNet,
  RateLimit,
  RebuiltServer,
  Server,
  ServerStatus,
  serviceNet,
  Summary,
  VirtualInterface,
  VolumeAttachment
} from "./CloudServers/models.js"

export type { CreatedImage } from "./CloudServers/models.js"

type Endpoints = Endpoint.Client<typeof endpoints>

type PageInput<Name extends keyof Endpoints> = NonNullable<Parameters<Endpoints[Name]>[0]>

/**
 * The filters of a listing as a Stream. `pageSize` is how many items one request asks for, by default 1,000.
 *
 * @since 0.1.0
 * @category models
 */
export type Filters<Name extends "listPage" | "listDetailPage" | "listFlavorsPage" | "listImagesPage"> = Omit<
  PageInput<Name>,
  "limit" | "marker"
> & { readonly pageSize?: number | undefined }

/**
 * A server to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions extends Waiting.Pace {
  readonly serverId: string
}

/**
 * An image to wait for.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImageWaitOptions extends Waiting.Pace {
  readonly imageId: string
}

/**
 * What Cloud Servers can do: the operations of {@link endpoints}, the listings as Streams, and waiting.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Endpoints {
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** Ids and names of all servers, page by page as they are asked for. */
  readonly list: (filters?: Filters<"listPage">) => Stream.Stream<Summary, CommonError>
  /** All servers, whole, page by page as they are asked for. */
  readonly listDetail: (filters?: Filters<"listDetailPage">) => Stream.Stream<Server, CommonError>
  /** All flavors. */
  readonly listFlavors: (filters?: Filters<"listFlavorsPage">) => Stream.Stream<Flavor, CommonError>
  /** All images. */
  readonly listImages: (filters?: Filters<"listImagesPage">) => Stream.Stream<Image, CommonError>
  /**
   * Looks at a server until `until` holds, and emits what each look saw, the last included: for progress bars. Fails with
   * `ResourceFailed` (and the cloud's reason) as soon as the server is in ERROR or DELETED, unless `until` holds then. By
   * default every 10 s for at most 2 hours.
   */
  readonly watch: (
    options: WaitOptions & { readonly until: (server: Server) => boolean }
  ) => Stream.Stream<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds for the server, and answers it as it is then: {@link Service.watch} without the way there. */
  readonly waitUntil: (
    options: WaitOptions & { readonly until: (server: Server) => boolean }
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the server is ACTIVE and nothing is being done to it. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * When the server is saved to an image by itself, or None where it is not. Fails with `NotFound` where there is no such
   * server.
   */
  readonly imageSchedule: (server: {
    readonly serverId: string
  }) => Effect.Effect<Option.Option<ImageSchedule>, CommonError | NotFound>
  /**
   * Looks at an image until it is ACTIVE, and emits what each look saw, the last included. Fails with `ResourceFailed` as soon
   * as it is in ERROR or DELETED. By default every 10 s for at most 2 hours.
   */
  readonly watchImage: (
    options: ImageWaitOptions
  ) => Stream.Stream<Image, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the image is ACTIVE: {@link Service.watchImage} without the way there. */
  readonly waitUntilImageActive: (
    options: ImageWaitOptions
  ) => Effect.Effect<Image, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the server is gone. Fails with `ResourceFailed` where it ends in ERROR instead. */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
}

/**
 * Cloud Servers of one region.
 *
 * @since 0.1.0
 * @category tags
 */
export class CloudServers extends Context.Tag("effect-rackspace/CloudServers")<CloudServers, Service>() {}

/**
 * Whether a server is ACTIVE with nothing being done to it. The status alone may still read ACTIVE right after a reboot was
 * accepted.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (server: Server): boolean => server.status === "ACTIVE" && server.taskState === undefined

const hasFailed = (server: Server | Image) =>
  server.status === "ERROR" || server.status === "DELETED"
    ? Option.some({ fault: server.fault?.message })
    : Option.none()

/**
 * How Cloud Servers is found in a catalog: of the two entries of type `compute` the one of the next generation.
 *
 * @since 0.1.0
 * @category constants
 */
export const selector = { types: ["compute"], name: "cloudServersOpenStack", microversions: "compute" } as const

/**
 * The service, from a login. It makes no request by itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(CloudClient.make("CloudServers", selector, options), (cloudClient) => {
    const operations = Endpoint.client(cloudClient, endpoints)
    const listed = <Input extends PageQuery, A>(
      operation: string,
      fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, CommonError>
    ) => listing({ service: "CloudServers", operation: `CloudServers.${operation}` }, 1000, fetch)
    const waited = (operation: string, resource: string, pace: Waiting.Pace) => ({
      service: "CloudServers",
      operation,
      resource,
      ...pace,
      interval: pace.interval ?? "10 seconds",
      timeout: pace.timeout ?? "2 hours"
    })
    const watched = (
      operation: string,
      { serverId, until, ...pace }: WaitOptions & { readonly until: (server: Server) => boolean }
    ): Waiting.Watch<Server, CommonError | NotFound, never> => ({
      ...waited(operation, serverId, pace),
      poll: operations.get({ serverId }),
      state: (server) => server.status,
      until,
      failed: (server) => (until(server) ? Option.none() : hasFailed(server))
    })
    const watchedImage = (
      operation: string,
      { imageId, ...pace }: ImageWaitOptions
    ): Waiting.Watch<Image, CommonError | NotFound, never> => ({
      ...waited(operation, imageId, pace),
      poll: operations.getImage({ imageId }),
      state: (image) => image.status,
      until: (image) => image.status === "ACTIVE",
      failed: hasFailed
    })
    return {
      ...operations,
      endpointUrl: cloudClient.endpointUrl,
      list: listed("list", operations.listPage),
      listDetail: listed("listDetail", operations.listDetailPage),
      listFlavors: listed("listFlavors", operations.listFlavorsPage),
      listImages: listed("listImages", operations.listImagesPage),
      watch: (options) => Waiting.watch(watched("CloudServers.watch", options)),
      waitUntil: (options) => Waiting.until(watched("CloudServers.waitUntil", options)),
      waitUntilActive: (options) =>
        Waiting.until(watched("CloudServers.waitUntilActive", { ...options, until: isActive })),
      imageSchedule: (server) =>
        Effect.asSome(operations.getImageSchedule(server)).pipe(
          // The cloud answers the same for a server that is not there.
          Effect.catchTag("NotFound", () => Effect.as(operations.get(server), Option.none()))
        ),
      watchImage: (options) => Waiting.watch(watchedImage("CloudServers.watchImage", options)),
      waitUntilImageActive: (options) => Waiting.until(watchedImage("CloudServers.waitUntilImageActive", options)),
      waitUntilDeleted: ({ serverId, ...pace }) =>
        Effect.asVoid(
          Waiting.until({
            ...waited("CloudServers.waitUntilDeleted", serverId, pace),
            poll: operations.get({ serverId }).pipe(
              Effect.asSome,
              Effect.catchTag("NotFound", () => Effect.succeedNone)
            ),
            state: Option.match({ onNone: () => "DELETED", onSome: (server: Server) => server.status }),
            until: Option.match({ onNone: () => true, onSome: (server: Server) => server.status === "DELETED" }),
            failed: Option.flatMap((server: Server) =>
              server.status === "ERROR" && server.taskState === undefined
                ? Option.some({ fault: server.fault?.message })
                : Option.none()
            )
          })
        )
    }
  })

/**
 * Cloud Servers of one region, from a login.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudServers, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudServers, make(options))
