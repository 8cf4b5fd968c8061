/**
 * The contract of a cloud, tested against the emulated one. `test/openstack/contract.test.ts` tests it against a real OpenStack.
 */
import { describe } from "@effect/vitest"
import { emulated, emulatedCeph, emulatedOpenStack } from "./contract/emulated.js"
import { files } from "./contract/files.js"
import { folders } from "./contract/folders.js"
import { largeObjects } from "./contract/largeObjects.js"
import { openStackServers } from "./contract/openStackServers.js"
import { servers } from "./contract/servers.js"
import { settings, signatures } from "./contract/settings.js"

describe("the emulated Cloud Files", () => {
  files(emulated)
  largeObjects(emulated)
})
describe("the emulated Cloud Files: settings", () => {
  settings(emulated)
})
describe("the emulated Cloud Files: signatures", () => {
  signatures(emulated)
})
describe("folders in the emulated Cloud Files", () => {
  folders(emulated)
})
describe("the emulated Cloud Servers", () => {
  servers(emulated)
})
describe("the emulated Nova", () => {
  servers(emulatedOpenStack)
  openStackServers(emulatedOpenStack)
})
describe("large objects in the emulated RADOS Gateway", () => {
  largeObjects(emulatedCeph)
})
describe("folders in the emulated RADOS Gateway", () => {
  folders(emulatedCeph)
})
