/** The failures of an upload. */
import * as Effect from "effect/Effect"
import { type BadRequest, BulkFailed, ChecksumMismatch, type InvalidInput, SourceChanged } from "../../../CloudError.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import { decodedText } from "../names.js"
import type { Address } from "../objects/address.js"

const service = "CloudFiles"

export const operation = "CloudFiles.upload"

const checksumMismatch = (
  { container, object }: Address,
  expected: string,
  actual: string | undefined,
  explanation: string,
  requestId?: string
): ChecksumMismatch =>
  new ChecksumMismatch({
    service,
    operation,
    container,
    object,
    expected,
    ...(actual !== undefined && { actual }),
    ...(requestId !== undefined && { requestId }),
    message: `${operation}: ${explanation}`
  })

/** The cloud refused the content because its MD5 differs. */
export const refusedContent = (address: Address, expected: string, requestId?: string): ChecksumMismatch => {
  const explanation = `the cloud refused ${address.container}/${address.object}: the content that it received does not have the MD5 ${expected}`
  return checksumMismatch(address, expected, undefined, explanation, requestId)
}

/** The cloud stored other content than was sent. */
export const storedOther = (address: Address, expected: string, actual: string): ChecksumMismatch => {
  const explanation = `${address.container}/${address.object} was sent with the MD5 ${expected}, but the cloud stored content with the MD5 ${actual}`
  return checksumMismatch(address, expected, actual, explanation)
}

/** The body does not have the MD5 that the caller gave. */
export const wrongBody = (address: Address, expected: string, actual: string): ChecksumMismatch => {
  const explanation = `the content for ${address.container}/${address.object} has the MD5 ${actual}, not ${expected}; nothing was stored`
  return checksumMismatch(address, expected, actual, explanation)
}

export const invalid = (path: string, expected: string, given = ""): InvalidInput =>
  invalidInput(service, operation, [{ path, expected }], given)

/** The length of the body differs from the declared length. */
export const wrongLength = (declared: number, given: string): InvalidInput =>
  invalid("body", `a body of ${declared} bytes, as declared`, `; it gave ${given}`)

/** The file was modified while it was read. */
export const sourceChanged = ({ container, object }: Address): SourceChanged =>
  new SourceChanged({
    service,
    operation,
    container,
    object,
    message: `${operation}: the file for ${container}/${object} was modified while it was read; nothing was stored`
  })

/** The segments that the cloud names when it refuses a manifest, each with the reason. */
const refusedSegments = ({ details = "" }: BadRequest) =>
  details.split("\n").flatMap((line) => {
    const [path = "", ...reason] = line.split(" ")
    return path.startsWith("/") && reason.length > 0 ? [{ path: decodedText(path), reason: reason.join(" ") }] : []
  })

/** If the cloud refuses a manifest, fails with `BulkFailed`, which names the invalid segments. */
export const namingSegments = <A, E extends { readonly _tag: string }>(
  put: Effect.Effect<A, E>
): Effect.Effect<A, E | BulkFailed> =>
  Effect.catchIf(
    put,
    (error): error is E & BadRequest => error._tag === "BadRequest",
    (error): Effect.Effect<never, E | BulkFailed> => {
      const failures = refusedSegments(error)
      if (failures.length === 0) return Effect.fail(error)
      const hasManifests = failures.some(({ path }) => /\/manifests\/[\d-]+$/.test(path))
      const advice = hasManifests ? "; set a larger segmentSize if the cloud does not support nested manifests" : ""
      const message = `${operation}: the cloud refused the manifest: ${error.message}${advice}`
      return Effect.fail(new BulkFailed({ service, operation, failures, message }))
    }
  )
