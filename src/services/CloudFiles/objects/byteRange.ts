/** Byte ranges in requests. */
import * as Schema from "effect/Schema"
import { lazy } from "../../../internal/schema/lazy.js"

/** A part of an object: `length` bytes from `offset` (to the end without `length`), or the `last` bytes. */
export const ByteRange = lazy(() =>
  Schema.Union(
    Schema.Struct({
      offset: Schema.NonNegativeInt.annotations({ description: "a whole number of 0 or more" }),
      length: Schema.optional(Schema.Int.pipe(Schema.positive({ description: "a whole number of 1 or more" })))
    }),
    Schema.Struct({ last: Schema.Int.pipe(Schema.positive({ description: "a whole number of 1 or more" })) })
  ).annotations({
    identifier: "ByteRange",
    description: "a range of at least one byte: { offset, length? } or { last }"
  })
)

/** A part of an object. */
export type ByteRange = typeof ByteRange.Type

const rangeText = (range: ByteRange): string =>
  "last" in range
    ? `-${range.last}`
    : `${range.offset}-${range.length === undefined ? "" : range.offset + range.length - 1}`

/** A range as the `Range` header. */
export const RangeHeader = lazy(() =>
  Schema.transform(Schema.String, Schema.typeSchema(ByteRange), {
    strict: true,
    decode: () => ({ offset: 0 }),
    encode: (range) => `bytes=${rangeText(range)}`
  })
)

/** Several ranges as the `Range` header. */
export const RangesHeader = lazy(() =>
  Schema.transform(Schema.String, Schema.Array(Schema.typeSchema(ByteRange)), {
    strict: true,
    decode: () => [],
    encode: (ranges) => `bytes=${ranges.map(rangeText).join(",")}`
  })
)
