/**
 * Checksums of what is downloaded, taken as it passes: of a plain object as a whole, of a large one part by part, as its manifest
 * tells them.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ChecksumMismatch } from "../../../CloudError.js"
import type { OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import { runningMd5, type RunningMd5 } from "../../../internal/bytes/md5.js"
import type { Part } from "../largeObjects/parts.js"
import { type Address, pathOf } from "../objects/address.js"

/** Takes the bytes of an object one after the other. */
export interface Verifier<out E> {
  readonly update: (chunks: Iterable<OwnedChunk>) => Effect.Effect<void, E>
  /** To be run once, when all bytes have passed. */
  readonly end: Effect.Effect<void, E>
}

/** Nothing is known to verify by. */
export const unverified: Verifier<never> = { update: () => Effect.void, end: Effect.void }

const service = "CloudFiles"

export const mismatch = (
  operation: string,
  where: Address,
  expected: string,
  actual: string,
  what = "what arrived"
): ChecksumMismatch =>
  new ChecksumMismatch({
    service,
    operation,
    container: where.container,
    object: where.object,
    expected,
    actual,
    message: `${operation}: ${where.container}/${where.object} has the MD5 ${expected}, and ${what} has ${actual}`
  })

/** The whole content has one MD5. */
export const byWhole = (
  operation: string,
  where: Address,
  expected: string
): Effect.Effect<Verifier<ChecksumMismatch>, never, Scope.Scope> =>
  Effect.map(runningMd5, (md5) => ({
    update: md5.update,
    end: Effect.flatMap(md5.digest, (actual) =>
      actual === expected ? Effect.void : Effect.fail(mismatch(operation, where, expected, actual))
    )
  }))

interface Current {
  readonly part: Part
  left: number
  readonly md5: RunningMd5 | undefined
  readonly scope: Scope.CloseableScope
}

/**
 * Each part of the content has an MD5 of its own, if its manifest tells it. Fails as soon as a part is not what it should be.
 * `exempt` is asked before it does: whether the part is of a kind whose listed MD5 is not that of its bytes.
 */
export const byParts = <E>(
  operation: string,
  where: Address,
  parts: Stream.Stream<Part, E>,
  exempt: (part: Part) => Effect.Effect<boolean> = () => Effect.succeed(false)
): Effect.Effect<Verifier<E | ChecksumMismatch>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const outer = yield* Effect.scope
    const pull = yield* Stream.toPull(Stream.rechunk(parts, 1))
    let current: Current | undefined
    const open = (part: Part): Effect.Effect<Current> =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(outer, { _tag: "Sequential" })
        const md5 = part.md5 === undefined ? undefined : yield* Scope.extend(runningMd5, scope)
        return { part, left: part.length, md5, scope }
      })
    const close = ({ md5, part, scope }: Current): Effect.Effect<void, ChecksumMismatch> =>
      Effect.gen(function* () {
        current = undefined
        const actual = md5 === undefined ? undefined : yield* md5.digest
        yield* Scope.close(scope, Exit.void)
        if (actual === undefined || part.md5 === undefined || actual === part.md5 || (yield* exempt(part))) return
        return yield* mismatch(operation, part.address ?? where, part.md5, actual)
      })
    /** The part that comes next, past those that have no bytes. */
    const advance: Effect.Effect<Current | undefined, E | ChecksumMismatch> = Effect.suspend(() =>
      current === undefined
        ? Effect.matchEffect(pull, {
            onFailure: Option.match({ onNone: () => Effect.succeed(undefined), onSome: Effect.fail }),
            onSuccess: (chunk) =>
              Effect.gen(function* () {
                for (const part of chunk) {
                  current = yield* open(part)
                  if (current.left === 0) yield* close(current)
                }
                return yield* advance
              })
          })
        : Effect.succeed(current)
    )
    const take = (bytes: Uint8Array): Effect.Effect<void, E | ChecksumMismatch> =>
      bytes.byteLength === 0
        ? Effect.void
        : Effect.flatMap(advance, (now) => {
            // Beyond all parts: the length tells.
            if (now === undefined) return Effect.void
            const mine = bytes.subarray(0, now.left)
            now.left -= mine.byteLength
            return (now.md5?.update([{ bytes: mine }]) ?? Effect.void).pipe(
              Effect.zipRight(now.left === 0 ? close(now) : Effect.void),
              Effect.zipRight(Effect.suspend(() => take(bytes.subarray(mine.byteLength))))
            )
          })
    return {
      update: (chunks) => Effect.forEach(chunks, ({ bytes }) => take(bytes), { discard: true }),
      end: Effect.flatMap(advance, (rest) =>
        rest === undefined
          ? Effect.void
          : Effect.fail(
              mismatch(
                operation,
                where,
                rest.part.md5 ?? "unknown",
                "none",
                `what arrived ends before ${rest.part.address === undefined ? "a part" : pathOf(rest.part.address)}, which`
              )
            )
      )
    }
  })

/** One that fails at the end only. */
export const late = <E>({ end, update }: Verifier<E>): Verifier<E> => {
  let failure: Effect.Effect<never, E> | undefined
  return {
    update: (chunk) =>
      failure === undefined
        ? Effect.catchAllCause(update(chunk), (cause) =>
            Effect.sync(() => {
              failure = Effect.failCause(cause)
            })
          )
        : Effect.void,
    end: Effect.suspend(() => failure ?? end)
  }
}
