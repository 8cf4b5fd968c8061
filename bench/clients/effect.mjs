/** Effect's own HttpClient on undici: the minimum work of a program on Effect. It verifies nothing. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { filesIn } from "./undici.mjs"

const wide = 16

/** Logs in, and runs `work` with a function that sends a request to a path of the account. */
const run = (work) =>
  Effect.gen(function* () {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const { headers } = yield* client.get(process.env.BENCH_AUTH_URL, {
      headers: { "x-auth-user": process.env.BENCH_USER, "x-auth-key": process.env.BENCH_KEY }
    })
    const send = (request) =>
      request.pipe(
        HttpClientRequest.prependUrl(headers["x-storage-url"]),
        HttpClientRequest.setHeader("x-auth-token", headers["x-auth-token"]),
        client.execute
      )
    return yield* work(send)
  }).pipe(Effect.provide(NodeHttpClient.layerUndici), Effect.runPromise)

const each = (items, work) => Effect.forEach(items, work, { concurrency: wide, discard: true })

const namesOf = (send, container) =>
  Effect.gen(function* () {
    const names = []
    let marker = ""
    while (true) {
      const path = `/${container}?format=json&marker=${encodeURIComponent(marker)}`
      const page = yield* Effect.flatMap(send(HttpClientRequest.get(path)), (response) => response.json)
      if (page.length === 0) return names
      for (const { name } of page) names.push(name)
      marker = names.at(-1)
    }
  })

export const tasks = {
  put:
    () =>
    ({ container, folder }) =>
      run((send) =>
        Effect.flatMap(
          Effect.promise(() => filesIn(folder)),
          (names) =>
            each(names, (name) =>
              Effect.flatMap(
                Effect.promise(() => readFile(join(folder, name))),
                (bytes) =>
                  HttpClientRequest.put(`/${container}/${name}`).pipe(
                    HttpClientRequest.bodyUint8Array(bytes),
                    send,
                    Effect.flatMap((response) => response.text)
                  )
              )
            )
        )
      ),
  get:
    () =>
    ({ container, into }) =>
      run((send) =>
        Effect.gen(function* () {
          const names = yield* namesOf(send, container)
          for (const folder of new Set(names.map((name) => dirname(name))))
            yield* Effect.promise(() => mkdir(join(into, folder), { recursive: true }))
          yield* each(names, (name) =>
            send(HttpClientRequest.get(`/${container}/${name}`)).pipe(
              Effect.flatMap((response) => response.arrayBuffer),
              Effect.flatMap((bytes) => Effect.promise(() => writeFile(join(into, name), new Uint8Array(bytes))))
            )
          )
        })
      ),
  getBytes:
    () =>
    ({ container }) =>
      run((send) =>
        Effect.flatMap(namesOf(send, container), (names) =>
          each(names, (name) =>
            Effect.flatMap(send(HttpClientRequest.get(`/${container}/${name}`)), (response) => response.arrayBuffer)
          )
        )
      ),
  delete:
    () =>
    ({ container }) =>
      run((send) =>
        Effect.flatMap(namesOf(send, container), (names) =>
          each(names, (name) =>
            Effect.flatMap(send(HttpClientRequest.del(`/${container}/${name}`)), (response) => response.text)
          )
        )
      )
}
