/**
 * Names as Swift sees them: rows of bytes. A ByteText holds one character for each byte of the UTF-8, so that `<` on
 * two of them is the byte order of Swift's listings (which the order of JavaScript strings is not), their length is the
 * length that the limits speak of, and a name that is no UTF-8 at all can be told from one that is.
 */
import { Buffer, isUtf8 } from "node:buffer"

/** Bytes, one character (U+0000 to U+00FF) for each. Header values arrive in this form too. */
export type ByteText = string

/** Characters whose UTF-8 is the character itself. */
// oxlint-disable-next-line no-control-regex
const ascii = /^[\x00-\x7f]*$/

/** The UTF-8 of a text. */
export const fromText = (text: string): ByteText =>
  ascii.test(text) ? text : Buffer.from(text, "utf8").toString("latin1")

/** The text that the bytes are the UTF-8 of; what is no UTF-8 becomes U+FFFD. */
export const toText = (bytes: ByteText): string =>
  ascii.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8")

/** Whether the bytes are valid UTF-8 without NUL, which Swift demands of every name. */
export const isValid = (bytes: ByteText): boolean =>
  !bytes.includes("\0") && (ascii.test(bytes) || isUtf8(Buffer.from(bytes, "latin1")))

/** Undoes percent-encoding. Like Swift it leaves alone what is no valid escape, so it never fails. */
export const percentDecode = (encoded: string): ByteText =>
  fromWire(encoded).replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** A request line can hold raw bytes, which a server hands on as U+0080 to U+00FF; what lies beyond is real text. */
const fromWire = (raw: string): ByteText => (/[^\0-\xff]/.test(raw) ? fromText(raw) : raw)

/**
 * Percent-encodes all but letters, digits, `_.-~` and the slash: the form in which Swift writes names into headers and
 * into the errors of bulk operations.
 */
export const percentEncode = (bytes: ByteText): string =>
  bytes.replace(
    /[^A-Za-z0-9_.~/-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
  )

/** The least bytes that are greater than everything that begins with the prefix, which must not be empty. */
export const after = (prefix: ByteText): ByteText =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
