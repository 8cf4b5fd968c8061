/** Folder transfer events: counted, emitted as a Stream, or collected into a summary. */
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { keepingInterruption } from "../../../internal/concurrency/interruption.js"
import type { FolderEvent, Summary } from "./model.js"

/** Some files of a folder failed. The others are done. */
export class FolderFailed extends Schema.TaggedError<FolderFailed>("effect-rackspace/FolderFailed")("FolderFailed", {
  service: Schema.String,
  message: Schema.String,
  /** The failed files and their errors. */
  failures: Schema.Array(Schema.Struct({ path: Schema.String, tag: Schema.String, reason: Schema.String })),
  /** How many files are done. */
  done: Schema.Number,
  deleted: Schema.Number
}) {}

const nothing: Summary = {
  _tag: "Summary",
  done: 0,
  bytes: 0,
  archived: 0,
  skipped: 0,
  deleted: 0,
  failed: 0,
  planned: 0
}

/** Counts events. */
const counting = () => {
  const sum = { ...nothing }
  return {
    sum: (): Summary => ({ ...sum }),
    add: (events: ReadonlyArray<FolderEvent>): void => {
      for (const event of events) {
        switch (event._tag) {
          case "Done":
            sum.done++
            sum.bytes += event.bytes
            if (event.archived) sum.archived++
            break
          case "Skipped":
            sum.skipped++
            break
          case "Deleted":
            sum.deleted++
            break
          case "Failed":
            sum.failed++
            break
          case "Planned":
            sum.planned++
            break
        }
      }
    }
  }
}

/** Emits events. */
export type Emit = (events: ReadonlyArray<FolderEvent>) => Effect.Effect<void>

/** The number of buffered events. When the buffer is full, the transfer waits. */
const capacity = 4096

/** Streams the events of a transfer, which ends when the stream is closed. */
export const eventsOf = <E, R>(
  transfer: (emit: Emit, failures: () => number) => Effect.Effect<void, E, R>
): Stream.Stream<FolderEvent, E, Exclude<R, Scope.Scope>> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const mailbox = yield* Mailbox.make<FolderEvent, E>({ capacity })
      const counted = counting()
      const emit: Emit = (events) =>
        Effect.suspend(() => {
          counted.add(events)
          return Effect.asVoid(mailbox.offerAll(events))
        })
      yield* Effect.suspend(() => transfer(emit, () => counted.sum().failed)).pipe(
        Effect.zipRight(Effect.suspend(() => mailbox.offer(counted.sum()))),
        Effect.scoped,
        Mailbox.into(mailbox),
        keepingInterruption,
        Effect.forkScoped
      )
      return Mailbox.toStream(mailbox)
    })
  ) as Stream.Stream<FolderEvent, E, Exclude<R, Scope.Scope>>

/** Runs a folder transfer to its end. Fails with {@link FolderFailed} if a file failed. */
export const runFolder = <E, R>(
  events: Stream.Stream<FolderEvent, E, R>
): Effect.Effect<Summary, E | FolderFailed, R> =>
  Effect.suspend(() => {
    const failures: Array<FolderFailed["failures"][number]> = []
    let summary = nothing
    return events.pipe(
      Stream.runForEachChunk((chunk) =>
        Effect.sync(() => {
          for (const event of chunk) {
            if (event._tag === "Summary") summary = event
            else if (event._tag === "Failed") {
              failures.push({ path: event.path, tag: event.error._tag, reason: event.error.message })
            }
          }
        })
      ),
      Effect.zipRight(
        Effect.suspend((): Effect.Effect<Summary, FolderFailed> =>
          failures.length === 0
            ? Effect.succeed(summary)
            : Effect.fail(
                new FolderFailed({
                  service: "CloudFiles",
                  failures,
                  done: summary.done,
                  deleted: summary.deleted,
                  message: `${failures.length} of the folder's files failed, ${summary.done} were transferred: ${failures[0]?.path}: ${failures[0]?.reason}`
                })
              )
        )
      )
    )
  })
