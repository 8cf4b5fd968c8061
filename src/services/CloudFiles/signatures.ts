/**
 * TempURLs and FormPost: what lets somebody without a login read, write or upload for a while, by a signature that a key of
 * the account's or the container's makes.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createHmac, randomBytes } from "node:crypto"
import { isIP } from "node:net"
import type { CloudClient } from "../../CloudClient.js"
import {
  type AuthenticationFailed,
  type CommonError,
  type EndpointNotFound,
  type InvalidInput
} from "../../CloudError.js"
import type { NotFound } from "../../CloudError.js"
import type * as Endpoint from "../../Endpoint.js"
import { expandPath, queryText } from "../../internal/http/urlPath.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { type Issue } from "../../internal/schema/issues.js"
import { options as inputOf } from "../../internal/schema/inputs.js"
import { Secret, TimeAhead, WholeNumber } from "../../internal/schema/options.js"
import type { Capabilities } from "./capabilities.js"
import type { endpoints } from "./endpoints.js"
import { ContainerName, decodedText, NamePart, ObjectName } from "./names.js"

/**
 * How a signature is made.
 *
 * @since 0.1.0
 * @category models
 */
export type SignatureAlgorithm = "sha256" | "sha1" | "sha512"

/**
 * What one may do with a TempURL.
 *
 * @since 0.1.0
 * @category models
 */
export type TempUrlMethod = "GET" | "HEAD" | "PUT" | "POST" | "DELETE"

/**
 * What a TempURL lets its holder do.
 *
 * @since 0.1.0
 * @category models
 */
export interface TempUrlRequest {
  readonly container: string
  /** The object; with `prefix`, one that begins with it. */
  readonly object?: string | undefined
  /** Instead of one object, all whose names begin so; an empty one is for the whole container. OpenStack, not Rackspace. */
  readonly prefix?: string | undefined
  /**
   * Default GET. GET, PUT and POST include HEAD. Rackspace knows GET and PUT.
   */
  readonly method?: TempUrlMethod | undefined
  /** Default sha256. */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** The only address, or range of them (`192.0.2.0/24`), from which it is good. OpenStack, not Rackspace. */
  readonly ipRange?: string | undefined
  /** The name under which a browser saves it. It is not signed: whoever has the URL may change it. */
  readonly filename?: string | undefined
  /** Whether a browser shows it instead of saving it. Not signed either. */
  readonly inline?: boolean | undefined
}

/**
 * What a TempURL lets its holder do, and all that its signature is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignTempUrlOptions extends TempUrlRequest {
  /** The URL of the account's storage: `https://storage101.dfw1.clouddrive.com/v1/MossoCloudFS_…`. */
  readonly endpointUrl: string
  readonly key: string | Redacted.Redacted<string>
  /** Until when it is good; whole seconds. */
  readonly expires: DateTime.Utc
}

/**
 * Where a key comes from.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyOptions {
  /** The key to sign with. Default: the container's, else the account's, each asked of the cloud. */
  readonly key?: string | Redacted.Redacted<string> | undefined
  /**
   * Whether a random key is made and set on the account where neither it nor the container has one. Default true. Otherwise
   * it fails with `InvalidInput`.
   */
  readonly createKey?: boolean | undefined
}

/**
 * What a TempURL lets its holder do, and for how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface TempUrlOptions extends TempUrlRequest, KeyOptions {
  /** For how long from now, or until when. */
  readonly expires: Duration.DurationInput | DateTime.Utc
  /**
   * Default: the best that the cloud says it takes (sha256, then sha512, then sha1); sha1 where it does not say, which is what
   * Rackspace documents.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/**
 * What a form lets its holder upload.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormPostRequest {
  readonly container: string
  /** What the names of all uploaded objects begin with, before the name that the file has: `uploads/`. */
  readonly prefix?: string | undefined
  /** Where the browser goes then; the cloud adds `status` and `message` to its query. Without it, it shows a plain status. */
  readonly redirect?: string | undefined
  /** Of each file, in bytes; up to 5 GiB. */
  readonly maxFileSize: number
  readonly maxFileCount: number
  /** After how long the cloud is to delete what was uploaded; whole seconds. Not signed: the form's holder may change it. */
  readonly deleteAfter?: Duration.DurationInput | undefined
}

/**
 * What a form lets its holder upload, and all that its signature is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignFormOptions extends FormPostRequest {
  /** The URL of the account's storage. */
  readonly endpointUrl: string
  readonly key: string | Redacted.Redacted<string>
  /** Until when it is good; whole seconds. */
  readonly expires: DateTime.Utc
  readonly algorithm: SignatureAlgorithm
}

/**
 * What a form lets its holder upload, and for how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormPostOptions extends FormPostRequest, KeyOptions {
  /** For how long from now, or until when. */
  readonly expires: Duration.DurationInput | DateTime.Utc
  /**
   * Default: the best that the cloud says it takes (sha256, then sha512, then sha1); sha1 where it does not say, which is what
   * Rackspace documents.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/**
 * A signed form: where it is sent, and its hidden fields, which must stand before its files.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedForm {
  readonly action: string
  /** Whoever has these may upload. */
  readonly fields: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly maxFileCount: number
  readonly expires: DateTime.Utc
}

/**
 * Whose key: the container's where one is named, else the account's.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyOwner {
  /** OpenStack has keys of containers; Rackspace only the account's. */
  readonly container?: string | undefined
}

/**
 * Signing, and the keys that sign.
 *
 * @since 0.1.0
 * @category models
 */
export interface Signing {
  /**
   * A URL that lets its holder read, write or delete an object without a login, for a while. Whoever has it can use it, so it
   * is redacted: unwrap it where it is handed on.
   *
   * Where no key is named, the container's is used, else the account's; where there is none, a random one is made and set on
   * the account, which the cloud may take a minute to know. With a `prefix` and no `object`, the URL ends with the prefix,
   * and the rest of a name is inserted after it, before the `?`.
   *
   * Fails with `InvalidInput` where it would be expired already or cannot be signed, and with `NotFound` where a key is searched
   * for and there is no such container. "TempURL".
   */
  readonly tempUrl: (options: TempUrlOptions) => Effect.Effect<Redacted.Redacted<string>, CommonError | NotFound>
  /**
   * A form that lets a browser upload files without a login: where to send it, and its hidden fields; {@link formHtml} makes
   * it a page's. The key is found as `tempUrl` finds it, and the cloud is asked which algorithms it knows where none is named.
   *
   * Fails with `InvalidInput` and `NotFound` as `tempUrl` does. "FormPost".
   */
  readonly formPost: (options: FormPostOptions) => Effect.Effect<SignedForm, CommonError | NotFound>
  /**
   * Sets the key that signs, or with `slot` 2 the one that is good besides it. URLs signed with the key before are no longer
   * good; `rotateTempUrlKey` keeps them. Fails with `NotFound` where there is no such container. "Set account metadata".
   */
  readonly setTempUrlKey: (
    options: KeyOwner & { readonly key: string | Redacted.Redacted<string>; readonly slot?: 1 | 2 | undefined }
  ) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Sets a new key, by default a random one, and returns it. What the last one signed stays good, as that becomes the second
   * key; what the second one had signed does not. Fails with `NotFound` where there is no such container.
   */
  readonly rotateTempUrlKey: (
    options?: KeyOwner & { readonly key?: string | Redacted.Redacted<string> | undefined }
  ) => Effect.Effect<Redacted.Redacted<string>, CommonError | NotFound>
  /**
   * Removes both keys, and so all that they signed; with `previousOnly` the second one, when what it signed need no longer be
   * good. Fails with `NotFound` where there is no such container.
   */
  readonly removeTempUrlKey: (
    options?: KeyOwner & { readonly previousOnly?: boolean | undefined }
  ) => Effect.Effect<void, CommonError | NotFound>
}

const service = "CloudFiles"

/** SHA-256 first, which every cloud with more than SHA-1 takes; SHA-512 makes URLs longer. */
const preferred: ReadonlyArray<SignatureAlgorithm> = ["sha256", "sha512", "sha1"]

const IpRange = Schema.String.pipe(
  Schema.filter(
    (text) => {
      const [, address = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
      const version = isIP(address)
      return version !== 0 && (length === undefined || Number(length) <= (version === 4 ? 32 : 128))
    },
    { description: "an IP address or a range of them: 192.0.2.1, 192.0.2.0/24" }
  )
)

const algorithm = Schema.Literal("sha256", "sha1", "sha512")
const redact = (key: string | Redacted.Redacted<string>): Redacted.Redacted<string> =>
  typeof key === "string" ? Redacted.make(key) : key

const key = Secret.pipe(
  Schema.filter((text) => Redacted.value(redact(text)) !== "", { description: "a key that is not empty" })
)
const endpointUrl = Schema.String.pipe(
  Schema.filter((text) => URL.canParse(text), { description: "the URL of the account's storage" })
)

/** Until when a signature is good. */
const expires = Schema.DateTimeUtcFromSelf

/** What a TempURL is asked for with. */
export const tempUrlFields = {
  container: ContainerName,
  object: Schema.optional(ObjectName),
  prefix: Schema.optional(NamePart),
  method: Schema.optional(Schema.Literal("GET", "HEAD", "PUT", "POST", "DELETE")),
  algorithm: Schema.optional(algorithm),
  ipRange: Schema.optional(IpRange),
  filename: Schema.optional(NamePart.pipe(Schema.filter((text) => text !== "", { description: "a name, not empty" }))),
  inline: Schema.optional(Schema.Boolean)
}

const signTempUrlInput = inputOf({ ...tempUrlFields, endpointUrl, key, expires })

const largestFile = 5 * 1024 ** 3

/** What a form is asked for with. */
export const formFields = {
  container: ContainerName,
  prefix: Schema.optional(NamePart),
  redirect: Schema.optional(
    Schema.String.pipe(
      Schema.filter((text) => /^https?:\/\/[\u0021-\u007e]+$/.test(text) && URL.canParse(text), {
        description: "an http or https URL, percent-encoded"
      })
    )
  ),
  maxFileSize: Schema.Number.pipe(
    Schema.filter((size) => Number.isInteger(size) && size >= 1 && size <= largestFile, {
      description: "a whole number of bytes from 1 to 5,368,709,120"
    })
  ),
  maxFileCount: WholeNumber,
  algorithm: Schema.optional(algorithm),
  deleteAfter: Schema.optional(TimeAhead)
}

const signFormInput = inputOf({ ...formFields, algorithm, endpointUrl, key, expires })

const invalid = (operation: string, issues: ReadonlyArray<Issue>): InvalidInput =>
  invalidInput(service, operation, issues)

/**
 * `/v1/{account}` as it is signed: decoded, and without what a gateway may have put before it, even where a version stands in
 * that. A URL that ends with the version is that of a cloud with one account, which leaves the account out.
 */
const accountPath = (endpointUrl: string): string => {
  const path = decodedText(new URL(endpointUrl).pathname).replace(/\/+$/, "")
  return /\/v1(?:\.0)?(?:\/[^/]+)?$/.exec(path)?.[0] ?? path
}

const hmac = (algorithm: SignatureAlgorithm, key: Redacted.Redacted<string>, lines: ReadonlyArray<string>): string =>
  createHmac(algorithm, Buffer.from(Redacted.value(key), "utf8"))
    .update(lines.join("\n"), "utf8")
    .digest("hex")

const epochSeconds = (instant: DateTime.Utc): string => String(Math.floor(instant.epochMillis / 1000))

/**
 * A TempURL from all that its signature is made of, without any request: what `tempUrl` is made of. Fails with
 * `InvalidInput`. An Either is an Effect too.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signTempUrl = (options: SignTempUrlOptions): Either.Either<Redacted.Redacted<string>, InvalidInput> => {
  const issues = signTempUrlInput.issues(options)
  if (issues.length > 0) return Either.left(invalid("CloudFiles.tempUrl", issues))
  const { container, filename, inline, ipRange, method = "GET", object, prefix } = options
  if (object === undefined && prefix === undefined) {
    return Either.left(invalid("CloudFiles.tempUrl", [{ path: "object", expected: "an object, or a prefix" }]))
  }
  if (object !== undefined && prefix !== undefined && !object.startsWith(prefix)) {
    const issue = { path: "object", expected: "a name that begins with the prefix" }
    return Either.left(invalid("CloudFiles.tempUrl", [issue]))
  }
  const base = options.endpointUrl.replace(/\/+$/, "")
  const signed = `${accountPath(base)}/${container}/${prefix ?? object ?? ""}`
  const expires = epochSeconds(options.expires)
  const signature = hmac(options.algorithm ?? "sha256", redact(options.key), [
    ...(ipRange === undefined ? [] : [`ip=${ipRange}`]),
    method,
    expires,
    prefix === undefined ? signed : `prefix:${signed}`
  ])
  const query = queryText({
    temp_url_sig: signature,
    temp_url_expires: expires,
    temp_url_prefix: prefix,
    temp_url_ip_range: ipRange,
    filename
  })
  const path = expandPath("/{container}/{+object}", { container, object: object ?? prefix ?? "" })
  return Either.right(Redacted.make(base + path + query + (inline === true ? "&inline" : "")))
}

/**
 * A form from all that its signature is made of, without any request: what `formPost` is made of. Fails with `InvalidInput`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signForm = (options: SignFormOptions): Either.Either<SignedForm, InvalidInput> => {
  const issues = signFormInput.issues(options)
  if (issues.length > 0) return Either.left(invalid("CloudFiles.formPost", issues))
  const { container, deleteAfter, maxFileCount, maxFileSize, prefix = "", redirect = "" } = options
  const base = options.endpointUrl.replace(/\/+$/, "")
  const expires = epochSeconds(options.expires)
  const signature = hmac(options.algorithm, redact(options.key), [
    `${accountPath(base)}/${container}/${prefix}`,
    redirect,
    String(maxFileSize),
    String(maxFileCount),
    expires
  ])
  return Either.right({
    action: base + expandPath("/{container}/{+prefix}", { container, prefix }),
    fields: Redacted.make({
      redirect,
      max_file_size: String(maxFileSize),
      max_file_count: String(maxFileCount),
      expires,
      signature,
      ...(deleteAfter !== undefined && { x_delete_after: String(Math.ceil(Duration.toSeconds(deleteAfter))) })
    }),
    maxFileCount,
    expires: options.expires
  })
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/**
 * A signed form as HTML, for a page: its hidden fields, an input for files, and a button with the given text (`Upload`).
 * Whoever sees it may use it until it expires.
 *
 * @since 0.1.0
 * @category conversions
 */
export const formHtml = (form: SignedForm, options: { readonly button?: string | undefined } = {}): string =>
  [
    `<form action="${escaped(form.action)}" method="post" enctype="multipart/form-data">`,
    ...Object.entries(Redacted.value(form.fields)).map(
      ([name, value]) => `  <input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`
    ),
    // The cloud reads a form as it comes: fields after the files are ignored.
    `  <input type="file" name="file" required${form.maxFileCount > 1 ? " multiple" : ""}>`,
    `  <button type="submit">${escaped(options.button ?? "Upload")}</button>`,
    "</form>"
  ].join("\n")

/** Until when, in whole seconds: a time from now at least as long as was said, a date not longer. */
const expiry = (
  operation: string,
  expires: Duration.DurationInput | DateTime.Utc
): Effect.Effect<DateTime.Utc, InvalidInput> =>
  Effect.flatMap(DateTime.now, (now) => {
    const refuse = (expected: string) => Effect.fail(invalid(operation, [{ path: "expires", expected }]))
    if (DateTime.isDateTime(expires)) {
      return expires.epochMillis > now.epochMillis
        ? Effect.succeed(DateTime.toUtc(expires))
        : refuse("a time that lies ahead")
    }
    const ahead = Option.getOrUndefined(Duration.decodeUnknown(expires))
    return ahead !== undefined && Duration.isFinite(ahead) && Duration.greaterThan(ahead, Duration.zero)
      ? Effect.succeed(DateTime.unsafeMake(Math.ceil((now.epochMillis + Duration.toMillis(ahead)) / 1000) * 1000))
      : refuse("a finite time of more than nothing, or a DateTime")
  })

/** As hard to guess as the strongest signature. */
const randomKey = Effect.sync(() => Redacted.make(randomBytes(32).toString("hex")))

/** What signing and its keys are made of. */
export const makeSigning = (
  client: CloudClient,
  operations: Pick<
    Endpoint.Client<typeof endpoints>,
    "getAccount" | "getContainer" | "updateAccount" | "updateContainer"
  >,
  getCapabilities: () => Effect.Effect<Option.Option<Capabilities>, CommonError>
): Signing => {
  const storageUrl: Effect.Effect<string, AuthenticationFailed | EndpointNotFound | InvalidInput> = client.endpointUrl
  const making = Effect.unsafeMakeSemaphore(1)

  const accountKey = Effect.map(operations.getAccount(), ({ tempUrlKey, tempUrlKey2 }) => tempUrlKey ?? tempUrlKey2)

  /** One at a time, or of two at once the later would make void what the earlier signed. */
  const madeKey = making.withPermits(1)(
    Effect.gen(function* () {
      const found = yield* accountKey
      if (found !== undefined) return found
      const made = yield* randomKey
      yield* operations.updateAccount({ tempUrlKey: made })
      // Another program may have set its own meanwhile.
      return (yield* accountKey) ?? made
    })
  )

  const keyFor = (operation: string, container: string, { createKey = true, key }: KeyOptions) =>
    Effect.gen(function* () {
      if (key !== undefined) return redact(key)
      const { tempUrlKey, tempUrlKey2 } = yield* operations.getContainer({ container })
      const found = tempUrlKey ?? tempUrlKey2 ?? (yield* accountKey)
      if (found !== undefined) return found
      if (createKey) return yield* madeKey
      const expected = "a key, since neither the container nor the account has one and none is to be made"
      return yield* invalid(operation, [{ path: "key", expected }])
    })

  /** The algorithm that the cloud takes: SHA-1, which is the oldest, where it names none. */
  const taken = (
    named: (capabilities: Capabilities) => ReadonlyArray<string> | undefined
  ): Effect.Effect<SignatureAlgorithm, CommonError> =>
    Effect.map(getCapabilities(), (capabilities) => {
      const digests = Option.getOrUndefined(Option.flatMapNullable(capabilities, named)) ?? []
      const lowerCase = new Set(digests.map((digest) => digest.toLowerCase()))
      return preferred.find((digest) => lowerCase.has(digest)) ?? "sha1"
    })

  // Input is checked before a key is searched for or made.
  const placeholder = Redacted.make("-")

  const update = (
    { container }: KeyOwner,
    keys: {
      readonly tempUrlKey?: string | Redacted.Redacted<string> | null | undefined
      readonly tempUrlKey2?: string | Redacted.Redacted<string> | null | undefined
    }
  ): Effect.Effect<void, CommonError | NotFound> =>
    container === undefined ? operations.updateAccount(keys) : operations.updateContainer({ container, ...keys })

  return {
    tempUrl: ({ algorithm, createKey, expires, key, ...request }) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.tempUrl"
        const all = { ...request, endpointUrl: yield* storageUrl, expires: yield* expiry(operation, expires) }
        yield* signTempUrl({ ...all, key: key ?? placeholder, algorithm })
        const chosen = algorithm ?? (yield* taken(({ tempUrl }) => tempUrl?.algorithms))
        const known = yield* keyFor(operation, request.container, { createKey, key })
        return yield* signTempUrl({ ...all, key: known, algorithm: chosen })
      }),
    formPost: ({ algorithm, createKey, expires, key, ...request }) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.formPost"
        const all = { ...request, endpointUrl: yield* storageUrl, expires: yield* expiry(operation, expires) }
        yield* signForm({ ...all, key: key ?? placeholder, algorithm: algorithm ?? "sha1" })
        return yield* signForm({
          ...all,
          key: yield* keyFor(operation, request.container, { createKey, key }),
          algorithm: algorithm ?? (yield* taken(({ formPost }) => formPost?.algorithms))
        })
      }),
    setTempUrlKey: ({ container, key, slot = 1 }) =>
      update({ container }, slot === 1 ? { tempUrlKey: key } : { tempUrlKey2: key }),
    rotateTempUrlKey: ({ container, key } = {}) =>
      Effect.gen(function* () {
        const next = key === undefined ? yield* randomKey : redact(key)
        const { tempUrlKey } =
          container === undefined ? yield* operations.getAccount() : yield* operations.getContainer({ container })
        yield* update({ container }, { tempUrlKey: next, ...(tempUrlKey !== undefined && { tempUrlKey2: tempUrlKey }) })
        return next
      }),
    removeTempUrlKey: ({ container, previousOnly = false } = {}) =>
      update({ container }, { ...(!previousOnly && { tempUrlKey: null }), tempUrlKey2: null })
  }
}
