/** Uploads the files of a folder: small ones in archives or batches, the others one by one. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { UploadObject } from "../upload/upload.js"
import { type ArchiveSupport, makeArchiveUpload } from "./archiveUpload.js"
import type { Outgoing, UploadJob } from "./job.js"
import type { FolderError } from "./model.js"
import { makeSingleUpload, smallFileOf } from "./singleUpload.js"
import { type Task, tasksOf } from "./uploadTasks.js"

export const makeFolderUpload = (client: CloudClient, uploadObject: UploadObject) => {
  const support: ArchiveSupport = { isKnown: undefined }
  return (job: UploadJob) => {
    const { uploadBatch, uploadFile, uploadFiles } = makeSingleUpload(uploadObject, job)
    const uploadArchive = makeArchiveUpload(client, support, job, uploadFiles)
    const perform = (task: Task): Effect.Effect<void, FolderError, FileSystem.FileSystem> => {
      switch (task._tag) {
        case "single":
          return uploadFile(task.file)
        case "batch":
          return uploadBatch(task.files)
        case "archive":
          return uploadArchive(task)
      }
    }
    /** Uploads files, which arrive sorted by name. */
    return <E, R>(
      files: Stream.Stream<Outgoing, E, R>
    ): Effect.Effect<void, E | FolderError, R | FileSystem.FileSystem> =>
      Stream.runDrain(
        Stream.mapEffect(tasksOf(files, job.archives, smallFileOf(job)), perform, {
          concurrency: job.concurrency,
          unordered: true
        })
      )
  }
}
