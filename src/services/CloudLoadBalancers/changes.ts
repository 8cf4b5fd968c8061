/**
 * Changes of load balancers. Those of one balancer wait for each other, and one that the balancer refuses as immutable is sent
 * again when the balancer is ACTIVE.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { BadRequest, type CommonError, Immutable, type NotFound } from "../../CloudError.js"
import * as KeyedQueue from "../../internal/concurrency/keyedQueue.js"
import * as Waiting from "../../Waiting.js"
import { finalStatuses, hasFailed, type LoadBalancerStatus, service } from "./status.js"

/** How long a change waits for a balancer that takes none at the moment. */
export interface WaitLimits {
  /** How long between two polls of the balancer. However many changes wait for it, one of them polls. Default 5 seconds. */
  readonly interval?: Duration.DurationInput | undefined
  /**
   * After how long to give up with the cloud's `Immutable`. It counts from the change's own first refusal: what it waits for
   * its turn is not in it. Default 10 minutes.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * What becomes of a change that a balancer refuses because it is being changed: it waits, or it fails (`fail`, which does not
 * wait for other changes of this program either).
 *
 * It waits while the balancer is in BUILD, PENDING_UPDATE or another status that passes. Where it never takes a change again
 * (ERROR, SUSPENDED, PENDING_DELETE, DELETED), or the time is up, the change fails with the cloud's own `Immutable`.
 */
export type ImmutablePolicy = WaitLimits | "fail"

/**
 * The {@link ImmutablePolicy} for a program or a call: `Effect.provideService(change, WhenImmutable, "fail")`. It prevails over
 * what a service was made with.
 */
export class WhenImmutable extends Context.Reference<WhenImmutable>()(
  "effect-rackspace/CloudLoadBalancers/WhenImmutable",
  { defaultValue: (): ImmutablePolicy => ({}) }
) {}

type Refused = Immutable | BadRequest

/** A bulk deletion is refused as a whole, with a 400 that names the balancers which are being changed. */
const isRefused = (error: unknown): error is Refused =>
  error instanceof Immutable ||
  (error instanceof BadRequest && /\bare immutable and could not be processed\b/i.test(error.message))

/** The status in the refusal itself, where it is a final one. */
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
    // A reference always has a value; only the map shows whether somebody provided it.
    context.unsafeMap.has(WhenImmutable.key) ? Context.get(context, WhenImmutable) : (ofService ?? {})
  )

/** Reads the status of a load balancer. */
export type GetStatus = (input: {
  readonly loadBalancerId: string
}) => Effect.Effect<{ readonly status: LoadBalancerStatus }, CommonError | NotFound>

/** Runs a change of load balancers when it is its turn, and again while they refuse it. */
export type Changes = <A, E>(
  loadBalancerIds: ReadonlyArray<string>,
  change: Effect.Effect<A, E>
) => Effect.Effect<A, E | CommonError | NotFound>

/** How often a refused change polls its load balancers, and until when, in milliseconds. */
interface Limits {
  readonly interval: number
  readonly timeout: number
  readonly giveUpAt: number
}

/** Waits until a load balancer that has refused a change takes changes again. Fails with the refusal where it does not. */
const takesChanges = <E>(
  get: GetStatus,
  loadBalancerId: string,
  refused: E & Refused,
  { giveUpAt, interval, timeout }: Limits
): Effect.Effect<unknown, E | CommonError | NotFound> => {
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
      // NotFound is clear where one balancer was to be changed; of several it would not say which.
      NotFound: (error) => (refused._tag === "BadRequest" ? failed("it is deleted") : Effect.fail(error))
    })
  )
}

/** Waits until all load balancers that have refused a change take changes again. */
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

/** Sends a change, and sends it again while its load balancers refuse it. */
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

/** The changes of a service, which wait for each other and for their balancers. */
export const makeChanges = (get: GetStatus, ofService: ImmutablePolicy | undefined): Changes => {
  const queue = KeyedQueue.make()
  return (loadBalancerIds, change) =>
    Effect.flatMap(policy(ofService), (how) =>
      how === "fail" ? change : queue.take(loadBalancerIds)(retryWhileRefused(get, change, loadBalancerIds, how))
    )
}
