/** Signs TempURLs and forms without any request. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createHmac } from "node:crypto"
import { isIP } from "node:net"
import { InvalidInput } from "../../../CloudError.js"
import { expandPath, queryText } from "../../../internal/http/urlPath.js"
import { options as inputOf } from "../../../internal/schema/inputs.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { Issue } from "../../../internal/schema/issues.js"
import { Secret, TimeAhead, WholeNumber } from "../../../internal/schema/options.js"
import { ContainerName, decodedText, NamePart, ObjectName } from "../names.js"
import type { SignatureAlgorithm, SignedForm, SignFormOptions, SignTempUrlOptions } from "./model.js"

const service = "CloudFiles"

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
export const redact = (key: string | Redacted.Redacted<string>): Redacted.Redacted<string> =>
  typeof key === "string" ? Redacted.make(key) : key

const key = Secret.pipe(
  Schema.filter((text) => Redacted.value(redact(text)) !== "", { description: "a key that is not empty" })
)
const endpointUrl = Schema.String.pipe(
  Schema.filter((text) => URL.canParse(text), { description: "the URL of the account's storage" })
)

/** When a signature expires. */
const expires = Schema.DateTimeUtcFromSelf

/** The schemas of a TempURL's options. */
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

const maxFileBytes = 5 * 1024 ** 3

/** The schemas of a form's options. */
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
    Schema.filter((size) => Number.isInteger(size) && size >= 1 && size <= maxFileBytes, {
      description: "a whole number of bytes from 1 to 5,368,709,120"
    })
  ),
  maxFileCount: WholeNumber,
  algorithm: Schema.optional(algorithm),
  deleteAfter: Schema.optional(TimeAhead)
}

const signFormInput = inputOf({ ...formFields, algorithm, endpointUrl, key, expires })

export const invalid = (operation: string, issues: ReadonlyArray<Issue>): InvalidInput =>
  invalidInput(service, operation, issues)

/**
 * The path `/v1/{account}` to sign: decoded, and without a gateway's prefix, even if that contains a version. If the
 * URL ends with the version, the cloud has a single account and leaves it out.
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

/** Signs a TempURL without any request; `tempUrl` uses it. Fails with `InvalidInput`. An Either is an Effect too. */
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

/** Signs a form without any request; `formPost` uses it. Fails with `InvalidInput`. */
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
 * A signed form as HTML: its hidden fields, a file input, and a button with the given text (`Upload`). Anyone who sees
 * it can use it until it expires.
 */
export const formHtml = (form: SignedForm, options: { readonly button?: string | undefined } = {}): string =>
  [
    `<form action="${escaped(form.action)}" method="post" enctype="multipart/form-data">`,
    ...Object.entries(Redacted.value(form.fields)).map(
      ([name, value]) => `  <input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`
    ),
    // The cloud reads the form sequentially and ignores fields after the files.
    `  <input type="file" name="file" required${form.maxFileCount > 1 ? " multiple" : ""}>`,
    `  <button type="submit">${escaped(options.button ?? "Upload")}</button>`,
    "</form>"
  ].join("\n")
