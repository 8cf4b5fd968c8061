/** What the steps of a copy have in common. */
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
  /** The account of the copy. */
  readonly client: CloudClient
  /** The account of the source, if it is another one. */
  readonly from: { readonly client: CloudClient; readonly account: string } | undefined
}

/** A copy, and which paths it or its source consists of: these must not be deleted with the object that it has overwritten. */
export interface Made {
  readonly copied: Copied
  /** Undefined where that could not be found out. */
  readonly isNeeded: ((path: string) => boolean) | undefined
}

/** A source as a request to the copy's account names it. */
export const sourceIn = ({ from }: CopyContext, { container, object }: Address) => ({
  container,
  object,
  ...(from !== undefined && { account: from.account })
})

/** The headers that a copy has of its source, since its input does not name them. */
export const inheritedHeaders = (stored: Values, input: CopyObject): Values => {
  const kept = unnamed(stored, { ...input } as HeaderChanges)
  const type = kept["content-type"]
  return input.freshMetadata !== true ? kept : type === undefined ? {} : { "content-type": type }
}

/** The copy is not what its source was. */
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
      message: `${operation}: the copy ${container}/${object} should have the ETag ${expected}, and has ${actual}: the source was changed meanwhile`
    })
  )

/** The source cannot be copied so. */
export const invalidSource = (expected: string, explanation: string) =>
  invalidInput(service, operation, [{ path: "source", expected }], `: ${explanation}`)
