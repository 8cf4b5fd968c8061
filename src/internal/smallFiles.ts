/**
 * Small files, read by a thread of their own: many at a time, with calls that wait. A call of Node's own file system takes a turn
 * of its pool of threads, and a file takes five of them; that is most of the time of an upload of a few KiB.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Brief } from "./folderReader.js"
import { type ReadingThread, startReadingThread } from "./readingThread.js"

/** A file that was read whole. */
export interface SmallFile {
  readonly bytes: Uint8Array
  /** 32 lower-case hex digits. */
  readonly md5: string
}

/** Reads a file, if it is one, small, and can be read; whatever else it is shows who reads it another way. */
export type ReadSmall = (path: string) => Effect.Effect<SmallFile | undefined>

const readSmall = Symbol.for("effect-rackspace/readSmall")

/** A file system that has a quicker way for small files. */
export const withReadSmall = (fs: FileSystem.FileSystem, read: ReadSmall): FileSystem.FileSystem =>
  Object.assign({}, fs, { [readSmall]: read })

/** The quicker way, where a file system has one. */
export const readSmallOf = (fs: FileSystem.FileSystem): ReadSmall | undefined =>
  (fs as { readonly [readSmall]?: ReadSmall })[readSmall]

/** In bytes: what is longer does not gain by it. */
const largest = 256 * 1024

/** How many files are read at one go, at the most. */
const mostTogether = 64

/** So many files are read the usual way first: for fewer, no thread is worth its start. */
const patience = 8

/** Reads with a thread that is started when it is worth it, and ends with the scope. */
export const makeReadSmall: Effect.Effect<ReadSmall, never, Scope.Scope> = Effect.gen(function* () {
  interface Waiting {
    readonly path: string
    readonly receive: (file: SmallFile | undefined) => void
  }
  let thread: ReadingThread | undefined
  let asked = 0
  let isBusy = false
  let isSoon = false
  const waiting: Array<Waiting> = []
  yield* Effect.addFinalizer(() => Effect.promise(() => thread?.end() ?? Promise.resolve()))

  // While one lot is read the next one gathers.
  const ask = (): void => {
    if (isBusy || waiting.length === 0) return
    const lot = waiting.splice(0, mostTogether)
    isBusy = true
    thread ??= startReadingThread(() => [false, "", ""])
    const paths = lot.map(({ path }) => path).join("\u0000")
    thread.ask({ op: "brief", paths, largest }, (answered) => {
      isBusy = false
      ask()
      const read = answered[0] ? (answered[1] as Brief) : undefined
      let offset = 0
      for (const [index, { receive }] of lot.entries()) {
        const size = read?.sizes[index] ?? -1
        if (read === undefined || size === -1) {
          receive(undefined)
          continue
        }
        const md5 = read.md5s.slice(index * 32, index * 32 + 32)
        receive({ bytes: read.content.subarray(offset, offset + size), md5 })
        offset += size
      }
    })
  }
  const askSoon = (): void => {
    if (isBusy || isSoon) return
    isSoon = true
    setImmediate(() => {
      isSoon = false
      ask()
    })
  }
  return (path) =>
    Effect.suspend(() => {
      // A name with NUL in it is none, which the usual way says.
      if (asked++ < patience || path.includes("\u0000")) return Effect.succeed(undefined)
      return Effect.async((resume) => {
        // Whoever is interrupted meanwhile does not hear of it; that costs less than to take it back.
        waiting.push({ path, receive: (file) => resume(Effect.succeed(file)) })
        askSoon()
      })
    })
})
