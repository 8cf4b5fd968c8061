/** The context that the methods of all resources share. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { listing, type ListingInput, type PageQuery } from "../../internal/paging/listing.js"
import type * as Paging from "../../Paging.js"
import type { Waits } from "../common/waits.js"
import { guarded } from "./microversions.js"

/** The client of the service, and what its methods share. */
export interface Context {
  readonly client: CloudClient
  /** The microversion of Nova that requests use. */
  readonly microversion: string | undefined
  readonly waits: Waits
}

/** The methods of a table. They fail with `InvalidInput` for features that the microversion does not have. */
export const methods = <Table extends Readonly<Record<string, Endpoint.Any>>>(
  { client, microversion }: Context,
  table: Table
): Endpoint.Client<Table> => guarded(Endpoint.client(client, table), microversion)

/** Lists the items of all pages. `operation` is the method's name without the service. */
export const listed = <Input extends PageQuery, A>(
  operation: string,
  fetch: (input?: Input) => Effect.Effect<Paging.Page<A, string>, CommonError>
): ((input?: ListingInput<Input>) => Stream.Stream<A, CommonError>) =>
  listing<Input, A, never>({ service: "CloudServers", operation: `CloudServers.${operation}` }, 1000, fetch)
