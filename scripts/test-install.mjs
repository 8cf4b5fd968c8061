/**
 * Tries the package as a new user does: `npm run test:install`. Packs it, and for each package manager, in an empty folder: installs
 * the tarball with the versions of the README's install lines, runs the README's first program with the README's command, runs the
 * first test of docs/testing.md, and compiles the program under `nodenext` and `bundler`, with exact optional properties, and with the newest
 * compiler also without.
 *
 *     node scripts/test-install.mjs            all package managers
 *     node scripts/test-install.mjs pnpm       one of them
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fencesOf } from "./fences.mjs"
import { manifest, root } from "./project.mjs"
import { finish, inParallel, pack, run, step, temporary } from "./steps.mjs"

const readme = join(root, "README.md")
const found = (what, value) => {
  if (value === undefined) throw new Error(`There is no ${what}`)
  return value
}

const installLines = fencesOf(readme)
  .filter(({ language }) => language === "sh")
  .flatMap(({ lines }) => lines)
  .filter((line) => line.startsWith("npm install "))
  .map((line) => line.replace(/#.*/, "").trim().split(/\s+/).slice(2))
const packages = found(
  "install line in README.md",
  installLines.find((words) => words.includes(manifest.name))
)
const testPackages = found(
  "install line for tests in README.md",
  installLines.find((words) => words.includes("-D"))
).filter((word) => word !== "-D")

const snippet = (page, kind) =>
  found(
    `snippet \`${kind}\` in ${page}`,
    fencesOf(page).find(({ words }) => words.includes(kind))
  ).lines.join("\n")
const program = snippet(readme, "run")
const programOutput = found(
  "output of the first program in README.md",
  fencesOf(readme).find(({ language }) => language === "text")
).lines.join("\n")
const test = snippet(join(root, "docs/testing.md"), "test")
const [, programFile, command] = found(
  "command of the first program in README.md",
  /Save it as `(\S+)` and run it with `(.+?)`/.exec(readFileSync(readme, "utf8")) ?? undefined
)

const tools = join(temporary, "tools")
const tool = (name) => join(tools, "node_modules/.bin", name)

/** How each package manager adds packages. */
const managers = {
  npm: { add: ["npm", "install"] },
  // As README.md says. pnpm fails at packages that have an install script, unless it is told what to do with them.
  pnpm: { add: [tool("pnpm"), "add", "--ignore-scripts"] },
  // Yarn 1 would install the tarball of an earlier run from its cache.
  yarn: { add: [tool("yarn"), "add"], env: { YARN_CACHE_FOLDER: join(temporary, "yarn-cache") } }
}

const resolutions = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" }
}

/** Effect's declarations need TypeScript 5.7, so an older one cannot check them. */
const compilers = [
  { name: "TypeScript 5.4 with skipLibCheck", path: "typescript-5.4", skipLibCheck: true },
  { name: "TypeScript 5.7", path: "typescript-5.7", skipLibCheck: false },
  { name: "newest TypeScript", path: "typescript", skipLibCheck: false }
]

/** Compiles the program in some ways of resolving modules and of reading optional properties. */
const compile = async (folder, { path, skipLibCheck }, ways) => {
  for (const [resolution, exactOptionalPropertyTypes] of ways) {
    const config = join(folder, `tsconfig-${resolution}-${exactOptionalPropertyTypes}.json`)
    const types = { target: "ES2022", strict: true, exactOptionalPropertyTypes, skipLibCheck, noEmit: true }
    writeFileSync(
      config,
      JSON.stringify({ compilerOptions: { ...types, ...resolutions[resolution] }, files: [programFile] })
    )
    await run(process.execPath, [join(tools, "node_modules", path, "bin/tsc"), "-p", config], { cwd: folder })
  }
}

const exact = [
  ["nodenext", true],
  ["bundler", true]
]
const all = [...exact, ["nodenext", false], ["bundler", false]]

const tryManager = async (name, tarball) => {
  const { add, env } = managers[name]
  const folder = join(temporary, name)
  const options = { cwd: folder, env }
  mkdirSync(folder)

  const install = (words) => run(add[0], [...add.slice(1), ...words], options)
  const installed = await step(`${name}: install`, async () => {
    await install(packages.map((word) => (word === manifest.name ? tarball : word)))
  })
  if (!installed) return
  writeFileSync(join(folder, programFile), program)

  await step(`${name}: run the first program`, async () => {
    const [runner, ...args] = command.split(" ")
    const output = await run(runner, args, options)
    if (!output.includes(programOutput)) throw new Error(`It prints\n${output}\ninstead of\n${programOutput}`)
  })
  const readyToTest = await step(`${name}: install for tests`, async () => {
    await install(["-D", ...testPackages])
  })
  if (!readyToTest) return
  writeFileSync(join(folder, "first.test.ts"), test)
  await step(`${name}: run a test`, async () => {
    await run("npx", ["vitest", "run"], options)
  })
  if (name === "npm") {
    for (const compiler of compilers) {
      const isNewest = compiler.path === "typescript"
      await step(`${name}: ${compiler.name}`, () => compile(folder, compiler, isNewest ? all : exact))
    }
  } else {
    // Their folders have the same declarations in other places: what matters is whether a compiler finds them.
    const newest = compilers.at(-1)
    await step(`${name}: ${newest.name}`, () => compile(folder, newest, exact.slice(0, 1)))
  }
}

const asked = process.argv.slice(2)
const names = asked.length === 0 ? Object.keys(managers) : asked
for (const name of names) {
  if (managers[name] !== undefined) continue
  console.error(`${name}: no such package manager; there are ${Object.keys(managers).join(", ")}`)
  process.exit(2)
}

let tarball
const packed = await step("pack", async () => {
  tarball = await pack()
})
const ready = await step("compilers and package managers", async () => {
  mkdirSync(tools)
  const versions = ["5.4", "5.7"].map((version) => `typescript-${version}@npm:typescript@${version}`)
  await run("npm", ["install", ...versions, "typescript@latest", "pnpm@latest", "yarn@latest"], { cwd: tools })
})
if (packed && ready) await inParallel(names.map((name) => () => tryManager(name, tarball)))
finish()
