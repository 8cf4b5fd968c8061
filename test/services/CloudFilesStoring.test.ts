import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Credentials from "../../src/Credentials.js"
import * as OpenStack from "../../src/layers/OpenStack.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import * as Transport from "../../src/Transport.js"
import { once } from "../support/cloudFiles.js"
import { folderOf } from "../support/folder.js"
import { patterned } from "../support.js"

const { fromBytes, fromFile, fromStream } = CloudFiles

/** The responses to a PUT of a server that stores nothing. */
interface TestResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const page = "<html><body>Please log in to the wireless network</body></html>"

const responses: Readonly<Record<string, TestResponse>> = {
  "201 without ETag": { status: 201 },
  "200 with a page": { status: 200, headers: { "content-type": "text/html" }, body: page },
  "204": { status: 204 },
  "202": { status: 202 },
  "200 with any ETag": { status: 200, headers: { etag: "d41d8cd98f00b204e9800998ecf8427e" } }
}

/** A cloud whose login works, and which returns the given response to each PUT of an object, before or after the request's body. */
const cloud = (answer: TestResponse, isEarly: boolean) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        if (request.url?.startsWith("/v1.0") === true) {
          const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/AUTH_a`
          response.writeHead(200, { "x-storage-url": url, "x-auth-token": "token" }).end()
          return
        }
        const isContainer = /^\/v1\/AUTH_a\/[^/]+(\?.*)?$/.test(request.url ?? "")
        const reply = (): void => {
          if (isContainer && !request.url?.includes("extract-archive")) {
            response.writeHead(request.method === "PUT" ? 201 : 204, {
              "x-container-object-count": "0",
              "x-container-bytes-used": "0"
            })
            response.end()
          } else {
            response.writeHead(request.method === "PUT" ? answer.status : 404, answer.headers)
            response.end(request.method === "PUT" ? answer.body : "")
          }
        }
        if (isEarly) reply()
        else request.on("data", () => undefined).on("end", reply)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

const clients = { "Transport.layer": Transport.layer, "another HttpClient": FetchHttpClient.layer }

describe("a response that does not confirm an upload", () => {
  for (const [client, layer] of Object.entries(clients)) {
    for (const [what, answer] of Object.entries(responses)) {
      for (const isEarly of [false, true]) {
        it.scopedLive(
          `fails every upload: ${what}, ${isEarly ? "before" : "after"} the body, over ${client}`,
          () =>
            Effect.gen(function* () {
              const server = yield* cloud(answer, isEarly)
              const { port } = server.address() as AddressInfo
              const bytes = patterned(3 * 1024 * 1024)
              const folder = yield* folderOf({ small: "small", large: bytes })
              const segments = { segmentSize: 1024 * 1024, segmentThreshold: 1024 * 1024 }
              const program = Effect.gen(function* () {
                const files = yield* CloudFiles.CloudFiles
                const object = { container: "c", object: "o" }
                const uploads = {
                  small: files.upload({ ...object, body: CloudFiles.fromString("small") }),
                  bytes: files.upload({ ...object, body: fromBytes(bytes) }),
                  file: files.upload({ ...object, body: fromFile(`${folder}/large`) }),
                  stream: files.upload({ ...object, body: fromStream(Stream.make(bytes)) }),
                  replayable: files.upload({ ...object, body: fromStream(Stream.make(bytes), { replayable: true }) }),
                  segments: files.upload({ ...object, body: fromBytes(bytes), ...segments }),
                  dynamic: files.upload({ ...object, body: fromBytes(bytes), ...segments, largeObject: "dynamic" })
                }
                for (const [name, upload] of Object.entries(uploads)) {
                  const failure = yield* Effect.flip(once(upload as Effect.Effect<unknown, { readonly _tag: string }>))
                  assert.include(["MalformedResponse", "NotFound", "TransportError"], failure._tag, name)
                }
                for (const archives of ["never", "always"] as const) {
                  const uploading = CloudFiles.runFolder(files.uploadFolder({ folder, container: "c", archives }))
                  const failure = yield* Effect.flip(once(uploading))
                  assert.include(["FolderFailed", "NotFound"], failure._tag)
                }
              })
              yield* program.pipe(
                Effect.provide(
                  OpenStack.layer({
                    credentials: Credentials.swiftKey({
                      authUrl: `http://127.0.0.1:${port}/v1.0`,
                      user: "a:b",
                      key: "secret"
                    })
                  })
                ),
                Effect.provide([layer, NodeFileSystem.layer])
              )
            }) as Effect.Effect<void>,
          60_000
        )
      }
    }
  }
})
