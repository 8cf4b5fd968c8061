/** Effect's own HttpClient on undici, with the spans that it makes by itself and nothing else: the floor under this library. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { filesIn } from "./undici.mjs"

const wide = 16

export const tasks = {
  put:
    () =>
    ({ container, folder }) =>
      Effect.gen(function* () {
        const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
        const { headers } = yield* client.get(process.env.BENCH_AUTH_URL, {
          headers: { "x-auth-user": process.env.BENCH_USER, "x-auth-key": process.env.BENCH_KEY }
        })
        const names = yield* Effect.promise(() => filesIn(folder))
        const put = (name) =>
          Effect.flatMap(
            Effect.promise(() => readFile(join(folder, name))),
            (bytes) =>
              HttpClientRequest.put(`${headers["x-storage-url"]}/${container}/${name}`).pipe(
                HttpClientRequest.setHeader("x-auth-token", headers["x-auth-token"]),
                HttpClientRequest.bodyUint8Array(bytes),
                client.execute,
                Effect.flatMap((response) => response.text)
              )
          )
        yield* Effect.forEach(names, put, { concurrency: wide, discard: true })
      }).pipe(Effect.provide(NodeHttpClient.layerUndici), Effect.runPromise)
}
