/**
 * The main job, from login to clean-up, on the cloud of its layers.
 */
import { FileSystem, Path } from "@effect/platform"
import { Chunk, Clock, Console, Data, Effect, Option, Redacted, Ref, Schedule, Stream } from "effect"
import { CloudFiles, CloudServers, Identity, Telemetry } from "effect-rackspace"
import { createHash } from "node:crypto"
import * as Screen from "./screen.js"

/** A result differs from the expected one. */
export class Mismatch extends Data.TaggedError("Mismatch")<{ readonly message: string }> {}

interface LocalFile {
  readonly path: string
  readonly name: string
  readonly size: number
}

const showCatalog = Effect.gen(function* () {
  const user = yield* Identity.user
  const catalog = yield* Identity.services
  yield* Screen.headline(`Logged in as ${user.name ?? user.id}: ${catalog.length} services`)
  yield* Screen.table([
    ["service", "type", "regions"],
    ...catalog.map((entry) => [
      entry.name,
      entry.type,
      [...new Set(entry.endpoints.map((endpoint) => endpoint.region ?? "all"))].join(" ")
    ])
  ])
})

/** The smallest flavor with a disk, and an image that fits on it. */
const chooseServer = Effect.gen(function* () {
  const servers = yield* CloudServers.CloudServers
  const flavors = Chunk.toReadonlyArray(yield* Stream.runCollect(servers.listFlavors()))
  const flavor = flavors
    .filter(({ diskGigabytes = 0 }) => diskGigabytes > 0)
    .toSorted((a, b) => (a.ramMegabytes ?? 0) - (b.ramMegabytes ?? 0))
    .at(0)
  const image = yield* Stream.runHead(
    servers.listImages({ status: "ACTIVE" }).pipe(
      Stream.filter(
        ({ metadata, minDiskGigabytes = 0, minRamMegabytes = 0, serverId }) =>
          // Images of existing servers are not used.
          serverId === undefined &&
          metadata["os_type"] !== "windows" &&
          minDiskGigabytes <= (flavor?.diskGigabytes ?? 0) &&
          minRamMegabytes <= (flavor?.ramMegabytes ?? 0)
      )
    )
  )
  return flavor === undefined || Option.isNone(image)
    ? yield* new Mismatch({ message: "the account has no flavor with a disk, or no image for it" })
    : { flavor, image: image.value }
})

/** A server that is deleted when the scope closes. */
const temporaryServer = (name: string, networkId: string | undefined) =>
  Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const { flavor, image } = yield* chooseServer
    yield* Screen.headline(`Booting ${name}: ${image.name} on ${flavor.name}`)
    const { id } = yield* Effect.acquireRelease(
      servers.create({
        name,
        imageId: image.id,
        flavorId: flavor.id,
        networks: networkId === undefined ? undefined : [{ networkId }],
        metadata: { made_by: "effect-rackspace demo" }
      }),
      (server) =>
        servers.delete({ serverId: server.id }).pipe(
          Effect.zipRight(servers.waitUntilDeleted({ serverId: server.id, interval: "500 millis" })),
          Effect.matchEffect({
            onSuccess: () => Console.log(`  removed server ${server.id}`),
            onFailure: (error) => Console.error(`  server ${server.id} may be left behind: ${error.message}`)
          })
        )
    )
    const progress = yield* Screen.progress
    const built = yield* servers.watch({ serverId: id, until: CloudServers.isActive, interval: "250 millis" }).pipe(
      Stream.tap((server) => progress.show(`${server.status} ${server.progress ?? 0}%`)),
      Stream.runLast
    )
    const addresses = Option.match(built, {
      onNone: () => "",
      onSome: ({ addresses: { public: own, ...others } }) =>
        (own ?? Object.values(others).flat()).map(({ address }) => address).join(", ")
    })
    yield* progress.done(`ACTIVE 100%  ${id}  ${addresses}`)
  })

/** A container that is emptied and deleted when the scope closes. */
const temporaryContainer = (container: string) =>
  Effect.gen(function* () {
    const files = yield* CloudFiles.CloudFiles
    yield* Effect.acquireRelease(files.createContainer({ container }), () =>
      files.listObjects({ container }).pipe(
        Stream.mapEffect(({ name }) => Effect.ignore(files.deleteObject({ container, object: name })), {
          concurrency: 16,
          unordered: true
        }),
        Stream.runDrain,
        Effect.zipRight(files.deleteContainer({ container })),
        // A listing may still contain deleted objects for some seconds.
        Effect.retry(Schedule.spaced("2 seconds").pipe(Schedule.intersect(Schedule.recurs(10)))),
        Effect.matchEffect({
          onSuccess: () => Console.log(`  removed container ${container} with its objects`),
          onFailure: (error) => Console.error(`  container ${container} may be left behind: ${error.message}`)
        })
      )
    )
  })

const filesOf = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* fs.readDirectory(folder, { recursive: true })
    const found = yield* Effect.forEach(
      names.toSorted(),
      (name) =>
        // Ignores files that cannot be read, such as dangling links.
        Effect.map(Effect.option(fs.stat(path.join(folder, name))), (info) =>
          Option.isSome(info) && info.value.type === "File"
            ? Option.some<LocalFile>({
                path: path.join(folder, name),
                name: name.split(path.sep).join("/"),
                size: Number(info.value.size)
              })
            : Option.none()
        ),
      { concurrency: 16 }
    )
    return found.flatMap(Option.toArray)
  })

const rate = (count: number, since: number, now: number): string =>
  `${Screen.bytes(Math.round((count * 1000) / Math.max(1, now - since)))}/s`

/** Runs `transfer` for every file, several at a time, and shows the progress in one line. */
const transferAll = <E, R>(
  files: ReadonlyArray<LocalFile>,
  verb: string,
  transfer: (file: LocalFile, moved: (count: number) => Effect.Effect<void>) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function* () {
    const progress = yield* Screen.progress
    const start = yield* Clock.currentTimeMillis
    const finished = yield* Ref.make(0)
    const moved = yield* Ref.make(0)
    const line = Effect.gen(function* () {
      const [done, count, now] = yield* Effect.all([Ref.get(finished), Ref.get(moved), Clock.currentTimeMillis])
      return `${verb} ${done}/${files.length} files, ${Screen.bytes(count)}, ${rate(count, start, now)}`
    })
    const show = Effect.flatMap(line, progress.show)
    yield* Effect.forEach(
      files,
      (file) =>
        transfer(file, (count) =>
          Effect.zipRight(
            Ref.update(moved, (sum) => sum + count),
            show
          )
        ).pipe(Effect.zipRight(Ref.update(finished, (count) => count + 1)), Effect.zipRight(show)),
      // Few files need several rounds as well, so that the token is lost in the middle.
      { concurrency: Math.min(16, Math.ceil(files.length / 4)), discard: true }
    )
    yield* Effect.flatMap(line, progress.done)
  })

const sha256 = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    return Effect.map(
      Stream.runForEach(stream, (chunk) => Effect.sync(() => void hash.update(chunk))),
      () => hash.digest("hex")
    )
  })

/** Uploads every file. When half of them are uploaded, the token becomes invalid. */
const uploadAll = <E, R>(container: string, files: ReadonlyArray<LocalFile>, loseToken: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const cloud = yield* CloudFiles.CloudFiles
    const fs = yield* FileSystem.FileSystem
    yield* Screen.headline(`Uploading ${files.length} files; the token expires halfway`)
    const before = yield* Telemetry.total("logins", { outcome: "succeeded" })
    const middle = files[Math.floor(files.length / 2)]
    yield* transferAll(files, "uploaded", (file, moved) =>
      Effect.gen(function* () {
        if (file === middle) yield* loseToken
        yield* cloud.upload({
          container,
          object: file.name,
          // The stream is replayable, so a retry reads the file again. CloudFiles.fromFile would do the same.
          body: CloudFiles.fromStream(fs.stream(file.path).pipe(Stream.tap((chunk) => moved(chunk.byteLength))), {
            length: file.size,
            replayable: true
          })
        })
      })
    )
    const logins = (yield* Telemetry.total("logins", { outcome: "succeeded" })) - before
    if (logins !== 1) {
      return yield* new Mismatch({ message: `the expired token should have cost one login; it cost ${logins}` })
    }
    yield* Console.log("  the token expired halfway; exactly one login renewed it, and all uploads succeeded")
  })

const listAll = (container: string) =>
  Effect.gen(function* () {
    const cloud = yield* CloudFiles.CloudFiles
    const objects = yield* Stream.runCollect(cloud.listObjects({ container }))
    yield* Screen.headline(`Container ${container} contains ${Chunk.size(objects)} objects`)
    const lines = Screen.tree(Chunk.toReadonlyArray(objects).map(({ bytes, name }) => ({ name, size: bytes })))
    const most = 60
    yield* Console.log(lines.slice(0, most).join("\n"))
    if (lines.length > most) yield* Console.log(`  … and ${lines.length - most} more lines`)
  })

/** Downloads every object, and compares its SHA-256, which the cloud does not store, with that of the file. */
const verifyAll = (container: string, files: ReadonlyArray<LocalFile>) =>
  Effect.gen(function* () {
    const cloud = yield* CloudFiles.CloudFiles
    const fs = yield* FileSystem.FileSystem
    yield* Screen.headline("Downloading everything, and comparing checksums")
    const wrong = yield* Ref.make<ReadonlyArray<string>>([])
    yield* transferAll(files, "verified", (file, moved) =>
      Effect.gen(function* () {
        const [local, remote] = yield* Effect.all([
          sha256(fs.stream(file.path)),
          sha256(cloud.download({ container, object: file.name }).pipe(Stream.tap((chunk) => moved(chunk.byteLength))))
        ])
        if (local !== remote) yield* Ref.update(wrong, (names) => [...names, file.name])
      })
    )
    const names = yield* Ref.get(wrong)
    if (names.length > 0) return yield* new Mismatch({ message: `these files differ: ${names.join(", ")}` })
    yield* Console.log(`  all ${files.length} files are unchanged`)
  })

const showSummary = (start: number) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* Screen.headline("Requests and traffic")
    const services = ["Identity", "CloudServers", "CloudFiles"]
    const requests = yield* Effect.forEach(services, (service) =>
      Effect.map(Telemetry.total("requests", { service }), (count) => [`requests to ${service}`, String(count)])
    )
    yield* Screen.table([
      ...requests.filter(([, count]) => count !== "0"),
      ["logins", String(yield* Telemetry.total("logins"))],
      ["retries", String(yield* Telemetry.total("retries"))],
      ["sent", Screen.bytes(yield* Telemetry.total("bytesSent"))],
      ["received", Screen.bytes(yield* Telemetry.total("bytesReceived"))],
      ["time", `${((now - start) / 1000).toFixed(1)} s`]
    ])
  })

/**
 * The whole job. Everything that it creates is removed when it ends, fails or is interrupted.
 */
export const job = <E, R>(options: {
  readonly folder: string
  /** Distinguishes this run's server and container from all others. */
  readonly run: string
  /** The network of the server, if the cloud has several. */
  readonly network?: string | undefined
  /** Makes the cloud reject the current token, without notifying the services. */
  readonly loseToken: (token: Redacted.Redacted) => Effect.Effect<void, E, R>
}) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const files = yield* filesOf(options.folder)
    if (files.length === 0) return yield* new Mismatch({ message: `there are no files in ${options.folder}` })
    yield* showCatalog
    yield* Effect.gen(function* () {
      const container = `demo-${options.run}`
      yield* temporaryServer(`demo-${options.run}`, options.network)
      yield* temporaryContainer(container)
      const token = Effect.flatMap(Identity.token, options.loseToken)
      yield* uploadAll(container, files, token)
      yield* listAll(container)
      yield* verifyAll(container, files)
      yield* Screen.headline("Removing the server and the container")
    }).pipe(Effect.scoped)
    yield* showSummary(start)
  })
