/**
 * TLS at a load balancer: sets a certificate for the site and one for each of its other names, and replaces all of them.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Redacted } from "effect"
import { CloudLoadBalancers, Credentials, Rackspace, Transport } from "effect-rackspace"
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto"

const account = Rackspace.layer({ credentials: Credentials.config, region: "DFW" })

/** In place of a certificate authority. Its certificates are not valid, and a real account would reject them. */
const issue = Effect.sync(() => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" }
  })
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${randomBytes(48).toString("base64")}\n-----END CERTIFICATE-----\n`,
    // Redacted, so that no log, error or trace shows it.
    privateKey: Redacted.make(privateKey)
  }
})

const fingerprint = (certificate = "") => createHash("sha256").update(certificate).digest("hex").slice(0, 12)

const program = Effect.gen(function* () {
  const balancers = yield* CloudLoadBalancers.CloudLoadBalancers

  const { id: loadBalancerId } = yield* balancers.create({
    name: "secure",
    protocol: "HTTP",
    virtualIps: [{ type: "PUBLIC" }]
  })
  yield* balancers.waitUntilActive({ loadBalancerId, interval: "2 seconds" })
  yield* balancers.setSslTermination({ loadBalancerId, securePort: 443, secureTrafficOnly: true, ...(yield* issue) })
  for (const hostName of ["shop.example.com", "blog.example.com"]) {
    yield* balancers.addCertificateMapping({ loadBalancerId, hostName, ...(yield* issue) })
  }

  /** The current certificates. */
  const certificates = Effect.gen(function* () {
    const mappings = yield* balancers.listCertificateMappings({ loadBalancerId })
    return yield* Effect.forEach(mappings, ({ id }) =>
      balancers.getCertificateMapping({ loadBalancerId, certificateMappingId: id })
    )
  })

  const before = yield* certificates
  // All concurrently: changes of one balancer wait for each other, and no connection is lost.
  yield* Effect.forEach(
    before,
    ({ id: certificateMappingId }) =>
      Effect.flatMap(issue, (renewed) =>
        balancers.updateCertificateMapping({ loadBalancerId, certificateMappingId, ...renewed })
      ),
    { concurrency: "unbounded" }
  )
  yield* balancers.setSslTermination({ loadBalancerId, securePort: 443, ...(yield* issue) })

  for (const [index, { certificate, hostName }] of (yield* certificates).entries()) {
    yield* Effect.log(`${hostName}: ${fingerprint(before[index]?.certificate)} is ${fingerprint(certificate)} now`)
  }

  yield* balancers.delete({ loadBalancerId })
  yield* balancers.waitUntilDeleted({ loadBalancerId, interval: "2 seconds" })
  yield* Effect.log("the certificates are renewed")
})

program.pipe(Effect.provide(account), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
