/**
 * Changes of load balancers. Changes of the same balancer run one after another. One that the balancer refuses as
 * immutable is sent again when the balancer is ACTIVE.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { BadRequest, type CommonError, Immutable, type NotFound } from "../../CloudError.js"
import * as KeyedQueue from "../../internal/concurrency/keyedQueue.js"
import * as Waiting from "../../Waiting.js"
import { finalStatuses, hasFailed, type LoadBalancerStatus, service } from "./status.js"

/** How long a change waits for a balancer that does not accept it at the moment. */
export interface WaitLimits {
  /**
   * The time between two polls of the balancer. However many changes wait for it, only one polls. Default 5 seconds.
   */
  readonly interval?: Duration.DurationInput | undefined
  /**
   * After how long to fail with the cloud's `Immutable`, counted from the first refusal: waiting for other changes does
   * not count. Default 10 minutes.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * What to do with a change that a balancer refuses because another one is in progress: wait, or fail (`fail`, which
 * does not wait for other changes of this program either).
 *
 * It waits while the balancer is in BUILD, PENDING_UPDATE or another temporary status. If the balancer can never accept
 * it (ERROR, SUSPENDED, PENDING_DELETE, DELETED), or the time is up, the change fails with the cloud's own `Immutable`.
 */
export type ImmutablePolicy = WaitLimits | "fail"

/**
 * The {@link ImmutablePolicy} for a program or a call: `Effect.provideService(change, WhenImmutable, "fail")`. It
 * overrides the service's option.
 */
export class WhenImmutable extends Context.Reference<WhenImmutable>()(
  "effect-rackspace/CloudLoadBalancers/WhenImmutable",
  { defaultValue: (): ImmutablePolicy => ({}) }
) {}

type Refused = Immutable | BadRequest

/** A bulk deletion is refused as a whole, with a 400 that names the immutable balancers. */
const isRefused = (error: unknown): error is Refused =>
  error instanceof Immutable ||
  (error instanceof BadRequest && /\bare immutable and could not be processed\b/i.test(error.message))

/** The final status in a refusal's message, if any. */
const finalStatusIn = ({ message }: Refused): string | undefined => {
  const status = /status of '([\w-]+)'/i.exec(message)?.[1]?.replaceAll("-", "_")
  return status !== undefined && finalStatuses.has(status)
    ? status
    : /\bis (marked as )?deleted\b/i.test(message)
      ? "DELETED"
      : undefined
}

const withReason = (refused: Refused, reason: string): Refused => {
  const { _tag, ...fields } = refused
  const changed = { ...fields, message: `${refused.message}; ${reason}` }
  return _tag === "Immutable" ? new Immutable(changed) : new BadRequest(changed)
}

const policy = (ofService: ImmutablePolicy | undefined): Effect.Effect<ImmutablePolicy> =>
  Effect.contextWith((context: Context.Context<never>) =>
    // A reference always has a value; only the map shows whether the caller provided it.
    context.unsafeMap.has(WhenImmutable.key) ? Context.get(context, WhenImmutable) : (ofService ?? {})
  )

/** Reads the status of a load balancer. */
export type GetStatus = (input: {
  readonly loadBalancerId: string
}) => Effect.Effect<{ readonly status: LoadBalancerStatus }, CommonError | NotFound>

/** Runs a change when all earlier changes of its balancers are done, and repeats it while they refuse it. */
export type Changes = <A, E>(
  loadBalancerIds: ReadonlyArray<string>,
  change: Effect.Effect<A, E>
) => Effect.Effect<A, E | CommonError | NotFound>

/** How often to poll the load balancers of a refused change, and until when, in milliseconds. */
interface Limits {
  readonly interval: number
  readonly timeout: number
  readonly giveUpAt: number
}

/**
 * Waits until a load balancer that has refused a change accepts changes again. Fails with the refusal if it never will.
 */
const takesChanges = <E>(
  get: GetStatus,
  loadBalancerId: string,
  refused: E & Refused,
  { giveUpAt, interval, timeout }: Limits
): Effect.Effect<unknown, E | CommonError | NotFound> => {
  // A copy of the refusal with another message has its type.
  const failed = (reason: string) => Effect.fail(withReason(refused, reason) as unknown as E)
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Waiting.until({
      service,
      operation: refused.operation,
      resource: loadBalancerId,
      interval,
      jitter: 0,
      timeout: Math.max(0, giveUpAt - now),
      poll: get({ loadBalancerId }),
      state: ({ status }) => status,
      until: ({ status }) => status === "ACTIVE",
      failed: hasFailed
    })
  ).pipe(
    Effect.catchTags({
      ResourceFailed: ({ state }) => failed(`it is in ${state}`),
      WaitTimeout: ({ lastState }) =>
        failed(`still ${lastState === undefined ? "so" : `in ${lastState}`} after ${Duration.format(timeout)}`),
      // For a single balancer, NotFound is clear; for several it would not say which.
      NotFound: (error) => (refused._tag === "BadRequest" ? failed("it is deleted") : Effect.fail(error))
    })
  )
}

/** Waits until all load balancers that have refused a change accept changes again. */
const allTakeChanges = <E>(
  get: GetStatus,
  loadBalancerIds: ReadonlyArray<string>,
  refused: E & Refused,
  limits: Limits
): Effect.Effect<void, E | CommonError | NotFound> =>
  finalStatusIn(refused) !== undefined
    ? Effect.fail(refused)
    : Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.zipRight(
          Effect.sleep(Math.max(0, Math.min(limits.interval, limits.giveUpAt - now))),
          Effect.forEach(loadBalancerIds, (id) => takesChanges(get, id, refused, limits), { discard: true })
        )
      )

/** Sends a change, and repeats it while its load balancers refuse it. */
const retryWhileRefused = <A, E>(
  get: GetStatus,
  change: Effect.Effect<A, E>,
  loadBalancerIds: ReadonlyArray<string>,
  limits: WaitLimits
): Effect.Effect<A, E | CommonError | NotFound> => {
  const interval = Math.max(1, Duration.toMillis(limits.interval ?? "5 seconds"))
  const timeout = Duration.toMillis(limits.timeout ?? "10 minutes")
  const attempt = (giveUpAt: number | undefined): Effect.Effect<A, E | CommonError | NotFound> =>
    Effect.catchIf(
      change,
      (error): error is E & Refused => isRefused(error),
      (refused) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const until = giveUpAt ?? now + timeout
          return Effect.zipRight(
            allTakeChanges(get, loadBalancerIds, refused, { interval, timeout, giveUpAt: until }),
            attempt(until)
          )
        })
    )
  return attempt(undefined)
}

/** Runs the changes of a service, which wait for each other and for their balancers. */
export const makeChanges = (get: GetStatus, ofService: ImmutablePolicy | undefined): Changes => {
  const queue = KeyedQueue.make()
  return (loadBalancerIds, change) =>
    Effect.flatMap(policy(ofService), (how) =>
      how === "fail" ? change : queue.take(loadBalancerIds)(retryWhileRefused(get, change, loadBalancerIds, how))
    )
}
