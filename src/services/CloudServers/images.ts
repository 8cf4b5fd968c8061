/**
 * Images: models, operations, and waiting for them.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CommonError, type NotFound, withCreated } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery } from "../../internal/paging/listing.js"
import { absent, enveloped, Id, Named, open, someCount, Text, TimestampIfAny } from "../../internal/schema/wire.js"
import * as Waiting from "../../Waiting.js"
import { type Context, listed, methods } from "./context.js"
import { Fault, hasFailed } from "./faults.js"
import { changesSince, DiskConfig, isRecord, reference, ServerName, Summary } from "./fields.js"
import { type ByNameOrId, find } from "./find.js"
import { metadata, MetadataInput } from "./metadata.js"

/**
 * The status of an image. The cloud may return others.
 *
 * @since 0.1.0
 * @category models
 */
export const ImageStatus = open("ACTIVE", "SAVING", "DELETED", "ERROR", "UNKNOWN")

/**
 * What servers are made from: a base image, or a snapshot of a server.
 *
 * @since 0.1.0
 * @category models
 */
export const Image = Schema.Struct({
  id: Id,
  /** Absent for an image that was never given one. */
  name: absent(Text),
  /** `UNKNOWN` where the cloud does not return it. */
  status: Schema.optionalWith(ImageStatus, { nullable: true, default: () => "UNKNOWN" }),
  /** In percent. */
  progress: someCount,
  created: TimestampIfAny,
  updated: TimestampIfAny,
  minDiskGigabytes: someCount.pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: someCount.pipe(Schema.fromKey("minRam")),
  bytes: someCount.pipe(Schema.fromKey("OS-EXT-IMG-SIZE:size")),
  diskConfig: absent(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig")),
  /** Any JSON value under any key: a snapshot of a server that boots from a volume has a list of disks. */
  metadata,
  /** The server that it is a snapshot of; absent for a base image. */
  serverId: reference.pipe(Schema.fromKey("server")),
  fault: absent(Fault)
})

/**
 * What servers are made from: a base image, or a snapshot of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Image extends Schema.Schema.Type<typeof Image> {}

/**
 * The id of an image that a server is saved to.
 *
 * @since 0.1.0
 * @category models
 */
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
  /** `base` or `snapshot`. */
  type: Schema.optional(open("base", "snapshot")),
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  ...pageQuery
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
 * The operations on images, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const imageEndpoints = Endpoint.table("CloudServers", {
  /**
   * Ids and names of images, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List
   * images", `GET /images`.
   */
  listImageSummariesPage: Endpoint.make("GET", "/images", {
    query: imageQuery,
    success: Endpoint.json(page("images", Summary))
  }),
  /**
   * Images, whole, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List images with
   * details", `GET /images/detail`.
   */
  listImagesPage: Endpoint.make("GET", "/images/detail", {
    query: imageQuery,
    success: Endpoint.json(page("images", Image))
  }),
  /** One image. Fails with `NotFound`. "Retrieve image details", `GET /images/{image_id}`. */
  getImage: Endpoint.make("GET", "/images/{imageId}", {
    parameters: { imageId: Named },
    success: Endpoint.json(enveloped("image", Image)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes an image at once; servers made from it stay. Nova has none from microversion 2.36 on. Fails with `NotFound`.
   * "Delete image", `DELETE /images/{image_id}`.
   */
  deleteImage: Endpoint.make("DELETE", "/images/{imageId}", {
    parameters: { imageId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Saves a server to a new image. It returns at once; see `waitUntilImageActive`. Until then the server takes no other
   * change. Fails with `NotFound`, with `Conflict` where its state does not allow it, and with `QuotaExceeded`. "Create
   * image of server", `POST /servers/{server_id}/action` with `createImage`.
   */
  createImage: Endpoint.make("POST", "/servers/{serverId}/action", {
    parameters: { serverId: Named },
    body: enveloped("createImage", Schema.Struct({ name: ServerName, metadata: Schema.optional(MetadataInput) })),
    success: Endpoint.response(ImageReference),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  })
})

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
      find(
        "findImage",
        nameOrId,
        operations.getImage({ imageId: nameOrId }).pipe(
          Effect.asSome,
          Effect.catchTag("NotFound", () => Effect.succeedNone)
        ),
        listed("findImage", operations.listImagesPage)({ name: nameOrId })
      ),
    watchImage: (options: ImageWaitOptions) => Waiting.watch(watched("watchImage", options)),
    waitUntilImageActive: (options: ImageWaitOptions) => Waiting.until(watched("waitUntilImageActive", options)),
    createImageAndWait: ({ interval, jitter, timeout, ...image }: Parameters<typeof createImage>[0] & Waiting.Pace) =>
      Effect.flatMap(createImage(image), ({ imageId }) =>
        Waiting.until(watched("createImageAndWait", { imageId, interval, jitter, timeout })).pipe(
          Effect.mapError((error) => withCreated(error, { id: imageId }))
        )
      )
  }
}
