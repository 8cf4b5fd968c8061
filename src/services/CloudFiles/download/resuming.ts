/** Resumes a download after its connection broke. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TransportError } from "../../../CloudError.js"
import type * as Endpoint from "../../../Endpoint.js"
import type { ByteSource } from "../../../internal/bytes/byteSource.js"
import * as RetryPolicy from "../../../RetryPolicy.js"
import type { ByteRange } from "../objects/byteRange.js"
import { unquoted } from "../objects/etags.js"
import type { objectEndpoints, ObjectInfo } from "../objects/objects.js"
import { isBroken, notTheRange, wrongLength } from "./failures.js"
import type { DownloadError, DownloadOptions } from "./model.js"
import { offsetOf, wrongRange } from "./rangeResponse.js"

/** A running download. */
interface State {
  readonly options: DownloadOptions
  readonly info: ObjectInfo
  readonly policy: RetryPolicy.Service
  received: number
  /** Counts the attempts since the last byte. */
  attempts: Schedule.ScheduleDriver<unknown, TransportError> | undefined
}

/** Whether the bytes are received as stored: some HTTP clients decompress, and then the position in the object is unknown. */
const isRaw = ({ contentEncoding }: ObjectInfo): boolean =>
  contentEncoding === undefined || contentEncoding === "identity"

export const makeResuming = (
  get: Endpoint.Method<typeof objectEndpoints.getObject>,
  sourceOf: (response: Endpoint.Arriving<ObjectInfo>) => ByteSource<TransportError>,
  operation: string,
  servicePolicy: RetryPolicy.Service | undefined
) => {
  /** One request for a range of the version with this ETag. */
  const rangeOf = (
    { container, object, versionId }: DownloadOptions,
    range: ByteRange,
    etag: string
  ): Effect.Effect<ByteSource<TransportError>, DownloadError, Scope.Scope> =>
    Effect.flatMap(get({ container, object, versionId, range, ifMatch: etag }), (response) => {
      const { head } = response
      const isSame = head.etag === undefined || unquoted(head.etag) === unquoted(etag)
      const wrong = wrongRange(range, head) ?? (isSame ? undefined : { path: "etag", expected: etag })
      return wrong === undefined ? Effect.succeed(sourceOf(response)) : Effect.fail(notTheRange(operation, head, wrong))
    })

  /** Counts the bytes of a source, and fails if it ends too early. */
  const counted = <E>(state: State, source: ByteSource<E>): ByteSource<E | TransportError> => {
    const { info, options } = state
    const passing = Stream.mapChunks(source, (chunks) => {
      for (const { bytes } of chunks) {
        state.received += bytes.byteLength
        if (bytes.byteLength > 0) state.attempts = undefined
      }
      return chunks
    })
    const check = Stream.suspend(() =>
      isRaw(info) && info.bytes !== undefined && state.received < info.bytes
        ? Stream.fail(wrongLength(operation, options, state.received, info.bytes))
        : Stream.empty
    )
    return Stream.concat(passing, check)
  }

  /** Waits for the delay of the policy, and then requests the rest. */
  const rest = (state: State, etag: string, error: TransportError) =>
    Effect.gen(function* () {
      const { info, options, policy, received } = state
      state.attempts ??= yield* Effect.flatMap(RetryPolicy.schedule<TransportError>(policy, true), Schedule.driver)
      yield* Effect.mapError(state.attempts.next(error), () => error)
      const length = info.bytes === undefined ? {} : { length: info.bytes - received }
      return rangeOf(options, { offset: offsetOf(info) + received, ...length }, etag)
    })

  const continued = (state: State, source: ByteSource<DownloadError>): ByteSource<DownloadError> =>
    Stream.catchAll(counted(state, source), (error): ByteSource<DownloadError> => {
      const { bytes, etag } = state.info
      if (etag === undefined || !isRaw(state.info) || !isBroken(error)) return Stream.fail(error)
      // The connection broke after the last byte.
      if (bytes !== undefined && state.received >= bytes) return Stream.empty
      // Only an interrupted body is resumed. A failed request was already retried.
      return Stream.unwrapScoped(
        Effect.map(
          // The object ends here, regardless of the announced length.
          Effect.catchTag(Effect.flatten(rest(state, etag, error)), "RangeNotSatisfiable", () => Effect.fail(error)),
          (next) => continued(state, next)
        )
      )
    })

  /**
   * The bytes of a response, and if it is interrupted, those of further ones. The count of attempts restarts with each byte, so that
   * a long download does not fail after many short interruptions.
   */
  return (options: DownloadOptions, info: ObjectInfo, first: ByteSource<TransportError>): ByteSource<DownloadError> =>
    Stream.unwrap(
      Effect.map(RetryPolicy.current(servicePolicy), (policy) =>
        continued({ options, info, policy, received: 0, attempts: undefined }, first)
      )
    )
}
