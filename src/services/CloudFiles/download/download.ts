/**
 * Downloads: streamed with back-pressure, resumed if the connection breaks, and verified, so that a successful download is complete
 * and of one version.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { ChecksumMismatch, MalformedResponse, TransportError } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import { type ByteSource, Collector, runForEach, toBytes, toStream } from "../../../internal/bytes/byteSource.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { isGzipEncoding } from "../headers.js"
import type { ByteRange } from "../objects/byteRange.js"
import { md5Of, objectEndpoints, type ObjectInfo } from "../objects/objects.js"
import { decompressed } from "./decompression.js"
import { isBroken, notTheRange, wrongLength } from "./failures.js"
import type { ContentError, Download, DownloadError, DownloadOptions } from "./model.js"
import { makeObjectVerification } from "./objectVerification.js"
import { wrongRange } from "./rangeResponse.js"
import { makeResuming } from "./resuming.js"

/** In bytes: an object up to this size is read completely, and verified, before its bytes are passed on. */
export const smallObject = 256 * 1024

/** In bytes: the pooled buffers for a large object. */
const largeBuffer = 1024 * 1024

/** A download that has begun. */
export interface OpenDownload {
  readonly info: ObjectInfo
  readonly source: ByteSource<ContentError>
  /** All bytes of a small object, verified. */
  readonly whole?: Effect.Effect<OwnedChunk, ContentError>
}

/** A small object, whose source is created only if it is used. */
class SmallDownload implements OpenDownload {
  constructor(
    readonly info: ObjectInfo,
    readonly whole: Effect.Effect<OwnedChunk, ContentError>
  ) {}

  get source(): ByteSource<ContentError> {
    return Stream.fromEffect(this.whole)
  }
}

interface MakeOptions {
  readonly operation?: string
  /** Whether large objects are received in pooled buffers, which costs less if the reader releases them, and more if not. */
  readonly pooled?: boolean
}

/** Reads a small object from its response at once: a Stream of one chunk would cost many times more. */
const makeSmallReading =
  (
    operation: string,
    resumed: ReturnType<typeof makeResuming>,
    { verified, verifiedBytes }: ReturnType<typeof makeObjectVerification>
  ) =>
  (
    options: DownloadOptions,
    info: ObjectInfo,
    response: Endpoint.Arriving<ObjectInfo>
  ): Effect.Effect<OwnedChunk, ContentError> =>
    Effect.suspend(() => {
      const body = new Collector()
      const resume = (error: TransportError): Effect.Effect<OwnedChunk, ContentError> => {
        if (!isBroken(error)) return Effect.fail(error)
        const broken = Stream.concat(
          Stream.sync(() => body.take()),
          Stream.fail(error)
        )
        const whole = new Collector()
        return Effect.map(
          runForEach(verified(options, info, resumed(options, info, broken)), (bytes) =>
            Effect.sync(() => whole.add(bytes))
          ),
          () => whole.take()
        )
      }
      return Effect.matchEffect(response.readInto(body), {
        onFailure: resume,
        onSuccess: (): Effect.Effect<OwnedChunk, ContentError> => {
          const { size } = body
          if (size === info.bytes) return verifiedBytes(options, info, body.take())
          // Some HTTP clients decompress compressed objects; then the bytes have neither the object's length nor its checksum.
          return info.contentEncoding === undefined
            ? resume(wrongLength(operation, options, size, info.bytes ?? 0))
            : Effect.succeed(body.take())
        }
      })
    })

/** Reads a small object with one request and without a Stream. */
const makeReadWhole = (
  client: CloudClient,
  operation: string,
  { verifiedBytes }: ReturnType<typeof makeObjectVerification>
) => {
  const getWhole = Endpoint.wholeMethod(client, { ...objectEndpoints.getObject, operation }, smallObject)
  /** Undefined if the object is not small, cannot be verified as a whole, or arrived incomplete: then it must be requested again. */
  return (
    options: DownloadOptions
  ): Effect.Effect<
    { readonly info: ObjectInfo; readonly body: OwnedChunk } | undefined,
    DownloadError | ChecksumMismatch
  > => {
    const { verify, ...request } = options
    return Effect.flatMap(getWhole(request), ({ body, head: info }) => {
      if (body === undefined || body.bytes.byteLength !== info.bytes) return Effect.succeed(undefined)
      if (verify !== false && md5Of(info) === undefined) return Effect.succeed(undefined)
      return Effect.map(verifiedBytes(options, info, body), () => ({ info, body }))
    })
  }
}

/** Downloads objects, for one operation. */
export const makeDownload = (
  client: CloudClient,
  servicePolicy: RetryPolicy.Service | undefined,
  { operation = "CloudFiles.download", pooled = false }: MakeOptions = {}
) => {
  const get = Endpoint.method(client, { ...objectEndpoints.getObject, operation })
  const verification = makeObjectVerification(client, operation)
  const sourceOf = (response: Endpoint.Arriving<ObjectInfo>): ByteSource<TransportError> =>
    response.source(pooled && (response.head.bytes ?? 0) >= largeBuffer ? largeBuffer : undefined)
  const resumed = makeResuming(get, sourceOf, operation, servicePolicy)
  const readSmall = makeSmallReading(operation, resumed, verification)

  /** The download of a response. */
  const received = (
    options: DownloadOptions,
    response: Endpoint.Arriving<ObjectInfo>
  ): Effect.Effect<OpenDownload, MalformedResponse> => {
    const info = response.head
    const { decompress = false, range, verify } = options
    const wrong = range === undefined ? undefined : wrongRange(range, info)
    if (wrong !== undefined) return Effect.fail(notTheRange(operation, info, wrong))
    const isCompressed = decompress && isGzipEncoding(info.contentEncoding)
    const isSmall =
      range === undefined &&
      info.bytes !== undefined &&
      info.bytes <= smallObject &&
      (verify === false || md5Of(info) !== undefined)
    if (isSmall && !isCompressed) {
      return Effect.succeed(new SmallDownload(info, readSmall(options, info, response)))
    }
    const source = verification.verified(options, info, resumed(options, info, sourceOf(response)))
    return Effect.succeed({ info, source: isCompressed ? decompressed(operation, options, info, source) : source })
  }

  /** Begins a download. */
  const begin = (options: DownloadOptions): Effect.Effect<OpenDownload, DownloadError, Scope.Scope> => {
    const { decompress = false, verify: _, ...request } = options
    if (decompress && options.range !== undefined) {
      const expected = "no decompression together with range, since gzip data can only be decompressed from their start"
      return Effect.fail(invalidInput("CloudFiles", operation, [{ path: "decompress", expected }]))
    }
    return Effect.flatMap(get(request), (response) => received(options, response))
  }

  const open = (options: DownloadOptions): Effect.Effect<Download, DownloadError, Scope.Scope> =>
    Effect.map(begin(options), ({ info, source, whole }) => ({
      info,
      stream: whole === undefined ? toStream(source) : Stream.fromEffect(Effect.map(whole, toBytes))
    }))

  return {
    begin,
    open,
    readWhole: makeReadWhole(client, operation, verification),
    partsOf: verification.partsOf,
    getObjectInfo: Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation }),
    /** A range of the version with this ETag, resumed if the connection breaks. Only its length is verified. */
    range: (options: DownloadOptions, wanted: ByteRange & { readonly offset: number }, etag: string) =>
      Stream.unwrapScoped(Effect.map(begin({ ...options, range: wanted, ifMatch: etag }), ({ source }) => source)),
    download: (options: DownloadOptions): Stream.Stream<Uint8Array, ContentError> =>
      Stream.unwrapScoped(Effect.map(open(options), ({ stream }) => stream))
  }
}

/** Returned by {@link makeDownload}. */
export type Downloads = ReturnType<typeof makeDownload>
