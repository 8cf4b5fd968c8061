/** Helpers for tests of single operations: the request that each sends, and how it decodes the response. */
import { Effect } from "effect"
import { type CloudError, TestCloud } from "effect-rackspace"

/** One call of a service. */
export type Call<Service> = (service: Service) => Effect.Effect<unknown, CloudError.CloudError>

/** An operation that sends one request, with that request, its response and the decoded result. */
export interface Operation<Service> {
  readonly call: Call<Service>
  /** The method and the path, relative to the endpoint. */
  readonly line: string
  readonly body?: unknown
  readonly status?: number
  readonly response?: unknown
  readonly decoded: unknown
}

/** Sets the next responses of a service of the emulated cloud, and returns its requests with paths relative to `base`. */
export const wireOf = (service: TestCloud.FaultService, base: string) => ({
  respondWith: (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
    Effect.flatMap(TestCloud.TestCloud, (cloud) =>
      cloud.fail({ match: { service }, fault: { _tag: "Status", status, body, headers } })
    ),
  requests: Effect.gen(function* () {
    const cloud = yield* TestCloud.TestCloud
    return (yield* cloud.requests)
      .filter((entry) => entry.service === service)
      .map((entry) => {
        const text = new TextDecoder().decode(entry.body)
        return {
          line: `${entry.method} ${entry.target.replace(base, "")}`,
          body: text === "" ? undefined : (JSON.parse(text) as unknown),
          headers: entry.headers
        }
      })
  })
})
