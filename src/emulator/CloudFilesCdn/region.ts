/** The state of the CDN in one region. */
import { createHash } from "node:crypto"
import type * as ByteText from "../CloudFiles/byteText.js"
import { SortedNames } from "../CloudFiles/sortedNames.js"
import type { ServiceRequest } from "../Protocol.js"
import { Cache } from "./cache.js"

/** A container that is or was public. */
export interface PublicContainer {
  readonly name: ByteText.ByteText
  readonly enabled: boolean
  readonly ttl: number
  readonly logRetention: boolean
}

/** A requested purge, for tests. */
export interface PurgeState {
  readonly container: string
  readonly object: string
  /** The addresses to notify when it is done. */
  readonly emails: ReadonlyArray<string>
  /** In milliseconds since 1970. */
  readonly at: number
}

/** The first path segment of copies. */
export const edgeMount = "cdn-content"

/** The header names of a container's four URIs. */
export const uriKinds = {
  "X-Cdn-Uri": "http",
  "X-Cdn-Ssl-Uri": "ssl",
  "X-Cdn-Streaming-Uri": "streaming",
  "X-Cdn-Ios-Uri": "ios"
} as const

export const defaultTtl = 259_200

const day = 24 * 60 * 60 * 1000

export class CdnRegion {
  readonly names = new SortedNames()
  readonly containers = new Map<ByteText.ByteText, PublicContainer>()
  readonly cache = new Cache()
  /** The name of the Cloud Files account, known from the first request. */
  account = ""
  private readonly byId = new Map<string, PublicContainer>()
  private allPurges: ReadonlyArray<PurgeState> = []

  /** The purges of the last 24 hours. */
  purges(now: number): ReadonlyArray<PurgeState> {
    return this.allPurges.filter(({ at }) => now - at < day)
  }

  addPurge(purge: PurgeState): void {
    this.allPurges = [...this.purges(purge.at), purge]
  }

  store(container: PublicContainer): void {
    if (!this.containers.has(container.name)) {
      this.names.add(container.name)
    }
    this.containers.set(container.name, container)
  }

  remove({ name }: PublicContainer): void {
    this.names.delete(name)
    this.containers.delete(name)
    this.byId.delete(this.idOf(name))
  }

  uriOf({ baseUrl, region }: ServiceRequest, name: ByteText.ByteText, kind: string): string {
    return `${new URL(baseUrl).origin}/${edgeMount}/${region.toLowerCase()}/${kind}/${this.idOf(name)}`
  }

  /** The container whose URIs have this id. */
  findById(id: string): PublicContainer | undefined {
    if (!this.byId.has(id)) {
      for (const container of this.containers.values()) {
        this.byId.set(this.idOf(container.name), container)
      }
    }
    const name = this.byId.get(id)?.name
    return name === undefined ? undefined : this.containers.get(name)
  }

  private idOf(name: ByteText.ByteText): string {
    return createHash("sha256").update(`${this.account}/${name}`, "latin1").digest("hex").slice(0, 32)
  }
}

/** The key of a copy in the cache. */
export const copyKey = (container: ByteText.ByteText, object: ByteText.ByteText): string => `${container}/${object}`
