/** A bandwidth limit that is shared by any number of transfers. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type InvalidInput } from "./CloudError.js"
import * as KeyedQueue from "./internal/concurrency/keyedQueue.js"
import { invalidInput } from "./internal/schema/invalidInput.js"

/** An active limit. */
export interface Service {
  readonly bytesPerSecond: number
  /** Waits until these bytes may be transferred, after all earlier callers. Returns the milliseconds it waited. */
  readonly take: (bytes: number) => Effect.Effect<number>
}

/**
 * Limits the bytes of request and response bodies, uploads and downloads together. By default there is no limit.
 *
 * Provide it to a single upload or download, to any other effect or stream, to a whole program, or to the layer of a service
 * for all its requests. The innermost limit applies. Everything that the same limit is provided to shares its bandwidth. Time
 * spent waiting for the limit does not count towards the timeouts of the `RetryPolicy`.
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
 */
export class BandwidthLimit extends Context.Tag("effect-rackspace/BandwidthLimit")<BandwidthLimit, Service>() {}

/** Options of a limit. */
export interface Options {
  /** The average rate; greater than 0. */
  readonly bytesPerSecond: number
}

/**
 * The largest burst, as unused time in milliseconds. Timers fire a few milliseconds late, so without bursts the average rate
 * would stay below the limit.
 */
const burstMillis = 100

/** Creates a limit. Fails with `InvalidInput` unless `bytesPerSecond` is greater than 0. */
export const make = ({ bytesPerSecond }: Options): Effect.Effect<Service, InvalidInput> =>
  Effect.gen(function* () {
    if (!(bytesPerSecond > 0)) {
      const operation = "BandwidthLimit.make"
      const issue = { path: "bytesPerSecond", expected: "a number greater than 0" }
      return yield* invalidInput("BandwidthLimit", operation, [issue], `, not ${bytesPerSecond}`)
    }
    const inOrder = KeyedQueue.make().take([""])
    /** When the next bytes may be transferred, in milliseconds since 1970. */
    let next = 0
    const transfer = (clock: Clock.Clock, bytes: number): void => {
      next = Math.max(next, clock.unsafeCurrentTimeMillis() - burstMillis) + (bytes * 1000) / bytesPerSecond
    }
    return {
      bytesPerSecond,
      take: (bytes) =>
        Effect.clockWith((clock) => {
          const start = clock.unsafeCurrentTimeMillis()
          return inOrder(
            Effect.suspend(() => {
              const delay = next - clock.unsafeCurrentTimeMillis()
              const transferred = Effect.sync(() => {
                transfer(clock, bytes)
                return clock.unsafeCurrentTimeMillis() - start
              })
              // An effect that is interrupted while it waits consumes no bandwidth.
              return delay > 0
                ? Effect.zipRight(clock.sleep(Duration.millis(Math.ceil(delay))), transferred)
                : transferred
            })
          )
        })
    }
  })

/** Provides a new limit. */
export const layer = (options: Options): Layer.Layer<BandwidthLimit, InvalidInput> =>
  Layer.effect(BandwidthLimit, make(options))
