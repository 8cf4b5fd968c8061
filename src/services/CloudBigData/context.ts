/** The context that the parts of the service share, its listings, and its input errors. */
import type * as Effect from "effect/Effect"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, InvalidInput } from "../../CloudError.js"
import { listing, type PageQuery } from "../../internal/paging/listing.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type * as Paging from "../../Paging.js"
import type { Waits } from "../common/waits.js"

/** The service's name. */
export const service = "CloudBigData"

/** The context that the parts of the service share. */
export interface ServiceContext {
  readonly client: CloudClient
  readonly waits: Waits
}

/** The error of an input with one invalid field. */
export const invalid = (operation: string, path: string, expected: string): InvalidInput =>
  invalidInput(service, operation, [{ path, expected }])

/** Streams all pages of a list. */
export const listed = <Input extends PageQuery, A, E>(
  operation: string,
  fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
) => listing({ service, operation: `CloudBigData.${operation}` }, 100, fetch)
