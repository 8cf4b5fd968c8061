/**
 * Flavors: the sizes of nodes.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery } from "../../internal/paging/listing.js"
import { absentIfEmpty, Id, someCount, textOr } from "../../internal/schema/wire.js"
import { listed, type ServiceContext } from "./context.js"

/**
 * A size in which nodes are made.
 *
 * @since 0.1.0
 * @category models
 */
export const Flavor = Schema.Struct({
  id: Id,
  name: textOr(""),
  vcpus: someCount,
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  /** `hadoop1`, `onmetal`. */
  class: absentIfEmpty
})

/**
 * A size in which nodes are made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flavor extends Schema.Schema.Type<typeof Flavor> {}

/** The operations on flavors. */
export const flavorEndpoints = Endpoint.table("CloudBigData", {
  /** The sizes of nodes, a page of them. "List available flavors", `GET /flavors`. */
  listFlavorsPage: Endpoint.make("GET", "/flavors", {
    query: pageQuery,
    success: Endpoint.json(page("flavors", Flavor, "links"))
  })
})

/** The operations on flavors, and their listing. */
export const makeFlavors = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, flavorEndpoints)
  return { ...operations, listFlavors: listed("listFlavors", operations.listFlavorsPage) }
}
