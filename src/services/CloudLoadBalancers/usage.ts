/**
 * Usage, all of it: the cloud may return it in pages, each of which links to the next one.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../CloudClient.js"
import { type CommonError, type DocumentedError, MalformedResponse, type NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { collectAll } from "../../internal/paging/listing.js"
import { nextLink } from "../../internal/paging/nextLink.js"
import { itemList, readEach } from "../../internal/schema/itemList.js"
import * as Paging from "../../Paging.js"
import { endpoints } from "./endpoints.js"
import {
  accountRecordsKey,
  AccountUsage,
  AccountUsageRecord,
  BalancerUsage,
  recordsKey,
  UsageRecord
} from "./models.js"

type Endpoints = Endpoint.Client<typeof endpoints>

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

/** The operations that read usage, each of them to its end. */
export const makeUsage = (
  client: CloudClient
): Pick<Endpoints, "listUsage" | "listCurrentUsage" | "getAccountUsage"> => {
  type Page = Paging.Page<UsageRecord, string>

  const all = (
    operation: string,
    page: (cursor: string | undefined) => Effect.Effect<Page, CommonError | NotFound>,
    first?: string
  ): Effect.Effect<ReadonlyArray<UsageRecord>, CommonError | NotFound> =>
    collectAll(
      Paging.stream({ service: client.service, operation }, (cursor: string | undefined) => page(cursor ?? first))
    )

  const pageOf = ({ value, wire }: typeof UsagePage.Type): Page => ({
    ...value,
    next: isObject(wire) ? cursorOf(wire["links"]) : undefined
  })

  const { getAccountUsage, listCurrentUsage, listUsage } = endpoints
  const usagePage = (
    input: Parameters<Endpoints["listUsage"]>[0],
    cursor: string | undefined
  ): Effect.Effect<Page, CommonError | NotFound> =>
    Effect.map(Endpoint.method(client, from(cursor, listUsage, UsagePage))(input), pageOf)

  /** The usage of a balancer on a page of the account's, with what its own links lead to. */
  const whole = (
    usage: AccountUsage["loadBalancers"][number],
    wire: unknown
  ): Effect.Effect<AccountUsage["loadBalancers"][number], CommonError> => {
    const { loadBalancerId } = usage
    const cursor = isObject(wire) ? cursorOf(wire["links"]) : undefined
    if (cursor === undefined) return Effect.succeed(usage)
    return all(getAccountUsage.operation, (next) => usagePage({ loadBalancerId }, next), cursor).pipe(
      Effect.map((records) => ({ ...usage, records: [...usage.records, ...records] })),
      // It has been deleted meanwhile.
      Effect.catchTag("NotFound", () => Effect.succeed(usage))
    )
  }

  const accountPage = (
    input: Parameters<Endpoints["getAccountUsage"]>[0],
    cursor: string | undefined
  ): Effect.Effect<Paging.Page<AccountUsage, string>, CommonError> =>
    Effect.gen(function* () {
      const { value, wire } = yield* Endpoint.method(client, from(cursor, getAccountUsage, AccountPage))(input)
      const balancers = listIn(wire, "loadBalancerUsages")
      const readable = balancers.filter((raw) => readBalancers([raw]).unreadable.length === 0)
      const loadBalancers = yield* Effect.forEach(value.loadBalancers, (usage, index) => whole(usage, readable[index]))
      const account = isObject(wire) && isObject(wire["accountUsage"]) ? wire["accountUsage"]["links"] : undefined
      return {
        items: [{ ...value, loadBalancers }],
        unreadable: [...readBalancers(balancers).unreadable, ...unreadableRecords(wire)],
        next: isObject(wire) ? (cursorOf(wire["links"]) ?? cursorOf(account)) : undefined
      }
    })

  return {
    listUsage: (input) => all(listUsage.operation, (cursor) => usagePage(input, cursor)),
    listCurrentUsage: (input) =>
      all(listCurrentUsage.operation, (cursor) =>
        Effect.map(Endpoint.method(client, from(cursor, listCurrentUsage, UsagePage))(input), pageOf)
      ),
    getAccountUsage: (input) => {
      const { operation } = getAccountUsage
      return Effect.map(
        collectAll(
          Paging.stream({ service: client.service, operation }, (cursor: string | undefined) =>
            accountPage(input, cursor)
          )
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
