/**
 * Remembers which resources this process created and when, for waits: a cloud may not find a new resource for a while. All
 * clients of a service share this, since the client that waits may not be the one that created the resource.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"

/** How many resources are remembered; then the oldest are dropped. */
const maxResources = 1_000

/** The recently created resources of a service. */
export interface RecentlyCreated {
  /** Runs an effect that creates resources, and remembers their ids. */
  readonly noting: <A, E, R>(
    create: Effect.Effect<A, E, R>,
    idsOf: (created: A) => ReadonlyArray<string>
  ) => Effect.Effect<A, E, R>
  /** When a resource was created, in milliseconds since 1970, if known. */
  readonly at: (id: string) => number | undefined
}

/** By service and id. */
const times = globalValue("effect-rackspace/recentlyCreated", () => new Map<string, number>())

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
          if (times.size <= maxResources) break
          times.delete(oldest)
        }
        return created
      })
    ),
  at: (id) => times.get(`${service} ${id}`)
})
