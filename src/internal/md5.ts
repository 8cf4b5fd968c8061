/**
 * MD5, which is what Cloud Files calls an object's ETag.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"

/** The MD5 of bytes at hand, as 32 lower-case hex digits. */
export const md5Hex = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** The MD5 of bytes that come one after the other. */
export interface RunningMd5 {
  /** Takes the bytes as they are now; they may be changed once it has ended. Waits where hashing does not keep up. */
  readonly update: (chunk: Iterable<Uint8Array>) => Effect.Effect<void>
  /** The MD5 of all bytes so far, as 32 lower-case hex digits. To be asked for once. */
  readonly digest: Effect.Effect<string>
}

/** A hash that has taken nothing yet. */
export const runningMd5: Effect.Effect<RunningMd5, never, Scope.Scope> = Effect.sync(() => {
  const hash = createHash("md5")
  return {
    update: (chunk) =>
      Effect.sync(() => {
        for (const bytes of chunk) hash.update(bytes)
      }),
    digest: Effect.sync(() => hash.digest("hex"))
  }
})
