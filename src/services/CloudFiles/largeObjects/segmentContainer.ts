/** The container that a large object's segments go to, and the cloud's time when it is there. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../../CloudClient.js"
import * as Endpoint from "../../../Endpoint.js"
import { nullableOptional } from "../../../internal/schema/wire.js"
import { ContainerName } from "../names.js"

/**
 * Makes a container unless it is there, and returns the time of the cloud's clock, as the response's `Date` says it. Where the
 * response has none, it is the local time.
 */
export const makeSegmentContainer = (client: CloudClient) => {
  const createContainer = Endpoint.method(
    client,
    Endpoint.named(
      "CloudFiles.createContainer",
      Endpoint.make("PUT", "/{container}", {
        parameters: { container: ContainerName },
        success: Endpoint.headers(Schema.Struct({ date: nullableOptional(Schema.String) }))
      })
    )
  )
  return (container: string) =>
    Effect.zipWith(createContainer({ container }), Clock.currentTimeMillis, ({ date }, localTime) =>
      // As a string it would be taken for ISO 8601.
      Option.getOrElse(DateTime.make(new Date(date ?? NaN)), () => DateTime.unsafeMake(localTime))
    )
}
