/** Walks a folder in the byte order of its paths. */
import * as fs from "node:fs"
import { compareNames, matches } from "./names.js"
import { becameLink, described, failure, type Problem } from "./problems.js"
import { type FileProblem, type Found, type Kind, kinds, unfollowed, type WalkOptions } from "./protocol.js"

interface Entry {
  readonly path: string
  readonly kind: Kind
  readonly bytes: number
  readonly time: number
  readonly problem?: Problem | undefined
}

/** A directory entry's name. */
interface Name {
  readonly name: string
  /** The sort key. */
  readonly key: string
  readonly kind: Kind
  /** The target of a link. */
  readonly stat?: fs.Stats
  readonly problem?: Problem
}

/** A folder that is being walked. */
interface Folder {
  /** The path of its entries within the walk, without their names: empty, or ending with a slash. */
  readonly base: string
  /** Whether a pattern includes it. */
  readonly included: boolean
  /** The real paths of its parent folders, if links are followed. */
  readonly above: ReadonlyArray<string>
}

/** The error codes of a broken or circular link. */
const brokenLinkCodes = new Set(["ENOENT", "ENOTDIR", "ELOOP"])

/** The names in a folder that are not valid UTF-8, as Node decodes them. */
const invalidNames = (folder: string, entries: ReadonlyArray<fs.Dirent>): ReadonlySet<string> => {
  const found = new Set<string>()
  // Invalid UTF-8 is decoded as this character, which can also be a real part of a name.
  if (!entries.some(({ name }) => name.includes("\ufffd"))) return found
  for (const name of fs.readdirSync(folder, { encoding: "buffer" })) {
    const text = name.toString("utf8")
    if (!Buffer.from(text, "utf8").equals(name)) found.add(text)
  }
  return found
}

/** Walks everything in a folder that a filter selects. */
function* walk({ empty, filter, folder, follow, links, outside }: WalkOptions): Generator<Entry, void> {
  const root = fs.realpathSync(folder)
  const isInside = (real: string): boolean => real === root || real.startsWith(root.endsWith("/") ? root : `${root}/`)

  /** Reads a folder, which may have been replaced since its parent was read. */
  const read = (here: string, { above }: Folder) => {
    const entries = fs.readdirSync(here, { withFileTypes: true })
    const stat = follow ? fs.statSync(here) : fs.lstatSync(here)
    if (stat.isSymbolicLink()) throw failure(becameLink)
    const way = follow ? [...above, fs.realpathSync(here)] : above
    return { names: sorted(here, entries, way), time: stat.mtimeMs, way }
  }

  /** `above` contains the real paths of `here` and its parents. */
  const sorted = (here: string, entries: ReadonlyArray<fs.Dirent>, above: ReadonlyArray<string>) => {
    const invalid = invalidNames(here, entries)
    const nameOf = (entry: fs.Dirent): Name => {
      const { name } = entry
      if (invalid.has(name)) return { name, key: name, kind: "name" }
      if (entry.isDirectory()) return { name, key: `${name}/`, kind: "folder" }
      if (entry.isFile()) return { name, key: name, kind: "file" }
      if (!entry.isSymbolicLink()) return { name, key: name, kind: "special" }
      return follow ? followed(here, name, above) : { name, key: name, kind: "symlink" }
    }
    return entries.map(nameOf).toSorted((a, b) => compareNames(a.key, b.key))
  }

  /** Resolves a symbolic link. */
  const followed = (here: string, name: string, above: ReadonlyArray<string>): Name => {
    try {
      const real = fs.realpathSync(`${here}/${name}`)
      if (!outside && !isInside(real)) return { name, key: name, kind: "outside" }
      const stat = fs.statSync(real)
      if (!stat.isDirectory()) return { name, key: name, kind: stat.isFile() ? "file" : "special", stat }
      return above.includes(real) ? { name, key: name, kind: "loop" } : { name, key: `${name}/`, kind: "folder" }
    } catch (error) {
      const problem = described(error)
      return brokenLinkCodes.has(problem[0])
        ? { name, key: name, kind: "symlink" }
        : { name, key: name, kind: "error", problem }
    }
  }

  const fileIn = (here: string, path: string, { name, stat }: Name): Entry => {
    try {
      const { mtimeMs, size } = stat ?? fs.lstatSync(`${here}/${name}`)
      return { path, kind: "file", bytes: size, time: mtimeMs }
    } catch (error) {
      return { path, kind: "error", bytes: 0, time: 0, problem: described(error) }
    }
  }

  function* inFolder(current: Folder): Generator<Entry, void> {
    const { base, included } = current
    const here = base === "" ? root : `${root}/${base.slice(0, -1)}`
    let found: ReturnType<typeof read>
    try {
      found = read(here, current)
    } catch (error) {
      // Never treat an unreadable root as empty: its files would count as deleted.
      if (base === "") throw error
      yield { path: base.slice(0, -1), kind: "error", bytes: 0, time: 0, problem: described(error) }
      return
    }
    const { names, time, way } = found
    if (names.length === 0 && base !== "" && empty && included) {
      yield { path: base.slice(0, -1), kind: "folder", bytes: 0, time }
    }
    for (const one of names) {
      const { kind, name, problem } = one
      const path = base + name
      if (matches(filter.exclude, path, name)) continue
      const isIncluded = included || matches(filter.include, path, name)
      if (kind === "folder") {
        yield* inFolder({ base: `${path}/`, included: isIncluded, above: way })
        continue
      }
      // An unreadable entry may be a folder with selected files.
      if (!isIncluded && kind !== "error" && !(links && unfollowed.has(kind))) continue
      yield kind === "file" ? fileIn(here, path, one) : { path, kind, bytes: 0, time: 0, problem }
    }
  }

  yield* inFolder({ base: "", included: filter.include.length === 0, above: [] })
}

const walks = new Map<number, Generator<Entry, void>>()

export const begin = ({ id, options }: { readonly id: number; readonly options: WalkOptions }): void => {
  walks.set(id, walk(options))
}

export const stop = ({ id }: { readonly id: number }): void => {
  walks.delete(id)
}

/** Returns up to `count` further entries of a walk. */
export const next = ({ count, id }: { readonly id: number; readonly count: number }): Found => {
  const entries = walks.get(id)
  // Fail instead of ending the walk: the remaining files would count as deleted.
  if (entries === undefined) throw new Error("the thread that read this folder has ended")
  const paths: Array<string> = []
  const found = new Uint8Array(count)
  const sizes = new Float64Array(count)
  const times = new Float64Array(count)
  const problems: Array<FileProblem> = []
  let ended = false
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
