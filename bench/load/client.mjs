/**
 * One client under load, in a separate process: `node client.mjs CLIENT JOB`. It prints its result as JSON.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { monitorEventLoopDelay } from "node:perf_hooks"

const [client, job] = process.argv.slice(2)
const { fibers, requests, url } = JSON.parse(job)
const authUrl = `${url}/v2.0`
const username = "user"
const apiKey = "0123456789abcdef"

/** A program that requests the listing once. */
const library = async () => {
  const [CloudFiles, Credentials, Identity, Transport] = await Promise.all([
    import("effect-rackspace/CloudFiles"),
    import("effect-rackspace/Credentials"),
    import("effect-rackspace/Identity"),
    import("effect-rackspace/Transport")
  ])
  const credentials = Credentials.apiKey({ authUrl, username, apiKey })
  return {
    layer: CloudFiles.layer().pipe(Layer.provide(Identity.layer({ credentials })), Layer.provide(Transport.layer)),
    make: Effect.map(CloudFiles.CloudFiles, (files) => files.listContainersPage())
  }
}

/** The same with a minimal client: one login at a time, the token is read when the request is sent, and one retry. */
const effect = async () => ({
  layer: NodeHttpClient.layerUndici,
  make: Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    // A semaphore would wake all waiting fibers whenever a permit is released, which takes minutes with 10,000 fibers.
    const turns = yield* Queue.unbounded()
    yield* Queue.offerAll(
      turns,
      Array.from({ length: 64 }, (_, turn) => turn)
    )
    const inTurn = (request) =>
      Effect.acquireUseRelease(
        Queue.take(turns),
        () => request,
        (turn) => Queue.offer(turns, turn)
      )
    const loggingIn = yield* Effect.makeSemaphore(1)
    let current = { token: "", renewAt: 0 }
    const logIn = HttpClientRequest.post(`${authUrl}/tokens`).pipe(
      HttpClientRequest.bodyUnsafeJson({ auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey } } }),
      client.execute,
      Effect.flatMap((response) => response.json),
      Effect.map(({ access: { token } }) => {
        const left = Date.parse(token.expires) - Date.now()
        current = { token: token.id, renewAt: Date.now() + left * 0.9 }
      })
    )
    const token = Effect.suspend(() =>
      Date.now() < current.renewAt
        ? Effect.succeed(current.token)
        : loggingIn
            .withPermits(1)(Effect.suspend(() => (Date.now() < current.renewAt ? Effect.void : logIn)))
            .pipe(Effect.map(() => current.token))
    )
    const once = inTurn(
      Effect.flatMap(token, (token) =>
        HttpClientRequest.get(`${url}/files/M_1?format=json`).pipe(
          HttpClientRequest.setHeader("x-auth-token", token),
          HttpClient.filterStatusOk(client).execute,
          Effect.flatMap((response) => response.json)
        )
      )
    )
    return Effect.retry(once, { times: 1 })
  })
})

const { layer, make } = await { library, effect }[client]()
const kinds = {}
let failures = 0
const loop = monitorEventLoopDelay({ resolution: 5 })
const start = performance.now()
loop.enable()
await Effect.runPromise(
  Effect.gen(function* () {
    const request = yield* make
    const counted = Effect.catchAll(request, (error) =>
      Effect.sync(() => {
        failures++
        const kind = `${error._tag}: ${String(error.message).slice(0, 100)}`
        kinds[kind] = (kinds[kind] ?? 0) + 1
      })
    )
    yield* Effect.forEach(Array.from({ length: fibers }), () => Effect.repeatN(counted, requests - 1), {
      concurrency: "unbounded",
      discard: true
    })
  }).pipe(Effect.provide(layer))
)
const seconds = (performance.now() - start) / 1000
loop.disable()
const result = {
  failures,
  kinds,
  seconds,
  memory: process.resourceUsage().maxRSS / 1024,
  blocked: loop.max / 1e6
}
process.stdout.write(JSON.stringify(result), () => process.exit())
