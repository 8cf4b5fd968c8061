/**
 * Compares the time to import the library with that of the Effect modules that it uses: `npm run build && node bench/imports.mjs`.
 *
 *   --runs N   the number of processes of each; default 20
 *
 * The processes take turns. Each figure is the median of their wall times, including the start of Node. Exits with 1 if a limit is
 * exceeded.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { median } from "./report.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const { values } = parseArgs({ options: { runs: { type: "string", default: "20" } } })

/** The entries of the package, and the highest allowed ratio to the time of the Effect modules. */
const bars = { ".": 1.3, "./CloudServers": 1.15 }

/** The modules of Effect that a module of dist/ imports, itself or through others of dist/. */
const effectModules = (file, seen = new Set(), found = new Set()) => {
  if (seen.has(file)) return found
  seen.add(file)
  const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
  for (const [, name] of code.matchAll(/^(?:import|export)\s(?:[^"]*?from\s*)?"([^"]+)"/gm)) {
    if (name.startsWith(".")) effectModules(join(dirname(file), name), seen, found)
    else if (/^(@effect\/|effect(\/|$))/.test(name)) found.add(name)
  }
  return found
}

const importing = (names) => names.map((name) => `import "${name}"`).join("\n")

const programs = Object.keys(bars).flatMap((entry, index) => [
  { entry, of: "effect", text: importing([...effectModules(join(root, manifest.exports[entry].default))]), index },
  { entry, of: "library", text: importing([join(manifest.name, entry)]), index }
])

const times = new Map(programs.map((program) => [program, []]))
const files = programs.map((program) => {
  // In the package's folder, so that Node finds the package by its own name.
  const file = join(root, `.import-${program.of}-${program.index}.mjs`)
  writeFileSync(file, program.text)
  return [program, file]
})
try {
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [program, file] of files) {
      const start = performance.now()
      const { status, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" })
      if (status !== 0) throw new Error(stderr)
      times.get(program).push(performance.now() - start)
    }
  }
} finally {
  for (const [, file] of files) rmSync(file)
}

let isMissed = false
for (const [entry, most] of Object.entries(bars)) {
  const of = (kind) => median(times.get(programs.find((program) => program.entry === entry && program.of === kind)))
  const ratio = of("library") / of("effect")
  isMissed ||= ratio > most
  console.log(
    `${ratio <= most ? "met" : "MISSED"}: import "${join(manifest.name, entry)}" takes ${of("library").toFixed(0)} ms, the modules of Effect that it uses ${of("effect").toFixed(0)} ms: ${ratio.toFixed(2)} times, at most ${most}`
  )
}
process.exit(isMissed ? 1 : 0)
