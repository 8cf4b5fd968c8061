/**
 * The keys of the library's metrics.
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"

const counter = (name: string, description: string): MetricKey.MetricKey.Counter<number> =>
  MetricKey.counter(name, { description, incremental: true })

export const requests = counter("rackspace_requests", "Requests sent, counting each attempt")

export const retries = counter(
  "rackspace_retries",
  "Requests that were retried after a rate limit or a temporary failure"
)

export const logins = counter("rackspace_logins", "Login requests")

export const bytesSent = counter("rackspace_bytes_sent", "Bytes of request bodies passed to the transport")

export const bytesReceived = counter("rackspace_bytes_received", "Bytes of streamed response bodies received")

export const requestTime = MetricKey.histogram(
  "rackspace_request_milliseconds",
  MetricBoundaries.exponential({ start: 1, factor: 2, count: 18 }),
  "Milliseconds from sending a request to its response"
)

/**
 * Returns the metric of a key for each combination of tag values. Tagging a metric at each update would look it up each time, which
 * costs more than the update.
 */
export const byTags = <Type extends MetricKeyType.MetricKeyType<number, unknown>>(
  key: MetricKey.MetricKey<Type>,
  ...tags: ReadonlyArray<string>
) => {
  const made = new Map<string, Metric.Metric<Type, MetricKeyType.MetricKeyType.InType<Type>, unknown>>()
  return (...values: ReadonlyArray<string>) => {
    const id = values.join("|")
    let metric = made.get(id)
    if (metric === undefined) {
      const labels = tags.map((tag, index) => MetricLabel.make(tag, values[index] ?? ""))
      metric = Metric.fromMetricKey(MetricKey.taggedWithLabels(key, labels))
      made.set(id, metric)
    }
    return metric
  }
}
