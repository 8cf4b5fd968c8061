import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import manifest from "./package.json" with { type: "json" }

/** `effect-rackspace/CloudFiles` means this source here, as it does to the compiler (tsconfig.json, `paths`). */
const alias = Object.entries(manifest.exports).flatMap(([entry, target]) =>
  typeof target === "string"
    ? []
    : {
        find: new RegExp(`^${manifest.name}${entry.slice(1)}$`),
        replacement: fileURLToPath(
          new URL(target.default.replace("./dist/", "./src/").replace(/\.js$/, ".ts"), import.meta.url)
        )
      }
)

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["test/openstack/**"],
    testTimeout: 30_000,
    reporters: ["default", "./scripts/vitest-tally.mjs"]
  }
})
