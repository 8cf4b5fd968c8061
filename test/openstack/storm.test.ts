import { NodeHttpClient } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Chunk, Duration, Effect, Redacted, Ref, Schedule, Stream } from "effect"
import { CloudFiles, Identity, OpenStack, Telemetry } from "effect-rackspace"
import { freshName } from "../contract/Cloud.js"
import { md5 } from "../support.js"
import { alt, revoke } from "./support.js"

const objects = 2000
const fibers = 32

const contentOf = (index: number): string => `${index} `.repeat(500 + (index % 500))

it.live(
  `${fibers} fibers upload ${objects} objects while the token is revoked every second`,
  () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const container = freshName("storm")
      yield* files.createContainer({ container })
      const first = (yield* Identity.access).login
      const revocations = yield* Ref.make(0)
      const upload = { service: "CloudFiles", operation: "CloudFiles.upload" }
      const retried = yield* Telemetry.total("retries", upload)
      let done = 0
      let met = 0
      const revoker = yield* Effect.fork(
        Effect.gen(function* () {
          // On a busy machine, until the token has been used: otherwise a token never used looks like one never valid.
          const before = done
          yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => done > before + fibers })
          yield* revoke(Redacted.value(yield* Identity.token))
          yield* Ref.update(revocations, (count) => count + 1)
        }).pipe(Effect.delay("1 second"), Effect.repeat(Schedule.forever))
      )
      const [time] = yield* Effect.forEach(
        Array.from({ length: objects }, (_, index) => index),
        (index) =>
          files
            .upload({
              container,
              object: `o-${index}`,
              body: CloudFiles.fromString(contentOf(index)),
              // An object that arrived twice would be rejected the second time.
              createOnly: true
            })
            .pipe(
              Effect.catchTag("PreconditionFailed", () => Effect.sync(() => met++)),
              Effect.tap(() => Effect.sync(() => done++))
            ),
        { concurrency: fibers, discard: true }
      ).pipe(Effect.timed)
      yield* revoker.interruptAsFork(yield* Effect.fiberId)
      const revoked = yield* Ref.get(revocations)
      const logins = (yield* Identity.access).login - first
      const listed = Chunk.toReadonlyArray(yield* Stream.runCollect(files.listObjects({ container })))
      yield* Effect.sync(() =>
        console.log(
          `${listed.length} objects by ${fibers} fibers in ${Duration.format(time)}: ${revoked} revocations, ${logins} logins`
        )
      )
      assert.strictEqual(listed.length, objects)
      // Only a response lost by the gateway under load explains an object that exists before it is sent.
      assert.isAtMost(met, (yield* Telemetry.total("retries", upload)) - retried, "objects that arrived twice")
      for (const { hash, name } of listed) assert.strictEqual(hash, md5(contentOf(Number(name.slice(2)))), name)
      // Too few to matter; one more or less for a revocation that no request met.
      assert.isAtLeast(revoked, 3)
      assert.isTrue(Math.abs(logins - revoked) <= 1, `${revoked} revocations, ${logins} logins`)
      yield* files.deleteContainerWithContents({ container })
    }).pipe(Effect.provide(OpenStack.layer({ credentials: alt })), Effect.provide(NodeHttpClient.layerUndici)),
  // Ten times the duration on an idle machine.
  900_000
)
