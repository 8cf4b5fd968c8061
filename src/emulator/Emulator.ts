/**
 * A Rackspace cloud in one process: the front that receives raw requests, consults the injected faults, checks tokens
 * and hands each request to the service that is mounted at its path; and the handles by which a test drives it.
 *
 * All time is the Effect Clock's, so that TestClock builds servers and expires tokens at once. Every change of state
 * is synchronous, so that any number of fibers may knock at the same time.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import * as Account from "./Account.js"
import * as ByteStream from "./ByteStream.js"
import * as CloudBigData from "./CloudBigData.js"
import * as CloudFiles from "./CloudFiles.js"
import * as CloudFilesCdn from "./CloudFilesCdn.js"
import * as Edge from "./CloudFilesCdn/edge.js"
import * as CloudLoadBalancers from "./CloudLoadBalancers.js"
import * as CloudServers from "./CloudServers.js"
import * as Versions from "./CloudServers/versions.js"
import * as CloudServersFirstGeneration from "./CloudServersFirstGeneration.js"
import * as Fault from "./Fault.js"
import * as Identity from "./Identity.js"
import * as Keystone from "./Keystone.js"
import * as Answer from "./Keystone/answer.js"
import type {
  Caller,
  EmulatedService,
  ServiceRequest,
  WireBroken,
  WireHandler,
  WireRequest,
  WireResponse
} from "./Protocol.js"
import * as Reply from "./Reply.js"
import * as RequestLog from "./RequestLog.js"
import * as ServiceCatalog from "./ServiceCatalog.js"
import * as Target from "./Target.js"
import * as Timestamp from "./Timestamp.js"

/** What may be chosen about the cloud. */
export interface EmulatorOptions extends Account.AccountOptions {
  /** Default `["DFW", "ORD"]`. */
  readonly regions?: ReadonlyArray<string> | undefined
  /** How long a token lives. Default 24 hours. */
  readonly tokenTtl?: Duration.DurationInput | undefined
  /**
   * What all URLs in the catalog and in links begin with, without a final slash. Default `http://cloud.test`.
   * `from-request` takes it from each request's Host header.
   */
  readonly origin?: string | undefined
  /** How many of the newest requests the log keeps. Default all. */
  readonly logLimit?: number | undefined
  /** Runs after each request whose response was sent to its end, or broke. */
  readonly onFinished?: ((entry: RequestLog.RequestLogEntry) => Effect.Effect<void>) | undefined
  /** How Cloud Servers behaves in every region. */
  readonly servers?: CloudServers.CloudServersOptions | undefined
  /** How Cloud Files behaves in every region. */
  readonly files?: CloudFiles.CloudFilesOptions | undefined
  /** How the management of Cloud Files' CDN behaves in every region. */
  readonly cdn?: CloudFilesCdn.CloudFilesCdnOptions | undefined
  /** How Cloud Load Balancers behaves in every region. */
  readonly loadBalancers?: CloudLoadBalancers.CloudLoadBalancersOptions | undefined
  /** How Cloud Big Data behaves in every region. */
  readonly bigData?: CloudBigData.CloudBigDataOptions | undefined
}

/** The credentials that the cloud accepts now. */
export interface EmulatorCredentials {
  readonly username: string
  readonly apiKey: string
  readonly password: string
  readonly tenantId: string
  readonly storageAccount: string
  /** The user's id, for Keystone v3. */
  readonly userId: string
  /** The domain, at Keystone v3, of the user and of the project: `default`, named `Default`. */
  readonly domain: { readonly id: string; readonly name: string }
  /** The project of Keystone v3; its id is the tenant's. */
  readonly projectName: string
  /** The first application credential of Keystone v3. */
  readonly applicationCredential: Account.ApplicationCredential | undefined
}

/** The emulated cloud. */
export interface Emulator {
  /** Answers one raw request: give it to LocalHttpClient or to NodeServer. */
  readonly handle: WireHandler
  /** What the cloud's URLs begin with now. */
  readonly origin: string
  /** Identity's URL: `{origin}/v2.0`. */
  readonly authUrl: string
  /** Keystone v3's URL: `{origin}/v3`. */
  readonly authUrlV3: string
  /** The URL of Swift's own login: `{origin}/auth/v1.0`. */
  readonly swiftAuthUrl: string
  /** To be called when the port is known. Without a final slash. */
  readonly setOrigin: (origin: string) => Effect.Effect<void>
  readonly regions: ReadonlyArray<string>
  readonly credentials: EmulatorCredentials

  /** Every token that was issued so far is expired from now on: services answer 401, Identity's validation 404. */
  readonly expireAllTokens: Effect.Effect<void>
  readonly revokeToken: (token: string) => Effect.Effect<void>
  readonly revokeAllTokens: Effect.Effect<void>
  /**
   * Services answer 401 for this token, but Identity believes in it, and hands it out to each new login, until it is
   * deleted: what the real Identity does with a token that did not reach a region.
   */
  readonly rejectToken: (token: string) => Effect.Effect<void>
  /** The token that a login by API key would give now, without it counting as a login. */
  readonly issueToken: Effect.Effect<string>
  /** Revokes all tokens, as the real one does. */
  readonly setPassword: (password: string) => Effect.Effect<void>
  /** Leaves the tokens alone, as the real one does. */
  readonly setApiKey: (apiKey: string) => Effect.Effect<void>
  /** Logins answer 403 `userDisabled`, those at Keystone v3 a plain 401; all tokens are revoked. */
  readonly disableUser: Effect.Effect<void>
  readonly enableUser: Effect.Effect<void>
  /** Whether logins by password are asked for the passcode `123456`. */
  readonly setMultiFactor: (enabled: boolean) => Effect.Effect<void>

  /** Injects a fault. */
  readonly fail: (rule: Fault.FaultRule) => Effect.Effect<void>
  readonly clearFaults: Effect.Effect<void>
  /** A snapshot of the log: every request that has arrived so far, in order. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestLog.RequestLogEntry>>
  readonly logins: Effect.Effect<Identity.Logins>
  /** Empties the log and sets the count of logins to nought. */
  readonly clearRequests: Effect.Effect<void>

  /** Cloud Servers of the default region. */
  readonly servers: CloudServers.CloudServersHandles
  /** Cloud Servers of any region: its name in any case. Unknown regions are a defect. */
  readonly serversIn: (region: string) => CloudServers.CloudServersHandles
  /** The servers of the first generation, of all regions. */
  readonly firstGeneration: CloudServersFirstGeneration.FirstGenerationHandles
  /** Cloud Files of the default region. */
  readonly files: CloudFiles.CloudFilesEmulator
  /** Cloud Files of any region: its name in any case. Unknown regions are a defect. */
  readonly filesIn: (region: string) => CloudFiles.CloudFilesEmulator
  /** The CDN of Cloud Files in the default region. */
  readonly cdn: CloudFilesCdn.CloudFilesCdnEmulator
  /** The CDN of Cloud Files in any region: its name in any case. Unknown regions are a defect. */
  readonly cdnIn: (region: string) => CloudFilesCdn.CloudFilesCdnEmulator
  /** Cloud Load Balancers of the default region. */
  readonly loadBalancers: CloudLoadBalancers.CloudLoadBalancersHandles
  /** Cloud Load Balancers of any region: its name in any case. Unknown regions are a defect. */
  readonly loadBalancersIn: (region: string) => CloudLoadBalancers.CloudLoadBalancersHandles
  /** Cloud Big Data of the default region. */
  readonly bigData: CloudBigData.CloudBigDataHandles
  /** Cloud Big Data of any region: its name in any case. Unknown regions are a defect. */
  readonly bigDataIn: (region: string) => CloudBigData.CloudBigDataHandles
}

/** Whose a path is that is no endpoint's: that of the CDN's copies, or of what Swift tells of itself. */
const ownerOf = (path: string): string =>
  Edge.locateEdge(path) !== undefined ? "cdn" : CloudFiles.isDiscovery(path) ? "files" : "unknown"

const broken = (reason: string): WireBroken => ({ _tag: "WireBroken", reason })

/** The first `count` bytes of a body, and then what `end` says. */
const cutBody = (
  body: WireResponse["body"],
  count: number,
  end: Stream.Stream<Uint8Array, WireBroken>
): Stream.Stream<Uint8Array, WireBroken> =>
  Stream.concat(ByteStream.take(body instanceof Uint8Array ? Stream.succeed(body) : body, count), end)

/** Reads and forgets a request's body, at most `limit` bytes of it. */
const drain = (request: WireRequest, limit = Infinity): Effect.Effect<void, WireBroken> => {
  let seen = 0
  return limit <= 0
    ? Effect.void
    : Stream.runDrain(
        Stream.takeUntil(request.body, (chunk) => {
          seen += chunk.byteLength
          return seen >= limit
        })
      )
}

/** In whose words a service speaks: Identity has two voices. */
const voiceOf = (service: string, target: string): string =>
  service === "identity" && Keystone.owns(Target.split(target).path) ? "keystone" : service

/** A failure in the words of the service that it comes from. */
const refusal = (service: string, status: number, message: string): WireResponse =>
  service === "files" || service === "cdn"
    ? Reply.html(status, message, message)
    : service === "keystone"
      ? Answer.fault(status, message)
      : service === "loadbalancers"
        ? Reply.json(status, { message, code: status })
        : Reply.fault(status, Reply.faultKey(status, service), message)

const statusFault = (fault: Extract<Fault.Fault, { _tag: "Status" }>, service: string): WireResponse => {
  const headers = fault.headers ?? {}
  if (fault.body === undefined) {
    const response = refusal(service, fault.status, "Injected fault")
    return { ...response, headers: { ...response.headers, ...headers } }
  }
  const response =
    typeof fault.body === "string" ? Reply.text(fault.status, fault.body) : Reply.json(fault.status, fault.body)
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  return {
    ...response,
    headers: { ...(given.has("content-type") ? {} : response.headers), ...headers }
  }
}

/** What a fault does to the response of a request that was let through. */
const spoil = (fault: Fault.Fault | undefined, response: WireResponse): WireResponse => {
  const length = Reply.contentLength(response)
  switch (fault?._tag) {
    case "TruncateBody":
    case "StallBody": {
      const end: Stream.Stream<Uint8Array, WireBroken> =
        fault._tag === "StallBody" ? Stream.never : Stream.fail(broken("injected: the body is truncated"))
      const lengthened =
        length === undefined ? response : Reply.withDefaultHeaders(response, { "Content-Length": String(length) })
      return { ...lengthened, body: cutBody(response.body, fault.afterBytes, end) }
    }
    case "WrongContentLength": {
      if (length === undefined) {
        return response
      }
      const headers = Object.fromEntries(
        Object.entries(response.headers).filter(([name]) => name.toLowerCase() !== "content-length")
      )
      return { ...response, headers: { ...headers, "Content-Length": String(Math.max(0, length + fault.delta)) } }
    }
    default:
      return response
  }
}

const requestIdHeaders = (service: string): Readonly<Record<string, string>> => {
  switch (service) {
    case "servers": {
      const id = `req-${randomUUID()}`
      return { "x-compute-request-id": id, Via: "1.1 Repose (Repose/8.8.4.0)" }
    }
    case "files":
    case "cdn":
      return { "X-Trans-Id": `tx${randomUUID().replaceAll("-", "").slice(0, 21)}-0${randomUUID().slice(0, 9)}dfw1` }
    case "keystone":
      return { "x-openstack-request-id": `req-${randomUUID()}` }
    default:
      return { "x-trans-id": randomUUID() }
  }
}

/** A cloud with one account and nothing in it. */
export const make = (options: EmulatorOptions = {}): Effect.Effect<Emulator> =>
  Effect.gen(function* () {
    const account = Account.make(options)
    const regions = (options.regions ?? ["DFW", "ORD"]).map((region) => region.toUpperCase())
    const identity = Identity.make({
      account,
      regions,
      tokenTtl: Duration.toMillis(options.tokenTtl ?? "24 hours")
    })
    const faults = Fault.make()
    const log = RequestLog.make(options.logLimit ?? Infinity)
    const defaultOrigin = "http://cloud.test"
    let fromRequest = options.origin === "from-request"
    let origin = fromRequest ? defaultOrigin : (options.origin ?? defaultOrigin)

    const servers = new Map(regions.map((region) => [region, CloudServers.make(options.servers ?? {})]))
    const firstGeneration = CloudServersFirstGeneration.make()
    const bigData = new Map(regions.map((region) => [region, CloudBigData.make(options.bigData ?? {})]))
    const loadBalancers = new Map(
      regions.map((region) => [region, CloudLoadBalancers.make(options.loadBalancers ?? {})])
    )
    const files = new Map(
      yield* Effect.forEach(regions, (region) =>
        Effect.map(CloudFiles.make(options.files ?? {}), (emulated) => [region, emulated] as const)
      )
    )

    const cdn = new Map(
      [...files].map(([region, emulated]) => [region, CloudFilesCdn.make(emulated, options.cdn)] as const)
    )

    const serviceAt = (mount: string, region: string | undefined): EmulatedService | undefined => {
      switch (mount) {
        case "servers":
          return region === undefined ? undefined : servers.get(region)
        case "servers-first-generation":
          return firstGeneration
        case "files":
          return region === undefined ? undefined : files.get(region)
        case "cdn":
          return region === undefined ? undefined : cdn.get(region)
        case "loadbalancers":
          return region === undefined ? undefined : loadBalancers.get(region)
        case "bigdata":
          return region === undefined ? undefined : bigData.get(region)
        default:
          return undefined
      }
    }

    const originOf = (request: WireRequest): string => {
      const host = fromRequest ? request.headers["host"] : undefined
      return host === undefined ? origin : `http://${host}`
    }

    const unauthorized = (service: string, tenant: string | undefined): WireResponse => {
      if (service === "files" || service === "cdn") {
        return Reply.html(
          401,
          "Unauthorized",
          "This server could not verify that you are authorized to access the document you requested.",
          Reply.swiftRealm(tenant)
        )
      }
      if (service === "loadbalancers") {
        return Reply.empty(401)
      }
      return Reply.fault(
        401,
        "unauthorized",
        "No valid token provided. Please use the 'X-Auth-Token' header with a valid token.",
        { headers: { "WWW-Authenticate": "Keystone uri=https://identity.api.rackspacecloud.com" } }
      )
    }

    /** Routes a request that no fault has answered. */
    const route = (
      request: WireRequest,
      location: ServiceCatalog.Location | undefined,
      service: string
    ): Effect.Effect<WireResponse, WireBroken> => {
      if (service === "identity") {
        return identity.handle(request, originOf(request))
      }
      const { path, query } = Target.split(request.target)
      const versionsOf = Versions.regionOf(path)
      if (versionsOf !== undefined && regions.includes(versionsOf)) {
        return Effect.succeed(Versions.serve(path, originOf(request), options.servers?.maxMicroversion))
      }
      const edge = Edge.locateEdge(path)
      const served = edge === undefined ? undefined : cdn.get(edge.region)
      if (edge !== undefined && served !== undefined) {
        return served.serve({ ...request, ...edge })
      }
      const discovered = CloudFiles.isDiscovery(path)
        ? files.values().next().value?.discover(request.method)
        : undefined
      if (discovered !== undefined) {
        return Effect.succeed(discovered)
      }
      if (location === undefined) {
        return Effect.succeed(Reply.text(404, "404 Not Found\n\nThe resource could not be found.\n\n   "))
      }
      const { region, tenant } = location
      const emulated = serviceAt(service, region)
      const requestOf = (caller: Caller): ServiceRequest => ({
        ...request,
        region: region ?? "",
        path: location.path,
        query,
        caller,
        baseUrl: `${originOf(request)}${location.basePath}`
      })
      const answer = (caller: Caller | undefined): Effect.Effect<WireResponse, WireBroken> => {
        if (caller === undefined) {
          return Effect.succeed(unauthorized(service, tenant))
        }
        const expected =
          location.entry.tenant === "none"
            ? undefined
            : location.entry.tenant === "storage"
              ? caller.storageAccount
              : caller.tenantId
        const otherAccount = tenant !== undefined && emulated?.accounts?.has(tenant) === true ? tenant : undefined
        if (tenant !== expected && otherAccount === undefined) {
          return Effect.succeed(
            service === "files" || service === "cdn"
              ? Reply.html(403, "Forbidden", "Access was denied to this resource.")
              : Reply.fault(
                  tenant === undefined ? 404 : 401,
                  tenant === undefined ? "itemNotFound" : "unauthorized",
                  tenant === undefined
                    ? "The resource could not be found."
                    : `Token doesn't belong to Tenant with Id/Name: '${tenant}'`
                )
          )
        }
        return emulated === undefined
          ? Effect.succeed(refusal(service, 404, "The resource could not be found."))
          : emulated.handle({ ...requestOf(caller), otherAccount })
      }
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const token = request.headers["x-auth-token"] ?? request.headers["x-storage-token"]
        const caller = identity.callerOf(token, now)
        const { storageAccount, tenantId, userId, username } = account
        return emulated?.handlePublic === undefined || tenant !== storageAccount
          ? answer(caller)
          : Effect.flatMap(
              emulated.handlePublic(requestOf({ tenantId, storageAccount, userId, username }), caller !== undefined),
              (response) => (response === undefined ? answer(caller) : Effect.succeed(response))
            )
      })
    }

    const proceed = (
      fault: Fault.Fault | undefined,
      request: WireRequest,
      location: ServiceCatalog.Location | undefined,
      service: string,
      now: number
    ): Effect.Effect<WireResponse, WireBroken> => {
      switch (fault?._tag) {
        case "Status":
          return Effect.as(drain(request), statusFault(fault, voiceOf(service, request.target)))
        case "Early":
          return Effect.succeed(refusal(voiceOf(service, request.target), fault.status, "Injected fault"))
        case "Delay":
          return Effect.zipRight(Effect.sleep(fault.duration), route(request, location, service))
        case "Cut":
          return Effect.zipRight(
            drain(request, fault.afterBytes ?? 0),
            Effect.fail(broken("injected: the connection is cut"))
          )
        case "LoseResponse":
          return Effect.zipRight(
            route(request, location, service),
            fault.status === undefined
              ? Effect.fail(broken("injected: the response is lost"))
              : Effect.succeed(refusal(voiceOf(service, request.target), fault.status, "Injected fault"))
          )
        case "ExpireTokens":
          identity.tokens.expireAll(now)
          return route(request, location, service)
        case "RevokeTokens":
          identity.tokens.revokeAll()
          return route(request, location, service)
        default:
          return Effect.map(route(request, location, service), (response) => spoil(fault, response))
      }
    }

    const finish = (open: RequestLog.OpenEntry): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        open.finished(now)
        return options.onFinished === undefined ? Effect.void : options.onFinished(open.entry)
      })

    /** Counts what the client takes of the response, and notes when it ends. */
    const observed = (
      open: RequestLog.OpenEntry,
      method: string,
      response: WireResponse
    ): Effect.Effect<WireResponse> => {
      open.status(response.status)
      const { body } = response
      if (body instanceof Uint8Array || !Reply.mayHaveBody(method, response.status)) {
        open.responseBytes(
          body instanceof Uint8Array && Reply.mayHaveBody(method, response.status) ? body.byteLength : 0
        )
        return Effect.as(finish(open), response)
      }
      const counted = Stream.map(body, (chunk) => {
        open.responseBytes(chunk.byteLength)
        return chunk
      })
      return Effect.succeed({ ...response, body: Stream.ensuring(counted, finish(open)) })
    }

    const handle: WireHandler = (request) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { path } = Target.split(request.target)
        const isIdentity = identity.owns(path)
        const location = isIdentity ? undefined : ServiceCatalog.locate(path, regions)
        const versionsOf = Versions.regionOf(path)
        const service = isIdentity
          ? "identity"
          : (location?.entry.mount ?? (versionsOf !== undefined ? "servers" : ownerOf(path)))
        const open = log.open(request, service, location?.region ?? versionsOf, now)
        const fault = faults.take({ method: request.method, service, target: request.target })
        const watched: WireRequest = {
          ...request,
          body: Stream.map(request.body, (chunk) => {
            open.requestBytes(chunk)
            return chunk
          })
        }
        return proceed(fault, watched, location, service, now).pipe(
          Effect.map((response) =>
            Reply.withDefaultHeaders(response, {
              ...requestIdHeaders(voiceOf(service, request.target)),
              Date: Timestamp.httpDate(now)
            })
          ),
          Effect.flatMap((response) => observed(open, request.method, response)),
          Effect.onError(() => finish(open))
        )
      })

    const inRegion = <A>(services: ReadonlyMap<string, A>, region: string): A => {
      const found = services.get(region.toUpperCase())
      if (found === undefined) {
        throw new Error(`The emulated cloud has no region ${region}: it has ${regions.join(", ")}`)
      }
      return found
    }

    const serversIn = (region: string): CloudServers.CloudServersHandles => inRegion(servers, region).handles

    const filesIn = (region: string): CloudFiles.CloudFilesEmulator => inRegion(files, region)

    const cdnIn = (region: string): CloudFilesCdn.CloudFilesCdnEmulator => inRegion(cdn, region)

    const bigDataIn = (region: string): CloudBigData.CloudBigDataHandles => inRegion(bigData, region).handles

    const loadBalancersIn = (region: string): CloudLoadBalancers.CloudLoadBalancersHandles =>
      inRegion(loadBalancers, region).handles

    const defaultRegion = regions.includes(account.defaultRegion) ? account.defaultRegion : (regions[0] ?? "DFW")

    return {
      handle,
      get origin() {
        return origin
      },
      get authUrl() {
        return `${origin}/v2.0`
      },
      get authUrlV3() {
        return `${origin}/v3`
      },
      get swiftAuthUrl() {
        return `${origin}/auth/v1.0`
      },
      setOrigin: (next) =>
        Effect.sync(() => {
          origin = next
          fromRequest = false
        }),
      regions,
      get credentials() {
        return {
          username: account.username,
          apiKey: account.apiKey,
          password: account.password,
          tenantId: account.tenantId,
          storageAccount: account.storageAccount,
          userId: account.userId,
          domain: Account.domain,
          projectName: account.projectName,
          applicationCredential: account.applicationCredentials[0]
        }
      },
      expireAllTokens: Effect.map(Clock.currentTimeMillis, (now) => identity.tokens.expireAll(now)),
      revokeToken: (token) => Effect.sync(() => identity.tokens.revoke(token)),
      revokeAllTokens: Effect.sync(() => identity.tokens.revokeAll()),
      rejectToken: (token) => Effect.sync(() => identity.tokens.reject(token)),
      issueToken: Effect.map(Clock.currentTimeMillis, (now) => identity.tokens.issue(["APIKEY"], now).id),
      setPassword: (password) =>
        Effect.sync(() => {
          account.password = password
          identity.tokens.revokeAll()
        }),
      setApiKey: (apiKey) =>
        Effect.sync(() => {
          account.apiKey = apiKey
        }),
      disableUser: Effect.sync(() => {
        account.enabled = false
        identity.tokens.revokeAll()
      }),
      enableUser: Effect.sync(() => {
        account.enabled = true
      }),
      setMultiFactor: (enabled) =>
        Effect.sync(() => {
          account.multiFactor = enabled
        }),
      fail: (rule) => Effect.sync(() => faults.add(rule)),
      clearFaults: Effect.sync(() => faults.clear()),
      requests: Effect.sync(() => log.entries()),
      logins: Effect.sync(() => identity.logins()),
      clearRequests: Effect.sync(() => {
        log.clear()
        identity.clearLogins()
      }),
      servers: serversIn(defaultRegion),
      serversIn,
      firstGeneration: firstGeneration.handles,
      files: filesIn(defaultRegion),
      filesIn,
      cdn: cdnIn(defaultRegion),
      cdnIn,
      loadBalancers: loadBalancersIn(defaultRegion),
      loadBalancersIn,
      bigData: bigDataIn(defaultRegion),
      bigDataIn
    }
  })
