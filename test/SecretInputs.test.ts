/** Secrets in requests: accepted as plain text or redacted, sent unchanged, and revealed by no failure. */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, Redacted } from "effect"
import {
  CloudBigData,
  type CloudError,
  CloudFiles,
  CloudLoadBalancers,
  CloudServers,
  Rackspace,
  RetryPolicy,
  TestCloud
} from "effect-rackspace"
import { inspect } from "node:util"

type Services =
  CloudServers.CloudServers | CloudLoadBalancers.CloudLoadBalancers | CloudBigData.CloudBigData | CloudFiles.CloudFiles

type Given = (secret: string) => string | Redacted.Redacted

const secret = "correct-horse-battery"

const privateKey = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)}\n-----END PRIVATE KEY-----\n`

const operations: Readonly<Record<string, (given: Given) => Effect.Effect<unknown, CloudError.CloudError, Services>>> =
  {
    "CloudServers.create": (given) =>
      Effect.flatMap(CloudServers.CloudServers, (servers) =>
        servers.create({ name: "web", imageId: "i", flavorId: "f", adminPassword: given(secret) })
      ),
    "CloudServers.rebuild": (given) =>
      Effect.flatMap(CloudServers.CloudServers, (servers) =>
        servers.rebuild({ serverId: "s", imageId: "i", adminPassword: given(secret) })
      ),
    "CloudServers.rescue": (given) =>
      Effect.flatMap(CloudServers.CloudServers, (servers) =>
        servers.rescue({ serverId: "s", adminPassword: given(secret) })
      ),
    "CloudServers.changePassword": (given) =>
      Effect.flatMap(CloudServers.CloudServers, (servers) =>
        servers.changePassword({ serverId: "s", adminPassword: given(secret) })
      ),
    "CloudLoadBalancers.addCertificateMapping": (given) =>
      Effect.flatMap(CloudLoadBalancers.CloudLoadBalancers, (balancers) =>
        balancers.addCertificateMapping({
          loadBalancerId: "1",
          hostName: "www.example.com",
          certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
          privateKey: given(privateKey)
        })
      ),
    "CloudBigData.createCloudFilesCredential": (given) =>
      Effect.flatMap(CloudBigData.CloudBigData, (bigData) =>
        bigData.createCloudFilesCredential({ username: "u", apiKey: given(secret) })
      ),
    "CloudFiles.updateAccount": (given) =>
      Effect.flatMap(CloudFiles.CloudFiles, (files) => files.updateAccount({ tempUrlKey: given(secret) })),
    "CloudFiles.setTempUrlKey": (given) =>
      Effect.flatMap(CloudFiles.CloudFiles, (files) => files.setTempUrlKey({ container: "c", key: given(secret) }))
  }

const ways: Readonly<Record<string, Given>> = {
  "as plain text": (text) => text,
  redacted: (text) => Redacted.make(text)
}

/** A cloud that rejects each request and quotes it, and the requests that it received. */
const echoing = () => {
  const sent: Array<string> = []
  const layer = Rackspace.layerServices({
    retry: RetryPolicy.never,
    transformClient: () =>
      HttpClient.make((request) =>
        Effect.sync(() => {
          const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
          const all = `${body} ${JSON.stringify(request.headers)}`
          sent.push(all)
          return HttpClientResponse.fromWeb(request, new Response(`cannot take ${all}`, { status: 400 }))
        })
      )
  })
  return { layer, sent }
}

describe("a secret in a request", () => {
  for (const [name, run] of Object.entries(operations)) {
    for (const [way, given] of Object.entries(ways)) {
      it.effect(`is sent, and revealed by no failure: ${name}, ${way}`, () => {
        const { layer, sent } = echoing()
        return Effect.gen(function* () {
          const failure = yield* Effect.flip(run(given))
          assert.strictEqual(failure._tag, "BadRequest")
          const line = name.includes("Certificate") ? "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" : secret
          assert.include(sent.join(), line)
          assert.notInclude(inspect(failure, { depth: 10 }) + JSON.stringify(failure), line)
        }).pipe(Effect.provide(layer), Effect.provide(TestCloud.layer()))
      })
    }
  }

  it("gives the same signature in either form", () => {
    const sign = (key: string | Redacted.Redacted) =>
      Either.getOrThrow(
        Either.map(
          CloudFiles.signTempUrl({
            endpointUrl: "https://storage.example.com/v1/account",
            container: "c",
            object: "o",
            expires: DateTime.unsafeMake(0),
            algorithm: "sha256",
            key
          }),
          Redacted.value
        )
      )
    assert.strictEqual(sign(secret), sign(Redacted.make(secret)))
  })

  it.effect("is rejected without being revealed if it is invalid", () => {
    const { layer, sent } = echoing()
    return Effect.gen(function* () {
      const balancers = yield* CloudLoadBalancers.CloudLoadBalancers
      const failure = yield* Effect.flip(
        balancers.addCertificateMapping({
          loadBalancerId: "1",
          hostName: "www.example.com",
          certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
          privateKey: secret
        })
      )
      assert.strictEqual(failure._tag, "InvalidInput")
      assert.include(failure.message, "privateKey: expected an RSA private key in PEM")
      assert.notInclude(inspect(failure), secret)
      assert.deepStrictEqual(sent, [])
    }).pipe(Effect.provide(layer), Effect.provide(TestCloud.layer()))
  })
})
