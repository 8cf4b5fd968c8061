/** The state of Cloud Servers in one region. */
import * as Images from "./images.js"
import * as KeyPairs from "./keyPairs.js"
import type * as Limits from "./limits.js"
import * as Networks from "./networks.js"
import type { NovaRequest } from "./requests.js"
import { checkRackspace, notFound, within } from "./requests.js"
import * as ServerGroups from "./serverGroups.js"
import type { ServerFault, ServerRecord } from "./serverRecord.js"
import { settle } from "./serverRecord.js"
import * as Volumes from "./volumes.js"

/** The options of the service with their defaults. Times are in milliseconds. */
export interface Settings {
  readonly buildTime: number
  readonly actionTime: number
  readonly deleteTime: number
  readonly statusLag: number
  readonly quotas: Limits.Quotas
  readonly pageCap: number
  readonly requiredNetworks: ReadonlyArray<string>
  readonly availabilityZones: ReadonlyArray<string>
  readonly securityGroups: ReadonlyArray<string>
}

export const noHostFound: ServerFault = { code: 500, message: "No valid host was found. " }

export class Region {
  readonly servers = new Map<string, ServerRecord>()
  /** Oldest first. Listings iterate backwards. */
  readonly creationOrder: Array<ServerRecord> = []
  readonly images: Images.Images
  readonly keyPairs: KeyPairs.KeyPairs
  readonly networks: Networks.Networks
  readonly groups: ServerGroups.ServerGroups
  readonly volumes: Volumes.Volumes
  serverCount = 0
  /** How many of the next creations fail, and the fault. */
  failingBuilds = 0
  failingFault = noHostFound
  /** The numbers of interfaces that are attached later, distinct from those of servers. */
  private laterInterfaces = 65_536

  constructor(readonly settings: Settings) {
    const { actionTime, availabilityZones, pageCap } = settings
    this.images = Images.make(pageCap)
    this.keyPairs = KeyPairs.make(pageCap)
    this.networks = Networks.make((id, now) =>
      this.existing(now).some(({ interfaces }) => interfaces.some(({ networkId }) => networkId === id))
    )
    this.groups = ServerGroups.make((groupId) => this.membersOf(groupId))
    const placeOf = (volumeId: string) => this.placeOf(volumeId)
    this.volumes = Volumes.make({ availabilityZones, buildTime: actionTime, placeOf })
  }

  /** All servers that are not deleted, without settling due changes. */
  get present(): ReadonlyArray<ServerRecord> {
    return this.creationOrder.filter(({ deletedAt }) => deletedAt === undefined)
  }

  /** All servers that are not deleted now. */
  existing(now: number): ReadonlyArray<ServerRecord> {
    return this.creationOrder.filter((server) => {
      settle(server, now)
      return server.deletedAt === undefined
    })
  }

  find(id: string, now: number): ServerRecord {
    const server = this.servers.get(id)
    if (server !== undefined) {
      settle(server, now)
    }
    return server === undefined || server.deletedAt !== undefined ? notFound("Instance could not be found") : server
  }

  membersOf(groupId: string): ReadonlyArray<ServerRecord> {
    return this.present.filter((server) => server.groupId === groupId)
  }

  readonly nextInterface = (): number => ++this.laterInterfaces

  /** Whether a server on the network has this address. */
  readonly isTaken = (networkId: string, address: string): boolean =>
    this.present.some(({ interfaces }) =>
      interfaces.some((each) => each.networkId === networkId && each.addresses.some(({ addr }) => addr === address))
    )

  remove(server: ServerRecord, at: number): void {
    for (const { deleteOnTermination, volumeId } of server.volumes.values()) {
      if (deleteOnTermination) {
        this.volumes.remove(volumeId)
      }
    }
    Object.assign(server, { status: "DELETED", updatedAt: at, deletedAt: at, transition: undefined })
  }

  private placeOf(volumeId: string): Volumes.Place | undefined {
    const server = this.present.find(({ volumes }) => volumes.has(volumeId))
    const attached = server?.volumes.get(volumeId)
    return server === undefined || attached === undefined ? undefined : { serverId: server.id, device: attached.device }
  }
}

/** Routes of one server. */
export const ofServer = (region: Region) => within("/servers/{id}", ({ now }, { id }) => region.find(id, now))

/** The server of a route that only Rackspace has. */
export const findRackspaceServer = (region: Region, id: string, request: NovaRequest): ServerRecord => {
  const server = region.find(id, request.now)
  checkRackspace(request)
  return server
}
