/**
 * What may be set on a container besides its own metadata: access, quotas, CORS, static web, versions, logs. The cloud keeps
 * most of it as metadata of known names; here each is a field with a type.
 */
import * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { secretInput } from "../../internal/schema/knownFields.js"
import { Time } from "../../internal/schema/options.js"
import { ReadAcl, WriteAcl } from "./access.js"
import type { Values } from "./headers.js"
import { ContainerName, decodedText } from "./names.js"

/** The value of a header, which is no more than printable ASCII. */
export const Line = Schema.String.pipe(
  Schema.filter((text) => /^[\u0020-\u007e]+$/.test(text), { description: "printable ASCII" })
)

/** `true`, or any of Swift's words for it. */
export const Yes: Schema.Schema<boolean, string> = Schema.transform(Schema.String, Schema.Boolean, {
  strict: true,
  decode: (text) => /^(true|1|yes|on|t|y)$/i.test(text.trim()),
  encode: (on) => (on ? "true" : "false")
})

const Whole = Schema.Number.pipe(
  Schema.filter((number) => Number.isSafeInteger(number) && number >= 0, { description: "a whole number of 0 or more" })
)

const Quota: Schema.Schema<number, string> = Schema.compose(
  Schema.NumberFromString.annotations({ description: "a decimal number" }),
  Whole
)

/** As it is set. */
const GivenSeconds: Schema.Schema<Duration.DurationInput, string> = Schema.transform(
  Schema.String,
  Time.pipe(
    Schema.filter((time) => Duration.isFinite(Duration.decode(time)), {
      description: 'a finite Duration, such as "1 hour" or Duration.days(1)'
    })
  ),
  {
    strict: true,
    decode: (seconds) => Duration.seconds(Number(seconds)),
    encode: (time) => String(Math.floor(Duration.toSeconds(time)))
  }
)

/** As it is returned. */
const Seconds: Schema.Schema<Duration.Duration, string> = Schema.transform(
  Schema.String.pipe(Schema.pattern(/^\d+$/)),
  Schema.DurationFromSelf,
  {
    strict: true,
    decode: (seconds) => Duration.seconds(Number(seconds)),
    encode: (duration) => String(Math.floor(Duration.toSeconds(duration)))
  }
)

const Word = Schema.String.pipe(
  Schema.filter((text) => /^[\u0021-\u007e]+$/.test(text), { description: "printable ASCII without a space" })
)

/** Values separated by spaces; some clients write commas. */
const Words: Schema.Schema<ReadonlyArray<string>, string> = Schema.transform(
  Schema.String,
  Schema.Array(Word).pipe(
    Schema.filter((words) => words.length > 0, { description: "at least one value (null removes all)" })
  ),
  {
    strict: true,
    decode: (text) => text.split(/[\s,]+/).filter((word) => word !== ""),
    encode: (words) => words.join(" ")
  }
)

const Location: Schema.Schema<string, string> = Schema.transform(Schema.String, ContainerName, {
  strict: true,
  decode: decodedText,
  encode: encodeURIComponent
})

const Key = Schema.String.pipe(
  Schema.filter((text) => /^[\u0021-\u007e]{1,256}$/.test(text), {
    description: "1 to 256 characters of printable ASCII without a space"
  })
)

const SecretKey = secretInput(Key)

/** Others may have set what could not be set here. */
const AnyKey = Schema.Redacted(Schema.String)

/** A setting: the header that it is, and the schemas of its value: as it is set, and as it is returned. */
interface Setting<A, B = A> {
  readonly header: string
  readonly value: Schema.Schema<A, string>
  readonly returned: Schema.Schema<B, string>
}

const setting = <A>(header: string, value: Schema.Schema<A, string>): Setting<A> => ({ header, value, returned: value })

interface AnySetting {
  readonly header: string
  readonly value: Schema.Schema.AnyNoContext
  readonly returned: Schema.Schema.AnyNoContext
}

type Anything = Readonly<Record<string, AnySetting>>

type ValueOf<S> = S extends { readonly value: Schema.Schema<infer A, infer _I> } ? A : never

type ReturnedOf<S> = S extends { readonly returned: Schema.Schema<infer A, infer _I> } ? A : never

type Field<A> = Schema.PropertySignature<"?:", A | undefined, string, "?:", Values | undefined, false, never>

type Given<S> = { readonly [Name in keyof S]: Field<ValueOf<S[Name]>> }
type Changed<S> = { readonly [Name in keyof S]: Field<ValueOf<S[Name]> | null> }
type Returned<S> = {
  readonly [Name in keyof S]: Schema.PropertySignature<
    "?:",
    ReturnedOf<S[Name]>,
    string,
    "?:",
    string | null | undefined,
    false,
    never
  >
}

const Headers = Schema.Record({ key: Schema.String, value: Schema.String })

const asHeader = ({ header, value }: AnySetting): Schema.Schema.AnyNoContext =>
  Schema.compose(
    Schema.transform(Headers, Schema.String, {
      strict: true,
      decode: (headers) => headers[header] ?? "",
      encode: (text) => ({ [header]: text })
    }),
    value as Schema.Schema<unknown, string>
  )

const asRemoval = (header: string): Schema.Schema<null, Values> =>
  Schema.transform(Headers, Schema.Null, {
    strict: true,
    decode: () => null,
    encode: () => ({ [header.replace(/^x-/, "x-remove-")]: "x" })
  })

const fields = (settings: Anything, make: (setting: AnySetting) => unknown): unknown =>
  Object.fromEntries(Object.entries(settings).map(([name, one]) => [name, make(one)]))

/** Settings as fields of a request that sets them. */
export const given = <S extends Anything>(settings: S): Given<S> =>
  fields(settings, (one) => Schema.optional(asHeader(one)).pipe(Schema.fromKey(`:${one.header}`))) as Given<S>

/** Settings as fields of a request that changes them: null removes one. */
export const changed = <S extends Anything>(settings: S): Changed<S> =>
  fields(settings, (one) =>
    Schema.optional(Schema.Union(asHeader(one), asRemoval(one.header))).pipe(Schema.fromKey(`:${one.header}`))
  ) as Changed<S>

/** Settings as fields of a response. */
export const returned = <S extends Anything>(settings: S): Returned<S> =>
  fields(settings, (one) =>
    Schema.optionalWith(one.returned as Schema.Schema<unknown, string>, { nullable: true }).pipe(
      Schema.fromKey(one.header)
    )
  ) as Returned<S>

/** The headers of settings, and the schemas that read them. */
export const headersOf = (settings: Anything): ReadonlyMap<string, Schema.Schema.AnyNoContext> =>
  new Map(Object.values(settings).map(({ header, returned }) => [header, returned]))

const secret = (header: string): Setting<string | Redacted.Redacted, Redacted.Redacted> => ({
  header,
  value: SecretKey,
  returned: AnyKey
})

const tempUrlKeys = (kind: "account" | "container") => ({
  /** Signs TempURLs and forms. See `rotateTempUrlKey`, which keeps the old ones good. */
  tempUrlKey: secret(`x-${kind}-meta-temp-url-key`),
  /** Signs them as well: what was the key before. */
  tempUrlKey2: secret(`x-${kind}-meta-temp-url-key-2`)
})

/** What can be set on the account. */
export const accountKeys = tempUrlKeys("account")

/** What only the cloud's operators set on an account. */
export const accountQuotas = {
  /** How many bytes the account may hold in all. */
  quotaBytes: setting("x-account-meta-quota-bytes", Quota)
}

/** Access lists. They are returned as text. */
export const accessLists = {
  /** Who may read: entries, or the list as the cloud writes it. */
  readAcl: setting("x-container-read", ReadAcl),
  /** Who may write: entries, or the list as the cloud writes it. */
  writeAcl: setting("x-container-write", WriteAcl)
}

/** The settings of a container that are returned in the form in which they are set. */
export const containerSettings = {
  /** How many bytes the container may hold; an upload that would exceed it fails with `QuotaExceeded`. */
  quotaBytes: setting("x-container-meta-quota-bytes", Quota),
  /** How many objects the container may hold. */
  quotaCount: setting("x-container-meta-quota-count", Quota),
  /** CORS: pages of which origins may read the responses in a browser: `https://www.example.com`, or `*`. */
  corsAllowOrigins: setting("x-container-meta-access-control-allow-origin", Words),
  /** CORS: how long a browser may keep the response to a preflight; whole seconds. */
  corsMaxAge: { header: "x-container-meta-access-control-max-age", value: GivenSeconds, returned: Seconds },
  /** CORS: which request headers pages may send. */
  corsAllowHeaders: setting("x-container-meta-access-control-allow-headers", Words),
  /** CORS: which response headers pages may read besides the common ones. */
  corsExposeHeaders: setting("x-container-meta-access-control-expose-headers", Words),
  /**
   * Static web: the object that stands for a directory: `index.html`. Anyone must be let read and list the container
   * (`.r:*,.rlistings`) for the site to be seen.
   */
  webIndex: setting("x-container-meta-web-index", Line),
  /** Static web: the end of the error pages' names; the cloud puts the status before it: `404error.html`. */
  webError: setting("x-container-meta-web-error", Line),
  /** Static web: whether directories without an index are listed. */
  webListings: setting("x-container-meta-web-listings", Yes),
  /** Static web: the stylesheet of such listings. */
  webListingsCss: setting("x-container-meta-web-listings-css", Line),
  /** Static web: the content type of the objects that mark a directory: `text/directory`. */
  webDirectoryType: setting("x-container-meta-web-directory-type", Line),
  /** Whether the cloud writes logs of the access to it into the container `.ACCESS_LOGS` (Rackspace). */
  accessLogDelivery: setting("x-container-meta-access-log-delivery", Yes),
  /** Where objects are kept that are replaced; a deletion brings the last one back. */
  versionsLocation: setting("x-versions-location", Location),
  /** Where objects are kept that are replaced or deleted; a deletion leaves a marker there (OpenStack, not Rackspace). */
  historyLocation: setting("x-history-location", Location),
  ...tempUrlKeys("container")
}

/** The CORS headers of one object, where the cloud stores it with objects (Rackspace). */
export const objectCors = {
  /** CORS: pages of which origins may read it in a browser: `https://www.example.com`, or `*`. */
  corsAllowOrigins: setting("access-control-allow-origin", Words),
  /** CORS: how long a browser may keep the response to a preflight; whole seconds. */
  corsMaxAge: { header: "access-control-max-age", value: GivenSeconds, returned: Seconds },
  /** CORS: which request headers pages may send. */
  corsAllowHeaders: setting("access-control-allow-headers", Words),
  /** CORS: which response headers pages may read besides the common ones. */
  corsExposeHeaders: setting("access-control-expose-headers", Words)
}

/** A switch that is turned off and not removed. */
export const versionsEnabled = {
  /** Whether every version is kept in the container itself, under ids (newer OpenStack, not Rackspace). */
  versionsEnabled: setting("x-versions-enabled", Yes)
}
