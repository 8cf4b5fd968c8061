/** Downloads an object in order, from its start or from the end of an earlier download. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ChecksumMismatch } from "../../../CloudError.js"
import type { OwnedChunk } from "../../../internal/bytes/bufferPool.js"
import type { ByteSource } from "../../../internal/bytes/byteSource.js"
import { runningMd5 } from "../../../internal/bytes/md5.js"
import { storeByPlatform } from "../../../internal/files/smallFiles.js"
import { systemError } from "../../../internal/files/systemError.js"
import type { Downloads, OpenDownload } from "../download/download.js"
import * as Verification from "../download/verification.js"
import { mtimeOf } from "../objects/modificationTime.js"
import { md5Of, type ObjectInfo } from "../objects/objects.js"
import { type FileDownload, isVerified, operation, verifiedBy, write } from "./context.js"
import type { DownloadedFile, DownloadToFileError } from "./model.js"
import { temporaryName } from "./partFiles.js"

/** The content that remains to be written, and its offset. */
interface Remaining {
  readonly from: number
  readonly source: ByteSource<DownloadToFileError>
  readonly verified: boolean
}

/** Reports a stored small object, and releases its bytes. */
export const reportSmall = (
  { path, progress, verify }: Pick<FileDownload, "path" | "progress" | "verify">,
  info: ObjectInfo,
  { bytes, release }: OwnedChunk
): Effect.Effect<DownloadedFile> => {
  const { byteLength } = bytes
  release()
  const file = { path, info, bytes: byteLength, resumed: 0, verified: isVerified(info, verify) }
  return Effect.as(progress(byteLength), file)
}

/** Writes the rest of an object into a part file. */
const writeRemaining = (
  download: FileDownload,
  info: ObjectInfo,
  part: string,
  keep: boolean,
  remaining: Effect.Effect<Remaining, DownloadToFileError, Scope.Scope>
): Effect.Effect<DownloadedFile, DownloadToFileError> => {
  const { parts, path, progress } = download
  const written = Effect.gen(function* () {
    const target = yield* parts.open(part)
    const { from, source, verified } = yield* remaining
    yield* target.truncate(from)
    if (from > 0) yield* progress(from)
    yield* target.seek(from, "start")
    const added = yield* write(download, target, source, info.bytes === undefined ? undefined : info.bytes - from)
    return { path, info, bytes: from + added, resumed: from, verified }
  })
  return parts.complete(part, keep, info, Effect.scoped(written))
}

/** Writes an open download to the file. */
export const writeAll = (
  download: FileDownload,
  opened: OpenDownload
): Effect.Effect<DownloadedFile, DownloadToFileError> => {
  const { fs, path, verify } = download
  const { info, whole } = opened
  const part = temporaryName(path)
  if (whole === undefined) {
    const content = { from: 0, source: opened.source, verified: isVerified(info, verify) }
    return writeRemaining(download, info, part, false, Effect.succeed(content))
  }
  return Effect.flatMap(whole, (body) =>
    Effect.flatMap(storeByPlatform(fs, { temporary: part, target: path, bytes: body.bytes, time: mtimeOf(info) }), () =>
      reportSmall(download, info, body)
    )
  )
}

/** Resumes an object after the content of its part file; its MD5 includes that content. */
export const resumeInOnePiece = (
  range: Downloads["range"],
  download: FileDownload,
  info: ObjectInfo,
  etag: string,
  size: number
): Effect.Effect<DownloadedFile, DownloadToFileError> => {
  const { object, parts, verify } = download
  const part = parts.keptNames(etag).gapless
  const remaining = Effect.gen(function* () {
    const held = yield* parts.sizeOf(part)
    // A longer file does not belong to this object.
    const from = held > size ? 0 : held
    const expected = verify ? md5Of(info) : undefined
    const rest = from === size ? Stream.empty : range(object, { offset: from }, etag)
    if (expected === undefined) return { from, source: rest, verified: false }
    const md5 = yield* runningMd5
    if (from > 0) yield* Stream.runForEachChunk(parts.read(part, 0, from), md5.update)
    const end = Effect.flatMap(md5.digest, (actual): Effect.Effect<void, ChecksumMismatch> => {
      if (actual === expected) return Effect.void
      // The part file is wrong, and would make every further download fail.
      return Effect.zipRight(
        parts.remove(part),
        Effect.fail(Verification.mismatch(operation, object, expected, actual))
      )
    })
    return { from, source: verifiedBy(rest, { update: md5.update, end }), verified: true }
  })
  return writeRemaining(download, info, part, true, remaining)
}

/** The types of file that must not be replaced. */
const unreplaceable: ReadonlySet<FileSystem.File.Type> = new Set(["BlockDevice", "CharacterDevice", "FIFO", "Socket"])

/** Whether the path can be replaced by a file. Fails if it is a folder. */
export const isReplaceable = ({ fs, path }: FileDownload): Effect.Effect<boolean, PlatformError> =>
  Effect.flatMap(Effect.option(fs.stat(path)), (found): Effect.Effect<boolean, PlatformError> => {
    const type = Option.getOrUndefined(found)?.type
    return type === "Directory"
      ? Effect.fail(systemError("open", path, "EISDIR", "the path is a folder"))
      : Effect.succeed(type === undefined || !unreplaceable.has(type))
  })

/** Writes an object into a device or a named pipe, which is not replaced. */
export const writeOnto = (
  download: FileDownload,
  { info, source }: OpenDownload
): Effect.Effect<DownloadedFile, DownloadToFileError> =>
  Effect.gen(function* () {
    const { fs, path, verify } = download
    const target = yield* fs.open(path, { flag: "a" })
    const bytes = yield* write(download, target, source, info.bytes)
    return { path, info, bytes, resumed: 0, verified: isVerified(info, verify) }
  }).pipe(Effect.scoped)
