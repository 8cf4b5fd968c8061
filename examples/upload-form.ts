/**
 * A form in a browser that uploads directly to the cloud. The files do not pass through this program, which only signs what may be
 * uploaded, how much of it and until when. The browser needs no login.
 *
 * It serves the page on this machine, at PORT or any free port, and ends after the first upload.
 */
import { FileSystem, HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Deferred, Effect, Layer, Schema, Stream } from "effect"
import { CloudFiles, Transport } from "effect-rackspace"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { cloud } from "./cloud.js"

const inbox = { container: "inbox", prefix: "from-browsers/" }

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** The query that the cloud adds to the redirect. */
const Outcome = Schema.Struct({ status: Schema.NumberFromString, message: Schema.String })

const program = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const fs = yield* FileSystem.FileSystem
  const template = yield* fs.readFileString(fileURLToPath(new URL("upload-form.html", import.meta.url)))
  const page = (content: string) => HttpServerResponse.html(template.replace("<!-- content -->", () => content))
  const arrived = yield* Deferred.make<void>()
  const address = yield* HttpServer.addressFormattedWith(Effect.succeed)

  const form = Effect.gen(function* () {
    const signed = yield* files.formPost({
      ...inbox,
      redirect: `${address}/done`,
      maxFileSize: 10 * 1024 * 1024,
      maxFileCount: 5,
      expires: "15 minutes",
      deleteAfter: "1 day"
    })
    return page(`<h1>Up to five files</h1>${CloudFiles.formHtml(signed)}`)
  })

  const done = Effect.gen(function* () {
    const { message, status } = yield* HttpServerRequest.schemaSearchParams(Outcome)
    if (status !== 201) return page(`<h1>Not uploaded</h1><p>${status} ${escaped(message)}</p>`)
    const objects = yield* Stream.runCollect(files.listObjects(inbox))
    for (const { bytes, name } of objects) yield* Effect.log(`${name} has ${bytes} bytes`)
    yield* Deferred.succeed(arrived, undefined)
    const items = [...objects].map(({ bytes, name }) => `<li>${escaped(name)}: ${bytes} bytes</li>`)
    return page(`<h1>Uploaded</h1><ul>${items.join("")}</ul>`)
  })

  yield* files.createContainer({ container: inbox.container })
  yield* HttpRouter.empty.pipe(
    HttpRouter.get("/", form),
    HttpRouter.get("/done", done),
    Effect.catchTag("RouteNotFound", () => HttpServerResponse.empty({ status: 404 })),
    Effect.catchAll((error) => Effect.as(Effect.logError(error.message), HttpServerResponse.empty({ status: 500 }))),
    HttpServer.serveEffect()
  )
  yield* Effect.log(`open ${address}/ in a browser`)
  yield* Deferred.await(arrived)
  // The response to the browser is still being sent.
  yield* Effect.sleep("1 second")
}).pipe(Effect.scoped)

const server = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.port("PORT"), 0), (port) =>
    NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })
  )
)

program.pipe(Effect.provide(cloud), Effect.provide([server, Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
