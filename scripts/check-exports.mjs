/**
 * Checks that every public module (src/*.ts, src/services/*.ts, src/layers/*.ts) has an entry in package.json's `exports`, and
 * that src/index.ts exports it as a namespace. Reports the lines to add or remove.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { manifest, publicModules, report, root } from "./project.mjs"

const entry = (path) => ({ types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` })
const wanted = {
  "./package.json": "./package.json",
  ".": entry("index"),
  ...Object.fromEntries(publicModules.map(({ name, path }) => [`./${name}`, entry(path)]))
}
const wantedLines = publicModules.map(({ name, path }) => `export * as ${name} from "./${path}.js"`)

const index = join(root, "src/index.ts")
const lines = existsSync(index) ? (readFileSync(index, "utf8").match(/^export\b.*$/gm) ?? []) : []

const problems = [
  ...Object.entries(wanted)
    .filter(([key, value]) => !isDeepStrictEqual(manifest.exports[key], value))
    .map(([key, value]) => `package.json, exports: add "${key}": ${JSON.stringify(value)}`),
  ...Object.keys(manifest.exports)
    .filter((key) => !(key in wanted))
    .map((key) => `package.json, exports: remove "${key}", there is no such public module`),
  ...wantedLines.filter((line) => !lines.includes(line)).map((line) => `src/index.ts: add ${line}`),
  ...lines.filter((line) => !wantedLines.includes(line)).map((line) => `src/index.ts: remove ${line}`)
]

report(problems, `${publicModules.length} public modules`)
