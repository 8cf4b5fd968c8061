/** Flavors: the sizes of nodes. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery } from "../../internal/paging/listing.js"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, Id, someCount, textOr } from "../../internal/schema/wire.js"
import { listed, type ServiceContext } from "./context.js"

/** A size of nodes. */
export interface Flavor {
  readonly id: string
  readonly name: string
  readonly vcpus?: number | undefined
  readonly ramMegabytes?: number | undefined
  readonly diskGigabytes?: number | undefined
  /** `hadoop1`, `onmetal`. */
  readonly class?: string | undefined
}

export const Flavor = struct<Flavor>(() => ({
  id: Id,
  name: textOr(""),
  vcpus: someCount,
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  class: absentIfEmpty
}))

/** The operations on flavors. */
export const flavorEndpoints = Endpoint.table("CloudBigData", {
  /** A page of the sizes of nodes. "List available flavors", `GET /flavors`. */
  listFlavorsPage: Endpoint.define<PageQuery>()("GET", "/flavors", {
    query: pageQuery,
    success: Endpoint.json(page("flavors", Flavor, "links"))
  })
})

/** The operations on flavors, and their listing. */
export const makeFlavors = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, flavorEndpoints)
  return { ...operations, listFlavors: listed("listFlavors", operations.listFlavorsPage) }
}
