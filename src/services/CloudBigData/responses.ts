/** What the responses of several resources share. */
import * as Schema from "effect/Schema"
import { JsonMap, Text } from "../../internal/schema/wire.js"

/** Whether a value is an object, as JSON has it. */
export const isMap = Schema.is(JsonMap)

/** A text in an object of its own at times: `"Secondary"` or `{ "name": "Secondary" }`. */
export const nameOf = Schema.transform(Schema.Union(Text, Schema.Struct({ name: Text })), Schema.String, {
  strict: true,
  decode: (name) => (typeof name === "string" ? name : name.name),
  encode: (name) => name
})
