/** The metrics of the library, as Effect `Metric`s. No metric contains the name or id of a resource, or a secret. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as keys from "./internal/http/metricKeys.js"

/**
 * The number of requests sent, counting each attempt; tagged with `service`, `operation` and `status` (the HTTP status, or the
 * tag of the transport error).
 */
export const requests = Metric.fromMetricKey(keys.requests)

/** The number of retries, except those after a rejected token; tagged with `service` and `operation`. */
export const retries = Metric.fromMetricKey(keys.retries)

/** The number of logins, tagged with `outcome`: `succeeded`, or the reason of the failure. */
export const logins = Metric.fromMetricKey(keys.logins)

/** The bytes of request bodies passed to the transport; tagged with `service`. */
export const bytesSent = Metric.fromMetricKey(keys.bytesSent)

/** The bytes of streamed response bodies received; tagged with `service`. */
export const bytesReceived = Metric.fromMetricKey(keys.bytesReceived)

/**
 * The milliseconds from sending a request to its response: to the headers of a streamed response, to the end of any other;
 * tagged with `service` and `operation`.
 */
export const requestTime = Metric.fromMetricKey(keys.requestTime)

/**
 * The current value of a counter in this process, summed over all tags or over those with the given values:
 * `Telemetry.total("requests", { service: "CloudFiles" })`.
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
