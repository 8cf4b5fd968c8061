/**
 * A web tier: two servers behind a load balancer, one of which is replaced while the site keeps running.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Stream } from "effect"
import { CloudLoadBalancers, CloudServers, Credentials, Rackspace, Transport } from "effect-rackspace"

const account = Rackspace.layer({ credentials: Credentials.config, region: "DFW" })

const program = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const balancers = yield* CloudLoadBalancers.CloudLoadBalancers

  const boot = (name: string) =>
    Effect.gen(function* () {
      const { id } = yield* servers.create({
        name,
        imageId: "09de0a66-3156-48b4-90a5-1cf25a905207",
        flavorId: "general1-1"
      })
      return yield* servers.waitUntilActive({ serverId: id, interval: "2 seconds" })
    })

  const [first, second] = yield* Effect.all([boot("web-1"), boot("web-2")], { concurrency: 2 })
  const { id: loadBalancerId } = yield* balancers.create({
    name: "web",
    protocol: "HTTP",
    algorithm: "LEAST_CONNECTIONS",
    virtualIps: [{ type: "PUBLIC", ipVersion: "IPV4" }],
    nodes: [
      { server: first, port: 80 },
      { server: second, port: 80 }
    ]
  })
  const balancer = yield* balancers.waitUntilActive({ loadBalancerId, interval: "2 seconds" })
  yield* Effect.log(`${balancer.name} is ${balancer.status} at ${balancer.virtualIps[0]?.address}`)
  yield* balancers.setHealthMonitor({
    loadBalancerId,
    type: "HTTP",
    delay: 10,
    timeout: 5,
    attemptsBeforeDeactivation: 2,
    path: "/",
    statusRegex: "^[23]..$"
  })

  // The new node is online before the old one is drained. Each change waits until the previous one is applied.
  const third = yield* boot("web-3")
  const added = yield* balancers.addNodes({ loadBalancerId, nodes: [{ server: third, port: 80 }] })
  yield* Effect.forEach(added, ({ id: nodeId }) => balancers.waitUntilNodeOnline({ loadBalancerId, nodeId }))
  const old = balancer.nodes.filter((node) => CloudLoadBalancers.isNodeOf(node, first))
  yield* balancers.updateNodes({
    loadBalancerId,
    nodes: [{ nodeId: old[0]?.id ?? "", condition: "DRAINING" }]
  })
  yield* Effect.log("web-1 gets no new connections")
  // Open connections need time to finish: as long as the site's longest response.
  yield* Effect.sleep("1 second")
  yield* balancers.deleteNodes({ loadBalancerId, nodeIds: old.map(({ id }) => id) })
  yield* servers.delete({ serverId: first.id })

  const serving = { "web-2": second, "web-3": third }
  yield* Stream.runForEach(balancers.listNodes({ loadBalancerId }), (node) => {
    const name = Object.entries(serving).find(([, server]) => CloudLoadBalancers.isNodeOf(node, server))?.[0]
    return Effect.log(`${name} is ${node.status}, ${node.condition}`)
  })

  yield* balancers.delete({ loadBalancerId })
  yield* balancers.waitUntilDeleted({ loadBalancerId, interval: "2 seconds" })
  yield* Effect.forEach([second, third], ({ id }) => servers.delete({ serverId: id }))
  yield* Effect.log("everything is deleted")
})

program.pipe(Effect.provide(account), Effect.provide([Transport.layer, NodeContext.layer]), NodeRuntime.runMain)
