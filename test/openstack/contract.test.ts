/**
 * What a cloud must be like, on real services that somebody else wrote: the tests that `test/contract.test.ts` runs on the
 * emulated ones.
 */
import { describe } from "@effect/vitest"
import { files } from "../contract/files.js"
import { folders } from "../contract/folders.js"
import { servers } from "../contract/servers.js"
import { demo, on, stack, swiftKey } from "./support.js"

describe("Swift, with Keystone's tokens", () => {
  files(on(demo))
})
describe("folders in Swift", () => {
  folders(on(swiftKey(stack.tempauth)))
})
describe("Swift, with its own tokens", () => {
  files(on(swiftKey(stack.tempauth)))
})
describe("Nova", () => {
  servers(on(demo))
})
