/**
 * What the library counts and times, through Effect's own `Metric`, so that any exporter takes it and a program can read it.
 * No metric holds a name, an id or a secret.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/**
 * Requests sent, each attempt counted; tagged with `service`, `operation` and `status` (the HTTP status, or the tag of the
 * transport failure).
 *
 * @since 0.1.0
 * @category metrics
 */
export const requests = Metric.counter("rackspace_requests", {
  description: "Requests sent, each attempt counted",
  incremental: true
})

/**
 * Attempts that were repetitions, for whatever reason but a rejected token; tagged with `service` and `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const retries = Metric.counter("rackspace_retries", {
  description: "Requests that were sent again after a rate limit or a passing failure",
  incremental: true
})

/**
 * Login requests, tagged with `outcome`: `succeeded`, or the reason of the failure.
 *
 * @since 0.1.0
 * @category metrics
 */
export const logins = Metric.counter("rackspace_logins", { description: "Login requests", incremental: true })

/**
 * Bytes of request bodies handed to the transport; tagged with `service`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesSent = Metric.counter("rackspace_bytes_sent", {
  description: "Bytes of request bodies handed to the transport",
  incremental: true
})

/**
 * Bytes of streamed response bodies that arrived; tagged with `service`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const bytesReceived = Metric.counter("rackspace_bytes_received", {
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
