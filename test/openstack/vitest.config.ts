import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import base from "../../vitest.config.js"

/** All files use one cloud, so they run one after the other. */
export default defineConfig({
  ...base,
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    ...base.test,
    include: ["test/openstack/**/*.test.ts"],
    exclude: [],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000
  }
})
