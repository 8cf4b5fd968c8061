/**
 * Reads a folder: walks it in the order of a listing, packs files into tar archives and takes their MD5s; and reads and writes
 * small files wherever they are. All that with calls that wait, which cost a small file far less than Node's asynchronous ones
 * do. It is the program of `folderWorker.js`, so that nothing waits for it; where no worker can be started, a folder is read in
 * the thread that asks.
 *
 * Each request gets one response. A failure with a single file is part of the response.
 */
import { createHash, hash } from "node:crypto"
import * as fs from "node:fs"
import { dirname } from "node:path"

/**
 * @typedef {object} Pattern
 * @property {RegExp} expression
 * @property {boolean} anywhere Whether it is about a name at any depth; else about the path.
 *
 * @typedef {object} Filter
 * @property {ReadonlyArray<Pattern>} include Everything, where it is empty.
 * @property {ReadonlyArray<Pattern>} exclude
 *
 * @typedef {object} WalkOptions
 * @property {string} folder
 * @property {Filter} filter
 * @property {boolean} follow Whether symbolic links are followed.
 * @property {boolean} outside Whether they are followed out of the folder.
 * @property {boolean} empty Whether empty folders are listed.
 * @property {boolean} links Whether a link that is not followed is listed though `include` does not name it: what it
 *   names may be on the other side of the link.
 *
 * @typedef {"file" | "folder" | "symlink" | "special" | "name" | "loop" | "outside" | "error"} Kind
 *
 * Names of a walk, in columns: of 10,000 objects each would cost the threads more than the walk does.
 * @typedef {object} Found
 * @property {string} paths Joined by NUL.
 * @property {Uint8Array} kinds Indices of `kinds`.
 * @property {Float64Array} sizes In bytes.
 * @property {Float64Array} times Last modification, milliseconds since 1970.
 * @property {ReadonlyArray<readonly [index: number, code: string, message: string]>} problems
 * @property {boolean} ended
 *
 * @typedef {readonly [code: string, message: string]} Problem
 *
 * @typedef {object} Packed
 * @property {Uint8Array<ArrayBuffer>} archive Of files that were only read, one after the other, each in the room for its size.
 * @property {string} md5s 32 characters a file; spaces where it could not be read.
 * @property {ReadonlyArray<readonly [index: number, code: string, message: string]>} problems
 *
 * @typedef {{ readonly op: "walk", readonly id: number, readonly options: WalkOptions }} WalkRequest
 * @typedef {{ readonly op: "next", readonly id: number, readonly count: number }} NextRequest
 * @typedef {{ readonly op: "stop", readonly id: number }} StopRequest
 * @typedef {object} PackRequest
 * @property {"pack"} op
 * @property {string} folder
 * @property {string} prefix Stands before each name in the archive.
 * @property {string} paths Joined by NUL.
 * @property {Float64Array} sizes
 * @property {Float64Array} times
 * @property {boolean} follow Whether a file may be a symbolic link.
 * @property {Room} room
 *
 * @typedef {Omit<PackRequest, "op" | "prefix" | "times"> & { readonly op: "read" }} ReadRequest
 *
 * @typedef {Uint8Array<ArrayBuffer> | undefined} Room Where the content goes, if it is large enough: what nobody reads any more.
 *
 * @typedef {object} WholeRequest
 * @property {"whole"} op
 * @property {string} file
 * @property {boolean} follow Whether it may be a symbolic link.
 *
 * @typedef {object} HashRequest
 * @property {"hash"} op
 * @property {string} file
 * @property {ReadonlyArray<number>} parts Sizes of the parts that are to be hashed one by one; the last takes the rest.
 *
 * @typedef {object} HashAllRequest
 * @property {"hashAll"} op
 * @property {string} folder
 * @property {string} paths Joined by NUL.
 *
 * @typedef {object} FoldersRequest
 * @property {"folders"} op
 * @property {string} folder
 * @property {string} paths Joined by NUL.
 *
 * @typedef {object} BriefRequest
 * @property {"brief"} op
 * @property {string} paths Of files in any folder, joined by NUL.
 * @property {number} largest In bytes: longer files are left out.
 * @property {Room} room
 *
 * @typedef {object} Brief
 * @property {Uint8Array<ArrayBuffer>} content What was read, one after the other.
 * @property {Float64Array} sizes In bytes; -1 for paths that were left out: no file, too long, or not readable whole.
 * @property {string} md5s 32 characters a file; spaces where it was left.
 *
 * @typedef {object} StoreRequest
 * @property {"store"} op
 * @property {string} temporaries What is written, joined by NUL. None of them must be there.
 * @property {string} targets What they are called in the end, joined by NUL.
 * @property {Uint8Array<ArrayBuffer>} content One after the other.
 * @property {Float64Array} sizes In bytes.
 * @property {Float64Array} times Last modification, milliseconds since 1970; NaN for now.
 * @property {Uint8Array} checked 1 where the folder is given by its real path, and must not have become a symbolic link.
 *
 * @typedef {object} Stored
 * @property {ReadonlyArray<readonly [index: number, call: string, code: string, message: string]>} problems What went wrong.
 * @property {Uint8Array<ArrayBuffer>} room What held the content, for the next.
 *
 * @typedef {WalkRequest | NextRequest | StopRequest | PackRequest | ReadRequest | WholeRequest} FolderRequest
 * @typedef {FolderRequest | HashRequest | HashAllRequest | FoldersRequest | BriefRequest | StoreRequest} Request
 */

/** @type {ReadonlyArray<Kind>} */
export const kinds = ["file", "folder", "symlink", "special", "name", "loop", "outside", "error"]

/**
 * Whether a name is meant: a pattern that fits a folder stands for all that is in it.
 *
 * @param {ReadonlyArray<Pattern>} patterns
 * @param {string} path
 * @param {string} name The last part of the path.
 */
const fits = (patterns, path, name) => {
  for (const { anywhere, expression } of patterns) if (expression.test(anywhere ? name : path)) return true
  return false
}

/**
 * Whether a path is among what a filter lets through, whichever of its folders is named.
 *
 * @param {Filter} filter
 * @param {string} path
 */
export const isSelected = (filter, path) => {
  if (filter.include.length === 0 && filter.exclude.length === 0) return true
  let included = filter.include.length === 0
  for (let end = path.indexOf("/"), start = 0; ; end = path.indexOf("/", start)) {
    const part = end === -1 ? path : path.slice(0, end)
    const name = part.slice(start)
    if (fits(filter.exclude, part, name)) return false
    included ||= fits(filter.include, part, name)
    if (end === -1) return included
    start = end + 1
  }
}

/**
 * Compares as UTF-8 does, which is the order of a listing: UTF-16 puts the surrogates before the end of the basic plane.
 *
 * @param {string} a
 * @param {string} b
 */
export const compareNames = (a, b) => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    let left = a.charCodeAt(index)
    let right = b.charCodeAt(index)
    if (left === right) continue
    if (left >= 0xd800 && right >= 0xd800) {
      if (left >= 0xe000) left -= 0x2000
      else left += 0x2000
      if (right >= 0xe000) right -= 0x2000
      else right += 0x2000
    }
    return left - right
  }
  return a.length - b.length
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
const described = (error) =>
  error instanceof Error
    ? ["code" in error ? String(error.code) : "UNKNOWN", error.message]
    : ["UNKNOWN", String(error)]

/** @param {Problem} problem */
const failure = ([code, message]) => Object.assign(new Error(message), { code })

/**
 * The problem of a file or a folder that has become a symbolic link since it was found.
 *
 * @type {Problem}
 */
export const becameLink = ["ELOOP", "it has become a symbolic link since it was found"]

/**
 * The problem of a file in such a folder.
 *
 * @type {Problem}
 */
export const behindLink = ["ELOOP", "a folder that it is in has become a symbolic link since it was found"]

/**
 * The kinds of links that are not followed, or lead nowhere at the moment.
 *
 * @type {ReadonlySet<Kind>}
 */
export const unfollowed = new Set(/** @type {const} */ (["symlink", "outside", "loop"]))

/** @type {Problem} */
const notAFile = ["NOTAFILE", "it is not a file"]

/** What an error says of a link that leads nowhere, or round in a circle. */
const leadingNowhere = new Set(["ENOENT", "ENOTDIR", "ELOOP"])

/**
 * The names in a folder that are not valid UTF-8, as they are read.
 *
 * @param {string} folder
 * @param {ReadonlyArray<fs.Dirent>} entries
 */
const unreadableNames = (folder, entries) => {
  /** @type {Set<string>} */
  const found = new Set()
  // Whatever is not UTF-8 is read as this; but so is this itself.
  if (!entries.some(({ name }) => name.includes("\ufffd"))) return found
  for (const name of fs.readdirSync(folder, { encoding: "buffer" })) {
    const text = name.toString("utf8")
    if (!Buffer.from(text, "utf8").equals(name)) found.add(text)
  }
  return found
}

/** @param {fs.Dirent | fs.Stats} entry */
const isOther = (entry) => !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink()

/**
 * @typedef {object} Name
 * @property {string} name
 * @property {string} key By which it stands among the others.
 * @property {Kind} kind
 * @property {fs.Stats} [stat] Of what a link leads to.
 * @property {Problem} [problem]
 *
 * @typedef {object} Entry
 * @property {string} path
 * @property {Kind} kind
 * @property {number} bytes
 * @property {number} time
 * @property {Problem | undefined} [problem]
 *
 * Everything in a folder that a filter lets through, in the byte order of its paths.
 *
 * @param {WalkOptions} options
 * @returns {Generator<Entry, void>}
 */
function* walk({ empty, filter, folder, follow, links, outside }) {
  const root = fs.realpathSync(folder)

  /** @param {string} real */
  const isInside = (real) => real === root || real.startsWith(root.endsWith("/") ? root : `${root}/`)

  /**
   * @param {string} base Of what is in the folder, with a slash at its end where it is not empty.
   * @param {boolean} included
   * @param {ReadonlyArray<string>} above The real paths of the folders that it is in, where links are followed.
   * @returns {Generator<Entry, void>}
   */
  function* inFolder(base, included, above) {
    const here = base === "" ? root : `${root}/${base.slice(0, -1)}`
    /** @type {{ readonly entries: Array<fs.Dirent>, readonly unreadable: Set<string>, readonly time: number }} */
    let found
    let way = above
    // Since it was found in the folder above, anything may have become of it.
    try {
      const entries = fs.readdirSync(here, { withFileTypes: true })
      const stat = follow ? fs.statSync(here) : fs.lstatSync(here)
      if (stat.isSymbolicLink()) throw failure(becameLink)
      if (follow) way = [...above, fs.realpathSync(here)]
      found = { entries, unreadable: unreadableNames(here, entries), time: stat.mtimeMs }
    } catch (error) {
      // Not an empty folder: files that are not found in it would be taken for deleted ones.
      if (base === "") throw error
      yield { path: base.slice(0, -1), kind: "error", bytes: 0, time: 0, problem: described(error) }
      return
    }
    const { entries, time, unreadable } = found
    if (entries.length === 0 && base !== "" && empty && included) {
      yield { path: base.slice(0, -1), kind: "folder", bytes: 0, time }
    }
    /** @type {Array<Name>} */
    const sorted = []
    for (const entry of entries) {
      const { name } = entry
      if (unreadable.has(name)) {
        sorted.push({ name, key: name, kind: "name" })
      } else if (entry.isDirectory()) {
        sorted.push({ name, key: `${name}/`, kind: "folder" })
      } else if (entry.isFile()) {
        sorted.push({ name, key: name, kind: "file" })
      } else if (!entry.isSymbolicLink() || !follow) {
        sorted.push({ name, key: name, kind: isOther(entry) ? "special" : "symlink" })
      } else {
        sorted.push(followed(here, name, way))
      }
    }
    sorted.sort((a, b) => compareNames(a.key, b.key))
    for (const { kind, name, problem, stat } of sorted) {
      const path = base + name
      if (fits(filter.exclude, path, name)) continue
      const inside = included || fits(filter.include, path, name)
      if (kind === "folder") {
        yield* inFolder(`${path}/`, inside, way)
        continue
      }
      // An entry that cannot be read may be a folder with selected files.
      if (!inside && kind !== "error" && !(links && unfollowed.has(kind))) continue
      if (kind !== "file") {
        yield { path, kind, bytes: 0, time: 0, problem }
        continue
      }
      try {
        const { mtimeMs, size } = stat ?? fs.lstatSync(`${here}/${name}`)
        yield { path, kind, bytes: size, time: mtimeMs }
      } catch (error) {
        yield { path, kind: "error", bytes: 0, time: 0, problem: described(error) }
      }
    }
  }

  /**
   * What a symbolic link leads to.
   *
   * @param {string} here
   * @param {string} name
   * @param {ReadonlyArray<string>} above The real paths of `here` and of the folders that it is in.
   * @returns {Name}
   */
  const followed = (here, name, above) => {
    try {
      const real = fs.realpathSync(`${here}/${name}`)
      if (!outside && !isInside(real)) return { name, key: name, kind: "outside" }
      const stat = fs.statSync(real)
      if (!stat.isDirectory()) return { name, key: name, kind: stat.isFile() ? "file" : "special", stat }
      return above.includes(real) ? { name, key: name, kind: "loop" } : { name, key: `${name}/`, kind: "folder" }
    } catch (error) {
      const problem = described(error)
      return leadingNowhere.has(problem[0])
        ? { name, key: name, kind: "symlink" }
        : { name, key: name, kind: "error", problem }
    }
  }

  yield* inFolder("", filter.include.length === 0, [])
}

/** @type {Map<number, Generator<Entry, void>>} */
const walks = new Map()

/**
 * @param {number} id
 * @param {number} count
 * @returns {Found}
 */
const next = (id, count) => {
  const entries = walks.get(id)
  /** @type {Array<string>} */
  const paths = []
  const found = new Uint8Array(count)
  const sizes = new Float64Array(count)
  const times = new Float64Array(count)
  /** @type {Array<readonly [number, string, string]>} */
  const problems = []
  let ended = false
  // Not an end: files that are not found would be taken for deleted ones.
  if (entries === undefined) throw new Error("the thread that read this folder has ended")
  while (paths.length < count) {
    const entry = entries.next()
    if (entry.done === true) {
      ended = true
      walks.delete(id)
      break
    }
    const { bytes, kind, path, problem, time } = entry.value
    const index = paths.length
    found[index] = kinds.indexOf(kind)
    sizes[index] = bytes
    times[index] = time
    if (problem !== undefined) problems.push([index, ...problem])
    paths.push(path)
  }
  return { paths: paths.join("\u0000"), kinds: found.subarray(0, paths.length), sizes, times, problems, ended }
}

const block = 512

/** What is the same in every header. */
const template = (() => {
  const header = Buffer.alloc(block)
  header.write("0000644\u00000000000\u00000000000\u0000", 100, "latin1")
  header.write("ustar\u000000", 257, "latin1")
  return header
})()

const templateSum = template.reduce((sum, byte) => sum + byte, 0) + 8 * 32

/**
 * @param {Buffer} archive
 * @param {number} offset
 * @param {number} length
 */
const sumOf = (archive, offset, length) => {
  let sum = 0
  for (let index = offset; index < offset + length; index++) sum += archive[index] ?? 0
  return sum
}

/**
 * @param {Buffer} archive
 * @param {number} offset
 * @param {string} name ASCII, at most 100 characters.
 * @param {number} size
 * @param {number} seconds
 * @param {string} type
 */
const writeHeader = (archive, offset, name, size, seconds, type) => {
  template.copy(archive, offset)
  archive.write(name, offset, 100, "latin1")
  archive.write(`${octal(size)}\u0000${octal(seconds)}\u0000`, offset + 124, 24, "latin1")
  archive[offset + 156] = type.charCodeAt(0)
  const sum =
    templateSum + sumOf(archive, offset, name.length) + sumOf(archive, offset + 124, 24) + (archive[offset + 156] ?? 0)
  archive.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, offset + 148, 8, "latin1")
}

/** @param {number} value At most 8 GiB, or the year 2242. */
const octal = (value) => Math.max(0, Math.min(value, 0o77777777777)).toString(8).padStart(11, "0")

/**
 * A record of an extended header: its length, itself included, a space, the key, the value, a newline.
 *
 * @param {string} key
 * @param {string} value
 */
const record = (key, value) => {
  const rest = Buffer.byteLength(key) + Buffer.byteLength(value) + 3
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length++
  return `${length} ${key}=${value}\n`
}

/** @param {number} size */
const padded = (size) => Math.ceil(size / block) * block

/**
 * Whether a name stands in a header as it is; any other needs a record of its own.
 *
 * @param {string} name
 */
export const isPlain = (name) => name.length <= 100 && /^[\u0020-\u007e]*$/.test(name)

/**
 * Milliseconds as the seconds that other clients keep, with six decimals.
 *
 * @param {number} milliseconds
 */
export const secondsText = (milliseconds) => (milliseconds / 1000).toFixed(6)

/**
 * Files as a tar archive in the pax format. The time of modification stands in it as the extended attribute `user.meta.mtime`,
 * which the cloud keeps as metadata.
 *
 * @param {PackRequest} request
 * @returns {Packed}
 */
const pack = ({ folder, follow, paths, prefix, room, sizes, times }) => {
  const names = paths === "" ? [] : paths.split("\u0000")
  const headers = names.map((path, index) => {
    const name = prefix + path
    const plain = isPlain(name)
    const mtime = record("SCHILY.xattr.user.meta.mtime", secondsText(times[index] ?? 0))
    return { name: plain ? name : "file", records: plain ? mtime : record("path", name) + mtime }
  })
  let needed = 2 * block
  for (const [index, { records }] of headers.entries()) {
    needed += 2 * block + padded(Buffer.byteLength(records)) + padded(sizes[index] ?? 0)
  }
  const archive = roomFor(needed, room)
  // What stands between the files is zero.
  if (archive.buffer === room?.buffer) archive.fill(0, 0, needed + 1)
  let offset = 0
  let md5s = ""
  const flags = flagsOf(follow)
  /** @type {Array<readonly [number, string, string]>} */
  const problems = []
  for (const [index, { name, records }] of headers.entries()) {
    const size = sizes[index] ?? 0
    const time = Math.floor((times[index] ?? 0) / 1000)
    const length = archive.write(records, offset + block, "utf8")
    const start = offset + 2 * block + padded(length)
    try {
      readWhole(`${folder}/${names[index]}`, archive, start, size, flags)
    } catch (error) {
      archive.fill(0, offset, start + size + 1)
      md5s += " ".repeat(32)
      problems.push([index, ...described(error)])
      continue
    }
    archive[start + size] = 0
    writeHeader(archive, offset, "pax", length, time, "x")
    writeHeader(archive, offset + block + padded(length), name, size, time, "0")
    md5s += hash("md5", archive.subarray(start, start + size), "hex")
    offset = start + padded(size)
  }
  const moved = follow ? [] : behindLinks(folder, names, problems)
  if (moved.length > 0) {
    // They stand in the midst of the archive. Whoever asked takes the others for changed, and reads them anew.
    const known = new Set([...problems, ...moved].map(([index]) => index))
    const others = names.flatMap((_, index) => (known.has(index) ? [] : [/** @type {const} */ ([index, ...changed])]))
    return { archive: new Uint8Array(0), md5s: "", problems: [...problems, ...moved, ...others] }
  }
  return { archive: new Uint8Array(archive.buffer, 0, offset + 2 * block), md5s, problems }
}

/**
 * A buffer for so many bytes, and one more, by which a file is seen to have grown.
 *
 * @param {number} size
 * @param {Room} room
 */
const roomFor = (size, room) =>
  Buffer.from(room !== undefined && room.length > size ? room.buffer : new ArrayBuffer(size + 1))

/**
 * Files as they are, one after the other.
 *
 * @param {ReadRequest} request
 * @returns {Packed}
 */
const readAll = ({ folder, follow, paths, room, sizes }) => {
  const names = paths === "" ? [] : paths.split("\u0000")
  const content = roomFor(
    sizes.reduce((sum, size) => sum + size, 0),
    room
  )
  const flags = flagsOf(follow)
  let offset = 0
  let md5s = ""
  /** @type {Array<readonly [number, string, string]>} */
  const problems = []
  for (const [index, name] of names.entries()) {
    const size = sizes[index] ?? 0
    try {
      readWhole(`${folder}/${name}`, content, offset, size, flags)
      md5s += hash("md5", content.subarray(offset, offset + size), "hex")
    } catch (error) {
      md5s += " ".repeat(32)
      problems.push([index, ...described(error)])
    }
    offset += size
  }
  if (!follow) problems.push(...behindLinks(folder, names, problems))
  return { archive: new Uint8Array(content.buffer, 0, offset), md5s, problems }
}

/**
 * What was read through a folder that has become a symbolic link since it was found. Asked when all is read, so that no link is
 * missed that was there before; and of each folder once, which costs many files in few folders next to nothing.
 *
 * @param {string} folder
 * @param {ReadonlyArray<string>} names
 * @param {ReadonlyArray<readonly [index: number, code: string, message: string]>} problems What was not read.
 */
const behindLinks = (folder, names, problems) => {
  /** @type {Map<string, Problem | undefined>} */
  const known = new Map()
  /**
   * @param {string} path
   * @returns {Problem | undefined}
   */
  const above = (path) => {
    const end = path.lastIndexOf("/")
    if (end === -1) return undefined
    const inner = path.slice(0, end)
    if (!known.has(inner)) known.set(inner, above(inner) ?? linked(`${folder}/${inner}`))
    return known.get(inner)
  }
  const unread = new Set(problems.map(([index]) => index))
  /** @type {Array<readonly [index: number, code: string, message: string]>} */
  const found = []
  for (const [index, name] of names.entries()) {
    const problem = unread.has(index) ? undefined : above(name)
    if (problem !== undefined) found.push([index, ...problem])
  }
  return found
}

/**
 * What is wrong with a folder that was found as one.
 *
 * @param {string} path
 * @returns {Problem | undefined}
 */
const linked = (path) => {
  try {
    return fs.lstatSync(path).isSymbolicLink() ? behindLink : undefined
  } catch (error) {
    return described(error)
  }
}

/** @type {Problem} */
const changed = ["CHANGED", "it has changed while it was read"]

// A pipe would otherwise wait for somebody to write into it, and nothing could end that.
const readable = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)

/**
 * How a file is opened. What has become a symbolic link since it was found is not followed.
 *
 * @param {boolean} follow
 */
const flagsOf = (follow) => readable | (follow ? 0 : (fs.constants.O_NOFOLLOW ?? 0))

/**
 * Does something with an open file; throws where it is none. The open file is asked for that: another file may have
 * its path by now, and a pipe's data may look like a file's content.
 *
 * @template A
 * @param {string} path
 * @param {number} flags
 * @param {(file: number) => A} use
 * @returns {A}
 */
const withFile = (path, flags, use) => {
  const file = fs.openSync(path, flags)
  try {
    if (!fs.fstatSync(file).isFile()) throw failure(notAFile)
    return use(file)
  } finally {
    fs.closeSync(file)
  }
}

/**
 * Reads a file of a known size into its place; throws where it has another size by now.
 *
 * @param {string} path
 * @param {Buffer} target
 * @param {number} start
 * @param {number} size
 * @param {number} flags
 */
const readWhole = (path, target, start, size, flags) => {
  if (readInto(path, target, start, size, flags) !== size) {
    throw failure(changed)
  }
}

/**
 * Reads a file into its place, and one byte beyond it if there is more; returns how much was read.
 *
 * @param {string} path
 * @param {Buffer} target
 * @param {number} start
 * @param {number} size
 * @param {number} flags
 */
const readInto = (path, target, start, size, flags) =>
  withFile(path, flags, (file) => readFrom(file, target, start, size))

/**
 * Reads an open file into its place, and one byte beyond it if there is more; returns how much was read.
 *
 * @param {number} file
 * @param {Buffer} target
 * @param {number} start
 * @param {number} size
 */
const readFrom = (file, target, start, size) => {
  let read = 0
  while (read <= size) {
    const wanted = size + 1 - read
    const more = fs.readSync(file, target, start + read, wanted, null)
    read += more
    // Of a file fewer bytes come than are asked for only at its end.
    if (more < wanted) break
  }
  return read
}

/**
 * A file's content, whatever size it has by now.
 *
 * @param {WholeRequest} request
 */
const readAsItIs = ({ file, follow }) => withFile(file, flagsOf(follow), (open) => fs.readFileSync(open))

const buffer = Buffer.allocUnsafeSlow(1024 * 1024)

/**
 * The MD5s of a file's parts.
 *
 * @param {HashRequest} request
 */
const hashParts = ({ file, parts }) =>
  withFile(file, readable, (descriptor) =>
    parts.map((size, index) => {
      const hash = createHash("md5")
      let left = index === parts.length - 1 ? Infinity : size
      while (left > 0) {
        const read = fs.readSync(descriptor, buffer, 0, Math.min(buffer.length, left), null)
        if (read === 0) break
        hash.update(buffer.subarray(0, read))
        left -= read
      }
      return hash.digest("hex")
    })
  )

/**
 * The MD5s of files, one after the other; a file that cannot be read has its problem instead.
 *
 * @param {HashAllRequest} request
 * @returns {ReadonlyArray<string | readonly [code: string, message: string]>}
 */
const hashAll = ({ folder, paths }) =>
  paths.split("\u0000").map((path) => {
    try {
      return hashParts({ op: "hash", file: `${folder}/${path}`, parts: [0] })[0] ?? ""
    } catch (error) {
      return described(error)
    }
  })

/**
 * Whether there are folders of these paths, or symbolic links to folders.
 *
 * @param {FoldersRequest} request
 * @returns {ReadonlyArray<boolean>}
 */
const areFolders = ({ folder, paths }) =>
  paths.split("\u0000").map((path) => {
    try {
      return fs.statSync(`${folder}/${path}`, { throwIfNoEntry: false })?.isDirectory() ?? false
    } catch {
      // Below a file, or not to be read.
      return false
    }
  })

/**
 * Does what may fail without anybody caring.
 *
 * @param {() => void} attempt
 */
const quietly = (attempt) => {
  try {
    attempt()
  } catch {
    // Ignored on purpose.
  }
}

/**
 * Opens a file, if it is one and not too long.
 *
 * @param {string} path
 * @param {number} largest
 */
const openBrief = (path, largest) => {
  /** @type {number} */
  let file
  try {
    file = fs.openSync(path, readable)
  } catch {
    return undefined
  }
  try {
    const stat = fs.fstatSync(file)
    if (stat.isFile() && stat.size <= largest) return { file, size: stat.size }
  } catch {
    // It is left.
  }
  quietly(() => fs.closeSync(file))
  return undefined
}

/**
 * Small files, whole or not at all. The caller reads the files that are left out in another way, which reports what is wrong with them.
 *
 * @param {BriefRequest} request
 * @returns {Brief}
 */
const readBrief = ({ largest, paths, room }) => {
  const opened = paths.split("\u0000").map((path) => openBrief(path, largest))
  const content = roomFor(
    opened.reduce((sum, one) => sum + (one?.size ?? 0), 0),
    room
  )
  const sizes = new Float64Array(opened.length)
  let offset = 0
  let md5s = ""
  for (const [index, one] of opened.entries()) {
    let read = -1
    try {
      if (one !== undefined) read = readFrom(one.file, content, offset, one.size)
    } catch {
      // It is left.
    } finally {
      if (one !== undefined) quietly(() => fs.closeSync(one.file))
    }
    const isWhole = one !== undefined && read === one.size
    sizes[index] = isWhole ? read : -1
    md5s += isWhole ? hash("md5", content.subarray(offset, offset + read), "hex") : " ".repeat(32)
    if (isWhole) offset += read
  }
  return { content: new Uint8Array(content.buffer, 0, offset), sizes, md5s }
}

/**
 * Whether what would be replaced is no file. A target that cannot be examined fails when it is written.
 *
 * @param {string} path
 */
const isOtherThanFile = (path) => {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.isFile() === false
  } catch {
    return false
  }
}

/**
 * Throws where a folder, given by its real path, or one that it is in, has become a symbolic link.
 *
 * @param {string} folder
 */
const notBehindLink = (folder) => {
  if (fs.realpathSync(folder) !== folder) throw failure(behindLink)
}

/**
 * Small files, each written under a temporary name and then renamed; of one that fails nothing is left. A target that is no
 * file stays ("leave"), and the caller handles it.
 *
 * @param {StoreRequest} request
 * @returns {Stored}
 */
const store = ({ checked, content, sizes, targets, temporaries, times }) => {
  const names = targets.split("\u0000")
  /** @type {Array<readonly [number, string, string, string]>} */
  const problems = []
  let offset = 0
  for (const [index, temporary] of temporaries.split("\u0000").entries()) {
    const size = sizes[index] ?? 0
    const time = (times[index] ?? NaN) / 1000
    const target = names[index] ?? ""
    let call = "leave"
    let file = -1
    try {
      if (isOtherThanFile(target)) throw new Error("something else than a file is there")
      call = "open"
      file = fs.openSync(temporary, "wx")
      call = "write"
      // After the opening: a link that it went through is still there.
      if (checked[index] === 1) notBehindLink(dirname(temporary))
      for (let written = 0; written < size;) {
        written += fs.writeSync(file, content, offset + written, size - written)
      }
      call = "utimes"
      // As text, since Node takes a negative number for now.
      if (!Number.isNaN(time)) fs.futimesSync(file, Date.now() / 1000, String(time))
      call = "close"
      const whole = file
      file = -1
      fs.closeSync(whole)
      call = "rename"
      fs.renameSync(temporary, target)
    } catch (error) {
      if (file !== -1) quietly(() => fs.closeSync(file))
      // What was there before is somebody else's.
      if (call !== "leave" && call !== "open") quietly(() => fs.unlinkSync(temporary))
      problems.push([index, call, ...described(error)])
    }
    offset += size
  }
  return { problems, room: content }
}

/**
 * Handles a request.
 *
 * @param {Request} request
 * @returns {unknown}
 */
export const answer = (request) => {
  switch (request.op) {
    case "walk":
      walks.set(request.id, walk(request.options))
      return undefined
    case "next":
      return next(request.id, request.count)
    case "stop":
      walks.delete(request.id)
      return undefined
    case "pack":
      return pack(request)
    case "read":
      return readAll(request)
    case "whole":
      return readAsItIs(request)
    case "hash":
      return hashParts(request)
    case "hashAll":
      return hashAll(request)
    case "folders":
      return areFolders(request)
    case "brief":
      return readBrief(request)
    case "store":
      return store(request)
  }
}

/**
 * Handles a request, whatever happens: `[true, answer]` or `[false, code, message]`.
 *
 * @param {Request} request
 * @returns {readonly [true, unknown] | readonly [false, string, string]}
 */
export const safely = (request) => {
  try {
    return [true, answer(request)]
  } catch (error) {
    return [false, ...described(error)]
  }
}
