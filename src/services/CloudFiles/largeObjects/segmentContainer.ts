/** Creates the container for a large object's segments, and reads the cloud's clock. */
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
 * Creates a container if it is missing. Returns the time in the response's `Date`, or the local time if there is none.
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
      // A string would be parsed as ISO 8601.
      Option.getOrElse(DateTime.make(new Date(date ?? NaN)), () => DateTime.unsafeMake(localTime))
    )
}
