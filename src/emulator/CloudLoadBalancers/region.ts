/** The state of Cloud Load Balancers in one region, and functions that all resources share. */
import type * as Fields from "../Fields.js"
import * as Timestamp from "../Timestamp.js"
import type * as Fixtures from "./fixtures.js"
import type { LoadBalancer } from "./loadBalancerRecord.js"
import { statusOf } from "./loadBalancerRecord.js"
import type { LoadBalancerRequest, Paging } from "./requests.js"
import { invalid, notFound, optionalIds, refuse, within } from "./requests.js"

/** The options of the service with their defaults. Times are in milliseconds. */
export interface Settings {
  readonly buildTime: number
  readonly updateTime: number
  readonly deleteTime: number
  readonly deletedFor: number
  readonly deletedStatus: 200 | 404 | 410
  readonly limits: Readonly<Record<keyof typeof Fixtures.limits, number>>
  readonly rates: Readonly<Record<string, number>>
  readonly throttleNeedsAll: boolean
  readonly paging: Paging
}

/** An event of a node, and its JSON. */
interface NodeEvent {
  readonly id: number
  readonly loadBalancerId: number
  readonly fields: Fields.JsonObject
}

interface AccountUsage {
  readonly at: number
  readonly fields: Fields.JsonObject
}

/** The state of one region. */
export class Region {
  readonly loadBalancers = new Map<number, LoadBalancer>()
  readonly nodeEvents: Array<NodeEvent> = []
  readonly accountUsage: Array<AccountUsage> = []
  /** The current minute's requests by method. */
  readonly requestCounts = new Map<string, { readonly since: number; count: number }>()
  /** How many of the next creations and changes end in ERROR. */
  failingBuilds = 0
  failingUpdates = 0
  private lastId = 0
  private lastAddress = 0

  constructor(readonly settings: Settings) {}

  readonly nextId = (): number => ++this.lastId

  /** A number for an address that was not used before. */
  readonly nextAddress = (): number => ++this.lastAddress

  withIds<A extends object>(items: ReadonlyArray<A>): Array<A & { readonly id: number }> {
    return items.map((item) => ({ id: this.nextId(), ...item }))
  }

  /** All load balancers that the API shows, including those deleted recently. */
  visible(now: number): ReadonlyArray<LoadBalancer> {
    return [...this.loadBalancers.values()].filter(({ goneAt }) => goneAt === undefined || now < goneAt)
  }

  /** All load balancers that are not deleted. */
  existing(now: number): ReadonlyArray<LoadBalancer> {
    return this.visible(now).filter((loadBalancer) => !isDeleted(loadBalancer, now))
  }

  find(id: string, now: number): LoadBalancer {
    return this.visible(now).find((each) => String(each.id) === id) ?? notFound("Load balancer not found")
  }

  /** Starts a new usage record of a load balancer and of the account. */
  recordUsage(loadBalancer: LoadBalancer, now: number, eventType: string): void {
    const ssl = loadBalancer.sslTermination
    loadBalancer.usage.mark(now, eventType, {
      numVips: loadBalancer.virtualIps.length,
      vipType: loadBalancer.virtualIps[0]?.type ?? "PUBLIC",
      sslMode: ssl === undefined || !ssl.enabled ? "OFF" : ssl.secureTrafficOnly ? "ON" : "MIXED"
    })
    this.recordAccountUsage(now)
  }

  recordAccountUsage(now: number): void {
    const present = this.existing(now).filter((each) => statusOf(each, now) !== "PENDING_DELETE")
    const addresses = new Map(present.flatMap(({ virtualIps }) => virtualIps.map((ip) => [ip.id, ip.type] as const)))
    const ofType = (wanted: string): number => [...addresses.values()].filter((type) => type === wanted).length
    this.accountUsage.push({
      at: now,
      fields: {
        startTime: Timestamp.utcSeconds(now),
        numLoadBalancers: present.length,
        numPublicVips: ofType("PUBLIC"),
        numServicenetVips: ofType("SERVICENET")
      }
    })
  }

  /** Marks a load balancer as changed. It is in PENDING_UPDATE for a while. */
  finishChange(loadBalancer: LoadBalancer, now: number): void {
    const fails = this.failingUpdates > 0
    this.failingUpdates = Math.max(0, this.failingUpdates - 1)
    loadBalancer.updatedAt = now
    const endsAt = now + this.settings.updateTime
    loadBalancer.change = { status: "PENDING_UPDATE", endsAt, end: fails ? "ERROR" : "ACTIVE" }
  }
}

export const isDeleted = (loadBalancer: LoadBalancer, now: number): boolean => statusOf(loadBalancer, now) === "DELETED"

/** Refuses with 422 a load balancer that cannot be changed now. */
export const checkMutable = (loadBalancer: LoadBalancer, now: number): void => {
  const status = statusOf(loadBalancer, now)
  if (status === "DELETED") {
    refuse(422, "The load balancer is deleted and considered immutable.")
  }
  if (status !== "ACTIVE") {
    refuse(422, `Load Balancer '${loadBalancer.id}' has a status of '${status}' and is considered immutable.`)
  }
}

/** The load balancer of a request. A deleted one cannot be read. */
export const findLoadBalancer = (region: Region, id: string, { method, now }: LoadBalancerRequest): LoadBalancer => {
  const loadBalancer = region.find(id, now)
  return method === "GET" && isDeleted(loadBalancer, now) ? refuseDeleted(region) : loadBalancer
}

/** Routes of one load balancer. */
export const ofLoadBalancer = (region: Region) =>
  within("/loadbalancers/{id}", (request, { id }) => findLoadBalancer(region, id, request))

/** Refuses to show a deleted load balancer. */
export const refuseDeleted = ({ settings }: Region): never =>
  settings.deletedStatus === 404
    ? notFound("Load balancer not found")
    : refuse(410, "The loadbalancer is marked as deleted.")

/** The item of a load balancer with this id. `kind` names it in the refusal. */
export const findItem = <A extends { readonly id: number }>(
  items: ReadonlyArray<A>,
  id: string,
  kind: string,
  loadBalancer: LoadBalancer
): A =>
  items.find((item) => String(item.id) === id) ??
  notFound(`${kind} with id #${id} not found for loadbalancer #${loadBalancer.id}`)

/** The items without those with these ids. Unknown ids are refused. */
export const withoutIds = <A extends { readonly id: number }>(
  items: Array<A>,
  ids: ReadonlyArray<number>,
  kind: string
): Array<A> => {
  const unknown = ids.filter((id) => !items.some((item) => item.id === id))
  if (unknown.length > 0) {
    invalid(`${kind} ids ${unknown.join(",")} are not a part of your loadbalancer`)
  }
  return items.filter(({ id }) => !ids.includes(id))
}

/** The ids of a bulk deletion, at least one. `kind` names the items in the refusal. */
export const idsToDelete = (region: Region, request: LoadBalancerRequest, kind: string): ReadonlyArray<number> =>
  optionalIds(request, region.settings.limits.BATCH_DELETE_LIMIT) ?? invalid(`At least one ${kind} must be given`)
