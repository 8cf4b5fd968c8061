/**
 * Verifies the checksums of a download while it is read: of a plain object as a whole, of a large object part by part, as listed in
 * its manifest.
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

/** Verifies the bytes of an object in order. */
export interface Verifier<out E> {
  readonly update: (chunks: Iterable<OwnedChunk>) => Effect.Effect<void, E>
  /** Must be run once, after all bytes. */
  readonly end: Effect.Effect<void, E>
}

/** No checksum is known. */
export const unverified: Verifier<never> = { update: () => Effect.void, end: Effect.void }

const service = "CloudFiles"

export const mismatch = (
  operation: string,
  where: Address,
  expected: string,
  actual: string,
  what = "the received content"
): ChecksumMismatch =>
  new ChecksumMismatch({
    service,
    operation,
    container: where.container,
    object: where.object,
    expected,
    actual,
    message: `${operation}: ${where.container}/${where.object} has the MD5 ${expected}, but ${what} has ${actual}`
  })

/** Verifies the whole content by one MD5. */
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
 * Verifies each part of the content by its MD5, if its manifest lists one. Fails as soon as a part differs, unless `exempt` returns
 * that the listed MD5 of this part is not that of its bytes.
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
    /** The next part that is not empty. */
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
            // Beyond all parts: the check of the length fails.
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
                `the received content, which ends before ${rest.part.address === undefined ? "a part" : pathOf(rest.part.address)},`
              )
            )
      )
    }
  })

/** A verification that fails only at the end. */
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
