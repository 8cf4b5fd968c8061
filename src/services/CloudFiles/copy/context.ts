/** The parts that all kinds of copies share. */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { ChecksumMismatch } from "../../../CloudError.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { Values } from "../headers.js"
import type { Address } from "../objects/address.js"
import { type HeaderChanges, unnamed } from "../objects/storedHeaders.js"
import type { Copied, CopyObject } from "./model.js"

export const service = "CloudFiles"

export const operation = "CloudFiles.copy"

/** The accounts of a copy. */
export interface CopyContext {
  /** The account of the destination. */
  readonly client: CloudClient
  /** The account of the source, if it is a different one. */
  readonly from: { readonly client: CloudClient; readonly account: string } | undefined
}

/** A finished copy. `isNeeded` tells which segments of the overwritten object it or its source needs. */
export interface Made {
  readonly copied: Copied
  /** Undefined if that could not be determined. */
  readonly isNeeded: ((path: string) => boolean) | undefined
}

/** The source as named in a request to the destination's account. */
export const sourceIn = ({ from }: CopyContext, { container, object }: Address) => ({
  container,
  object,
  ...(from !== undefined && { account: from.account })
})

/** The headers that a copy inherits from its source, because the input does not set them. */
export const inheritedHeaders = (stored: Values, input: CopyObject): Values => {
  const kept = unnamed(stored, { ...input } as HeaderChanges)
  const type = kept["content-type"]
  return input.freshMetadata !== true ? kept : type === undefined ? {} : { "content-type": type }
}

/** The copy differs from its source. */
export const changedMeanwhile = (
  { container, object }: Address,
  expected: string,
  actual: string
): Effect.Effect<never, ChecksumMismatch> =>
  Effect.fail(
    new ChecksumMismatch({
      service,
      operation,
      container,
      object,
      expected,
      actual,
      message: `${operation}: the copy ${container}/${object} should have the ETag ${expected}, but has ${actual}: the source has changed in the meantime`
    })
  )

/** The source does not support this kind of copy. */
export const invalidSource = (expected: string, explanation: string) =>
  invalidInput(service, operation, [{ path: "source", expected }], `: ${explanation}`)
