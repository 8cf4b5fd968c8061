/** Verifies the content of an object: a plain one by its MD5, a large one part by part. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { type ChecksumMismatch, type CommonError, type NotFound, TransportError } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import type { ByteSource } from "../../../internal/bytes/byteSource.js"
import { md5Hex } from "../../../internal/bytes/md5.js"
import { isGzipEncoding } from "../headers.js"
import { isPart, makeParts, type Part } from "../largeObjects/parts.js"
import { contradicts, unquoted } from "../objects/etags.js"
import { md5Of, objectEndpoints, type ObjectInfo } from "../objects/objects.js"
import { wrongLength } from "./failures.js"
import type { ContentError, DownloadError, DownloadOptions } from "./model.js"
import * as Verification from "./verification.js"

/** The parts of a large object. */
export interface ListedParts {
  readonly stream: Stream.Stream<Part, CommonError | NotFound>
  /** Whether the MD5 of a part differs from the listed one. */
  readonly isExempt: ((part: Part) => Effect.Effect<boolean>) | undefined
}

/** Reads the parts of large objects. */
const makeListedParts = (client: CloudClient, operation: string) => {
  const getObjectInfo = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const manifests = makeParts(client, operation)

  const staticParts = ({ container, object, versionId }: DownloadOptions, { etag }: ObjectInfo) =>
    Effect.gen(function* () {
      const manifest = yield* manifests.read({ container, object, versionId })
      if (etag !== undefined && contradicts(etag, manifest.etag)) {
        const what = "its manifest, which was replaced in the meantime,"
        return yield* Verification.mismatch(operation, { container, object }, unquoted(etag), manifest.etag, what)
      }
      return { stream: Stream.filter(manifests.partsOf(manifest.entries), isPart), isExempt: undefined }
    })

  /** A segment that is a large object itself is listed with the MD5 of its manifest. */
  const isLargeObject = ({ address }: Part): Effect.Effect<boolean> =>
    address === undefined
      ? Effect.succeed(false)
      : Effect.map(Effect.option(getObjectInfo(address)), (found) =>
          Option.exists(found, (one) => one.isStaticLargeObject || one.manifest !== undefined)
        )

  /** The parts of the downloaded version of a large object; undefined if they cannot be determined. */
  return (options: DownloadOptions, info: ObjectInfo): Effect.Effect<ListedParts | undefined, ContentError> => {
    if (info.isStaticLargeObject) return staticParts(options, info)
    if (info.manifest === undefined) return Effect.succeed(undefined)
    return Effect.map(manifests.dynamicParts(info), (parts) =>
      parts === undefined ? undefined : { stream: Stream.fromIterable(parts), isExempt: isLargeObject }
    )
  }
}

export const makeObjectVerification = (client: CloudClient, operation: string) => {
  const partsOf = makeListedParts(client, operation)

  const verifierOf = (
    options: DownloadOptions,
    info: ObjectInfo
  ): Effect.Effect<Verification.Verifier<ContentError>, ContentError, Scope.Scope> =>
    Effect.gen(function* () {
      const md5 = md5Of(info)
      if (md5 !== undefined) return yield* Verification.byWhole(operation, options, md5)
      const parts = yield* partsOf(options, info).pipe(
        // An HTTP client that decompresses cannot read the manifest of an object that is stored as gzip, so nothing can be verified.
        // With any other client, this failure is reported at the end.
        Effect.catchIf(
          (error): error is TransportError => error._tag === "TransportError" && isGzipEncoding(info.contentEncoding),
          (error) => Effect.succeed(error)
        )
      )
      if (parts instanceof TransportError) return { update: () => Effect.void, end: Effect.fail(parts) }
      if (parts === undefined) return Verification.unverified
      const verifier = yield* Verification.byParts(operation, options, parts.stream, parts.isExempt)
      // Only the length shows whether an HTTP client has decompressed the content, so this is known at its end.
      return info.contentEncoding === undefined ? verifier : Verification.late(verifier)
    })

  /** A source that fails at its end if its length or its checksum differs from that of the object. */
  const verified = (
    options: DownloadOptions,
    info: ObjectInfo,
    source: ByteSource<DownloadError>
  ): ByteSource<ContentError> =>
    Stream.unwrapScoped(
      Effect.gen(function* () {
        const isWhole = options.range === undefined && options.verify !== false
        const verifier = isWhole ? yield* verifierOf(options, info) : Verification.unverified
        let bytes = 0
        const check = Effect.suspend((): Effect.Effect<void, ContentError> => {
          // Some HTTP clients decompress compressed objects; then the bytes have neither the object's length nor its checksum.
          if (info.contentEncoding !== undefined && bytes !== info.bytes) return Effect.void
          return info.bytes !== undefined && bytes !== info.bytes
            ? Effect.fail(wrongLength(operation, options, bytes, info.bytes))
            : verifier.end
        })
        const passing = Stream.mapChunksEffect(source, (chunks) => {
          for (const chunk of chunks) bytes += chunk.bytes.byteLength
          return Effect.as(verifier.update(chunks), chunks)
        })
        return Stream.concat(passing, Stream.execute(check))
      })
    )

  /** Verifies the whole content of an object by its MD5. */
  const verifiedBytes = (
    options: DownloadOptions,
    info: ObjectInfo,
    body: OwnedChunk
  ): Effect.Effect<OwnedChunk, ChecksumMismatch> => {
    const expected = options.verify === false ? undefined : md5Of(info)
    const actual = expected === undefined ? "" : md5Hex(body.bytes)
    return expected === undefined || actual === expected
      ? Effect.succeed(body)
      : Effect.fail(Verification.mismatch(operation, options, expected, actual))
  }

  return { partsOf, verified, verifiedBytes }
}
