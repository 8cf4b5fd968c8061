/** Helpers for tests of Cloud Files. */
import * as Effect from "effect/Effect"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { folderOf } from "./folder.js"

/** The object that most tests use. */
export const object = { container: "c", object: "o" }

/** Clears the log of requests. */
export const forget = Effect.flatMap(TestCloud.TestCloud, (emulated) => emulated.clearRequests)

/** The service and the cloud, with an empty container `c` and an empty log of requests. */
export const prepared = Effect.gen(function* () {
  const files = yield* CloudFiles.CloudFiles
  const emulated = yield* TestCloud.TestCloud
  yield* files.createContainer({ container: "c" })
  yield* emulated.clearRequests
  return { files, emulated }
})

/** Stores a text in the container `c`. */
export const put = (name: string, text = name) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    files.upload({ container: "c", object: name, body: CloudFiles.fromString(text) })
  )

/** The paths of all stored objects. */
export const everything = Effect.gen(function* () {
  const emulated = yield* TestCloud.TestCloud
  const found: Array<string> = []
  for (const { name } of yield* emulated.files.containers) {
    for (const one of yield* emulated.files.objects(name)) found.push(`${name}/${one}`)
  }
  return found
})

/** The path of a temporary file with this content. */
export const fileOf = (bytes: Uint8Array) => Effect.map(folderOf({ content: bytes }), (folder) => `${folder}/content`)

/** Disables retries. */
export const once = Effect.provideService(RetryPolicy.RetryPolicy, RetryPolicy.never)
