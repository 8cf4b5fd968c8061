/**
 * The operations of the worker thread: what each takes, and what it returns.
 *
 * Many names and numbers are passed in columns, names joined by NUL: of 10,000 files, an object for each would cost the threads more
 * than the work itself.
 */
import type { Filter } from "./names.js"
import type { Problem } from "./problems.js"

/** What a walk finds. */
export type Kind = "file" | "folder" | "symlink" | "special" | "name" | "loop" | "outside" | "error"

export const kinds: ReadonlyArray<Kind> = ["file", "folder", "symlink", "special", "name", "loop", "outside", "error"]

/** The kinds of links that are not followed, or lead nowhere at the moment. */
export const unfollowed: ReadonlySet<Kind> = new Set(["symlink", "outside", "loop"] as const)

/** The problem of one of several files. */
export type FileProblem = readonly [index: number, code: string, message: string]

/** A buffer that is not read any more, and is filled anew if it is large enough. */
export type UsedBuffer = Uint8Array<ArrayBuffer> | undefined

export interface WalkOptions {
  readonly folder: string
  readonly filter: Filter
  /** Whether symbolic links are followed. */
  readonly follow: boolean
  /** Whether they are followed out of the folder. */
  readonly outside: boolean
  /** Whether empty folders are listed. */
  readonly empty: boolean
  /** Whether a link that is not followed is listed though `include` does not name it: its name may be on the other side of the link. */
  readonly links: boolean
}

/** Entries of a folder. */
export interface Found {
  readonly paths: string
  /** Indices of `kinds`. */
  readonly kinds: Uint8Array
  /** In bytes. */
  readonly sizes: Float64Array
  /** Last modification, milliseconds since 1970. */
  readonly times: Float64Array
  readonly problems: ReadonlyArray<FileProblem>
  readonly ended: boolean
}

export interface ReadInput {
  readonly folder: string
  readonly paths: string
  readonly sizes: Float64Array
  /** Whether a file may be a symbolic link. */
  readonly follow: boolean
  readonly buffer: UsedBuffer
}

export interface PackInput extends ReadInput {
  /** Stands before each name in the archive. */
  readonly prefix: string
  readonly times: Float64Array
}

export interface ReadFiles {
  /** An archive; or the files one after the other, each in the space of its given size. */
  readonly content: Uint8Array<ArrayBuffer>
  /** 32 characters a file; spaces where it could not be read. */
  readonly md5s: string
  readonly problems: ReadonlyArray<FileProblem>
}

/** Small files that were read whole, wherever they are. */
export interface SmallContents {
  /** One after the other. */
  readonly content: Uint8Array<ArrayBuffer>
  /** In bytes; -1 for paths that were left out: no file, too long, or not readable whole. */
  readonly sizes: Float64Array
  /** 32 characters a file; spaces where it was left out. */
  readonly md5s: string
}

export interface StoreInput {
  /** The files that are written. None of them may exist. */
  readonly temporaries: string
  /** Their names in the end. */
  readonly targets: string
  /** One after the other. */
  readonly content: Uint8Array<ArrayBuffer>
  /** In bytes. */
  readonly sizes: Float64Array
  /** Last modification, milliseconds since 1970; NaN for now. */
  readonly times: Float64Array
  /** 1 where the folder is given by its real path, and must not have become a symbolic link. */
  readonly checked: Uint8Array
}

export interface Stored {
  readonly problems: ReadonlyArray<readonly [index: number, call: string, code: string, message: string]>
  /** The content, whose buffer can be used again. */
  readonly content: Uint8Array<ArrayBuffer>
}

interface Operation<Input, Output> {
  readonly input: Input
  readonly output: Output
}

/** Files of a folder. */
interface Files {
  readonly folder: string
  readonly paths: string
}

export interface Operations {
  /** Begins to walk a folder; `next` gives its entries. */
  readonly walk: Operation<{ readonly id: number; readonly options: WalkOptions }, void>
  readonly next: Operation<{ readonly id: number; readonly count: number }, Found>
  readonly stop: Operation<{ readonly id: number }, void>
  /** Files as a tar archive. */
  readonly pack: Operation<PackInput, ReadFiles>
  /** Files as they are. */
  readonly read: Operation<ReadInput, ReadFiles>
  /** A file's content, whatever size it has by now. */
  readonly readWhole: Operation<{ readonly file: string; readonly follow: boolean }, Uint8Array>
  /** Files of any folder, up to `largest` bytes. */
  readonly readSmall: Operation<
    { readonly paths: string; readonly largest: number; readonly buffer: UsedBuffer },
    SmallContents
  >
  readonly store: Operation<StoreInput, Stored>
  /** Whether there are folders of these paths, or symbolic links to folders. */
  readonly areFolders: Operation<Files, ReadonlyArray<boolean>>
  /** The MD5s of a file's parts, of the given sizes; the last takes the rest. */
  readonly hashParts: Operation<{ readonly file: string; readonly parts: ReadonlyArray<number> }, ReadonlyArray<string>>
  /** The MD5s of files; a file that cannot be read has its problem instead. */
  readonly hashFiles: Operation<Files, ReadonlyArray<string | Problem>>
  /** Adds bytes to a running MD5, and returns their buffer. */
  readonly update: Operation<
    { readonly hash: number; readonly bytes: Uint8Array<ArrayBuffer> },
    Uint8Array<ArrayBuffer>
  >
  /** Ends a running MD5. */
  readonly digest: Operation<{ readonly hash: number }, string>
  readonly forget: Operation<{ readonly hash: number }, void>
  /** Does nothing: the response shows that the thread runs. */
  readonly ping: Operation<{}, void>
}

export type Name = keyof Operations

export type Input<N extends Name> = Operations[N]["input"]

export type Output<N extends Name> = Operations[N]["output"]

/** A request for an operation. */
export type Request<N extends Name = Name> = { readonly [K in N]: { readonly op: K } & Input<K> }[N]

/** The response to a request: its output, or why it failed. */
export type Answered<N extends Name> =
  readonly [ok: true, output: Output<N>] | readonly [ok: false, code: string, message: string]

/** The buffers of a request that are transferred instead of copied, since nobody reads them until they are returned. */
export const inputBuffers = (request: Request): ReadonlyArray<ArrayBuffer> => {
  switch (request.op) {
    case "pack":
    case "read":
    case "readSmall":
      return request.buffer === undefined ? [] : [request.buffer.buffer]
    case "store":
      return [request.content.buffer]
    case "update":
      return [request.bytes.buffer]
    default:
      return []
  }
}

/** The buffers of an output that are transferred. */
export const outputBuffers = (op: Name, output: unknown): ReadonlyArray<ArrayBuffer> => {
  switch (op) {
    case "pack":
    case "read":
    case "readSmall":
    case "store":
      return [(output as Output<"pack" | "read" | "readSmall" | "store">).content.buffer]
    case "update":
      return [(output as Output<"update">).buffer]
    default:
      return []
  }
}
