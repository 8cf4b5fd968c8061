/**
 * What a cloud must be like, on real services that somebody else wrote: the tests that `test/contract.test.ts` runs on the
 * emulated ones.
 */
import { describe } from "@effect/vitest"
import { files } from "../contract/files.js"
import { servers } from "../contract/servers.js"
import { openStackSettings, settings, signatures } from "../contract/settings.js"
import { demo, on, stack, swiftKey } from "./support.js"

describe("Swift, with Keystone's tokens", () => {
  files(on(demo))
})
describe("Swift, with its own tokens", () => {
  files(on(swiftKey(stack.tempauth)))
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
})
