/**
 * The contract of a cloud on real services of other authors: the tests that `test/contract.test.ts` runs on the
 * emulated ones.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { CloudFiles, CloudServers } from "effect-rackspace"
import { readFileSync } from "node:fs"
import { files } from "../contract/files.js"
import { folders } from "../contract/folders.js"
import { largeObjects } from "../contract/largeObjects.js"
import { openStackServers } from "../contract/openStackServers.js"
import { servers } from "../contract/servers.js"
import { openStackSettings, settings, signatures } from "../contract/settings.js"
import { demo, on, stack, swiftKey } from "./support.js"

describe("Swift, with Keystone's tokens", () => {
  files(on(demo))
  largeObjects(on(demo))
})
describe("folders in Swift", () => {
  folders(on(swiftKey(stack.tempauth)))
})
describe("Swift, with its own tokens", () => {
  files(on(swiftKey(stack.tempauth)))
  largeObjects(on(swiftKey(stack.tempauth)))
})
for (const [name, cloud] of [
  ["with Keystone's tokens", on(demo)],
  ["with its own tokens", on(swiftKey(stack.tempauth))]
] as const) {
  describe(`Swift's settings, ${name}`, () => {
    settings(cloud)
    openStackSettings(cloud)
  })
  describe(`Swift's signatures, ${name}`, () => {
    signatures(cloud)
  })
}
describe("Nova", () => {
  servers(on(demo))
  openStackServers(on(demo))
})

/** The operations that have succeeded on the real services in this file so far. */
const succeeded = Effect.map(
  Metric.snapshot,
  (pairs) =>
    new Set(
      pairs.flatMap(({ metricKey: { name, tags } }) => {
        const tag = (key: string) => tags.find((each) => each.key === key)?.value ?? ""
        return name === "rackspace_requests" && /^[23]/.test(tag("status")) ? [tag("operation")] : []
      })
    )
)

/** An operation inside another method has the name of that method. */
const enclosingOperations: Readonly<Record<string, string>> = {
  "CloudFiles.bulkDeletePaths": "CloudFiles.bulkDelete",
  "CloudFiles.putArchive": "CloudFiles.extractArchive"
}

/** The operations that `DIFFERENCES.md` lists as unavailable there. */
const unavailableOperations = (): ReadonlyArray<string> => {
  const text = readFileSync(new URL("DIFFERENCES.md", import.meta.url), "utf8")
  const section = text.split(/^## /m).find((part) => part.startsWith("Operations")) ?? ""
  return [...section.matchAll(/`(Cloud\w+\.\w+)`/g)].map(([, operation = ""]) => operation)
}

describe("the contract", () => {
  it.live("every operation of the tables has succeeded on the real cloud, or is listed as unavailable there", () =>
    Effect.gen(function* () {
      const seen = yield* succeeded
      const all = [...Object.values(CloudFiles.endpoints), ...Object.values(CloudServers.endpoints)].map(
        ({ operation }) => enclosingOperations[operation] ?? operation
      )
      const listed = unavailableOperations()
      assert.deepStrictEqual(
        {
          unseen: all.filter((operation) => !seen.has(operation) && !listed.includes(operation)),
          "listed, but seen": listed.filter((operation) => seen.has(operation)),
          "listed, but no operation": listed.filter((operation) => !all.includes(operation))
        },
        { unseen: [], "listed, but seen": [], "listed, but no operation": [] }
      )
    })
  )
})
