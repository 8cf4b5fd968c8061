/** The parts of an emulated cloud: its account, Identity, and the services of each region. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Account from "../Account.js"
import * as CloudBigData from "../CloudBigData.js"
import * as CloudFiles from "../CloudFiles.js"
import * as CloudFilesCdn from "../CloudFilesCdn.js"
import * as CloudLoadBalancers from "../CloudLoadBalancers.js"
import * as CloudServers from "../CloudServers.js"
import * as CloudServersFirstGeneration from "../CloudServersFirstGeneration.js"
import * as Fault from "../Fault.js"
import * as Identity from "../Identity.js"
import type { EmulatedService, WireRequest } from "../Protocol.js"
import * as RequestLog from "../RequestLog.js"

/** Options of the cloud. */
export interface EmulatorOptions extends Account.AccountOptions {
  /** Default `["DFW", "ORD"]`. */
  readonly regions?: ReadonlyArray<string> | undefined
  /** How long a token lives. Default 24 hours. */
  readonly tokenTtl?: Duration.DurationInput | undefined
  /**
   * The beginning of all URLs in the catalog and in links, without a trailing slash. Default `http://cloud.test`.
   * `from-request` uses each request's Host header.
   */
  readonly origin?: string | undefined
  /** How many of the newest requests the log keeps. Default all. */
  readonly logLimit?: number | undefined
  /** Runs after each request whose response was sent or broke off. */
  readonly onFinished?: ((entry: RequestLog.RequestLogEntry) => Effect.Effect<void>) | undefined
  /** Options of Cloud Servers in all regions. */
  readonly servers?: CloudServers.CloudServersOptions | undefined
  /** Options of Cloud Files in all regions. */
  readonly files?: CloudFiles.CloudFilesOptions | undefined
  /** Options of the CDN's management in all regions. */
  readonly cdn?: CloudFilesCdn.CloudFilesCdnOptions | undefined
  /** Options of Cloud Load Balancers in all regions. */
  readonly loadBalancers?: CloudLoadBalancers.CloudLoadBalancersOptions | undefined
  /** Options of Cloud Big Data in all regions. */
  readonly bigData?: CloudBigData.CloudBigDataOptions | undefined
}

const defaultOrigin = "http://cloud.test"

/** The services of one region. */
interface Region {
  readonly servers: CloudServers.CloudServersEmulator
  readonly files: CloudFiles.CloudFilesEmulator
  readonly cdn: CloudFilesCdn.CloudFilesCdnEmulator
  readonly loadBalancers: CloudLoadBalancers.CloudLoadBalancersEmulator
  readonly bigData: CloudBigData.CloudBigDataEmulator
}

export class Cloud {
  readonly account: Account.Account
  readonly identity: Identity.Identity
  readonly firstGeneration = CloudServersFirstGeneration.make()
  readonly faults = Fault.make()
  readonly log: RequestLog.RequestLog
  origin: string
  private takesOriginFromRequests: boolean

  constructor(
    readonly options: EmulatorOptions,
    readonly regions: ReadonlyMap<string, Region>
  ) {
    this.account = Account.make(options)
    const tokenTtl = Duration.toMillis(options.tokenTtl ?? "24 hours")
    this.identity = Identity.make({ account: this.account, regions: this.regionNames, tokenTtl })
    this.log = RequestLog.make(options.logLimit ?? Infinity)
    this.takesOriginFromRequests = options.origin === "from-request"
    this.origin = this.takesOriginFromRequests ? defaultOrigin : (options.origin ?? defaultOrigin)
  }

  get regionNames(): ReadonlyArray<string> {
    return [...this.regions.keys()]
  }

  get defaultRegion(): string {
    const { defaultRegion } = this.account
    return this.regions.has(defaultRegion) ? defaultRegion : (this.regionNames[0] ?? "DFW")
  }

  /** A region by name in any case. An unknown one is a defect. */
  region(name: string): Region {
    const found = this.regions.get(name.toUpperCase())
    if (found === undefined) {
      throw new Error(`The emulated cloud has no region ${name}: it has ${this.regionNames.join(", ")}`)
    }
    return found
  }

  /** The service at a mount. */
  serviceAt(mount: string, region: string | undefined): EmulatedService | undefined {
    const services = region === undefined ? undefined : this.regions.get(region)
    switch (mount) {
      case "servers-first-generation":
        return this.firstGeneration
      case "loadbalancers":
        return services?.loadBalancers
      case "bigdata":
        return services?.bigData
      case "servers":
      case "files":
      case "cdn":
        return services?.[mount]
      default:
        return undefined
    }
  }

  originOf({ headers }: WireRequest): string {
    const host = this.takesOriginFromRequests ? headers["host"] : undefined
    return host === undefined ? this.origin : `http://${host}`
  }

  setOrigin(origin: string): void {
    this.origin = origin
    this.takesOriginFromRequests = false
  }
}

const makeRegion = (options: EmulatorOptions): Effect.Effect<Region> =>
  Effect.map(CloudFiles.make(options.files), (files) => ({
    files,
    cdn: CloudFilesCdn.make(files, options.cdn),
    servers: CloudServers.make(options.servers),
    loadBalancers: CloudLoadBalancers.make(options.loadBalancers),
    bigData: CloudBigData.make(options.bigData)
  }))

/** An empty cloud. */
export const make = (options: EmulatorOptions): Effect.Effect<Cloud> =>
  Effect.forEach(options.regions ?? ["DFW", "ORD"], (name) =>
    Effect.map(makeRegion(options), (region) => [name.toUpperCase(), region] as const)
  ).pipe(Effect.map((regions) => new Cloud(options, new Map(regions))))
