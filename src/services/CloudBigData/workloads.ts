/** Workloads: the kinds of work that clusters are made for. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  Flag,
  Id,
  listOf,
  someCount,
  Text,
  textOr
} from "../../internal/schema/wire.js"
import type { ByWorkloadId } from "./references.js"

/** A kind of work that clusters are made for. */
export interface Workload {
  readonly id: string
  /** Empty where the cloud does not return it. */
  readonly name: string
  readonly caption?: string | undefined
  readonly description?: string | undefined
}

export const Workload = struct<Workload>({
  id: Id,
  name: textOr(""),
  caption: absentIfEmpty,
  description: absentIfEmpty
})

/** A size in which a kind of work can be done. */
export interface RecommendedSize {
  readonly flavorId?: string | undefined
  /** How long the work takes, in minutes. */
  readonly minutes?: number | undefined
  readonly nodeCount?: number | undefined
  readonly isRecommended: boolean
}

export const RecommendedSize = struct<RecommendedSize>({
  flavorId: nullableOptional(Id).pipe(Schema.fromKey("flavor")),
  minutes: someCount,
  nodeCount: someCount.pipe(Schema.fromKey("nodecount")),
  isRecommended: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("recommended"))
})

/** A way to do a kind of work, in several sizes. */
export interface Recommendation {
  /** Empty where the cloud does not return it. */
  readonly name: string
  readonly description?: string | undefined
  readonly requires: ReadonlyArray<string>
  readonly sizes: ReadonlyArray<RecommendedSize>
}

export const Recommendation = struct<Recommendation>({
  name: textOr(""),
  description: absentIfEmpty,
  requires: listOf(Text),
  sizes: listOf(RecommendedSize)
})

/** A kind of work, and how large and lasting its data are. */
export interface ListRecommendations extends ByWorkloadId {
  /** How much room the data needs. */
  readonly storageGigabytes: number
  /** What is to outlive the work: the data, the cluster as well (`all`), or nothing (`none`). */
  readonly persistence: "all" | "data" | "none"
}

/** The operations on workloads. */
export const workloadEndpoints = Endpoint.table("CloudBigData", {
  /**
   * The kinds of work that clusters are made for. `GET /workloads`, which the API's clients had and its documents do not
   * know.
   */
  listWorkloads: Endpoint.make("GET", "/workloads", { success: Endpoint.list("workloads", Workload) }),
  /**
   * What is recommended for a kind of work. Fails with `NotFound`. `GET /workloads/{workload_id}/recommendations`, which the
   * API's clients had and its documents do not know.
   */
  listRecommendations: Endpoint.define<ListRecommendations>()("GET", "/workloads/{workloadId}/recommendations", {
    query: {
      storageGigabytes: Schema.propertySignature(
        Schema.Number.pipe(
          Schema.filter((size) => Number.isFinite(size) && size > 0, { description: "a size in gigabytes, above 0" })
        )
      ).pipe(Schema.fromKey("storagesize")),
      persistence: Schema.propertySignature(Schema.Literal("all", "data", "none")).pipe(Schema.fromKey("persistent"))
    },
    success: Endpoint.list("recommendations", Recommendation),
    errors: ["NotFound"]
  })
})
