/** Downloads an object to a file. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { dirname } from "node:path"
import type { CloudClient } from "../../../CloudClient.js"
import type { InvalidInput } from "../../../CloudError.js"
import { expandHome } from "../../../internal/files/homePath.js"
import { isPartName, removeLeftovers } from "../../../internal/files/leftovers.js"
import { type SmallFiles, smallFilesOf, storeInThread } from "../../../internal/files/smallFiles.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type * as RetryPolicy from "../../../RetryPolicy.js"
import { type Downloads, makeDownload, type OpenDownload } from "../download/download.js"
import { isGzipEncoding } from "../headers.js"
import { unquoted } from "../objects/etags.js"
import { mtimeOf } from "../objects/modificationTime.js"
import { type FileDownload, fileDownloadOf, operation } from "./context.js"
import type { DownloadedFile, DownloadToFileError, DownloadToFileOptions } from "./model.js"
import { downloadInParallel, type Large } from "./parallel.js"
import { temporaryName } from "./partFiles.js"
import { isReplaceable, reportSmall, resumeInOnePiece, writeAll, writeOnto } from "./sequential.js"

/** In milliseconds. */
const day = 86_400_000

/** How many folders are remembered as already searched for abandoned part files. */
const mostSearched = 1000

/** The failure if options are invalid or cannot be combined. */
const wrongOption = ({
  concurrency = 1,
  decompress = false,
  parallelThreshold = 1,
  resume = false
}: DownloadToFileOptions): InvalidInput | undefined => {
  const invalid = (path: string, expected: string, given = ""): InvalidInput =>
    invalidInput("CloudFiles", operation, [{ path, expected }], given)
  for (const [path, value] of Object.entries({ concurrency, parallelThreshold })) {
    if (!Number.isSafeInteger(value) || value < 1) return invalid(path, "a whole number of 1 or more", `, not ${value}`)
  }
  return resume && decompress
    ? invalid("resume", "no resume together with decompress: decompressed content cannot be resumed")
    : undefined
}

/** Removes part files that a killed process left in a folder, at most once a day, since doing so for each file would cost too much. */
const makeLeftoverRemoval = () => {
  const searched = new Map<string, number>()
  return (fs: FileSystem.FileSystem, folder: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const last = searched.get(folder)
      if (last !== undefined && now - last < day) return Effect.void
      if (searched.size >= mostSearched) searched.clear()
      searched.set(folder, now)
      return removeLeftovers(fs, folder, isPartName)
    })
}

/** A downloaded file, or a large object that is to be fetched in parts. */
type Outcome = Effect.Effect<DownloadedFile | Large, DownloadToFileError>

/** Downloads objects with the platform's FileSystem. */
const makeUsualDownload = ({ begin, getObjectInfo, partsOf, range }: Downloads) => {
  /** Writes an open download to the file, unless it is to be fetched in parts. */
  const writeOrSplit = (download: FileDownload, opened: OpenDownload): Outcome => {
    const { bytes, contentEncoding, etag, isStaticLargeObject, manifest } = opened.info
    // Decompressed content is read from its start to its end.
    const isDecompressed = download.decompress && isGzipEncoding(contentEncoding)
    const isLarge = !isDecompressed && (isStaticLargeObject || manifest !== undefined)
    return isLarge && etag !== undefined && bytes !== undefined && bytes >= download.parallelThreshold
      ? Effect.succeed({ info: opened.info, etag, size: bytes })
      : writeAll(download, opened)
  }

  /** Fetches a large object in parts, after the request for the whole object has ended. */
  const complete = (
    download: FileDownload,
    first: DownloadedFile | Large
  ): Effect.Effect<DownloadedFile, DownloadToFileError> =>
    "path" in first
      ? Effect.succeed(first)
      : Effect.flatMap(partsOf(download.object, first.info), (parts) =>
          parts === undefined
            ? Effect.scoped(
                Effect.flatMap(begin({ ...download.wanted, ifMatch: first.etag }), (opened) =>
                  writeAll(download, opened)
                )
              )
            : downloadInParallel(range, download, first, parts)
        )

  /** Resumes an earlier download. Undefined if this version cannot be resumed. */
  const resume = (download: FileDownload): Effect.Effect<DownloadedFile | undefined, DownloadToFileError> =>
    Effect.gen(function* () {
      const { object, parts, verify, wanted } = download
      const info = yield* getObjectInfo({
        container: object.container,
        object: object.object,
        versionId: object.versionId
      })
      const { bytes, etag } = info
      const isWanted = wanted.ifMatch === undefined || unquoted(wanted.ifMatch) === unquoted(etag ?? "")
      if (etag === undefined || bytes === undefined || bytes === 0 || !isWanted) return undefined
      const listed = verify ? yield* partsOf(object, info) : undefined
      const { gapless, inParts } = parts.keptNames(etag)
      if (listed === undefined) {
        const file = yield* resumeInOnePiece(range, download, info, etag, bytes)
        yield* parts.remove(inParts)
        yield* parts.removeOthers
        return file
      }
      // Content that an earlier download wrote without gaps can be used too: it is now verified part by part.
      if ((yield* parts.sizeOf(inParts)) === 0) yield* parts.rename(gapless, inParts)
      const file = yield* downloadInParallel(range, download, { info, etag, size: bytes }, listed)
      yield* parts.remove(gapless)
      yield* parts.removeOthers
      return file
    })

  const downloadUsually = (download: FileDownload): Effect.Effect<DownloadedFile, DownloadToFileError> =>
    Effect.gen(function* () {
      const { wanted } = download
      if (!(yield* isReplaceable(download))) {
        return yield* Effect.scoped(Effect.flatMap(begin(wanted), (opened) => writeOnto(download, opened)))
      }
      const resumed = download.resume ? yield* resume(download) : undefined
      if (resumed !== undefined) return resumed
      const first = Effect.flatMap(begin(wanted), (opened) => writeOrSplit(download, opened))
      return yield* complete(download, yield* Effect.scoped(first))
    })

  /** Like {@link writeOrSplit}, but first checks what exists at the file's path. */
  const writeAnywhere = (download: FileDownload, opened: OpenDownload): Outcome =>
    Effect.flatMap(isReplaceable(download), (is) => (is ? writeOrSplit(download, opened) : writeOnto(download, opened)))

  return { complete, downloadUsually, writeAnywhere }
}

/** The service's `downloadToFile`. */
export const makeDownloadToFile = (client: CloudClient, servicePolicy: RetryPolicy.Service | undefined) => {
  const downloads = makeDownload(client, servicePolicy, { operation, pooled: true })
  const { complete, downloadUsually, writeAnywhere } = makeUsualDownload(downloads)
  const removeLeft = makeLeftoverRemoval()

  /** Uses the thread that stores small files. It checks the file's path itself, which costs far less than the platform's call. */
  const downloadWithThread = (
    fs: FileSystem.FileSystem,
    thread: SmallFiles,
    options: DownloadToFileOptions
  ): Effect.Effect<DownloadedFile, DownloadToFileError> => {
    const { container, decompress, ifMatch, object, progress = () => Effect.void, verify = true, versionId } = options
    // Created only for files that are not small.
    const download = (): FileDownload => fileDownloadOf(fs, options)
    const first = Effect.flatMap(
      downloads.begin({ container, object, versionId, ifMatch, verify, decompress }),
      (opened): Outcome => {
        const { info, whole } = opened
        if (whole === undefined) return writeAnywhere(download(), opened)
        return Effect.flatMap(whole, (body) => {
          const path = expandHome(options.path)
          const file = { temporary: temporaryName(path), target: path, bytes: body.bytes, time: mtimeOf(info) }
          return Effect.flatMap(storeInThread(fs, thread, file), (isStored): Outcome =>
            isStored
              ? reportSmall({ path, progress, verify }, info, body)
              : writeAnywhere(download(), { info, source: Stream.make(body), whole: Effect.succeed(body) })
          )
        })
      }
    )
    return Effect.flatMap(Effect.scoped(first), (done) =>
      "path" in done ? Effect.succeed(done) : complete(download(), done)
    )
  }

  return (options: DownloadToFileOptions): Effect.Effect<DownloadedFile, DownloadToFileError, FileSystem.FileSystem> =>
    Effect.flatMap(FileSystem.FileSystem, (fs): Effect.Effect<DownloadedFile, DownloadToFileError> => {
      const wrong = wrongOption(options)
      if (wrong !== undefined) return Effect.fail(wrong)
      const smallFiles = options.resume === true ? Effect.succeed(undefined) : smallFilesOf(fs)
      const download = Effect.flatMap(smallFiles, (thread) =>
        thread === undefined ? downloadUsually(fileDownloadOf(fs, options)) : downloadWithThread(fs, thread, options)
      )
      return Effect.zipRight(removeLeft(fs, dirname(expandHome(options.path))), download)
    })
}
