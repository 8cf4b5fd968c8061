/**
 * What the library counts and times, through Effect's own `Metric`, so that any exporter takes it and a program can read it.
 * No metric holds a name, an id or a secret.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as keys from "./internal/http/metricKeys.js"

/**
 * Requests sent, each attempt counted; tagged with `service`, `operation` and `status` (the HTTP status, or the tag of the
 * transport failure).
 *
 * @since 0.1.0
 * @category metrics
 */
export const requests = Metric.fromMetricKey(keys.requests)

/**
 * Attempts that were repetitions, for whatever reason but a rejected token; tagged with `service` and `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const retries = Metric.fromMetricKey(keys.retries)

/**
 * Login requests, tagged with `outcome`: `succeeded`, or the reason of the failure.
 *
 * @since 0.1.0
 * @category metrics
 */
export const logins = Metric.fromMetricKey(keys.logins)

/**
 * Bytes of request bodies handed to the transport; tagged with `service`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesSent = Metric.fromMetricKey(keys.bytesSent)

/**
 * Bytes of streamed response bodies that arrived; tagged with `service`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesReceived = Metric.fromMetricKey(keys.bytesReceived)

/**
 * Milliseconds from sending a request to its response: to the head of one that is streamed, to the end of any other; tagged with
 * `service` and `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const requestTime = Metric.fromMetricKey(keys.requestTime)

/**
 * What a counter has counted in this process so far, over all its tags, or over those that have the given values:
 * `Telemetry.total("requests", { service: "CloudFiles" })`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const total = (
  counter: Exclude<keyof typeof keys, "requestTime">,
  labels: Readonly<Record<string, string>> = {}
): Effect.Effect<number> =>
  Effect.map(Metric.snapshot, (pairs) =>
    pairs.reduce(
      (sum, { metricKey, metricState }) =>
        metricKey.name === keys[counter].name &&
        MetricState.isCounterState(metricState) &&
        Object.entries(labels).every(([label, value]) =>
          metricKey.tags.some((tag) => tag.key === label && tag.value === value)
        )
          ? sum + Number(metricState.count)
          : sum,
      0
    )
  )
