/**
 * Builds and packs the library as `npm publish` would, and checks the tarball as a user would get it:
 *
 * - publint and attw (`esm-only`: there is no CommonJS build) report no problems;
 * - installed with only its dependencies and peers, every entry of `exports` can be imported by Node;
 * - its declarations have no errors with `skipLibCheck: false`, in the newest TypeScript and in 5.9.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { manifest, root } from "./project.mjs"

const bin = (path) => join(root, "node_modules", path)
const temporary = mkdtempSync(join(tmpdir(), "effect-rackspace-"))
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }))

/** Runs a command, and returns its stdout. If the command fails, prints its output and exits. */
const run = (title, command, args, cwd = root) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (status === 0) return stdout
  console.error(`${title} failed:\n${stdout ?? ""}${stderr ?? ""}${error ?? ""}`)
  process.exit(1)
}
const node = (title, args, cwd) => run(title, process.execPath, args, cwd)

node("build", ["scripts/build.mjs"])
// Without --ignore-scripts, `prepack` would build again.
const packed = JSON.parse(
  run("npm pack", "npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", temporary])
)
const [{ filename, size }] = Object.values(packed)
const tarball = join(temporary, filename)

node("publint", [bin("publint/src/cli.js"), "run", tarball, "--strict"])
node("attw", [bin("@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only", "--no-color"])

// A user's project: the unpacked tarball with its dependencies and peers.
const home = join(temporary, "node_modules", manifest.name)
mkdirSync(home, { recursive: true })
run("tar", "tar", ["-xzf", tarball, "-C", home, "--strip-components=1"])
const asked = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), "@types/node"]
for (const name of asked) {
  mkdirSync(dirname(join(temporary, "node_modules", name)), { recursive: true })
  symlinkSync(join(root, "node_modules", name), join(temporary, "node_modules", name), "junction")
}
const entries = Object.keys(manifest.exports)
  .filter((entry) => entry !== "./package.json")
  .map((entry) => manifest.name + entry.slice(1))

writeFileSync(join(temporary, "package.json"), JSON.stringify({ type: "module" }))
writeFileSync(join(temporary, "import.js"), entries.map((entry) => `await import("${entry}")`).join("\n"))
node("import", ["import.js"], temporary)

writeFileSync(
  join(temporary, "types.ts"),
  entries.map((entry, index) => `export * as _${index} from "${entry}"`).join("\n")
)
const compilerOptions = {
  target: "ES2022",
  // The peers' declarations use types of the browser.
  lib: ["ES2023", "DOM", "DOM.Iterable"],
  module: "NodeNext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true
}
writeFileSync(join(temporary, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }))
node("declarations, newest TypeScript", [bin("typescript/bin/tsc"), "-p", "."], temporary)
node("declarations, TypeScript 5.9", [bin("typescript-5.9/lib/tsc.js"), "-p", "."], temporary)

console.log(`${entries.length} entries, ${Math.round(size / 1024)} kB packed`)
