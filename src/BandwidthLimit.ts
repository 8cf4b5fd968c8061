/**
 * A limit on bandwidth that any number of transfers share.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type InvalidInput } from "./CloudError.js"
import * as KeyedQueue from "./internal/concurrency/keyedQueue.js"
import { invalidInput } from "./internal/schema/invalidInput.js"

/**
 * A limit in force.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly bytesPerSecond: number
  /** Waits until these bytes may pass, after all that have asked before, and returns how many milliseconds it has waited. */
  readonly take: (bytes: number) => Effect.Effect<number>
}

/**
 * The limit on what requests send and receive as bodies, up and down together. Without one, nothing is limited.
 *
 * Provide it to an upload, a download or any other effect or stream, to a whole program, or to the
 * layer of a service for all its requests. The innermost limit applies. Everything to which the same limit is provided shares it. Time
 * that a transfer waits for the limit does not count towards the timeouts of the `RetryPolicy`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { BandwidthLimit, CloudFiles } from "effect-rackspace"
 *
 * const backup = Effect.gen(function* () {
 *   const files = yield* CloudFiles.CloudFiles
 *   const object = { container: "backups", object: "db.dump" }
 *   yield* files.upload({ ...object, body: CloudFiles.fromFile("./db.dump") })
 * }).pipe(Effect.provide(BandwidthLimit.layer({ bytesPerSecond: 5_000_000 })))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class BandwidthLimit extends Context.Tag("effect-rackspace/BandwidthLimit")<BandwidthLimit, Service>() {}

/**
 * How much may pass.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** On average; more than 0. */
  readonly bytesPerSecond: number
}

/**
 * In milliseconds: unused time up to this is made up for. Timers fire a few milliseconds late; without a burst, the average rate would
 * stay below the limit.
 */
const burstMillis = 100

/**
 * A limit of its own. Fails with `InvalidInput` where the number is not more than 0.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ bytesPerSecond }: Options): Effect.Effect<Service, InvalidInput> =>
  Effect.gen(function* () {
    if (!(bytesPerSecond > 0)) {
      const operation = "BandwidthLimit.make"
      const issue = { path: "bytesPerSecond", expected: "a number of more than 0" }
      return yield* invalidInput("BandwidthLimit", operation, [issue], `, not ${bytesPerSecond}`)
    }
    const inTurn = KeyedQueue.make().take([""])
    /** When the next bytes may pass, in milliseconds since 1970. */
    let next = 0
    const pass = (clock: Clock.Clock, bytes: number): void => {
      next = Math.max(next, clock.unsafeCurrentTimeMillis() - burstMillis) + (bytes * 1000) / bytesPerSecond
    }
    return {
      bytesPerSecond,
      take: (bytes) =>
        Effect.clockWith((clock) => {
          const begun = clock.unsafeCurrentTimeMillis()
          return inTurn(
            Effect.suspend(() => {
              const left = next - clock.unsafeCurrentTimeMillis()
              const passed = Effect.sync(() => {
                pass(clock, bytes)
                return clock.unsafeCurrentTimeMillis() - begun
              })
              // An effect that is interrupted while it waits has used nothing of the limit.
              return left > 0 ? Effect.zipRight(clock.sleep(Duration.millis(Math.ceil(left))), passed) : passed
            })
          )
        })
    }
  })

/**
 * A limit of its own, for whatever the layer is provided to.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<BandwidthLimit, InvalidInput> =>
  Layer.effect(BandwidthLimit, make(options))
