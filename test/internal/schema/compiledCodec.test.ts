import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Either, Equal, FastCheck, Hash, Schema } from "effect"
import type * as Endpoint from "../../../src/Endpoint.js"
import { compiledDecoder, compiledEncoder, fallback } from "../../../src/internal/schema/compiledCodec.js"
import { nullableOptional, Timestamp } from "../../../src/internal/schema/wire.js"
import * as CloudBigData from "../../../src/services/CloudBigData.js"
import * as CloudFiles from "../../../src/services/CloudFiles.js"
import * as CloudServers from "../../../src/services/CloudServers.js"

type Loose = Schema.Schema.AnyNoContext

/** The result of Effect's parser. It throws for some invalid values when it prints them, such as `{ toString: 0 }`. */
const parserResult = (parse: (value: unknown) => Either.Either<unknown, unknown>, value: unknown) =>
  Either.flatMap(
    Either.try(() => parse(value)),
    (outcome) => outcome
  )

/** Asserts that the compiled codec returns the parser's result for every value that the parser accepts, and falls back otherwise. */
const assertAgreement = (schema: Loose, value: unknown, direction: "decode" | "encode"): void => {
  const [compiled, parse] =
    direction === "decode"
      ? [compiledDecoder(schema), Schema.decodeUnknownEither(schema)]
      : [compiledEncoder(schema), Schema.encodeUnknownEither(schema)]
  const wanted = parserResult(parse, value)
  const got = compiled(value)
  if (Either.isRight(wanted)) assert.deepStrictEqual(got, wanted.right)
  else assert.strictEqual(got, fallback)
}

const hostile = FastCheck.oneof(
  FastCheck.jsonValue(),
  FastCheck.constantFrom(undefined, null, "", "2026-01-01T00:00:00", NaN, [], {}, "true", 0, { toString: 0 })
)

/** The value, with one part at the path replaced or removed. */
const mutated = (value: unknown, path: ReadonlyArray<number>, by: unknown): unknown => {
  const [at, ...rest] = path
  if (at === undefined || typeof value !== "object" || value === null) return by
  const keys = Object.keys(value)
  const key = keys[at % Math.max(1, keys.length)]
  if (key === undefined) return by
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value }
  if (rest.length === 0 && by === undefined && at % 2 === 0) delete copy[key]
  else copy[key] = mutated(copy[key], rest, by)
  return copy
}

const Item = Schema.Struct({
  name: Schema.String,
  bytes: Schema.Number,
  hash: nullableOptional(Schema.String),
  contentType: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("content_type")),
  lastModified: Schema.propertySignature(Timestamp).pipe(Schema.fromKey("last_modified")),
  perhaps: Schema.optional(Schema.Boolean).pipe(Schema.fromKey("may-be")),
  otherwise: Schema.optionalWith(Schema.Number, { default: () => 7 }).pipe(Schema.fromKey("other-wise")),
  tags: Schema.Array(Schema.NonEmptyString),
  more: Schema.Record({ key: Schema.String, value: Schema.Union(Schema.Null, Schema.Number) })
})

const schemas: Readonly<Record<string, Loose>> = {
  "an item": Item,
  "items or subdirectories": Schema.Array(Schema.Union(Item, Schema.Struct({ subdir: Schema.String }))),
  "structs that differ by a literal": Schema.Union(
    Schema.Struct({ kind: Schema.Literal("a"), value: Schema.String }),
    Schema.Struct({ kind: Schema.Literal("b"), value: Schema.Number })
  ),
  "fields that swap names": Schema.Struct({
    a: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("b")),
    b: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("a"))
  }),
  "a class": class Thing extends Schema.Class<Thing>("Thing")({ id: Schema.NumberFromString }) {},
  "a secret": Schema.Struct({ key: Schema.Redacted(Schema.String) })
}

describe("compiled codecs", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    it(`${name}: valid values give the parser's result, and invalid ones the fallback`, () => {
      const encoded = Arbitrary.make(Schema.encodedSchema(schema))
      const decoded = Arbitrary.make(Schema.typeSchema(schema))
      const path = FastCheck.array(FastCheck.nat(20), { minLength: 1, maxLength: 3 })
      FastCheck.assert(
        FastCheck.property(encoded, path, hostile, (value, where, by) => {
          assertAgreement(schema, value, "decode")
          assertAgreement(schema, mutated(value, where, by), "decode")
        })
      )
      FastCheck.assert(
        FastCheck.property(decoded, path, hostile, (value, where, by) => {
          assertAgreement(schema, value, "encode")
          assertAgreement(schema, mutated(value, where, by), "encode")
        })
      )
    })
  }

  it("decode timestamps of every form as Date does, to the millisecond", () => {
    const two = (from: number, to: number) =>
      FastCheck.integer({ min: from, max: to }).map((value) => String(value).padStart(2, "0"))
    const text = FastCheck.tuple(
      FastCheck.integer({ min: 1000, max: 9999 }),
      two(1, 12),
      two(1, 28),
      two(0, 23),
      two(0, 59),
      two(0, 59),
      FastCheck.constantFrom("", ".5", ".05", ".123", ".123456", ".999999", ".0000001")
    )
    FastCheck.assert(
      FastCheck.property(text, ([year, month, day, hour, minute, second, fraction]) => {
        const plain = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}`
        const wanted = new Date(`${plain}Z`).getTime()
        for (const end of ["", "Z", "+00:00"]) {
          assert.strictEqual(Schema.decodeUnknownSync(Timestamp)(plain + end).epochMillis, wanted, plain + end)
        }
      })
    )
    for (const day of ["2026-01-27", "2026-01-28", "2026-01-27", "2026-02-27", "2025-01-27"]) {
      assert.strictEqual(Schema.decodeUnknownSync(Timestamp)(`${day}T00:00:00`).epochMillis, Date.parse(day), day)
    }
    for (const time of ["01:02", "01:03", "01:02", "02:02", "12:02"]) {
      const text = `2026-01-27T${time}:07.5Z`
      assert.strictEqual(Schema.decodeUnknownSync(Timestamp)(text).epochMillis, Date.parse(text), time)
    }
    for (const odd of [
      "2026-02-30T00:00:00",
      "2026-13-01T00:00:00",
      "2026-01-01T25:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:0xZ",
      "2026-01-01T00:00",
      "2026-01-01T00:00:00.",
      "2026-01-01T00:00:00.5x",
      "2026-01-01 00:00:00",
      "2026-01-01",
      "x"
    ]) {
      assertAgreement(Timestamp, odd, "decode")
    }
  })

  it("decode a timestamp to a DateTime like any other", () => {
    const moment = Schema.decodeUnknownSync(Timestamp)("2026-01-27T01:02:03.5")
    const same = DateTime.unsafeMake(Date.UTC(2026, 0, 27, 1, 2, 3, 500))
    assert.deepStrictEqual(moment, same)
    assert.isTrue(Equal.equals(moment, same))
    assert.strictEqual(Hash.hash(moment), Hash.hash(same))
    assert.strictEqual(JSON.stringify({ moment }), JSON.stringify({ moment: same }))
    assert.deepStrictEqual(DateTime.toPartsUtc(moment), DateTime.toPartsUtc(same))
    assert.strictEqual(
      DateTime.formatIso(DateTime.add(moment, { hours: 1 })),
      DateTime.formatIso(DateTime.add(same, { hours: 1 }))
    )
  })

  const tables: Readonly<Record<string, Readonly<Record<string, Endpoint.Any>>>> = {
    CloudFiles: CloudFiles.endpoints as never,
    CloudServers: CloudServers.endpoints as never,
    CloudBigData: CloudBigData.endpoints as never
  }
  for (const [service, table] of Object.entries(tables)) {
    it(`agree with the parser for hostile values, in every schema of ${service}`, () => {
      for (const endpoint of Object.values(table)) {
        const parts = [endpoint.parameters, endpoint.query, endpoint.headers, endpoint.body, endpoint.success.schema]
        for (const schema of parts) {
          if (schema === undefined || schema === "raw") continue
          FastCheck.assert(
            FastCheck.property(hostile, FastCheck.dictionary(FastCheck.string(), hostile), (value, record) => {
              assertAgreement(schema, value, "decode")
              assertAgreement(schema, record, "encode")
            }),
            { numRuns: 20 }
          )
        }
      }
    })
  }
})
