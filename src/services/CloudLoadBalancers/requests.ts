/** Schemas that the requests of several resources share: numbers, ids, pages, paths, and the errors of changes. */
import * as Schema from "effect/Schema"
import { lastId, pageOf } from "../../internal/paging/listing.js"
import { lazy } from "../../internal/schema/lazy.js"
import { Named } from "../../internal/schema/wire.js"

/** A whole number in a range. */
export const wholeNumber = (min: number, max: number, what: string) =>
  Schema.Number.pipe(
    Schema.filter((number) => Number.isInteger(number) && number >= min && number <= max, {
      description: `${what}, a whole number from ${min} to ${max}`
    })
  )

/** A port, 1 to 65535. */
export const Port = wholeNumber(1, 65_535, "a port")

/** An id that is a number on the wire. */
export const NumericId = lazy(() =>
  Schema.transform(
    Schema.Number,
    Schema.String.pipe(
      Schema.filter((id) => /^\d+$/.test(id), { description: "an id, which is a whole number", jsonSchema: {} })
    ),
    { strict: true, decode: (id) => String(id), encode: (id) => Number(id) }
  )
)

/**
 * The ids of a bulk deletion, each a query parameter. An empty list is refused, since the cloud may take it for all.
 */
export const idsOf = (name: string) =>
  Schema.Array(Named).pipe(
    Schema.filter((list) => list.length >= 1 && list.length <= 10, { description: `1 to 10 ids of ${name}` })
  )

/** The maximum number of items in a page. */
export const pageLimit = (most: number) => Schema.optional(wholeNumber(1, most, "a page's size"))

/** The query parameters of a page. */
export const pageQuery = () => ({
  marker: Schema.optional(Named),
  limit: pageLimit(100),
  offset: Schema.optional(
    Schema.Number.pipe(
      Schema.filter((offset) => Number.isInteger(offset) && offset >= 0, { description: "a whole number of 0 or more" })
    )
  )
})

/** Which page of a list to return. */
export interface PageQuery {
  /**
   * The id at which the page begins. The service drops that item if the cloud returns it, so the last item of the
   * previous page can be used.
   */
  readonly marker?: string | undefined
  /** The maximum number of items in the page, 1 to 100. */
  readonly limit?: number | undefined
  /** How many items to skip. */
  readonly offset?: number | undefined
}

/** A page. The cloud does not say whether there is a next one; the service concludes it from the page's length. */
export const pageSchema = <A extends { readonly id: string }, I>(key: string, item: Schema.Schema<A, I>) =>
  pageOf(key, item, (_, list) => lastId(list))

/** Requires at least one of these fields, in addition to those that identify the resource. */
export const atLeastOne = <A extends object, I>(
  fields: Schema.Schema<A, I>,
  names: ReadonlyArray<string & keyof A>
): Schema.Schema<A, I> =>
  lazy(
    () =>
      // A filter changes neither type, which `compose` cannot know.
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
  )

/** The path of a balancer. */
export const balancerPath = "/loadbalancers/{loadBalancerId}"

/** The errors of changes of a balancer. */
export const changeErrors = ["NotFound", "Immutable", "Unprocessable"] as const

/** The errors of changes that add something. */
export const additionErrors = ["NotFound", "Immutable", "Unprocessable", "QuotaExceeded"] as const
