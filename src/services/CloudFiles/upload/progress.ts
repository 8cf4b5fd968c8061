/** Reports the bytes of a body as they are sent. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Content } from "../../../RequestBody.js"
import type { UploadOptions } from "./model.js"

export type Progress = NonNullable<UploadOptions<never, never>["progress"]>

/**
 * A body that reports its bytes. If it is sent again, the bytes reported so far are subtracted. `settle` reports the difference
 * to the number of bytes sent in the end, since they may have been sent in another way.
 */
export const reporting = <E>(progress: Progress | undefined, content: Content<E>) => {
  if (progress === undefined) return { content, settle: () => Effect.void }
  let reported = 0
  const report = (bytes: number): Effect.Effect<void> => {
    reported += bytes
    return bytes === 0 ? Effect.void : progress(bytes)
  }
  return {
    content: {
      ...content,
      source: Stream.unwrap(
        Effect.map(
          Effect.suspend(() => report(-reported)),
          () => Stream.tap(content.source, ({ bytes }) => report(bytes.byteLength))
        )
      )
    },
    settle: (total: number): Effect.Effect<void> => Effect.suspend(() => report(total - reported))
  }
}
