/**
 * What the library counts and times, through Effect's own `Metric`, so that any exporter takes it and a program can read it.
 * No metric holds a name, an id or a secret.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricState from "effect/MetricState"

const names = {
  requests: "rackspace_requests",
  retries: "rackspace_retries",
  logins: "rackspace_logins",
  bytesSent: "rackspace_bytes_sent",
  bytesReceived: "rackspace_bytes_received"
}

/**
 * Requests sent, each attempt counted; tagged with `service`, `operation` and `status` (the HTTP status, or the tag of the
 * transport failure).
 *
 * @since 0.1.0
 * @category metrics
 */
export const requests = Metric.counter(names.requests, {
  description: "Requests sent, each attempt counted",
  incremental: true
})

/**
 * Attempts that were repetitions, for whatever reason but a rejected token; tagged with `service` and `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const retries = Metric.counter(names.retries, {
  description: "Requests that were sent again after a rate limit or a passing failure",
  incremental: true
})

/**
 * Login requests, tagged with `outcome`: `succeeded`, or the reason of the failure.
 *
 * @since 0.1.0
 * @category metrics
 */
export const logins = Metric.counter(names.logins, { description: "Login requests", incremental: true })

/**
 * Bytes of request bodies handed to the transport; tagged with `service`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesSent = Metric.counter(names.bytesSent, {
  description: "Bytes of request bodies handed to the transport",
  incremental: true
})

/**
 * Bytes of streamed response bodies that arrived; tagged with `service`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesReceived = Metric.counter(names.bytesReceived, {
  description: "Bytes of streamed response bodies that arrived",
  incremental: true
})

/**
 * Milliseconds from sending a request to the head of its response; tagged with `service` and `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const requestTime = Metric.histogram(
  "rackspace_request_milliseconds",
  MetricBoundaries.exponential({ start: 1, factor: 2, count: 18 }),
  "Milliseconds from sending a request to the head of its response"
)

/**
 * What a counter has counted in this process so far, over all its tags, or over those that have the given values:
 * `Telemetry.total("requests", { service: "CloudFiles" })`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const total = (
  counter: keyof typeof names,
  labels: Readonly<Record<string, string>> = {}
): Effect.Effect<number> =>
  Effect.map(Metric.snapshot, (pairs) =>
    pairs.reduce(
      (sum, { metricKey, metricState }) =>
        metricKey.name === names[counter] &&
        MetricState.isCounterState(metricState) &&
        Object.entries(labels).every(([label, value]) =>
          metricKey.tags.some((tag) => tag.key === label && tag.value === value)
        )
          ? sum + Number(metricState.count)
          : sum,
      0
    )
  )
