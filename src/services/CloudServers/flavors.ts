/** Flavors: models and operations. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery, type PageSize } from "../../internal/paging/listing.js"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  JsonMap,
  Named,
  someCount,
  someFlag,
  Text,
  prepared
} from "../../internal/schema/wire.js"
import { type ByNameOrId, find } from "../common/find.js"
import { type Context, listed, methods } from "./context.js"
import { Summary } from "./fields.js"
import { metadata, Metadata } from "./metadata.js"
import type { ByExtraSpecKey, ByFlavorId } from "./references.js"

/** A size of servers. */
export interface Flavor {
  readonly id: string
  readonly name?: string | undefined
  readonly ramMegabytes?: number | undefined
  /** The size of the system disk; 0 if the flavor boots from a volume. */
  readonly diskGigabytes?: number | undefined
  readonly vcpus?: number | undefined
  readonly swapMegabytes?: number | undefined
  /** The share of network bandwidth. */
  readonly rxtxFactor?: number | undefined
  readonly ephemeralGigabytes?: number | undefined
  /** Whether every project may use it. Rackspace does not return it. */
  readonly isPublic?: boolean | undefined
  /** Whether no new server can be created with it. Rackspace does not return it. */
  readonly disabled?: boolean | undefined
  /** Since Nova's microversion 2.55. */
  readonly description?: string | undefined
  /** `class`, `policy_class`, `disk_io_index`, … OpenStack returns them since Nova's microversion 2.61. */
  readonly extraSpecs: Readonly<Record<string, unknown>>
}

const FlavorFields = struct<Flavor>(() => ({
  id: Id,
  name: nullableOptional(Text),
  ramMegabytes: someCount.pipe(Schema.fromKey("ram")),
  diskGigabytes: someCount.pipe(Schema.fromKey("disk")),
  vcpus: someCount,
  swapMegabytes: someCount.pipe(Schema.fromKey("swap")),
  rxtxFactor: someCount.pipe(Schema.fromKey("rxtx_factor")),
  ephemeralGigabytes: someCount.pipe(Schema.fromKey("OS-FLV-EXT-DATA:ephemeral")),
  isPublic: someFlag.pipe(Schema.fromKey("os-flavor-access:is_public")),
  disabled: someFlag.pipe(Schema.fromKey("OS-FLV-DISABLED:disabled")),
  description: absentIfEmpty,
  extraSpecs: metadata().pipe(Schema.fromKey("extra_specs"))
}))

export const Flavor = prepared(
  FlavorFields,
  // Rackspace and Nova use different keys for the extra specifications.
  (wire) => ({ ...wire, extra_specs: wire["extra_specs"] ?? wire["OS-FLV-WITH-EXT-SPECS:extra_specs"] })
)

/** The filters of a listing of flavors. */
const flavorQuery = () => ({
  minDiskGigabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minDisk")),
  minRamMegabytes: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("minRam")),
  isPublic: Schema.optional(Schema.Literal(true, false, "none")).pipe(Schema.fromKey("is_public")),
  sortKey: Schema.optional(Named).pipe(Schema.fromKey("sort_key")),
  sortDirection: Schema.optional(Schema.Literal("asc", "desc")).pipe(Schema.fromKey("sort_dir")),
  ...pageQuery
})

/** `{ key: value }`, of which only the value is returned. */
const extraSpec = lazy(() =>
  Schema.transform(JsonMap, Schema.Unknown, {
    strict: true,
    decode: (spec) => Object.values(spec)[0],
    encode: (value) => ({ value })
  })
)

/** A page of flavors. */
export interface ListFlavorsPage extends PageQuery {
  /** Only flavors with a system disk of at least this size. */
  readonly minDiskGigabytes?: number | undefined
  /** Only flavors with at least this much memory. */
  readonly minRamMegabytes?: number | undefined
  /** `false` for flavors restricted to some projects, `none` for both kinds; for operators of the cloud. */
  readonly isPublic?: true | false | "none" | undefined
  /** `flavorid` (the default), `name`, `memory_mb`, `vcpus`, `root_gb`, … Rackspace does not sort. */
  readonly sortKey?: string | undefined
  /** Default `asc`. */
  readonly sortDirection?: "asc" | "desc" | undefined
}

/** Which flavors to list. */
export interface ListFlavors extends Omit<ListFlavorsPage, keyof PageQuery>, PageSize {}

/** The operations on flavors, as data. */
export const flavorEndpoints = Endpoint.table("CloudServers", {
  /** A page of the ids and names of flavors. "List flavors", `GET /flavors`. */
  listFlavorSummariesPage: Endpoint.define<ListFlavorsPage>()("GET", "/flavors", {
    query: flavorQuery,
    success: Endpoint.json(page("flavors", Summary))
  }),
  /** A page of flavors. "List flavors with details", `GET /flavors/detail`. */
  listFlavorsPage: Endpoint.define<ListFlavorsPage>()("GET", "/flavors/detail", {
    query: flavorQuery,
    success: Endpoint.json(page("flavors", Flavor))
  }),
  /** A flavor. Fails with `NotFound`. "Retrieve flavor details", `GET /flavors/{flavor_id}`. */
  getFlavor: Endpoint.define<ByFlavorId>()("GET", "/flavors/{flavorId}", {
    success: Endpoint.json(enveloped("flavor", Flavor)),
    errors: ["NotFound"]
  }),
  /**
   * A flavor's extra specifications: `class`, `policy_class`, `disk_io_index`, … Fails with `NotFound`. "List extra specs
   * for flavor", `GET /flavors/{flavor_id}/os-extra_specs`.
   */
  listFlavorExtraSpecs: Endpoint.define<ByFlavorId>()("GET", "/flavors/{flavorId}/os-extra_specs", {
    success: Endpoint.json(enveloped("extra_specs", Metadata)),
    errors: ["NotFound"]
  }),
  /**
   * An extra specification of a flavor. Fails with `NotFound`. "Show extra spec details for flavor", `GET
   * /flavors/{flavor_id}/os-extra_specs/{key}`.
   */
  getFlavorExtraSpec: Endpoint.define<ByExtraSpecKey>()("GET", "/flavors/{flavorId}/os-extra_specs/{key}", {
    success: Endpoint.json(extraSpec),
    errors: ["NotFound"]
  })
})

/** The methods for flavors. */
export const makeFlavors = (context: Context) => {
  const operations = methods(context, flavorEndpoints)
  return {
    ...operations,
    listFlavors: listed("listFlavors", operations.listFlavorsPage),
    listFlavorSummaries: listed("listFlavorSummaries", operations.listFlavorSummariesPage),
    // Flavor ids have no fixed form, and there are few flavors: list them all.
    findFlavor: ({ nameOrId }: ByNameOrId) =>
      find({
        client: context.client,
        operation: "findFlavor",
        kind: "flavor",
        nameOrId,
        path: "/flavors/detail",
        byName: listed("findFlavor", operations.listFlavorsPage)()
      })
  }
}
