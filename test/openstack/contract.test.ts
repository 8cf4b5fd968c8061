/**
 * What a cloud must be like, on real services that somebody else wrote: the tests that `test/contract.test.ts` runs on the
 * emulated ones.
 */
import { describe } from "@effect/vitest"
import { files } from "../contract/files.js"
import { largeObjects } from "../contract/largeObjects.js"
import { servers } from "../contract/servers.js"
import { demo, on, stack, swiftKey } from "./support.js"

describe("Swift, with Keystone's tokens", () => {
  files(on(demo))
  largeObjects(on(demo))
})
describe("Swift, with its own tokens", () => {
  files(on(swiftKey(stack.tempauth)))
  largeObjects(on(swiftKey(stack.tempauth)))
})
describe("Nova", () => {
  servers(on(demo))
})
