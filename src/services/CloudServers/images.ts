/** Images: models, operations, and waiting for them. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CommonError, type NotFound, withCreated } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery, type PageSize } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  enveloped,
  Id,
  Named,
  openEnum,
  someCount,
  Text,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { type ByNameOrId, find } from "../common/find.js"
import { type Context, listed, methods } from "./context.js"
import { Fault, hasFailed } from "./faults.js"
import { changesSince, DiskConfig, isRecord, reference, ServerName, Summary } from "./fields.js"
import { metadata, MetadataInput } from "./metadata.js"
import type { ByImageId, ByServerId } from "./references.js"

/** The status of an image. The cloud may return others. */
export const ImageStatus = openEnum("ACTIVE", "SAVING", "DELETED", "ERROR", "UNKNOWN")

export type ImageStatus = typeof ImageStatus.Type

/** What servers are made from: a base image, or a snapshot of a server. */
export interface Image {
  readonly id: string
  /** Absent for an image that was never given one. */
  readonly name?: string | undefined
  /** `UNKNOWN` where the cloud does not return it. */
  readonly status: ImageStatus
  /** In percent. */
  readonly progress?: number | undefined
  readonly created?: DateTime.Utc | undefined
  readonly updated?: DateTime.Utc | undefined
  readonly minDiskGigabytes?: number | undefined
  readonly minRamMegabytes?: number | undefined
  readonly bytes?: number | undefined
  readonly diskConfig?: DiskConfig | undefined
  /** Any JSON value under any key: a snapshot of a server that boots from a volume has a list of disks. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The server that it is a snapshot of; absent for a base image. */
  readonly serverId?: string | undefined
  readonly fault?: Fault | undefined
}

export const Image = struct<Image>({
  id: Id,
  name: nullableOptional(Text),
  status: Schema.optionalWith(ImageStatus, { nullable: true, default: () => "UNKNOWN" }),
  progress: someCount,
  created: TimestampIfAny,
  updated: TimestampIfAny,
  minDiskGigabytes: someCount.pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: someCount.pipe(Schema.fromKey("minRam")),
  bytes: someCount.pipe(Schema.fromKey("OS-EXT-IMG-SIZE:size")),
  diskConfig: nullableOptional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  metadata,
  serverId: reference.pipe(Schema.fromKey("server")),
  fault: nullableOptional(Fault)
})

/** The id of an image that a server is saved to. */
export interface CreatedImage {
  readonly imageId: string
}

/** The id is in a header only; from Nova's microversion 2.45 on in the body only. */
const ImageReference: Schema.Schema<CreatedImage, unknown> = Schema.transform(
  Schema.Struct({
    location: Schema.optional(Schema.String),
    ":body": Schema.optional(Schema.Unknown)
  }),
  Schema.Struct({ imageId: Schema.NonEmptyString.annotations({ description: "the id of the image" }) }),
  {
    strict: true,
    decode: ({ ":body": body, location }) => ({
      imageId:
        isRecord(body) && typeof body["image_id"] === "string"
          ? body["image_id"]
          : (location?.replace(/\/+$/, "").split("/").at(-1)?.split("?")[0] ?? "")
    }),
    encode: ({ imageId }) => ({ ":body": { image_id: imageId } })
  }
) as unknown as Schema.Schema<CreatedImage, unknown>

/** The filters of a listing of images. */
const imageQuery = {
  serverId: Schema.optional(Named).pipe(Schema.fromKey("server")),
  name: Schema.optional(Named),
  status: Schema.optional(ImageStatus),
  changesSince,
  type: Schema.optional(openEnum("base", "snapshot")),
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  ...pageQuery
}

/** An image to wait for. */
export interface ImageWaitOptions extends ByImageId, Waiting.Pace {}

/** A page of images. */
export interface ListImagesPage extends PageQuery {
  /** The snapshots of this server. */
  readonly serverId?: string | undefined
  /** Exactly. */
  readonly name?: string | undefined
  /** Those with this status. */
  readonly status?: ImageStatus | undefined
  /** Those that were changed since then. */
  readonly changesSince?: DateTime.Utc | undefined
  /** `base` or `snapshot`. */
  readonly type?: "base" | "snapshot" | (string & {}) | undefined
  /** Those that need a disk of at least this size. */
  readonly minDiskGigabytes?: number | undefined
  /** Those that need at least this much memory. */
  readonly minRamMegabytes?: number | undefined
}

/** Which images are listed. */
export interface ListImages extends Omit<ListImagesPage, keyof PageQuery>, PageSize {}

/** An image to save a server to. */
export interface CreateImage extends ByServerId {
  /** The name of the image, 1 to 255 characters. */
  readonly name: string
  /** The metadata of the image, besides what it takes from the server. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** The operations on images, as data. */
export const imageEndpoints = Endpoint.table("CloudServers", {
  /**
   * Ids and names of images, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List
   * images", `GET /images`.
   */
  listImageSummariesPage: Endpoint.define<ListImagesPage>()("GET", "/images", {
    query: imageQuery,
    success: Endpoint.json(page("images", Summary))
  }),
  /**
   * Images, whole, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List images with
   * details", `GET /images/detail`.
   */
  listImagesPage: Endpoint.define<ListImagesPage>()("GET", "/images/detail", {
    query: imageQuery,
    success: Endpoint.json(page("images", Image))
  }),
  /** One image. Fails with `NotFound`. "Retrieve image details", `GET /images/{image_id}`. */
  getImage: Endpoint.define<ByImageId>()("GET", "/images/{imageId}", {
    success: Endpoint.json(enveloped("image", Image)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes an image at once; servers made from it stay. Nova has none from microversion 2.36 on. Fails with `NotFound`.
   * "Delete image", `DELETE /images/{image_id}`.
   */
  deleteImage: Endpoint.define<ByImageId>()("DELETE", "/images/{imageId}", { errors: ["NotFound", "Conflict"] }),
  /**
   * Saves a server to a new image. It returns at once; see `waitUntilImageActive`. Until then the server takes no other
   * change. Fails with `NotFound`, with `Conflict` where its state does not allow it, and with `QuotaExceeded`. "Create
   * image of server", `POST /servers/{server_id}/action` with `createImage`.
   */
  createImage: Endpoint.define<CreateImage>()("POST", "/servers/{serverId}/action", {
    body: enveloped("createImage", Schema.Struct({ name: ServerName, metadata: Schema.optional(MetadataInput) })),
    success: Endpoint.response(ImageReference),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  })
})

/** An image to save a server to and to wait for. */
export interface CreateImageAndWait extends CreateImage, Waiting.Pace {}

/** The methods for images. */
export const makeImages = (context: Context) => {
  const { waits } = context
  const operations = methods(context, imageEndpoints)
  const createImage: typeof operations.createImage = (input) =>
    waits.noteCreated(operations.createImage(input), ({ imageId }) => [imageId])
  const watched = (
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
    createImage,
    listImages: listed("listImages", operations.listImagesPage),
    listImageSummaries: listed("listImageSummaries", operations.listImageSummariesPage),
    findImage: ({ nameOrId }: ByNameOrId) =>
      find({
        client: context.client,
        operation: "findImage",
        kind: "image",
        nameOrId,
        byId: operations.getImage({ imageId: nameOrId }),
        path: "/images/detail",
        byName: listed("findImage", operations.listImagesPage)({ name: nameOrId })
      }),
    watchImage: (options: ImageWaitOptions) => Waiting.watch(watched("watchImage", options)),
    waitUntilImageActive: (options: ImageWaitOptions) => Waiting.until(watched("waitUntilImageActive", options)),
    createImageAndWait: ({ interval, jitter, timeout, ...image }: CreateImageAndWait) =>
      Effect.flatMap(createImage(image), ({ imageId }) =>
        Waiting.until(watched("createImageAndWait", { imageId, interval, jitter, timeout })).pipe(
          Effect.mapError((error) => withCreated(error, { id: imageId }))
        )
      )
  }
}
