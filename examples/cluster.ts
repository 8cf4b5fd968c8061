/**
 * A cluster of Cloud Big Data: creates it, watches the build, resizes it, and deletes it.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Stream } from "effect"
import { CloudBigData, Credentials, Rackspace, Transport } from "effect-rackspace"

const account = Rackspace.layer({ credentials: Credentials.config, region: "DFW" })

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@laptop"

const program = Effect.gen(function* () {
  const bigData = yield* CloudBigData.CloudBigData

  /** Logs a cluster's progress until it is active, or fails with the cloud's reason. */
  const watched = (clusterId: string) =>
    bigData.watch({ clusterId, until: CloudBigData.isActive, interval: "5 seconds" }).pipe(
      Stream.map(({ name, progress, status }) => `${name} is ${status}, ${progress ?? 0} %`),
      Stream.changes,
      Stream.runForEach(Effect.log)
    )

  const { nodes } = yield* bigData.getLimits()
  yield* Effect.log(`${nodes.remaining} of ${nodes.limit} data nodes are available`)

  yield* bigData
    .createSshKey({ name: "me@laptop", publicKey })
    .pipe(Effect.catchTag("Conflict", () => Effect.log("the cloud already has the key")))
  const { id: clusterId } = yield* bigData.create({
    name: "numbers",
    stackId: "HDP2.2_Hadoop",
    username: "cbduser",
    sshKeys: ["me@laptop"],
    nodeGroups: [{ id: "slave", count: 1, flavorId: "hadoop1-7" }]
  })
  yield* watched(clusterId)

  yield* bigData.resize({ clusterId, nodeGroups: [{ id: "slave", count: 3 }] })
  yield* watched(clusterId)

  yield* Stream.runForEach(bigData.listNodes({ clusterId }), ({ addresses, name, status }) =>
    Effect.log(`${name} is ${status} at ${addresses.public[0]?.address ?? "no address"}`)
  )

  yield* bigData.delete({ clusterId })
  yield* bigData.waitUntilDeleted({ clusterId, interval: "5 seconds" })
  yield* Effect.log("the cluster is deleted")
})

program.pipe(Effect.provide(account), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
