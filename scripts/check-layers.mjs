/**
 * Checks which module of src/ imports which. Each file must belong to a layer of the tables below.
 *
 * - Public modules import their own layer and those below it.
 * - `index.ts` imports every public module; no other file imports it.
 * - `internal/` may be imported by every public module but `index.ts`. Its folders import the public modules of the lowest layer, and
 *   of each other only what `internalFolders` lists.
 * - `emulator/` imports nothing from outside its folder, and only `layers/TestCloud.ts` imports it.
 *
 * Packages must be dependencies that users get too, or Node's own. Cycles are checked by oxlint.
 */
import { readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { join, relative, resolve } from "node:path"
import ts from "typescript-5.9"
import { filesUnder, manifest, report, root } from "./project.mjs"

/** Public modules, the highest layer first. */
const layers = [
  ["layers/"],
  ["services/"],
  ["Endpoint.ts", "Waiting.ts"],
  ["CloudClient.ts"],
  ["Identity.ts", "TokenStore.ts"],
  [
    "Access.ts",
    "BandwidthLimit.ts",
    "CloudConfig.ts",
    "CloudError.ts",
    "Credentials.ts",
    "LocalFileSystem.ts",
    "Paging.ts",
    "RequestBody.ts",
    "RetryPolicy.ts",
    "Transport.ts",
    "ServiceCatalog.ts",
    "Ssh.ts",
    "Telemetry.ts"
  ]
]

/** The folders of internal/, and which others each may import. */
const internalFolders = {
  bytes: ["worker"],
  concurrency: [],
  files: ["bytes", "worker"],
  http: ["bytes"],
  identity: ["http", "schema"],
  paging: ["schema"],
  schema: ["bytes", "tracing"],
  ssh: [],
  tracing: [],
  waiting: [],
  worker: []
}

const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })

const layerOf = (file) => layers.findIndex((members) => members.some((member) => isMember(file, member)))
const isMember = (file, member) => (member.endsWith("/") ? file.startsWith(member) : file === member)
const inEmulator = (file) => file.startsWith("emulator/")
const inInternal = (file) => file.startsWith("internal/")
const internalFolderOf = (file) => file.split("/")[1]

/** Why a file belongs to no layer, or undefined if it belongs to one. */
const misplaced = (file) => {
  if (file === "index.ts" || inEmulator(file)) return undefined
  if (!inInternal(file)) return layerOf(file) >= 0 ? undefined : "scripts/check-layers.mjs lists no layer for it"
  return Object.hasOwn(internalFolders, internalFolderOf(file))
    ? undefined
    : "scripts/check-layers.mjs lists no such folder of internal/"
}

/** Why `from` may not import `to` (both relative to src/), or undefined if it may. */
const objection = (from, to) => {
  if (to === "index.ts") return "import the module itself, not index.ts"
  if (inEmulator(from)) return inEmulator(to) ? undefined : "the emulator imports nothing from outside emulator/"
  if (inEmulator(to))
    return from === "layers/TestCloud.ts" ? undefined : "only layers/TestCloud.ts imports the emulator"
  if (inInternal(from)) return internalObjection(from, to)
  if (inInternal(to)) return from === "index.ts" ? "internal modules are not public" : undefined
  if (from === "index.ts") return undefined
  return layerOf(from) <= layerOf(to) ? undefined : `${to} belongs to a higher layer`
}

const internalObjection = (from, to) => {
  if (!inInternal(to)) {
    return layerOf(to) === layers.length - 1 ? undefined : "internal/ imports public modules of the lowest layer only"
  }
  const [own, other] = [internalFolderOf(from), internalFolderOf(to)]
  return own === other || internalFolders[own]?.includes(other) ? undefined : `${own}/ may not import ${other}/`
}

/** Why a package may not be imported, or undefined if it may. */
const foreignObjection = (specifier) => {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")
  return isBuiltin(specifier) || installed.includes(name)
    ? undefined
    : `${name} is not among package.json's dependencies or peerDependencies: users would not have it`
}

/** The string literals that name what a file imports, by whatever syntax. */
const specifiersOf = (node) => {
  const specifier =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isImportTypeNode(node)
        ? node.argument.literal
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined
  const found = specifier !== undefined && ts.isStringLiteral(specifier) ? [specifier] : []
  ts.forEachChild(node, (child) => void found.push(...specifiersOf(child)))
  return found
}

const src = join(root, "src")

/** An import names the compiled file; the source may be TypeScript. */
const sourceOf = (path, sources) => {
  const typescript = path.replace(/\.js$/, ".ts")
  return sources.has(typescript) ? typescript : path
}

const files = [...filesUnder("src", ".ts"), ...filesUnder("src", ".js")].map((path) => relative(src, path))
const sources = new Set(files)
const problems = files.flatMap((from) => {
  const path = join(src, from)
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest)
  const place = misplaced(from)
  const imports = specifiersOf(file).flatMap((specifier) => {
    const name = specifier.text
    const to = sourceOf(relative(src, resolve(path, "..", name)), sources)
    const reason = name.startsWith(".") ? objection(from, to) : foreignObjection(name)
    const line = file.getLineAndCharacterOfPosition(specifier.pos).line + 1
    return reason === undefined ? [] : [`src/${from}:${line} imports ${name}: ${reason}`]
  })
  return place === undefined ? imports : [`src/${from}: ${place}`, ...imports]
})

report(problems, `${files.length} modules of src/ import only what they may`)
