/**
 * Extensions of the API: models and operations.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absent, enveloped, Named, Text, TimestampIfAny } from "../../internal/schema/wire.js"

/**
 * What the cloud's API can do beyond its core.
 *
 * @since 0.1.0
 * @category models
 */
export const Extension = Schema.Struct({
  alias: Schema.String,
  name: absent(Text),
  description: Schema.optionalWith(Text, { nullable: true, default: () => "" }),
  updated: TimestampIfAny
})

/**
 * What the cloud's API can do beyond its core.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extension extends Schema.Schema.Type<typeof Extension> {}

/**
 * The operations on extensions, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const extensionEndpoints = Endpoint.table("CloudServers", {
  /**
   * What the API can do beyond its core. "List extensions", `GET /extensions`.
   */
  listExtensions: Endpoint.make("GET", "/extensions", {
    success: Endpoint.list("extensions", Extension)
  }),
  /**
   * One extension of the API. Fails with `NotFound`. "Show extension details", `GET /extensions/{alias}`.
   */
  getExtension: Endpoint.make("GET", "/extensions/{alias}", {
    parameters: { alias: Named },
    success: Endpoint.json(enveloped("extension", Extension)),
    errors: ["NotFound"]
  })
})
