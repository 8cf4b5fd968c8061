/** Stacks: the cloud's own, and those that the account makes of a distro's services (big-data.md section 4.2). */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import type { JsonObject } from "../Fields.js"
import * as BigDataRequest from "./bigDataRequest.js"
import * as Fixtures from "./fixtures.js"

/** A node group of a stack. */
export interface StackNodeGroup {
  readonly id: string
  readonly flavorId: string
  readonly count: number
  readonly components: ReadonlyArray<string>
  readonly minCount: number
  readonly maxCount: number
  /** Megabytes. */
  readonly minRam: number
}

/** A stack. */
export interface Stack {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly distro: string
  readonly services: ReadonlyArray<{ readonly name: string; readonly modes?: ReadonlyArray<string> }>
  readonly nodeGroups: ReadonlyArray<StackNodeGroup>
  readonly createdAt: number
  /** Whether the account made it. */
  readonly isOwn: boolean
}

const one = (
  id: string,
  flavorId: string,
  minRam: number,
  components: ReadonlyArray<string>,
  count = 1
): StackNodeGroup => ({ id, flavorId, count, components, minCount: count, maxCount: count, minRam })

const ambari = one("ambari", "hadoop1-4", 1520, [
  "AmbariServer",
  "AmbariMetricsCollector",
  "ZookeeperServer",
  "ZookeeperClient"
])

const slaves = (id: string, components: ReadonlyArray<string>): StackNodeGroup => ({
  id,
  flavorId: "hadoop1-7",
  count: 1,
  components,
  minCount: 1,
  maxCount: 999,
  minRam: 5237
})

const gateway = (components: ReadonlyArray<string>): StackNodeGroup => ({
  ...one("gateway", "hadoop1-2", 1024, components),
  minCount: 0,
  maxCount: 10
})

const global = (
  id: string,
  name: string,
  description: string,
  services: ReadonlyArray<string>,
  hbase: boolean
): Stack => ({
  id,
  name,
  description,
  distro: "HDP2.2",
  services: services.map((service) => (service === "HDFS" ? { name: service, modes: ["HA"] } : { name: service })),
  nodeGroups: [
    ambari,
    one("master", "hadoop1-7", 6645, [
      "Namenode",
      "ResourceManager",
      "YarnTimelineServer",
      "JobHistoryServer",
      ...(hbase ? ["HMaster"] : [])
    ]),
    one("standby-namenode", "hadoop1-7", 1126, ["Namenode"]),
    one("journalnodes", "hadoop1-1", 512, ["JournalNode"], 3),
    slaves("slave", ["Datanode", "NodeManager", ...(hbase ? ["HRegionServer"] : [])]),
    gateway(["HiveServer2", "HiveMetastore", "HiveClient", "HiveAPI", "PigClient", ...(hbase ? ["HBaseClient"] : [])])
  ],
  createdAt: 0,
  isOwn: false
})

const globals: ReadonlyArray<Stack> = [
  global(
    "HDP2.2_Hadoop",
    "Core Hadoop",
    "Core Hadoop Stack with Hive",
    ["HDFS", "Yarn", "MapReduce", "Hive", "Pig"],
    false
  ),
  global(
    "HDP2.2_HBase",
    "HBase",
    "Core Hadoop Stack with HBase",
    ["HDFS", "Yarn", "HBase", "MapReduce", "Hive", "Pig"],
    true
  )
]

/** Which components stand on data nodes, which on the gateway; the others are masters. */
const onSlaves = new Set(["Datanode", "NodeManager", "HRegionServer"])
const onGateway = /Client$/
const onSecondMaster = new Set(["SecondaryNamenode", "JournalNode"])

/** How the service lays services out over node groups where it is not told. */
const layOut = (names: ReadonlyArray<string>): ReadonlyArray<StackNodeGroup> => {
  const second = names.filter((name) => onSecondMaster.has(name))
  const clients = names.filter((name) => onGateway.test(name))
  const masters = names.filter((name) => !onSlaves.has(name) && !onSecondMaster.has(name) && !onGateway.test(name))
  return [
    ambari,
    one("master0", "hadoop1-7", 6645, masters),
    ...(second.length > 0 ? [one("master1", "hadoop1-2", 1126, second)] : []),
    slaves(
      "slave0",
      names.filter((name) => onSlaves.has(name))
    ),
    ...(clients.length > 0 ? [gateway(clients)] : [])
  ]
}

/** A service that is asked for, held against the distro. */
const readService = (
  sent: JsonObject,
  distro: Fixtures.Distro
): { readonly name: string; readonly modes?: ReadonlyArray<string>; readonly components: ReadonlyArray<string> } => {
  const name = BigDataRequest.readText(sent, "name", 255)
  const service = distro.services.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (service === undefined) {
    return BigDataRequest.badRequest(`Service ${name} is not part of distro ${distro.id}`)
  }
  const modes = BigDataRequest.readList(sent, "modes").map((mode) =>
    typeof mode === "string" && service.modes?.some((each) => each.name === mode) === true
      ? mode
      : BigDataRequest.badRequest(`Service ${name} has no mode ${Fields.textOf(mode)}`)
  )
  return {
    name,
    ...(modes.length > 0 && { modes }),
    components: service.components
      .filter((component) => component.mode === undefined || modes.includes(component.mode))
      .map((component) => component.name)
  }
}

const readCount = (sent: JsonObject, otherwise: number): number => {
  const count = sent["count"] ?? otherwise
  return typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= 100
    ? count
    : BigDataRequest.badRequest("Invalid count: an integer between 0 and 100 is required")
}

const readNodeGroup = (sent: JsonObject, available: ReadonlySet<string>): StackNodeGroup => {
  const id = BigDataRequest.readText(sent, "id", 36)
  const flavorId = sent["flavor_id"] ?? "hadoop1-7"
  if (typeof flavorId !== "string" || Fixtures.findFlavor(flavorId) === undefined) {
    return BigDataRequest.badRequest(`Flavor ${String(flavorId)} not found`)
  }
  const components = BigDataRequest.readObjects(sent, "components").map((component) => {
    const name = BigDataRequest.readText(component, "name", 255)
    return available.has(name)
      ? name
      : BigDataRequest.badRequest(`Component ${name} is not part of the stack's services`)
  })
  return { id, flavorId, count: readCount(sent, 1), components, minCount: 0, maxCount: 999, minRam: 512 }
}

/** The stacks of one region. */
export interface Stacks {
  readonly find: (id: string) => Stack | undefined
  /** Serves `/stacks` and what is below it. */
  readonly serve: (path: ReadonlyArray<string>, request: BigDataRequest.BigDataRequest) => WireResponse
}

/** The cloud's own stacks and no other. */
export const make = (isInUse: (stackId: string, now: number) => boolean): Stacks => {
  const stacks = new Map(globals.map((stack) => [stack.id, stack]))

  const summary = (stack: Stack, baseUrl: string): Readonly<Record<string, unknown>> => ({
    distro: stack.distro,
    id: stack.id,
    name: stack.name,
    description: stack.description,
    services: stack.services,
    links: BigDataRequest.links(baseUrl, `stacks/${stack.id}`)
  })

  const detail = (stack: Stack, baseUrl: string): Readonly<Record<string, unknown>> => ({
    ...summary(stack, baseUrl),
    created: BigDataRequest.instant(stack.createdAt),
    is_deletable: stack.isOwn,
    node_groups: stack.nodeGroups.map((group) => ({
      id: group.id,
      count: group.count,
      flavor_id: group.flavorId,
      components: group.components.map((name) => ({ name })),
      resource_limits: { min_count: group.minCount, max_count: group.maxCount, min_ram: group.minRam }
    }))
  })

  const create = (request: BigDataRequest.BigDataRequest): WireResponse => {
    const sent = BigDataRequest.readObject(request.body, "stack")
    const name = BigDataRequest.readText(sent, "name", 255)
    const description = sent["description"] === undefined ? "" : BigDataRequest.readText(sent, "description", 1024)
    const distroId = BigDataRequest.readText(sent, "distro", 255)
    const distro = Fixtures.findDistro(distroId) ?? BigDataRequest.badRequest(`Distro ${distroId} not found`)
    const services = BigDataRequest.readObjects(sent, "services").map((service) => readService(service, distro))
    if (services.length === 0) {
      return BigDataRequest.badRequest("At least one service is required")
    }
    const names = services.flatMap((service) => service.components)
    const available = new Set([...names, ...ambari.components])
    const wanted = BigDataRequest.readObjects(sent, "node_groups").map((group) => readNodeGroup(group, available))
    const stack: Stack = {
      id: randomUUID(),
      name,
      description,
      distro: distroId,
      services: services.map(({ components: _, ...service }) => service),
      // Ambari has a group of its own, whether it is asked for or not.
      nodeGroups:
        wanted.length === 0
          ? layOut(names)
          : [...(wanted.some((group) => group.id === ambari.id) ? [] : [ambari]), ...wanted],
      createdAt: request.now,
      isOwn: true
    }
    stacks.set(stack.id, stack)
    return Reply.json(200, { stack: detail(stack, request.baseUrl) })
  }

  const remove = (stack: Stack, now: number): WireResponse => {
    if (!stack.isOwn) {
      return BigDataRequest.badRequest(`Stack ${stack.id} cannot be deleted`)
    }
    if (isInUse(stack.id, now)) {
      return BigDataRequest.conflict(`Stack ${stack.id} is in use`)
    }
    stacks.delete(stack.id)
    return Reply.empty(204)
  }

  return {
    find: (id) => stacks.get(id),
    serve: (path, request) =>
      BigDataRequest.serveCollection(path, request, {
        what: "Stack",
        key: "stacks",
        items: stacks,
        toJson: (stack) => summary(stack, request.baseUrl),
        create: () => create(request),
        methods: {
          GET: (stack) => Reply.json(200, { stack: detail(stack, request.baseUrl) }),
          DELETE: (stack) => remove(stack, request.now)
        }
      })
  }
}
