/** The context of the service's parts, and methods of endpoint tables, of which changes of a balancer are queued. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import type { Waits } from "../common/waits.js"
import type { Changes, GetStatus } from "./changes.js"

/** The context that the parts of the service share. */
export interface ServiceContext {
  readonly client: CloudClient
  readonly waits: Waits
  readonly getStatus: GetStatus
  readonly inTurn: Changes
}

/** Every operation on a balancer that is not a read changes it. */
const changesOne = ({ method, path }: Endpoint.Any): boolean =>
  method !== "GET" && path.startsWith("/loadbalancers/{loadBalancerId}")

/** An operation that changes a balancer, and waits for its other changes. Invalid input fails before. */
const changing = ({ client, inTurn }: ServiceContext, endpoint: Endpoint.Any) => {
  const known = endpoint as Parameters<
    typeof Endpoint.validate<{ readonly loadBalancerId: string }, unknown, never, never>
  >[1]
  const method = Endpoint.method(client, known) as (input: {
    readonly loadBalancerId: string
  }) => Effect.Effect<unknown, CommonError>
  return (input: { readonly loadBalancerId: string }) =>
    Effect.zipRight(
      Endpoint.validate(client, known, input),
      // All attempts of one change share the knowledge of a lost response.
      LostResponse.sharing(() => inTurn([input.loadBalancerId], method(input)))
    )
}

/** The methods of an endpoint table. Those that change a balancer wait for its other changes. */
export const operationsOf = <Table extends Readonly<Record<string, Endpoint.Any>>>(
  context: ServiceContext,
  table: Table
): Endpoint.Client<Table> => ({
  ...Endpoint.client(context.client, table),
  ...(Object.fromEntries(
    Object.entries(table)
      .filter(([, endpoint]) => changesOne(endpoint))
      .map(([name, endpoint]) => [name, changing(context, endpoint)])
    // The runtime code has no types; they are the table's.
  ) as unknown as Endpoint.Client<Table>)
})

/** An optional setting. If it is not set, the cloud returns an empty object, or 404 as for a missing balancer. */
export const orNone =
  <A>(
    { getStatus }: ServiceContext,
    fetch: (input: { readonly loadBalancerId: string }) => Effect.Effect<Option.Option<A>, CommonError | NotFound>
  ) =>
  (input: { readonly loadBalancerId: string }): Effect.Effect<Option.Option<A>, CommonError | NotFound> =>
    fetch(input).pipe(Effect.catchTag("NotFound", () => Effect.as(getStatus(input), Option.none<A>())))

/** The errors of a deletion whose resource is gone or being deleted. */
export const goneErrors: ReadonlySet<string> = new Set(["BadRequest", "Immutable", "NotFound", "Unprocessable"])
