/**
 * Downloads: streamed with back-pressure, resumed where a connection breaks, and verified, so that a download that succeeds is
 * whole and of one version.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { ChecksumMismatch, MalformedResponse, TransportError } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { Receiving } from "../../../internal/bytes/bufferPool.js"
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

/** In bytes: an object up to this size is received in one piece, once all of it is there and verified. */
export const smallObject = 256 * 1024

/** In bytes: what a large object is received in, where its buffers are used again. */
const pieceSize = 1024 * 1024

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts)
}

/** A download that has begun. */
export interface OpenDownload extends Download {
  /** All bytes of a small object, once they are there and verified. */
  readonly whole?: Effect.Effect<Uint8Array, ContentError>
}

/** A small object, of which a Stream is made only where it is asked for. */
class SmallDownload implements OpenDownload {
  constructor(
    readonly info: ObjectInfo,
    readonly whole: Effect.Effect<Uint8Array, ContentError>
  ) {}

  get stream(): Download["stream"] {
    return Stream.fromEffect(this.whole)
  }
}

/** The buffers that an object is received in, where its reader releases them. */
const buffers: Receiving = (length) => (length <= smallObject ? length : length >= pieceSize ? pieceSize : undefined)

interface MakeOptions {
  readonly operation?: string
  /** Whether all buffers of the streams are released once they are read. */
  readonly releases?: boolean
}

/** Reads a small object from its response, all at once: a Stream of one piece would cost many times what the piece does. */
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
  ): Effect.Effect<Uint8Array, ContentError> => {
    const resume = (
      error: TransportError,
      parts: ReadonlyArray<Uint8Array>
    ): Effect.Effect<Uint8Array, ContentError> => {
      if (!isBroken(error)) return Effect.fail(error)
      const broken = Stream.concat(Stream.fromIterable(parts), Stream.fail(error))
      const rest = Stream.runCollect(verified(options, info, resumed(options, info, broken)))
      return Effect.map(rest, (all) => joined(Chunk.toReadonlyArray(all)))
    }
    return Effect.suspend(() => {
      const parts: Array<Uint8Array> = []
      return Effect.matchEffect(response.readInto(parts), {
        onFailure: (error) => resume(error, parts),
        onSuccess: (): Effect.Effect<Uint8Array, ContentError> => {
          const bytes = joined(parts)
          if (bytes.byteLength === info.bytes) return verifiedBytes(options, info, bytes)
          // Some HTTP clients decompress what was stored compressed; then neither length nor checksum is that of the bytes.
          return info.contentEncoding === undefined
            ? resume(wrongLength(operation, options, bytes.byteLength, info.bytes ?? 0), [bytes])
            : Effect.succeed(bytes)
        }
      })
    })
  }

/** Reads a small object by one request and without a Stream. */
const makeReadWhole = (
  client: CloudClient,
  operation: string,
  { verifiedBytes }: ReturnType<typeof makeObjectVerification>
) => {
  const getWhole = Endpoint.wholeMethod(client, { ...objectEndpoints.getObject, operation }, smallObject)
  /** Undefined where the object is not small, cannot be verified as a whole, or did not arrive whole: then it is to be requested anew. */
  return (
    options: DownloadOptions
  ): Effect.Effect<
    { readonly info: ObjectInfo; readonly bytes: Uint8Array } | undefined,
    DownloadError | ChecksumMismatch
  > => {
    const { verify, ...request } = options
    return Effect.flatMap(getWhole(request), ({ bytes, head: info }) => {
      if (bytes === undefined || bytes.byteLength !== info.bytes) return Effect.succeed(undefined)
      if (verify !== false && md5Of(info) === undefined) return Effect.succeed(undefined)
      return Effect.map(verifiedBytes(options, info, bytes), () => ({ info, bytes }))
    })
  }
}

/** Downloads objects, for one operation. */
export const makeDownload = (
  client: CloudClient,
  servicePolicy: RetryPolicy.Service | undefined,
  { operation = "CloudFiles.download", releases = false }: MakeOptions = {}
) => {
  const get = Endpoint.method(client, { ...objectEndpoints.getObject, operation }, releases ? buffers : undefined)
  const verification = makeObjectVerification(client, operation)
  const resumed = makeResuming(get, operation, servicePolicy)
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
    const stream = verification.verified(options, info, resumed(options, info, response.stream))
    return Effect.succeed({ info, stream: isCompressed ? decompressed(operation, options, info, stream) : stream })
  }

  /** Begins a download. */
  const begin = (options: DownloadOptions): Effect.Effect<OpenDownload, DownloadError, Scope.Scope> => {
    const { decompress = false, verify: _, ...request } = options
    if (decompress && options.range !== undefined) {
      const expected = "no decompression of a range, which does not begin where gzip does"
      return Effect.fail(invalidInput("CloudFiles", operation, [{ path: "decompress", expected }]))
    }
    return Effect.flatMap(get(request), (response) => received(options, response))
  }

  const open = (options: DownloadOptions): Effect.Effect<Download, DownloadError, Scope.Scope> =>
    Effect.map(begin(options), ({ info, stream }) => ({ info, stream }))

  return {
    begin,
    open,
    readWhole: makeReadWhole(client, operation, verification),
    partsOf: verification.partsOf,
    getObjectInfo: Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation }),
    /** A range of the version with this ETag, resumed where it breaks. Only its length is verified. */
    range: (options: DownloadOptions, wanted: ByteRange & { readonly offset: number }, etag: string) =>
      Stream.unwrapScoped(Effect.map(open({ ...options, range: wanted, ifMatch: etag }), ({ stream }) => stream)),
    download: (options: DownloadOptions): Stream.Stream<Uint8Array, ContentError> =>
      Stream.unwrapScoped(Effect.map(open(options), ({ stream }) => stream))
  }
}

/** What {@link makeDownload} makes. */
export type Downloads = ReturnType<typeof makeDownload>
