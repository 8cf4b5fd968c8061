/** Usage of load balancers. The cloud may return it in pages with links, all of which are read. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, type DocumentedError, MalformedResponse, type NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { collectAll } from "../../internal/paging/listing.js"
import { nextLink } from "../../internal/paging/nextLink.js"
import { itemList, readEach } from "../../internal/schema/itemList.js"
import { lazy, once } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  Id,
  listOf,
  openEnum,
  someCount,
  textOr,
  Timestamp,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import * as Paging from "../../Paging.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath } from "./requests.js"
import { VirtualIpType } from "./virtualIps.js"

/** The usage of a load balancer in a period. */
export interface UsageRecord {
  readonly id?: string | undefined
  readonly averageConnections?: number | undefined
  readonly averageConnectionsSsl?: number | undefined
  /** From clients, in bytes. */
  readonly incomingBytes?: number | undefined
  /** To clients, in bytes. */
  readonly outgoingBytes?: number | undefined
  readonly incomingBytesSsl?: number | undefined
  readonly outgoingBytesSsl?: number | undefined
  readonly virtualIpCount?: number | undefined
  /** How many times the cloud has counted. */
  readonly pollCount?: number | undefined
  readonly startTime?: DateTime.Utc | undefined
  /** Absent while the record is still being written. */
  readonly endTime?: DateTime.Utc | undefined
  readonly virtualIpType?: VirtualIpType | undefined
  readonly sslMode?: "MIXED" | "OFF" | "ON" | (string & {}) | undefined
  /** The event that started the record, if any: `CREATE_LOADBALANCER`. */
  readonly eventType?: string | undefined
}

export const UsageRecord = struct<UsageRecord>(() => ({
  id: nullableOptional(Id),
  averageConnections: someCount.pipe(Schema.fromKey("averageNumConnections")),
  averageConnectionsSsl: someCount.pipe(Schema.fromKey("averageNumConnectionsSsl")),
  incomingBytes: someCount.pipe(Schema.fromKey("incomingTransfer")),
  outgoingBytes: someCount.pipe(Schema.fromKey("outgoingTransfer")),
  incomingBytesSsl: someCount.pipe(Schema.fromKey("incomingTransferSsl")),
  outgoingBytesSsl: someCount.pipe(Schema.fromKey("outgoingTransferSsl")),
  virtualIpCount: someCount.pipe(Schema.fromKey("numVips")),
  pollCount: someCount.pipe(Schema.fromKey("numPolls")),
  startTime: TimestampIfAny,
  endTime: TimestampIfAny,
  virtualIpType: nullableOptional(VirtualIpType).pipe(Schema.fromKey("vipType")),
  sslMode: nullableOptional(openEnum("MIXED", "OFF", "ON")),
  eventType: absentIfEmpty
}))

/** The key of a balancer's usage. */
export const recordsKey = "loadBalancerUsageRecords"

/** The key of the account's own usage. */
export const accountRecordsKey = "accountUsageRecords"

/** The usage of the account in a period. */
export interface AccountUsageRecord {
  readonly startTime?: DateTime.Utc | undefined
  readonly loadBalancerCount?: number | undefined
  readonly publicVirtualIpCount?: number | undefined
  readonly servicenetVirtualIpCount?: number | undefined
}

export const AccountUsageRecord = struct<AccountUsageRecord>(() => ({
  startTime: TimestampIfAny,
  loadBalancerCount: someCount.pipe(Schema.fromKey("numLoadBalancers")),
  publicVirtualIpCount: someCount.pipe(Schema.fromKey("numPublicVips")),
  servicenetVirtualIpCount: someCount.pipe(Schema.fromKey("numServicenetVips"))
}))

const AccountUsageRecords = lazy(() =>
  Schema.transform(
    Schema.Struct({ [accountRecordsKey]: listOf(AccountUsageRecord) }),
    Schema.typeSchema(Schema.Array(AccountUsageRecord)),
    {
      strict: true,
      decode: ({ accountUsageRecords }) => accountUsageRecords,
      encode: (accountUsageRecords) => ({ accountUsageRecords })
    }
  )
)

/** The usage of one of the account's load balancers. */
export interface BalancerUsage {
  readonly loadBalancerId: string
  readonly name: string
  readonly records: ReadonlyArray<UsageRecord>
}

export const BalancerUsage = struct<BalancerUsage>(() => ({
  loadBalancerId: Id,
  name: textOr("").pipe(Schema.fromKey("loadBalancerName")),
  records: listOf(UsageRecord).pipe(Schema.fromKey(recordsKey))
}))

/** The usage of the account and of each of its load balancers. */
export interface AccountUsage {
  readonly accountId?: string | undefined
  readonly account: ReadonlyArray<AccountUsageRecord>
  readonly loadBalancers: ReadonlyArray<BalancerUsage>
}

export const AccountUsage = struct<AccountUsage>(() => ({
  accountId: nullableOptional(Id),
  account: Schema.optionalWith(AccountUsageRecords, {
    nullable: true,
    default: () => []
  }).pipe(Schema.fromKey("accountUsage")),
  loadBalancers: listOf(BalancerUsage).pipe(Schema.fromKey("loadBalancerUsages"))
}))

const usagePeriod = () => ({
  startTime: Schema.optional(Timestamp),
  endTime: Schema.optional(Timestamp)
})

/** The usage of a balancer in a period. */
export interface ListUsage extends ByLoadBalancerId, GetAccountUsage {}

/** The usage of the account in a period. */
export interface GetAccountUsage {
  /** UTC. */
  readonly startTime?: DateTime.Utc | undefined
  /** UTC. */
  readonly endTime?: DateTime.Utc | undefined
}

/** The operations on usage. */
export const usageEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** The usage of a balancer in the last 90 days. Fails with `NotFound`. "Show historical usage", `GET …/usage`. */
  listUsage: Endpoint.define<ListUsage>()("GET", `${balancerPath}/usage`, {
    query: usagePeriod,
    success: Endpoint.list(recordsKey, UsageRecord),
    errors: ["NotFound"]
  }),
  /**
   * The usage of a balancer in the last 24 hours. Fails with `NotFound`. "Show current usage", `GET …/usage/current`.
   */
  listCurrentUsage: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/usage/current`, {
    success: Endpoint.list(recordsKey, UsageRecord),
    errors: ["NotFound"]
  }),
  /**
   * The usage of the account and of each balancer, by default in the last 24 hours. "Show account-level usage", `GET
   * /loadbalancers/usage`.
   */
  getAccountUsage: Endpoint.define<GetAccountUsage>()("GET", "/loadbalancers/usage", {
    query: usagePeriod,
    success: Endpoint.json(AccountUsage)
  })
})

type Operations = Endpoint.Client<typeof usageEndpoints>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** The query of the next page's URL. The link itself is not followed, since it may contain a host inside the cloud. */
const cursorOf = (links: unknown): string | undefined => {
  const href = nextLink(links)?.replaceAll("&amp;", "&")
  if (href === undefined) return undefined
  const start = href.search(href.includes("?") ? /\?/ : /&/)
  return start < 0 ? "" : href.slice(start + 1)
}

/** Decodes a response, and returns it together with the raw response. */
const withWire = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.transform(Schema.Unknown, Schema.Struct({ value: schema, wire: Schema.Unknown }), {
    strict: false,
    decode: (wire) => ({ value: wire, wire }),
    encode: ({ value }) => value
  }) as unknown as Schema.Schema<{ readonly value: A; readonly wire: unknown }, unknown>

const UsagePage = lazy(() => withWire(itemList(recordsKey, UsageRecord)))

const AccountPage = lazy(() => withWire(AccountUsage))

const readBalancers = once(() => readEach("loadBalancerUsages", BalancerUsage))

const listIn = (wire: unknown, key: string): ReadonlyArray<unknown> => {
  const list = isObject(wire) ? wire[key] : undefined
  return Array.isArray(list) ? list : list === undefined || list === null ? [] : [list]
}

/** The undecodable records of balancers and of the account. */
const unreadableRecords = (wire: unknown): ReadonlyArray<Paging.UnreadableItem> => [
  ...readEach(
    `accountUsage.${accountRecordsKey}`,
    AccountUsageRecord
  )(listIn(isObject(wire) ? wire["accountUsage"] : undefined, accountRecordsKey)).unreadable,
  ...listIn(wire, "loadBalancerUsages").flatMap(
    (usage, index) =>
      readEach(`loadBalancerUsages.${index}.${recordsKey}`, UsageRecord)(listIn(usage, recordsKey)).unreadable
  )
]

/** An operation that returns a page, starting at a cursor. */
const from = <Input, Output, Tag extends DocumentedError["_tag"], A>(
  cursor: string | undefined,
  endpoint: Endpoint.Endpoint<Input, Output, Tag>,
  page: Schema.Schema<A, unknown>
): Endpoint.Endpoint<Input, A, Tag> =>
  // The result of the copy is the page's instead of the endpoint's own.
  ({
    ...endpoint,
    fixedQuery: Object.fromEntries(new URLSearchParams(cursor ?? "")),
    success: Endpoint.json(page)
  }) as unknown as Endpoint.Endpoint<Input, A, Tag>

type UsageRecords = Paging.Page<UsageRecord, string>

const usageRecordsOf = ({ value, wire }: typeof UsagePage.Type): UsageRecords => ({
  ...value,
  next: isObject(wire) ? cursorOf(wire["links"]) : undefined
})

/** All usage records, starting at a cursor if given. */
const allRecords = (
  { service }: CloudClient,
  operation: string,
  page: (cursor: string | undefined) => Effect.Effect<UsageRecords, CommonError | NotFound>,
  first?: string
): Effect.Effect<ReadonlyArray<UsageRecord>, CommonError | NotFound> =>
  collectAll(Paging.stream({ service, operation }, (cursor: string | undefined) => page(cursor ?? first)))

/** A page of the usage of a balancer. */
const usagePage = (
  client: CloudClient,
  input: Parameters<Operations["listUsage"]>[0],
  cursor: string | undefined
): Effect.Effect<UsageRecords, CommonError | NotFound> =>
  Effect.map(Endpoint.method(client, from(cursor, usageEndpoints.listUsage, UsagePage))(input), usageRecordsOf)

/** A balancer's usage on a page of the account's, completed with the pages that its own links refer to. */
const completed = (
  client: CloudClient,
  usage: AccountUsage["loadBalancers"][number],
  wire: unknown
): Effect.Effect<AccountUsage["loadBalancers"][number], CommonError> => {
  const { loadBalancerId } = usage
  const cursor = isObject(wire) ? cursorOf(wire["links"]) : undefined
  if (cursor === undefined) return Effect.succeed(usage)
  const { operation } = usageEndpoints.getAccountUsage
  return allRecords(client, operation, (next) => usagePage(client, { loadBalancerId }, next), cursor).pipe(
    Effect.map((records) => ({ ...usage, records: [...usage.records, ...records] })),
    // The balancer was deleted in the meantime.
    Effect.catchTag("NotFound", () => Effect.succeed(usage))
  )
}

/** A page of the account's usage. */
const accountPage = (
  client: CloudClient,
  input: Parameters<Operations["getAccountUsage"]>[0],
  cursor: string | undefined
): Effect.Effect<Paging.Page<AccountUsage, string>, CommonError> =>
  Effect.gen(function* () {
    const { value, wire } = yield* Endpoint.method(
      client,
      from(cursor, usageEndpoints.getAccountUsage, AccountPage)
    )(input)
    const balancers = listIn(wire, "loadBalancerUsages")
    const readable = balancers.filter((raw) => readBalancers()([raw]).unreadable.length === 0)
    const loadBalancers = yield* Effect.forEach(value.loadBalancers, (usage, index) =>
      completed(client, usage, readable[index])
    )
    const account = isObject(wire) && isObject(wire["accountUsage"]) ? wire["accountUsage"]["links"] : undefined
    return {
      items: [{ ...value, loadBalancers }],
      unreadable: [...readBalancers()(balancers).unreadable, ...unreadableRecords(wire)],
      next: isObject(wire) ? (cursorOf(wire["links"]) ?? cursorOf(account)) : undefined
    }
  })

/** The operations that read usage. Each reads all pages. */
export const makeUsage = (client: CloudClient): Operations => {
  const { getAccountUsage, listCurrentUsage, listUsage } = usageEndpoints
  return {
    listUsage: (input) => allRecords(client, listUsage.operation, (cursor) => usagePage(client, input, cursor)),
    listCurrentUsage: (input) =>
      allRecords(client, listCurrentUsage.operation, (cursor) =>
        Effect.map(Endpoint.method(client, from(cursor, listCurrentUsage, UsagePage))(input), usageRecordsOf)
      ),
    getAccountUsage: (input) => {
      const { service } = client
      const { operation } = getAccountUsage
      return Effect.map(
        collectAll(
          Paging.stream({ service, operation }, (cursor: string | undefined) => accountPage(client, input, cursor))
        ),
        merged
      ).pipe(Effect.mapError(withMerged))
    }
  }
}

/** Merges pages of the account's usage, so that each balancer appears once. */
const merged = (pages: ReadonlyArray<AccountUsage>): AccountUsage => {
  const balancers = new Map<string, AccountUsage["loadBalancers"][number]>()
  for (const usage of pages.flatMap((page) => page.loadBalancers)) {
    const before = balancers.get(usage.loadBalancerId)
    balancers.set(usage.loadBalancerId, { ...usage, records: [...(before?.records ?? []), ...usage.records] })
  }
  return {
    ...pages[0],
    account: pages.flatMap((page) => page.account),
    loadBalancers: [...balancers.values()]
  }
}

/** Merges the decoded pages in the error of an account's usage, in `readable`. */
const withMerged = <E>(error: E): E => {
  if (!(error instanceof MalformedResponse) || error.readable === undefined) return error
  const { _tag, message, readable, ...fields } = error
  return new MalformedResponse({ ...fields, message, readable: [merged(readable as ReadonlyArray<AccountUsage>)] }) as E
}
