/** The waits of a service: interval, timeout, and recently created resources, which a cloud may not find at first. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NotFound, type ResourceFailed, type WaitTimeout } from "../../CloudError.js"
import * as RecentlyCreated from "../../internal/waiting/recentlyCreated.js"
import * as Waiting from "../../Waiting.js"

/** The resource to wait for, the operation, and the polling interval. */
type Target = Pick<
  Waiting.Watch<never, never, never>,
  "service" | "operation" | "resource" | "created" | "interval" | "jitter" | "timeout"
>

/** The parameters of a wait for a deletion. */
export interface Deletion<A, E, R> {
  readonly poll: Effect.Effect<A, E | NotFound, R>
  readonly state: (seen: A) => string
  /** Whether the state means that the resource is deleted. */
  readonly isDeleted: (seen: A) => boolean
  /** Why the resource can no longer be deleted, if it cannot. */
  readonly failed: (seen: A) => Option.Option<{ readonly fault: string | undefined }>
}

/** The waits of a service. */
export interface Waits {
  /** Runs an effect that creates resources, and remembers their ids. */
  readonly noteCreated: RecentlyCreated.RecentlyCreated["noting"]
  /** The parameters of a wait. `operation` is the method's name without the service. */
  readonly target: (operation: string, resource: string, pace: Waiting.Pace) => Target
  /** Waits until a resource is deleted, that is, until the cloud does not find it. */
  readonly untilDeleted: <A, E, R>(
    target: Target,
    deletion: Deletion<A, E, R>
  ) => Effect.Effect<void, Exclude<E, NotFound> | ResourceFailed | WaitTimeout, R>
}

const isNotFound = (error: unknown): error is NotFound => error instanceof NotFound

/** The waits of a service with this default interval and timeout. */
export const makeWaits = (
  service: string,
  pace: { readonly interval: Duration.DurationInput; readonly timeout: Duration.DurationInput }
): Waits => {
  const recentlyCreated = RecentlyCreated.make(service)
  return {
    noteCreated: recentlyCreated.noting,
    target: (operation, resource, { interval = pace.interval, jitter, timeout = pace.timeout }) => ({
      service,
      operation: `${service}.${operation}`,
      resource,
      created: recentlyCreated.at(resource),
      interval,
      jitter,
      timeout
    }),
    untilDeleted: (target, { failed, isDeleted, poll, state }) =>
      Effect.asVoid(
        Waiting.until({
          ...target,
          poll: Effect.catchIf(Effect.asSome(poll), isNotFound, () => Effect.succeedNone),
          state: Option.match({ onNone: () => "DELETED", onSome: state }),
          until: Option.match({ onNone: () => true, onSome: isDeleted }),
          failed: Option.flatMap(failed)
        })
      )
  }
}
