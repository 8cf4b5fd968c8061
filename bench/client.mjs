/**
 * One transfer in a process of its own: `node bench/client.mjs (library|undici) (upload|download) PORT FILE`. Prints its wall
 * and CPU time in seconds and its peak memory in MiB, as JSON. The library's clock includes its login.
 */
import { createReadStream, createWriteStream, statSync } from "node:fs"
import { pipeline } from "node:stream/promises"

const [client, direction, port, file] = process.argv.slice(2)
const origin = `http://127.0.0.1:${port}`

const withUndici = async () => {
  const { request } = await import("undici")
  return async () => {
    const url = `${origin}/v1/bench/c/o`
    if (direction === "upload") {
      const { body, statusCode } = await request(url, {
        method: "PUT",
        headers: { "x-auth-token": "bench", "content-length": String(statSync(file).size) },
        body: createReadStream(file, { highWaterMark: 256 * 1024 })
      })
      await body.dump()
      if (statusCode !== 201) throw new Error(`the server answered ${statusCode}`)
    } else {
      const { body } = await request(url, { headers: { "x-auth-token": "bench" } })
      await pipeline(body, createWriteStream("/dev/null"))
    }
  }
}

const withLibrary = async () => {
  const [NodeFileSystem, NodeHttpClient, FileSystem, Effect, Stream, CloudFiles, Credentials, Identity] =
    await Promise.all([
      import("@effect/platform-node/NodeFileSystem"),
      import("@effect/platform-node/NodeHttpClient"),
      import("@effect/platform/FileSystem"),
      import("effect/Effect"),
      import("effect/Stream"),
      import("effect-rackspace/CloudFiles"),
      import("effect-rackspace/Credentials"),
      import("effect-rackspace/Identity")
    ])
  const transfer = Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    if (direction === "upload") {
      return yield* files.upload({ container: "c", object: "o", body: CloudFiles.fromFile(file) })
    }
    const fs = yield* FileSystem.FileSystem
    return yield* files.download({ container: "c", object: "o" }).pipe(Stream.run(fs.sink("/dev/null")))
  }).pipe(
    Effect.provide(CloudFiles.layer()),
    Effect.provide(
      Identity.layer({ credentials: Credentials.apiKey({ authUrl: origin, username: "bench", apiKey: "bench" }) })
    ),
    Effect.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
  )
  return () => Effect.runPromise(transfer)
}

const run = await (client === "library" ? withLibrary() : withUndici())
const start = performance.now()
const before = process.cpuUsage()
await run()
const { system, user } = process.cpuUsage(before)
console.log(
  JSON.stringify({
    wall: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    memory: process.resourceUsage().maxRSS / 1024
  })
)
