/**
 * Uses two regions with one login: copies an object from one to the other as a stream, without buffering it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Context, Effect, Layer, Stream } from "effect"
import { CloudFiles, Credentials, Identity, Transport } from "effect-rackspace"

class Dallas extends Context.Tag("Dallas")<Dallas, CloudFiles.Service>() {}
class Chicago extends Context.Tag("Chicago")<Chicago, CloudFiles.Service>() {}

const regions = Layer.mergeAll(
  Layer.effect(Dallas, CloudFiles.make({ region: "DFW" })),
  Layer.effect(Chicago, CloudFiles.make({ region: "ORD" }))
).pipe(Layer.provide(Identity.layer({ credentials: Credentials.config })))

const program = Effect.gen(function* () {
  const dallas = yield* Dallas
  const chicago = yield* Chicago

  yield* dallas.createContainer({ container: "primary" })
  yield* chicago.createContainer({ container: "replica" })
  yield* dallas.upload({
    container: "primary",
    object: "report",
    body: CloudFiles.fromString("same text in both regions")
  })

  const { md5 } = yield* chicago.upload({
    container: "replica",
    object: "report",
    // Running the stream again downloads again, so the upload can be retried.
    body: CloudFiles.fromStream(dallas.download({ container: "primary", object: "report" }), { replayable: true })
  })
  const original = yield* dallas.getObjectInfo({ container: "primary", object: "report" })
  yield* Effect.log(md5 === CloudFiles.md5Of(original) ? "the copy is identical" : "the copy differs")

  const text = yield* chicago
    .download({ container: "replica", object: "report" })
    .pipe(Stream.decodeText(), Stream.mkString)
  yield* Effect.log(text)
})

program.pipe(Effect.provide(regions), Effect.provide(Transport.layer), NodeRuntime.runMain)
