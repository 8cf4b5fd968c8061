import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { type JsonItems, jsonItems, UnreadableArray } from "../../../src/internal/schema/jsonItems.js"

/** The items of a text that arrives in pieces of the given sizes, which repeat. */
const read = (
  text: string,
  pieceSizes: ReadonlyArray<number>
): { readonly items: Array<unknown>; readonly times: number } => {
  const bytes = new TextEncoder().encode(text)
  const items: Array<unknown> = []
  let times = 0
  const reader = jsonItems((some) => {
    times++
    items.push(...some)
  })
  for (let offset = 0, index = 0; offset < bytes.byteLength; index++) {
    const size = pieceSizes[index % pieceSizes.length] ?? 1
    reader.add(bytes.subarray(offset, offset + size))
    offset += size
  }
  reader.end()
  return { items, times }
}

/** The reason why a text cannot be read, if any. */
const problemOf = (text: string, pieceSizes: ReadonlyArray<number>): string | undefined => {
  try {
    read(text, pieceSizes)
    return undefined
  } catch (problem) {
    return problem instanceof UnreadableArray ? problem.reason : String(problem)
  }
}

/** Names that look like the end of an item, and characters that JSON must escape. */
const name = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.constantFrom("},", '},{"', '"},{', "\\", '\\"},{"name":"', "☃},", "\ud83d\ude00", "]", "[")
)
const item = FastCheck.record({ name, more: FastCheck.jsonValue() })
const space = FastCheck.constantFrom("", " ", "\n", "  \r\n")

describe("a JSON array that is read as it arrives", () => {
  it("has the same items as the whole text, in pieces of any size", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(item, { maxLength: 40 }),
        FastCheck.array(FastCheck.integer({ min: 1, max: 50_000 }), { minLength: 1, maxLength: 4 }),
        space,
        space,
        (some, pieceSizes, before, between) => {
          // Long enough for several pieces.
          const all = Array.from({ length: 30 }, () => some).flat()
          const text = `${before}[${all.map((one) => JSON.stringify(one)).join(`,${between}`)}]${between}`
          assert.deepStrictEqual(read(text, pieceSizes).items, JSON.parse(text))
        }
      ),
      { numRuns: 200 }
    )
  })

  it("emits its items in several batches", () => {
    const all = Array.from({ length: 5000 }, (_, index) => ({ name: `object-${index}` }))
    assert.isAtLeast(read(JSON.stringify(all), [4096]).times, 3)
  })

  it("may have an item that is longer than a piece", () => {
    const all = ["short", "x".repeat(700_000), "},".repeat(100_000), "last"].map((name) => ({ name }))
    for (const size of [1000, 65_536, 2 ** 21]) {
      assert.deepStrictEqual(read(JSON.stringify(all), [size]).items, all)
    }
  })

  it("does not affect other arrays that are read at the same time or later", () => {
    for (let round = 0; round < 3; round++) {
      const lists = Array.from({ length: 6 }, (_, list) =>
        Array.from({ length: 4000 }, (_, index) => ({ name: `list-${round}-${list}-${index}` }))
      )
      const seen = lists.map((): Array<unknown> => [])
      const texts = lists.map((list) => new TextEncoder().encode(JSON.stringify(list)))
      const readers = seen.map((items, index) => {
        const text = texts[index] ?? new Uint8Array(0)
        let reader: JsonItems | undefined
        return (offset: number) => {
          reader ??= jsonItems((some) => void items.push(...some))
          const piece = text.slice(offset, offset + 20_000)
          reader.add(piece)
          // A source may reuse the buffer of a piece for the next one.
          piece.fill(0)
          if (offset < text.byteLength && offset + 20_000 >= text.byteLength) reader.end()
        }
      })
      // Each array begins while the previous ones are still being read.
      for (let step = 0; step < 20; step++) {
        for (const [index, read] of readers.entries()) if (step >= index) read((step - index) * 20_000)
      }
      assert.deepStrictEqual(seen, lists)
    }
  })

  it("throws with the reason if the text is empty, ends early, or is not an array", () => {
    assert.deepStrictEqual(read("[]", [1]).items, [])
    const long = JSON.stringify(Array.from({ length: 5000 }, (_, index) => ({ name: `object-${index}` })))
    for (const [wrong, reason] of [
      ["", "empty"],
      [" \n", "empty"],
      ["[", "incomplete"],
      ['[{"a":1},', "incomplete"],
      ['[{"a":1}', "incomplete"],
      ['[{"a":"]', "incomplete"],
      ['[{"a":"\\', "incomplete"],
      [long.slice(0, -1), "incomplete"],
      [long.slice(0, 70_000), "incomplete"],
      ["{}", "notJson"],
      ["null", "notJson"],
      ["<html>", "notJson"],
      [`${long}x`, "notJson"],
      [`${long.slice(0, -1)},]`, "notJson"]
    ] as const) {
      for (const size of [1000, 50_000, 1_000_000])
        assert.strictEqual(problemOf(wrong, [size]), reason, wrong.slice(0, 20))
    }
  })

  it("may have at most 1 MiB of one item, of nested arrays, or of white space", () => {
    for (const [before, endless] of [
      ['[{"name":"', "x"],
      ['[{"name":"a"},{"name":"', "},"],
      ["[", "["],
      ["[", '{"a":'],
      ["", " "],
      ["[", " "],
      ['[{"name":"a"}', " "],
      ['[{"name":"a"},', "\n"],
      ["<html>", "x"]
    ] as const) {
      let taken = 0
      const reader = jsonItems((items) => void (taken += items.length))
      reader.add(new TextEncoder().encode(before))
      const piece = new TextEncoder().encode(endless.repeat(64 * 1024))
      let added = 0
      while (reader.problem() === undefined && added < 8 * 1024 * 1024) {
        reader.add(piece)
        added += piece.byteLength
      }
      assert.strictEqual(reader.problem()?.reason, "tooLarge", before + endless)
      assert.isAtMost(added, 4 * 1024 * 1024)
      assert.throws(() => reader.end(), UnreadableArray)
      assert.isAtMost(taken, 1)
    }
  })

  it("may have many items whose names look like the end of an item, without buffering all of them", () => {
    const all = Array.from({ length: 20_000 }, (_, index) => ({ name: `${"},".repeat(50)}${index}` }))
    const { items, times } = read(JSON.stringify(all), [65_536])
    assert.deepStrictEqual(items, all)
    assert.isAtLeast(times, 20)
  })

  it("may have items that are not objects", () => {
    const all = Array.from({ length: 50_000 }, (_, index) => (index % 2 === 0 ? index : [`a${index}`]))
    assert.deepStrictEqual(read(JSON.stringify(all), [65_536]).items, all)
  })
})
