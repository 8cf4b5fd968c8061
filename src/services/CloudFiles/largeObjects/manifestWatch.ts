/** Watches the request that stores a manifest, to determine whether the segments may be needed afterwards. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as LostResponse from "../../../internal/http/lostResponse.js"

/** Errors after which the manifest may have been stored. */
const uncertain: ReadonlySet<string> = new Set([
  "TransportError",
  "ServiceUnavailable",
  "MalformedResponse",
  "UnexpectedStatus"
])

/** Errors after which it may have been stored if the response to an earlier attempt was lost. */
const uncertainAfterLostResponse: ReadonlySet<string> = new Set([
  "PreconditionFailed",
  "OverLimit",
  "Unauthorized",
  "AuthenticationFailed",
  "Forbidden"
])

/** Whether an unexpected status means that nothing was stored. */
const isFinal = (status: number): boolean => (status >= 400 && status < 500 && status !== 408) || status === 501

/** Whether the cloud has refused the manifest, so that its segments are not needed. */
const isRefusal = (cause: Cause.Cause<unknown>, responseWasLost: boolean): boolean =>
  Option.exists(Cause.failureOption(cause), (error) => {
    if (typeof error !== "object" || error === null || !("_tag" in error)) return false
    const tag = String(error._tag)
    if (responseWasLost) return !uncertain.has(tag) && !uncertainAfterLostResponse.has(tag)
    if (tag === "UnexpectedStatus") return "status" in error && isFinal(Number(error.status))
    return !uncertain.has(tag)
  })

export const makeManifestWatch = () => {
  let mayBeStored = false
  return {
    /** Whether the manifest was, or may have been, stored. */
    mayBeStored: (): boolean => mayBeStored,
    watch: <A, E, R>(put: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      LostResponse.sharing((lostResponse) => {
        mayBeStored = true
        return Effect.tapErrorCause(put, (cause) =>
          Effect.sync(() => {
            mayBeStored = !isRefusal(cause, lostResponse.mayHaveSucceeded)
          })
        )
      })
  }
}
