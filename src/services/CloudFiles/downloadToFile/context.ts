/** The shared parts of downloads to files. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ByteSource } from "../../../internal/bytes/byteSource.js"
import { writeSource } from "../../../internal/files/fileWriting.js"
import { expandHome } from "../../../internal/files/homePath.js"
import type { DownloadOptions } from "../download/model.js"
import type * as Verification from "../download/verification.js"
import { md5Of, type ObjectInfo } from "../objects/objects.js"
import type { DownloadToFileOptions } from "./model.js"
import { makePartFiles, type PartFiles } from "./partFiles.js"

export const operation = "CloudFiles.downloadToFile"

export const mebibyte = 1024 ** 2

/** A download to a file, with its defaults applied. */
export interface FileDownload {
  readonly fs: FileSystem.FileSystem
  readonly parts: PartFiles
  readonly path: string
  /** The object, regardless of its version. */
  readonly object: Pick<DownloadOptions, "container" | "object" | "versionId" | "verify">
  /** The object, if it is the expected version. */
  readonly wanted: DownloadOptions
  readonly concurrency: number
  readonly parallelThreshold: number
  readonly decompress: boolean
  readonly resume: boolean
  readonly verify: boolean
  readonly progress: (bytes: number) => Effect.Effect<void>
}

export const fileDownloadOf = (fs: FileSystem.FileSystem, options: DownloadToFileOptions): FileDownload => {
  const { container, decompress = false, ifMatch, object, verify = true, versionId } = options
  const path = expandHome(options.path)
  return {
    fs,
    parts: makePartFiles(fs, path),
    path,
    object: { container, object, versionId, verify },
    wanted: { container, object, versionId, ifMatch, verify, decompress },
    concurrency: options.concurrency ?? 4,
    parallelThreshold: options.parallelThreshold ?? 64 * mebibyte,
    decompress,
    resume: options.resume ?? false,
    verify,
    progress: options.progress ?? (() => Effect.void)
  }
}

/** Whether an object that is downloaded as a whole is completely verified by MD5. */
export const isVerified = (info: ObjectInfo, verify: boolean): boolean =>
  verify && (md5Of(info) !== undefined || info.isStaticLargeObject)

/** A source that is verified as it is read. */
export const verifiedBy = <E, V>(source: ByteSource<E>, verifier: Verification.Verifier<V>): ByteSource<E | V> =>
  Stream.concat(
    Stream.mapChunksEffect(source, (chunks) => Effect.as(verifier.update(chunks), chunks)),
    Stream.execute(verifier.end)
  )

/** Writes a source at the position of an open file, and returns its length. */
export const write = <E>(
  { progress }: Pick<FileDownload, "progress">,
  target: FileSystem.File,
  source: ByteSource<E>,
  length: number | undefined
) =>
  Effect.suspend(() => {
    let bytes = 0
    const report = (count: number): Effect.Effect<void> => {
      bytes += count
      return progress(count)
    }
    return Effect.map(writeSource(target, source, { length, progress: report }), () => bytes)
  })
