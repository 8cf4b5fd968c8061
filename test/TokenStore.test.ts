import { FileSystem, KeyValueStore } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Equal, Fiber, Layer, Option, Redacted, TestClock } from "effect"
import { Access, Credentials, Identity, TestCloud, TokenStore } from "effect-rackspace"
import { basename, dirname, join } from "node:path"
import { shown } from "./support/shown.js"

const access = (token: string) =>
  new Access.Access({
    token: Redacted.make(token),
    issued: DateTime.unsafeMake("2026-01-01T00:00:00Z"),
    expires: DateTime.unsafeMake("2026-01-02T00:00:00Z"),
    tenant: new Access.Tenant({ id: "010101", name: "010101" }),
    user: new Access.User({ id: "1", name: "me", roles: [new Access.Role({ name: "admin" })], defaultRegion: "DFW" }),
    catalog: [],
    authenticatedBy: ["APIKEY"],
    login: 3
  })

const temporaryFile = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return join(yield* fs.makeTempDirectoryScoped(), "token")
})

const modeOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.stat(path), (info) => info.mode & 0o777))

const siblings = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(dirname(path)))

const key = "http://id.test/v2.0|me|010101"

const sameAccess = (found: Option.Option<Access.Access>, expected: Access.Access): void => {
  const loaded = Option.getOrThrow(found)
  assert.strictEqual(Redacted.value(loaded.token), Redacted.value(expected.token))
  assert.isTrue(Equal.equals(loaded.issued, expected.issued))
  assert.isTrue(Equal.equals(loaded.expires, expected.expires))
  assert.deepStrictEqual(loaded.user, expected.user)
  assert.deepStrictEqual(loaded.tenant, expected.tenant)
}

/** What every store must do. */
const behaves = <R>(
  name: string,
  make: Effect.Effect<TokenStore.Service, never, R>,
  layer: Layer.Layer<R, never, never>
) => {
  it.scoped(`${name} returns the value stored under the same key, and nothing for another`, () =>
    Effect.gen(function* () {
      const store = yield* make
      assert.isTrue(Option.isNone(yield* store.load(key)))
      yield* store.save(key, access("t-1"))
      yield* store.save(key, access("t-2"))
      sameAccess(yield* store.load(key), access("t-2"))
      assert.isTrue(Option.isNone(yield* store.load(`${key}0`)))
      yield* store.remove(key)
      assert.isTrue(Option.isNone(yield* store.load(key)))
      yield* store.remove(key)
    }).pipe(Effect.provide(layer))
  )
}

const file = Effect.flatMap(Effect.orDie(temporaryFile), TokenStore.makeFile)

describe("token stores", () => {
  behaves("in memory, one", TokenStore.makeMemory, Layer.empty)
  behaves("in a key-value store, one", TokenStore.makeKeyValueStore, KeyValueStore.layerMemory)
  behaves("in a file, one", file, Layer.mergeAll(NodeContext.layer, Layer.scope))
})

describe("a token store in a file", () => {
  it.scoped("creates missing directories, and a file that only its owner can read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = join(yield* fs.makeTempDirectoryScoped(), "a", "b", "token")
      const store = yield* TokenStore.makeFile(path)
      yield* store.save(key, access("t"))
      assert.strictEqual(yield* modeOf(path), 0o600)
      assert.strictEqual(yield* modeOf(dirname(path)), 0o700)
      assert.deepStrictEqual(yield* siblings(path), ["token"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  for (const mode of [0o640, 0o604, 0o666]) {
    it.scoped(`ignores a file of mode ${mode.toString(8)}, and replaces it by a private one`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = yield* temporaryFile
        const store = yield* TokenStore.makeFile(path)
        yield* store.save(key, access("t-S3CRET"))
        yield* fs.chmod(path, mode)
        const error = yield* Effect.flip(store.load(key))
        assert.strictEqual(error._tag, "TokenStoreError")
        assert.strictEqual(error.reason, "permissions")
        assert.include(error.message, path)
        assert.notInclude(shown(error), "S3CRET")
        yield* store.save(key, access("t-2"))
        assert.strictEqual(yield* modeOf(path), 0o600)
        sameAccess(yield* store.load(key), access("t-2"))
      }).pipe(Effect.provide(NodeContext.layer))
    )
  }

  it.scoped("reports a damaged file, without quoting it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* temporaryFile
      const store = yield* TokenStore.makeFile(path)
      yield* store.save(key, access("t-S3CRET"))
      const whole = yield* fs.readFileString(path)
      for (const content of ["", "S3CRET", whole.slice(0, -20), "{}", whole.replace('"expires"', '"expired"')]) {
        yield* fs.writeFileString(path, content)
        const error = yield* Effect.flip(store.load(key))
        assert.strictEqual(error.reason, "damaged")
        assert.notInclude(shown(error), "S3CRET")
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("reports that it is unavailable if its path is a directory", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* temporaryFile
      yield* fs.makeDirectory(path, { mode: 0o700 })
      const store = yield* TokenStore.makeFile(path)
      assert.strictEqual((yield* Effect.flip(store.load(key))).reason, "unavailable")
      assert.strictEqual((yield* Effect.flip(store.save(key, access("t")))).reason, "unavailable")
      assert.deepStrictEqual(yield* siblings(path), ["token"], "no temporary file is left")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  /** The real file system, with one of its functions failing. */
  const spoiled = (change: (fs: FileSystem.FileSystem) => Partial<FileSystem.FileSystem>) =>
    Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => ({ ...fs, ...change(fs) }))

  it.scoped("a save that fails at the last step leaves the old file and no temporary one", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile
      yield* Effect.flatMap(TokenStore.makeFile(path), (store) => store.save(key, access("t-1")))
      const full = yield* spoiled(() => ({
        rename: () => Effect.fail(new SystemError({ reason: "Unknown", module: "FileSystem", method: "rename" }))
      }))
      const store = yield* Effect.provideService(TokenStore.makeFile(path), FileSystem.FileSystem, full)
      assert.strictEqual((yield* Effect.flip(store.save(key, access("t-2")))).reason, "unavailable")
      assert.deepStrictEqual(yield* siblings(path), ["token"])
      sameAccess(yield* store.load(key), access("t-1"))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("a save that is interrupted leaves the old file and no temporary one", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile
      yield* Effect.flatMap(TokenStore.makeFile(path), (store) => store.save(key, access("t-1")))
      const reached = yield* Deferred.make<ReadonlyArray<string>>()
      const slow = yield* spoiled((fs) => ({
        rename: () =>
          Effect.zipRight(Effect.intoDeferred(Effect.orDie(fs.readDirectory(dirname(path))), reached), Effect.never)
      }))
      const store = yield* Effect.provideService(TokenStore.makeFile(path), FileSystem.FileSystem, slow)
      const saving = yield* Effect.fork(store.save(key, access("t-2")))
      const during = yield* Deferred.await(reached)
      assert.strictEqual(during.length, 2, "written next to the old one")
      for (const name of during) assert.strictEqual(yield* modeOf(join(dirname(path), name)), 0o600)
      yield* Fiber.interrupt(saving)
      assert.deepStrictEqual(yield* siblings(path), ["token"])
      sameAccess(yield* store.load(key), access("t-1"))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("fifty saves at once leave one whole file", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile
      const store = yield* TokenStore.makeFile(path)
      yield* Effect.forEach(Array.from({ length: 50 }), (_, index) => store.save(key, access(`t-${index}`)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(yield* siblings(path), [basename(path)])
      assert.match(Redacted.value(Option.getOrThrow(yield* store.load(key)).token), /^t-\d+$/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

const login = (options: Partial<Identity.Options> = {}) =>
  Effect.flatMap(TestCloud.credentials, (credentials) => Identity.make({ credentials, ...options }))

const logins = Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.logins)

/** One run of a program that stores its login in a file: its layers are built anew. */
const run = (path: string, options: Partial<Identity.Options> = {}) =>
  login(options).pipe(
    Effect.flatMap((tokens) => tokens.get),
    Effect.scoped,
    Effect.provide(TokenStore.layerFile(path))
  )

const cloudAndFiles = (options?: TestCloud.CloudOptions) =>
  Layer.mergeAll(TestCloud.layerCloud(options), NodeContext.layer)

describe("a login stored in a file", () => {
  it.scoped("is used by the next run", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile
      const first = yield* run(path)
      const second = yield* run(path)
      sameAccess(Option.some(second), first)
      assert.strictEqual(second.catalog.length, first.catalog.length)
      assert.deepStrictEqual(yield* logins, { succeeded: 1, refused: 0 })
      assert.strictEqual(yield* modeOf(path), 0o600)
    }).pipe(Effect.provide(cloudAndFiles()))
  )

  it.scoped("is ignored and replaced when it has expired or is about to", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile
      yield* run(path)
      yield* TestClock.adjust("89 seconds")
      yield* run(path)
      assert.strictEqual((yield* logins).succeeded, 1)
      yield* TestClock.adjust("1 second")
      yield* run(path)
      assert.strictEqual((yield* logins).succeeded, 2)
      yield* run(path)
      assert.strictEqual((yield* logins).succeeded, 2)
    }).pipe(Effect.provide(cloudAndFiles({ tokenTtl: "100 seconds" })))
  )

  it.scoped("is ignored when it is damaged, another user's, or open to others, and replaced by a private one", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* temporaryFile
      yield* fs.writeFileString(path, "not a login", { mode: 0o600 })
      yield* run(path)
      assert.strictEqual((yield* logins).succeeded, 1, "damaged")
      const cloud = yield* TestCloud.TestCloud
      const { apiKey, tenantId, username } = cloud.credentials
      const limited = Credentials.apiKey({ authUrl: cloud.authUrl, username, apiKey, tenantId })
      yield* run(path, { credentials: limited })
      assert.strictEqual((yield* logins).succeeded, 2, "of another tenant")
      yield* fs.chmod(path, 0o644)
      yield* run(path, { credentials: limited })
      assert.strictEqual((yield* logins).succeeded, 3, "open to others")
      assert.strictEqual(yield* modeOf(path), 0o600)
      yield* run(path, { credentials: limited })
      assert.strictEqual((yield* logins).succeeded, 3)
    }).pipe(Effect.provide(cloudAndFiles()))
  )

  it.scoped("causes one login if the cloud no longer accepts it", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const path = yield* temporaryFile
      yield* run(path)
      yield* cloud.revokeAllTokens
      yield* cloud.clearRequests
      const tokens = yield* Effect.provide(login(), TokenStore.layerFile(path))
      assert.deepStrictEqual(yield* logins, { succeeded: 0, refused: 0 })
      const renewed = yield* tokens.renew((yield* tokens.get).login)
      assert.deepStrictEqual(yield* logins, { succeeded: 1, refused: 0 })
      sameAccess(Option.some(yield* run(path)), renewed)
      assert.deepStrictEqual(yield* logins, { succeeded: 1, refused: 0 })
    }).pipe(Effect.provide(cloudAndFiles()))
  )

  it.scoped("a disk that cannot be written fails no login", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* temporaryFile
      yield* fs.makeDirectory(path, { mode: 0o700 })
      assert.strictEqual((yield* run(path)).login, 1)
    }).pipe(Effect.provide(cloudAndFiles()))
  )
})

describe("a login in a key-value store", () => {
  it.scoped("serves two layers, of two programs", () =>
    Effect.gen(function* () {
      const program = login().pipe(Effect.provide(TokenStore.layerKeyValueStore))
      const first = yield* Effect.flatMap(program, (tokens) => tokens.get)
      const second = yield* Effect.flatMap(program, (tokens) => tokens.get)
      assert.strictEqual(Redacted.value(second.token), Redacted.value(first.token))
      assert.deepStrictEqual(yield* logins, { succeeded: 1, refused: 0 })
    }).pipe(Effect.provide([TestCloud.layerCloud(), KeyValueStore.layerMemory]))
  )

  it.scoped("is ignored when it is damaged or was stored for another key", () =>
    Effect.gen(function* () {
      const values = yield* KeyValueStore.KeyValueStore
      const entries = KeyValueStore.prefix(values, "effect-rackspace/token/")
      const store = yield* TokenStore.makeKeyValueStore
      yield* entries.set(key, "{")
      assert.strictEqual((yield* Effect.flip(store.load(key))).reason, "damaged")
      yield* store.save("another", access("t"))
      yield* entries.set(key, Option.getOrThrow(yield* entries.get("another")))
      assert.isTrue(Option.isNone(yield* store.load(key)))
    }).pipe(Effect.provide(KeyValueStore.layerMemory))
  )

  it.scoped("a forced login while another is pending does not use the stored token", () =>
    Effect.gen(function* () {
      yield* Effect.provide(login(), TokenStore.layerKeyValueStore)
      const store = yield* TokenStore.makeKeyValueStore
      const slow: TokenStore.Service = { ...store, load: (key) => Effect.delay(store.load(key), "5 seconds") }
      const tokens = yield* Effect.provideService(login({ lazy: true }), TokenStore.TokenStore, slow)
      const asking = yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 second")
      const forcing = yield* Effect.fork(tokens.reauthenticate)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(asking)
      yield* Fiber.join(forcing)
      assert.deepStrictEqual(yield* logins, { succeeded: 2, refused: 0 })
    }).pipe(Effect.provide([TestCloud.layerCloud(), KeyValueStore.layerMemory]))
  )
})

describe("a slow store", () => {
  const slowly = (seconds: number) =>
    Effect.map(TokenStore.makeKeyValueStore, (store): TokenStore.Service => {
      let saves = 0
      return {
        ...store,
        // Each is faster than the one before.
        save: (key, access) => Effect.delay(store.save(key, access), `${Math.max(0, seconds - 3 * saves++)} seconds`)
      }
    })
  const lazily = (store: TokenStore.Service) =>
    Effect.provideService(login({ lazy: true }), TokenStore.TokenStore, store)

  /** The result of a token that is rejected while it is being saved. */
  const renewed = (store: TokenStore.Service) =>
    Effect.gen(function* () {
      const tokens = yield* lazily(store)
      yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 second")
      yield* Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.revokeAllTokens)
      const renewing = yield* Effect.fork(tokens.renew(1))
      yield* TestClock.adjust("30 seconds")
      return yield* Fiber.join(renewing)
    })

  it.scoped("does not return a token that was rejected while it was being saved", () =>
    Effect.gen(function* () {
      const { login } = yield* Effect.flatMap(slowly(5), renewed)
      assert.strictEqual(login, 2)
      assert.deepStrictEqual(yield* logins, { succeeded: 2, refused: 0 })
    }).pipe(Effect.provide([TestCloud.layerCloud(), KeyValueStore.layerMemory]))
  )

  it.scoped("keeps the newer of two tokens", () =>
    Effect.gen(function* () {
      const store = yield* slowly(5)
      const { token } = yield* renewed(store)
      // Another program uses the stored token.
      const other = yield* lazily(store)
      assert.strictEqual(Redacted.value((yield* other.get).token), Redacted.value(token))
      assert.deepStrictEqual(yield* logins, { succeeded: 2, refused: 0 })
    }).pipe(Effect.provide([TestCloud.layerCloud(), KeyValueStore.layerMemory]))
  )

  it.scoped("keeps no token that was revoked by a logout while it was being saved", () =>
    Effect.gen(function* () {
      const store = yield* slowly(5)
      const tokens = yield* lazily(store)
      yield* Effect.fork(tokens.get)
      yield* TestClock.adjust("1 second")
      const leaving = yield* Effect.fork(tokens.logout)
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(leaving)
      const coming = yield* Effect.fork(Effect.flatMap(lazily(store), (other) => other.get))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(coming)
      assert.deepStrictEqual(yield* logins, { succeeded: 2, refused: 0 })
    }).pipe(Effect.provide([TestCloud.layerCloud(), KeyValueStore.layerMemory]))
  )
})

describe("the file cache that Lava's documentation shows", () => {
  /** As in that documentation: the token's text in a file; API key, tenant and token together; no endpoint. */
  const makeClient = (path: string) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const cloud = yield* TestCloud.TestCloud
      const { apiKey, tenantId, username } = cloud.credentials
      const renewWith = Credentials.apiKey({ authUrl: cloud.authUrl, username, apiKey, tenantId })
      const token = (yield* fs.exists(path)) ? (yield* fs.readFileString(path)).trim() : undefined
      const tokens = yield* Identity.make({
        credentials: token === undefined ? renewWith : Credentials.token({ token, renewWith })
      })
      yield* fs.writeFileString(path, Redacted.value((yield* tokens.get).token))
      return tokens
    })

  const bodies = Effect.map(
    Effect.flatMap(TestCloud.TestCloud, (cloud) => cloud.requests),
    (requests) => requests.map((request) => new TextDecoder().decode(request.body))
  )

  it.scoped("the second run uses the saved token, and makes no login by API key", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const path = yield* temporaryFile
      const first = yield* Effect.flatMap(makeClient(path), (tokens) => tokens.get)
      yield* cloud.clearRequests
      const second = yield* Effect.flatMap(makeClient(path), (tokens) => tokens.get)
      assert.strictEqual(Redacted.value(second.token), Redacted.value(first.token))
      assert.deepStrictEqual(
        (yield* bodies).map((body): unknown => JSON.parse(body)),
        [{ auth: { token: { id: Redacted.value(first.token) }, tenantId: cloud.credentials.tenantId } }]
      )
      assert.isAbove(second.catalog.length, 0, "the endpoint comes from the catalog")
    }).pipe(Effect.provide(cloudAndFiles()))
  )

  it.scoped("if the saved token is invalid from the start, there is exactly one login by API key", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const path = yield* temporaryFile
      yield* makeClient(path)
      yield* cloud.revokeAllTokens
      yield* cloud.clearRequests
      const renewed = yield* Effect.flatMap(makeClient(path), (tokens) => tokens.get)
      const sent = yield* bodies
      assert.strictEqual(sent.filter((body) => body.includes("apiKeyCredentials")).length, 1)
      assert.strictEqual(sent.length, 2)
      yield* cloud.clearRequests
      const third = yield* Effect.flatMap(makeClient(path), (tokens) => tokens.get)
      assert.strictEqual(Redacted.value(third.token), Redacted.value(renewed.token))
    }).pipe(Effect.provide(cloudAndFiles()))
  )

  it.scoped("if the saved token becomes invalid later, there is exactly one login by API key", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const path = yield* temporaryFile
      yield* makeClient(path)
      const tokens = yield* makeClient(path)
      yield* cloud.expireAllTokens
      yield* cloud.clearRequests
      yield* tokens.renew((yield* tokens.get).login)
      const sent = yield* bodies
      assert.strictEqual(sent.length, 1)
      assert.include(sent[0], "apiKeyCredentials")
    }).pipe(Effect.provide(cloudAndFiles()))
  )
})

describe("temporary files that a killed process left", () => {
  it.scoped("are removed by a save when they are older than a day, and nothing else is", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* temporaryFile
      const folder = dirname(file)
      const now = Date.parse("2026-06-15T12:00:00Z")
      yield* TestClock.setTime(now)
      const uuid = "0b0e7a4e-3f5a-4b7e-9a55-2c1de5a3f0c"
      const old = new Date(now - 25 * 3_600_000)
      const names = [`.token.${uuid}1`, `.token.${uuid}2`, ".token.backup", `.other.${uuid}3`, `token.${uuid}4`]
      for (const name of names) {
        yield* fs.writeFileString(join(folder, name), "left")
        const time = name.endsWith("2") ? new Date(now - 3_600_000) : old
        yield* fs.utimes(join(folder, name), time, time)
      }
      yield* fs.makeDirectory(join(folder, `.token.${uuid}5`))
      yield* fs.utimes(join(folder, `.token.${uuid}5`), old, old)
      const store = yield* TokenStore.makeFile(file)
      yield* store.save(key, access("t"))
      assert.deepStrictEqual(
        [...(yield* siblings(file))].toSorted(),
        [...names.slice(1), `.token.${uuid}5`, "token"].toSorted()
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
