/**
 * When this process created which resources, for waits: a cloud may not find what it has just created. All clients of a
 * service share this, since a resource may be waited for by another client than the one that created it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"

/** How many resources are remembered; beyond that the oldest are forgotten. */
const mostResources = 1_000

/** The resources of a service that were created lately. */
export interface RecentlyCreated {
  /** Runs an effect that creates resources, and notes their ids. */
  readonly noting: <A, E, R>(
    create: Effect.Effect<A, E, R>,
    idsOf: (created: A) => ReadonlyArray<string>
  ) => Effect.Effect<A, E, R>
  /** When a resource was created, in milliseconds since 1970, where that is known. */
  readonly at: (id: string) => number | undefined
}

/** By service and id. */
const times = globalValue("effect-rackspace/recentlyCreated", () => new Map<string, number>())

/** The resources of a service that were created lately. */
export const make = (service: string): RecentlyCreated => ({
  noting: (create, idsOf) =>
    Effect.flatMap(create, (created) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const id of idsOf(created)) {
          const key = `${service} ${id}`
          times.delete(key)
          times.set(key, now)
        }
        for (const oldest of times.keys()) {
          if (times.size <= mostResources) break
          times.delete(oldest)
        }
        return created
      })
    ),
  at: (id) => times.get(`${service} ${id}`)
})
