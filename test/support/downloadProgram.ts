/** A program for a separate process: it prints an object of the cloud at the given URL, received over `Transport.layer`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Identity from "../../src/Identity.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import * as Transport from "../../src/Transport.js"

const [endpoint = ""] = process.argv.slice(2)
const cloud = CloudFiles.layer({ endpoint }).pipe(
  Layer.provide(Identity.layerToken({ token: "token" })),
  Layer.provide(Transport.layer)
)

const text = await Effect.flatMap(CloudFiles.CloudFiles, (files) =>
  Stream.mkString(Stream.decodeText(files.download({ container: "c", object: "o" })))
).pipe(Effect.provide(cloud), Effect.runPromise)
console.log(text)
