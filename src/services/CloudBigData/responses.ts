/** Schemas that the responses of several resources share. */
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"
import { JsonMap, Text } from "../../internal/schema/wire.js"

/** Whether a value is a JSON object. */
export const isMap = Schema.is(JsonMap)

/** A name, sometimes wrapped in an object: `"Secondary"` or `{ "name": "Secondary" }`. */
export const nameOf = lazy(() =>
  Schema.transform(Schema.Union(Text, Schema.Struct({ name: Text })), Schema.String, {
    strict: true,
    decode: (name) => (typeof name === "string" ? name : name.name),
    encode: (name) => name
  })
)
