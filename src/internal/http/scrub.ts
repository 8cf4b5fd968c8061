/**
 * Removes secrets from texts of a cloud, a proxy or a system, which may echo requests in many encodings.
 *
 * Secrets are searched in a plain form of the text, in which percent-encoding and the escapes of forms, JSON and HTML are decoded, also
 * nested ones, and line breaks are removed. The plain form records the position of each character in the original text.
 */
const redacted = "<redacted>"

/** The plain form of a text, with the start and end of each character in the original; a missing entry is the same position. */
interface Plain {
  readonly text: string
  readonly starts: ArrayLike<number>
  readonly ends: ArrayLike<number>
}

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  shy: "",
  sol: "/",
  bsol: "\\",
  plus: "+",
  equals: "=",
  colon: ":",
  semi: ";",
  comma: ",",
  period: ".",
  num: "#",
  percnt: "%",
  dollar: "$",
  excl: "!",
  quest: "?",
  commat: "@",
  lpar: "(",
  rpar: ")",
  lsqb: "[",
  lbrack: "[",
  rsqb: "]",
  rbrack: "]",
  lcub: "{",
  lbrace: "{",
  rcub: "}",
  rbrace: "}",
  ast: "*",
  Hat: "^",
  lowbar: "_",
  grave: "`",
  vert: "|",
  verbar: "|",
  Tab: "\t",
  NewLine: "\n"
}

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

// In order: escaped bytes of URLs and logs, escapes of JavaScript and JSON, entities, line breaks with the indentation of the next
// line or optional line breaks, and the space of a form.
const escapes =
  /((?:%[0-9a-f]{2})+|(?:\\x[0-9a-f]{2})+)|[\\%]u([0-9a-f]{4})|\\(["\\/'nrtbf])|&#x([0-9a-f]{1,8});?|&#([0-9]{1,8});?|&([a-z]{2,8});|(=?[\r\n]+[ \t]*|<w?br ?\/?>|\u00ad|\u200b)|(\+)/gi

const fromCode = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd")

/** The decoded escape; undefined if it is not an escape. */
const unescaped = (match: RegExpExecArray): string | undefined => {
  const [, percent, unit, character, hex, decimal, name, lineBreak] = match
  if (percent !== undefined) return Buffer.from(percent.replace(/%|\\x/gi, ""), "hex").toString("utf8")
  if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16))
  if (character !== undefined) return controls[character] ?? character
  if (hex !== undefined) return fromCode(Number.parseInt(hex, 16))
  if (decimal !== undefined) return fromCode(Number(decimal))
  if (name !== undefined) return named[name] ?? named[name.toLowerCase()]
  return lineBreak !== undefined ? "" : " "
}

/** Decodes one level of escapes. Returns its argument if there are none. */
const unescapedOnce = (plain: Plain): Plain => {
  const { ends, starts, text } = plain
  escapes.lastIndex = 0
  let match = escapes.exec(text)
  if (match === null) return plain
  let output = ""
  const outputStarts: Array<number> = []
  const outputEnds: Array<number> = []
  let done = 0
  const keep = (until: number): void => {
    for (let index = done; index < until; index++) {
      outputStarts.push(starts[index] ?? index)
      outputEnds.push(ends[index] ?? index + 1)
    }
    output += text.slice(done, until)
    done = until
  }
  for (; match !== null; match = escapes.exec(text)) {
    const value = unescaped(match)
    if (value === undefined) continue
    keep(match.index)
    done = match.index + match[0].length
    for (let index = 0; index < value.length; index++) {
      outputStarts.push(starts[match.index] ?? match.index)
      outputEnds.push(ends[done - 1] ?? done)
    }
    output += value
  }
  keep(text.length)
  return { text: output, starts: outputStarts, ends: outputEnds }
}

/** The maximum number of nested escapes. */
const maxRounds = 6

const plainOf = (text: string): Plain => {
  let plain: Plain = { text, starts: [], ends: [] }
  for (let round = 0; round < maxRounds; round++) {
    const next = unescapedOnce(plain)
    if (next === plain) break
    plain = next
  }
  // A lone surrogate becomes U+FFFD, as in UTF-8.
  return { ...plain, text: plain.text.toWellFormed() }
}

const unpadded = (base64: string): string => base64.replace(/=+$/, "")

/** The base64 encodings of a secret at any position within a longer text, without the characters that adjacent bytes affect. */
const base64Forms = (bytes: Buffer): ReadonlyArray<string> =>
  [0, 1, 2].map((offset) => {
    const encoded = unpadded(Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64"))
    const isWhole = (offset + bytes.length) % 3 === 0
    return encoded.slice(offset === 0 ? 0 : offset + 1, isWhole ? undefined : -1)
  })

/** The forms of a secret to search for. */
interface SearchForms {
  /** To be searched in the plain form: case-sensitive, or in any case. */
  readonly exact: ReadonlyArray<string>
  readonly anyCase: ReadonlyArray<string>
  /** The secret itself, which may look like an escape. To be searched in the original text. */
  readonly raw: string
}

/** Encodings of shorter secrets are not searched for, since they may occur in any text. */
const minEncodedLength = 6

const makeForms = (secret: string): SearchForms => {
  const plain = plainOf(secret).text
  const bytes = Buffer.from(secret, "utf8")
  const base64 = secret.length < minEncodedLength ? [] : base64Forms(bytes)
  const urlSafe = base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))
  return {
    raw: secret,
    // In the plain form, a plus is a space.
    exact: [...new Set([plain, ...base64.map((form) => form.replaceAll("+", " ")), ...urlSafe])],
    anyCase: secret.length < minEncodedLength ? [] : [bytes.toString("hex")]
  }
}

/** A program has few secrets, which are searched for many times. */
const cache = new Map<string, SearchForms>()

const formsOf = (secret: string): SearchForms => {
  const cached = cache.get(secret)
  if (cached !== undefined) return cached
  const forms = makeForms(secret)
  if (cache.size >= 64) cache.clear()
  cache.set(secret, forms)
  return forms
}

type Range = readonly [start: number, end: number]

const occurrences = (text: string, form: string, found: (start: number, end: number) => void): void => {
  if (form === "") return
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
    found(at, at + form.length)
  }
}

/** A secret of up to this many characters may occur in any text, and is removed only where it is a whole value. */
const longestShort = 2

const isValue = (text: string, start: number, end: number): boolean =>
  /["'=>]/.test(text[start - 1] ?? "") && /^["'&<,;\s]?$/.test(text[end] ?? "")

const rangesOf = (text: string, secrets: ReadonlyArray<string>, isTruncated: boolean): Array<Range> => {
  const ranges: Array<Range> = []
  const plain = plainOf(text)
  const lowerCase = plain.text.replace(/[A-F]/g, (digit) => digit.toLowerCase())
  const add = (start: number, end: number): void => {
    ranges.push([plain.starts[start] ?? start, plain.ends[end - 1] ?? end])
  }
  for (const secret of secrets) {
    if (secret === "") continue
    const { anyCase, exact, raw } = formsOf(secret)
    if (secret.length <= longestShort) {
      occurrences(plain.text, raw, (start, end) => isValue(plain.text, start, end) && add(start, end))
      continue
    }
    occurrences(text, raw, (start, end) => ranges.push([start, end]))
    for (const form of exact) occurrences(plain.text, form, add)
    for (const form of anyCase) occurrences(lowerCase, form, add)
    if (isTruncated) {
      // The text may end within the secret.
      const [whole = ""] = exact
      for (let length = Math.min(whole.length, plain.text.length); length > longestShort; length--) {
        if (!plain.text.endsWith(whole.slice(0, length))) continue
        add(plain.text.length - length, plain.text.length)
        break
      }
    }
  }
  return ranges.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])
}

const scrubbed = (text: string, secrets: ReadonlyArray<string>, isTruncated: boolean): string => {
  const ranges = rangesOf(text, secrets, isTruncated)
  if (ranges.length === 0) return text
  let output = ""
  let done = 0
  for (const [start, end] of ranges) {
    if (start >= done) output += text.slice(done, start) + redacted
    done = Math.max(done, end)
  }
  return output + text.slice(done)
}

/** Matches texts that may contain escapes, or characters that the plain form changes. */
const mayBeEscaped = /[%\\&+<\r\n\u00ad\u200b]/

/** Whether a text contains neither escapes nor secrets. A fast check for texts of every response, such as the request's id. */
const isClean = (text: string, secrets: ReadonlyArray<string>): boolean =>
  !mayBeEscaped.test(text) &&
  text.isWellFormed() &&
  secrets.every((secret) => {
    if (secret === "") return true
    const { anyCase, exact, raw } = formsOf(secret)
    return (
      !text.includes(raw) &&
      !exact.some((form) => text.includes(form)) &&
      !anyCase.some((form) => text.length >= form.length && text.toLowerCase().includes(form))
    )
  })

/**
 * Replaces each secret in a text by `<redacted>`, whatever its encoding. A secret of one or two characters is replaced only where it
 * is a whole value (`"x"`, `=x`), since it may occur in any text. In a truncated text, the beginning of a secret at its end is
 * replaced too.
 */
export const scrub = (text: string, secrets: ReadonlyArray<string>, isTruncated = false): string =>
  text === "" || secrets.length === 0 || (!isTruncated && isClean(text, secrets))
    ? text
    : // Earlier markers are skipped, since they may contain another secret.
      text
        .split(redacted)
        .map((part, index, parts) => scrubbed(part, secrets, isTruncated && index === parts.length - 1))
        .join(redacted)
