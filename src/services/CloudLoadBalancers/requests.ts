/** What the requests of several resources share: numbers, ids, pages, paths, and the failures of changes. */
import * as Schema from "effect/Schema"
import { lastId, pageOf } from "../../internal/paging/listing.js"
import { Named } from "../../internal/schema/wire.js"

/** A whole number within bounds. */
export const wholeNumber = (least: number, most: number, what: string) =>
  Schema.Number.pipe(
    Schema.filter((number) => Number.isInteger(number) && number >= least && number <= most, {
      description: `${what}, a whole number from ${least} to ${most}`
    })
  )

/** A port, 1 to 65535. */
export const Port = wholeNumber(1, 65_535, "a port")

/** An id where the wire has a number. */
export const NumericId = Schema.transform(
  Schema.Number,
  Schema.String.pipe(
    Schema.filter((id) => /^\d+$/.test(id), { description: "an id, which is a whole number", jsonSchema: {} })
  ),
  { strict: true, decode: (id) => String(id), encode: (id) => Number(id) }
)

/** As many as the cloud deletes at once: each id is a parameter of its own. None at all would mean all, at times. */
export const idsOf = (name: string) =>
  Schema.Array(Named).pipe(
    Schema.filter((list) => list.length >= 1 && list.length <= 10, { description: `1 to 10 ids of ${name}` })
  )

/** How many items a page holds at the most. */
export const pageLimit = (most: number) => Schema.optional(wholeNumber(1, most, "a page's size"))

/** The query by which a page is requested. */
export const pageQuery = {
  marker: Schema.optional(Named),
  limit: pageLimit(100),
  offset: Schema.optional(
    Schema.Number.pipe(
      Schema.filter((offset) => Number.isInteger(offset) && offset >= 0, { description: "a whole number of 0 or more" })
    )
  )
}

/** Which page of a list is asked for. */
export interface PageQuery {
  /**
   * The id at which the page begins. The documents say that this item is on the page; whether it is or not, the service leaves
   * it out, so that the last one of the page before may be named.
   */
  readonly marker?: string | undefined
  /** How many items a page holds at the most, 1 to 100. */
  readonly limit?: number | undefined
  /** How many items to pass over. */
  readonly offset?: number | undefined
}

/** A page. The cloud does not say whether there is another one: the service finds out by the page's length. */
export const pageSchema = <A extends { readonly id: string }, I>(key: string, item: Schema.Schema<A, I>) =>
  pageOf(key, item, (_, list) => lastId(list))

/** At least one of the fields, besides those that say which thing is meant. */
export const atLeastOne = <A extends object, I>(fields: Schema.Schema<A, I>, names: ReadonlyArray<string & keyof A>) =>
  Schema.compose(
    fields,
    Schema.typeSchema(fields).pipe(
      Schema.filter((value: A) =>
        names.every((name) => value[name] === undefined)
          ? { path: [names[0] ?? ""], message: `something to change: one of ${names.join(", ")}` }
          : undefined
      )
    ),
    { strict: false }
  ) as unknown as Schema.Schema<A, I>

/** The path of one balancer. */
export const balancerPath = "/loadbalancers/{loadBalancerId}"

/** What a change of a balancer may fail with. */
export const changeErrors = ["NotFound", "Immutable", "Unprocessable"] as const

/** What a change that adds something may fail with. */
export const additionErrors = ["NotFound", "Immutable", "Unprocessable", "QuotaExceeded"] as const
