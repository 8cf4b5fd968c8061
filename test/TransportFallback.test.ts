import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { vi } from "vitest"
import * as CloudFiles from "../src/services/CloudFiles.js"
import * as Transport from "../src/Transport.js"
import { httpServer, servicesAt } from "./support.js"

// What Bun has in place of undici: classes without their methods.
vi.mock("undici", () => ({ Agent: function Agent() {} }))

it.scopedLive("Transport.layer uses the platform's fetch where undici has no working dispatcher", () =>
  Effect.gen(function* () {
    const options: Array<unknown> = []
    const { fetch } = globalThis
    globalThis.fetch = (input, init) => {
      options.push((init as { decompress?: boolean }).decompress)
      return fetch(input, init)
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => (globalThis.fetch = fetch)))
    const server = yield* httpServer(
      (_, reply) => void reply.writeHead(200, { "Content-Type": "text/plain" }).end("Hello")
    )
    const received = yield* Effect.flatMap(CloudFiles.CloudFiles, (files) =>
      Stream.mkString(Stream.decodeText(files.download({ container: "c", object: "o" })))
    ).pipe(Effect.provide(servicesAt(server.url, Transport.layer)))
    assert.strictEqual(received, "Hello")
    assert.deepStrictEqual(options, [false])
  })
)
