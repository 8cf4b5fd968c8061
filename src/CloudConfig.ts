/**
 * Reads the configuration of an OpenStack cloud in the formats of other tools: `clouds.yaml`, or the `OS_*` variables of an `openrc`
 * file.
 *
 * Follows the documentation of openstacksdk's configuration: the search paths of files, the merging of `secure.yaml` and profiles,
 * and the meaning of entries.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { delimiter, isAbsolute, join } from "node:path"
import type { ScalarTag } from "yaml"
import * as Credentials from "./Credentials.js"
import { CredentialsError } from "./Credentials.js"
import { expandHome } from "./internal/files/homePath.js"
import { textOf as textInUtf8 } from "./internal/files/privateFile.js"
import { hasUserInfo } from "./internal/http/urlText.js"
import { vendorProfiles } from "./internal/identity/vendorProfiles.js"
import type { EndpointInterface } from "./ServiceCatalog.js"

/** The configuration of a cloud. */
export interface Cloud {
  readonly credentials: Credentials.Credentials
  readonly region: string | undefined
  readonly interface: EndpointInterface | undefined
  /** URLs of services by type (`compute`, `object-store`), which override the catalog. */
  readonly endpoints: Readonly<Record<string, string>>
  /** The names of services in the catalog by type (`object-store`), for catalogs that list several of one type. */
  readonly serviceNames: Readonly<Record<string, string>>
  /** The microversions to request, by type of service: `compute`. */
  readonly microversions: Readonly<Record<string, string>>
}

/** The settings of a file or the environment. Scalars are strings, since leading zeros are significant. */
type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A value without its nulls, at every depth. */
const withoutNulls = (value: unknown): unknown => {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls)
  return isFields(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]]))
      )
    : value
}

const fault = (reason: CredentialsError["reason"], source: string, message: string): CredentialsError =>
  new CredentialsError({ reason, source, message: `${source}: ${message}` })

const textOf = (fields: Fields, ...keys: ReadonlyArray<string>): string | undefined => {
  for (const key of keys) {
    const value = fields[key]
    if (typeof value === "string" && value !== "") return value
  }
  return undefined
}

const section = (fields: Fields | undefined, key: string): Fields => {
  const value = fields?.[key]
  return isFields(value) ? value : {}
}

/** Merges mappings deeply; `overrides` takes precedence. */
const merged = (base: Fields, overrides: Fields): Fields => {
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(overrides)) {
    const previous = result[key]
    result[key] = isFields(previous) && isFields(value) ? merged(previous, value) : value
  }
  return result
}

/** The settings of a login, which may be inside or outside of `auth`. */
const loginNames = [
  "auth_url",
  "username",
  "user_name",
  "user_id",
  "user_domain_id",
  "user_domain_name",
  "password",
  "passcode",
  "token",
  "api_key",
  "project_id",
  "project_name",
  "project_domain_id",
  "project_domain_name",
  "tenant_id",
  "tenant_name",
  "domain_id",
  "domain_name",
  "default_domain",
  "default_domain_id",
  "default_domain_name",
  "system_scope",
  "trust_id",
  "application_credential_id",
  "application_credential_name",
  "application_credential_secret",
  "identity_provider",
  "protocol",
  "access_token"
]

const underscored = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.replaceAll("-", "_"), value]))

/** Moves all login settings of an entry into `auth`; those already there take precedence. Keys may be written with hyphens. */
const withAuth = (entry: Fields): Fields => {
  const fields = underscored(entry)
  const outside = Object.fromEntries(
    loginNames.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]]))
  )
  const auth = underscored(section(fields, "auth"))
  const token = textOf(auth, "auth_token") ?? textOf(fields, "auth_token")
  return { ...fields, auth: { ...(token !== undefined && { token }), ...outside, ...auth } }
}

const authTypes = [
  "password",
  "v3password",
  "token",
  "v3token",
  "v3applicationcredential",
  "v3multifactor",
  "v3oidcaccesstoken",
  "v2password",
  "rackspace_apikey",
  "v1password"
]

const hasProject = (auth: Fields): boolean =>
  textOf(auth, "project_id", "tenant_id", "project_name", "tenant_name") !== undefined

/**
 * The domain of a user or a project. If there is a project, a domain without a prefix applies to both. The default is the domain
 * `default`, which every Keystone has initially.
 */
const domainOf = (auth: Fields, prefix: string): Credentials.Domain => {
  const common = hasProject(auth)
  const id = textOf(auth, `${prefix}_domain_id`)
  const name = textOf(auth, `${prefix}_domain_name`)
  if (id !== undefined) return { id }
  if (name !== undefined) return { name }
  const commonId = common ? textOf(auth, "domain_id") : undefined
  const commonName = common ? textOf(auth, "domain_name") : undefined
  if (commonId !== undefined) return { id: commonId }
  if (commonName !== undefined) return { name: commonName }
  const defaultName = textOf(auth, "default_domain_name", "default_domain")
  const defaultId = textOf(auth, "default_domain_id")
  return defaultId === undefined && defaultName !== undefined ? { name: defaultName } : { id: defaultId ?? "default" }
}

const userOf = (auth: Fields): Credentials.KeystoneUser | undefined => {
  const id = textOf(auth, "user_id")
  const name = textOf(auth, "username", "user_name")
  return id !== undefined ? { id } : name === undefined ? undefined : { name, domain: domainOf(auth, "user") }
}

const scopeOf = (auth: Fields): Credentials.Scope | undefined => {
  const id = textOf(auth, "project_id", "tenant_id")
  const name = textOf(auth, "project_name", "tenant_name")
  const domainId = textOf(auth, "domain_id")
  const domainName = textOf(auth, "domain_name")
  const trustId = textOf(auth, "trust_id")
  if (trustId !== undefined) return { trust: { id: trustId } }
  if (textOf(auth, "system_scope") === "all") return { system: "all" }
  if (id !== undefined) return { project: { id } }
  if (name !== undefined) return { project: { name, domain: domainOf(auth, "project") } }
  if (domainId !== undefined) return { domain: { id: domainId } }
  return domainName === undefined ? undefined : { domain: { name: domainName } }
}

/** The tenant of a version 2 login, by id, else by name. */
const tenantOf = (auth: Fields) => {
  const tenantId = textOf(auth, "project_id", "tenant_id")
  return tenantId === undefined ? { tenantName: textOf(auth, "project_name", "tenant_name") } : { tenantId }
}

/** Describes conflicting scopes. A domain does not conflict with a project, since it is the domain of the project's name. */
const conflictingScopes = (auth: Fields): string | undefined => {
  const scopes = [
    ...["trust_id", "system_scope"].filter((key) => textOf(auth, key) !== undefined),
    ...(hasProject(auth) ? ["a project"] : [])
  ]
  return scopes.length > 1 ? `${scopes.join(" and ")}: a token can have only one of these scopes` : undefined
}

/** The kind of login: the explicit one, else the one whose fields are present. */
const authTypeOf = (fields: Fields, auth: Fields): string => {
  const named = textOf(fields, "auth_type", "auth_plugin")
  const isPassword = named === undefined || named === "password"
  if (isPassword && (auth["application_credential_id"] ?? auth["application_credential_name"]) !== undefined) {
    return "v3applicationcredential"
  }
  const version = textOf(fields, "identity_api_version") ?? ""
  if (isPassword && (version.startsWith("2") || /\/v2\.0\/?$/.test(textOf(auth, "auth_url") ?? ""))) return "v2password"
  return named ?? (auth["token"] !== undefined && auth["password"] === undefined ? "token" : "password")
}

const credentialsOf = (fields: Fields, source: string): Either.Either<Credentials.Credentials, CredentialsError> => {
  const auth = isFields(fields["auth"]) ? fields["auth"] : {}
  const authType = authTypeOf(fields, auth)
  const missing = (what: string) => Either.left(fault("incomplete", source, `auth has no ${what}`))
  const authUrl = textOf(auth, "auth_url")
  if (!authTypes.includes(authType)) {
    return Either.left(
      fault("unsupported", source, `auth_type ${authType} is not supported; expected one of ${authTypes.join(", ")}`)
    )
  }
  if (authUrl === undefined && authType !== "rackspace_apikey") return missing("auth_url")
  const scope = conflictingScopes(auth)
  if (scope !== undefined) return Either.left(fault("unsupported", source, scope))
  const url = authUrl ?? Credentials.usAuthUrl
  if (hasUserInfo(url)) {
    return Either.left(
      fault("malformed", source, "auth_url contains a user name or a password; expected a URL without them")
    )
  }
  const word = textOf(auth, "password")
  const username = textOf(auth, "username", "user_name")
  switch (authType) {
    case "v3applicationcredential": {
      const id = textOf(auth, "application_credential_id")
      const name = textOf(auth, "application_credential_name")
      const secret = textOf(auth, "application_credential_secret")
      const user = userOf(auth)
      if (secret === undefined) return missing("application_credential_secret")
      if (id !== undefined) {
        return Either.right(Credentials.applicationCredential({ authUrl: url, credential: { id }, secret }))
      }
      if (name === undefined) return missing("application_credential_id")
      if (user === undefined) return missing("username or user_id, which is required with application_credential_name")
      return Either.right(Credentials.applicationCredential({ authUrl: url, credential: { name, user }, secret }))
    }
    case "token":
    case "v3token": {
      const token = textOf(auth, "token")
      return token === undefined
        ? missing("token")
        : Either.right(Credentials.keystoneToken({ authUrl: url, token, scope: scopeOf(auth) }))
    }
    case "v3oidcaccesstoken": {
      const identityProvider = textOf(auth, "identity_provider")
      const protocol = textOf(auth, "protocol")
      const accessToken = textOf(auth, "access_token")
      if (identityProvider === undefined) return missing("identity_provider")
      if (protocol === undefined) return missing("protocol")
      if (accessToken === undefined) return missing("access_token")
      return Either.right(
        Credentials.oidcAccessToken({ authUrl: url, identityProvider, protocol, accessToken, scope: scopeOf(auth) })
      )
    }
    case "rackspace_apikey": {
      const apiKey = textOf(auth, "api_key", "apikey")
      if (username === undefined) return missing("username")
      if (apiKey === undefined) return missing("api_key")
      return Either.right(Credentials.apiKey({ authUrl: url, username, apiKey, ...tenantOf(auth) }))
    }
    case "v2password":
      if (username === undefined) return missing("username")
      if (word === undefined) return missing("password")
      return Either.right(Credentials.password({ authUrl: url, username, password: word, ...tenantOf(auth) }))
    case "v1password":
      if (username === undefined) return missing("username")
      if (word === undefined) return missing("password")
      return Either.right(Credentials.swiftKey({ authUrl: url, user: username, key: word }))
    default: {
      const user = userOf(auth)
      if (user === undefined) return missing("username or user_id")
      if (word === undefined) return missing("password")
      return Either.right(
        Credentials.keystonePassword({
          authUrl: url,
          user,
          password: word,
          passcode: textOf(auth, "passcode"),
          scope: scopeOf(auth)
        })
      )
    }
  }
}

const interfaceOf = (
  fields: Fields,
  source: string
): Either.Either<EndpointInterface | undefined, CredentialsError> => {
  const named = textOf(fields, "interface", "endpoint_type")
  const plain = named?.replace(/URL$/i, "")
  return plain === undefined || plain === "public" || plain === "internal" || plain === "admin"
    ? Either.right(plain)
    : Either.left(fault("malformed", source, `interface is ${named}; expected public, internal or admin`))
}

/** The values of a setting by service type: `object_store_endpoint_override` belongs to `object-store`. */
const byService = (fields: Fields, setting: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(fields).flatMap((key) => {
      const value = textOf(fields, key)
      return key.endsWith(setting) && value !== undefined
        ? [[key.slice(0, -setting.length).replaceAll("_", "-"), value]]
        : []
    })
  )

/** Whether a version is a microversion: `2.79`, but not `2` or `2.0`. */
const impliedMicroversion = (version: string): boolean => /^\d+\.[1-9]\d*$/.test(version)

const microversionsOf = (
  fields: Fields,
  source: string
): Either.Either<Readonly<Record<string, string>>, CredentialsError> => {
  const named = byService(fields, "_default_microversion")
  const implied = Object.entries(byService(fields, "_api_version")).filter(([, version]) =>
    impliedMicroversion(version)
  )
  for (const [service, version] of implied) {
    if (named[service] !== undefined && named[service] !== version) {
      const key = service.replaceAll("-", "_")
      const conflict = `${key}_api_version is ${version} and ${key}_default_microversion ${named[service]}: specify only one`
      return Either.left(fault("malformed", source, conflict))
    }
  }
  return Either.right({ ...named, ...Object.fromEntries(implied) })
}

/** Replaces `{region_name}` and other placeholders in a URL by the entry's values. */
const expanded = (text: string, fields: Fields, source: string): Either.Either<string, CredentialsError> => {
  const unknown = [...text.matchAll(/\{(\w*)\}/g)].find(([, name = ""]) => textOf(fields, name) === undefined)
  return unknown === undefined
    ? Either.right(text.replaceAll(/\{(\w*)\}/g, (_, name: string) => textOf(fields, name) ?? ""))
    : Either.left(fault("malformed", source, `the placeholder ${unknown[0]} in a URL has no value in the entry`))
}

const isOff = (value: unknown): boolean =>
  value === undefined || value === "" || /^(false|no|off|n|f|0)$/i.test(String(value))

const isOn = (value: unknown): boolean =>
  value === undefined || value === "" || /^(true|yes|on|y|t|1)$/i.test(String(value))

/**
 * Returns a TLS setting that differs from the default. It must not be ignored, but only the HttpClient can apply it. `verify` may
 * also be a path of certificates.
 */
const tlsOf = (fields: Fields): string | undefined =>
  !isOn(fields["verify"])
    ? "verify"
    : !isOff(fields["insecure"])
      ? "insecure"
      : ["cacert", "cert", "key"].find((key) => textOf(fields, key) !== undefined)

/**
 * Returns an unsupported setting of one service that differs from that of the whole cloud. Ignoring it would use another region,
 * interface or service than configured.
 */
const unsupportedSetting = (fields: Fields): string | undefined => {
  const plain = (value: string | undefined) => value?.replace(/URL$/i, "")
  const ofCloud = {
    interface: plain(textOf(fields, "interface", "endpoint_type")) ?? "public",
    region: textOf(fields, "region_name")
  }
  return ["compute", "object_store"]
    .flatMap((service) => [
      [`${service}_interface`, ofCloud.interface] as const,
      [`${service}_endpoint_type`, ofCloud.interface] as const,
      [`${service}_region_name`, ofCloud.region] as const,
      [`${service}_service_type`, service.replaceAll("_", "-")] as const
    ])
    .find(([name, common]) => textOf(fields, name) !== undefined && plain(textOf(fields, name)) !== common)?.[0]
}

const cloudOf = (given: Fields, source: string, tls: "refuse" | "handled"): Either.Either<Cloud, CredentialsError> =>
  Either.gen(function* () {
    const fields = withAuth(given)
    const setting = tlsOf(fields) ?? tlsOf(section(fields, "auth"))
    if (setting !== undefined && tls === "refuse") {
      return yield* Either.left(
        fault(
          "unsupported",
          source,
          `${setting} must be applied by the program's HttpClient: configure one accordingly, and set tls: "handled"`
        )
      )
    }
    const single = unsupportedSetting(fields)
    if (single !== undefined) {
      return yield* Either.left(
        fault(
          "unsupported",
          source,
          `${single}: region and interface must be the same for all services, and service types are fixed`
        )
      )
    }
    const auth = section(fields, "auth")
    const authUrl = textOf(auth, "auth_url")
    const login =
      authUrl === undefined
        ? fields
        : { ...fields, auth: { ...auth, auth_url: yield* expanded(authUrl, fields, source) } }
    const endpoints: Record<string, string> = {}
    for (const [service, url] of Object.entries(byService(fields, "_endpoint_override"))) {
      endpoints[service] = yield* expanded(url, fields, source)
    }
    return {
      credentials: yield* credentialsOf(login, source),
      region: textOf(fields, "region_name"),
      interface: yield* interfaceOf(fields, source),
      endpoints,
      serviceNames: byService(fields, "_service_name"),
      microversions: yield* microversionsOf(fields, source)
    }
  })

const optionalText = (name: string): Effect.Effect<string | undefined, ConfigError> =>
  Effect.map(Config.option(Config.nonEmptyString(name)), Option.getOrUndefined)

const extensions = ["yaml", "yml", "json"]

/** The paths to search for a file, in order. */
const searchPath = (name: string, folders: ReadonlyArray<string>): ReadonlyArray<string> =>
  folders.flatMap((folder) => extensions.map((extension) => join(folder, `${name}.${extension}`)))

/** Resolves `!!null` with any content. */
const taggedNull: ScalarTag = { tag: "tag:yaml.org,2002:null", resolve: () => null }

/**
 * Parses a document. Merge keys (`<<`) are resolved, and keys with a null value are removed. Scalars remain strings: a password or a
 * tenant that consists of digits is not a number.
 *
 * Errors contain only the position, since the parser's messages quote the file, which may contain secrets.
 */
const parseYaml = (text: string, path: string): Effect.Effect<unknown, CredentialsError> =>
  Effect.gen(function* () {
    // Imported on demand, since few programs read a YAML file.
    const { parseDocument } = yield* Effect.promise(() => import("yaml"))
    const { error, value } = yield* Effect.try({
      try: () => {
        const document = parseDocument(text, {
          schema: "failsafe",
          customTags: ["null", taggedNull],
          merge: true,
          logLevel: "error"
        })
        const [error] = document.errors
        return { error, value: error === undefined ? withoutNulls(document.toJS({ maxAliasCount: 1000 })) : undefined }
      },
      catch: (thrown) =>
        fault(
          "malformed",
          path,
          thrown instanceof RangeError
            ? "its YAML is nested too deeply"
            : "its YAML is invalid: an alias (*name) without an anchor, a merge key (<<) whose value is not a mapping, or too many aliases"
        )
    })
    if (error === undefined) return value
    const place = error.linePos?.[0]
    return yield* fault(
      "malformed",
      path,
      place === undefined ? "not YAML" : `not YAML: line ${place.line}, column ${place.col} (${error.code})`
    )
  })

/** The content of a file; undefined if it does not exist. */
const readYaml = (path: string): Effect.Effect<Fields | undefined, CredentialsError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* fs
      .readFile(path)
      .pipe(
        Effect.catchAll((error) =>
          error._tag === "SystemError" && error.reason === "NotFound"
            ? Effect.succeed(undefined)
            : Effect.fail(
                fault(
                  "unreadable",
                  path,
                  `cannot be read (${error._tag === "SystemError" ? error.reason : error._tag})`
                )
              )
        )
      )
    if (bytes === undefined) return undefined
    const text = textInUtf8(bytes)
    if (text === undefined) {
      return yield* fault("malformed", path, "not UTF-8 text; save it in that encoding")
    }
    const value = yield* parseYaml(text, path)
    if (value === undefined || value === "") return {}
    return isFields(value) ? value : yield* fault("malformed", path, "expected a mapping with the key clouds")
  })

const firstOf = (
  paths: ReadonlyArray<string>
): Effect.Effect<
  { readonly path: string; readonly fields: Fields } | undefined,
  CredentialsError,
  FileSystem.FileSystem
> =>
  Effect.gen(function* () {
    for (const path of paths) {
      const fields = yield* readYaml(path)
      if (fields !== undefined) return { path, fields }
    }
    return undefined
  })

/** Merges an entry with its profile: an inline one, one from `clouds-public.yaml`, or a built-in one. */
const withProfile = (entry: Fields, publicClouds: Fields, source: string): Either.Either<Fields, CredentialsError> => {
  const profile = entry["profile"] ?? entry["cloud"]
  if (profile === undefined) return Either.right(entry)
  if (isFields(profile)) return Either.right(merged(profile, entry))
  if (typeof profile !== "string") return Either.left(fault("malformed", source, "profile: expected a name"))
  const found = publicClouds[profile] ?? (Object.hasOwn(vendorProfiles, profile) ? vendorProfiles[profile] : profile)
  if (isFields(found)) return Either.right(merged(found, entry))
  return Either.left(
    fault(
      "unsupported",
      source,
      typeof found === "string" && /^https?:/.test(found)
        ? "profile: profiles are not fetched from the network; add it to clouds-public.yaml"
        : `no profile ${profile}; clouds-public.yaml has ${Object.keys(publicClouds).join(", ") || "none"}, and the built-in ones are ${Object.keys(vendorProfiles).join(", ")}`
    )
  )
}

/** The regions of an entry, with the settings of each. */
const regionsOf = (fields: Fields): ReadonlyArray<{ readonly name: string; readonly values: Fields }> => {
  const named = fields["region_name"]
  const listed: ReadonlyArray<unknown> = Array.isArray(fields["regions"])
    ? fields["regions"]
    : Array.isArray(named)
      ? named
      : typeof named === "string" && named.includes(",")
        ? named.split(",")
        : []
  return listed.flatMap((region) => {
    const name = isFields(region) ? textOf(region, "name") : region
    return typeof name !== "string" || name.trim() === ""
      ? []
      : [{ name: name.trim(), values: section(isFields(region) ? region : {}, "values") }]
  })
}

/**
 * Applies the settings of a region: the requested one, the entry's `region_name`, or the first of its list. If the entry has a list,
 * the region must be in it; a single name is only a default.
 */
const inRegion = (
  entry: Fields,
  requested: string | undefined,
  source: string
): Either.Either<Fields, CredentialsError> => {
  const fields = underscored(entry)
  const regions = regionsOf(fields)
  const single = textOf(fields, "region_name")
  const named = requested ?? (single?.includes(",") === true ? undefined : single)
  const [first] = regions
  if (first === undefined) {
    return Either.right(named === undefined ? fields : { ...fields, region_name: named })
  }
  const region = named === undefined ? first : regions.find(({ name }) => name.toLowerCase() === named.toLowerCase())
  return region === undefined
    ? Either.left(
        fault("incomplete", source, `no region ${named}; it has ${regions.map(({ name }) => name).join(", ")}`)
      )
    : Either.right({ ...merged(fields, region.values), region_name: region.name })
}

/**
 * Reads a cloud from `clouds.yaml`: the option `cloud`, else `OS_CLOUD`, else the only cloud in the file.
 *
 * The file is the option `file`, else `OS_CLIENT_CONFIG_FILE`, else the first of `clouds.yaml`, `.yml` and `.json` in the current
 * directory, in `openstack` below `XDG_CONFIG_HOME`, `~/.config` and each of `XDG_CONFIG_DIRS` (`/etc/xdg`), and in
 * `/etc/openstack`. A file that is given explicitly must exist. `secure.yaml` (`OS_CLIENT_SECURE_FILE`) is searched in the same way,
 * and its settings take precedence. Profiles are read from `clouds-public.yaml`; those included in openstacksdk, such as
 * `rackspace`, are built in. The permissions of the files are not checked, as in other tools that read them.
 *
 * The region is the option `region`, which must be among the entry's `regions` if it lists any, else the first of those.
 *
 * In all files, keys with a null value (`null`, `~`, empty) are ignored, and mappings are merged by `<<`.
 *
 * If the cloud has a `verify` that is not true, an `insecure` that is not false, `cacert`, `cert` or `key`, reading it fails unless
 * `tls: "handled"` declares that the program's HttpClient applies these settings: see the example of a custom HttpClient. A different
 * interface, region or type for `compute` or `object_store` is refused too.
 *
 * Fails with `CredentialsError` if there is no such file or cloud, or the entry is invalid. The message names the file, but never
 * contains a value from it.
 */
export const fromFile = (
  options: {
    readonly cloud?: string | undefined
    readonly region?: string | undefined
    readonly file?: string | undefined
    readonly tls?: "refuse" | "handled" | undefined
  } = {}
): Effect.Effect<Cloud, CredentialsError | ConfigError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const configured = options.file ?? (yield* optionalText("OS_CLIENT_CONFIG_FILE"))
    const secured = yield* optionalText("OS_CLIENT_SECURE_FILE")
    const home = yield* optionalText("XDG_CONFIG_HOME")
    const shared = (yield* optionalText("XDG_CONFIG_DIRS")) ?? "/etc/xdg"
    const folders = [
      ...new Set([
        ".",
        ...[...(home === undefined ? [] : [home]), expandHome("~/.config"), ...shared.split(delimiter), "/etc"]
          .filter(isAbsolute)
          .map((folder) => join(folder, "openstack"))
      ])
    ]
    const paths = configured === undefined ? searchPath("clouds", folders) : [expandHome(configured)]
    const found = yield* firstOf(paths)
    if (found === undefined) {
      return yield* fault(
        "missing",
        paths[0] ?? "clouds.yaml",
        `there is no such file; searched for ${paths.join(", ")}`
      )
    }
    const source = found.path
    const secure = yield* firstOf(secured === undefined ? searchPath("secure", folders) : [expandHome(secured)])
    const profiles = yield* firstOf(searchPath("clouds-public", folders))
    const clouds = merged(section(found.fields, "clouds"), section(secure?.fields, "clouds"))
    const names = Object.keys(clouds)
    const listed = names.length === 0 ? "none" : names.join(", ")
    const wanted = options.cloud ?? (yield* optionalText("OS_CLOUD")) ?? (names.length === 1 ? names[0] : undefined)
    if (wanted === undefined) {
      return yield* fault("incomplete", source, `specify a cloud (or set OS_CLOUD); the file has ${listed}`)
    }
    const entry = clouds[wanted]
    if (!isFields(entry)) return yield* fault("incomplete", source, `no cloud ${wanted}; the file has ${listed}`)
    const place = `${source}, cloud ${wanted}`
    const whole = yield* withProfile(entry, section(profiles?.fields, "public-clouds"), place)
    return yield* cloudOf(yield* inRegion(whole, options.region, place), place, options.tls ?? "refuse")
  })

const secretNames = ["ACCESS_TOKEN", "PASSWORD", "TOKEN", "AUTH_TOKEN", "PASSCODE", "APPLICATION_CREDENTIAL_SECRET"]

const authNames = [
  "AUTH_URL",
  "USERNAME",
  "USER_ID",
  "USER_DOMAIN_ID",
  "USER_DOMAIN_NAME",
  "PROJECT_ID",
  "PROJECT_NAME",
  "PROJECT_DOMAIN_ID",
  "PROJECT_DOMAIN_NAME",
  "TENANT_ID",
  "TENANT_NAME",
  "DOMAIN_ID",
  "DOMAIN_NAME",
  "DEFAULT_DOMAIN",
  "DEFAULT_DOMAIN_ID",
  "DEFAULT_DOMAIN_NAME",
  "SYSTEM_SCOPE",
  "TRUST_ID",
  "IDENTITY_PROVIDER",
  "PROTOCOL",
  "APPLICATION_CREDENTIAL_ID",
  "APPLICATION_CREDENTIAL_NAME",
  ...secretNames
]

const otherNames = [
  "AUTH_TYPE",
  "IDENTITY_API_VERSION",
  "REGION_NAME",
  "INTERFACE",
  "ENDPOINT_TYPE",
  "CACERT",
  "CERT",
  "KEY",
  "INSECURE",
  "VERIFY",
  "COMPUTE_API_VERSION",
  "COMPUTE_DEFAULT_MICROVERSION",
  "COMPUTE_ENDPOINT_OVERRIDE",
  "COMPUTE_SERVICE_NAME",
  "OBJECT_STORE_SERVICE_NAME",
  "OBJECT_STORE_ENDPOINT_OVERRIDE"
]

/** The variables that are set, by their lower-case names without `OS_`. */
const variables = (names: ReadonlyArray<string>): Effect.Effect<Fields, ConfigError> =>
  Effect.map(
    Effect.forEach(names, (name) =>
      Effect.map(Config.option(Config.redacted(Config.nonEmptyString(`OS_${name}`))), (value) => [name, value] as const)
    ),
    (pairs) =>
      Object.fromEntries(
        pairs.flatMap(([name, value]) =>
          Option.isNone(value) ? [] : [[name.toLowerCase(), Redacted.value(value.value)]]
        )
      )
  )

/**
 * Reads a cloud from the `OS_*` variables that an `openrc` file sets (`OS_AUTH_URL`, `OS_USERNAME`, `OS_PASSWORD`,
 * `OS_PROJECT_NAME`, `OS_USER_DOMAIN_NAME`, `OS_APPLICATION_CREDENTIAL_ID`, `OS_REGION_NAME`, …), or from `ST_AUTH`, `ST_USER`
 * and `ST_KEY` of Swift's own tools. They are read through `Config`, so that they may come from any ConfigProvider.
 *
 * `OS_COMPUTE_API_VERSION` sets the microversion if it is one (`2.79`); `OS_COMPUTE_ENDPOINT_OVERRIDE` and
 * `OS_OBJECT_STORE_ENDPOINT_OVERRIDE` are URLs of services.
 *
 * `OS_INSECURE`, `OS_CACERT`, `OS_CERT` and `OS_KEY` fail unless `tls: "handled"`, as in {@link fromFile}.
 *
 * Fails with `CredentialsError` if a required variable is missing.
 */
export const fromEnvironment = (
  options: { readonly tls?: "refuse" | "handled" | undefined } = {}
): Effect.Effect<Cloud, CredentialsError | ConfigError> =>
  Effect.gen(function* () {
    const auth = yield* variables(authNames)
    const others = yield* variables(otherNames)
    const [url, user] = yield* Effect.all([optionalText("ST_AUTH"), optionalText("ST_USER")])
    const key = yield* Config.option(Config.redacted(Config.nonEmptyString("ST_KEY")))
    if (auth["auth_url"] === undefined && url !== undefined && user !== undefined && Option.isSome(key)) {
      return {
        credentials: Credentials.swiftKey({ authUrl: url, user, key: key.value }),
        region: undefined,
        interface: undefined,
        endpoints: {},
        serviceNames: {},
        microversions: {}
      }
    }
    return yield* cloudOf({ ...others, auth }, "the variables OS_*", options.tls ?? "refuse")
  })
