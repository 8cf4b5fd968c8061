/** Finds the code fences of Markdown pages and docstrings, for the checks and tests that compile or run them. */
import { readFileSync } from "node:fs"

/**
 * @typedef {object} Fence
 * @property {string} path The file.
 * @property {number} line The number of the fence's first line.
 * @property {string} indent What precedes the fence in its line.
 * @property {string} ticks
 * @property {string} language
 * @property {ReadonlyArray<string>} words What follows the language: `run`, `test`, `no-check`.
 * @property {Array<string>} lines The content, with blanks in place of the indentation.
 */

/**
 * The fences of a file, in order. In source files only those in comments.
 *
 * @param {string} path
 * @returns {ReadonlyArray<Fence>}
 */
export const fencesOf = (path) => {
  const inSource = path.endsWith(".ts")
  /** @type {Array<Fence>} */
  const fences = []
  /** @type {Fence | undefined} */
  let open
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    const [, indent = "", ticks, info = ""] = /^(\s*(?:\* ?)?\s*)(`{3,})\s*(.*)$/.exec(line) ?? []
    if (open !== undefined) {
      if (ticks !== undefined && ticks.length >= open.ticks.length && info === "") open = undefined
      else open.lines.push(line.slice(0, open.indent.length).replace(/[^\s]/g, " ") + line.slice(open.indent.length))
    } else if (ticks !== undefined && (!inSource || indent.includes("*"))) {
      const [language = "", ...words] = info.split(/\s+/)
      open = { path, line: index + 1, indent, ticks, language, words, lines: [] }
      fences.push(open)
    }
  }
  return fences
}
