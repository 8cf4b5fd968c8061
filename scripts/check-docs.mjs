/**
 * Every export of a public module has a docstring: some text, one `@since` and one `@category` out of a fixed list; and
 * every public module opens with a docstring of its own, which has an `@since`. What is `@internal` needs none.
 *
 * A thing that is re-exported is documented where it is declared, or at its name in the `export { … }`, or above that if
 * it is alone in there. An interface and its schema, which have one name, have one docstring. What a file in the folder of a
 * service declares is a model of the service's first version, unless its docstring has tags that say otherwise.
 */
import { existsSync } from "node:fs"
import { join, relative } from "node:path"
import ts from "typescript-5.9"
import { publicModules, report, root } from "./project.mjs"

const categories = [
  "accessors",
  "combinators",
  "constants",
  "constructors",
  "conversions",
  "errors",
  "guards",
  "layers",
  "metrics",
  "models",
  "operations",
  "options",
  "responses",
  "schedules",
  "schemas",
  "streams",
  "tags",
  "testing"
]

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
const tagsOf = (doc, name) =>
  (doc.tags ?? []).filter((tag) => tag.tagName.text === name).map((tag) => textOf(tag.comment).split("\n")[0].trim())

const sinceFlaws = (doc) => {
  const since = tagsOf(doc, "since")
  return since.length === 1 && /^\d+\.\d+\.\d+$/.test(since[0]) ? [] : ["one @since with a version, as in @since 0.1.0"]
}

const isModelOfService = (node, doc) =>
  /\/src\/services\/\w+\//.test(node.getSourceFile().fileName) &&
  tagsOf(doc, "since").length === 0 &&
  tagsOf(doc, "category").length === 0

const flaws = (node) => {
  const doc = docOf(node)
  if (doc === undefined) return ["a docstring"]
  const text = textOf(doc.comment) === "" ? ["a sentence that says what it is"] : []
  if (isModelOfService(node, doc)) return text
  const category = tagsOf(doc, "category")
  return [
    ...text,
    ...sinceFlaws(doc),
    ...(category.length === 1 && categories.includes(category[0]) ? [] : ["one known @category"])
  ]
}

/** Where an export may be documented. */
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
  // Of an overloaded function, the first signature speaks for all.
  const first = declarations.filter(
    (node, index) => !ts.isFunctionDeclaration(node) || declarations.findIndex(ts.isFunctionDeclaration) === index
  )
  return target === symbol ? first : [...aliases, ...first]
}

const exportProblems = (symbol) => {
  const nodes = declarationsOf(symbol)
  if (nodes.some((node) => docOf(node) !== undefined && tagsOf(docOf(node), "internal").length > 0)) return []
  const [fewest] = nodes.map(flaws).toSorted((a, b) => a.length - b.length)
  return fewest.map((flaw) => `${place(nodes[0])} ${symbol.name} lacks ${flaw}`)
}

const moduleProblems = (file) => {
  const name = relative(root, file.fileName)
  // The first of those before the first statement; a docstring with a category is that statement's own.
  const doc = file.statements[0]?.jsDoc?.[0]
  const own = doc !== undefined && tagsOf(doc, "category").length === 0
  const lacks = own ? sinceFlaws(doc) : ["a docstring of its own at the top"]
  return lacks.map((flaw) => `${name}:1 the module lacks ${flaw}`)
}

const files = sources.filter(existsSync).map((path) => program.getSourceFile(path))
const modules = files.map((file) => checker.getSymbolAtLocation(file)).filter((module) => module !== undefined)
const symbols = new Set(modules.flatMap((module) => checker.getExportsOfModule(module)))
const problems = [...files.flatMap(moduleProblems), ...[...symbols].flatMap(exportProblems)]
if (problems.length > 0) problems.push("", `The categories are: ${categories.join(", ")}.`)

report(problems, `${symbols.size} exports of ${files.length} modules are documented`)
