/**
 * Downloads: streamed with back-pressure, resumed where a connection breaks, and verified, so that a download that succeeds is
 * whole and of one version.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import {
  type ChecksumMismatch,
  type CommonError,
  MalformedResponse,
  type NotFound,
  type PreconditionFailed,
  type RangeNotSatisfiable,
  TransportError
} from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import * as Recycling from "../../internal/bytes/bufferPool.js"
import { gunzip, isGzip, NotGzip } from "../../internal/bytes/gzip.js"
import { md5Hex } from "../../internal/bytes/md5.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import * as RetryPolicy from "../../RetryPolicy.js"
import { type ByteRange, endpoints, md5Of, type ObjectInfo } from "./endpoints.js"
import { isPart, makeManifests, type Part } from "./manifest.js"
import { contradicts, unquoted } from "./segments.js"
import * as Verification from "./verification.js"

/**
 * What to download.
 *
 * @since 0.1.0
 * @category models
 */
export interface DownloadOptions {
  readonly container: string
  readonly object: string
  /** The version to read, as `listVersions` gives it, of a container that keeps versions under ids. */
  readonly versionId?: string | undefined
  /** A part of the object, instead of the whole. Its checksum cannot be verified, its length is. */
  readonly range?: ByteRange | undefined
  /** The ETag that the object must still have; otherwise it fails with `PreconditionFailed`. */
  readonly ifMatch?: string | undefined
  /**
   * Whether the content is verified by its MD5: a plain object's by its ETag; a static large object's part by part, by its manifest,
   * which takes a request more; a dynamic one's likewise, by the listing of its segments, unless that cannot be read or is not (or no
   * longer) the one that its ETag is of. Default true. Without it, only the length is verified.
   */
  readonly verify?: boolean | undefined
  /**
   * Decompresses an object whose `Content-Encoding` is gzip while it is read; any other is given as it is stored. Checksum and length
   * are those of the stored content. Nothing bounds how long the decompressed content may be, but memory does not grow with it.
   * Default false. Fails with `InvalidInput` together with `range`, and with `MalformedResponse` where the object is not gzip or ends too early.
   */
  readonly decompress?: boolean | undefined
}

/** Whether an object is stored as gzip, as far as its headers say. */
export const isCompressed = ({ contentEncoding }: ObjectInfo): boolean =>
  /^(?:x-)?gzip$/i.test(contentEncoding?.trim() ?? "")

/**
 * Whatever the head of a download can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DownloadError = CommonError | NotFound | PreconditionFailed | RangeNotSatisfiable

/**
 * An object whose content is on its way.
 *
 * @since 0.1.0
 * @category models
 */
export interface Download {
  readonly info: ObjectInfo
  /**
   * The content. Where the connection breaks or stands still it goes on from there, as often in a row as the RetryPolicy says,
   * and with `PreconditionFailed` if the object is another one by then. It fails with `ChecksumMismatch` where an MD5 is not that
   * of the object or its part, and with `TransportError` where it is shorter or longer than announced. Runs once.
   */
  readonly stream: Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch>
}

const service = "CloudFiles"

/** The first and the last byte of a range in an object of this size. */
const boundsOf = (range: ByteRange, size: number): readonly [first: number, last: number] => {
  if ("last" in range) return [Math.max(0, size - range.last), size - 1]
  const end = range.length === undefined ? size : Math.min(size, range.offset + range.length)
  return [range.offset, end - 1]
}

/** Describes why a response is not the range that was requested; undefined where it is. Other bytes must not be taken for it. */
const wrongPart = (
  range: ByteRange,
  info: ObjectInfo
): { readonly path: string; readonly expected: string } | undefined => {
  if (info.status !== 206) {
    // An empty object has no range, and is sent whole.
    return info.bytes === 0 ? undefined : { path: ":status", expected: "206, since a range was requested" }
  }
  const sent = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(info.contentRange ?? "")
  if (sent === null) return undefined
  const [first, last] = boundsOf(range, Number(sent[3]))
  return Number(sent[1]) === first && Number(sent[2]) === last
    ? undefined
    : { path: "content-range", expected: `bytes ${first}-${last}` }
}

/** Where in the object a response begins. */
const beginOf = (info: ObjectInfo): number => {
  const sent = /^bytes (\d+)-/.exec(info.contentRange ?? "")
  return info.status === 206 && sent !== null ? Number(sent[1]) : 0
}

/** Whether a request for the rest may succeed. */
const isBroken = (error: DownloadError): error is TransportError =>
  error._tag === "TransportError" &&
  (error.reason === "body" || error.reason === "timeout" || error.reason === "connect")

type Broken = DownloadError | ChecksumMismatch

/** What a large object consists of, and which of its parts have another MD5 than is listed. */
export interface Parts {
  readonly stream: Stream.Stream<Part, CommonError | NotFound>
  readonly exempt: ((part: Part) => Effect.Effect<boolean>) | undefined
}

/** In bytes: an object up to this size is handed on in one piece, once all of it is there and right. */
export const smallObject = 256 * 1024

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts)
}

/** In bytes: what a large object is received in, where its buffers are used again. */
const pieceSize = 1024 * 1024

type Arriving = Endpoint.Arriving<ObjectInfo>

/** A download that has begun. */
export interface Begun extends Download {
  /** Of a small object: all of its bytes, once they are there and right. */
  readonly whole?: Effect.Effect<Uint8Array, DownloadError | ChecksumMismatch>
}

/** A small object, of which a Stream is made only where somebody asks for one. */
class Small implements Begun {
  constructor(
    readonly info: ObjectInfo,
    readonly whole: Effect.Effect<Uint8Array, DownloadError | ChecksumMismatch>
  ) {}

  get stream(): Download["stream"] {
    return Stream.fromEffect(this.whole)
  }
}

/** The buffers that an object is received in, where its reader releases them. */
const buffers: Recycling.Receiving = (length) =>
  length <= smallObject
    ? Recycling.sharedPool(length)
    : length >= pieceSize
      ? Recycling.sharedPool(pieceSize)
      : undefined

interface MakeOptions {
  readonly operation?: string
  /** Whether all buffers of the streams are given back once they are read. */
  readonly releases?: boolean
}

/** What `download`, `open` and `downloadToFile` are made of. */
export const makeDownload = (
  client: CloudClient,
  servicePolicy: RetryPolicy.Service | undefined,
  { operation = "CloudFiles.download", releases = false }: MakeOptions = {}
) => {
  const get = Endpoint.method(client, { ...endpoints.getObject, operation }, releases ? buffers : undefined)
  const getWhole = Endpoint.wholeMethod(client, { ...endpoints.getObject, operation }, smallObject)
  const getObjectInfo = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
  const manifests = makeManifests(client, operation)

  const malformed = (info: ObjectInfo, wrong: { readonly path: string; readonly expected: string }) =>
    new MalformedResponse({
      service,
      operation,
      status: info.status,
      ...wrong,
      message: `${operation}: ${info.status}, but the response is not the requested range: ${wrong.path}: expected ${wrong.expected}`
    })

  const wrongLength = ({ container, object }: DownloadOptions, bytes: number, expected: number): TransportError =>
    new TransportError({
      service,
      operation,
      method: "GET",
      url: `/${container}/${object}`,
      reason: "body",
      message: `${operation}: ${container}/${object} ended after ${bytes} of ${expected} bytes`
    })

  /** One request for a part of a version. */
  const partOf = (
    options: DownloadOptions,
    range: ByteRange,
    etag: string
  ): Effect.Effect<Stream.Stream<Uint8Array, TransportError>, DownloadError, Scope.Scope> =>
    Effect.flatMap(
      get({ container: options.container, object: options.object, versionId: options.versionId, range, ifMatch: etag }),
      (response) => {
        const wrong =
          wrongPart(range, response.head) ??
          (response.head.etag === undefined || unquoted(response.head.etag) === unquoted(etag)
            ? undefined
            : { path: "etag", expected: etag })
        return wrong === undefined ? Effect.succeed(response.stream) : Effect.fail(malformed(response.head, wrong))
      }
    )

  /**
   * The bytes of a response, and where it breaks off those of further ones. The count of attempts begins anew with each byte, so
   * that a long download is not ended by many short troubles.
   */
  const resumed = (
    options: DownloadOptions,
    info: ObjectInfo,
    first: Stream.Stream<Uint8Array, TransportError>
  ): Stream.Stream<Uint8Array, DownloadError> =>
    Stream.unwrap(
      Effect.map(RetryPolicy.current(servicePolicy), (policy) => {
        const begin = beginOf(info)
        const { etag } = info
        const length = info.bytes
        // Some HTTP clients decompress what was stored compressed; then nobody can say how far they were.
        const isRaw = info.contentEncoding === undefined || info.contentEncoding === "identity"
        let received = 0
        let driver: Schedule.ScheduleDriver<unknown, TransportError> | undefined
        const counted = <E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | TransportError> =>
          Stream.concat(
            Stream.mapChunks(stream, (chunk) => {
              for (const bytes of chunk) {
                received += bytes.byteLength
                if (bytes.byteLength > 0) driver = undefined
              }
              return chunk
            }),
            // What ends early without an error has been cut off none the less.
            Stream.suspend(() =>
              isRaw && length !== undefined && received < length
                ? Stream.fail(wrongLength(options, received, length))
                : Stream.empty
            )
          )
        const goingOn = (stream: Stream.Stream<Uint8Array, DownloadError>): Stream.Stream<Uint8Array, DownloadError> =>
          Stream.catchAll(counted(stream), (error): Stream.Stream<Uint8Array, DownloadError> => {
            if (etag === undefined || !isRaw || !isBroken(error)) return Stream.fail(error)
            // It broke after the last byte.
            if (length !== undefined && received >= length) return Stream.empty
            const again = Effect.gen(function* () {
              driver ??= yield* Effect.flatMap(RetryPolicy.schedule<TransportError>(policy, true), Schedule.driver)
              yield* Effect.mapError(driver.next(error), () => error)
              const rest = length === undefined ? {} : { length: length - received }
              return partOf(options, { offset: begin + received, ...rest }, etag)
            })
            // Only a body that breaks off is resumed. A request that fails has been retried already.
            return Stream.unwrapScoped(
              Effect.map(
                // The object ends here, whatever was announced.
                Effect.catchTag(Effect.flatten(again), "RangeNotSatisfiable", () => Effect.fail(error)),
                goingOn
              )
            )
          })
        return goingOn(first)
      })
    )

  /** By what the whole of this object can be verified. */
  const verifierOf = (
    options: DownloadOptions,
    info: ObjectInfo
  ): Effect.Effect<Verification.Verifier<Broken>, Broken, Scope.Scope> =>
    Effect.gen(function* () {
      const md5 = md5Of(info)
      if (md5 !== undefined) return yield* Verification.byWhole(operation, options, md5)
      const parts = yield* partsOf(options, info).pipe(
        // An HTTP client that decompresses cannot read the manifest of an object that is stored as gzip, and nothing can be verified
        // then. Any other client fails with it in the end.
        Effect.catchIf(
          (error): error is TransportError => error._tag === "TransportError" && isCompressed(info),
          (error) => Effect.succeed(error)
        )
      )
      if (parts instanceof TransportError) return { update: () => Effect.void, end: Effect.fail(parts) }
      if (parts === undefined) return Verification.unverified
      const verifier = yield* Verification.byParts(operation, options, parts.stream, parts.exempt)
      // Whether an HTTP client has decompressed it is known by its length only, and so at its end.
      return info.contentEncoding === undefined ? verifier : Verification.late(verifier)
    })

  /** The parts of a large object, of the very version that is meant; undefined where it cannot be taken apart. */
  const partsOf = (options: DownloadOptions, info: ObjectInfo): Effect.Effect<Parts | undefined, Broken> =>
    Effect.gen(function* () {
      const { container, object, versionId } = options
      if (info.isStaticLargeObject) {
        const { entries, etag } = yield* manifests.read({ container, object, versionId })
        if (info.etag !== undefined && contradicts(info.etag, etag)) {
          return yield* Verification.mismatch(
            operation,
            options,
            unquoted(info.etag),
            etag,
            "its manifest, which was replaced meanwhile,"
          )
        }
        return { stream: Stream.filter(manifests.partsOf(entries), isPart), exempt: undefined }
      }
      if (info.manifest === undefined) return undefined
      const parts = yield* manifests.dynamicParts(info)
      return parts === undefined
        ? undefined
        : {
            stream: Stream.fromIterable(parts),
            // The listing has the MD5 of a manifest for a segment that is a large object itself.
            exempt: ({ address }: Part) =>
              address === undefined
                ? Effect.succeed(false)
                : Effect.map(Effect.option(getObjectInfo(address)), (found) =>
                    Option.exists(found, (one) => one.isStaticLargeObject || one.manifest !== undefined)
                  )
          }
    })

  const verified = (
    options: DownloadOptions,
    info: ObjectInfo,
    stream: Stream.Stream<Uint8Array, DownloadError>
  ): Download["stream"] =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const isWhole = options.range === undefined && options.verify !== false
        const verifier = isWhole ? yield* verifierOf(options, info) : Verification.unverified
        let bytes = 0
        const check = Effect.suspend((): Effect.Effect<void, Broken> => {
          // Some HTTP clients decompress what was stored compressed; then neither length nor checksum is that of the bytes.
          if (info.contentEncoding !== undefined && bytes !== info.bytes) return Effect.void
          if (info.bytes !== undefined && bytes !== info.bytes) {
            return Effect.fail(wrongLength(options, bytes, info.bytes))
          }
          return verifier.end
        })
        const passing = stream.pipe(
          Stream.mapChunksEffect((chunk) => {
            for (const part of chunk) bytes += part.byteLength
            return Effect.as(verifier.update(chunk), chunk)
          })
        )
        return Stream.concat(passing, Stream.execute(check))
      })
    )

  /** All bytes of an object, where they are what its MD5 says. */
  const right = (
    options: DownloadOptions,
    info: ObjectInfo,
    bytes: Uint8Array
  ): Effect.Effect<Uint8Array, ChecksumMismatch> => {
    const expected = options.verify === false ? undefined : md5Of(info)
    const actual = expected === undefined ? "" : md5Hex(bytes)
    return expected === undefined || actual === expected
      ? Effect.succeed(bytes)
      : Effect.fail(Verification.mismatch(operation, options, expected, actual))
  }

  /** A small object's bytes, all at once: what a Stream of one piece costs is many times what the piece does. */
  const whole = (
    options: DownloadOptions,
    info: ObjectInfo,
    response: Arriving
  ): Effect.Effect<Uint8Array, DownloadError | ChecksumMismatch> => {
    const goOn = (error: TransportError, parts: ReadonlyArray<Uint8Array>) => {
      const broken = Stream.concat(Stream.fromIterable(parts), Stream.fail(error))
      return isBroken(error)
        ? Effect.map(Stream.runCollect(verified(options, info, resumed(options, info, broken))), (all) =>
            joined(Chunk.toReadonlyArray(all))
          )
        : Effect.fail(error)
    }
    return Effect.suspend(() => {
      const parts: Array<Uint8Array> = []
      return Effect.matchEffect(response.readInto(parts), {
        onFailure: (error) => goOn(error, parts),
        onSuccess: (): Effect.Effect<Uint8Array, DownloadError | ChecksumMismatch> => {
          const bytes = joined(parts)
          if (bytes.byteLength !== info.bytes) {
            // Some HTTP clients decompress what was stored compressed; then neither length nor checksum is that of the bytes.
            return info.contentEncoding === undefined
              ? goOn(wrongLength(options, bytes.byteLength, info.bytes ?? 0), [bytes])
              : Effect.succeed(bytes)
          }
          return right(options, info, bytes)
        }
      })
    })
  }

  /**
   * An object that is said to be small, by one request and without a Stream; undefined where it is not small, cannot be verified
   * as a whole, or did not come whole: then it is to be begun anew.
   */
  const brief = (
    options: DownloadOptions
  ): Effect.Effect<
    { readonly info: ObjectInfo; readonly bytes: Uint8Array } | undefined,
    DownloadError | ChecksumMismatch
  > => {
    const { verify, ...request } = options
    return Effect.flatMap(getWhole(request), ({ bytes, head: info }) => {
      if (bytes === undefined || bytes.byteLength !== info.bytes) return Effect.succeed(undefined)
      if (verify !== false && md5Of(info) === undefined) return Effect.succeed(undefined)
      return Effect.map(right(options, info, bytes), () => ({ info, bytes }))
    })
  }

  const notGzip = ({ container, object }: DownloadOptions, { status }: ObjectInfo, reason: string): MalformedResponse =>
    new MalformedResponse({
      service,
      operation,
      status,
      path: ":body",
      expected: "gzip data",
      message: `${operation}: the content of ${container}/${object} cannot be decompressed as gzip: ${reason}`
    })

  /**
   * The content of an object that is stored as gzip. Some HTTP clients have decompressed it already: then it does not begin as gzip
   * does, nor has it the object's length.
   */
  const decompressed = (options: DownloadOptions, info: ObjectInfo, stream: Download["stream"]): Download["stream"] =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        let bytes = 0
        const pull = yield* Stream.toPull(
          Stream.mapChunks(stream, (chunk) => {
            for (const part of chunk) bytes += part.byteLength
            return chunk
          })
        )
        let head = Chunk.empty<Uint8Array>()
        let hasEnded = false
        const readHead: Effect.Effect<void, Broken> = Effect.suspend(() =>
          bytes >= 2 || hasEnded
            ? Effect.void
            : Effect.zipRight(
                Effect.matchEffect(pull, {
                  onFailure: Option.match({
                    onNone: () =>
                      Effect.sync(() => {
                        hasEnded = true
                      }),
                    onSome: (error) => Effect.fail(error)
                  }),
                  onSuccess: (chunk) =>
                    Effect.sync(() => {
                      head = Chunk.appendAll(head, chunk)
                    })
                }),
                readHead
              )
        )
        yield* readHead
        const content = Stream.concat(
          Stream.fromChunk(head),
          hasEnded ? Stream.empty : Stream.fromPull(Effect.succeed(pull))
        )
        const isStored = () => info.bytes === undefined || bytes === info.bytes
        const first = Buffer.concat(Chunk.toReadonlyArray(head))
        if (!isGzip(first)) {
          const check = Effect.suspend(() =>
            info.bytes !== undefined && info.bytes > 0 && isStored()
              ? Effect.fail(notGzip(options, info, "it does not begin as gzip data do"))
              : Effect.void
          )
          return Stream.concat(content, Stream.execute(check))
        }
        const check = Effect.suspend(() =>
          isStored() ? Effect.void : Effect.fail(wrongLength(options, bytes, info.bytes ?? 0))
        )
        return Stream.mapError(gunzip(Stream.concat(content, Stream.execute(check))), (error) =>
          error instanceof NotGzip ? notGzip(options, info, error.reason) : error
        )
      })
    )

  /** The start of a download; where its object is small, also all of it in one piece, instead of the stream. */
  const begin = (options: DownloadOptions): Effect.Effect<Begun, DownloadError, Scope.Scope> => {
    const { decompress = false, verify, ...request } = options
    if (decompress && options.range !== undefined) {
      const issue = {
        path: "decompress",
        expected: "no decompression of a range, which does not begin where gzip does"
      }
      return Effect.fail(invalidInput(service, operation, [issue]))
    }
    return Effect.flatMap(get(request), (response): Effect.Effect<Begun, MalformedResponse> => {
      const info = response.head
      const wrong = options.range === undefined ? undefined : wrongPart(options.range, info)
      if (wrong !== undefined) return Effect.fail(malformed(info, wrong))
      if (decompress && isCompressed(info)) {
        const stored = verified(options, info, resumed(options, info, response.stream))
        return Effect.succeed({ info, stream: decompressed(options, info, stored) })
      }
      const isSmall =
        options.range === undefined &&
        info.bytes !== undefined &&
        info.bytes <= smallObject &&
        (verify === false || md5Of(info) !== undefined)
      if (!isSmall) {
        return Effect.succeed({ info, stream: verified(options, info, resumed(options, info, response.stream)) })
      }
      return Effect.succeed(new Small(info, whole(options, info, response)))
    })
  }

  const open = (options: DownloadOptions): Effect.Effect<Download, DownloadError, Scope.Scope> =>
    Effect.map(begin(options), ({ info, stream }) => ({ info, stream }))

  /** A part of the version with this ETag, resumed where it breaks. Only its length is verified. */
  const range = (options: DownloadOptions, wanted: ByteRange & { readonly offset: number }, etag: string) =>
    Stream.unwrapScoped(Effect.map(open({ ...options, range: wanted, ifMatch: etag }), ({ stream }) => stream))

  return {
    begin,
    brief,
    open,
    range,
    wrongLength,
    partsOf,
    verifierOf,
    getObjectInfo,
    download: (options: DownloadOptions): Stream.Stream<Uint8Array, DownloadError | ChecksumMismatch> =>
      Stream.unwrapScoped(Effect.map(open(options), ({ stream }) => stream))
  }
}
