/** Uploads archives that the cloud extracts into objects. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { BulkFailed, type CommonError, type NotFound, type QuotaExceeded } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { RequestBody } from "../../../RequestBody.js"
import { bulkEndpoints, type ExtractResult, isSuccess } from "./bulk.js"

/** An archive and the destination of its files. */
export interface ArchiveOptions<E, R> {
  /** The destination. Without it, the first folder in each file's path is its container. */
  readonly container?: string | undefined
  /** The prefix of the objects' names, separated from each file's path by a slash. */
  readonly prefix?: string | undefined
  readonly format: "tar" | "tar.gz" | "tar.bz2"
  /**
   * Bytes, a file, or a replayable Stream: an archive may have to be sent again, and cannot be divided into segments.
   */
  readonly body: RequestBody<E, R>
  /** The content type of every object. By default the cloud guesses it from each name. */
  readonly contentType?: string | undefined
}

const service = "CloudFiles"
const operation = "CloudFiles.extractArchive"

const invalid = (path: string, expected: string) => invalidInput(service, operation, [{ path, expected }])

const notAccepted = ({ explanation, status }: ExtractResult): BulkFailed =>
  new BulkFailed({
    service,
    operation,
    failures: [],
    message: `${operation}: the cloud did not accept the archive: ${status}${explanation === "" ? "" : `: ${explanation}`}`
  })

/** The service's `extractArchive`. */
export const makeExtractArchive = (client: CloudClient) => {
  const endpoint = { ...bulkEndpoints.putArchive, operation }
  const putArchive = Endpoint.uploadMethod(client, endpoint)
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
      const source = Stream.provideContext(opened.source, context)
      const result = yield* putArchive({ ...input, content: { bytes: opened.bytes, length: opened.length, source } })
      return isSuccess(result.status) || result.errors.length > 0 ? result : yield* notAccepted(result)
    })
}
