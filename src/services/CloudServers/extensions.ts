/** Extensions of the API: models and operations. */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, enveloped, Text, TimestampIfAny } from "../../internal/schema/wire.js"
import type { ByExtensionAlias } from "./references.js"

/** An extension of the cloud's API. */
export interface Extension {
  readonly alias: string
  readonly name?: string | undefined
  readonly description: string
  readonly updated?: DateTime.Utc | undefined
}

export const Extension = struct<Extension>(() => ({
  alias: Schema.String,
  name: nullableOptional(Text),
  description: Schema.optionalWith(Text, { nullable: true, default: () => "" }),
  updated: TimestampIfAny
}))

/** The operations on extensions, as data. */
export const extensionEndpoints = Endpoint.table("CloudServers", {
  /** The extensions of the API. "List extensions", `GET /extensions`. */
  listExtensions: Endpoint.make("GET", "/extensions", { success: Endpoint.list("extensions", Extension) }),
  /** An extension of the API. Fails with `NotFound`. "Show extension details", `GET /extensions/{alias}`. */
  getExtension: Endpoint.define<ByExtensionAlias>()("GET", "/extensions/{alias}", {
    success: Endpoint.json(enveloped("extension", Extension)),
    errors: ["NotFound"]
  })
})
