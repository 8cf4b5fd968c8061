/**
 * Cloud Servers: virtual machines, and their flavors, images and key pairs.
 *
 * Implements the Rackspace Cloud Servers API v2 (OpenStack Nova v2). Servers of the first generation, which is a
 * separate entry in the catalog, can be listed, so that no server of an account is missing.
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import type { CommonError, Conflict, NotFound, QuotaExceeded, ResourceFailed, WaitTimeout } from "../CloudError.js"
import type * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import type { PageSize } from "../internal/paging/listing.js"
import { checked } from "../internal/schema/inputs.js"
import { addressEndpoints } from "./CloudServers/addresses.js"
import { availabilityZoneEndpoints } from "./CloudServers/availabilityZones.js"
import { consoleEndpoints } from "./CloudServers/consoles.js"
import { methods } from "./CloudServers/context.js"
import type { endpoints } from "./CloudServers/endpoints.js"
import { extensionEndpoints } from "./CloudServers/extensions.js"
import type { Summary } from "./CloudServers/fields.js"
import {
  type firstGenerationEndpoints,
  type FirstGenerationServer,
  makeFirstGeneration
} from "./CloudServers/firstGeneration.js"
import { type Flavor, type ListFlavors, makeFlavors } from "./CloudServers/flavors.js"
import {
  type CreateImageAndWait,
  type Image,
  type ImageWaitOptions,
  type ListImages,
  makeImages
} from "./CloudServers/images.js"
import { makeImageSchedules } from "./CloudServers/imageSchedules.js"
import { inputs } from "./CloudServers/inputs.js"
import { makeInstanceActions } from "./CloudServers/instanceActions.js"
import { interfaceEndpoints } from "./CloudServers/interfaces.js"
import { makeIpAssociations } from "./CloudServers/ipAssociations.js"
import { type ImportKeyPairFromFile, type KeyPair, makeKeyPairs } from "./CloudServers/keyPairs.js"
import { limitEndpoints } from "./CloudServers/limits.js"
import { withoutRemoved } from "./CloudServers/microversions.js"
import { imageMetadataEndpoints, serverMetadataEndpoints } from "./CloudServers/metadata.js"
import { networkEndpoints } from "./CloudServers/networks.js"
import { makeServerActions, type ResizeAndConfirm } from "./CloudServers/serverActions.js"
import { type BuiltServer, type CreateServerAndWait, makeServerCreation } from "./CloudServers/serverCreation.js"
import { type ListServerGroups, makeServerGroups, type ServerGroup } from "./CloudServers/serverGroups.js"
import { type ListServers, makeServers, type Server } from "./CloudServers/servers.js"
import { serverTagEndpoints } from "./CloudServers/serverTags.js"
import { makeServerWaits, type WaitOptions, type WatchServer } from "./CloudServers/serverWaits.js"
import { virtualInterfaceEndpoints } from "./CloudServers/virtualInterfaces.js"
import { volumeAttachmentEndpoints } from "./CloudServers/volumeAttachments.js"
import { makeVolumes, type Volume } from "./CloudServers/volumes.js"
import type { ByNameOrId } from "./common/find.js"
import { makeWaits } from "./common/waits.js"

export { Address } from "./CloudServers/addresses.js"
export { AvailabilityZone } from "./CloudServers/availabilityZones.js"
export { Console, type CreateRemoteConsole, type GetConsole, type GetConsoleLog } from "./CloudServers/consoles.js"
export { endpoints } from "./CloudServers/endpoints.js"
export { Extension } from "./CloudServers/extensions.js"
export { Fault } from "./CloudServers/faults.js"
export { DiskConfig, Summary } from "./CloudServers/fields.js"
export type { ByNameOrId } from "./common/find.js"
export {
  firstGenerationEndpoints,
  FirstGenerationServer,
  type ListFirstGenerationPage
} from "./CloudServers/firstGeneration.js"
export { Flavor, type ListFlavors, type ListFlavorsPage } from "./CloudServers/flavors.js"
export { ImageSchedule, type SetImageSchedule } from "./CloudServers/imageSchedules.js"
export {
  type CreatedImage,
  type CreateImage,
  type CreateImageAndWait,
  Image,
  ImageStatus,
  type ImageWaitOptions,
  type ListImages,
  type ListImagesPage
} from "./CloudServers/images.js"
export {
  InstanceAction,
  InstanceActionEvent,
  type ListInstanceActions,
  type ListInstanceActionsPage
} from "./CloudServers/instanceActions.js"
export { type AttachInterface, FixedIp, Interface } from "./CloudServers/interfaces.js"
export { IpAssociation } from "./CloudServers/ipAssociations.js"
export {
  type CreateKeyPair,
  GeneratedKeyPair,
  type GetKeyPair,
  type ImportKeyPair,
  type ImportKeyPairFromFile,
  KeyPair,
  type KeyPairOwner,
  type ListKeyPairsPage
} from "./CloudServers/keyPairs.js"
export { Limits, RateLimit, VerbLimit } from "./CloudServers/limits.js"
export type {
  SetImageMetadataItem,
  SetServerMetadataItem,
  WriteImageMetadata,
  WriteServerMetadata
} from "./CloudServers/metadata.js"
export { type CreateNetwork, Network, publicNet, serviceNet } from "./CloudServers/networks.js"
export type * from "./CloudServers/references.js"
export {
  type ChangePassword,
  type RebootServer,
  type RebuildServer,
  RebuiltServer,
  RescuedServer,
  type RescueServer,
  type ResizeAndConfirm,
  type ResizeServer
} from "./CloudServers/serverActions.js"
export {
  BlockDevice,
  bootFrom,
  type BootSource,
  type BuiltServer,
  CreatedServer,
  CreateServer,
  type CreateServerAndWait,
  NewServerNetwork,
  PersonalityFile,
  Reservation,
  SchedulerHints
} from "./CloudServers/serverCreation.js"
export {
  CreateServerGroup,
  type ListServerGroups,
  type ListServerGroupsPage,
  ServerGroup,
  type ServerGroupPolicy
} from "./CloudServers/serverGroups.js"
export { privateAddress, publicAddress } from "./CloudServers/serverAddresses.js"
export type { ReplaceTags } from "./CloudServers/serverTags.js"
export { isActive, type WaitOptions, type WatchServer } from "./CloudServers/serverWaits.js"
export {
  AttachedVolume,
  Bandwidth,
  EmbeddedFlavor,
  type ListServers,
  type ListServersPage,
  Server,
  ServerStatus,
  type UpdateServer
} from "./CloudServers/servers.js"
export {
  type CreateVirtualInterface,
  VirtualInterface,
  VirtualInterfaceAddress
} from "./CloudServers/virtualInterfaces.js"
export { type AttachVolume, type UpdateVolumeAttachment, VolumeAttachment } from "./CloudServers/volumeAttachments.js"
export { type CreateVolume, type ListVolumesPage, Volume, VolumeUse } from "./CloudServers/volumes.js"

type Endpoints = Endpoint.Client<typeof endpoints>

/**
 * The operations of Cloud Servers: those of {@link endpoints} and {@link firstGenerationEndpoints}, listings as
 * Streams, waits, and operations that take several requests.
 */
export interface Service extends Endpoints, Endpoint.Client<typeof firstGenerationEndpoints> {
  /**
   * The client of the service, for operations that the library lacks: `Endpoint.method(yield* service.client,
   * endpoint)`. It is an Effect so that `Layer.mock` can leave it out.
   */
  readonly client: Effect.Effect<CloudClient.CloudClient>
  /** The URL of the service's endpoint, without a trailing slash. It can be used as the option `endpoint`. */
  readonly endpointUrl: CloudClient.CloudClient["endpointUrl"]
  /** Ids and names of all servers, as a Stream that loads pages on demand. */
  readonly list: (filters?: ListServers) => Stream.Stream<Summary, CommonError>
  /** All servers with details, as a Stream that loads pages on demand. */
  readonly listDetail: (filters?: ListServers) => Stream.Stream<Server, CommonError>
  /** All flavors. */
  readonly listFlavors: (filters?: ListFlavors) => Stream.Stream<Flavor, CommonError>
  /** Ids and names of all flavors. */
  readonly listFlavorSummaries: (filters?: ListFlavors) => Stream.Stream<Summary, CommonError>
  /** Ids and names of all images. */
  readonly listImageSummaries: (filters?: ListImages) => Stream.Stream<Summary, CommonError>
  /** All server groups of the project. */
  readonly listServerGroups: (filters?: ListServerGroups) => Stream.Stream<ServerGroup, CommonError>
  /** All volumes, through Cloud Servers. */
  readonly listVolumes: (options?: PageSize) => Stream.Stream<Volume, CommonError>
  /** All images. */
  readonly listImages: (filters?: ListImages) => Stream.Stream<Image, CommonError>
  /**
   * Polls a server until `until` holds, and emits the result of each poll, including the last one, for example for a
   * progress bar. Fails with `ResourceFailed` (and the cloud's reason) as soon as the server is in ERROR or DELETED,
   * unless `until` holds. By default polls every 10 s for at most 2 hours.
   */
  readonly watch: (options: WatchServer) => Stream.Stream<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until `until` holds, and returns the server: like {@link Service.watch}, without the earlier states. */
  readonly waitUntil: (
    options: WatchServer
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the server is ACTIVE without a current task. */
  readonly waitUntilActive: (
    options: WaitOptions
  ) => Effect.Effect<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * Polls an image until it is ACTIVE, and emits the result of each poll, including the last one. Fails with
   * `ResourceFailed` as soon as it is in ERROR or DELETED. By default polls every 10 s for at most 2 hours.
   */
  readonly watchImage: (
    options: ImageWaitOptions
  ) => Stream.Stream<Image, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /** Waits until the image is ACTIVE: like {@link Service.watchImage}, without the earlier states. */
  readonly waitUntilImageActive: (
    options: ImageWaitOptions
  ) => Effect.Effect<Image, CommonError | NotFound | ResourceFailed | WaitTimeout>
  /**
   * The server with this id or exact name. Fails with `NotFound`, which names it, if there is none, and with
   * `InvalidInput` if several have the name, and lists their ids.
   */
  readonly find: (server: ByNameOrId) => Effect.Effect<Server, CommonError | NotFound>
  /** The image with this id or exact name, like {@link Service.find}. */
  readonly findImage: (image: ByNameOrId) => Effect.Effect<Image, CommonError | NotFound>
  /** The flavor with this id or exact name, like {@link Service.find}. */
  readonly findFlavor: (flavor: ByNameOrId) => Effect.Effect<Flavor, CommonError | NotFound>
  /**
   * Creates a server, from an image or with {@link bootFrom} from a volume, and waits until it is ACTIVE. If the wait
   * fails, the server stays, and the error has its id and password in `created`. An interrupted wait loses them: use
   * `adminPassword`, or `create` and `waitUntilActive`, if the program needs them.
   */
  readonly createAndWait: (
    server: CreateServerAndWait
  ) => Effect.Effect<BuiltServer, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>
  /**
   * Changes the flavor of a server, waits, confirms it, and waits until that is done. Fails with `ResourceFailed` if
   * the cloud gives up and keeps the old flavor. To inspect the server before the confirmation, run the steps one by
   * one.
   */
  readonly resizeAndConfirm: (
    resize: ResizeAndConfirm
  ) => Effect.Effect<Server, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>
  /**
   * Saves a server to a new image and waits until the image is ACTIVE. If the wait fails, the image stays, and the
   * error has its id in `created`.
   */
  readonly createImageAndWait: (
    image: CreateImageAndWait
  ) => Effect.Effect<Image, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>
  /**
   * Imports the public key in a file (`~/.ssh/id_ed25519.pub`; `~` is the home directory). Any other content, above all
   * a private key, is refused with `InvalidInput` and not sent.
   */
  readonly importKeyPairFromFile: (
    file: ImportKeyPairFromFile
  ) => Effect.Effect<KeyPair, CommonError | Conflict | QuotaExceeded | PlatformError, FileSystem.FileSystem>
  /**
   * The account's servers of the first generation in all regions, as a Stream that loads pages on demand; empty if the
   * catalog has no such service. `pageSize` is at most 1,000.
   */
  readonly listFirstGeneration: (options?: PageSize) => Stream.Stream<FirstGenerationServer, CommonError>
  /** Waits until the server is gone. Fails with `ResourceFailed` if it goes into ERROR. */
  readonly waitUntilDeleted: (options: WaitOptions) => Effect.Effect<void, CommonError | ResourceFailed | WaitTimeout>
}

/** Cloud Servers of one region. */
export class CloudServers extends Context.Tag("effect-rackspace/CloudServers")<CloudServers, Service>() {}

/** Selects Cloud Servers in a catalog: of the two entries of type `compute`, the next generation. */
export const selector = { types: ["compute"], name: "cloudServersOpenStack", microversions: "compute" } as const

/** The operations that take several requests. */
type OwnOperations = Exclude<
  keyof Service,
  keyof Endpoints | keyof typeof firstGenerationEndpoints | "client" | "endpointUrl"
>

/** Creates the service for a login. This sends no request. */
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
      client: Effect.succeed(client),
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

/** The layer of Cloud Servers in one region, for a login. */
export const layer = (
  options: CloudClient.Options = {}
): Layer.Layer<CloudServers, never, TokenRef | HttpClient.HttpClient> => Layer.effect(CloudServers, make(options))
