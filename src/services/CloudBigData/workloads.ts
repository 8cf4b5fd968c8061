/** Workloads: kinds of work for clusters. */
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

/** A kind of work for clusters. */
export interface Workload {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly caption?: string | undefined
  readonly description?: string | undefined
}

export const Workload = struct<Workload>(() => ({
  id: Id,
  name: textOr(""),
  caption: absentIfEmpty,
  description: absentIfEmpty
}))

/** A recommended size of a cluster. */
export interface RecommendedSize {
  readonly flavorId?: string | undefined
  /** How long the work takes, in minutes. */
  readonly minutes?: number | undefined
  readonly nodeCount?: number | undefined
  readonly isRecommended: boolean
}

export const RecommendedSize = struct<RecommendedSize>(() => ({
  flavorId: nullableOptional(Id).pipe(Schema.fromKey("flavor")),
  minutes: someCount,
  nodeCount: someCount.pipe(Schema.fromKey("nodecount")),
  isRecommended: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("recommended"))
}))

/** A way to do a kind of work, in several sizes. */
export interface Recommendation {
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly description?: string | undefined
  readonly requires: ReadonlyArray<string>
  readonly sizes: ReadonlyArray<RecommendedSize>
}

export const Recommendation = struct<Recommendation>(() => ({
  name: textOr(""),
  description: absentIfEmpty,
  requires: listOf(Text),
  sizes: listOf(RecommendedSize)
}))

/** A workload, and the size and lifetime of its data. */
export interface ListRecommendations extends ByWorkloadId {
  /** The size of the data. */
  readonly storageGigabytes: number
  /** What is kept after the work: the data, the cluster as well (`all`), or nothing (`none`). */
  readonly persistence: "all" | "data" | "none"
}

/** The operations on workloads. */
export const workloadEndpoints = Endpoint.table("CloudBigData", {
  /** The workloads that the cloud knows. `GET /workloads`, used by the API's clients but not documented. */
  listWorkloads: Endpoint.make("GET", "/workloads", { success: Endpoint.list("workloads", Workload) }),
  /**
   * The recommendations for a workload. Fails with `NotFound`. `GET /workloads/{workload_id}/recommendations`, used by
   * the API's clients but not documented.
   */
  listRecommendations: Endpoint.define<ListRecommendations>()("GET", "/workloads/{workloadId}/recommendations", {
    query: () => ({
      storageGigabytes: Schema.propertySignature(
        Schema.Number.pipe(
          Schema.filter((size) => Number.isFinite(size) && size > 0, { description: "a size in gigabytes, above 0" })
        )
      ).pipe(Schema.fromKey("storagesize")),
      persistence: Schema.propertySignature(Schema.Literal("all", "data", "none")).pipe(Schema.fromKey("persistent"))
    }),
    success: Endpoint.list("recommendations", Recommendation),
    errors: ["NotFound"]
  })
})
