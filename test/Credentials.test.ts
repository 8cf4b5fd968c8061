import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Equal, Exit, Option, Redacted } from "effect"
import { Credentials, Identity, TestCloud } from "effect-rackspace"
import { homedir } from "node:os"
import { basename, join } from "node:path"
import { shown } from "./support/shown.js"

/** Writes a credential file into a temporary directory. */
const fileOf = (content: string | Uint8Array, mode = 0o600) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = join(yield* fs.makeTempDirectoryScoped(), "credentials")
    yield* fs.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content)
    yield* fs.chmod(path, mode)
    return path
  })

const read = (content: string, options: Parameters<typeof Credentials.fromFile>[1] = {}) =>
  Effect.flatMap(fileOf(content), (path) => Credentials.fromFile(path, options))

const secretOf = (credentials: Credentials.ApiKey | Credentials.Password): string =>
  Redacted.value(credentials._tag === "ApiKey" ? credentials.apiKey : credentials.password)

/** The contents of credentials, with the secret revealed. */
const plain = (credentials: Credentials.ApiKey | Credentials.Password): Record<string, string | undefined> => ({
  kind: credentials._tag,
  username: credentials.username,
  secret: secretOf(credentials),
  authUrl: credentials.authUrl,
  tenantId: credentials.tenantId
})

const pyraxFile = "[rackspace_cloud]\nusername = myusername\napi_key = 01234567890abcdef\n"

const fromPyraxFile = {
  kind: "ApiKey",
  username: "myusername",
  secret: "01234567890abcdef",
  authUrl: Credentials.usAuthUrl,
  tenantId: undefined
}

describe("Credentials.fromFile", () => {
  it.scoped("reads the file of pyrax's README", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(plain(yield* read(pyraxFile)), fromPyraxFile)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  for (const [how, content] of [
    ["indented as the README shows it", pyraxFile.replace(/^(?=.)/gm, "    ")],
    ["with CRLF line ends", pyraxFile.replaceAll("\n", "\r\n")],
    ["with a byte order mark", `\uFEFF${pyraxFile}`],
    ["with colons", "[rackspace_cloud]\nusername: myusername\napi_key:01234567890abcdef"],
    ["with keys in upper case", "[rackspace_cloud]\nUserName=myusername\nAPI_KEY=01234567890abcdef"],
    [
      "with comments, blank lines and other sections",
      `# mine\n; too\n\n[other]\nusername = no\n\n${pyraxFile}\n# end\n`
    ],
    ["with a comment after the section's name", pyraxFile.replace("]", "] ; mine")],
    ["with a value continued on an indented line", pyraxFile.replace("01234567890abcdef", "01234567890\n   abcdef")]
  ] as const) {
    it.scoped(`reads it ${how}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(plain(yield* read(content)), fromPyraxFile)
      }).pipe(Effect.provide(NodeContext.layer))
    )
  }

  it.scoped("reads pyrax's [keystone] section", () =>
    Effect.gen(function* () {
      const credentials = yield* read(
        "[keystone]\nusername = me\npassword = sesame\ntenant_id = 010101\nauth_endpoint = https://keystone.test/v2.0/\n"
      )
      assert.deepStrictEqual(plain(credentials), {
        kind: "Password",
        username: "me",
        secret: "sesame",
        authUrl: "https://keystone.test/v2.0/",
        tenantId: "010101"
      })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("prefers [rackspace_cloud] unless another section is given", () =>
    Effect.gen(function* () {
      const both = `[keystone]\nusername = other\npassword = sesame\n${pyraxFile}`
      assert.deepStrictEqual(plain(yield* read(both)), fromPyraxFile)
      assert.strictEqual((yield* read(both, { section: "keystone" })).username, "other")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("uses the password when there is no API key, and the API key when both are set", () =>
    Effect.gen(function* () {
      const byPassword = yield* read("[rackspace_cloud]\nusername = me\napi_key =\npassword = sesame")
      assert.deepStrictEqual([byPassword._tag, secretOf(byPassword)], ["Password", "sesame"])
      const byKey = yield* read("[rackspace_cloud]\nusername = me\npassword = sesame\napi_key = k")
      assert.deepStrictEqual([byKey._tag, secretOf(byKey)], ["ApiKey", "k"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("reads secrets literally: percent signs, quotes, separators and comment characters are part of them", () =>
    Effect.gen(function* () {
      for (const secret of ["50%off%(x)s%%", "a=b:c", "a ; b # c", '"quoted"', "[brackets]", "päss wörd"]) {
        const credentials = yield* read(`[rackspace_cloud]\nusername = me\npassword =   ${secret}  \n`)
        assert.strictEqual(secretOf(credentials), secret)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("options override the file", () =>
    Effect.gen(function* () {
      const credentials = yield* read(`${pyraxFile}tenant_id = 1\nauth_url = http://file.test\n`, {
        authUrl: Credentials.ukAuthUrl,
        tenantId: 42
      })
      assert.strictEqual(credentials.authUrl, Credentials.ukAuthUrl)
      assert.strictEqual(credentials.tenantId, "42")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("expands ~ to the home directory", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ directory: homedir(), prefix: ".effect-rackspace-test-" })
      const path = join(directory, "credentials")
      yield* fs.writeFileString(path, pyraxFile, { mode: 0o600 })
      const credentials = yield* Credentials.fromFile(`~/${basename(directory)}/credentials`)
      assert.strictEqual(credentials.username, "myusername")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("logs in on the cloud", () =>
    Effect.gen(function* () {
      const cloud = yield* TestCloud.TestCloud
      const { apiKey, username } = cloud.credentials
      const path = yield* fileOf(
        `[rackspace_cloud]\nusername = ${username}\napi_key = ${apiKey}\nauth_url = ${cloud.authUrl}\n`
      )
      const tokens = yield* Identity.make({ credentials: Credentials.fromFile(path) })
      assert.strictEqual((yield* tokens.get).user.name, username)
    }).pipe(Effect.provide([NodeContext.layer, TestCloud.layerCloud()]))
  )

  const failureOf = (path: string, options: Parameters<typeof Credentials.fromFile>[1] = {}) =>
    Effect.flip(Credentials.fromFile(path, options))

  it.scoped("reports a missing file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = join(yield* fs.makeTempDirectoryScoped(), "nowhere")
      const error = yield* failureOf(path)
      assert.deepStrictEqual([error._tag, error.reason, error.source], ["CredentialsError", "missing", path])
      assert.include(error.message, path)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("reports a directory in place of a file, whatever its mode", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      for (const mode of [0o700, 0o755]) {
        yield* fs.chmod(directory, mode)
        const error = yield* failureOf(directory)
        assert.strictEqual(error.reason, "unreadable")
        assert.include(error.message, "directory")
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  for (const [mode, who] of [
    [0o644, "other users"],
    [0o640, "its group"],
    [0o606, "other users"],
    [0o620, "its group"]
  ] as const) {
    it.scoped(`rejects a file of mode ${mode.toString(8)}, and explains how to restrict it to ${who}`, () =>
      Effect.gen(function* () {
        const path = yield* fileOf(pyraxFile, mode)
        const error = yield* failureOf(path)
        assert.strictEqual(error.reason, "permissions")
        assert.include(error.message, `accessible to ${who}`)
        assert.include(error.message, `chmod 600 ${path}`)
        assert.deepStrictEqual(plain(yield* Credentials.fromFile(path, { permissions: "any" })), fromPyraxFile)
      }).pipe(Effect.provide(NodeContext.layer))
    )
  }

  it.scoped("reports the number of an invalid line, without quoting the file", () =>
    Effect.gen(function* () {
      for (const [content, line] of [
        ["[rackspace_cloud]\nusername = me\n\n# comment\napi_key S3CRET\n", 5],
        ["api_key = S3CRET\n[rackspace_cloud]", 1],
        ["[rackspace_cloud]\r\n= S3CRET", 2],
        ["\0S3CRET", 1]
      ] as const) {
        const path = yield* fileOf(content)
        const error = yield* failureOf(path)
        assert.strictEqual(error.reason, "malformed")
        assert.include(error.message, `line ${line} `)
        assert.notInclude(shown(error), "S3CRET")
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("reports missing settings, without quoting the file", () =>
    Effect.gen(function* () {
      for (const [content, says] of [
        ["", /no section \[rackspace_cloud\] or \[keystone\]/],
        ["[other]\napi_key = S3CRET", /no section \[rackspace_cloud\] or \[keystone\]/],
        ["[rackspace_cloud]\napi_key = S3CRET", /\[rackspace_cloud\] has no username/],
        ["[rackspace_cloud]\nusername = \napi_key = S3CRET", /\[rackspace_cloud\] has no username/],
        ["[rackspace_cloud]\nusername = S3CRET", /\[rackspace_cloud\] has neither api_key nor password/]
      ] as const) {
        const path = yield* fileOf(content)
        const error = yield* failureOf(path)
        assert.strictEqual(error.reason, "incomplete")
        assert.match(error.message, says)
        assert.notInclude(shown(error), "S3CRET")
      }
      const named = yield* failureOf(yield* fileOf(pyraxFile), { section: "mine" })
      assert.strictEqual(named.reason, "incomplete")
      assert.include(named.message, "no section [mine]")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("Credentials.config", () => {
  const load = (variables: Readonly<Record<string, string>>) =>
    Effect.withConfigProvider(Credentials.config, ConfigProvider.fromMap(new Map(Object.entries(variables))))

  const rackspace = { RAX_USERNAME: "me", RAX_API_KEY: "key-S3CRET" }
  const openStack = {
    OS_USERNAME: "you",
    OS_PASSWORD: "word-S3CRET",
    OS_TENANT_ID: "007",
    OS_AUTH_URL: "http://keystone.test/v2.0"
  }

  it.effect("reads RAX_USERNAME and RAX_API_KEY", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(plain(yield* load(rackspace)), {
        kind: "ApiKey",
        username: "me",
        secret: "key-S3CRET",
        authUrl: Credentials.usAuthUrl,
        tenantId: undefined
      })
    })
  )

  it.effect("reads RAX_PASSWORD, RAX_TENANT_ID and RAX_AUTH_URL", () =>
    Effect.gen(function* () {
      const credentials = yield* load({
        RAX_USERNAME: "me",
        RAX_API_KEY: "",
        RAX_PASSWORD: "word",
        RAX_TENANT_ID: "010101",
        RAX_AUTH_URL: Credentials.ukAuthUrl
      })
      assert.deepStrictEqual(plain(credentials), {
        kind: "Password",
        username: "me",
        secret: "word",
        authUrl: Credentials.ukAuthUrl,
        tenantId: "010101"
      })
    })
  )

  it.effect("reads OpenStack's variables, with the project when there is no tenant", () =>
    Effect.gen(function* () {
      const { OS_TENANT_ID, ...rest } = openStack
      const expected = {
        kind: "Password",
        username: "you",
        secret: "word-S3CRET",
        authUrl: "http://keystone.test/v2.0",
        tenantId: OS_TENANT_ID
      }
      assert.deepStrictEqual(plain(yield* load(openStack)), expected)
      assert.deepStrictEqual(plain(yield* load({ ...rest, OS_PROJECT_ID: "007" })), expected)
    })
  )

  it.effect("never sends a secret of Rackspace's variables to OpenStack's auth URL, or the reverse", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(plain(yield* load({ ...openStack, ...rackspace })), plain(yield* load(rackspace)))
      const mixed = yield* Effect.exit(load({ ...openStack, RAX_USERNAME: "me" }))
      assert.isTrue(Exit.isFailure(mixed))
      const urlOnly = yield* load({ ...openStack, RAX_AUTH_URL: Credentials.ukAuthUrl })
      assert.strictEqual(urlOnly.authUrl, openStack.OS_AUTH_URL)
    })
  )

  it.effect("reports the missing variable, and shows no secret", () =>
    Effect.gen(function* () {
      for (const [variables, says] of [
        [{}, /RAX_USERNAME/],
        [{ RAX_API_KEY: "key-S3CRET" }, /RAX_USERNAME/],
        [{ RAX_USERNAME: "me" }, /RAX_API_KEY or RAX_PASSWORD/],
        [{ OS_USERNAME: "me", RAX_API_KEY: "key-S3CRET" }, /OS_PASSWORD/]
      ] as ReadonlyArray<readonly [Record<string, string>, RegExp]>) {
        const exit = yield* Effect.exit(load(variables))
        assert.isTrue(Exit.isFailure(exit))
        const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
        assert.match(String(error), says)
        assert.notInclude(shown(exit), "S3CRET")
      }
    })
  )
})

describe("Credentials as values", () => {
  it("are equal when their contents are equal, including the secret", () => {
    const of = (apiKey: string | Redacted.Redacted) => Credentials.apiKey({ username: "me", apiKey })
    assert.isTrue(Equal.equals(of("a"), of(Redacted.make("a"))))
    assert.isFalse(Equal.equals(of("a"), of("b")))
  })

  it("a token takes auth URL and tenant from its renewal credentials unless it has its own", () => {
    const renewWith = Credentials.apiKey({
      username: "me",
      apiKey: "k",
      authUrl: Credentials.ukAuthUrl,
      tenantId: "010101"
    })
    const inherited = Credentials.token({ token: "t", renewWith })
    assert.deepStrictEqual([inherited.authUrl, inherited.tenantId], [Credentials.ukAuthUrl, "010101"])
    const own = Credentials.token({ token: "t", renewWith, authUrl: "http://a.test", tenantId: 7 })
    assert.deepStrictEqual([own.authUrl, own.tenantId], ["http://a.test", "7"])
    assert.strictEqual(Credentials.usernameOf(inherited), "me")
    assert.strictEqual(Credentials.usernameOf(Credentials.token({ token: "t" })), undefined)
  })
})
