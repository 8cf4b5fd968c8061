/**
 * Every relative link in README.md, CONTRIBUTING.md, llms.txt and docs/ leads to a file or folder of the project, and to a heading of
 * that page if it has a fragment; and docs/README.md links every page of docs/. Links to other hosts are not followed.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { filesUnder, report, root } from "./project.mjs"

/** The lines of a page with their numbers, without those in code fences. */
const linesOf = (path) => {
  let ticks
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text, index) => {
      const fence = /^\s*(`{3,})/.exec(text)?.[1]
      if (fence !== undefined) ticks = ticks === undefined ? fence : fence.length >= ticks.length ? undefined : ticks
      return ticks === undefined && fence === undefined ? [{ text, number: index + 1 }] : []
    })
}

/** The fragments of a page's headings, as GitHub makes them. */
const fragmentsOf = (path) =>
  new Set(
    linesOf(path).flatMap(({ text }) => {
      const heading = /^#+ (.*)$/.exec(text)?.[1]
      if (heading === undefined) return []
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
      return [plain.replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")]
    })
  )

/** The relative links of a page: `[text](target)`, outside of inline code. */
const linksOf = (path) =>
  linesOf(path).flatMap(({ number, text }) =>
    [...text.replace(/`[^`]*`/g, "code").matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link)
      .filter((link) => !/^[a-z]+:/i.test(link))
      .map((link) => {
        const [file, fragment] = link.split("#")
        return { number, link, fragment, target: file === "" ? path : resolve(dirname(path), file) }
      })
  )

const index = join(root, "docs", "README.md")
const pages = [
  ...["README.md", "CONTRIBUTING.md", "llms.txt"].map((name) => join(root, name)).filter(existsSync),
  ...filesUnder("docs", ".md")
]

const problems = pages.flatMap((page) =>
  linksOf(page).flatMap(({ fragment, link, number, target }) => {
    const place = `${relative(root, page)}:${number}`
    if (!existsSync(target)) return [`${place} ${link}: there is no such file`]
    return fragment !== undefined && target.endsWith(".md") && !fragmentsOf(target).has(fragment)
      ? [`${place} ${link}: ${relative(root, target)} has no such heading`]
      : []
  })
)
const indexed = existsSync(index) ? new Set(linksOf(index).map(({ target }) => target)) : new Set()
const missing = filesUnder("docs", ".md")
  .filter((page) => page !== index && !indexed.has(page))
  .map((page) => `docs/README.md does not link ${relative(root, page)}`)

report([...problems, ...missing], `the links of ${pages.length} pages lead somewhere`)
