/**
 * Packs files into a tar archive in pax format. Modification times are stored as the extended attribute
 * `user.meta.mtime`, which the cloud keeps as metadata.
 */
import { namesIn } from "./names.js"
import { changed, described } from "./problems.js"
import type { FileProblem, PackInput, ReadFiles } from "./protocol.js"
import { behindLinks, bufferFor, flagsOf, noMd5, readExactly } from "./reading.js"

const block = 512

const padded = (size: number): number => Math.ceil(size / block) * block

/** The common part of all headers. */
const template = (() => {
  const header = Buffer.alloc(block)
  header.write("0000644\u00000000000\u00000000000\u0000", 100, "latin1")
  header.write("ustar\u000000", 257, "latin1")
  return header
})()

const templateSum = template.reduce((sum, byte) => sum + byte, 0) + 8 * 32

const sumOf = (archive: Buffer, offset: number, length: number): number => {
  let sum = 0
  for (let index = offset; index < offset + length; index++) sum += archive[index] ?? 0
  return sum
}

/** An octal number up to 8 GiB, or the year 2242. */
const octal = (value: number): string => Math.max(0, Math.min(value, 0o77777777777)).toString(8).padStart(11, "0")

/** Writes a header. The name is ASCII of at most 100 characters. */
const writeHeader = (archive: Buffer, offset: number, name: string, size: number, seconds: number, type: string) => {
  template.copy(archive, offset)
  archive.write(name, offset, 100, "latin1")
  archive.write(`${octal(size)}\u0000${octal(seconds)}\u0000`, offset + 124, 24, "latin1")
  archive[offset + 156] = type.charCodeAt(0)
  const sum =
    templateSum + sumOf(archive, offset, name.length) + sumOf(archive, offset + 124, 24) + (archive[offset + 156] ?? 0)
  archive.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, offset + 148, 8, "latin1")
}

/** A record of an extended header: its total length, a space, the key, the value, and a newline. */
const record = (key: string, value: string): string => {
  const rest = Buffer.byteLength(key) + Buffer.byteLength(value) + 3
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length++
  return `${length} ${key}=${value}\n`
}

/** Whether a plain header can contain a name; other names need a pax record. */
export const isPlain = (name: string): boolean => name.length <= 100 && /^[\u0020-\u007e]*$/.test(name)

/** Milliseconds as seconds with six decimals, as other clients write them. */
export const secondsText = (milliseconds: number): string => (milliseconds / 1000).toFixed(6)

/** The name in a file's header, and the records of its extended header. */
const headerOf = (name: string, time: number) => {
  const mtime = record("SCHILY.xattr.user.meta.mtime", secondsText(time))
  return isPlain(name) ? { name, records: mtime } : { name: "file", records: record("path", name) + mtime }
}

export const pack = ({ buffer, folder, follow, paths, prefix, sizes, times }: PackInput): ReadFiles => {
  const names = namesIn(paths)
  const headers = names.map((path, index) => headerOf(prefix + path, times[index] ?? 0))
  const needed = headers.reduce(
    (sum, { records }, index) => sum + 2 * block + padded(Buffer.byteLength(records)) + padded(sizes[index] ?? 0),
    2 * block
  )
  const archive = bufferFor(needed, buffer)
  // The padding between files must be zero.
  if (archive.buffer === buffer.buffer) archive.fill(0, 0, needed + 1)
  const flags = flagsOf(follow)
  let offset = 0
  let md5s = ""
  const problems: Array<FileProblem> = []
  for (const [index, { name, records }] of headers.entries()) {
    const size = sizes[index] ?? 0
    const seconds = Math.floor((times[index] ?? 0) / 1000)
    const length = archive.write(records, offset + block, "utf8")
    const start = offset + 2 * block + padded(length)
    try {
      md5s += readExactly(`${folder}/${names[index]}`, archive, start, size, flags)
    } catch (error) {
      archive.fill(0, offset, start + size + 1)
      md5s += noMd5
      problems.push([index, ...described(error)])
      continue
    }
    archive[start + size] = 0
    writeHeader(archive, offset, "pax", length, seconds, "x")
    writeHeader(archive, offset + block + padded(length), name, size, seconds, "0")
    offset = start + padded(size)
  }
  const moved = follow ? [] : behindLinks(folder, names, problems)
  return moved.length > 0
    ? withoutArchive(names.length, [...problems, ...moved])
    : { content: new Uint8Array(archive.buffer, 0, offset + 2 * block), md5s, problems }
}

/**
 * The result if a file failed, since the archive is then unusable. The caller treats the other files as changed and
 * reads them again.
 */
const withoutArchive = (count: number, problems: ReadonlyArray<FileProblem>): ReadFiles => {
  const known = new Set(problems.map(([index]) => index))
  const others = Array.from({ length: count }, (_, index): FileProblem => [index, ...changed])
  return {
    content: new Uint8Array(0),
    md5s: "",
    problems: [...problems, ...others.filter(([index]) => !known.has(index))]
  }
}
