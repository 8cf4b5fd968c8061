/**
 * Workloads: the kinds of work that clusters are made for.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, absentIfEmpty, Flag, Id, listOf, Named, someCount, Text, textOr } from "../../internal/schema/wire.js"

/**
 * A kind of work that clusters are made for.
 *
 * @since 0.1.0
 * @category models
 */
export const Workload = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  caption: absentIfEmpty,
  description: absentIfEmpty
})

/**
 * A kind of work that clusters are made for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workload extends Schema.Schema.Type<typeof Workload> {}

/**
 * A way to do a kind of work, in several sizes.
 *
 * @since 0.1.0
 * @category models
 */
export const Recommendation = Schema.Struct({
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  description: absentIfEmpty,
  requires: listOf(Text),
  sizes: listOf(
    Schema.Struct({
      flavorId: absent(Id).pipe(Schema.fromKey("flavor")),
      /** How long the work takes, in minutes. */
      minutes: someCount,
      nodeCount: someCount.pipe(Schema.fromKey("nodecount")),
      isRecommended: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(
        Schema.fromKey("recommended")
      )
    })
  )
})

/**
 * A way to do a kind of work, in several sizes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recommendation extends Schema.Schema.Type<typeof Recommendation> {}

/** The operations on workloads. */
export const workloadEndpoints = Endpoint.table("CloudBigData", {
  /**
   * The kinds of work that clusters are made for. `GET /workloads`, which the API's clients had and its documents do not
   * know.
   */
  listWorkloads: Endpoint.make("GET", "/workloads", {
    success: Endpoint.list("workloads", Workload)
  }),
  /**
   * What is recommended for a kind of work. Fails with `NotFound`. `GET /workloads/{workload_id}/recommendations`, which the
   * API's clients had and its documents do not know.
   */
  listRecommendations: Endpoint.make("GET", "/workloads/{workloadId}/recommendations", {
    parameters: { workloadId: Named },
    query: {
      /** How much room the data needs. */
      storageGigabytes: Schema.propertySignature(
        Schema.Number.pipe(
          Schema.filter((size) => Number.isFinite(size) && size > 0, { description: "a size in gigabytes, above 0" })
        )
      ).pipe(Schema.fromKey("storagesize")),
      /** What is to outlive the work: the data, the cluster as well (`all`), or nothing (`none`). */
      persistence: Schema.propertySignature(Schema.Literal("all", "data", "none")).pipe(Schema.fromKey("persistent"))
    },
    success: Endpoint.list("recommendations", Recommendation),
    errors: ["NotFound"]
  })
})
