/**
 * Byte strings. A ByteText has one character per byte of UTF-8, so that `<` compares in the byte order of Swift's
 * listings (JavaScript compares UTF-16), `length` counts bytes as Swift's limits do, and names that are not valid UTF-8
 * can be represented.
 */
import { Buffer, isUtf8 } from "node:buffer"

/** One character (U+0000 to U+00FF) per byte. Header values arrive in this form too. */
export type ByteText = string

/** ASCII characters, which UTF-8 encodes as themselves. */
// oxlint-disable-next-line no-control-regex
const ascii = /^[\x00-\x7f]*$/

/** Encodes a text as UTF-8. */
export const fromText = (text: string): ByteText =>
  ascii.test(text) ? text : Buffer.from(text, "utf8").toString("latin1")

/** Decodes UTF-8; invalid bytes become U+FFFD. */
export const toText = (bytes: ByteText): string =>
  ascii.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8")

/** Whether the bytes are valid UTF-8 without NUL, as Swift requires of every name. */
export const isValid = (bytes: ByteText): boolean =>
  !bytes.includes("\0") && (ascii.test(bytes) || isUtf8(Buffer.from(bytes, "latin1")))

/** Undoes percent-encoding. Like Swift, it keeps invalid escapes as they are. */
export const percentDecode = (encoded: string): ByteText =>
  fromWire(encoded).replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** A server reads raw bytes of a request line as U+0080 to U+00FF. Characters beyond that are real text. */
const fromWire = (raw: string): ByteText => (/[^\0-\xff]/.test(raw) ? fromText(raw) : raw)

/**
 * Percent-encodes everything but letters, digits, `_.-~` and slashes, as Swift does for names in headers and in the
 * errors of bulk operations.
 */
export const percentEncode = (bytes: ByteText): string =>
  bytes.replace(
    /[^A-Za-z0-9_.~/-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
  )

/** The smallest byte string greater than every string with this prefix, which must not be empty. */
export const after = (prefix: ByteText): ByteText =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
