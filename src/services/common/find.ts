/** Finds a resource by its name or id. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, NotFound } from "../../CloudError.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"

/** A resource by its name or its id. */
export interface ByNameOrId {
  /** The id of the resource, or its exact name. */
  readonly nameOrId: string
}

/** The parameters of a `find…` method. */
interface Finder<A> extends ByNameOrId {
  readonly client: CloudClient
  /** The method's name, without the service. */
  readonly operation: string
  /** The kind of resource for messages: `server`. */
  readonly kind: string
  /** Reads the resource by id. Undefined if the list is sufficient. */
  readonly byId?: Effect.Effect<A, CommonError | NotFound>
  /** The path of the list. */
  readonly path: string
  /** Lists the resources that may have the name. */
  readonly byName: Stream.Stream<A, CommonError>
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)

/**
 * The resource with this id, otherwise the one with this name. Fails with `NotFound` if there is none, and with
 * `InvalidInput` if several have the name.
 */
export const find = <A extends { readonly id: string; readonly name?: string | undefined }>(
  finder: Finder<A>
): Effect.Effect<A, CommonError | NotFound> =>
  finder.byId !== undefined && isUuid(finder.nameOrId)
    ? Effect.catchTag(finder.byId, "NotFound", () => findInList(finder))
    : findInList(finder)

const findInList = <A extends { readonly id: string; readonly name?: string | undefined }>({
  byName,
  client,
  kind,
  nameOrId,
  operation: method,
  path
}: Finder<A>): Effect.Effect<A, CommonError | NotFound> =>
  Effect.gen(function* () {
    const { service } = client
    const operation = `${service}.${method}`
    const all = yield* Stream.runCollect(byName)
    const ofId = Chunk.filter(all, ({ id }) => id === nameOrId)
    const [first, ...others] = Chunk.isNonEmpty(ofId) ? ofId : Chunk.filter(all, ({ name }) => name === nameOrId)
    if (first === undefined) {
      const message = `${operation}: no ${kind} has the name or id ${JSON.stringify(nameOrId)}`
      const url = (yield* client.endpointUrl) + path
      return yield* new NotFound({
        service,
        operation,
        status: 404,
        method: "GET",
        url,
        resource: { nameOrId },
        message
      })
    }
    if (others.length === 0) return first
    const ids = [first, ...others].map(({ id }) => id).join(", ")
    const issue = { path: "nameOrId", expected: "an id, or a unique name" }
    return yield* invalidInput(service, operation, [issue], `; ${ids} have this name`)
  })
