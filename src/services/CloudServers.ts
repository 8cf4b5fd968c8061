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
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as CloudClient from "../CloudClient.js"
import {
  type CloudError,
  type CommonError,
  type Conflict,
  type Created,
  type NotFound,
  type QuotaExceeded,
  type ResourceFailed,
  type WaitTimeout,
  withCreated
} from "../CloudError.js"
import * as Endpoint from "../Endpoint.js"
import type { TokenRef } from "../Identity.js"
import { renameIssuePaths, listing, type PageQuery } from "../internal/paging/listing.js"
import type { ItemList } from "../internal/schema/itemList.js"
import { refuseUnknown } from "../internal/schema/knownFields.js"
import * as Paging from "../Paging.js"
import * as Waiting from "../Waiting.js"
import { makeWaits } from "./common/waits.js"
import { type BuiltServer, exactly, find, importKeyPairFromFile } from "./CloudServers/conveniences.js"
import { countedListing } from "./CloudServers/countedListing.js"
import { createIpAssociationByPost, endpoints } from "./CloudServers/endpoints.js"
import { type FirstGenerationServer, firstGenerationEndpoints, largestPage } from "./CloudServers/firstGeneration.js"
import { inputs } from "./CloudServers/inputs.js"
import { listAllInstanceActions } from "./CloudServers/instanceActions.js"
import { type KeyPair, listAllKeyPairs } from "./CloudServers/keyPairs.js"
import { guarded, isAtLeast } from "./CloudServers/microversions.js"
import type { Flavor, Image, ImageSchedule, Server, Summary } from "./CloudServers/models.js"
import { createServerGroupWithRules, type ServerGroup } from "./CloudServers/serverGroups.js"
import type { Volume } from "./CloudServers/volumes.js"

export { bootFrom } from "./CloudServers/conveniences.js"

export type { BootSource, BuiltServer } from "./CloudServers/conveniences.js"

export { AvailabilityZone } from "./CloudServers/availabilityZones.js"

export { Console } from "./CloudServers/consoles.js"

export { endpoints } from "./CloudServers/endpoints.js"

export { BlockDevice } from "./CloudServers/requests.js"

export { Interface } from "./CloudServers/interfaces.js"

export { GeneratedKeyPair, KeyPair } from "./CloudServers/keyPairs.js"

export { ServerGroup } from "./CloudServers/serverGroups.js"

export { VolumeAttachment } from "./CloudServers/volumeAttachments.js"

export { Volume } from "./CloudServers/volumes.js"

export { firstGenerationEndpoints, FirstGenerationServer } from "./CloudServers/firstGeneration.js"

export {
  Address,
  Bandwidth,
  CreatedServer,
  DiskConfig,
  EmbeddedFlavor,
  Extension,
  Fault,
  Flavor,
  Image,
  ImageSchedule,
  ImageStatus,
  InstanceAction,
  IpAssociation,
  Limits,
  Network,
  publicNet,
  RateLimit,
  RebuiltServer,
  Reservation,
  Server,
  ServerStatus,
  serviceNet,
  Summary,
  VirtualInterface
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
export type Filters<
  Name extends
    | "listPage"
    | "listDetailPage"
    | "listFlavorsPage"
    | "listFlavorSummariesPage"
    | "listImagesPage"
    | "listImageSummariesPage"
> = Omit<PageInput<Name>, "limit" | "marker"> & { readonly pageSize?: number | undefined }

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
 * The filters of a listing whose pages are found by counting.
 *
 * @since 0.1.0
 * @category models
 */
export type CountedFilters<Name extends "listServerGroupsPage" | "listVolumesPage"> = Omit<
  PageInput<Name>,
  "limit" | "offset"
> & { readonly pageSize?: number | undefined }

/**
 * A server, image or flavor by its name or its id.
 *
 * @since 0.1.0
 * @category models
 */
export interface ByNameOrId {
  readonly nameOrId: string
}

/** Of several servers, the cloud's response names only one, so that only that one could be waited for. */
type CreateInput = Omit<Parameters<Endpoints["create"]>[0], "minCount" | "maxCount">

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
 * Whether a server is ACTIVE with nothing being done to it. The status alone may still read ACTIVE right after a reboot was
 * accepted.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActive = (server: Server): boolean => server.status === "ACTIVE" && server.taskState === undefined

/** Whether nothing is being done to a server, and nothing is waited for. */
const isAtRest = (server: Server): boolean =>
  (server.status === "ACTIVE" || server.status === "SHUTOFF") && server.taskState === undefined

/** Adds to a failure what was created before it. */
const createdBefore =
  (created: Created) =>
  <E extends CloudError>(error: E): E =>
    withCreated(error, created)

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

/** How the first generation is found: by its name alone, whatever the region. */
const firstGenerationSelector = { types: ["compute"], name: "cloudServers" } as const

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
  Effect.map(makeService(options), (service) => refuseUnknown<Service, OwnOperations>("CloudServers", service, inputs))

const makeService = (
  options: CloudClient.Options = {}
): Effect.Effect<Service, never, TokenRef | HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const cloudClient = yield* CloudClient.make("CloudServers", selector, options)
    // One endpoint for all regions, of one interface; a URL or a microversion is meant for the other generation.
    const { maxConcurrentRequests, retry, transformClient } = options
    const old = yield* CloudClient.make("CloudServers", firstGenerationSelector, {
      maxConcurrentRequests,
      retry,
      transformClient
    })
    const waits = makeWaits("CloudServers", { interval: "10 seconds", timeout: "2 hours" })
    const table = Endpoint.client(cloudClient, endpoints)
    const operations = guarded(
      {
        ...table,
        create: (input) => waits.noteCreated(table.create(input), ({ id }) => [id]),
        createImage: (input) => waits.noteCreated(table.createImage(input), ({ imageId }) => [imageId]),
        listKeyPairs: listAllKeyPairs(cloudClient),
        listInstanceActions: listAllInstanceActions(cloudClient),
        ...(isAtLeast(options.microversion, "2.64") && {
          createServerGroup: Endpoint.method(cloudClient, createServerGroupWithRules)
        })
      } satisfies typeof table,
      options.microversion
    )
    const firstGeneration = Endpoint.client(old, firstGenerationEndpoints)
    const firstGenerationPage = Endpoint.method(
      old,
      Endpoint.listItems(firstGenerationEndpoints.listFirstGenerationPage)
    )
    const pages = guarded(
      {
        listServerGroupsPage: Endpoint.method(cloudClient, Endpoint.listItems(endpoints.listServerGroupsPage)),
        listVolumesPage: Endpoint.method(cloudClient, Endpoint.listItems(endpoints.listVolumesPage))
      },
      options.microversion
    )
    const listed = <Input extends PageQuery, A>(
      operation: string,
      fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, CommonError>
    ) => listing({ service: "CloudServers", operation: `CloudServers.${operation}` }, 1000, fetch)
    const counted = <Input, A extends { readonly id: string }>(
      operation: string,
      fetch: (input: Input) => Effect.Effect<ItemList<A>, CommonError>
    ) => countedListing({ service: "CloudServers", operation: `CloudServers.${operation}` }, fetch)
    const watched = (
      operation: string,
      { serverId, until, ...pace }: WaitOptions & { readonly until: (server: Server) => boolean }
    ): Waiting.Watch<Server, CommonError | NotFound, never> => ({
      ...waits.target(operation, serverId, pace),
      poll: operations.get({ serverId }),
      state: (server) => server.status,
      until,
      failed: (server) => (until(server) ? Option.none() : hasFailed(server))
    })
    const watchedImage = (
      operation: string,
      { imageId, ...pace }: ImageWaitOptions
    ): Waiting.Watch<Image, CommonError | NotFound, never> => ({
      ...waits.target(operation, imageId, pace),
      poll: operations.getImage({ imageId }),
      state: (image) => image.status,
      until: (image) => image.status === "ACTIVE",
      failed: hasFailed
    })
    return {
      ...operations,
      ...firstGeneration,
      endpointUrl: cloudClient.endpointUrl,
      list: listed("list", operations.listPage),
      listDetail: listed("listDetail", operations.listDetailPage),
      listFlavors: listed("listFlavors", operations.listFlavorsPage),
      listFlavorSummaries: listed("listFlavorSummaries", operations.listFlavorSummariesPage),
      listImages: listed("listImages", operations.listImagesPage),
      listImageSummaries: listed("listImageSummaries", operations.listImageSummariesPage),
      listServerGroups: counted("listServerGroups", pages.listServerGroupsPage),
      listVolumes: counted("listVolumes", pages.listVolumesPage),
      findServer: ({ nameOrId }) =>
        find(
          "findServer",
          nameOrId,
          operations.get({ serverId: nameOrId }).pipe(
            Effect.asSome,
            Effect.catchTag("NotFound", () => Effect.succeedNone)
          ),
          listed<PageInput<"listDetailPage">, Server>(
            "findServer",
            operations.listDetailPage
          )({ name: exactly(nameOrId) })
        ),
      findImage: ({ nameOrId }) =>
        find(
          "findImage",
          nameOrId,
          operations.getImage({ imageId: nameOrId }).pipe(
            Effect.asSome,
            Effect.catchTag("NotFound", () => Effect.succeedNone)
          ),
          listed<PageInput<"listImagesPage">, Image>("findImage", operations.listImagesPage)({ name: nameOrId })
        ),
      // There are few, and their ids have any form: all of them are read.
      findFlavor: ({ nameOrId }) =>
        find("findFlavor", nameOrId, Effect.succeedNone, listed("findFlavor", operations.listFlavorsPage)()),
      createAndWait: ({ interval, jitter, timeout, ...server }) =>
        Effect.gen(function* () {
          const { adminPassword, id: serverId } = yield* operations.create(server)
          const password = adminPassword !== undefined && { adminPassword }
          const built = yield* Waiting.until(
            watched("createAndWait", { serverId, interval, jitter, timeout, until: isActive })
          ).pipe(Effect.mapError(createdBefore({ id: serverId, ...password })))
          return { ...built, ...password }
        }),
      resizeAndConfirm: ({ interval, jitter, timeout, ...resize }) =>
        Effect.gen(function* () {
          const { flavorId, serverId } = resize
          const pace = { interval, jitter, timeout }
          yield* operations.resize(resize)
          // The first polls may see the server as it was; after it was seen at work, rest is an end.
          let worked = false
          const hasNewFlavor = (server: Server) => isAtRest(server) && server.flavorId === flavorId
          const resized = yield* Waiting.until({
            ...watched("resizeAndConfirm", {
              serverId,
              ...pace,
              until: (server) => server.status === "VERIFY_RESIZE" || hasNewFlavor(server)
            }),
            failed: (server) => {
              const failed = hasFailed(server)
              if (Option.isSome(failed) || hasNewFlavor(server)) return failed
              const gaveUp = worked && isAtRest(server) && server.flavorId !== undefined
              worked ||= !isAtRest(server)
              return gaveUp ? Option.some({ fault: "the cloud gave up, and left the old flavor" }) : Option.none()
            }
          })
          if (resized.status !== "VERIFY_RESIZE") return resized
          yield* operations.confirmResize({ serverId })
          return yield* Waiting.until(watched("resizeAndConfirm", { serverId, ...pace, until: isAtRest }))
        }),
      createImageAndWait: ({ interval, jitter, timeout, ...image }) =>
        Effect.flatMap(operations.createImage(image), ({ imageId }) =>
          Waiting.until(watchedImage("createImageAndWait", { imageId, interval, jitter, timeout })).pipe(
            Effect.mapError(createdBefore({ id: imageId }))
          )
        ),
      importKeyPairFromFile: importKeyPairFromFile(operations.importKeyPair),
      createIpAssociation: (input) =>
        operations.createIpAssociation(input).pipe(
          Effect.catchIf(
            (error) => error._tag === "UnexpectedStatus" && error.status === 405,
            () => Endpoint.method(cloudClient, createIpAssociationByPost)(input)
          )
        ),
      listFirstGeneration: ({ pageSize = largestPage } = {}) =>
        Paging.stream(
          { service: "CloudServers", operation: "CloudServers.listFirstGeneration" },
          (offset: number | undefined) =>
            firstGenerationPage({ limit: pageSize, offset: offset ?? 0 }).pipe(
              Effect.map(({ items, unreadable }) => ({
                items,
                unreadable,
                next: items.length + unreadable.length < pageSize ? undefined : (offset ?? 0) + pageSize
              })),
              Effect.mapError(renameIssuePaths("CloudServers.listFirstGeneration"))
            )
        ).pipe(Stream.catchTag("EndpointNotFound", () => Stream.empty)),
      watch: (options) => Waiting.watch(watched("watch", options)),
      waitUntil: (options) => Waiting.until(watched("waitUntil", options)),
      waitUntilActive: (options) => Waiting.until(watched("waitUntilActive", { ...options, until: isActive })),
      imageSchedule: (server) =>
        Effect.asSome(operations.getImageSchedule(server)).pipe(
          // The cloud returns the same for a server that does not exist.
          Effect.catchTag("NotFound", () => Effect.as(operations.get(server), Option.none()))
        ),
      watchImage: (options) => Waiting.watch(watchedImage("watchImage", options)),
      waitUntilImageActive: (options) => Waiting.until(watchedImage("waitUntilImageActive", options)),
      waitUntilDeleted: ({ serverId, ...pace }) =>
        waits.untilDeleted(waits.target("waitUntilDeleted", serverId, pace), {
          poll: operations.get({ serverId }),
          state: ({ status }) => status,
          isDeleted: ({ status }) => status === "DELETED",
          failed: (server) =>
            server.status === "ERROR" && server.taskState === undefined ? hasFailed(server) : Option.none()
        })
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
