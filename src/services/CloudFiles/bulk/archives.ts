/** Archives that the cloud extracts into objects. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { BulkFailed, type CommonError, type NotFound, type QuotaExceeded } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { RequestBody } from "../../../RequestBody.js"
import { bulkEndpoints, type ExtractResult, isSuccess } from "./bulk.js"

/** An archive, and where its files go. */
export interface ArchiveOptions<E, R> {
  /** Where the files go; without it, the first folder of each file's path names its container. */
  readonly container?: string | undefined
  /** Stands before each file's path, with a slash between the two. */
  readonly prefix?: string | undefined
  readonly format: "tar" | "tar.gz" | "tar.bz2"
  /** Bytes, a file, or a Stream that is replayable: an archive may have to be sent again, and cannot be cut into segments. */
  readonly body: RequestBody<E, R>
  /** The content type of every object. Default: the cloud guesses each from its name. */
  readonly contentType?: string | undefined
}

const service = "CloudFiles"
const operation = "CloudFiles.extractArchive"

const invalid = (path: string, expected: string) => invalidInput(service, operation, [{ path, expected }])

const notTaken = ({ explanation, status }: ExtractResult): BulkFailed =>
  new BulkFailed({
    service,
    operation,
    failures: [],
    message: `${operation}: the cloud did not accept the archive: ${status}${explanation === "" ? "" : `: ${explanation}`}`
  })

/** The service's `extractArchive`. */
export const makeExtractArchive = (client: CloudClient) => {
  const endpoint = { ...bulkEndpoints.putArchive, operation }
  const putArchive = Endpoint.method(client, endpoint)
  return <E = never, R = never>({
    body,
    container,
    contentType = "",
    format,
    prefix
  }: ArchiveOptions<E, R>): Effect.Effect<ExtractResult, CommonError | NotFound | QuotaExceeded | BulkFailed | E, R> =>
    Effect.gen(function* () {
      if (container === undefined && prefix !== undefined) {
        return yield* invalid("prefix", "no prefix without a container")
      }
      const input = { destination: { container, prefix }, format, contentType }
      yield* Endpoint.validate(client, endpoint, input)
      const context = yield* Effect.context<R>()
      const opened = yield* body.open
      if (!opened.replayable) return yield* invalid("body", "bytes, a file, or a replayable stream")
      const failure = yield* Deferred.make<never, E>()
      // A body that failed must not end: what was sent of it would be taken for the whole archive.
      const stream = Stream.provideContext(opened.stream, context).pipe(
        Stream.catchAllCause((cause) =>
          Stream.execute(Effect.zipRight(Deferred.failCause(failure, cause), Effect.never))
        )
      )
      const result = yield* Effect.raceFirst(
        Effect.interruptible(putArchive({ ...input, content: { bytes: opened.bytes, length: opened.length, stream } })),
        Effect.interruptible(Deferred.await(failure))
      )
      return isSuccess(result.status) || result.errors.length > 0 ? result : yield* notTaken(result)
    })
}
