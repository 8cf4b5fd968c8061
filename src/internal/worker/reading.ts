/** Reads files synchronously, which is much cheaper for small files than Node's asynchronous calls. */
import { hash } from "node:crypto"
import * as fs from "node:fs"
import { namesIn } from "./names.js"
import { behindLink, changed, described, failure, notAFile, type Problem } from "./problems.js"
import type { FileProblem, Input, ReadFiles, ReadInput, SmallContents, UsedBuffer } from "./protocol.js"

// Without this, opening a pipe would block until another process writes to it.
export const readable = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)

/** The flags to open a file. A file that has become a symbolic link is not followed. */
export const flagsOf = (follow: boolean): number => readable | (follow ? 0 : (fs.constants.O_NOFOLLOW ?? 0))

/** Stands for the MD5 of a file that could not be read. */
export const noMd5 = " ".repeat(32)

/** Ignores errors of a call. */
export const ignoringErrors = (call: () => void): void => {
  try {
    call()
  } catch {
    // Ignored on purpose.
  }
}

/**
 * Opens a file and passes it to `use`; throws if it is not a regular file. The open file is examined, because the path
 * may refer to another file by now, and a pipe's data may look like a file's content.
 */
export const withFile = <A>(path: string, flags: number, use: (file: number) => A): A => {
  const file = fs.openSync(path, flags)
  try {
    if (!fs.fstatSync(file).isFile()) throw failure(notAFile)
    return use(file)
  } finally {
    fs.closeSync(file)
  }
}

/** A buffer for this many bytes and one more, which shows whether a file has grown. */
export const bufferFor = (size: number, used: UsedBuffer): Buffer<ArrayBuffer> =>
  Buffer.from(used.byteLength > size ? used.buffer : new ArrayBuffer(size + 1))

/** Reads an open file, and one byte beyond the expected size if it has grown. Returns the number of bytes. */
const readInto = (file: number, target: Buffer, start: number, size: number): number => {
  let read = 0
  while (read <= size) {
    const wanted = size + 1 - read
    const more = fs.readSync(file, target, start + read, wanted, null)
    read += more
    // A short read occurs only at the end of a file.
    if (more < wanted) break
  }
  return read
}

/** Reads a file of a known size into a buffer, and returns its MD5; throws if the size has changed. */
export const readExactly = (path: string, target: Buffer, start: number, size: number, flags: number): string => {
  if (withFile(path, flags, (file) => readInto(file, target, start, size)) !== size) throw failure(changed)
  return hash("md5", target.subarray(start, start + size), "hex")
}

/** The problem of a folder that has become a symbolic link or cannot be examined. */
const problemOf = (folder: string): Problem | undefined => {
  try {
    return fs.lstatSync(folder).isSymbolicLink() ? behindLink : undefined
  } catch (error) {
    return described(error)
  }
}

/**
 * Files that were read below a folder that has become a symbolic link. Called after all reads, so that no earlier
 * change is missed. Each folder is examined once.
 */
export const behindLinks = (
  folder: string,
  names: ReadonlyArray<string>,
  unreadable: ReadonlyArray<FileProblem>
): ReadonlyArray<FileProblem> => {
  const known = new Map<string, Problem | undefined>()
  const problemAbove = (path: string): Problem | undefined => {
    const end = path.lastIndexOf("/")
    if (end === -1) return undefined
    const above = path.slice(0, end)
    if (!known.has(above)) known.set(above, problemAbove(above) ?? problemOf(`${folder}/${above}`))
    return known.get(above)
  }
  const unread = new Set(unreadable.map(([index]) => index))
  return names.flatMap((name, index): ReadonlyArray<FileProblem> => {
    const problem = unread.has(index) ? undefined : problemAbove(name)
    return problem === undefined ? [] : [[index, ...problem]]
  })
}

/** Reads files one after another. */
export const readFiles = ({ buffer, folder, follow, paths, sizes }: ReadInput): ReadFiles => {
  const names = namesIn(paths)
  const content = bufferFor(
    sizes.reduce((sum, size) => sum + size, 0),
    buffer
  )
  const flags = flagsOf(follow)
  let offset = 0
  let md5s = ""
  const problems: Array<FileProblem> = []
  for (const [index, name] of names.entries()) {
    const size = sizes[index] ?? 0
    try {
      md5s += readExactly(`${folder}/${name}`, content, offset, size, flags)
    } catch (error) {
      md5s += noMd5
      problems.push([index, ...described(error)])
    }
    offset += size
  }
  if (!follow) problems.push(...behindLinks(folder, names, problems))
  return { content: new Uint8Array(content.buffer, 0, offset), md5s, problems }
}

export const readWhole = ({ file, follow }: Input<"readWhole">): Uint8Array =>
  withFile(file, flagsOf(follow), (open) => fs.readFileSync(open))

/** Opens a file if it is a regular one and not too long. */
const openSmall = (path: string, largest: number): { readonly file: number; readonly size: number } | undefined => {
  let file: number
  try {
    file = fs.openSync(path, readable)
  } catch {
    return undefined
  }
  try {
    const stat = fs.fstatSync(file)
    if (stat.isFile() && stat.size <= largest) return { file, size: stat.size }
  } catch {
    // Skipped.
  }
  ignoringErrors(() => fs.closeSync(file))
  return undefined
}

/** Reads small files completely. The caller reads skipped files in another way that reports their errors. */
export const readSmall = ({ buffer, largest, paths }: Input<"readSmall">): SmallContents => {
  const opened = paths.split("\u0000").map((path) => openSmall(path, largest))
  const content = bufferFor(
    opened.reduce((sum, one) => sum + (one?.size ?? 0), 0),
    buffer
  )
  const sizes = new Float64Array(opened.length).fill(-1)
  let offset = 0
  let md5s = ""
  for (const [index, one] of opened.entries()) {
    let read = -1
    if (one !== undefined) {
      ignoringErrors(() => {
        read = readInto(one.file, content, offset, one.size)
      })
      ignoringErrors(() => fs.closeSync(one.file))
    }
    const isWhole = one !== undefined && read === one.size
    md5s += isWhole ? hash("md5", content.subarray(offset, offset + read), "hex") : noMd5
    if (!isWhole) continue
    sizes[index] = read
    offset += read
  }
  return { content: new Uint8Array(content.buffer, 0, offset), sizes, md5s }
}

export const areFolders = ({ folder, paths }: Input<"areFolders">): ReadonlyArray<boolean> =>
  paths.split("\u0000").map((path) => {
    try {
      return fs.statSync(`${folder}/${path}`, { throwIfNoEntry: false })?.isDirectory() ?? false
    } catch {
      // The path is below a file, or unreadable.
      return false
    }
  })
