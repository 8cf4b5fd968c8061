import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, Stream } from "effect"
import {
  CloudBigData,
  CloudError,
  CloudFiles,
  CloudLoadBalancers,
  CloudServers,
  Identity,
  OpenStack,
  Rackspace,
  TestCloud
} from "effect-rackspace"
import { collected } from "./support.js"
import { contentOf, folderOf } from "./support/folder.js"

type AnyResult = Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>

type AnyMethod = (input?: unknown) => AnyResult

const cloud = Layer.fresh(Layer.merge(TestCloud.layer(), NodeFileSystem.layer))

/** Every operation, by its name. */
const operations = Effect.all({
  CloudServers: CloudServers.CloudServers,
  CloudFiles: CloudFiles.CloudFiles,
  CloudLoadBalancers: CloudLoadBalancers.CloudLoadBalancers,
  CloudBigData: CloudBigData.CloudBigData
}).pipe(
  Effect.map((services) =>
    Object.entries(services).flatMap(([service, methods]) =>
      Object.entries<unknown>({ ...methods }).flatMap(([name, method]): ReadonlyArray<readonly [string, AnyMethod]> =>
        typeof method === "function" && name !== "getCapabilities" ? [[`${service}.${name}`, method as AnyMethod]] : []
      )
    )
  )
)

/** How an operation ends. It must not throw when it is called. */
const exitOf = (name: string, method: AnyMethod, input: unknown): Effect.Effect<Exit.Exit<unknown, unknown>> => {
  try {
    return Effect.exit(Stream.runDrain(method(input)))
  } catch (error) {
    return assert.fail(`${name} threw ${String(error)}`)
  }
}

const refusalIn = (exit: Exit.Exit<unknown, unknown>): CloudError.InvalidInput | undefined => {
  const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
  return Option.isSome(failure) && failure.value instanceof CloudError.InvalidInput ? failure.value : undefined
}

/** Calls an operation with input that TypeScript does not allow. */
type Wrongly = (input: never) => Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>

const refusalOf = (name: string, method: Wrongly, input: unknown): Effect.Effect<CloudError.InvalidInput> =>
  Effect.map(
    exitOf(name, method as AnyMethod, input),
    (exit) => refusalIn(exit) ?? assert.fail(`${name}: ${String(exit)}`)
  )

const requests = Effect.flatMap(TestCloud.TestCloud, ({ requests: all }) =>
  Effect.map(all, (made) => made.filter(({ service }) => service !== "identity"))
)

/** The fields of an operation, as its error about an unknown field lists them. */
const fieldsIn = ({ message }: CloudError.InvalidInput): ReadonlyArray<string> =>
  /bogus: expected a known field \(([^)]*)\)/.exec(message)?.[1]?.split(", ") ?? []

/** Words that only someone who knows the library's schemas understands. */
const schemaWords = /FromSelf|Type side|Encoded side|Struct|Record|\{ readonly|<[a-z]/i

/** Input that TypeScript does not allow: from JSON or JavaScript. */
const untyped = (input: unknown): never => input as never

describe("input of the wrong type", () => {
  it.effect("is rejected with the field's name, in every field of every operation, before any request", () =>
    Effect.gen(function* () {
      let fields = 0
      for (const [name, method] of yield* operations) {
        for (const field of fieldsIn(yield* refusalOf(name, method, { bogus: 1 }))) {
          const error = yield* refusalOf(`${name} ${field}`, method, { [field]: Symbol("wrong") })
          const paths = error.issues.map(({ path }) => path.split(".")[0])
          if (!paths.includes("microversion")) assert.include(paths, field, error.message)
          assert.notMatch(error.message, schemaWords)
          fields++
        }
      }
      assert.isAbove(fields, 1000)
      assert.deepStrictEqual(yield* requests, [])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("is rejected as a whole when it is not an object", () =>
    Effect.gen(function* () {
      for (const [name, method] of yield* operations) {
        for (const input of ["a/b", 7, true, [{ container: "c" }], () => undefined]) {
          const { issues } = yield* refusalOf(name, method, input)
          if (issues[0]?.path !== "microversion")
            assert.deepStrictEqual(
              issues.map(({ path }) => path),
              ["."],
              name
            )
        }
      }
      assert.deepStrictEqual(yield* requests, [])
    }).pipe(Effect.provide(cloud))
  )
})

describe("a lone surrogate", () => {
  it.effect("in a list that goes into the URL is rejected", () =>
    Effect.gen(function* () {
      const servers = yield* CloudServers.CloudServers
      const balancers = yield* CloudLoadBalancers.CloudLoadBalancers
      const half = ["\ud800"]
      const loadBalancerId = "1"
      const wrong: ReadonlyArray<readonly [operation: Wrongly, input: object]> = [
        [servers.list, { sortKeys: half }],
        [balancers.deleteMany, { loadBalancerIds: half }],
        [balancers.deleteNodes, { loadBalancerId, nodeIds: half }],
        [balancers.deleteMetadata, { loadBalancerId, metadataIds: half }]
      ]
      for (const [operation, input] of wrong) {
        assert.include((yield* refusalOf("list", operation, input)).message, "expected valid Unicode")
      }
      assert.deepStrictEqual(yield* requests, [])
    }).pipe(Effect.provide(cloud))
  )
})

describe("messages about input", () => {
  const object = { container: "c", object: "o" }

  it.effect("suggest the field with a similar name for a misspelt one", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const servers = yield* CloudServers.CloudServers
      const misspelt: ReadonlyArray<readonly [operation: Wrongly, input: object, message: string]> = [
        [
          files.deleteObject,
          { conatiner: "c", object: "o" },
          "conatiner: expected a known field (did you mean `container`?)"
        ],
        [files.downloadFolder, { excludes: [] }, "excludes: expected a known field (did you mean `exclude`?)"],
        [servers.get, { serverID: "s" }, "serverID: expected a known field (did you mean `serverId`?)"],
        [servers.get, { id: "s" }, "id: expected a known field (serverId"],
        [
          files.copy,
          { ...object, source: { conatiner: "c" } },
          "source.conatiner: expected a known field (did you mean `container`?)"
        ]
      ]
      for (const [operation, input, message] of misspelt) {
        assert.include((yield* refusalOf(message, operation, input)).message, message)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.effect("explain in common terms what a field accepts", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const balancers = yield* CloudLoadBalancers.CloudLoadBalancers
      const wrong: ReadonlyArray<readonly [operation: Wrongly, input: unknown, message: string]> = [
        [
          files.upload,
          { ...object, body: CloudFiles.fromString("x"), deleteAfter: "soon" },
          'deleteAfter: expected a Duration, such as "90 seconds" or Duration.days(90), not a string'
        ],
        [
          balancers.create,
          { name: "b", protocol: "HTTP", virtualIps: [undefined] },
          "virtualIps.0: expected an object, not nothing"
        ],
        [files.copy, { ...object, source: "c/o" }, "source: expected an object, not a string"],
        [
          files.download,
          "a/b",
          "CloudFiles.download: expected an object with the fields of the operation (container, object, versionId, range, ifMatch, verify, decompress), not a string"
        ]
      ]
      for (const [operation, input, message] of wrong) {
        assert.include((yield* refusalOf(message, operation, input)).message, message)
      }
    }).pipe(Effect.provide(cloud))
  )
})

describe("options of operations that take several requests", () => {
  it.scoped("an unknown direction of sync deletes nothing", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "empty" })
      const folder = yield* folderOf({ "kept.txt": "kept" })
      const before = (yield* requests).length
      for (const direction of [undefined, null, "up", "Upload", "both"]) {
        const error = yield* Effect.flip(
          collected(files.sync(untyped({ folder, container: "empty", direction, delete: true })))
        )
        assert.include(error.message, 'direction: expected "upload" or "download"')
      }
      assert.deepStrictEqual(yield* contentOf(folder), { "kept.txt": "kept" })
      assert.strictEqual((yield* requests).length, before)
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("an invalid value of an option is rejected before anything is done", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const servers = yield* CloudServers.CloudServers
      const folder = yield* folderOf({ "a.svg": "a" })
      const up = { folder, container: "c" }
      const object = { container: "c", object: "o" }
      const body = CloudFiles.fromString("x")
      const wrong: ReadonlyArray<readonly [operation: Wrongly, input: object, message: string]> = [
        [files.uploadFolder, { ...up, dryRun: "yes" }, "uploadFolder: dryRun: expected true or false, not a string"],
        [files.downloadFolder, { ...up, dryRun: 1 }, "downloadFolder: dryRun: expected true or false, not a number"],
        [files.uploadFolder, { ...up, symlinks: "maybe" }, 'symlinks: expected "skip" or "follow", not a string'],
        [files.uploadFolder, { ...up, archives: "some" }, 'archives: expected "auto" or "always" or "never"'],
        [files.uploadFolder, { ...up, exclude: "*.svg" }, "exclude: expected an array, not a string"],
        [files.uploadFolder, { ...up, include: ["[z-a]"] }, "include.0: expected a glob"],
        [files.uploadFolder, { container: "c" }, "folder: expected a path"],
        [files.uploadFolder, { ...up, concurrency: 0 }, "concurrency: expected a whole number of 1 or more, not 0"],
        [files.compareFolder, { ...up, compare: "size" }, 'compare: expected "sizeAndTime" or "checksum"'],
        [files.sync, { ...up, direction: "upload", delete: "no" }, "delete: expected true or false, not a string"],
        [files.upload, { ...object, body, createOnly: "no" }, "createOnly: expected true or false"],
        [files.upload, { ...object, body, segmentSize: 0.5 }, "segmentSize: expected a whole number"],
        [files.upload, { ...object, body, progress: 1 }, "progress: expected a function, not a number"],
        [files.download, { ...object, verify: "no" }, "verify: expected true or false, not a string"],
        [files.copy, { ...object, source: object, segments: "none" }, 'segments: expected "copy" or "share"'],
        [files.purgeVersions, { container: "c" }, "object: expected an object name"],
        [files.extractArchive, { format: "zip", body }, 'format: expected "tar" or "tar.gz" or "tar.bz2"'],
        [
          servers.waitUntilActive,
          { serverId: "s", timeout: "3 s" },
          'timeout: expected a Duration, such as "90 seconds"'
        ],
        [servers.waitUntilActive, { serverId: "s", interval: Number.NaN }, "interval: expected a Duration"],
        [servers.waitUntilActive, { serverId: "s", jitter: 3 }, "jitter: expected 0 to 1, not 3"],
        [servers.waitUntil, { serverId: "s" }, "until: expected a function, and it is missing"]
      ]
      for (const [operation, input, message] of wrong) {
        assert.include((yield* refusalOf(message, operation, input)).message, message)
      }
      assert.deepStrictEqual(yield* requests, [])
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a body that no constructor made is rejected, and the constructors are listed", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const object = { container: "c", object: "o" }
      for (const [body, kind] of [
        ["text", ", not a string"],
        [new Uint8Array(1), ", not an object"],
        [undefined, ", and it is missing"],
        [{}, ", not an object"]
      ] as const) {
        const expected = `body: expected a body made by CloudFiles.fromString, fromBytes, fromFile or fromStream${kind}`
        const given = { ...object, ...(body !== undefined && { body }) }
        assert.include((yield* refusalOf("upload", files.upload, given)).message, expected)
        const archive = { format: "tar", ...(body !== undefined && { body }) }
        assert.include((yield* refusalOf("extractArchive", files.extractArchive, archive)).message, expected)
      }
      assert.include((yield* refusalOf("putObject", files.putObject, { ...object, content: "x" })).message, "content")
      yield* refusalOf("upload", files.upload, undefined)
    }).pipe(Effect.provide(cloud))
  )

  it.effect("a body whose constructor received an invalid value is rejected, and the constructor is named", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const object = { container: "c", object: "o" }
      const wrong = {
        "a string in fromString": CloudFiles.fromString(untyped(new Uint8Array(1))),
        "a Uint8Array in fromBytes": CloudFiles.fromBytes(untyped("text")),
        "a path in fromFile": CloudFiles.fromFile(untyped(undefined)),
        "a Stream in fromStream": CloudFiles.fromStream(untyped(["x"]))
      }
      for (const [expected, body] of Object.entries(wrong)) {
        const { message } = yield* refusalOf("upload", files.upload, { ...object, body })
        assert.strictEqual(message, `CloudFiles.upload: body: expected ${expected}`)
      }
    }).pipe(Effect.provide(cloud))
  )

  it.scoped("a file for which describe throws is Failed, and the others are uploaded", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "c" })
      const folder = yield* folderOf({ "a.txt": "a", "b.txt": "b" })
      const describe = ({ path }: { readonly path: string }) => {
        if (path === "a.txt") throw new Error("no description")
        return undefined
      }
      const events = yield* collected(files.uploadFolder({ folder, container: "c", describe }))
      const ends = events.flatMap((event) =>
        event._tag === "Done" ? [event.path] : event._tag === "Failed" ? [event.error.message] : []
      )
      assert.sameMembers(ends, [
        "b.txt",
        "CloudFiles.uploadFolder: describe: expected a description, but it threw Error: no description"
      ])
    }).pipe(Effect.provide(cloud))
  )
})

describe("an unknown option of a layer", () => {
  const refused = <R>(layer: Layer.Layer<CloudFiles.CloudFiles, unknown, R>) =>
    Effect.flip(Effect.flatMap(CloudFiles.CloudFiles, (files) => files.getAccount())).pipe(
      Effect.provide(layer),
      Effect.map((error) => {
        assert.instanceOf(error, CloudError.InvalidInput)
        return error.message
      })
    )
  it.effect("is rejected by name at the first request, for every layer", () =>
    Effect.gen(function* () {
      const { credentials } = TestCloud
      const region = untyped({ credentials, regoin: "DFW" })
      const message = "CloudFiles.getAccount: regoin: expected a known option (did you mean `region`?)"
      assert.strictEqual(yield* refused(TestCloud.layer(untyped({ regoin: "DFW" }))), message)
      assert.strictEqual(yield* refused(Layer.provide(Rackspace.layer(region), TestCloud.layerCloud())), message)
      assert.strictEqual(yield* refused(Layer.provide(OpenStack.layer(region), TestCloud.layerCloud())), message)
      assert.include(
        yield* refused(
          CloudFiles.layer(untyped({ speed: "fast" })).pipe(
            Layer.provide(Identity.layer({ credentials })),
            Layer.provide(TestCloud.layerCloud())
          )
        ),
        "speed: expected a known option (region, interface, endpoint"
      )
    })
  )
})
