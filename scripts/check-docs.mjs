/**
 * Checks that every export of a public module has a docstring with some text, and that every public module begins with a docstring.
 * Exports with `@internal` need none.
 *
 * A re-export is documented where it is declared, or at its name in the `export { … }`, or above that if it is the only name
 * there. An interface and its schema, which have the same name, share one docstring.
 */
import { existsSync } from "node:fs"
import { join, relative } from "node:path"
import ts from "typescript-5.9"
import { publicModules, report, root } from "./project.mjs"

const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), {}, { ...ts.sys })
const sources = publicModules.map(({ path }) => join(root, "src", `${path}.ts`))
const program = ts.createProgram(sources, config.options)
const checker = program.getTypeChecker()

const place = (node) => {
  const file = node.getSourceFile()
  return `${relative(root, file.fileName)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

const docOf = (node) => ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc)
const textOf = (comment) => (ts.getTextOfJSDocComment(comment) ?? "").trim()

const flaws = (node) => {
  const doc = docOf(node)
  if (doc === undefined) return ["a docstring"]
  return textOf(doc.comment) === "" ? ["a description"] : []
}

/** The nodes at which an export may be documented. */
const declarationsOf = (symbol) => {
  const aliases = (symbol.declarations ?? []).flatMap((node) =>
    ts.isNamespaceExport(node)
      ? [node.parent]
      : ts.isExportSpecifier(node) && node.parent.elements.length === 1
        ? [node, node.parent.parent]
        : [node]
  )
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const declarations = target.declarations ?? []
  // An overloaded function is documented at its first signature.
  const first = declarations.filter(
    (node, index) => !ts.isFunctionDeclaration(node) || declarations.findIndex(ts.isFunctionDeclaration) === index
  )
  return target === symbol ? first : [...aliases, ...first]
}

const exportProblems = (symbol) => {
  const nodes = declarationsOf(symbol)
  if (nodes.some((node) => ts.getJSDocTags(node).some((tag) => tag.tagName.text === "internal"))) return []
  const [fewest] = nodes.map(flaws).toSorted((a, b) => a.length - b.length)
  return fewest.map((flaw) => `${place(nodes[0])} ${symbol.name} lacks ${flaw}`)
}

const moduleProblems = (file) => {
  const name = relative(root, file.fileName)
  // Before an import, the only docstring is the module's. Before another statement, the last one is that statement's.
  const [first] = file.statements
  const own = (first?.jsDoc?.length ?? 0) - (first !== undefined && ts.isImportDeclaration(first) ? 0 : 1)
  return own > 0 ? [] : [`${name}:1 the module lacks a docstring at the top`]
}

const files = sources.filter(existsSync).map((path) => program.getSourceFile(path))
const modules = files.map((file) => checker.getSymbolAtLocation(file)).filter((module) => module !== undefined)
const symbols = new Set(modules.flatMap((module) => checker.getExportsOfModule(module)))
const problems = [...files.flatMap(moduleProblems), ...[...symbols].flatMap(exportProblems)]

report(problems, `${symbols.size} exports of ${files.length} modules are documented`)
