/** Runs programs in processes of their own. */
import * as Command from "@effect/platform/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const text = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) => Stream.mkString(Stream.decodeText(stream))

/** Runs a command to its end, and returns its output and its exit code. */
export const runProgram = (command: Command.Command) =>
  Effect.gen(function* () {
    const running = yield* Command.start(command)
    const [out, err, code] = yield* Effect.all([text(running.stdout), text(running.stderr), running.exitCode], {
      concurrency: "unbounded"
    })
    return { out, err, output: out + err, code: Number(code) }
  }).pipe(Effect.scoped)
