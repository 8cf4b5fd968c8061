/**
 * What a cloud must be like, on the emulated one. The same is asked of a real OpenStack: `test/openstack/contract.test.ts`.
 */
import { describe } from "@effect/vitest"
import { emulated } from "./contract/emulated.js"
import { files } from "./contract/files.js"
import { largeObjects } from "./contract/largeObjects.js"
import { servers } from "./contract/servers.js"

describe("the emulated Cloud Files", () => {
  files(emulated)
  largeObjects(emulated)
})
describe("the emulated Cloud Servers", () => {
  servers(emulated)
})
