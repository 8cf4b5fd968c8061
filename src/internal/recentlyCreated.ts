/**
 * When a service created which resources, for waits: a cloud may not find what it has just created.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** More than this, the oldest are forgotten. */
const most = 1_000

/** The resources that a service has created lately. */
export interface RecentlyCreated {
  /** Runs what creates resources, and notes their ids. */
  readonly noting: <A, E, R>(
    create: Effect.Effect<A, E, R>,
    idsOf: (created: A) => ReadonlyArray<string>
  ) => Effect.Effect<A, E, R>
  /** When a resource was created, in milliseconds since 1970, where that is known. */
  readonly at: (id: string) => number | undefined
}

/** Nothing yet. */
export const make = (): RecentlyCreated => {
  const times = new Map<string, number>()
  return {
    noting: (create, idsOf) =>
      Effect.flatMap(create, (created) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          for (const id of idsOf(created)) times.set(id, now)
          for (const id of times.keys()) {
            if (times.size <= most) break
            times.delete(id)
          }
          return created
        })
      ),
    at: (id) => times.get(id)
  }
}
