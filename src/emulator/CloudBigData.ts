/**
 * Cloud Big Data v2 of one region (big-data.md): clusters and nodes with their states by the Clock, stacks, distros, flavors,
 * scripts, credentials, limits and workloads, in raw wire JSON.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import * as ClusterRecord from "./CloudBigData/clusterRecord.js"
import * as ClusterRequest from "./CloudBigData/clusterRequest.js"
import * as Credentials from "./CloudBigData/credentials.js"
import * as BigDataRequest from "./CloudBigData/bigDataRequest.js"
import * as Fixtures from "./CloudBigData/fixtures.js"
import * as Scripts from "./CloudBigData/scripts.js"
import * as Stacks from "./CloudBigData/stacks.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as RateLimit from "./RateLimit.js"
import * as Reply from "./Reply.js"
import * as Fields from "./Fields.js"
import * as RequestBody from "./RequestBody.js"

/** What an account may have, over the data nodes of all its clusters. */
export interface CloudBigDataQuota {
  /** Default 3. */
  readonly nodes?: number | undefined
  /** Default 6. */
  readonly vcpus?: number | undefined
  /** Megabytes. Default 23040. */
  readonly ram?: number | undefined
  /** Gigabytes. Default 4500. */
  readonly disk?: number | undefined
}

/** How Cloud Big Data behaves. */
export interface CloudBigDataOptions {
  /** How long a new cluster is BUILDING. Default 5 minutes. */
  readonly buildTime?: Duration.DurationInput | undefined
  /** How long a cluster is CONFIGURING after that, or after UPDATING. Default 5 minutes. */
  readonly configureTime?: Duration.DurationInput | undefined
  /** How long a cluster that is resized is UPDATING. Default 5 minutes. */
  readonly resizeTime?: Duration.DurationInput | undefined
  /** How long a cluster or a node is DELETING. Default 1 minute. */
  readonly deleteTime?: Duration.DurationInput | undefined
  readonly quota?: CloudBigDataQuota | undefined
  /** The largest page of a listing; more is refused. Default 200. */
  readonly pageCap?: number | undefined
  /** Requests per minute to clusters, by method, as the real ones are: `{ POST: 2, PUT: 2, DELETE: 5 }`. Default unlimited. */
  readonly rateLimits?: RateLimit.RateLimits | undefined
  /** The public address of every node, so that something may answer there. Default one of 192.0.2.0/24 each. */
  readonly nodeAddress?: string | undefined
}

/** What may be chosen about a seeded cluster. */
export interface SeededCluster {
  /** Default `cluster-{n}`. */
  readonly name?: string | undefined
  /** For good. By default ACTIVE, as it would be long after its creation. */
  readonly status?: string | undefined
  /** Default `HDP2.2_Hadoop`. */
  readonly stackId?: string | undefined
  /** How many data nodes. Default 1. */
  readonly slaves?: number | undefined
}

/** What tests do to Cloud Big Data behind its API's back. Unknown ids are defects. */
export interface CloudBigDataHandles {
  /** Puts a built cluster there, whatever the quota, and gives its id. */
  readonly seedCluster: (fields?: SeededCluster) => Effect.Effect<string>
  /** Puts a credential there: `ssh_keys`, `me@laptop`. */
  readonly seedCredential: (type: string, name: string) => Effect.Effect<void>
  /** Sets a cluster's status, until the API changes the cluster; whatever it was busy with is forgotten. */
  readonly setClusterStatus: (id: string, status: string) => Effect.Effect<void>
  /**
   * The next `times` (default 1) created clusters end in ERROR: with a node in ERROR when building ends, or, where it is the
   * `script` that fails, with their scripts FAILED when configuring ends.
   */
  readonly failBuilds: (options?: {
    readonly times?: number | undefined
    readonly cause?: "node" | "script" | undefined
  }) => Effect.Effect<void>
  /** Takes a cluster away at once, as an operator would: its next GET answers 404. */
  readonly removeCluster: (id: string) => Effect.Effect<void>
  /** All clusters that are not gone, in the order of creation, with the status that the API would show now. */
  readonly clusters: Effect.Effect<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly status: string }>
  >
  /** What was done to services of clusters, in order. */
  readonly controls: Effect.Effect<ReadonlyArray<ClusterRequest.ServiceControl & { readonly clusterId: string }>>
}

/** Cloud Big Data of one region. */
export interface CloudBigDataEmulator extends EmulatedService {
  readonly handles: CloudBigDataHandles
}

const isData = (group: ClusterRecord.NodeGroup): boolean => group.components.includes("Datanode")

/** What so many data nodes of each group use. */
const usageOf = (counts: Iterable<readonly [group: ClusterRecord.NodeGroup, count: number]>) => {
  const usage = { node_count: 0, vcpus: 0, ram: 0, disk: 0 }
  for (const [group, count] of counts) {
    const flavor = isData(group) ? Fixtures.findFlavor(group.flavorId) : undefined
    if (flavor !== undefined) {
      usage.node_count += count
      usage.vcpus += count * flavor.vcpus
      usage.ram += count * flavor.ram
      usage.disk += count * flavor.disk
    }
  }
  return usage
}

/** Cloud Big Data of one region, with the cloud's own stacks and nothing else. */
export const make = (options: CloudBigDataOptions = {}): CloudBigDataEmulator => {
  const buildTime = Duration.toMillis(options.buildTime ?? "5 minutes")
  const configureTime = Duration.toMillis(options.configureTime ?? "5 minutes")
  const resizeTime = Duration.toMillis(options.resizeTime ?? "5 minutes")
  const deleteTime = Duration.toMillis(options.deleteTime ?? "1 minute")
  const quota = {
    node_count: options.quota?.nodes ?? 3,
    vcpus: options.quota?.vcpus ?? 6,
    ram: options.quota?.ram ?? 23_040,
    disk: options.quota?.disk ?? 4500
  }
  const pageCap = options.pageCap ?? 200
  const rateLimit = RateLimit.make(options.rateLimits ?? {})

  const clusters = new Map<string, ClusterRecord.ClusterRecord>()
  const controls: Array<ClusterRequest.ServiceControl & { readonly clusterId: string }> = []
  let clusterCount = 0
  let nodeCount = 0
  let failingBuilds = 0
  let failingCause: "node" | "script" = "node"

  const live = (now: number): ReadonlyArray<ClusterRecord.ClusterRecord> =>
    [...clusters.values()].filter((cluster) => cluster.goneAt === undefined || now < cluster.goneAt)

  const stacks = Stacks.make((stackId, now) => live(now).some((cluster) => cluster.stackId === stackId))
  const scripts = Scripts.make((scriptId, now) =>
    live(now).some((cluster) => cluster.scripts.some((script) => script.id === scriptId))
  )
  const credentials = Credentials.make((type, name, now) =>
    live(now).some(
      (cluster) =>
        (type === "ssh_keys" && cluster.sshKeys.includes(name)) ||
        [...cluster.connectors, ...cluster.credentials].some((held) => held.type === type && held.name === name)
    )
  )

  // ---- clusters ------------------------------------------------------------------------------------------------

  const checkQuota = (
    counts: Iterable<readonly [ClusterRecord.NodeGroup, number]>,
    others: ReadonlyArray<ClusterRecord.ClusterRecord>
  ): void => {
    const used = usageOf(others.flatMap((cluster) => cluster.groups.map((group) => [group, group.count] as const)))
    for (const [name, asked] of Object.entries(usageOf(counts)) as ReadonlyArray<[keyof typeof quota, number]>) {
      if (used[name] + asked > quota[name]) {
        BigDataRequest.refuse(
          413,
          `The resource quota was exceeded: ${asked} of ${name} requested, ${quota[name] - used[name]} remaining`
        )
      }
    }
  }

  /** The numbers of a group's nodes go on where its last one left off. */
  const nextNumber = (cluster: Pick<ClusterRecord.ClusterRecord, "nodes">, group: ClusterRecord.NodeGroup): number =>
    1 +
    Math.max(
      0,
      ...cluster.nodes.filter((node) => node.group === group).map((node) => Number(node.name.replace(/^.*-/, "")))
    )

  /** New nodes, which are through the phases of the change one after the other. */
  const addNodes = (
    groups: ReadonlyArray<readonly [group: ClusterRecord.NodeGroup, first: number, count: number]>,
    change: ClusterRecord.Change,
    oneFails = false
  ): ReadonlyArray<ClusterRecord.NodeRecord> => {
    const wanted = groups.flatMap(([group, first, count]) =>
      Array.from({ length: count }, (_, index) => ({ group, name: `${group.id}-${first + index}` }))
    )
    const { endsAt, failsAt, firstEndsAt, startedAt } = change
    const failed = oneFails ? wanted.length - 1 : -1
    return wanted.map(({ group, name }, index) => {
      const share = (index + 1) / wanted.length
      const number = ++nodeCount
      return {
        id: randomUUID(),
        name,
        group,
        createdAt: startedAt,
        builtAt: startedAt + (firstEndsAt - startedAt) * share,
        // Where one fails, the others are not configured any more.
        activeAt: oneFails ? Infinity : firstEndsAt + (endsAt - firstEndsAt) * share,
        failsAt: index === failed ? failsAt : undefined,
        removal: undefined,
        publicAddress: options.nodeAddress ?? `192.0.2.${number % 256}`,
        privateAddress: `10.0.${Math.floor(number / 256) % 256}.${number % 256}`
      }
    })
  }

  const add = (
    wanted: ClusterRequest.WantedCluster,
    change: ClusterRecord.Change,
    oneNodeFails = false
  ): ClusterRecord.ClusterRecord => {
    clusterCount++
    const { stack, ...fields } = wanted
    const cluster: ClusterRecord.ClusterRecord = {
      ...fields,
      id: randomUUID(),
      stackId: stack.id,
      createdAt: change.startedAt,
      updatedAt: undefined,
      nodes: addNodes(
        wanted.groups.map((group) => [group, 1, group.count]),
        change,
        oneNodeFails
      ),
      change,
      fixedStatus: undefined,
      goneAt: undefined
    }
    clusters.set(cluster.id, cluster)
    return cluster
  }

  const create = (request: BigDataRequest.BigDataRequest): WireResponse => {
    const { now } = request
    const wanted = ClusterRequest.readCreate(request.body, {
      stacks,
      scripts,
      credentials,
      scriptsFail: failingBuilds > 0 && failingCause === "script"
    })
    checkQuota(
      wanted.groups.map((group) => [group, group.count]),
      live(now)
    )
    const fails = failingBuilds > 0
    failingBuilds = Math.max(0, failingBuilds - 1)
    const firstEndsAt = now + buildTime
    const endsAt = firstEndsAt + configureTime
    const failsAt = failingCause === "node" ? firstEndsAt : endsAt
    const cluster = add(
      wanted,
      { first: "BUILDING", startedAt: now, firstEndsAt, endsAt, failsAt: fails ? failsAt : undefined },
      fails && failingCause === "node"
    )
    return Reply.json(200, { cluster: ClusterRecord.toDetail(cluster, now, request.baseUrl) })
  }

  const resize = (cluster: ClusterRecord.ClusterRecord, sent: Fields.JsonObject, now: number): void => {
    const counts = ClusterRequest.readCounts(sent, cluster.groups)
    const after = cluster.groups.map((group) => [group, counts.get(group) ?? group.count] as const)
    checkQuota(
      after,
      live(now).filter((other) => other !== cluster)
    )
    const firstEndsAt = now + resizeTime
    const change: ClusterRecord.Change = {
      first: "UPDATING",
      startedAt: now,
      firstEndsAt,
      endsAt: firstEndsAt + configureTime,
      failsAt: undefined
    }
    const present = cluster.nodes.filter((node) => ClusterRecord.isThere(node, now))
    const added = addNodes(
      after.map(([group, count]) => [group, nextNumber(cluster, group), Math.max(0, count - group.count)]),
      change
    )
    for (const [group, count] of after) {
      const superfluous = present.filter((node) => node.group === group && node.removal === undefined).slice(count)
      for (const node of superfluous) {
        node.removal = { startedAt: now, endsAt: firstEndsAt }
      }
      group.count = count
    }
    cluster.nodes = [...present, ...added]
    cluster.change = change
    cluster.fixedStatus = undefined
  }

  /** The one PUT that there is does one of four things. */
  const update = (cluster: ClusterRecord.ClusterRecord, request: BigDataRequest.BigDataRequest): WireResponse => {
    const { now } = request
    const sent = BigDataRequest.readObject(request.body, "cluster")
    const status = ClusterRecord.statusOf(cluster, now)
    if (status !== "ACTIVE") {
      return BigDataRequest.conflict(`Cluster ${cluster.id} cannot be changed while it is ${status}`)
    }
    if (sent["node_groups"] !== undefined) {
      resize(cluster, sent, now)
    } else if (sent["credentials"] !== undefined) {
      const given = ClusterRequest.readFlatCredentials(sent, "credentials", credentials)
      const isSame = (a: ClusterRecord.Credential, b: ClusterRecord.Credential) =>
        a.type === b.type && a.name === b.name
      cluster.credentials = [
        ...cluster.credentials.filter((held) => !given.some((each) => isSame(held, each))),
        ...given.filter(({ type }) => type !== "ssh_keys")
      ]
      const keys = given.filter(({ type }) => type === "ssh_keys").map(({ name }) => name)
      cluster.sshKeys = [...new Set([...cluster.sshKeys, ...keys])]
    } else if (sent["remove_credentials"] !== undefined) {
      const removed = BigDataRequest.readObjects(sent, "remove_credentials").map((each) => {
        const name = BigDataRequest.readText(each, "name", 255)
        return each["type"] === "ssh_keys" && cluster.sshKeys.includes(name)
          ? name
          : BigDataRequest.badRequest("One or more ssh_keys are invalid")
      })
      cluster.sshKeys = cluster.sshKeys.filter((name) => !removed.includes(name))
    } else {
      const control = ClusterRequest.readControl(sent, stacks.find(cluster.stackId))
      controls.push({ clusterId: cluster.id, ...control })
    }
    cluster.updatedAt = now
    return Reply.json(200, { cluster: ClusterRecord.toDetail(cluster, now, request.baseUrl) })
  }

  const remove = (cluster: ClusterRecord.ClusterRecord, now: number): WireResponse => {
    const status = ClusterRecord.statusOf(cluster, now)
    if (status !== "ACTIVE" && status !== "ERROR" && status !== "IMPAIRED") {
      return BigDataRequest.conflict(`Cluster ${cluster.id} cannot be deleted while it is ${status}`)
    }
    const endsAt = now + deleteTime
    cluster.goneAt = endsAt
    cluster.updatedAt = now
    for (const node of cluster.nodes) {
      node.removal ??= { startedAt: now, endsAt }
    }
    return Reply.empty(204)
  }

  const removeNode = (
    cluster: ClusterRecord.ClusterRecord,
    node: ClusterRecord.NodeRecord,
    request: BigDataRequest.BigDataRequest
  ): WireResponse => {
    const { now } = request
    const status = ClusterRecord.statusOf(cluster, now)
    if (status !== "ACTIVE" && status !== "IMPAIRED") {
      return BigDataRequest.conflict(`Cluster ${cluster.id} cannot be changed while it is ${status}`)
    }
    if (node.removal === undefined) {
      node.removal = { startedAt: now, endsAt: now + deleteTime }
      node.group.count--
      cluster.updatedAt = now
    }
    return Reply.json(200, { node: ClusterRecord.nodeToJson(node, cluster, now, request.baseUrl) })
  }

  const clusterRoutes = ([id, sub, nodeId, ...more]: ReadonlyArray<string>, request: BigDataRequest.BigDataRequest) => {
    const { baseUrl, method, now } = request
    if (id === undefined) {
      return method === "GET"
        ? Reply.json(
            200,
            BigDataRequest.page(request, {
              key: "clusters",
              path: "clusters",
              items: live(now),
              toJson: (cluster) => ClusterRecord.toSummary(cluster, now, baseUrl)
            })
          )
        : method === "POST"
          ? create(request)
          : BigDataRequest.badMethod()
    }
    const cluster = live(now).find((each) => each.id === id)
    if (cluster === undefined || more.length > 0 || (sub !== undefined && sub !== "nodes")) {
      return BigDataRequest.notFound(`Cluster ${id}`)
    }
    if (sub === undefined) {
      return method === "GET"
        ? Reply.json(200, { cluster: ClusterRecord.toDetail(cluster, now, baseUrl) })
        : method === "PUT"
          ? update(cluster, request)
          : method === "DELETE"
            ? remove(cluster, now)
            : BigDataRequest.badMethod()
    }
    const nodes = cluster.nodes.filter((node) => ClusterRecord.isThere(node, now))
    if (nodeId === undefined) {
      return method === "GET"
        ? Reply.json(
            200,
            BigDataRequest.page(request, {
              key: "nodes",
              path: `clusters/${cluster.id}/nodes`,
              items: nodes,
              toJson: (node) => ClusterRecord.nodeToJson(node, cluster, now, baseUrl)
            })
          )
        : BigDataRequest.badMethod()
    }
    const node = nodes.find((each) => each.id === nodeId)
    if (node === undefined) {
      return BigDataRequest.notFound(`Node ${nodeId}`)
    }
    return method === "DELETE" ? removeNode(cluster, node, request) : BigDataRequest.badMethod()
  }

  // ---- what the cloud offers -----------------------------------------------------------------------------------

  const limits = (now: number): WireResponse => {
    const used = usageOf(live(now).flatMap((cluster) => cluster.groups.map((group) => [group, group.count] as const)))
    return Reply.json(200, {
      limits: {
        absolute: Object.fromEntries(
          (["disk", "node_count", "ram", "vcpus"] as const).map((name) => [
            name,
            { limit: quota[name], remaining: Math.max(0, quota[name] - used[name]) }
          ])
        )
      }
    })
  }

  const distroRoutes = ([id, ...more]: ReadonlyArray<string>, request: BigDataRequest.BigDataRequest): WireResponse => {
    const summary = ({ id: distroId, name, version }: Fixtures.Distro) => ({
      id: distroId,
      name,
      version,
      links: BigDataRequest.links(request.baseUrl, `distros/${distroId}`)
    })
    if (id === undefined) {
      return Reply.json(200, { distros: Fixtures.distros.map(summary) })
    }
    const distro = more.length > 0 ? undefined : Fixtures.findDistro(id)
    return distro === undefined
      ? BigDataRequest.notFound(`Distro ${id}`)
      : Reply.json(200, { distro: { ...summary(distro), services: distro.services } })
  }

  const workloadRoutes = (path: ReadonlyArray<string>, request: BigDataRequest.BigDataRequest): WireResponse => {
    const [id, sub, ...more] = path
    if (id === undefined) {
      return Reply.json(200, { workloads: Fixtures.workloads.map(({ pace: _, ...workload }) => workload) })
    }
    const workload = Fixtures.workloads.find((each) => each.id === id)
    if (workload === undefined || sub !== "recommendations" || more.length > 0) {
      return BigDataRequest.notFound(`Workload ${id}`)
    }
    const gigabytes = Number(request.query.get("storagesize") ?? "")
    const persistent = request.query.get("persistent") ?? ""
    if (!(gigabytes > 0) || !["all", "none", "data"].includes(persistent)) {
      return BigDataRequest.badRequest("storagesize and persistent (all, none or data) are required")
    }
    return Reply.json(200, { recommendations: Fixtures.recommendations(workload, gigabytes, persistent) })
  }

  // ---- the door ------------------------------------------------------------------------------------------------

  const route = (
    [collection, ...rest]: ReadonlyArray<string>,
    request: BigDataRequest.BigDataRequest
  ): WireResponse => {
    const readOnly = (respond: () => WireResponse): WireResponse =>
      request.method === "GET" ? respond() : BigDataRequest.badMethod()
    switch (collection) {
      case "clusters":
        return clusterRoutes(rest, request)
      case "stacks":
        return stacks.serve(rest, request)
      case "scripts":
        return scripts.serve(rest, request)
      case "credentials":
        return credentials.serve(rest, request)
      case "flavors":
        return rest.length > 0
          ? BigDataRequest.notFound("Resource")
          : readOnly(() =>
              Reply.json(
                200,
                BigDataRequest.page(request, {
                  key: "flavors",
                  path: "flavors",
                  items: Fixtures.flavors,
                  toJson: (each) => each
                })
              )
            )
      case "limits":
        return readOnly(() => limits(request.now))
      case "distros":
        return readOnly(() => distroRoutes(rest, request))
      case "workloads":
        return readOnly(() => workloadRoutes(rest, request))
      default:
        return BigDataRequest.notFound("Resource")
    }
  }

  const respond = (request: ServiceRequest, parsed: RequestBody.Parsed, now: number): WireResponse => {
    const path = RequestBody.segments(request.path)
    if (path === undefined) {
      return BigDataRequest.badRequest("Malformed request url")
    }
    // Version 1.0 stands beside it in the catalog; its clusters are not these.
    if (!/\/v2\/[^/]*$/.test(request.baseUrl)) {
      return BigDataRequest.notFound("Resource")
    }
    const limited = path[0] === "clusters" ? rateLimit(request.method, now) : undefined
    if (limited !== undefined) {
      return limited
    }
    if (parsed._tag === "Malformed") {
      return BigDataRequest.badRequest("The data is malformed")
    }
    return route(path, {
      method: request.method === "HEAD" ? "GET" : request.method,
      query: request.query,
      baseUrl: request.baseUrl,
      body: parsed._tag === "Json" && Fields.isObject(parsed.value) ? parsed.value : undefined,
      pageCap,
      now
    })
  }

  const known = (id: string): ClusterRecord.ClusterRecord => {
    const cluster = clusters.get(id)
    if (cluster === undefined) {
      throw new Error(`The emulated cloud has no cluster ${id}`)
    }
    return cluster
  }

  const seed = (fields: SeededCluster, now: number): string => {
    const stackId = fields.stackId ?? "HDP2.2_Hadoop"
    const stack = stacks.find(stackId)
    if (stack === undefined) {
      throw new Error(`The emulated cloud has no stack ${stackId}`)
    }
    const groups = stack.nodeGroups.map(({ components, count, flavorId, id }) => ({ id, components, count, flavorId }))
    for (const group of groups) {
      group.count = isData(group) ? (fields.slaves ?? 1) : group.count
    }
    const cluster = add(
      {
        name: fields.name ?? `cluster-${clusterCount + 1}`,
        username: "cbduser",
        sshKeys: [],
        stack,
        groups,
        connectors: [],
        credentials: [],
        scripts: []
      },
      { first: "BUILDING", startedAt: now, firstEndsAt: now, endsAt: now, failsAt: undefined }
    )
    cluster.fixedStatus = fields.status
    return cluster.id
  }

  return {
    handle: (request) => RequestBody.respondToJson(request, (parsed, now) => respond(request, parsed, now)),
    handles: {
      seedCluster: (fields = {}) => Effect.map(Clock.currentTimeMillis, (now) => seed(fields, now)),
      seedCredential: (type, name) => Effect.sync(() => credentials.add(type, name)),
      setClusterStatus: (id, status) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const cluster = known(id)
          cluster.fixedStatus = status
          cluster.goneAt = undefined
          cluster.updatedAt = now
        }),
      failBuilds: (failing = {}) =>
        Effect.sync(() => {
          failingBuilds = failing.times ?? 1
          failingCause = failing.cause ?? "node"
        }),
      removeCluster: (id) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          known(id).goneAt = now
        }),
      clusters: Effect.map(Clock.currentTimeMillis, (now) =>
        live(now).map((cluster) => ({
          id: cluster.id,
          name: cluster.name,
          status: ClusterRecord.statusOf(cluster, now)
        }))
      ),
      controls: Effect.sync(() => [...controls])
    }
  }
}
