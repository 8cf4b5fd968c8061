/**
 * Cloud Servers: virtual machines, and the flavors, images and key pairs they are made with.
 *
 * Implements the Rackspace Cloud Servers API v2 (OpenStack Nova v2). Of the first generation, which the catalog lists under
 * the same type, servers can be listed, so that no server of an account is missing.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { CommonError, Conflict, NotFound, QuotaExceeded, ResourceFailed, WaitTimeout } from "../CloudError.js"
import type * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { checked } from "../internal/schema/inputs.js"
import type * as Waiting from "../Waiting.js"
import { addressEndpoints } from "./CloudServers/addresses.js"
import { availabilityZoneEndpoints } from "./CloudServers/availabilityZones.js"
import { consoleEndpoints } from "./CloudServers/consoles.js"
import { methods } from "./CloudServers/context.js"
import type { endpoints } from "./CloudServers/endpoints.js"
import { extensionEndpoints } from "./CloudServers/extensions.js"
import type { Summary } from "./CloudServers/fields.js"
import type { CountedFilters, Filters } from "./CloudServers/filters.js"
import type { ByNameOrId } from "./CloudServers/find.js"
import {
  type firstGenerationEndpoints,
  type FirstGenerationServer,
  makeFirstGeneration
} from "./CloudServers/firstGeneration.js"
import { type Flavor, makeFlavors } from "./CloudServers/flavors.js"
import { type Image, type ImageWaitOptions, makeImages } from "./CloudServers/images.js"
import { type ImageSchedule, makeImageSchedules } from "./CloudServers/imageSchedules.js"
import { inputs } from "./CloudServers/inputs.js"
import { makeInstanceActions } from "./CloudServers/instanceActions.js"
import { interfaceEndpoints } from "./CloudServers/interfaces.js"
import { makeIpAssociations } from "./CloudServers/ipAssociations.js"
import { type KeyPair, makeKeyPairs } from "./CloudServers/keyPairs.js"
import { limitEndpoints } from "./CloudServers/limits.js"
import { withoutRemoved } from "./CloudServers/microversions.js"
import { imageMetadataEndpoints, serverMetadataEndpoints } from "./CloudServers/metadata.js"
import { networkEndpoints } from "./CloudServers/networks.js"
import { makeServerActions } from "./CloudServers/serverActions.js"
import { type CreateInput, type BuiltServer, makeServerCreation } from "./CloudServers/serverCreation.js"
import { makeServerGroups, type ServerGroup } from "./CloudServers/serverGroups.js"
import { makeServers, type Server } from "./CloudServers/servers.js"
import { serverTagEndpoints } from "./CloudServers/serverTags.js"
import { makeServerWaits, type WaitOptions } from "./CloudServers/serverWaits.js"
import { virtualInterfaceEndpoints } from "./CloudServers/virtualInterfaces.js"
import { volumeAttachmentEndpoints } from "./CloudServers/volumeAttachments.js"
import { makeVolumes, type Volume } from "./CloudServers/volumes.js"
import { makeWaits } from "./common/waits.js"

export { Address } from "./CloudServers/addresses.js"

export { AvailabilityZone } from "./CloudServers/availabilityZones.js"

export { Console } from "./CloudServers/consoles.js"

export { endpoints } from "./CloudServers/endpoints.js"

export { Extension } from "./CloudServers/extensions.js"

export { Fault } from "./CloudServers/faults.js"

export { DiskConfig, Summary } from "./CloudServers/fields.js"

export type { CountedFilters, Filters } from "./CloudServers/filters.js"

export type { ByNameOrId } from "./CloudServers/find.js"

export { firstGenerationEndpoints, FirstGenerationServer } from "./CloudServers/firstGeneration.js"

export { Flavor } from "./CloudServers/flavors.js"

export { Image, ImageStatus } from "./CloudServers/images.js"

export type { CreatedImage, ImageWaitOptions } from "./CloudServers/images.js"

export { ImageSchedule } from "./CloudServers/imageSchedules.js"

export { InstanceAction } from "./CloudServers/instanceActions.js"

export { Interface } from "./CloudServers/interfaces.js"

export { IpAssociation } from "./CloudServers/ipAssociations.js"

export { GeneratedKeyPair, KeyPair } from "./CloudServers/keyPairs.js"

export { Limits, RateLimit } from "./CloudServers/limits.js"

export { Network, publicNet, serviceNet } from "./CloudServers/networks.js"

export { RebuiltServer } from "./CloudServers/serverActions.js"

export { BlockDevice, bootFrom, CreatedServer, Reservation } from "./CloudServers/serverCreation.js"

export type { BootSource, BuiltServer } from "./CloudServers/serverCreation.js"

export { ServerGroup } from "./CloudServers/serverGroups.js"

export { Bandwidth, EmbeddedFlavor, Server, ServerStatus } from "./CloudServers/servers.js"

export { isActive } from "./CloudServers/serverWaits.js"

export type { WaitOptions } from "./CloudServers/serverWaits.js"

export { VirtualInterface } from "./CloudServers/virtualInterfaces.js"

export { VolumeAttachment } from "./CloudServers/volumeAttachments.js"

export { Volume } from "./CloudServers/volumes.js"

type Endpoints = Endpoint.Client<typeof endpoints>

type ResizeInput = Parameters<Endpoints["resize"]>[0]

type CreateImageInput = Parameters<Endpoints["createImage"]>[0]

/**
 * What Cloud Servers can do: the operations of {@link endpoints} and of {@link firstGenerationEndpoints}, the listings as
 * Streams, waiting, and operations that take several requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service extends Endpoints, Endpoint.Client<typeof firstGenerationEndpoints> {
  /** The URL of the service's endpoint for this login, without a trailing slash. It may be named as `endpoint` elsewhere. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** Ids and names of all servers, page by page as they are asked for. */
  readonly list: (filters?: Filters<"listPage">) => Stream.Stream<Summary, CommonError>
  /** All servers, whole, page by page as they are asked for. */
  readonly listDetail: (filters?: Filters<"listDetailPage">) => Stream.Stream<Server, CommonError>
  /** All flavors. */
  readonly listFlavors: (filters?: Filters<"listFlavorsPage">) => Stream.Stream<Flavor, CommonError>
  /** Ids and names of all flavors. */
  readonly listFlavorSummaries: (filters?: Filters<"listFlavorSummariesPage">) => Stream.Stream<Summary, CommonError>
  /** Ids and names of all images. */
  readonly listImageSummaries: (filters?: Filters<"listImageSummariesPage">) => Stream.Stream<Summary, CommonError>
  /** All server groups of the project. */
  readonly listServerGroups: (
    filters?: CountedFilters<"listServerGroupsPage">
  ) => Stream.Stream<ServerGroup, CommonError>
  /** All volumes, whole, by way of Cloud Servers. */
  readonly listVolumes: (filters?: CountedFilters<"listVolumesPage">) => Stream.Stream<Volume, CommonError>
  /** All images. */
  readonly listImages: (filters?: Filters<"listImagesPage">) => Stream.Stream<Image, CommonError>
  /**
   * Polls a server until `until` holds, and emits the result of each poll, the last included: for progress bars. Fails with
   * `ResourceFailed` (and the cloud's reason) as soon as the server is in ERROR or DELETED, unless `until` holds then. By
   * default every 10 s for at most 2 hours.
   */
  readonly watch: (
    options: WaitOptions & { readonly until: (server: Server) => boolean }
  ) => Stream.Stream<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds for the server, and returns it: {@link Service.watch} without the earlier states. */
  readonly waitUntil: (
    options: WaitOptions & { readonly until: (server: Server) => boolean }
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the server is ACTIVE and nothing is being done to it. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * When the server is saved to an image automatically, or None where it is not. Fails with `NotFound` where there is no such
   * server.
   */
  readonly imageSchedule: (server: {
    readonly serverId: string
  }) => Effect.Effect<Option.Option<ImageSchedule>, CommonError | NotFound>
  /**
   * Polls an image until it is ACTIVE, and emits the result of each poll, the last included. Fails with `ResourceFailed` as soon
   * as it is in ERROR or DELETED. By default every 10 s for at most 2 hours.
   */
  readonly watchImage: (
    options: ImageWaitOptions
  ) => Stream.Stream<Image, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the image is ACTIVE: {@link Service.watchImage} without the earlier states. */
  readonly waitUntilImageActive: (
    options: ImageWaitOptions
  ) => Effect.Effect<Image, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * The server of this id, or of this very name; None where there is none. Fails with `InvalidInput` where several have the
   * name, and lists their ids.
   */
  readonly findServer: (server: ByNameOrId) => Effect.Effect<Option.Option<Server>, CommonError>
  /** The image of this id, or of this very name: as {@link Service.findServer}. */
  readonly findImage: (image: ByNameOrId) => Effect.Effect<Option.Option<Image>, CommonError>
  /** The flavor of this id, or of this very name: as {@link Service.findServer}. */
  readonly findFlavor: (flavor: ByNameOrId) => Effect.Effect<Option.Option<Flavor>, CommonError>
  /**
   * Creates a server, from an image or, with {@link bootFrom}, from a volume, and waits until it is ACTIVE. Where the wait fails,
   * the server stays, and the failure has its id and its password in `created`, whatever failed. Of an interrupted wait they
   * are lost: a program that has to know them gives `adminPassword`, or calls `create` and `waitUntilActive`.
   */
  readonly createAndWait: (
    server: CreateInput & Waiting.Pace
  ) => Effect.Effect<BuiltServer, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>
  /**
   * Gives a server another flavor, waits, confirms it, and waits until that is done. Fails with `ResourceFailed` where the
   * cloud gives up and leaves the old flavor. To inspect the server before it is confirmed, take the steps one
   * by one.
   */
  readonly resizeAndConfirm: (
    resize: ResizeInput & Waiting.Pace
  ) => Effect.Effect<Server, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>
  /**
   * Saves a server to a new image and waits until the image is ACTIVE. Where the wait fails, the image stays, and the failure
   * has its id in `created`.
   */
  readonly createImageAndWait: (
    image: CreateImageInput & Waiting.Pace
  ) => Effect.Effect<Image, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>
  /**
   * Gives the cloud the public key that a file holds (`~/.ssh/id_ed25519.pub`; `~` stands for the home directory). A file
   * that holds anything else, above all a private key, is refused with `InvalidInput` and not sent.
   */
  readonly importKeyPairFromFile: (file: {
    readonly name: string
    readonly path: string
  }) => Effect.Effect<KeyPair, CommonError | Conflict | QuotaExceeded | PlatformError, FileSystem.FileSystem>
  /**
   * The account's servers of the first generation, in whatever region, page by page as they are asked for; none where the
   * catalog has no such service. `pageSize` is at most 1,000.
   */
  readonly listFirstGeneration: (options?: {
    readonly pageSize?: number | undefined
  }) => Stream.Stream<FirstGenerationServer, CommonError>
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
 * How Cloud Servers is found in a catalog: of the two entries of type `compute` the one of the next generation.
 *
 * @since 0.1.0
 * @category constants
 */
export const selector = { types: ["compute"], name: "cloudServersOpenStack", microversions: "compute" } as const

/** The operations that take several requests. */
type OwnOperations = Exclude<keyof Service, keyof Endpoints | keyof typeof firstGenerationEndpoints | "endpointUrl">

/**
 * The service, from a login. Making it sends no request.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.map(makeService(options), (service) =>
    withoutRemoved(checked<Service, OwnOperations>("CloudServers", service, inputs), options.microversion)
  )

const makeService = (options: CloudClient.Options): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const client = yield* CloudClient.make("CloudServers", selector, options)
    const firstGeneration = yield* makeFirstGeneration(options)
    const waits = makeWaits("CloudServers", { interval: "10 seconds", timeout: "2 hours" })
    const context = { client, microversion: options.microversion, waits }
    const servers = makeServers(context)
    return {
      endpointUrl: client.endpointUrl,
      ...servers,
      ...makeServerCreation(context),
      ...makeServerActions(context),
      ...makeServerWaits(context),
      ...methods(context, addressEndpoints),
      ...methods(context, serverMetadataEndpoints),
      ...methods(context, serverTagEndpoints),
      ...methods(context, consoleEndpoints),
      ...makeInstanceActions(context),
      ...methods(context, interfaceEndpoints),
      ...methods(context, virtualInterfaceEndpoints),
      ...makeIpAssociations(context),
      ...methods(context, volumeAttachmentEndpoints),
      ...makeImageSchedules(context, servers.get),
      ...makeImages(context),
      ...methods(context, imageMetadataEndpoints),
      ...makeFlavors(context),
      ...makeKeyPairs(context),
      ...makeServerGroups(context),
      ...methods(context, availabilityZoneEndpoints),
      ...makeVolumes(context),
      ...methods(context, networkEndpoints),
      ...methods(context, limitEndpoints),
      ...methods(context, extensionEndpoints),
      ...firstGeneration
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
