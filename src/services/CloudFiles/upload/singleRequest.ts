/** Stores an object, or a segment of one, in one request, and verifies it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../../CloudClient.js"
import { Unprocessable } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { absentIfEmpty } from "../../../internal/schema/wire.js"
import { content as contentOfBytes, type WholeBody } from "../../../RequestBody.js"
import { makeConfirmation } from "../objects/confirmation.js"
import { contradicts, md5In, sameEtag, unquoted } from "../objects/etags.js"
import { objectEndpoints, type ObjectInfo } from "../objects/objects.js"
import { operation, refusedContent, storedOther } from "./failures.js"
import type { PutHead, Uploaded, UploadError } from "./model.js"
import { type Progress, reporting } from "./progress.js"
import { contentOf, type Source, type Tally, TooLong } from "./source.js"

/** Whether an object has this MD5; or, if the cloud's ETags are not MD5s, this size and the ETag of the response. */
const hasContent =
  (md5: string, length: number, reported: string | undefined) =>
  ({ bytes, etag }: ObjectInfo): boolean =>
    etag !== undefined &&
    !contradicts(etag, md5) &&
    (md5In(etag) !== undefined || (bytes === length && (reported === undefined || sameEtag(reported, etag))))

const isUnprocessable = (error: unknown): error is Unprocessable => error instanceof Unprocessable

/** How a source is sent. */
interface StreamOptions {
  /** The MD5 that the caller gave. */
  readonly named?: string | undefined
  /** In bytes: a source of unknown length that is longer fails with `TooLong`. */
  readonly limit?: number | undefined
  readonly progress?: Progress | undefined
}

export const makeSingleRequest = (client: CloudClient) => {
  // The rest of the response is not read.
  const put = Endpoint.uploadMethod(client, {
    ...objectEndpoints.putObject,
    success: Endpoint.headers(Schema.Struct({ etag: absentIfEmpty }))
  })
  const confirm = makeConfirmation(client, operation)

  /** Stores bytes with a known MD5. */
  const putBytes = (
    input: PutHead,
    { bytes, md5, release }: WholeBody,
    progress?: Progress
  ): Effect.Effect<Uploaded, UploadError> => {
    const { content, settle } = reporting(progress, contentOfBytes(bytes))
    const uploaded: Uploaded = { etag: md5, md5, bytes: bytes.byteLength, segments: 0 }
    return Effect.matchEffect(put(Object.assign({}, input, { md5, content })), {
      onFailure: (error) =>
        Effect.fail(error._tag === "Unprocessable" ? refusedContent(input, md5, error.requestId) : error),
      onSuccess: ({ etag }): Effect.Effect<Uploaded, UploadError> => {
        if (etag !== undefined && contradicts(etag, md5)) return Effect.fail(storedOther(input, md5, etag))
        // Only a cloud that has received the whole body knows its MD5; any other response may arrive before the body was read.
        if (etag !== undefined && unquoted(etag) === md5) release?.()
        const result = etag === undefined || etag === md5 ? uploaded : { ...uploaded, etag }
        const reported = progress === undefined ? Effect.succeed(result) : Effect.as(settle(bytes.byteLength), result)
        if (etag === md5) return reported
        const isStored = hasContent(md5, bytes.byteLength, etag)
        return Effect.zipRight(confirm({ address: input, etag, expected: md5, isStored }), reported)
      }
    })
  }

  /** Stores a source, and computes its MD5 while it is sent. */
  const putStream = <E>(
    input: PutHead,
    source: Source<E>,
    { limit, named, progress }: StreamOptions
  ): Effect.Effect<Uploaded & { readonly md5: string }, UploadError | E | TooLong> =>
    Effect.gen(function* () {
      const tally: Tally = { md5: "", bytes: 0 }
      const { content, settle } = reporting(progress, contentOf(input, source, limit, tally))
      const { etag } = yield* put({ ...input, ...(named !== undefined && { md5: named }), content }).pipe(
        Effect.catchIf(
          (error): error is Unprocessable => named !== undefined && isUnprocessable(error),
          (error) => Effect.fail(refusedContent(input, named ?? "", error.requestId))
        ),
        // The whole source is sent again in another way, which reports its progress again.
        Effect.tapError((error) => (error instanceof TooLong ? settle(0) : Effect.void))
      )
      const { bytes, md5 } = tally
      const isOther = etag !== undefined && contradicts(etag, md5)
      if (!isOther) {
        yield* confirm({ address: input, etag, expected: md5, isStored: hasContent(md5, bytes, etag) })
      }
      yield* settle(bytes)
      return isOther ? yield* storedOther(input, md5, etag) : { etag: etag ?? md5, md5, bytes, segments: 0 }
    })

  return { putBytes, putStream }
}

/** Returned by {@link makeSingleRequest}. */
export type SingleRequest = ReturnType<typeof makeSingleRequest>
