/** Extracts the text of an HTML page in linear time. */

const closing: Readonly<Record<string, RegExp>> = {
  script: /<\/script\s*>/gi,
  style: /<\/style\s*>/gi,
  head: /<\/head\s*>/gi
}

/** The text of a page without tags, scripts and styles, in one line. Keeps `<redacted>`. */
export const textOfPage = (page: string): string => {
  const opening = /<redacted>|<(script|style|head)\b|</gi
  const unclosed = new Set<string>()
  let text = ""
  let done = 0
  for (let match = opening.exec(page); match !== null; match = opening.exec(page)) {
    if (match[0].length === "<redacted>".length) continue
    const name = match[1]?.toLowerCase() ?? ""
    const end = endOf(page, match.index, name, unclosed)
    if (end === undefined) break
    text += `${page.slice(done, match.index)} `
    done = end
    opening.lastIndex = end
  }
  return (text + page.slice(done)).replace(/\s+/g, " ").trim()
}

/** The end of a tag, or of a script, style or head element with its content; undefined if no further tag is closed. */
const endOf = (page: string, start: number, name: string, unclosed: Set<string>): number | undefined => {
  const close = unclosed.has(name) ? undefined : closing[name]
  if (close !== undefined) {
    close.lastIndex = start
    if (close.exec(page) !== null) return close.lastIndex
    // Not searched for again.
    unclosed.add(name)
  }
  const end = page.indexOf(">", start)
  return end < 0 ? undefined : end + 1
}
