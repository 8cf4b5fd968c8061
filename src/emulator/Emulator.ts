/**
 * A Rackspace cloud in one process, and the handles with which tests control it.
 *
 * All times come from the Effect Clock, so that TestClock can build servers and expire tokens immediately. Every change
 * of state is synchronous, so that any number of fibers can send requests concurrently.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Account from "./Account.js"
import type * as CloudBigData from "./CloudBigData.js"
import type * as CloudFiles from "./CloudFiles.js"
import type * as CloudFilesCdn from "./CloudFilesCdn.js"
import type * as CloudLoadBalancers from "./CloudLoadBalancers.js"
import type * as CloudServers from "./CloudServers.js"
import type * as CloudServersFirstGeneration from "./CloudServersFirstGeneration.js"
import type { Cloud, EmulatorOptions } from "./Emulator/cloud.js"
import * as Clouds from "./Emulator/cloud.js"
import * as Front from "./Emulator/front.js"
import type * as Fault from "./Fault.js"
import type * as Identity from "./Identity.js"
import type { WireHandler } from "./Protocol.js"
import type * as RequestLog from "./RequestLog.js"

export type { EmulatorOptions } from "./Emulator/cloud.js"

/** The credentials that the cloud currently accepts. */
export interface EmulatorCredentials {
  readonly username: string
  readonly apiKey: string
  readonly password: string
  readonly tenantId: string
  readonly storageAccount: string
  /** The user's id, for Keystone v3. */
  readonly userId: string
  /** The domain of the user and of the project at Keystone v3: `default`, named `Default`. */
  readonly domain: { readonly id: string; readonly name: string }
  /** The project of Keystone v3; its id is the tenant's. */
  readonly projectName: string
  /** The first application credential of Keystone v3. */
  readonly applicationCredential: Account.ApplicationCredential | undefined
}

/** The emulated cloud. */
export interface Emulator {
  /** Handles a raw request. LocalHttpClient and NodeServer call it. */
  readonly handle: WireHandler
  /** The beginning of the cloud's URLs. */
  readonly origin: string
  /** Identity's URL: `{origin}/v2.0`. */
  readonly authUrl: string
  /** Keystone v3's URL: `{origin}/v3`. */
  readonly authUrlV3: string
  /** The URL of Swift's own login: `{origin}/auth/v1.0`. */
  readonly swiftAuthUrl: string
  /** Sets the beginning of the cloud's URLs, without a trailing slash, when the port is known. */
  readonly setOrigin: (origin: string) => Effect.Effect<void>
  readonly regions: ReadonlyArray<string>
  readonly credentials: EmulatorCredentials

  /** Expires every token issued so far: services answer 401, Identity's validation 404. */
  readonly expireAllTokens: Effect.Effect<void>
  readonly revokeToken: (token: string) => Effect.Effect<void>
  readonly revokeAllTokens: Effect.Effect<void>
  /**
   * Makes services answer 401 for this token, while Identity still accepts it and returns it for each login until it is
   * deleted, as the real Identity does with a token that did not reach a region.
   */
  readonly rejectToken: (token: string) => Effect.Effect<void>
  /** The token that a login by API key would return now. It does not count as a login. */
  readonly issueToken: Effect.Effect<string>
  /** Revokes all tokens, as the real service does. */
  readonly setPassword: (password: string) => Effect.Effect<void>
  /** Does not revoke tokens, as the real service. */
  readonly setApiKey: (apiKey: string) => Effect.Effect<void>
  /** Makes logins answer 403 `userDisabled`, those at Keystone v3 a plain 401, and revokes all tokens. */
  readonly disableUser: Effect.Effect<void>
  readonly enableUser: Effect.Effect<void>
  /** Sets whether logins by password require the passcode `123456`. */
  readonly setMultiFactor: (enabled: boolean) => Effect.Effect<void>

  /** Injects a fault. */
  readonly fail: (rule: Fault.FaultRule) => Effect.Effect<void>
  /** The faults that still apply, with what is left of `skip` and `times`. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault.FaultRule>>
  readonly clearFaults: Effect.Effect<void>
  /** A snapshot of the log: all requests so far, in order of arrival. */
  readonly requests: Effect.Effect<ReadonlyArray<RequestLog.RequestLogEntry>>
  readonly logins: Effect.Effect<Identity.Logins>
  /** Clears the log and the count of logins. */
  readonly clearRequests: Effect.Effect<void>

  /** Cloud Servers of the default region. */
  readonly servers: CloudServers.CloudServersHandles
  /** Cloud Servers of any region, by name in any case. Unknown regions are a defect. */
  readonly serversIn: (region: string) => CloudServers.CloudServersHandles
  /** The servers of the first generation, of all regions. */
  readonly firstGeneration: CloudServersFirstGeneration.FirstGenerationHandles
  /** Cloud Files of the default region. */
  readonly files: CloudFiles.CloudFilesEmulator
  /** Cloud Files of any region, by name in any case. Unknown regions are a defect. */
  readonly filesIn: (region: string) => CloudFiles.CloudFilesEmulator
  /** The CDN of Cloud Files in the default region. */
  readonly cdn: CloudFilesCdn.CloudFilesCdnEmulator
  /** The CDN of Cloud Files in any region, by name in any case. Unknown regions are a defect. */
  readonly cdnIn: (region: string) => CloudFilesCdn.CloudFilesCdnEmulator
  /** Cloud Load Balancers of the default region. */
  readonly loadBalancers: CloudLoadBalancers.CloudLoadBalancersHandles
  /** Cloud Load Balancers of any region, by name in any case. Unknown regions are a defect. */
  readonly loadBalancersIn: (region: string) => CloudLoadBalancers.CloudLoadBalancersHandles
  /** Cloud Big Data of the default region. */
  readonly bigData: CloudBigData.CloudBigDataHandles
  /** Cloud Big Data of any region, by name in any case. Unknown regions are a defect. */
  readonly bigDataIn: (region: string) => CloudBigData.CloudBigDataHandles
}

const credentialsOf = ({ account }: Cloud): EmulatorCredentials => ({
  username: account.username,
  apiKey: account.apiKey,
  password: account.password,
  tenantId: account.tenantId,
  storageAccount: account.storageAccount,
  userId: account.userId,
  domain: Account.domain,
  projectName: account.projectName,
  applicationCredential: account.applicationCredentials[0]
})

type AccountHandle =
  | "expireAllTokens"
  | "revokeToken"
  | "revokeAllTokens"
  | "rejectToken"
  | "issueToken"
  | "setPassword"
  | "setApiKey"
  | "disableUser"
  | "enableUser"
  | "setMultiFactor"

const accountHandles = ({ account, identity: { tokens } }: Cloud): Pick<Emulator, AccountHandle> => ({
  expireAllTokens: Effect.map(Clock.currentTimeMillis, (now) => tokens.expireAll(now)),
  revokeToken: (token) => Effect.sync(() => tokens.revoke(token)),
  revokeAllTokens: Effect.sync(() => tokens.revokeAll()),
  rejectToken: (token) => Effect.sync(() => tokens.reject(token)),
  issueToken: Effect.map(Clock.currentTimeMillis, (now) => tokens.issue(["APIKEY"], now).id),
  setPassword: (password) =>
    Effect.sync(() => {
      account.password = password
      tokens.revokeAll()
    }),
  setApiKey: (apiKey) =>
    Effect.sync(() => {
      account.apiKey = apiKey
    }),
  disableUser: Effect.sync(() => {
    account.enabled = false
    tokens.revokeAll()
  }),
  enableUser: Effect.sync(() => {
    account.enabled = true
  }),
  setMultiFactor: (enabled) =>
    Effect.sync(() => {
      account.multiFactor = enabled
    })
})

type RequestHandle = "fail" | "faults" | "clearFaults" | "requests" | "logins" | "clearRequests"

const requestHandles = ({ faults, identity, log }: Cloud): Pick<Emulator, RequestHandle> => ({
  fail: (rule) => Effect.sync(() => faults.add(rule)),
  faults: Effect.sync(() => faults.list()),
  clearFaults: Effect.sync(() => faults.clear()),
  requests: Effect.sync(() => log.entries()),
  logins: Effect.sync(() => identity.logins()),
  clearRequests: Effect.sync(() => {
    log.clear()
    identity.clearLogins()
  })
})

const emulatorOf = (cloud: Cloud): Emulator => {
  const region = cloud.region(cloud.defaultRegion)
  return {
    ...accountHandles(cloud),
    ...requestHandles(cloud),
    handle: Front.handlerOf(cloud),
    get origin() {
      return cloud.origin
    },
    get authUrl() {
      return `${cloud.origin}/v2.0`
    },
    get authUrlV3() {
      return `${cloud.origin}/v3`
    },
    get swiftAuthUrl() {
      return `${cloud.origin}/auth/v1.0`
    },
    setOrigin: (origin) => Effect.sync(() => cloud.setOrigin(origin)),
    regions: cloud.regionNames,
    get credentials() {
      return credentialsOf(cloud)
    },
    servers: region.servers.handles,
    serversIn: (name) => cloud.region(name).servers.handles,
    firstGeneration: cloud.firstGeneration.handles,
    files: region.files,
    filesIn: (name) => cloud.region(name).files,
    cdn: region.cdn,
    cdnIn: (name) => cloud.region(name).cdn,
    loadBalancers: region.loadBalancers.handles,
    loadBalancersIn: (name) => cloud.region(name).loadBalancers.handles,
    bigData: region.bigData.handles,
    bigDataIn: (name) => cloud.region(name).bigData.handles
  }
}

/** An empty cloud with one account. */
export const make = (options: EmulatorOptions = {}): Effect.Effect<Emulator> =>
  Effect.map(Clouds.make(options), emulatorOf)
