/** A service's operations one by one on the wire: what each sends, and what it makes of an answer. */
import { Effect } from "effect"
import { type CloudError, TestCloud } from "effect-rackspace"

/** One call of a service. */
export type Call<Service> = (service: Service) => Effect.Effect<unknown, CloudError.CloudError>

/** An operation that is one request. */
export interface Operation<Service> {
  readonly call: Call<Service>
  /** Behind the endpoint's URL. */
  readonly line: string
  readonly body?: unknown
  readonly status?: number
  readonly answer?: unknown
  readonly decoded: unknown
}

/** What a service of the emulated cloud, whose paths begin with `base`, is made to answer, and what it is sent. */
export const wireOf = (service: string, base: string) => ({
  answer: (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
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
