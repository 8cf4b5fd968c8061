/** Finding a resource by its name or its id. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, NotFound } from "../../CloudError.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"

/** A resource by its name or its id. */
export interface ByNameOrId {
  /** The id of the resource, or its very name. */
  readonly nameOrId: string
}

/** A method that finds resources of one kind. */
interface Finder<A> extends ByNameOrId {
  readonly client: CloudClient
  /** The method's name, without the service. */
  readonly operation: string
  /** What is found, for people: `server`. */
  readonly kind: string
  /** Reads the resource that has the id; left out where the list is as good. */
  readonly byId?: Effect.Effect<A, CommonError | NotFound>
  /** The path of the list. */
  readonly path: string
  /** Lists those that may have the name. */
  readonly byName: Stream.Stream<A, CommonError>
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)

/**
 * The resource that has this id, else the one that has this name. Fails with `NotFound` where there is none, and with
 * `InvalidInput` where several have the name, because any of them may be the wrong one.
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
      const message = `${operation}: no ${kind} has the name or the id ${JSON.stringify(nameOrId)}`
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
    const issue = { path: "nameOrId", expected: "an id, or a name that one alone has" }
    return yield* invalidInput(service, operation, [issue], `; ${ids} have the name`)
  })
