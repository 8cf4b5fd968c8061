/**
 * The arrows of the house: which module of src/ may import which.
 *
 * A module imports from its own floor and from those below it. Three rooms stand apart:
 *
 * - `index.ts` is the front door. It opens every public module, and nothing inside goes through it.
 * - `internal/` is the cellar. Every floor may use it; it knows no service, no layer and no emulator.
 * - `emulator/` is another house. It imports nothing from this one, and only `layers/TestCloud.ts` imports it.
 *
 * What is not ours must be a dependency that users get too (or `node:`). Cycles are oxlint's business.
 */
import { readFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import ts from "typescript-5.9"
import { filesUnder, manifest, report, root } from "./project.mjs"

const floors = [
  ["layers/"],
  ["services/"],
  ["Endpoint.ts", "Paging.ts", "Waiting.ts"],
  ["CloudClient.ts"],
  ["Identity.ts", "TokenStore.ts"],
  [
    "Access.ts",
    "BandwidthLimit.ts",
    "CloudConfig.ts",
    "CloudError.ts",
    "Credentials.ts",
    "LocalFileSystem.ts",
    "RequestBody.ts",
    "RetryPolicy.ts",
    "Transport.ts",
    "ServiceCatalog.ts",
    "Ssh.ts",
    "Telemetry.ts"
  ]
]
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })

const floorOf = (file) => floors.findIndex((rooms) => rooms.some((room) => file === room || file.startsWith(room)))
const isIn = (room) => (file) => file.startsWith(room)
const inEmulator = isIn("emulator/")
const inInternal = isIn("internal/")

/** Why `from` may not import `to` (both relative to src/), or undefined if it may. */
const objection = (from, to) => {
  if (to === "index.ts") return "nothing inside goes through the front door: import the module itself"
  if (inEmulator(from)) return inEmulator(to) ? undefined : "the emulator imports nothing from outside emulator/"
  if (inEmulator(to)) return from === "layers/TestCloud.ts" ? undefined : "only layers/TestCloud.ts knows the emulator"
  if (inInternal(to)) return from === "index.ts" ? "internal modules are not public" : undefined
  if (from === "index.ts") return undefined
  const floor = floorOf(to)
  if (floor === -1) return `${to} has no place in the table of scripts/check-layers.mjs yet: give it one`
  if (inInternal(from)) return floor > floorOf("services/") ? undefined : "internal/ knows no service and no layer"
  return floorOf(from) <= floor ? undefined : `${to} stands above it`
}

/** Why `from` may not import the package of `specifier`, or undefined if it may. */
const foreignObjection = (specifier) => {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")
  return specifier.startsWith("node:") || installed.includes(name)
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
const files = filesUnder("src", ".ts")
const problems = files.flatMap((path) => {
  const from = relative(src, path)
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest)
  return specifiersOf(file).flatMap((specifier) => {
    const name = specifier.text
    const to = relative(src, resolve(path, "..", name)).replace(/\.js$/, ".ts")
    const reason = name.startsWith(".") ? objection(from, to) : foreignObjection(name)
    const line = file.getLineAndCharacterOfPosition(specifier.pos).line + 1
    return reason === undefined ? [] : [`src/${from}:${line} imports ${name}: ${reason}`]
  })
})

report(problems, `${files.length} modules of src/ import as they may`)
