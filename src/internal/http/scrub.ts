/**
 * Removes secrets from texts that a cloud, a proxy or a system has written, since these echo what they were sent, and encode it
 * in many ways.
 *
 * A text is compared in its plain form: what percent-encoding, forms, JSON and HTML have escaped, once or several times, is
 * unescaped, and line breaks are left out. The plain form remembers where in the text each character stands.
 */
const redacted = "<redacted>"

/** A text in its plain form, and for each of its characters where it begins and ends in the text: at the same place where nothing is said. */
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

// In order: bytes as URLs and logs escape them, JavaScript's and JSON's escapes, entities, line breaks with what indents the next
// line, hints where a line may be broken, and a form's space.
const escapes =
  /((?:%[0-9a-f]{2})+|(?:\\x[0-9a-f]{2})+)|[\\%]u([0-9a-f]{4})|\\(["\\/'nrtbf])|&#x([0-9a-f]{1,8});?|&#([0-9]{1,8});?|&([a-z]{2,8});|(=?[\r\n]+[ \t]*|<w?br ?\/?>|\u00ad|\u200b)|(\+)/gi

const fromCode = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd")

/** What an escape stands for; undefined where it is none. */
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

/** One round of unescaping. Returns its input where there is nothing to unescape. */
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

/** How many times something may have been escaped. */
const mostRounds = 6

const plainOf = (text: string): Plain => {
  let plain: Plain = { text, starts: [], ends: [] }
  for (let round = 0; round < mostRounds; round++) {
    const next = unescapedOnce(plain)
    if (next === plain) break
    plain = next
  }
  // A lone half of a surrogate pair becomes U+FFFD, as it does in UTF-8.
  return { ...plain, text: plain.text.toWellFormed() }
}

const unpadded = (base64: string): string => base64.replace(/=+$/, "")

/** What base64 makes of a secret within a longer text, wherever in it the secret begins: without what its neighbours change. */
const base64Forms = (bytes: Buffer): ReadonlyArray<string> =>
  [0, 1, 2].map((offset) => {
    const encoded = unpadded(Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64"))
    const isWhole = (offset + bytes.length) % 3 === 0
    return encoded.slice(offset === 0 ? 0 : offset + 1, isWhole ? undefined : -1)
  })

/** The forms of a secret that are searched for. */
interface Sought {
  /** The text of the plain form; exactly, or in any case. */
  readonly exact: ReadonlyArray<string>
  readonly anyCase: ReadonlyArray<string>
  /** The secret as it is, for texts in which it is not escaped, though it contains escapes itself. */
  readonly raw: string
}

/** Of fewer characters, an encoding is too common a text to be recognised. */
const leastEncoded = 6

const soughtOf = (secret: string): Sought => {
  const plain = plainOf(secret).text
  const bytes = Buffer.from(secret, "utf8")
  const base64 = secret.length < leastEncoded ? [] : base64Forms(bytes)
  const urlSafe = base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))
  return {
    raw: secret,
    // In a plain form, a plus is a space.
    exact: [...new Set([plain, ...base64.map((form) => form.replaceAll("+", " ")), ...urlSafe])],
    anyCase: secret.length < leastEncoded ? [] : [bytes.toString("hex")]
  }
}

/** The secrets of a program are few, and each is searched for again and again. */
const known = new Map<string, Sought>()

const soughtFor = (secret: string): Sought => {
  const before = known.get(secret)
  if (before !== undefined) return before
  const sought = soughtOf(secret)
  if (known.size >= 64) known.clear()
  known.set(secret, sought)
  return sought
}

type Range = readonly [start: number, end: number]

const occurrences = (text: string, sought: string, found: (start: number, end: number) => void): void => {
  if (sought === "") return
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) {
    found(at, at + sought.length)
  }
}

/** Up to so many characters are found in any text. Such a secret is removed only where it stands as a value. */
const longestShort = 2

const isValue = (text: string, start: number, end: number): boolean =>
  /["'=>]/.test(text[start - 1] ?? "") && /^["'&<,;\s]?$/.test(text[end] ?? "")

const rangesOf = (text: string, secrets: ReadonlyArray<string>, isCut: boolean): Array<Range> => {
  const ranges: Array<Range> = []
  const plain = plainOf(text)
  const lowerCase = plain.text.replace(/[A-F]/g, (digit) => digit.toLowerCase())
  const add = (start: number, end: number): void => {
    ranges.push([plain.starts[start] ?? start, plain.ends[end - 1] ?? end])
  }
  for (const secret of secrets) {
    if (secret === "") continue
    const { anyCase, exact, raw } = soughtFor(secret)
    if (secret.length <= longestShort) {
      occurrences(plain.text, raw, (start, end) => isValue(plain.text, start, end) && add(start, end))
      continue
    }
    occurrences(text, raw, (start, end) => ranges.push([start, end]))
    for (const form of exact) occurrences(plain.text, form, add)
    for (const form of anyCase) occurrences(lowerCase, form, add)
    if (isCut) {
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

const scrubbed = (text: string, secrets: ReadonlyArray<string>, isCut: boolean): string => {
  const ranges = rangesOf(text, secrets, isCut)
  if (ranges.length === 0) return text
  let output = ""
  let done = 0
  for (const [start, end] of ranges) {
    if (start >= done) output += text.slice(done, start) + redacted
    done = Math.max(done, end)
  }
  return output + text.slice(done)
}

/** What escapes something, or stands for another character in a plain form. */
const mayBeEscaped = /[%\\&+<\r\n\u00ad\u200b]/

/** Whether a text that escapes nothing holds no secret. Found quickly, for texts of every response, such as the request's id. */
const isClean = (text: string, secrets: ReadonlyArray<string>): boolean =>
  !mayBeEscaped.test(text) &&
  text.isWellFormed() &&
  secrets.every((secret) => {
    if (secret === "") return true
    const { anyCase, exact, raw } = soughtFor(secret)
    return (
      !text.includes(raw) &&
      !exact.some((form) => text.includes(form)) &&
      !anyCase.some((form) => text.length >= form.length && text.toLowerCase().includes(form))
    )
  })

/**
 * A text with `<redacted>` in place of each secret, however it is encoded there. A secret of one or two characters is removed
 * only where it stands as a value (`"x"`, `=x`), since it is part of any other text. Of a text that was cut, a beginning of a
 * secret at its end is removed too.
 */
export const scrub = (text: string, secrets: ReadonlyArray<string>, isCut = false): string =>
  text === "" || secrets.length === 0 || (!isCut && isClean(text, secrets))
    ? text
    : // A marker of an earlier removal may contain another secret.
      text
        .split(redacted)
        .map((part, index, parts) => scrubbed(part, secrets, isCut && index === parts.length - 1))
        .join(redacted)
