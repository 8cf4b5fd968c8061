/** This library with its defaults: each checksum verified, each response decoded, and a span for each operation. */
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { filesIn } from "./undici.mjs"

const wide = 16

/** The HttpClients with which the library is measured. */
const httpLayers = {
  transport: async () => (await import("effect-rackspace/Transport")).layer,
  mapped: async () => {
    const [Transport, HttpClient, HttpClientRequest, Effect, Layer] = await Promise.all([
      import("effect-rackspace/Transport"),
      import("@effect/platform/HttpClient"),
      import("@effect/platform/HttpClientRequest"),
      import("effect/Effect"),
      import("effect/Layer")
    ])
    return Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("x-program", "bench")))
    ).pipe(Layer.provideMerge(Transport.layer))
  },
  undici: async () => (await import("@effect/platform-node/NodeHttpClient")).layerUndici
}

const library = async () => {
  const http = await httpLayers[process.env.BENCH_HTTP ?? "transport"]()
  const [NodeFileSystem, LocalFileSystem, FileSystem, Effect, Stream, CloudFiles, Credentials, Identity] =
    await Promise.all([
      import("@effect/platform-node/NodeFileSystem"),
      import("effect-rackspace/LocalFileSystem"),
      import("@effect/platform/FileSystem"),
      import("effect/Effect"),
      import("effect/Stream"),
      import("effect-rackspace/CloudFiles"),
      import("effect-rackspace/Credentials"),
      import("effect-rackspace/Identity")
    ])
  const run = (use) =>
    Effect.gen(function* () {
      return yield* use(yield* CloudFiles.CloudFiles, yield* FileSystem.FileSystem)
    }).pipe(
      Effect.provide(CloudFiles.layer()),
      Effect.provide(
        Identity.layer({
          credentials: Credentials.swiftKey({
            authUrl: process.env.BENCH_AUTH_URL,
            user: process.env.BENCH_USER,
            key: process.env.BENCH_KEY
          })
        })
      ),
      Effect.provide(LocalFileSystem.layer),
      Effect.provide([NodeFileSystem.layer, http]),
      Effect.runPromise
    )
  // As in the client on bare undici: a fixed number of fibers, each of which processes items one by one.
  const each = (items, work) =>
    Effect.suspend(() => {
      let next = 0
      const worker = Effect.whileLoop({
        while: () => next < items.length,
        body: () => work(items[next++]),
        step: () => undefined
      })
      return Effect.all(
        Array.from({ length: wide }, () => worker),
        { concurrency: "unbounded", discard: true }
      )
    })
  const namesOf = (files, container) =>
    files.listObjects({ container }).pipe(
      Stream.runCollect,
      Effect.map((entries) => Array.from(entries, (entry) => entry.name))
    )
  const missingUnless = (files, name, use) =>
    files[name] === undefined ? Effect.succeed({ missing: `CloudFiles has no ${name} yet` }) : Effect.asVoid(use())
  return { CloudFiles, Effect, Stream, each, missingUnless, namesOf, run }
}

const folderUp = async (archives) => {
  const { CloudFiles, missingUnless, run } = await library()
  return ({ container, folder }) =>
    run((files) =>
      missingUnless(files, "uploadFolder", () =>
        CloudFiles.runFolder(files.uploadFolder({ container, folder, archives, concurrency: wide }))
      )
    )
}

export const tasks = {
  put: async () => {
    const { CloudFiles, each, run } = await library()
    return async ({ container, folder }) => {
      const names = await filesIn(folder)
      await run((files) =>
        each(names, (object) => files.upload({ container, object, body: CloudFiles.fromFile(join(folder, object)) }))
      )
    }
  },
  putBytes: async () => {
    const { CloudFiles, Effect, each, run } = await library()
    return async ({ container, folder }) => {
      const names = await filesIn(folder)
      await run((files) =>
        each(names, (object) =>
          Effect.flatMap(
            Effect.promise(() => readFile(join(folder, object))),
            (bytes) => files.upload({ container, object, body: CloudFiles.fromBytes(bytes) })
          )
        )
      )
    }
  },
  get: async () => {
    const { Effect, each, namesOf, run } = await library()
    return ({ container, into }) =>
      run((files, fs) =>
        Effect.gen(function* () {
          const names = yield* namesOf(files, container)
          for (const folder of new Set(names.map((name) => dirname(name)))) {
            yield* fs.makeDirectory(join(into, folder), { recursive: true })
          }
          yield* each(names, (object) => files.downloadToFile({ container, object, path: join(into, object) }))
        })
      )
  },
  getBytes: async () => {
    const { Effect, Stream, each, namesOf, run } = await library()
    return ({ container }) =>
      run((files) =>
        Effect.flatMap(namesOf(files, container), (names) =>
          each(names, (object) => Stream.runCollect(files.download({ container, object })))
        )
      )
  },
  largeUp: async () => {
    const { CloudFiles, run } = await library()
    return ({ container, file, object }) =>
      run((files) => files.upload({ container, object, body: CloudFiles.fromFile(file) }))
  },
  largeDown: async () => {
    const { Effect, run } = await library()
    return ({ container, into, object }) =>
      run((files) => Effect.asVoid(files.downloadToFile({ container, object, path: into })))
  },
  list: async () => {
    const { Effect, Stream, run } = await library()
    return ({ container }) =>
      run((files) => {
        let count = 0
        let bytes = 0
        let last = 0
        return files.listObjects({ container }).pipe(
          Stream.runForEachChunk((entries) =>
            Effect.sync(() => {
              for (const entry of entries) {
                count += 1
                bytes += entry.bytes
                last = Math.max(last, entry.lastModified.epochMillis)
              }
            })
          ),
          Effect.map(() => ({ count, bytes, last }))
        )
      })
  },
  archive: () => folderUp("always"),
  putFolder: () => folderUp("never"),
  getFolder: async () => {
    const { CloudFiles, missingUnless, run } = await library()
    return ({ container, into }) =>
      run((files) =>
        missingUnless(files, "downloadFolder", () =>
          CloudFiles.runFolder(files.downloadFolder({ container, folder: into, concurrency: wide }))
        )
      )
  },
  bulkDelete: async () => {
    const { missingUnless, run } = await library()
    return ({ container }) =>
      run((files) => missingUnless(files, "emptyContainer", () => files.emptyContainer({ container })))
  },
  delete: async () => {
    const { Effect, each, namesOf, run } = await library()
    return ({ container }) =>
      run((files) =>
        Effect.flatMap(namesOf(files, container), (names) =>
          each(names, (object) => files.deleteObject({ container, object }))
        )
      )
  }
}
