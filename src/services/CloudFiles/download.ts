/**
 * Downloads: streamed with back-pressure, and verified at their end, so that what ends well is whole.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import { ChecksumMismatch, MalformedResponse, TransportError } from "../../CloudError.js"
import type { CommonError, NotFound, PreconditionFailed, RangeNotSatisfiable } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { type ByteRange, endpoints, md5Of, type ObjectInfo } from "./endpoints.js"

/** What to download. */
export interface DownloadOptions {
  readonly container: string
  readonly object: string
  /** A part of the object, instead of the whole. Its checksum cannot be verified, its length is. */
  readonly range?: ByteRange | undefined
  /** The ETag that the object must still have; otherwise it fails with `PreconditionFailed`. */
  readonly ifMatch?: string | undefined
}

/** Whatever the head of a download can fail with. */
export type DownloadError = CommonError | NotFound | PreconditionFailed | RangeNotSatisfiable

/** An object whose content is on its way. */
export interface Download {
  readonly info: ObjectInfo
  /**
   * The content. It fails with `ChecksumMismatch` at its end where the MD5 is not the object's, and with `TransportError`
   * where it is shorter or longer than announced. Runs once.
   */
  readonly stream: Stream.Stream<Uint8Array, TransportError | ChecksumMismatch>
}

const service = "CloudFiles"
const operation = "CloudFiles.download"

const verified = (
  { container, object, range }: DownloadOptions,
  info: ObjectInfo,
  stream: Stream.Stream<Uint8Array, TransportError>
): Download["stream"] =>
  Stream.suspend(() => {
    const expected = range === undefined ? md5Of(info) : undefined
    const hash = expected === undefined ? undefined : createHash("md5")
    let bytes = 0
    const check = Effect.suspend((): Effect.Effect<void, TransportError | ChecksumMismatch> => {
      // Some HTTP clients decompress what was stored compressed; then neither length nor checksum is that of the bytes.
      if (info.contentEncoding !== undefined && bytes !== info.bytes) return Effect.void
      if (info.bytes !== undefined && bytes !== info.bytes) {
        return Effect.fail(
          new TransportError({
            service,
            operation,
            method: "GET",
            url: `/${container}/${object}`,
            reason: "body",
            message: `${operation}: ${container}/${object} ended after ${bytes} of ${info.bytes} bytes`
          })
        )
      }
      const actual = hash?.digest("hex")
      if (actual === undefined || expected === undefined || actual === expected) return Effect.void
      return Effect.fail(
        new ChecksumMismatch({
          service,
          operation,
          container,
          object,
          expected,
          actual,
          message: `${operation}: ${container}/${object} has the MD5 ${expected}, and what arrived has ${actual}`
        })
      )
    })
    return stream.pipe(
      Stream.mapChunks((chunk) => {
        for (const part of chunk) {
          bytes += part.byteLength
          hash?.update(part)
        }
        return chunk
      }),
      Stream.concat(Stream.execute(check))
    )
  })

/** What shows that a response is not the part that was asked for, so that other bytes are never taken for it. */
const wrongPart = (
  range: ByteRange,
  info: ObjectInfo
): { readonly path: string; readonly expected: string } | undefined => {
  if (info.status !== 206) {
    // An object without a byte has no range, and is sent whole.
    return info.bytes === 0 ? undefined : { path: ":status", expected: "206, since a range was asked for" }
  }
  const sent = /^bytes (\d+)-\d+\/(\d+)$/.exec(info.contentRange ?? "")
  if (sent === null) return undefined
  const size = Number(sent[2])
  const offset = "last" in range ? Math.max(0, size - range.last) : range.offset
  return Number(sent[1]) === offset ? undefined : { path: "content-range", expected: `bytes from ${offset} on` }
}

/** What `download` and `open` are made of. */
export const makeDownload = (client: CloudClient) => {
  const get = Endpoint.method(client, { ...endpoints.getObject, operation })

  const open = (options: DownloadOptions): Effect.Effect<Download, DownloadError, Scope.Scope> =>
    Effect.flatMap(get(options), ({ head: info, stream }): Effect.Effect<Download, MalformedResponse> => {
      const wrong = options.range === undefined ? undefined : wrongPart(options.range, info)
      return wrong === undefined
        ? Effect.succeed({ info, stream: verified(options, info, stream) })
        : Effect.fail(
            new MalformedResponse({
              service,
              operation,
              status: info.status,
              ...wrong,
              message: `${operation}: ${info.status}, but the response is not the range that was asked for: ${wrong.path}: expected ${wrong.expected}`
            })
          )
    })

  return {
    open,
    download: (options: DownloadOptions): Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch> =>
      Stream.unwrapScoped(Effect.map(open(options), ({ stream }) => stream))
  }
}
