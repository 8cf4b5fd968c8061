/**
 * Cloud Load Balancers v1.0 of one region (load-balancers.md): load balancers with all of their settings, which take one change
 * at a time, with their states by the Clock, usage and statistics of what happened, and limits, in raw wire JSON.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as BalancerRecord from "./CloudLoadBalancers/balancerRecord.js"
import * as BalancerRequest from "./CloudLoadBalancers/balancerRequest.js"
import * as Fixtures from "./CloudLoadBalancers/fixtures.js"
import * as Settings from "./CloudLoadBalancers/settings.js"
import * as Usage from "./CloudLoadBalancers/usage.js"
import type { EmulatedService, ServiceRequest, WireResponse } from "./Protocol.js"
import * as RateLimit from "./RateLimit.js"
import * as Reply from "./Reply.js"
import * as RequestBody from "./RequestBody.js"
import * as Timestamp from "./Timestamp.js"

/** How Cloud Load Balancers behaves. */
export interface CloudLoadBalancersOptions {
  /** How long a new load balancer is in BUILD. Default 30 seconds. */
  readonly buildTime?: Duration.DurationInput | undefined
  /** How long a changed one is in PENDING_UPDATE. Default 10 seconds. */
  readonly updateTime?: Duration.DurationInput | undefined
  /** How long a deleted one is in PENDING_DELETE. Default 30 seconds. */
  readonly deleteTime?: Duration.DurationInput | undefined
  /** How long a deleted one is still told of, with `status=DELETED`. Default 90 days. */
  readonly deletedFor?: Duration.DurationInput | undefined
  /** What the GET of a deleted one answers: the documents say 404, 410 and 200 are seen. Default 410. */
  readonly deletedStatus?: 200 | 404 | 410 | undefined
  /** What the account and each balancer may have, by the names that the API has for it. */
  readonly limits?: Readonly<Partial<Record<keyof typeof Fixtures.limits, number>>> | undefined
  /** Requests per minute, by method, as the real ones are: `{ GET: 600, PUT: 600, POST: 300, DELETE: 300 }`. Default unlimited. */
  readonly rateLimits?: RateLimit.RateLimits | undefined
  /** Whether the first throttle of connections must have all four fields. Default false. */
  readonly throttleNeedsAll?: boolean | undefined
  /** Whether a page begins behind its marker, and not with it. Default false, as the documents have it. */
  readonly markerIsPassed?: boolean | undefined
}

/** What may be chosen about a seeded load balancer. */
export interface SeededLoadBalancer {
  /** Default `lb-{id}`. */
  readonly name?: string | undefined
  /** For good. By default ACTIVE, as it would be long after its creation. */
  readonly status?: string | undefined
  /** Default `HTTP`. */
  readonly protocol?: string | undefined
  /** Default 80. */
  readonly port?: number | undefined
  /** Addresses of nodes, at port 80. Default none. */
  readonly nodes?: ReadonlyArray<string> | undefined
}

/** What tests do to Cloud Load Balancers behind its API's back. Unknown ids are defects. */
export interface CloudLoadBalancersHandles {
  /** Puts a load balancer there, whatever the limits, and gives its id. */
  readonly seedLoadBalancer: (fields?: SeededLoadBalancer) => Effect.Effect<string>
  /** Sets a status for good: `ERROR`, `PENDING_UPDATE`. */
  readonly setStatus: (id: string, status: string) => Effect.Effect<void>
  /** Takes a load balancer offline, as the provider does. */
  readonly suspend: (id: string) => Effect.Effect<void>
  /** Takes back what `setStatus` and `suspend` did. */
  readonly resume: (id: string) => Effect.Effect<void>
  /** The next `times` (default 1) created load balancers end in ERROR. */
  readonly failBuilds: (times?: number) => Effect.Effect<void>
  /** The next `times` (default 1) changes of load balancers end in ERROR. */
  readonly failUpdates: (times?: number) => Effect.Effect<void>
  /** Sets a node's status, as a health monitor does, and leaves a node event. */
  readonly setNodeStatus: (
    id: string,
    nodeId: string,
    status: "ONLINE" | "OFFLINE",
    detailedMessage?: string
  ) => Effect.Effect<void>
  /** Has clients make connections through a load balancer. */
  readonly carry: (id: string, traffic: Usage.Traffic) => Effect.Effect<void>
  /** Takes a load balancer away at once, as an operator would: nothing is told of it any more. */
  readonly removeLoadBalancer: (id: string) => Effect.Effect<void>
  /** All load balancers that are not gone, in the order of creation, with the status that the API would show now. */
  readonly loadBalancers: Effect.Effect<
    ReadonlyArray<{ readonly id: string; readonly name: string; readonly status: string }>
  >
}

/** Cloud Load Balancers of one region. */
export interface CloudLoadBalancersEmulator extends EmulatedService {
  readonly handles: CloudLoadBalancersHandles
}

type Balancer = BalancerRecord.BalancerRecord
type Request = BalancerRequest.BalancerRequest

const day = 24 * 60 * 60_000

const sourceNetworks = {
  ipv4Publicnets: ["174.143.139.128/25"],
  ipv4Servicenets: ["10.183.252.0/24"],
  ipv6Publicnets: ["2001:4801:7901::/64"],
  ipv6Servicenets: ["fe80::/64"]
}

interface NodeEvent {
  readonly id: number
  readonly loadbalancerId: number
  readonly fields: RequestBody.JsonObject
}

/** Cloud Load Balancers of one region, with nothing in it. */
export const make = (options: CloudLoadBalancersOptions = {}): CloudLoadBalancersEmulator => {
  const buildTime = Duration.toMillis(options.buildTime ?? "30 seconds")
  const updateTime = Duration.toMillis(options.updateTime ?? "10 seconds")
  const deleteTime = Duration.toMillis(options.deleteTime ?? "30 seconds")
  const deletedFor = Duration.toMillis(options.deletedFor ?? "90 days")
  const deletedStatus = options.deletedStatus ?? 410
  const limits = { ...Fixtures.limits, ...options.limits }
  const rateLimit = RateLimit.make(options.rateLimits ?? {})
  const paging = { cap: 100, standard: 100, markerIsPassed: options.markerIsPassed ?? false }

  const balancers = new Map<number, Balancer>()
  const events: Array<NodeEvent> = []
  const accountUsage: Array<{ readonly at: number; readonly fields: RequestBody.JsonObject }> = []
  const requestCounts = new Map<string, { since: number; count: number }>()
  const failing = { builds: 0, updates: 0 }
  let lastId = 0
  const nextId = (): number => ++lastId

  const statusOf = BalancerRecord.statusOf

  const isDeleted = (balancer: Balancer, now: number): boolean => statusOf(balancer, now) === "DELETED"

  const toldOf = (now: number): ReadonlyArray<Balancer> =>
    [...balancers.values()].filter(({ goneAt }) => goneAt === undefined || now < goneAt)

  const live = (now: number): ReadonlyArray<Balancer> => toldOf(now).filter((balancer) => !isDeleted(balancer, now))

  // ---- what happens is written down ----------------------------------------------------------------------------

  const countAccount = (now: number): void => {
    const present = live(now).filter((balancer) => statusOf(balancer, now) !== "PENDING_DELETE")
    const addresses = new Map(present.flatMap(({ virtualIps }) => virtualIps.map((ip) => [ip.id, ip.type] as const)))
    const ofType = (wanted: string): number => [...addresses.values()].filter((type) => type === wanted).length
    accountUsage.push({
      at: now,
      fields: {
        startTime: Timestamp.utcSeconds(now),
        numLoadBalancers: present.length,
        numPublicVips: ofType("PUBLIC"),
        numServicenetVips: ofType("SERVICENET")
      }
    })
  }

  const mark = (balancer: Balancer, now: number, eventType: string): void => {
    const ssl = balancer.sslTermination
    balancer.usage.mark(now, eventType, {
      numVips: balancer.virtualIps.length,
      vipType: balancer.virtualIps[0]?.type ?? "PUBLIC",
      sslMode: ssl === undefined || !ssl.enabled ? "OFF" : ssl.secureTrafficOnly ? "ON" : "MIXED"
    })
    countAccount(now)
  }

  const tellOfNode = (
    balancer: Balancer,
    node: { readonly id: number },
    what: "CREATE" | "UPDATE" | "DELETE",
    title: string,
    description: string,
    detailedMessage: string,
    request: { readonly now: number; readonly accountId: string }
  ): void => {
    const id = nextId()
    events.push({
      id,
      loadbalancerId: balancer.id,
      fields: {
        id,
        nodeId: node.id,
        loadbalancerId: balancer.id,
        accountId: Number(request.accountId),
        title,
        description,
        detailedMessage,
        callbackHost: "ztm-n05.dfw1.lbaas.rackspace.net",
        severity: "INFO",
        author: "Rackspace Cloud",
        created: Timestamp.utcSeconds(request.now),
        category: what,
        type: `${what}_NODE`,
        relativeUri: `/${Number(request.accountId)}/loadbalancers/${balancer.id}/nodes/${node.id}/events`
      }
    })
  }

  // ---- one change at a time ------------------------------------------------------------------------------------

  const takesChange = (balancer: Balancer, now: number): void => {
    const status = statusOf(balancer, now)
    if (status === "DELETED") {
      BalancerRequest.refuse(422, "The load balancer is deleted and considered immutable.")
    }
    if (status !== "ACTIVE") {
      BalancerRequest.refuse(
        422,
        `Load Balancer '${balancer.id}' has a status of '${status}' and is considered immutable.`
      )
    }
  }

  /** The change is in order: it is made, and takes its time. */
  const changed = (balancer: Balancer, now: number): void => {
    const fails = failing.updates > 0
    failing.updates = Math.max(0, failing.updates - 1)
    balancer.updatedAt = now
    balancer.change = { status: "PENDING_UPDATE", endsAt: now + updateTime, end: fails ? "ERROR" : "ACTIVE" }
  }

  // ---- load balancers ------------------------------------------------------------------------------------------

  let addressCount = 0
  const newVirtualIp = (type: string, ipVersion: string): BalancerRecord.VirtualIp => {
    const number = ++addressCount
    const hex = number.toString(16).padStart(4, "0")
    return {
      id: nextId(),
      type,
      ipVersion,
      address:
        ipVersion === "IPV6"
          ? `2001:4800:7901:0000:0000:0000:0000:${hex}`
          : type === "PUBLIC"
            ? `203.0.113.${number % 256}`
            : `10.183.250.${number % 256}`
    }
  }

  const sharedVirtualIp = (id: number, protocol: string, port: number, now: number): BalancerRecord.VirtualIp => {
    const holders = live(now).filter(({ virtualIps }) => virtualIps.some((ip) => ip.id === id))
    const shared = holders.flatMap(({ virtualIps }) => virtualIps).find((ip) => ip.id === id)
    if (shared === undefined) {
      return BalancerRequest.invalid(`Virtual ip ${id} is not one of the account's`)
    }
    return holders.every((holder) => holder.port !== port || Fixtures.mayShare(holder.protocol, protocol))
      ? shared
      : BalancerRequest.invalid("Port currently assigned to one of the virtual ips. Please try another port.")
  }

  const readVirtualIps = (
    from: RequestBody.JsonObject,
    protocol: string,
    port: number,
    now: number
  ): Array<BalancerRecord.VirtualIp> => {
    const wanted = BalancerRequest.objects(from, "virtualIps")
    if (wanted.length === 0) {
      BalancerRequest.invalid("At least one virtual ip must be given")
    }
    return wanted.flatMap((each) => {
      const id = BalancerRequest.wholeIfAny(each, "id", 1, Number.MAX_SAFE_INTEGER)
      if (id !== undefined) {
        return [sharedVirtualIp(id, protocol, port, now)]
      }
      const type = BalancerRequest.word(each, "type", ["PUBLIC", "SERVICENET"])
      const version = BalancerRequest.wordIfAny(each, "ipVersion", ["IPV4", "IPV6"])
      if (type === "SERVICENET" && version === "IPV6") {
        BalancerRequest.invalid("SERVICENET virtual ips cannot be of IPV6")
      }
      const versions = version !== undefined ? [version] : type === "PUBLIC" ? ["IPV4", "IPV6"] : ["IPV4"]
      return versions.map((ipVersion) => newVirtualIp(type, ipVersion))
    })
  }

  const withIds = <A extends object>(items: ReadonlyArray<A>): Array<A & { readonly id: number }> =>
    items.map((item) => ({ id: nextId(), ...item }))

  const addNodes = (
    wanted: ReadonlyArray<Settings.WantedNode>,
    before: ReadonlyArray<BalancerRecord.NodeRecord>
  ): Array<BalancerRecord.NodeRecord> => {
    const places = [...before, ...wanted].map(({ address, port }) => `${address}:${port}`)
    if (new Set(places).size < places.length) {
      BalancerRequest.refuse(413, "Duplicate nodes detected. One or more nodes already configured on load balancer.")
    }
    if (places.length > limits.NODE_LIMIT) {
      BalancerRequest.refuse(413, `Nodes must not exceed ${limits.NODE_LIMIT} per load balancer.`)
    }
    return wanted.map((node) => ({ id: nextId(), ...node, status: "ONLINE", metadata: [] }))
  }

  const create = (request: Request): WireResponse => {
    const { now } = request
    const sent = BalancerRequest.under(request, "loadBalancer")
    if (sent["sslTermination"] !== undefined) {
      BalancerRequest.invalid("SSL termination cannot be set when a load balancer is created")
    }
    const name = BalancerRequest.text(sent, "name", 128)
    const protocol = BalancerRequest.word(sent, "protocol", Fixtures.protocolNames)
    const usual = Fixtures.protocols.find((each) => each.name === protocol)?.port ?? 0
    const port =
      BalancerRequest.wholeIfAny(sent, "port", 1, 65_535) ??
      (usual === 0 ? BalancerRequest.invalid(`Port must be provided with protocol ${protocol}`) : usual)
    const halfClosed = BalancerRequest.flagIfAny(sent, "halfClosed") ?? false
    if (halfClosed && protocol !== "TCP" && protocol !== "TCP_CLIENT_FIRST") {
      BalancerRequest.invalid(`halfClosed cannot be used with ${protocol}`)
    }
    const httpsRedirect = BalancerRequest.flagIfAny(sent, "httpsRedirect") ?? false
    if (httpsRedirect && !Settings.mayRedirect(protocol, port, undefined)) {
      BalancerRequest.invalid("httpsRedirect cannot be used with this protocol and port")
    }
    const object = (key: string): RequestBody.JsonObject | undefined => {
      const value = sent[key]
      return value === undefined ? undefined : RequestBody.isObject(value) ? value : BalancerRequest.mismatch()
    }
    const list = (key: string): ReadonlyArray<RequestBody.JsonObject> =>
      sent[key] === undefined ? [] : BalancerRequest.objects(sent, key)
    const enabled = (key: string): boolean => {
      const wanted = object(key)
      return wanted === undefined ? false : (BalancerRequest.flagIfAny(wanted, "enabled") ?? false)
    }
    const algorithm = BalancerRequest.wordIfAny(sent, "algorithm", Fixtures.algorithms) ?? "RANDOM"
    const timeout = BalancerRequest.wholeIfAny(sent, "timeout", 1, 120) ?? 30
    const contentCaching = enabled("contentCaching")
    const connectionLogging = enabled("connectionLogging")
    if (contentCaching && protocol !== "HTTP") {
      BalancerRequest.invalid(`Content caching cannot be used with ${protocol}`)
    }
    if (connectionLogging && Fixtures.isDatagram(protocol)) {
      BalancerRequest.invalid(`Connection logging cannot be used with ${protocol}`)
    }
    const monitor = object("healthMonitor")
    const healthMonitor = monitor === undefined ? undefined : Settings.readHealthMonitor(monitor, protocol)
    const persistence = object("sessionPersistence")
    const sessionPersistence =
      persistence === undefined ? undefined : Settings.readSessionPersistence(persistence, protocol)
    const throttle = object("connectionThrottle")
    const connectionThrottle =
      throttle === undefined
        ? undefined
        : Settings.readConnectionThrottle(throttle, undefined, options.throttleNeedsAll ?? false)
    const accessList = Settings.readAccessList(list("accessList"), [], limits.ACCESS_LIST_LIMIT)
    const metadata = Settings.readMetadata(list("metadata"), [], limits.LOADBALANCER_META_LIMIT)
    const nodes = list("nodes").map(Settings.readNode)
    if (live(now).length >= limits.LOADBALANCER_LIMIT) {
      BalancerRequest.refuse(413, `Load balancer limit of ${limits.LOADBALANCER_LIMIT} reached.`)
    }
    const virtualIps = readVirtualIps(sent, protocol, port, now)
    const fails = failing.builds > 0
    failing.builds = Math.max(0, failing.builds - 1)
    const balancer: Balancer = {
      id: nextId(),
      createdAt: now,
      updatedAt: now,
      name,
      protocol,
      port,
      algorithm,
      timeout,
      halfClosed,
      httpsRedirect,
      change: { status: "BUILD", endsAt: now + buildTime, end: fails ? "ERROR" : "ACTIVE" },
      fixedStatus: undefined,
      goneAt: undefined,
      virtualIps,
      nodes: addNodes(nodes, []),
      accessList: withIds(accessList),
      metadata: withIds(metadata),
      connectionLogging,
      contentCaching,
      healthMonitor,
      sessionPersistence,
      connectionThrottle,
      errorPage: undefined,
      sslTermination: undefined,
      certificateMappings: [],
      usage: Usage.make(nextId)
    }
    balancers.set(balancer.id, balancer)
    mark(balancer, now, "CREATE_LOADBALANCER")
    return Reply.json(202, { loadBalancer: BalancerRecord.toDetail(balancer, now) })
  }

  const list = (request: Request): WireResponse => {
    const { now, query } = request
    const status = query.get("status")
    const nodeAddress = query.get("nodeaddress")
    const name = nodeAddress === null ? query.get("name") : null
    const since = query.get("changes-since")
    const changedSince =
      since === null ? undefined : (Timestamp.parse(since) ?? BalancerRequest.invalid("changes-since is no date"))
    const found = toldOf(now).filter(
      (balancer) =>
        (status === null ? !isDeleted(balancer, now) : statusOf(balancer, now) === status) &&
        (name === null || balancer.name === name) &&
        (nodeAddress === null || balancer.nodes.some(({ address }) => address === nodeAddress)) &&
        (changedSince === undefined || balancer.updatedAt >= changedSince)
    )
    return Reply.json(200, {
      loadBalancers: BalancerRequest.page(found, query, paging).map((balancer) =>
        nodeAddress === null
          ? BalancerRecord.toSummary(balancer, now)
          : { id: balancer.id, name: balancer.name, status: statusOf(balancer, now) }
      )
    })
  }

  const update = (balancer: Balancer, request: Request): WireResponse => {
    const sent = BalancerRequest.under(request, "loadBalancer")
    takesChange(balancer, request.now)
    const names = ["name", "algorithm", "protocol", "halfClosed", "port", "timeout", "httpsRedirect"]
    BalancerRequest.only(sent, names)
    if (Object.keys(sent).length === 0) {
      BalancerRequest.invalid(`At least one of ${names.join(", ")} must be given`)
    }
    const protocol = BalancerRequest.wordIfAny(sent, "protocol", Fixtures.protocolNames) ?? balancer.protocol
    const port = BalancerRequest.wholeIfAny(sent, "port", 1, 65_535) ?? balancer.port
    const algorithm = BalancerRequest.wordIfAny(sent, "algorithm", Fixtures.algorithms) ?? balancer.algorithm
    const name = BalancerRequest.textIfAny(sent, "name", 128) ?? balancer.name
    const timeout = BalancerRequest.wholeIfAny(sent, "timeout", 1, 120) ?? balancer.timeout
    const halfClosed = BalancerRequest.flagIfAny(sent, "halfClosed") ?? balancer.halfClosed
    const httpsRedirect = BalancerRequest.flagIfAny(sent, "httpsRedirect") ?? balancer.httpsRedirect
    if (protocol !== balancer.protocol && balancer.contentCaching) {
      BalancerRequest.invalid("The protocol cannot be changed while content caching is enabled")
    }
    if (sent["halfClosed"] === true && protocol !== "TCP" && protocol !== "TCP_CLIENT_FIRST") {
      BalancerRequest.invalid(`halfClosed cannot be used with ${protocol}`)
    }
    if (sent["httpsRedirect"] === true && !Settings.mayRedirect(protocol, port, balancer.sslTermination)) {
      BalancerRequest.invalid("httpsRedirect cannot be used with this protocol and port")
    }
    if (protocol !== balancer.protocol) {
      balancer.sessionPersistence = undefined
      balancer.errorPage = undefined
    }
    Object.assign(balancer, { protocol, port, algorithm, name, timeout, halfClosed, httpsRedirect })
    changed(balancer, request.now)
    return BalancerRequest.accepted()
  }

  /** Whether it may be deleted: one in ERROR too. */
  const isDeletable = (balancer: Balancer, now: number): boolean =>
    ["ACTIVE", "ERROR"].includes(statusOf(balancer, now))

  const deleting = (balancer: Balancer, now: number): void => {
    balancer.updatedAt = now
    balancer.fixedStatus = undefined
    balancer.change = { status: "PENDING_DELETE", endsAt: now + deleteTime, end: "DELETED" }
    balancer.goneAt = now + deleteTime + deletedFor
    balancer.usage.end(now)
    countAccount(now)
  }

  const immutable = (ids: ReadonlyArray<number>): never =>
    BalancerRequest.refuse(
      400,
      `Must provide valid load balancers: ${ids.join(", ")} are immutable and could not be processed.`
    )

  const remove = (balancer: Balancer, now: number): WireResponse => {
    const status = statusOf(balancer, now)
    if (status === "PENDING_DELETE" || status === "DELETED") {
      immutable([balancer.id])
    }
    if (!isDeletable(balancer, now)) {
      takesChange(balancer, now)
    }
    deleting(balancer, now)
    return BalancerRequest.accepted()
  }

  const removeMany = (request: Request): WireResponse => {
    const { now } = request
    const ids =
      BalancerRequest.idsIfAny(request, limits.BATCH_DELETE_LIMIT) ??
      BalancerRequest.invalid("At least one load balancer must be given")
    const found = ids.map((id) => toldOf(now).find((balancer) => balancer.id === id))
    const bad = ids.filter((_, index) => {
      const balancer = found[index]
      return balancer === undefined || !isDeletable(balancer, now)
    })
    if (bad.length > 0) {
      immutable(bad)
    }
    for (const balancer of found) {
      if (balancer !== undefined) {
        deleting(balancer, now)
      }
    }
    return BalancerRequest.accepted()
  }

  // ---- below a load balancer -----------------------------------------------------------------------------------

  /** Takes items out by id, all of them or none. */
  const takeOut = <A extends { readonly id: number }>(
    items: Array<A>,
    ids: ReadonlyArray<number>,
    what: string
  ): Array<A> => {
    const unknown = ids.filter((id) => !items.some((item) => item.id === id))
    if (unknown.length > 0) {
      BalancerRequest.invalid(`${what} ids ${unknown.join(",")} are not a part of your loadbalancer`)
    }
    return items.filter(({ id }) => !ids.includes(id))
  }

  const one = <A extends { readonly id: number }>(
    items: ReadonlyArray<A>,
    id: string,
    what: string,
    balancer: Balancer
  ): A =>
    items.find((item) => String(item.id) === id) ??
    BalancerRequest.notFound(`${what} with id #${id} not found for loadbalancer #${balancer.id}`)

  /** Metadata of a balancer, or of one of its nodes. */
  const metadataRoutes = (
    holder: { metadata: Array<BalancerRecord.MetadataItem> },
    limit: number,
    balancer: Balancer,
    [id, ...more]: ReadonlyArray<string>,
    request: Request
  ): WireResponse => {
    const { method, now } = request
    if (more.length > 0) {
      return BalancerRequest.notFound("Object not Found")
    }
    if (id === undefined) {
      switch (method) {
        case "GET":
          return Reply.json(200, { metadata: holder.metadata })
        case "POST": {
          // Several may come in a list, as older clients send them.
          const wanted =
            request.body?.["metadata"] === undefined
              ? [BalancerRequest.under(request, "meta")]
              : BalancerRequest.objects(request.body, "metadata")
          takesChange(balancer, now)
          const added = withIds(Settings.readMetadata(wanted, holder.metadata, limit))
          holder.metadata.push(...added)
          changed(balancer, now)
          return Reply.json(200, { metadata: added })
        }
        case "DELETE": {
          const ids =
            BalancerRequest.idsIfAny(request, limits.BATCH_DELETE_LIMIT) ??
            BalancerRequest.invalid("At least one metadata item must be given")
          takesChange(balancer, now)
          holder.metadata = takeOut(holder.metadata, ids, "Metadata")
          changed(balancer, now)
          return Reply.empty(200)
        }
        default:
          return BalancerRequest.badMethod()
      }
    }
    const item = one(holder.metadata, id, "Metadata item", balancer)
    switch (method) {
      case "GET":
        return Reply.json(200, { meta: item })
      case "PUT": {
        const sent = BalancerRequest.under(request, "meta")
        takesChange(balancer, now)
        BalancerRequest.only(sent, ["value"])
        item.value = BalancerRequest.text(sent, "value", 256)
        changed(balancer, now)
        return Reply.json(200, { meta: item })
      }
      case "DELETE":
        takesChange(balancer, now)
        holder.metadata = takeOut(holder.metadata, [item.id], "Metadata")
        changed(balancer, now)
        return Reply.empty(200)
      default:
        return BalancerRequest.badMethod()
    }
  }

  const removeNodes = (balancer: Balancer, ids: ReadonlyArray<number>, request: Request): WireResponse => {
    takesChange(balancer, request.now)
    balancer.nodes = takeOut(balancer.nodes, ids, "Node")
    for (const id of ids) {
      tellOfNode(
        balancer,
        { id },
        "DELETE",
        "Node Deleted",
        `Node '${id}' deleted from load balancer '${balancer.id}'`,
        "Node was deleted",
        request
      )
    }
    changed(balancer, request.now)
    return BalancerRequest.accepted()
  }

  const tellOfUpdate = (balancer: Balancer, node: BalancerRecord.NodeRecord, request: Request): void =>
    tellOfNode(
      balancer,
      node,
      "UPDATE",
      "Node Updated",
      `Node '${node.id}' updated for load balancer '${balancer.id}'`,
      `condition: '${node.condition}', weight: ${node.weight ?? 1}`,
      request
    )

  const nodeRoutes = (
    balancer: Balancer,
    [id, sub, ...more]: ReadonlyArray<string>,
    request: Request
  ): WireResponse => {
    const { method, now } = request
    const show = (node: BalancerRecord.NodeRecord) => BalancerRecord.nodeToJson(node, balancer)
    if (id === undefined) {
      switch (method) {
        case "GET":
          return Reply.json(200, { nodes: BalancerRequest.page(balancer.nodes, request.query, paging).map(show) })
        case "POST": {
          const wanted = BalancerRequest.objects(request.body ?? {}, "nodes").map(Settings.readNode)
          takesChange(balancer, now)
          const added = addNodes(wanted, balancer.nodes)
          balancer.nodes.push(...added)
          for (const node of added) {
            tellOfNode(
              balancer,
              node,
              "CREATE",
              "Node Created",
              `Node '${node.id}' created for load balancer '${balancer.id}'`,
              `address: '${node.address}', port: ${node.port}, condition: '${node.condition}'`,
              request
            )
          }
          changed(balancer, now)
          return Reply.json(202, { nodes: added.map(show) })
        }
        case "PUT": {
          const wanted = BalancerRequest.objects(request.body ?? {}, "nodes").map(({ id: nodeId, ...fields }) => ({
            id: Number(nodeId),
            apply: Settings.readNodeChange(fields)
          }))
          takesChange(balancer, now)
          takeOut(
            balancer.nodes,
            wanted.map((each) => each.id),
            "Node"
          )
          const nodes = wanted.map((each) => {
            const node = one(balancer.nodes, String(each.id), "Node", balancer)
            each.apply(node)
            tellOfUpdate(balancer, node, request)
            return node
          })
          changed(balancer, now)
          return Reply.json(202, { nodes: nodes.map(show) })
        }
        case "DELETE":
          return removeNodes(
            balancer,
            BalancerRequest.idsIfAny(request, limits.BATCH_DELETE_LIMIT) ??
              BalancerRequest.invalid("At least one node must be given"),
            request
          )
        default:
          return BalancerRequest.badMethod()
      }
    }
    if (id === "events" && sub === undefined && method === "GET") {
      const own = events.filter(({ loadbalancerId }) => loadbalancerId === balancer.id)
      return Reply.json(200, {
        nodeServiceEvents: BalancerRequest.page(own, request.query, paging).map(({ fields }) => fields),
        links: []
      })
    }
    const node = one(balancer.nodes, id, "Node", balancer)
    if (sub === "metadata") {
      return metadataRoutes(node, limits.NODE_META_LIMIT, balancer, more, request)
    }
    if (sub !== undefined) {
      return BalancerRequest.notFound("Object not Found")
    }
    switch (method) {
      case "GET":
        return Reply.json(200, { node: show(node) })
      case "PUT": {
        const sent = BalancerRequest.under(request, "node")
        takesChange(balancer, now)
        Settings.readNodeChange(sent)(node)
        tellOfUpdate(balancer, node, request)
        changed(balancer, now)
        return BalancerRequest.accepted()
      }
      case "DELETE":
        return removeNodes(balancer, [node.id], request)
      default:
        return BalancerRequest.badMethod()
    }
  }

  const virtualIpRoutes = (balancer: Balancer, [id]: ReadonlyArray<string>, request: Request): WireResponse => {
    const { method, now } = request
    const removed = (ids: ReadonlyArray<number>, status: number): WireResponse => {
      takesChange(balancer, now)
      const left = takeOut(balancer.virtualIps, ids, "Virtual ip")
      if (left.length === 0) {
        BalancerRequest.invalid("A load balancer must have at least one virtual ip")
      }
      balancer.virtualIps = left
      changed(balancer, now)
      mark(balancer, now, "DELETE_VIP")
      return Reply.empty(status)
    }
    if (id !== undefined) {
      const virtualIp = one(balancer.virtualIps, id, "Virtual ip", balancer)
      return method === "DELETE" ? removed([virtualIp.id], 200) : BalancerRequest.badMethod()
    }
    switch (method) {
      case "GET":
        return Reply.json(200, { virtualIps: balancer.virtualIps })
      case "POST": {
        const sent = request.body ?? BalancerRequest.mismatch()
        if (sent["virtualIp"] !== undefined) {
          BalancerRequest.mismatch()
        }
        takesChange(balancer, now)
        BalancerRequest.word(sent, "ipVersion", ["IPV6"])
        BalancerRequest.word(sent, "type", ["PUBLIC"])
        if (balancer.virtualIps.filter(({ ipVersion }) => ipVersion === "IPV6").length >= limits.IPV6_LIMIT) {
          BalancerRequest.refuse(413, `IPV6 virtual ips must not exceed ${limits.IPV6_LIMIT} per load balancer.`)
        }
        const added = newVirtualIp("PUBLIC", "IPV6")
        balancer.virtualIps.push(added)
        changed(balancer, now)
        mark(balancer, now, "CREATE_VIP")
        return Reply.json(202, added)
      }
      case "DELETE":
        return removed(
          BalancerRequest.idsIfAny(request, limits.BATCH_DELETE_LIMIT) ??
            BalancerRequest.invalid("At least one virtual ip must be given"),
          202
        )
      default:
        return BalancerRequest.badMethod()
    }
  }

  const accessListRoutes = (balancer: Balancer, [id]: ReadonlyArray<string>, request: Request): WireResponse => {
    const { method, now } = request
    const replaced = (items: ReadonlyArray<BalancerRecord.AccessListItem>): WireResponse => {
      balancer.accessList = [...items]
      changed(balancer, now)
      return BalancerRequest.accepted()
    }
    if (id !== undefined) {
      const item = one(balancer.accessList, id, "Network item", balancer)
      if (method !== "DELETE") {
        return BalancerRequest.badMethod()
      }
      takesChange(balancer, now)
      return replaced(takeOut(balancer.accessList, [item.id], "Network item"))
    }
    switch (method) {
      case "GET":
        return Reply.json(200, { accessList: balancer.accessList })
      case "POST": {
        const sent = BalancerRequest.objects(request.body ?? {}, "accessList")
        takesChange(balancer, now)
        const added = Settings.readAccessList(sent, balancer.accessList, limits.ACCESS_LIST_LIMIT)
        return replaced([...balancer.accessList, ...withIds(added)])
      }
      case "DELETE": {
        const ids = BalancerRequest.idsIfAny(request, limits.BATCH_DELETE_LIMIT)
        takesChange(balancer, now)
        // Without an id it is the whole list that goes.
        return replaced(ids === undefined ? [] : takeOut(balancer.accessList, ids, "Network item"))
      }
      default:
        return BalancerRequest.badMethod()
    }
  }

  /** A setting with GET, PUT and, where there is a `clear`, DELETE. */
  const setting = (
    balancer: Balancer,
    request: Request,
    key: string,
    how: {
      readonly get: () => unknown
      readonly put: (sent: RequestBody.JsonObject) => void
      readonly clear?: (() => void) | undefined
      /** What a change answers. */
      readonly status: 200 | 202
    }
  ): WireResponse => {
    switch (request.method) {
      case "GET":
        return Reply.json(200, { [key]: how.get() })
      case "PUT": {
        const sent = BalancerRequest.under(request, key)
        takesChange(balancer, request.now)
        how.put(sent)
        changed(balancer, request.now)
        return how.status === 200 ? Reply.json(200, { [key]: how.get() }) : BalancerRequest.accepted()
      }
      case "DELETE":
        if (how.clear === undefined) {
          return BalancerRequest.badMethod()
        }
        takesChange(balancer, request.now)
        how.clear()
        changed(balancer, request.now)
        return Reply.empty(how.status)
      default:
        return BalancerRequest.badMethod()
    }
  }

  const settingRoutes = (balancer: Balancer, name: string, request: Request): WireResponse | undefined => {
    const { protocol } = balancer
    switch (name) {
      case "healthmonitor":
        return setting(balancer, request, "healthMonitor", {
          get: () => balancer.healthMonitor ?? {},
          put: (sent) => {
            balancer.healthMonitor = Settings.readHealthMonitor(sent, protocol)
          },
          clear: () => {
            balancer.healthMonitor = undefined
            for (const node of balancer.nodes) {
              node.status = "ONLINE"
            }
          },
          status: 202
        })
      case "sessionpersistence":
        return setting(balancer, request, "sessionPersistence", {
          get: () =>
            balancer.sessionPersistence === undefined ? {} : { persistenceType: balancer.sessionPersistence },
          put: (sent) => {
            balancer.sessionPersistence = Settings.readSessionPersistence(sent, protocol)
          },
          clear: () => {
            if (balancer.sessionPersistence === undefined) {
              BalancerRequest.refuse(422, "Session persistence is already disabled.")
            }
            balancer.sessionPersistence = undefined
          },
          status: 202
        })
      case "connectionlogging":
        return setting(balancer, request, "connectionLogging", {
          get: () => ({ enabled: balancer.connectionLogging }),
          put: (sent) => {
            if (Fixtures.isDatagram(protocol)) {
              BalancerRequest.invalid(`Connection logging cannot be used with ${protocol}`)
            }
            balancer.connectionLogging =
              BalancerRequest.flagIfAny(sent, "enabled") ?? BalancerRequest.invalid("enabled is missing")
          },
          status: 200
        })
      case "connectionthrottle":
        return setting(balancer, request, "connectionThrottle", {
          get: () => balancer.connectionThrottle ?? {},
          put: (sent) => {
            balancer.connectionThrottle = Settings.readConnectionThrottle(
              sent,
              balancer.connectionThrottle,
              options.throttleNeedsAll ?? false
            )
          },
          clear: () => {
            balancer.connectionThrottle = undefined
          },
          status: 200
        })
      case "contentcaching":
        return setting(balancer, request, "contentCaching", {
          get: () => ({ enabled: balancer.contentCaching }),
          put: (sent) => {
            const enabled = BalancerRequest.flagIfAny(sent, "enabled") ?? BalancerRequest.invalid("enabled is missing")
            if (enabled && protocol !== "HTTP") {
              BalancerRequest.invalid(`Content caching cannot be used with ${protocol}`)
            }
            balancer.contentCaching = enabled
          },
          status: 202
        })
      case "errorpage":
        return setting(balancer, request, "errorpage", {
          get: () => ({ content: balancer.errorPage ?? Fixtures.errorPage }),
          put: (sent) => {
            if (protocol !== "HTTP") {
              BalancerRequest.invalid(`Error pages cannot be used with ${protocol}`)
            }
            balancer.errorPage = BalancerRequest.text(sent, "content")
          },
          clear: () => {
            balancer.errorPage = undefined
          },
          status: 200
        })
      default:
        return undefined
    }
  }

  const mappingRoutes = (balancer: Balancer, [id]: ReadonlyArray<string>, request: Request): WireResponse => {
    const { method, now } = request
    if (balancer.sslTermination === undefined) {
      return BalancerRequest.invalid("SSL termination must be configured before certificate mappings")
    }
    if (id === undefined) {
      if (method === "GET") {
        return Reply.json(200, {
          certificateMappings: balancer.certificateMappings.map((each) => BalancerRecord.mappingToJson(each, false))
        })
      }
      if (method !== "POST") {
        return BalancerRequest.badMethod()
      }
      const sent = BalancerRequest.under(request, "certificateMapping")
      takesChange(balancer, now)
      const wanted = Settings.readCertificateMapping(sent, balancer.certificateMappings, undefined)
      if (balancer.certificateMappings.length >= limits.CERTIFICATE_MAPPING_LIMIT) {
        BalancerRequest.refuse(413, `Certificate mappings must not exceed ${limits.CERTIFICATE_MAPPING_LIMIT}.`)
      }
      const added = { id: nextId(), ...wanted }
      balancer.certificateMappings.push(added)
      changed(balancer, now)
      return Reply.json(202, BalancerRecord.mappingToJson(added, true))
    }
    const found = one(balancer.certificateMappings, id, "Certificate mapping", balancer)
    switch (method) {
      case "GET":
        return Reply.json(200, BalancerRecord.mappingToJson(found, true))
      case "PUT": {
        const sent = BalancerRequest.under(request, "certificateMapping")
        takesChange(balancer, now)
        Object.assign(found, Settings.readCertificateMapping(sent, balancer.certificateMappings, found))
        changed(balancer, now)
        return BalancerRequest.accepted()
      }
      case "DELETE":
        takesChange(balancer, now)
        balancer.certificateMappings = takeOut(balancer.certificateMappings, [found.id], "Certificate mapping")
        changed(balancer, now)
        return BalancerRequest.accepted()
      default:
        return BalancerRequest.badMethod()
    }
  }

  const sslRoutes = (balancer: Balancer, [sub, ...more]: ReadonlyArray<string>, request: Request): WireResponse => {
    const ssl = balancer.sslTermination
    const notSet = (): never => BalancerRequest.notFound("SSL termination is not configured for this load balancer")
    if (sub === "ciphers") {
      return ssl === undefined ? notSet() : Reply.json(200, { ciphers: Fixtures.ciphers.map((name) => ({ name })) })
    }
    if (sub === "certificatemappings") {
      return mappingRoutes(balancer, more, request)
    }
    if (sub !== undefined) {
      return BalancerRequest.notFound("Object not Found")
    }
    if (ssl === undefined && request.method !== "PUT") {
      return notSet()
    }
    const { now } = request
    const response = setting(balancer, request, "sslTermination", {
      get: () => (balancer.sslTermination === undefined ? {} : BalancerRecord.sslToJson(balancer.sslTermination)),
      put: (sent) => {
        balancer.sslTermination = Settings.readSslTermination(sent, balancer)
      },
      clear: () => {
        balancer.sslTermination = undefined
        balancer.certificateMappings = []
        balancer.httpsRedirect = false
      },
      status: 200
    })
    if (request.method !== "GET") {
      const after = balancer.sslTermination
      mark(
        balancer,
        now,
        after === undefined || !after.enabled ? "SSL_OFF" : after.secureTrafficOnly ? "SSL_ONLY_ON" : "SSL_MIXED_ON"
      )
    }
    return response
  }

  /** The time that is asked for; where none is, the last 24 hours, and of one balancer the last 90 days. */
  const period = (request: Request, otherwise: number): readonly [from: number, to: number] => {
    const instant = (name: string): number | undefined => {
      const value = request.query.get(name)
      return value === null ? undefined : (Timestamp.parse(value) ?? BalancerRequest.invalid(`${name} is no date`))
    }
    const from = instant("startTime")
    const to = instant("endTime")
    return [from ?? (to === undefined ? request.now - otherwise : 0), to ?? request.now]
  }

  const balancerRoutes = (
    balancer: Balancer,
    [sub, ...rest]: ReadonlyArray<string>,
    request: Request
  ): WireResponse => {
    const { method, now } = request
    const isGone = isDeleted(balancer, now)
    if (sub === undefined && method === "DELETE") {
      return remove(balancer, now)
    }
    if (isGone && method === "GET") {
      return deletedStatus === 200 && sub === undefined
        ? Reply.json(200, { loadBalancer: BalancerRecord.toSummary(balancer, now) })
        : deletedStatus === 404
          ? BalancerRequest.notFound("Load balancer not found")
          : BalancerRequest.refuse(410, "The loadbalancer is marked as deleted.")
    }
    const readOnly = (respond: () => unknown): WireResponse =>
      method === "GET" ? Reply.json(200, respond()) : BalancerRequest.badMethod()
    switch (sub) {
      case undefined:
        return method === "GET"
          ? Reply.json(200, { loadBalancer: BalancerRecord.toDetail(balancer, now) })
          : method === "PUT"
            ? update(balancer, request)
            : BalancerRequest.badMethod()
      case "nodes":
        return nodeRoutes(balancer, rest, request)
      case "metadata":
        return metadataRoutes(balancer, limits.LOADBALANCER_META_LIMIT, balancer, rest, request)
      case "virtualips":
        return virtualIpRoutes(balancer, rest, request)
      case "accesslist":
        return accessListRoutes(balancer, rest, request)
      case "ssltermination":
        return sslRoutes(balancer, rest, request)
      case "stats":
        return readOnly(() => balancer.usage.statistics(balancer.sslTermination !== undefined))
      case "usage":
        return readOnly(() => ({
          loadBalancerUsageRecords: balancer.usage.records(
            now,
            ...(rest[0] === "current" ? ([now - day, now] as const) : period(request, 90 * day))
          ),
          links: []
        }))
      case "clustersourceaddresses":
        return readOnly(() => ({ clusterSourceAddresses: sourceNetworks }))
      default:
        return (
          (rest.length === 0 ? settingRoutes(balancer, sub, request) : undefined) ??
          BalancerRequest.notFound("Object not Found")
        )
    }
  }

  // ---- the account ---------------------------------------------------------------------------------------------

  const usageOfAccount = (request: Request): WireResponse => {
    const { now } = request
    const [from, to] = period(request, day)
    return Reply.json(200, {
      accountId: Number(request.accountId),
      accountUsage: {
        accountUsageRecords: accountUsage.filter(({ at }) => at >= from && at <= to).map(({ fields }) => fields),
        links: []
      },
      loadBalancerUsages: toldOf(now).flatMap((balancer) => {
        const records = balancer.usage.records(now, from, to)
        return records.length === 0
          ? []
          : [
              {
                loadBalancerId: balancer.id,
                loadBalancerName: balancer.name,
                loadBalancerUsageRecords: records,
                links: []
              }
            ]
      })
    })
  }

  const billable = (request: Request): WireResponse => {
    const { now, query } = request
    if (query.get("startTime") === null || query.get("endTime") === null) {
      return BalancerRequest.invalid("startTime and endTime must be given")
    }
    const [from, to] = period(request, day)
    const found = toldOf(now).filter((balancer) => balancer.usage.records(now, from, to).length > 0)
    return Reply.json(200, {
      loadBalancers: BalancerRequest.page(found, query, { ...paging, cap: 1000, standard: 500 }).map((balancer) =>
        BalancerRecord.toSummary(balancer, now)
      )
    })
  }

  /** What is left of a minute's requests. */
  const rates = (request: Request): WireResponse =>
    Reply.json(200, {
      limits: {
        rate: [
          {
            uri: "/v1.0/*",
            regex: "^/1.0/.*",
            limit: Object.entries({ ...Fixtures.rates, ...options.rateLimits }).map(([verb, value]) => {
              const window = requestCounts.get(verb)
              return {
                verb,
                value,
                remaining: Math.max(0, value - (window?.count ?? 0)),
                unit: "MINUTE",
                "next-available": window === undefined ? request.now : window.since + 60_000
              }
            })
          }
        ]
      }
    })

  const accountRoutes = (name: string, request: Request): WireResponse | undefined => {
    switch (name) {
      case "usage":
        return usageOfAccount(request)
      case "billable":
        return billable(request)
      case "algorithms":
        return Reply.json(200, { algorithms: Fixtures.algorithms.map((each) => ({ name: each })) })
      case "protocols":
        return Reply.json(200, { protocols: Fixtures.protocols })
      case "alloweddomains":
        return Reply.json(200, {
          allowedDomains: Fixtures.allowedDomains.map((each) => ({ allowedDomain: { name: each } }))
        })
      case "absolutelimits":
        return Reply.json(200, {
          absolute: Object.entries(limits).map(([limit, value]) => ({ name: limit, value }))
        })
      default:
        return undefined
    }
  }

  // ---- the door ------------------------------------------------------------------------------------------------

  const route = ([collection, id, ...rest]: ReadonlyArray<string>, request: Request): WireResponse => {
    if (id === undefined && collection === "limits" && request.method === "GET") {
      return rates(request)
    }
    if (id === undefined && collection === "regionalsourceaddresses" && request.method === "GET") {
      return Reply.json(200, { RegionalSourceAddresses: sourceNetworks })
    }
    if (collection !== "loadbalancers") {
      return BalancerRequest.notFound("Object not Found")
    }
    if (id === undefined) {
      switch (request.method) {
        case "GET":
          return list(request)
        case "POST":
          return create(request)
        case "DELETE":
          return removeMany(request)
        default:
          return BalancerRequest.badMethod()
      }
    }
    const ofAccount = rest.length === 0 && request.method === "GET" ? accountRoutes(id, request) : undefined
    if (ofAccount !== undefined) {
      return ofAccount
    }
    const balancer = toldOf(request.now).find((each) => String(each.id) === id)
    return balancer === undefined
      ? BalancerRequest.notFound("Load balancer not found")
      : balancerRoutes(balancer, rest, request)
  }

  const countRequest = (method: string, now: number): void => {
    const window = requestCounts.get(method)
    if (window === undefined || now - window.since >= 60_000) {
      requestCounts.set(method, { since: now, count: 1 })
    } else {
      window.count++
    }
  }

  const respond = (request: ServiceRequest, parsed: RequestBody.Parsed, now: number): WireResponse => {
    const limited = rateLimit(request.method, now)
    if (limited !== undefined) {
      return limited
    }
    countRequest(request.method, now)
    const path = RequestBody.segments(request.path)
    if (path === undefined || parsed._tag === "Malformed") {
      return BalancerRequest.mismatch()
    }
    return route(path, {
      method: request.method === "HEAD" ? "GET" : request.method,
      query: request.query,
      body: parsed._tag === "Json" && RequestBody.isObject(parsed.value) ? parsed.value : undefined,
      accountId: request.caller.tenantId,
      now
    })
  }

  // ---- handles -------------------------------------------------------------------------------------------------

  const known = (id: string): Balancer => {
    const balancer = balancers.get(Number(id))
    if (balancer === undefined) {
      throw new Error(`The emulated cloud has no load balancer ${id}`)
    }
    return balancer
  }

  const seed = (fields: SeededLoadBalancer, now: number): string => {
    const id = nextId()
    const balancer: Balancer = {
      id,
      createdAt: now,
      updatedAt: now,
      name: fields.name ?? `lb-${id}`,
      protocol: fields.protocol ?? "HTTP",
      port: fields.port ?? 80,
      algorithm: "RANDOM",
      timeout: 30,
      halfClosed: false,
      httpsRedirect: false,
      change: { status: "BUILD", endsAt: now, end: "ACTIVE" },
      fixedStatus: fields.status,
      goneAt: undefined,
      virtualIps: [newVirtualIp("PUBLIC", "IPV4"), newVirtualIp("PUBLIC", "IPV6")],
      nodes: (fields.nodes ?? []).map((address) => ({
        id: nextId(),
        address,
        port: 80,
        condition: "ENABLED",
        status: "ONLINE",
        type: "PRIMARY",
        weight: undefined,
        metadata: []
      })),
      accessList: [],
      metadata: [],
      connectionLogging: false,
      contentCaching: false,
      healthMonitor: undefined,
      sessionPersistence: undefined,
      connectionThrottle: undefined,
      errorPage: undefined,
      sslTermination: undefined,
      certificateMappings: [],
      usage: Usage.make(nextId)
    }
    balancers.set(id, balancer)
    mark(balancer, now, "CREATE_LOADBALANCER")
    return String(id)
  }

  const setFixed = (id: string, status: string | undefined): Effect.Effect<void> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const balancer = known(id)
      balancer.fixedStatus = status
      balancer.updatedAt = now
    })

  return {
    handle: (request) => RequestBody.respondToJson(request, (parsed, now) => respond(request, parsed, now)),
    handles: {
      seedLoadBalancer: (fields = {}) => Effect.map(Clock.currentTimeMillis, (now) => seed(fields, now)),
      setStatus: setFixed,
      suspend: (id) => setFixed(id, "SUSPENDED"),
      resume: (id) => setFixed(id, undefined),
      failBuilds: (times = 1) =>
        Effect.sync(() => {
          failing.builds = times
        }),
      failUpdates: (times = 1) =>
        Effect.sync(() => {
          failing.updates = times
        }),
      setNodeStatus: (id, nodeId, status, detailedMessage) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const balancer = known(id)
          const node = balancer.nodes.find((each) => String(each.id) === nodeId)
          if (node === undefined) {
            throw new Error(`The emulated load balancer ${id} has no node ${nodeId}`)
          }
          node.status = status
          tellOfNode(
            balancer,
            node,
            "UPDATE",
            "Node Status Updated",
            `Node '${nodeId}' status changed to '${status}' for load balancer '${id}'`,
            detailedMessage ?? (status === "ONLINE" ? "Node is working" : "Connection timed out"),
            { now, accountId: "0" }
          )
        }),
      carry: (id, traffic) => Effect.map(Clock.currentTimeMillis, (now) => known(id).usage.carry(now, traffic)),
      removeLoadBalancer: (id) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          known(id).goneAt = now
          known(id).usage.end(now)
        }),
      loadBalancers: Effect.map(Clock.currentTimeMillis, (now) =>
        live(now).map((balancer) => ({
          id: String(balancer.id),
          name: balancer.name,
          status: statusOf(balancer, now)
        }))
      )
    }
  }
}
