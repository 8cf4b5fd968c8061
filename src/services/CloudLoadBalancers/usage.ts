/** Usage of load balancers, all of it: the cloud may return it in pages, each of which links to the next one. */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, type DocumentedError, MalformedResponse, type NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { collectAll } from "../../internal/paging/listing.js"
import { nextLink } from "../../internal/paging/nextLink.js"
import { itemList, readEach } from "../../internal/schema/itemList.js"
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

/** What a load balancer carried in a time. */
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
  /** How many times the cloud counted. */
  readonly pollCount?: number | undefined
  readonly startTime?: DateTime.Utc | undefined
  /** Absent while the record is still being written. */
  readonly endTime?: DateTime.Utc | undefined
  readonly virtualIpType?: VirtualIpType | undefined
  readonly sslMode?: "MIXED" | "OFF" | "ON" | (string & {}) | undefined
  /** What began the record, where something did: `CREATE_LOADBALANCER`. */
  readonly eventType?: string | undefined
}

export const UsageRecord = struct<UsageRecord>({
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
})

/** Under what the usage of one balancer stands. */
export const recordsKey = "loadBalancerUsageRecords"

/** Under what the account's own usage stands. */
export const accountRecordsKey = "accountUsageRecords"

/** What the account had at a time. */
export interface AccountUsageRecord {
  readonly startTime?: DateTime.Utc | undefined
  readonly loadBalancerCount?: number | undefined
  readonly publicVirtualIpCount?: number | undefined
  readonly servicenetVirtualIpCount?: number | undefined
}

export const AccountUsageRecord = struct<AccountUsageRecord>({
  startTime: TimestampIfAny,
  loadBalancerCount: someCount.pipe(Schema.fromKey("numLoadBalancers")),
  publicVirtualIpCount: someCount.pipe(Schema.fromKey("numPublicVips")),
  servicenetVirtualIpCount: someCount.pipe(Schema.fromKey("numServicenetVips"))
})

const AccountUsageRecords = Schema.transform(
  Schema.Struct({ [accountRecordsKey]: listOf(AccountUsageRecord) }),
  Schema.typeSchema(Schema.Array(AccountUsageRecord)),
  {
    strict: true,
    decode: ({ accountUsageRecords }) => accountUsageRecords,
    encode: (accountUsageRecords) => ({ accountUsageRecords })
  }
)

/** What one of the account's load balancers carried. */
export interface BalancerUsage {
  readonly loadBalancerId: string
  readonly name: string
  readonly records: ReadonlyArray<UsageRecord>
}

export const BalancerUsage = struct<BalancerUsage>({
  loadBalancerId: Id,
  name: textOr("").pipe(Schema.fromKey("loadBalancerName")),
  records: listOf(UsageRecord).pipe(Schema.fromKey(recordsKey))
})

/** What the account had, and what each of its load balancers carried. */
export interface AccountUsage {
  readonly accountId?: string | undefined
  readonly account: ReadonlyArray<AccountUsageRecord>
  readonly loadBalancers: ReadonlyArray<BalancerUsage>
}

export const AccountUsage = struct<AccountUsage>({
  accountId: nullableOptional(Id),
  account: Schema.optionalWith(AccountUsageRecords, {
    nullable: true,
    default: () => []
  }).pipe(Schema.fromKey("accountUsage")),
  loadBalancers: listOf(BalancerUsage).pipe(Schema.fromKey("loadBalancerUsages"))
})

const usagePeriod = {
  startTime: Schema.optional(Timestamp),
  endTime: Schema.optional(Timestamp)
}

/** The usage of a balancer in a time. */
export interface ListUsage extends ByLoadBalancerId, GetAccountUsage {}

/** The usage of the account in a time. */
export interface GetAccountUsage {
  /** UTC. */
  readonly startTime?: DateTime.Utc | undefined
  /** UTC. */
  readonly endTime?: DateTime.Utc | undefined
}

/** The operations on usage. */
export const usageEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Its usage of the last 90 days. Fails with `NotFound`. "Show historical usage", `GET …/usage`. */
  listUsage: Endpoint.define<ListUsage>()("GET", `${balancerPath}/usage`, {
    query: usagePeriod,
    success: Endpoint.list(recordsKey, UsageRecord),
    errors: ["NotFound"]
  }),
  /** Its usage of the last 24 hours. Fails with `NotFound`. "Show current usage", `GET …/usage/current`. */
  listCurrentUsage: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/usage/current`, {
    success: Endpoint.list(recordsKey, UsageRecord),
    errors: ["NotFound"]
  }),
  /**
   * What the account had, and what each balancer carried: in the last 24 hours, unless a time is named. "Show account-level
   * usage", `GET /loadbalancers/usage`.
   */
  getAccountUsage: Endpoint.define<GetAccountUsage>()("GET", "/loadbalancers/usage", {
    query: usagePeriod,
    success: Endpoint.json(AccountUsage)
  })
})

type Operations = Endpoint.Client<typeof usageEndpoints>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** The query of the next page's address. The link itself is not followed: it may name a host within the cloud. */
const cursorOf = (links: unknown): string | undefined => {
  const href = nextLink(links)?.replaceAll("&amp;", "&")
  if (href === undefined) return undefined
  const start = href.search(href.includes("?") ? /\?/ : /&/)
  return start < 0 ? "" : href.slice(start + 1)
}

/** The decoded response together with the response itself. */
const withWire = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.transform(Schema.Unknown, Schema.Struct({ value: schema, wire: Schema.Unknown }), {
    strict: false,
    decode: (wire) => ({ value: wire, wire }),
    encode: ({ value }) => value
  }) as unknown as Schema.Schema<{ readonly value: A; readonly wire: unknown }, unknown>

const UsagePage = withWire(itemList(recordsKey, UsageRecord))

const AccountPage = withWire(AccountUsage)

const readBalancers = readEach("loadBalancerUsages", BalancerUsage)

const listIn = (wire: unknown, key: string): ReadonlyArray<unknown> => {
  const list = isObject(wire) ? wire[key] : undefined
  return Array.isArray(list) ? list : list === undefined || list === null ? [] : [list]
}

/** The records that cannot be read, of the balancers and of the account itself. */
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

/** An operation that returns a page, from this cursor on. */
const from = <Input, Output, Tag extends DocumentedError["_tag"], A>(
  cursor: string | undefined,
  endpoint: Endpoint.Endpoint<Input, Output, Tag>,
  page: Schema.Schema<A, unknown>
): Endpoint.Endpoint<Input, A, Tag> =>
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

/** All usage records, from the page of a cursor on where there is one. */
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

/** The usage of a balancer on a page of the account's, with what its own links lead to. */
const whole = (
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
    // It has been deleted meanwhile.
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
    const readable = balancers.filter((raw) => readBalancers([raw]).unreadable.length === 0)
    const loadBalancers = yield* Effect.forEach(value.loadBalancers, (usage, index) =>
      whole(client, usage, readable[index])
    )
    const account = isObject(wire) && isObject(wire["accountUsage"]) ? wire["accountUsage"]["links"] : undefined
    return {
      items: [{ ...value, loadBalancers }],
      unreadable: [...readBalancers(balancers).unreadable, ...unreadableRecords(wire)],
      next: isObject(wire) ? (cursorOf(wire["links"]) ?? cursorOf(account)) : undefined
    }
  })

/** The operations that read usage, each of them to its end. */
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

/** Pages of the account's usage as one: a balancer that is on several pages appears once. */
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

/** The failure of an account's usage of which some cannot be read; the rest is in `readable`, as one. */
const withMerged = <E>(error: E): E => {
  if (!(error instanceof MalformedResponse) || error.readable === undefined) return error
  const { _tag, message, readable, ...fields } = error
  return new MalformedResponse({ ...fields, message, readable: [merged(readable as ReadonlyArray<AccountUsage>)] }) as E
}
