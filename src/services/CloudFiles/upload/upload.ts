/**
 * Uploads: every byte is verified, every request can be sent again, and no partial object is stored.
 *
 * A body that fits is sent in one request. A longer one is cut into segments that are sent several at a time, and then combined by a
 * manifest. The segments of files and bytes are read when they are sent, so that none is held in memory; if a source can be read only
 * once, each sender holds one segment.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import * as Endpoint from "../../../Endpoint.js"
import { md5Hex } from "../../../internal/bytes/md5.js"
import { renameIssuePaths } from "../../../internal/paging/listing.js"
import type { Opened, WholeBody } from "../../../RequestBody.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import type { PutStaticManifest } from "../largeObjects/staticManifests.js"
import { objectEndpoints } from "../objects/objects.js"
import { operation, sourceChanged } from "./failures.js"
import { makeFileUpload } from "./fileUpload.js"
import { makeLargeObjectUpload } from "./largeObject.js"
import type { Uploaded, UploadError, UploadOptions } from "./model.js"
import { makeOverwriting } from "./overwriting.js"
import { headOf, prepareUpload, type Upload } from "./plan.js"
import { makeSingleRequest } from "./singleRequest.js"
import { compressed, hashOfBytes, TooLong, wrongCompression } from "./source.js"
import { makeStreamUpload } from "./streamUpload.js"

/** In bytes: a body of up to this length is hashed and sent at once. */
const smallBody = 1024 * 1024

/** Options of uploads that take several requests, or need more of the source than its content. */
const multiRequestOptions: ReadonlySet<string> = new Set([
  "segmentThreshold",
  "segmentSize",
  "concurrency",
  "segmentContainer",
  "largeObject",
  "resume",
  "keepSegments",
  "oldSegments",
  "storeModified",
  "progress"
] satisfies Array<keyof UploadOptions<never, never>>)

/** Uploads a body with any options. The method depends on the kind and the length of the body. */
const makeGeneralUpload = (client: CloudClient, bulkDelete: BulkDelete, putStaticManifest: PutStaticManifest) => {
  const single = makeSingleRequest(client)
  const overwriting = makeOverwriting(client, bulkDelete)
  const putLarge = makeLargeObjectUpload(client, bulkDelete, putStaticManifest, overwriting)
  const uploadFile = makeFileUpload(client, single, putLarge)
  const uploadStream = makeStreamUpload(single, putLarge, overwriting)

  const inOneRequest = <E>({ input, md5, plain, progress, source }: Upload<E>, limit?: number) =>
    overwriting.overwrite(input, plain, single.putStream(input, source, { named: md5, limit, progress }))

  const uploadBytes = <E>({ input, md5, plain, progress }: Upload<E>, bytes: Uint8Array) =>
    Effect.flatMap(md5 === undefined ? hashOfBytes(bytes) : Effect.succeed(md5), (known) =>
      overwriting.overwrite(input, plain, single.putBytes(input, { bytes, md5: known }, progress))
    )

  /** Uploads a body that does not need segments. */
  const uploadShort = <E>(upload: Upload<E>): Effect.Effect<Uploaded, UploadError | E> => {
    const { bytes, length, replayable } = upload.source
    if (bytes !== undefined) return uploadBytes(upload, bytes)
    // A source without content is read before it is sent.
    return replayable && length !== 0
      ? Effect.catchTag(inOneRequest(upload), "TooLong", () => Effect.dieMessage("a known length is never too long"))
      : uploadStream(upload)
  }

  const run = <E>(upload: Upload<E>): Effect.Effect<Uploaded, UploadError | E> => {
    const { segmentThreshold, source } = upload
    const { length, replayable, slice } = source
    if (length !== undefined && length <= segmentThreshold) return uploadShort(upload)
    if (length !== undefined && slice !== undefined) return uploadFile({ ...upload, length, slice })
    if (length !== undefined || !replayable) return uploadStream(upload)
    // In one request, if it fits; otherwise it is read again, in segments.
    return Effect.catchIf(
      inOneRequest(upload, segmentThreshold),
      (error): error is TooLong => error instanceof TooLong,
      () => uploadStream(upload)
    )
  }

  return {
    putBytes: single.putBytes,
    uploadAny: <E, R>(
      options: UploadOptions<E, R>,
      opened?: Opened<E, R>
    ): Effect.Effect<Uploaded, UploadError | E, R> => Effect.flatMap(prepareUpload(client, options, opened), run)
  }
}

/** The service's `upload`. */
export const makeUpload = (client: CloudClient, bulkDelete: BulkDelete, putStaticManifest: PutStaticManifest) => {
  const { putBytes, uploadAny } = makeGeneralUpload(client, bulkDelete, putStaticManifest)

  /** A short body without such options, which takes a single request. */
  const uploadSimple = <E, R>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> => {
    const { body, createOnly, md5, ...head } = options
    const input = headOf(head, createOnly)
    const send = (whole: WholeBody): Effect.Effect<Uploaded, UploadError> =>
      Effect.mapError(putBytes(input, md5 === undefined ? whole : { ...whole, md5 }), renameIssuePaths(operation))
    const sendBytes = (bytes: Uint8Array) => send({ bytes, md5: md5 ?? md5Hex(bytes) })
    const open = Effect.flatMap(body.open, (opened): Effect.Effect<Uploaded, UploadError | E, R> => {
      const { bytes, length, whole } = opened
      if (bytes !== undefined && bytes.byteLength <= smallBody) return sendBytes(bytes)
      if (whole === undefined) return uploadAny(options, opened)
      return Effect.flatMap(whole, (read) =>
        read.byteLength === length ? sendBytes(read) : Effect.fail(sourceChanged(options))
      )
    })
    return body.readWhole === undefined
      ? open
      : Effect.flatMap(body.readWhole, (read) => (read === undefined ? open : send(read)))
  }

  /** A body that is compressed while it is sent, and is therefore a source of unknown length. */
  const uploadCompressed = <E, R>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> => {
    const { body, compress: _, md5, ...rest } = options
    const wrong = wrongCompression(options)
    if (wrong !== undefined) return Effect.fail(wrong)
    const { container, object } = options
    const open = Effect.map(body.open, (opened) => compressed({ container, object }, opened, md5))
    return Effect.zipRight(
      Endpoint.validate(client, { ...objectEndpoints.putObject, operation }, { container, object, md5 }),
      uploadAny({ ...rest, contentEncoding: "gzip", body: { open } })
    )
  }

  return <E = never, R = never>(options: UploadOptions<E, R>): Effect.Effect<Uploaded, UploadError | E, R> => {
    if (options.compress !== undefined) return uploadCompressed(options)
    return Object.keys(options).some((key) => multiRequestOptions.has(key)) ? uploadAny(options) : uploadSimple(options)
  }
}

/** Returned by {@link makeUpload}. */
export type UploadObject = ReturnType<typeof makeUpload>
