/**
 * An incremental reader of tar archives: ustar, pax extended headers (long names, Unicode, attributes) and GNU long
 * names. Error messages are those of Python's `tarfile`, which Swift uses.
 */
import { Buffer } from "node:buffer"
import type { ByteText } from "./byteText.js"

const blockBytes = 512

/** The limit for a header that is collected in memory: a long name or pax records. */
const maxHeaderBytes = 1024 * 1024

/** A file in an archive. Directories, links and devices are skipped. */
export interface TarFile {
  readonly name: ByteText
  /** In bytes. */
  readonly size: number
  /** The pax records in effect, by keyword: `SCHILY.xattr.user.mime_type`. */
  readonly records: ReadonlyMap<string, ByteText>
}

/** The archive is unreadable. */
export class InvalidTar {
  readonly _tag = "InvalidTar"
  constructor(readonly reason: string) {}
}

/** Called in the order of the archive. */
export interface Handlers {
  readonly onData: (file: TarFile, bytes: Uint8Array) => void
  /** Called after the last byte; `isWhole` is false if the file is truncated. */
  readonly onEnd: (file: TarFile, isWhole: boolean) => void
}

/** Parses an archive from chunks of any size. Both methods throw {@link InvalidTar}. */
export interface TarReader {
  readonly push: (bytes: Uint8Array) => void
  /** Called at the end of the archive. */
  readonly finish: () => void
}

const invalid = (reason: string): never => {
  throw new InvalidTar(reason)
}

/** An invalid header block. After the first entry it ends the archive, as in `tarfile`. */
class BadHeader {
  constructor(readonly reason: string) {}
}

const endOfArchive = "end of file header"

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")

/** Text up to the first NUL. */
const textField = (block: Uint8Array, start: number, length: number): ByteText =>
  latin1(block.subarray(start, start + length)).split("\0", 1)[0] ?? ""

/** A number in octal digits, or in binary if the first bit is set. */
const numberField = (block: Uint8Array, start: number, length: number): number => {
  const first = block[start] ?? 0
  if (first === 0x80 || first === 0xff) {
    let value = 0
    for (const byte of block.subarray(start + 1, start + length)) {
      value = value * 256 + byte
    }
    return first === 0x80 ? value : value - 256 ** (length - 1)
  }
  const digits = textField(block, start, length).trim()
  if (!/^[0-7]*$/.test(digits)) {
    throw new BadHeader("invalid header")
  }
  return digits === "" ? 0 : Number.parseInt(digits, 8)
}

/** The sum of a header's bytes, with spaces in place of the checksum itself. Some programs used signed bytes. */
const checksums = (block: Uint8Array): readonly [unsigned: number, signed: number] => {
  let unsigned = 0
  let signed = 0
  for (const [index, byte] of block.entries()) {
    const counted = index >= 148 && index < 156 ? 0x20 : byte
    unsigned += counted
    signed += counted > 127 ? counted - 256 : counted
  }
  return [unsigned, signed]
}

/** Parses the records of a pax header: `21 path=photos/a.jpg` and a newline, where the number is the record's length. */
const paxRecords = (body: string): ReadonlyArray<readonly [string, ByteText]> => {
  const records: Array<readonly [string, ByteText]> = []
  for (let at = 0; at < body.length && body[at] !== "\0";) {
    const [, length = "", keyword = ""] =
      /^(\d{1,20}) ([^=]+)=/.exec(body.slice(at, at + 4096)) ?? invalid("invalid header")
    const end = at + Number(length)
    const start = at + length.length + 1 + keyword.length + 1
    if (end <= start || end > body.length) {
      return invalid("invalid header")
    }
    records.push([keyword, body.slice(start, end - 1)])
    at = end
  }
  return records
}

/** The types of regular files. */
const fileKinds = new Set(["0", "\0", "7"])

/** How to process the content of an entry. */
type Content =
  | { readonly _tag: "File"; readonly file: TarFile }
  | { readonly _tag: "Header"; readonly kind: string; readonly parts: Array<Uint8Array> }
  | { readonly _tag: "Nothing" }

/** The fields of a header block. Throws {@link BadHeader}. */
const parseHeader = (block: Uint8Array): { readonly kind: string; readonly name: ByteText; readonly size: number } => {
  if (block.every((byte) => byte === 0)) {
    throw new BadHeader(endOfArchive)
  }
  if (!checksums(block).includes(numberField(block, 148, 8))) {
    throw new BadHeader("bad checksum")
  }
  const isUstar = latin1(block.subarray(257, 263)) === "ustar\0"
  const prefix = isUstar ? textField(block, 345, 155) : ""
  return {
    kind: String.fromCharCode(block[156] ?? 0),
    name: `${prefix === "" ? "" : `${prefix}/`}${textField(block, 0, 100)}`,
    size: numberField(block, 124, 12)
  }
}

/** A reader for one archive. */
export const reader = (handlers: Handlers): TarReader => {
  const block = new Uint8Array(blockBytes)
  let filled = 0
  let content: Content = { _tag: "Nothing" }
  /** The remaining bytes of the entry's content, and of the padding of its last block. */
  let left = 0
  let padding = 0
  let isFirst = true
  let isOver = false
  let longName: ByteText | undefined
  let shared = new Map<string, ByteText>()
  let own: ReadonlyMap<string, ByteText> | undefined

  const open = (): void => {
    const { kind, name, size: written } = parseHeader(block)
    if (kind === "x" || kind === "g" || kind === "X" || kind === "L" || kind === "K") {
      if (written > maxHeaderBytes) {
        invalid("invalid header")
      }
      start(written, { _tag: "Header", kind, parts: [] })
      return
    }
    const records = new Map([...shared, ...(own ?? [])])
    const size = records.has("size") ? Number(records.get("size")) : written
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new BadHeader("invalid header")
    }
    const named = records.get("path") ?? longName ?? name
    longName = undefined
    own = undefined
    if (kind === "S" || records.has("GNU.sparse.major") || records.has("GNU.sparse.map")) {
      invalid("sparse files are not supported")
    }
    const isDirectory = kind === "\0" && named.endsWith("/")
    // Links and directories may state a size, but no content follows.
    const hasContent = !["1", "2", "3", "4", "5", "6"].includes(kind) && !isDirectory
    start(
      hasContent ? size : 0,
      fileKinds.has(kind) && !isDirectory ? { _tag: "File", file: { name: named, size, records } } : { _tag: "Nothing" }
    )
  }

  const start = (size: number, next: Content): void => {
    content = next
    left = size
    padding = (blockBytes - (size % blockBytes)) % blockBytes
    if (size === 0) {
      close()
    }
  }

  const close = (): void => {
    if (content._tag === "File") {
      handlers.onEnd(content.file, true)
    } else if (content._tag === "Header") {
      const body = content.parts.map(latin1).join("")
      if (content.kind === "L") {
        longName = body.split("\0", 1)[0]
      } else if (content.kind === "g") {
        shared = new Map([...shared, ...paxRecords(body)])
      } else if (content.kind !== "K") {
        own = new Map(paxRecords(body))
      }
    }
    content = { _tag: "Nothing" }
  }

  /** Whether the last header announced an entry that is still missing. */
  const isExpected = (): boolean => longName !== undefined || own !== undefined

  const header = (): void => {
    try {
      open()
    } catch (problem) {
      if (!(problem instanceof BadHeader)) {
        throw problem
      }
      const isPlainEnd = problem.reason === endOfArchive
      if (isExpected() || (isFirst && !isPlainEnd)) {
        invalid(problem.reason)
      }
      isOver = true
    }
    isFirst = false
  }

  return {
    push: (bytes) => {
      for (let at = 0; at < bytes.byteLength;) {
        // Bytes after the end are ignored.
        if (isOver) {
          return
        }
        if (left > 0) {
          const part = bytes.subarray(at, at + left)
          at += part.byteLength
          left -= part.byteLength
          if (content._tag === "File") {
            handlers.onData(content.file, part)
          } else if (content._tag === "Header") {
            content.parts.push(part.slice())
          }
          if (left === 0) {
            close()
          }
        } else if (padding > 0) {
          const skipped = Math.min(padding, bytes.byteLength - at)
          at += skipped
          padding -= skipped
        } else {
          const part = bytes.subarray(at, at + blockBytes - filled)
          block.set(part, filled)
          filled += part.byteLength
          at += part.byteLength
          if (filled === blockBytes) {
            filled = 0
            header()
          }
        }
      }
    },
    finish: () => {
      if (isOver) {
        return
      }
      if (left > 0 && content._tag === "File") {
        handlers.onEnd(content.file, false)
      }
      if (left > 0 || padding > 0) {
        invalid("unexpected end of data")
      } else if (isFirst) {
        invalid(filled === 0 ? "empty file" : "truncated header")
      } else if (isExpected()) {
        invalid(filled === 0 ? "empty header" : "truncated header")
      }
    }
  }
}
