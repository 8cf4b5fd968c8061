/** Images: models, operations and waits. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CommonError, type NotFound, withCreated } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery, type PageSize } from "../../internal/paging/listing.js"
import { hideEncoded, lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
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

/** A base image, or a snapshot of a server, from which servers are created. */
export interface Image {
  readonly id: string
  /** Absent for an image without a name. */
  readonly name?: string | undefined
  /** `UNKNOWN` if the cloud does not return it. */
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

export const Image = struct<Image>(() => ({
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
  metadata: metadata(),
  serverId: reference().pipe(Schema.fromKey("server")),
  fault: nullableOptional(Fault)
}))

/** The id of a new image. */
export interface CreatedImage {
  readonly imageId: string
}

/** The id is in a header; since Nova's microversion 2.45 in the body. */
const ImageReference: Schema.Schema<CreatedImage, unknown> = lazy(() =>
  hideEncoded(
    Schema.transform(
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
    )
  )
)

/** The filters of a listing of images. */
const imageQuery = () => ({
  serverId: Schema.optional(Named).pipe(Schema.fromKey("server")),
  name: Schema.optional(Named),
  status: Schema.optional(ImageStatus),
  changesSince: changesSince(),
  type: Schema.optional(openEnum("base", "snapshot")),
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  ...pageQuery
})

/** An image to wait for. */
export interface ImageWaitOptions extends ByImageId, Waiting.Pace {}

/** A page of images. */
export interface ListImagesPage extends PageQuery {
  /** Only snapshots of this server. */
  readonly serverId?: string | undefined
  /** The exact name. */
  readonly name?: string | undefined
  /** Only images with this status. */
  readonly status?: ImageStatus | undefined
  /** Only images changed since then. */
  readonly changesSince?: DateTime.Utc | undefined
  /** `base` or `snapshot`. */
  readonly type?: "base" | "snapshot" | (string & {}) | undefined
  /** Only images that need a disk of at least this size. */
  readonly minDiskGigabytes?: number | undefined
  /** Only images that need at least this much memory. */
  readonly minRamMegabytes?: number | undefined
}

/** Which images to list. */
export interface ListImages extends Omit<ListImagesPage, keyof PageQuery>, PageSize {}

/** An image to create from a server. */
export interface CreateImage extends ByServerId {
  /** The name of the image, 1 to 255 characters. */
  readonly name: string
  /** Metadata of the image, in addition to that copied from the server. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** The operations on images, as data. */
export const imageEndpoints = Endpoint.table("CloudServers", {
  /**
   * A page of the ids and names of images. Since microversion 2.36 only Glance has them. "List images", `GET /images`.
   */
  listImageSummariesPage: Endpoint.define<ListImagesPage>()("GET", "/images", {
    query: imageQuery,
    success: Endpoint.json(page("images", Summary))
  }),
  /**
   * A page of images. Since microversion 2.36 only Glance has them. "List images with details", `GET /images/detail`.
   */
  listImagesPage: Endpoint.define<ListImagesPage>()("GET", "/images/detail", {
    query: imageQuery,
    success: Endpoint.json(page("images", Image))
  }),
  /** An image. Fails with `NotFound`. "Retrieve image details", `GET /images/{image_id}`. */
  getImage: Endpoint.define<ByImageId>()("GET", "/images/{imageId}", {
    success: Endpoint.json(enveloped("image", Image)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes an image, but not the servers created from it. Only Glance has it since microversion 2.36. Fails with
   * `NotFound`. "Delete image", `DELETE /images/{image_id}`.
   */
  deleteImage: Endpoint.define<ByImageId>()("DELETE", "/images/{imageId}", { errors: ["NotFound", "Conflict"] }),
  /**
   * Saves a server to a new image. Returns immediately; see `waitUntilImageActive`. Until it is done the server accepts
   * no other change. Fails with `NotFound`, with `Conflict` if the server's state does not allow it, and with
   * `QuotaExceeded`. "Create image of server", `POST /servers/{server_id}/action` with `createImage`.
   */
  createImage: Endpoint.define<CreateImage>()("POST", "/servers/{serverId}/action", {
    body: enveloped(
      "createImage",
      lazyStruct(() => ({ name: ServerName, metadata: Schema.optional(MetadataInput) }))
    ),
    success: Endpoint.response(ImageReference),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  })
})

/** An image to create from a server and wait for. */
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
