import { assert, describe, it } from "@effect/vitest"
import { DateTime, Option } from "effect"
import { instantOf } from "../../../src/internal/schema/wire.js"

const isoOf = (text: string): string | undefined =>
  Option.getOrUndefined(Option.map(instantOf(text), DateTime.formatIso))

describe("timestamps in the formats of different clouds", () => {
  for (const [text, iso] of [
    ["2017-04-10T09:06:22", "2017-04-10T09:06:22.000Z"],
    ["2017-04-10T09:06:22.1", "2017-04-10T09:06:22.100Z"],
    ["2017-04-10T09:06:22.123456", "2017-04-10T09:06:22.123Z"],
    ["2017-04-30T09:06:22.123456789Z", "2017-04-30T09:06:22.123Z"],
    ["2017-04-10T09:06:22.123456789+00:00", "2017-04-10T09:06:22.123Z"],
    ["2017-04-10T09:06:22+0200", "2017-04-10T07:06:22.000Z"],
    ["2017-04-10T09:06:22+02", "2017-04-10T07:06:22.000Z"],
    ["2017-04-10T09:06:22,5Z", "2017-04-10T09:06:22.500Z"],
    ["2017-04-10 09:06:22", "2017-04-10T09:06:22.000Z"],
    ["2017-04-10 09:06:22 UTC", "2017-04-10T09:06:22.000Z"],
    ["20170410T090622Z", "2017-04-10T09:06:22.000Z"],
    ["2017-04-10T09:06Z", "2017-04-10T09:06:00.000Z"],
    ["2017-04-10", "2017-04-10T00:00:00.000Z"],
    ["Mon, 10 Apr 2017 09:06:22 GMT", "2017-04-10T09:06:22.000Z"],
    ["Mon, 10 Apr 2017 09:06:22 UTC", "2017-04-10T09:06:22.000Z"],
    ["Mon, 10 Apr 2017 11:06:22 +0200", "2017-04-10T09:06:22.000Z"],
    ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
    ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
    [" 2017-04-10T09:06:22.5 ", "2017-04-10T09:06:22.500Z"],
    ["", undefined],
    ["0", undefined],
    ["-1", undefined],
    ["never", undefined],
    ["2017-13-10T09:06:22", undefined]
  ] as const) {
    it(`${JSON.stringify(text)} is ${iso ?? "none"}`, () => assert.strictEqual(isoOf(text), iso))
  }
})
