/** What the parts of the service are made from, and its listings and the failures of its inputs. */
import type * as Effect from "effect/Effect"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, InvalidInput } from "../../CloudError.js"
import { listing, type PageQuery } from "../../internal/paging/listing.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type * as Paging from "../../Paging.js"
import type { Waits } from "../common/waits.js"

/** The service's name. */
export const service = "CloudBigData"

/** What every part of the service is made from. */
export interface ServiceContext {
  readonly client: CloudClient
  readonly waits: Waits
}

/** The failure of an input with one wrong field. */
export const invalid = (operation: string, path: string, expected: string): InvalidInput =>
  invalidInput(service, operation, [{ path, expected }])

/** The Stream over all pages of a list. */
export const listed = <Input extends PageQuery, A, E>(
  operation: string,
  fetch: (input: Input) => Effect.Effect<Paging.Page<A, string>, E | CommonError>
) => listing({ service, operation: `CloudBigData.${operation}` }, 100, fetch)
