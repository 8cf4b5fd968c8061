/**
 * Builds the API reference as a static site in site/html, and checks its links: `npm run docs` in the folder above installs what it
 * needs and runs it.
 *
 * Modules bear the names that users import. DOCS_SOURCE_URL is the template of links to the source, with {path} and {line}:
 * https://example.org/effect-rackspace/blob/main/{path}#L{line}. Without it there are none.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { Application, Converter, ReflectionKind } from "typedoc"
import { manifest, publicModules, root } from "../scripts/project.mjs"

const out = fileURLToPath(new URL("html", import.meta.url))
rmSync(out, { recursive: true, force: true })

const template = process.env.DOCS_SOURCE_URL
const app = await Application.bootstrap({
  name: `${manifest.name} ${manifest.version}`,
  entryPoints: publicModules.map(({ path }) => join(root, "src", `${path}.ts`)),
  tsconfig: join(root, "tsconfig.build.json"),
  basePath: root,
  readme: join(root, "README.md"),
  projectDocuments: [join(root, "docs/*.md")],
  disableGit: true,
  ...(template === undefined ? { disableSources: true } : { sourceLinkTemplate: template }),
  // The modules of Effect have references of their own.
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  categorizeByGroup: false,
  searchInComments: true,
  highlightLanguages: ["bash", "ini", "json", "text", "ts", "yaml"],
  validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
  treatValidationWarningsAsErrors: true,
  logLevel: "Warn"
})

app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    module.name = module.name.split("/").at(-1)
  }
})

const project = await app.convert()
if (project === undefined) process.exit(1)
app.validate(project)
await app.generateDocs(project, out)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)

/** The pages, and the files that their relative links lead to. */
const pages = readdirSync(out, { recursive: true }).filter((file) => file.endsWith(".html"))
const broken = pages.flatMap((page) => {
  const html = readFileSync(join(out, page), "utf8")
  const links = [...html.matchAll(/(?:href|src)="([^"#?]+)(?:[#?][^"]*)?"/g)].map(([, link]) => link)
  return links
    .filter((link) => !/^(?:[a-z]+:|\/\/)/i.test(link))
    .filter((link) => !existsSync(join(out, dirname(page), decodeURI(link))))
    .map((link) => `${page}: ${link}`)
})
if (broken.length > 0) {
  console.error(`Broken links:\n${[...new Set(broken)].join("\n")}`)
  process.exit(1)
}
console.log(`${pages.length} pages in ${relative(root, out)}; every relative link leads to a file`)
