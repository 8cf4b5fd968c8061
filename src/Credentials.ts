/**
 * Credentials for Rackspace (an API key, a password, a saved token, or a passcode for an MFA challenge), for OpenStack with Keystone
 * v3 (a password, a saved token, an application credential, or an OpenID Connect access token), and for Swift without Keystone (a
 * key). They are created from values, or read from pyrax's credential file or from `Config` (by default environment variables).
 *
 * The constructors accept any value and never throw. If a field is missing, empty or of the wrong type, the login fails with
 * `AuthenticationFailed` and the reason `malformed`; the message names the field.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { MfaChallenge } from "./CloudError.js"
import { expandHome } from "./internal/files/homePath.js"
import { sharedWith, textOf } from "./internal/files/privateFile.js"
import { hasUserInfo, withoutUserInfo } from "./internal/http/urlText.js"

/** Rackspace's Identity for all accounts except UK accounts. */
export const usAuthUrl = "https://identity.api.rackspacecloud.com/v2.0"

/** Rackspace's Identity for UK accounts. */
export const ukAuthUrl = "https://lon.identity.api.rackspacecloud.com/v2.0"

interface Login {
  /**
   * Identity's URL, with or without `/v2.0`, `/tokens` or a trailing slash. Default {@link usAuthUrl}.
   */
  readonly authUrl: string
  /** Limits the login to one tenant. A string, since leading zeros are significant. */
  readonly tenantId: string | undefined
  /** Limits the login to one tenant by name, instead of `tenantId`. */
  readonly tenantName?: string
}

/** A user and an API key. Recommended for programs: never requires a passcode. */
export interface ApiKey extends Login {
  readonly _tag: "ApiKey"
  readonly username: string
  readonly apiKey: Redacted.Redacted
}

/** A user and a password. Identity may respond with an MFA challenge. */
export interface Password extends Login {
  readonly _tag: "Password"
  readonly username: string
  readonly password: Redacted.Redacted
}

/**
 * A token from an earlier login. With `renewWith` the library logs in again when the cloud no longer accepts the token; otherwise
 * it fails with `AuthenticationFailed` and the reason `notRenewable`.
 */
export interface Token extends Login {
  readonly _tag: "Token"
  readonly token: Redacted.Redacted
  readonly renewWith: ApiKey | Password | undefined
}

/** The passcode for an MFA challenge. It works once, so the login cannot be renewed automatically. */
export interface Passcode extends Login {
  readonly _tag: "Passcode"
  readonly sessionId: Redacted.Redacted
  readonly passcode: Redacted.Redacted
}

/** A domain of Keystone v3, in which names are unique. */
export type Domain = { readonly id: string } | { readonly name: string }

/** A user of Keystone v3: by id, or by a name within a domain. */
export type KeystoneUser = { readonly id: string } | { readonly name: string; readonly domain: Domain }

/**
 * The scope of a token of Keystone v3: a project, by id or by a name within a domain; a domain; the whole system; a trust, by which
 * another user has delegated roles in a project; or none, to get another token with it (`unscoped`).
 */
export type Scope =
  | { readonly project: { readonly id: string } | { readonly name: string; readonly domain: Domain } }
  | { readonly domain: Domain }
  | { readonly system: "all" }
  | { readonly trust: { readonly id: string } }
  | "unscoped"

/** A user and a password for Keystone v3. */
export interface KeystonePassword {
  readonly _tag: "KeystonePassword"
  /** Keystone's URL, with or without `/v3`. */
  readonly authUrl: string
  readonly user: KeystoneUser
  readonly password: Redacted.Redacted
  /** A time-based passcode, if the user needs a second factor. It works once, so the login cannot be renewed. */
  readonly passcode: Redacted.Redacted | undefined
  /** Default: the user's default project, if there is one. */
  readonly scope: Scope | undefined
}

/**
 * A token of Keystone v3 from an earlier login, which is exchanged for a token with a scope. The new token expires when the earlier
 * one does; with `renewWith` the library then logs in again.
 */
export interface KeystoneToken {
  readonly _tag: "KeystoneToken"
  /** Keystone's URL, with or without `/v3`. */
  readonly authUrl: string
  readonly token: Redacted.Redacted
  readonly scope: Scope | undefined
  readonly renewWith: KeystonePassword | ApplicationCredential | undefined
}

/**
 * A credential that a user of Keystone v3 has created for a program. Recommended on OpenStack: it is limited to one project, and can
 * be revoked without changing the password.
 */
export interface ApplicationCredential {
  readonly _tag: "ApplicationCredential"
  /** Keystone's URL, with or without `/v3`. */
  readonly authUrl: string
  readonly credential: { readonly id: string } | { readonly name: string; readonly user: KeystoneUser }
  readonly secret: Redacted.Redacted
}

/**
 * An access token of an OpenID Connect provider that Keystone v3 is federated with. The library does not renew it: after it has
 * expired, the next login is refused.
 */
export interface OidcAccessToken {
  readonly _tag: "OidcAccessToken"
  /** Keystone's URL, with or without `/v3`. */
  readonly authUrl: string
  /** The name of the provider in Keystone. */
  readonly identityProvider: string
  /** The name of the federation protocol in Keystone: `openid`, `oidc`. */
  readonly protocol: string
  readonly accessToken: Redacted.Redacted
  /** Default: none, which gives an unscoped token. */
  readonly scope: Scope | undefined
}

/** A user and a key for Swift's own login (v1, TempAuth), for Swift without Keystone. */
export interface SwiftKey {
  readonly _tag: "SwiftKey"
  /** The full URL of the login: `https://swift.example.com/auth/v1.0`. */
  readonly authUrl: string
  /** `account:user` for TempAuth. */
  readonly user: string
  readonly key: Redacted.Redacted
}

/** All kinds of credentials. Secrets are `Redacted`, so printing credentials does not reveal them. */
export type Credentials =
  | ApiKey
  | Password
  | Token
  | Passcode
  | KeystonePassword
  | KeystoneToken
  | ApplicationCredential
  | OidcAccessToken
  | SwiftKey

/**
 * Credentials could not be read: the file is missing, unreadable, accessible to other users, or invalid, or it uses a feature that
 * this library does not support. The message says what was wrong and what was expected, and never contains the file's content.
 */
export class CredentialsError extends Schema.TaggedError<CredentialsError>("effect-rackspace/CredentialsError")(
  "CredentialsError",
  {
    reason: Schema.Literal("missing", "unreadable", "permissions", "malformed", "incomplete", "unsupported"),
    /** The file or the variables that were read. */
    source: Schema.String,
    message: Schema.String
  }
) {}

type Secret = string | Redacted.Redacted

const redact = (secret: Secret): Redacted.Redacted => (Redacted.isRedacted(secret) ? secret : Redacted.make(secret))

// The constructors accept any value, such as a variable that is not set, and never throw. Invalid values are reported as a typed
// error when the program logs in: see internal/identity/credentialsProblem.ts.

/**
 * Replaces a user name and a password in an auth URL, so that printing the credentials does not show them. The login refuses the
 * resulting URL.
 */
const urlOf = (authUrl: string): string =>
  typeof authUrl === "string" ? withoutUserInfo(authUrl.trim(), "***@") : authUrl

/** Accepts a number, since tenant ids are often written as numbers. They are strings in requests. */
const tenantOf = (tenantId: string | number | undefined): string | undefined =>
  tenantId === ""
    ? undefined
    : typeof tenantId === "number" && Number.isSafeInteger(tenantId)
      ? String(tenantId)
      : (tenantId as string | undefined)

interface LoginOptions {
  readonly authUrl?: string | undefined
  readonly tenantId?: string | number | undefined
  readonly tenantName?: string | undefined
}

const loginOf = (options: LoginOptions): Login => ({
  authUrl: options.authUrl === undefined || urlOf(options.authUrl) === "" ? usAuthUrl : urlOf(options.authUrl),
  tenantId: tenantOf(options.tenantId),
  ...(options.tenantName !== undefined && options.tenantName !== "" && { tenantName: options.tenantName })
})

/**
 * Credentials of a user and an API key.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-rackspace"
 *
 * const credentials = Credentials.apiKey({ username: "myusername", apiKey: "01234567890abcdef" })
 * ```
 */
export const apiKey = (options: LoginOptions & { readonly username: string; readonly apiKey: Secret }): ApiKey =>
  Data.struct({
    _tag: "ApiKey" as const,
    username: options.username,
    apiKey: redact(options.apiKey),
    ...loginOf(options)
  })

/** Credentials of a user and a password. */
export const password = (options: LoginOptions & { readonly username: string; readonly password: Secret }): Password =>
  Data.struct({
    _tag: "Password" as const,
    username: options.username,
    password: redact(options.password),
    ...loginOf(options)
  })

/**
 * A saved token, optionally with credentials to log in again. Specify the tenant, since Identity returns a token's catalog by
 * tenant.
 */
export const token = (
  options: LoginOptions & { readonly token: Secret; readonly renewWith?: ApiKey | Password | undefined }
): Token =>
  Data.struct({
    _tag: "Token" as const,
    token: redact(options.token),
    renewWith: options.renewWith,
    ...loginOf({
      authUrl: options.authUrl === undefined ? options.renewWith?.authUrl : options.authUrl,
      // A tenant that is given here replaces that of the other credentials.
      ...(options.tenantId === undefined && options.tenantName === undefined
        ? { tenantId: options.renewWith?.tenantId, tenantName: options.renewWith?.tenantName }
        : { tenantId: options.tenantId, tenantName: options.tenantName })
    })
  })

/** Responds to the MFA challenge of an `AuthenticationFailed` with the reason `mfaRequired`. */
export const answerChallenge = (challenge: MfaChallenge, passcode: Secret): Passcode => {
  // The challenge is undefined if the error has none; the login then fails.
  const given: Partial<MfaChallenge> = challenge ?? {}
  return Data.struct({
    _tag: "Passcode" as const,
    sessionId: given.sessionId as MfaChallenge["sessionId"],
    passcode: redact(passcode),
    ...loginOf(given)
  })
}

/**
 * Credentials of a user and a password for Keystone v3.
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-rackspace"
 *
 * const credentials = Credentials.keystonePassword({
 *   authUrl: "https://keystone.example.com:5000",
 *   user: { name: "demo", domain: { id: "default" } },
 *   password: "correct horse battery",
 *   scope: { project: { name: "demo", domain: { id: "default" } } }
 * })
 * ```
 */
export const keystonePassword = (options: {
  readonly authUrl: string
  readonly user: KeystoneUser
  readonly password: Secret
  readonly passcode?: Secret | undefined
  readonly scope?: Scope | undefined
}): KeystonePassword =>
  Data.struct({
    _tag: "KeystonePassword" as const,
    authUrl: urlOf(options.authUrl),
    user: options.user,
    password: redact(options.password),
    passcode: options.passcode === undefined ? undefined : redact(options.passcode),
    scope: options.scope
  })

/**
 * A saved token of Keystone v3, optionally with credentials to log in again. The default scope is that of `renewWith`.
 */
export const keystoneToken = (options: {
  readonly authUrl: string
  readonly token: Secret
  readonly scope?: Scope | undefined
  readonly renewWith?: KeystonePassword | ApplicationCredential | undefined
}): KeystoneToken =>
  Data.struct({
    _tag: "KeystoneToken" as const,
    authUrl: urlOf(options.authUrl),
    token: redact(options.token),
    scope:
      options.scope === undefined && options.renewWith?._tag === "KeystonePassword"
        ? options.renewWith.scope
        : options.scope,
    renewWith: options.renewWith
  })

/** An application credential of Keystone v3, by id, or by name and user. */
export const applicationCredential = (options: {
  readonly authUrl: string
  readonly credential: ApplicationCredential["credential"]
  readonly secret: Secret
}): ApplicationCredential =>
  Data.struct({
    _tag: "ApplicationCredential" as const,
    authUrl: urlOf(options.authUrl),
    credential: options.credential,
    secret: redact(options.secret)
  })

/**
 * An access token of an OpenID Connect provider, for a federated Keystone v3.
 *
 * Implements OpenStack Identity API v3, "OS-FEDERATION", "Request an unscoped OS-FEDERATION token", then "Request a scoped
 * OS-FEDERATION token".
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-rackspace"
 *
 * const credentials = Credentials.oidcAccessToken({
 *   authUrl: "https://keystone.example.com:5000",
 *   identityProvider: "corporate",
 *   protocol: "openid",
 *   accessToken: "eyJhbGciOi…",
 *   scope: { project: { name: "demo", domain: { id: "default" } } }
 * })
 * ```
 */
export const oidcAccessToken = (options: {
  readonly authUrl: string
  readonly identityProvider: string
  readonly protocol: string
  readonly accessToken: Secret
  readonly scope?: Scope | undefined
}): OidcAccessToken =>
  Data.struct({
    _tag: "OidcAccessToken" as const,
    authUrl: urlOf(options.authUrl),
    identityProvider: options.identityProvider,
    protocol: options.protocol,
    accessToken: redact(options.accessToken),
    scope: options.scope
  })

/** Credentials of a user and a key for Swift's own login. */
export const swiftKey = (options: {
  readonly authUrl: string
  readonly user: string
  readonly key: Secret
}): SwiftKey =>
  Data.struct({
    _tag: "SwiftKey" as const,
    authUrl: urlOf(options.authUrl),
    user: options.user,
    key: redact(options.key)
  })

const nameOf = (user: KeystoneUser): string => ("id" in user ? user.id : user.name)

/** The user of the credentials, if they contain one. */
export const usernameOf = (credentials: Credentials): string | undefined => {
  switch (credentials._tag) {
    case "ApiKey":
    case "Password":
      return credentials.username
    case "Token":
      return credentials.renewWith?.username
    case "KeystonePassword":
      return nameOf(credentials.user)
    case "KeystoneToken":
      return credentials.renewWith === undefined ? undefined : usernameOf(credentials.renewWith)
    case "ApplicationCredential":
      return "user" in credentials.credential ? nameOf(credentials.credential.user) : undefined
    case "SwiftKey":
      return credentials.user
    case "OidcAccessToken":
    case "Passcode":
      return undefined
  }
}

interface IniSection {
  readonly name: string
  readonly values: Readonly<Record<string, string>>
}

/**
 * Parses an INI file as Python's ConfigParser does, since pyrax uses it: `key = value` or `key: value`, case-insensitive keys,
 * whole-line comments, continuation by indentation, and raw values (a `%` or `;` in a secret is part of it). Returns the number of
 * the first invalid line.
 */
const parseIni = (text: string): ReadonlyArray<IniSection> | number => {
  const sections: Array<{ name: string; values: Record<string, string> }> = []
  let key: string | undefined
  let indent = 0
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (/^\s*([#;].*)?$/.test(line)) continue
    const section = sections.at(-1)
    const depth = line.length - line.trimStart().length
    if (section !== undefined && key !== undefined && depth > indent) {
      section.values[key] = `${section.values[key] ?? ""}${line.trim()}`
      continue
    }
    indent = depth
    const header = /^\[([^\]]+)\]/.exec(line.trim())
    if (header !== null) {
      sections.push({ name: (header[1] ?? "").trim(), values: Object.create(null) as Record<string, string> })
      key = undefined
      continue
    }
    if (section === undefined) return index + 1
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line.trim())
    if (pair === null) return index + 1
    key = (pair[1] ?? "").toLowerCase()
    section.values[key] = (pair[2] ?? "").trim()
  }
  return sections
}

/** If a tenant has both an id and a name, only the id is sent, since Identity refuses both. */
const tenant = (tenantId: string | undefined, tenantName: string | undefined): LoginOptions =>
  tenantId === undefined ? { tenantName } : { tenantId }

const knownSections = ["rackspace_cloud", "keystone"]

const fromSections = (
  sections: ReadonlyArray<IniSection>,
  source: string,
  wanted: string | undefined,
  overrides: LoginOptions
): Effect.Effect<ApiKey | Password, CredentialsError> => {
  const fail = (reason: "malformed" | "incomplete", message: string) =>
    Effect.fail(new CredentialsError({ reason, source, message: `${source}: ${message}` }))
  const names = wanted === undefined ? knownSections : [wanted]
  const section = names.flatMap((name) => sections.filter((candidate) => candidate.name === name)).at(0)
  if (section === undefined) {
    return fail(
      "incomplete",
      `no section ${names.map((name) => `[${name}]`).join(" or ")}; expected one with the keys username and api_key`
    )
  }
  const value = (...keys: ReadonlyArray<string>): string | undefined =>
    keys.map((key) => section.values[key]).find((candidate) => candidate !== undefined && candidate !== "")
  const username = value("username")
  const secret = { apiKey: value("api_key", "apikey"), password: value("password") }
  const options: LoginOptions = {
    authUrl: overrides.authUrl ?? value("auth_url", "auth_endpoint"),
    ...(overrides.tenantId === undefined && overrides.tenantName === undefined
      ? tenant(value("tenant_id"), value("tenant_name"))
      : { tenantId: overrides.tenantId, tenantName: overrides.tenantName })
  }
  if (options.authUrl !== undefined && hasUserInfo(options.authUrl)) {
    return fail("malformed", "auth_url contains a user name or a password; expected a URL without them")
  }
  if (username === undefined) {
    return fail("incomplete", `section [${section.name}] has no username`)
  }
  if (secret.apiKey !== undefined) return Effect.succeed(apiKey({ ...options, username, apiKey: secret.apiKey }))
  if (secret.password !== undefined) {
    return Effect.succeed(password({ ...options, username, password: secret.password }))
  }
  return fail("incomplete", `section [${section.name}] has neither api_key nor password`)
}

/**
 * Reads pyrax's credential file: an INI file whose section `[rackspace_cloud]` (or `[keystone]`, or the one named) has
 * `username` and `api_key` or `password`; `tenant_id`, `tenant_name` and `auth_url` are read too. `~` stands for the home directory.
 *
 * Fails with {@link CredentialsError} if the file is missing, unreadable, invalid, not UTF-8, or accessible to other users of the
 * machine (`permissions: "any"` allows that, for secrets that an orchestrator mounts).
 *
 * @example
 * ```ts
 * import { Credentials } from "effect-rackspace"
 *
 * const credentials = Credentials.fromFile("~/.rackspace_cloud_credentials")
 * ```
 */
export const fromFile = (
  path: string,
  options: LoginOptions & {
    /** The section to read; by default `rackspace_cloud`, else `keystone`. */
    readonly section?: string | undefined
    readonly permissions?: "private" | "any" | undefined
  } = {}
): Effect.Effect<ApiKey | Password, CredentialsError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const source = expandHome(path)
    const unreadable = (error: { readonly _tag: string; readonly reason?: string }) =>
      error.reason === "NotFound"
        ? new CredentialsError({ reason: "missing", source, message: `${source}: there is no such file` })
        : new CredentialsError({
            reason: error.reason === "PermissionDenied" ? "permissions" : "unreadable",
            source,
            message:
              error.reason === "PermissionDenied"
                ? `${source}: permission denied`
                : `${source}: cannot be read as a file (${error.reason ?? error._tag})`
          })
    const info = yield* Effect.mapError(fs.stat(source), unreadable)
    if (info.type === "Directory") {
      return yield* new CredentialsError({
        reason: "unreadable",
        source,
        message: `${source}: a directory, not a file`
      })
    }
    const shared = sharedWith(info)
    if (shared !== undefined && options.permissions !== "any") {
      return yield* new CredentialsError({
        reason: "permissions",
        source,
        message: `${source}: contains secrets and is accessible to ${shared}; run \`chmod 600 ${source}\`, or allow it with permissions: "any"`
      })
    }
    const text = textOf(yield* Effect.mapError(fs.readFile(source), unreadable))
    if (text === undefined) {
      return yield* new CredentialsError({
        reason: "malformed",
        source,
        message: `${source}: not UTF-8 text; save it in that encoding`
      })
    }
    const sections = parseIni(text)
    if (typeof sections === "number") {
      return yield* new CredentialsError({
        reason: "malformed",
        source,
        message: `${source}: line ${sections} is neither a [section], a key = value, nor a comment`
      })
    }
    return yield* fromSections(sections, source, options.section, options)
  })

const text = (name: string): Config.Config<string | undefined> =>
  Config.withDefault(Config.nonEmptyString(name), undefined)

const secret = (name: string): Config.Config<Redacted.Redacted | undefined> =>
  Config.withDefault(Config.redacted(Config.nonEmptyString(name)), undefined)

/** A login from one family of environment variables. */
interface Variables extends LoginOptions {
  readonly username: string | undefined
  readonly apiKey: Redacted.Redacted | undefined
  readonly password: Redacted.Redacted | undefined
}

const rackspaceVariables: Config.Config<Variables> = Config.all({
  username: text("RAX_USERNAME"),
  apiKey: secret("RAX_API_KEY"),
  password: secret("RAX_PASSWORD"),
  tenantId: text("RAX_TENANT_ID"),
  authUrl: text("RAX_AUTH_URL")
})

const openStackVariables: Config.Config<Variables> = Config.all({
  username: text("OS_USERNAME"),
  password: secret("OS_PASSWORD"),
  tenantId: text("OS_TENANT_ID"),
  projectId: text("OS_PROJECT_ID"),
  tenantName: text("OS_TENANT_NAME"),
  projectName: text("OS_PROJECT_NAME"),
  authUrl: text("OS_AUTH_URL")
}).pipe(
  Config.map(({ projectId, projectName, tenantId, tenantName, ...login }) => ({
    ...login,
    ...tenant(tenantId ?? projectId, tenantName ?? projectName),
    apiKey: undefined
  }))
)

/**
 * Reads credentials from `Config`: `RAX_USERNAME` with `RAX_API_KEY` or `RAX_PASSWORD`, and optionally `RAX_TENANT_ID` and
 * `RAX_AUTH_URL`; or else OpenStack's `OS_USERNAME`, `OS_PASSWORD`, `OS_AUTH_URL`, and `OS_TENANT_ID` or `OS_TENANT_NAME` (or
 * `OS_PROJECT_ID` or `OS_PROJECT_NAME`). The two families are never mixed, so that no secret of one is sent to the auth URL of the
 * other. These are credentials for version 2.0; for Keystone v3, use `CloudConfig.fromEnvironment`.
 */
export const config: Config.Config<ApiKey | Password> = Config.all({
  rackspace: rackspaceVariables,
  openStack: openStackVariables
}).pipe(
  Config.mapOrFail(({ openStack, rackspace }): Either.Either<ApiKey | Password, ConfigError.ConfigError> => {
    const ofRackspace = rackspace.username !== undefined || openStack.username === undefined
    const { apiKey: key, password: word, username, ...login } = ofRackspace ? rackspace : openStack
    if (username === undefined) {
      return Either.left(ConfigError.MissingData(["RAX_USERNAME"], "Expected RAX_USERNAME (or OS_USERNAME)"))
    }
    if (key !== undefined) return Either.right(apiKey({ ...login, username, apiKey: key }))
    if (word !== undefined) return Either.right(password({ ...login, username, password: word }))
    return Either.left(
      ofRackspace
        ? ConfigError.MissingData(["RAX_API_KEY"], "Expected RAX_API_KEY or RAX_PASSWORD together with RAX_USERNAME")
        : ConfigError.MissingData(["OS_PASSWORD"], "Expected OS_PASSWORD together with OS_USERNAME")
    )
  })
)
