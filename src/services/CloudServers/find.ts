/**
 * Finding a resource by its name or its id.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CommonError, InvalidInput } from "../../CloudError.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"

/** A server, image or flavor by its name or its id. */
export interface ByNameOrId {
  readonly nameOrId: string
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)

/** A regular expression, which the filter by name takes, that matches this name alone. */
export const exactly = (name: string): string => `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`

/**
 * The resource that has this id, else the one that has this name. Fails with `InvalidInput` where several have the name, because
 * any of them may be the wrong one.
 */
export const find = <A extends { readonly id: string; readonly name?: string | undefined }>(
  operation: string,
  nameOrId: string,
  byId: Effect.Effect<Option.Option<A>, CommonError>,
  byName: Stream.Stream<A, CommonError>
): Effect.Effect<Option.Option<A>, CommonError> =>
  Effect.gen(function* () {
    const found = isUuid(nameOrId) ? yield* byId : Option.none()
    if (Option.isSome(found)) return found
    const all = yield* Stream.runCollect(byName)
    const named = Chunk.filter(all, ({ id }) => id === nameOrId)
    const matching = Chunk.isNonEmpty(named) ? named : Chunk.filter(all, ({ name }) => name === nameOrId)
    if (matching.length > 1) {
      const ids = [...matching].map(({ id }) => id).join(", ")
      return yield* wrong(operation, "an id, or a name that one alone has", `; ${ids} have the name`)
    }
    return Chunk.head(matching)
  })

const wrong = (operation: string, expected: string, given: string): InvalidInput =>
  invalidInput("CloudServers", `CloudServers.${operation}`, [{ path: "nameOrId", expected }], given)
