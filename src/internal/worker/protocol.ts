/**
 * The operations of the worker thread with their inputs and outputs.
 *
 * Lists are passed as columns, with names joined by NUL: for 10,000 files, passing one object each would cost more than
 * the work itself.
 */
import type { Filter } from "./names.js"
import type { Problem } from "./problems.js"

/** The kinds of entries in a walk. */
export type Kind = "file" | "folder" | "symlink" | "special" | "name" | "loop" | "outside" | "error"

export const kinds: ReadonlyArray<Kind> = ["file", "folder", "symlink", "special", "name", "loop", "outside", "error"]

/** The kinds of links that are not followed or broken. */
export const unfollowed: ReadonlySet<Kind> = new Set(["symlink", "outside", "loop"] as const)

/** The error of one of several files. */
export type FileProblem = readonly [index: number, code: string, message: string]

/** A buffer to reuse if it is large enough. */
export type UsedBuffer = Uint8Array<ArrayBuffer>

export interface WalkOptions {
  readonly folder: string
  readonly filter: Filter
  /** Whether symbolic links are followed. */
  readonly follow: boolean
  /** Whether links may lead out of the folder. */
  readonly outside: boolean
  /** Whether empty folders are listed. */
  readonly empty: boolean
  /**
   * Whether unfollowed links are listed even if the filter excludes them, because an object may exist with their name.
   */
  readonly links: boolean
}

/** Entries of a folder. */
export interface Found {
  readonly paths: string
  /** Indices of `kinds`. */
  readonly kinds: Uint8Array
  /** In bytes. */
  readonly sizes: Float64Array
  /** Modification times in milliseconds since 1970. */
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
  /** The prefix of each name in the archive. */
  readonly prefix: string
  readonly times: Float64Array
}

export interface ReadFiles {
  /** An archive; or the files one after another, each in the space of its given size. */
  readonly content: Uint8Array<ArrayBuffer>
  /** 32 characters per file; spaces if it could not be read. */
  readonly md5s: string
  readonly problems: ReadonlyArray<FileProblem>
}

/** Small files that were read completely. */
export interface SmallContents {
  /** One after another. */
  readonly content: Uint8Array<ArrayBuffer>
  /** In bytes; -1 for skipped paths: not a file, too long, or unreadable. */
  readonly sizes: Float64Array
  /** 32 characters per file; spaces if it was skipped. */
  readonly md5s: string
}

export interface StoreInput {
  /** The temporary files, none of which may exist. */
  readonly temporaries: string
  /** Their final names. */
  readonly targets: string
  /** One after another. */
  readonly content: Uint8Array<ArrayBuffer>
  /** In bytes. */
  readonly sizes: Float64Array
  /** Modification times in milliseconds since 1970; NaN for now. */
  readonly times: Float64Array
  /** 1 if the folder is given by its real path, and must not have become a symbolic link. */
  readonly checked: Uint8Array
}

export interface Stored {
  readonly problems: ReadonlyArray<readonly [index: number, call: string, code: string, message: string]>
  /** The content, whose buffer can be reused. */
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
  /** Starts to walk a folder; `next` returns its entries. */
  readonly walk: Operation<{ readonly id: number; readonly options: WalkOptions }, void>
  readonly next: Operation<{ readonly id: number; readonly count: number }, Found>
  readonly stop: Operation<{ readonly id: number }, void>
  /** Packs files into a tar archive. */
  readonly pack: Operation<PackInput, ReadFiles>
  /** Reads files. */
  readonly read: Operation<ReadInput, ReadFiles>
  /** Reads a file completely, whatever its size. */
  readonly readWhole: Operation<{ readonly file: string; readonly follow: boolean }, Uint8Array>
  /** Reads files of up to `largest` bytes from any folders. */
  readonly readSmall: Operation<
    { readonly paths: string; readonly largest: number; readonly buffer: UsedBuffer },
    SmallContents
  >
  readonly store: Operation<StoreInput, Stored>
  /** Whether these paths are folders or symbolic links to folders. */
  readonly areFolders: Operation<Files, ReadonlyArray<boolean>>
  /** The MD5s of a file's parts of the given sizes; the last part is the rest. */
  readonly hashParts: Operation<{ readonly file: string; readonly parts: ReadonlyArray<number> }, ReadonlyArray<string>>
  /** The MD5s of files, or the errors of those that cannot be read. */
  readonly hashFiles: Operation<Files, ReadonlyArray<string | Problem>>
  /** Adds bytes to a running MD5, and returns their buffer. */
  readonly update: Operation<
    { readonly hash: number; readonly bytes: Uint8Array<ArrayBuffer> },
    Uint8Array<ArrayBuffer>
  >
  /** Ends a running MD5. */
  readonly digest: Operation<{ readonly hash: number }, string>
  readonly forget: Operation<{ readonly hash: number }, void>
  /** Does nothing. The response shows that the thread is running. */
  readonly ping: Operation<{}, void>
}

export type Name = keyof Operations

export type Input<N extends Name> = Operations[N]["input"]

export type Output<N extends Name> = Operations[N]["output"]

/** A request for an operation. */
export type Request<N extends Name = Name> = { readonly [K in N]: { readonly op: K } & Input<K> }[N]

/** The response to a request: its output, or an error. */
export type Answered<N extends Name> =
  readonly [ok: true, output: Output<N>] | readonly [ok: false, code: string, message: string]

/** The buffers of a request that are transferred instead of copied. */
export const inputBuffers = (request: Request): ReadonlyArray<ArrayBuffer> => {
  switch (request.op) {
    case "pack":
    case "read":
    case "readSmall":
      return [request.buffer.buffer]
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
