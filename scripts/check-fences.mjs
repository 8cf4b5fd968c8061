/**
 * Checks that every ```ts fence in README.md, CONTRIBUTING.md, llms.txt, docs/ and the docstrings of src/ is a module that
 * compiles, where `effect-rackspace` is this source. Errors are reported with the line of the page.
 *
 * The fences are not written to disk: the compiler gets each one as a file next to its page, with empty lines before it and
 * spaces for its indentation, so that lines and columns are those of the page. Unused names are allowed.
 * A fence that begins with ```ts no-check is skipped, and listed.
 */
import { existsSync } from "node:fs"
import { join, relative } from "node:path"
import ts from "typescript-5.9"
import { fencesOf } from "./fences.mjs"
import { filesUnder, report, root } from "./project.mjs"

const pages = ["README.md", "CONTRIBUTING.md", "llms.txt"].map((name) => join(root, name)).filter(existsSync)
const fences = [...pages, ...filesUnder("docs", ".md"), ...filesUnder("src", ".ts")]
  .flatMap(fencesOf)
  .filter(({ language }) => language === "ts" || language === "typescript")
  .map((fence) => ({ ...fence, checked: !fence.words.includes("no-check") }))
const texts = new Map(
  fences
    .filter((fence) => fence.checked)
    .map(({ path, line, lines }) => [`${path}.${line}.ts`, "\n".repeat(line) + lines.join("\n")])
)

const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), {}, { ...ts.sys })
const options = { ...config.options, noUnusedLocals: false, noUnusedParameters: false }
const host = ts.createCompilerHost(options)
const { fileExists, readFile } = host
host.fileExists = (path) => texts.has(path) || fileExists(path)
host.readFile = (path) => texts.get(path) ?? readFile(path)

const program = ts.createProgram([...texts.keys()], options, host)
const problems = [...texts.keys()].flatMap((path) => {
  const file = program.getSourceFile(path)
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((diagnostic) => {
    const { line, character } = file.getLineAndCharacterOfPosition(diagnostic.start)
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")
    return `${relative(root, path).replace(/\.\d+\.ts$/, "")}:${line + 1}:${character + 1} TS${diagnostic.code}: ${message}`
  })
})

const skipped = fences.filter((fence) => !fence.checked).map(({ path, line }) => `${relative(root, path)}:${line}`)
const left = skipped.length === 0 ? "" : `, ${skipped.length} skipped: ${skipped.join(" ")}`
report(problems, `${texts.size} fences compile${left}`)
