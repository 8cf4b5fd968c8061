/**
 * The waits of a service: their default pace, and the resources that were created lately, which a cloud may not find at first.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NotFound, type ResourceFailed, type WaitTimeout } from "../../CloudError.js"
import * as RecentlyCreated from "../../internal/waiting/recentlyCreated.js"
import * as Waiting from "../../Waiting.js"

/** Which resource is waited for, by which operation, and how often it is polled. */
type Target = Pick<
  Waiting.Watch<never, never, never>,
  "service" | "operation" | "resource" | "created" | "interval" | "jitter" | "timeout"
>

/** How a deletion is waited for. */
export interface Deletion<A, E, R> {
  readonly poll: Effect.Effect<A, E | NotFound, R>
  readonly state: (seen: A) => string
  /** Whether the state means that the resource is deleted. */
  readonly isDeleted: (seen: A) => boolean
  /** Why the resource will not be deleted any more, if so. */
  readonly failed: (seen: A) => Option.Option<{ readonly fault: string | undefined }>
}

/** The waits of a service. */
export interface Waits {
  /** Runs an effect that creates resources, and notes their ids. */
  readonly noteCreated: RecentlyCreated.RecentlyCreated["noting"]
  /** What is waited for. `operation` is the method's name, without the service. */
  readonly target: (operation: string, resource: string, pace: Waiting.Pace) => Target
  /** Waits until a resource is deleted: until the cloud does not find it. */
  readonly untilDeleted: <A, E, R>(
    target: Target,
    deletion: Deletion<A, E, R>
  ) => Effect.Effect<void, Exclude<E, NotFound> | ResourceFailed | WaitTimeout, R>
}

const isNotFound = (error: unknown): error is NotFound => error instanceof NotFound

/** The waits of a service, at this pace where the caller names none. */
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
