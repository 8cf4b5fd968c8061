/**
 * Settings that the cloud stores as headers. Each setting is a field of the requests that set or change it, and of the
 * response that returns it.
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { secretInput } from "../../internal/schema/knownFields.js"
import { lazy } from "../../internal/schema/lazy.js"
import type { Values } from "./headers.js"

const Key = Schema.String.pipe(
  Schema.filter((text) => /^[\u0021-\u007e]{1,256}$/.test(text), {
    description: "1 to 256 characters of printable ASCII without a space"
  })
)

const SecretKey = lazy(() => secretInput(Key))

/** Other clients may have set keys that could not be set here. */
const AnyKey = Schema.Redacted(Schema.String)

/** A setting: its header, and the schemas of its value as set and as returned. */
export interface Setting<A, B = A> {
  readonly header: string
  readonly value: Schema.Schema<A, string>
  readonly returned: Schema.Schema<B, string>
}

export const setting = <A>(header: string, value: Schema.Schema<A, string>): Setting<A> => ({
  header,
  value,
  returned: value
})

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

/** Fields of a request that sets these settings. */
export const given = <S extends Anything>(settings: S): Given<S> =>
  fields(settings, (one) => Schema.optional(asHeader(one)).pipe(Schema.fromKey(`:${one.header}`))) as Given<S>

/** Fields of a request that changes these settings: null removes one. */
export const changed = <S extends Anything>(settings: S): Changed<S> =>
  fields(settings, (one) =>
    Schema.optional(Schema.Union(asHeader(one), asRemoval(one.header))).pipe(Schema.fromKey(`:${one.header}`))
  ) as Changed<S>

/** Fields of a response. */
export const returned = <S extends Anything>(settings: S): Returned<S> =>
  fields(settings, (one) =>
    Schema.optionalWith(one.returned as Schema.Schema<unknown, string>, { nullable: true }).pipe(
      Schema.fromKey(one.header)
    )
  ) as Returned<S>

/** The headers of settings and their schemas. */
export const headersOf = (settings: Anything): ReadonlyMap<string, Schema.Schema.AnyNoContext> =>
  new Map(Object.values(settings).map(({ header, returned }) => [header, returned]))

const secret = (header: string): Setting<string | Redacted.Redacted, Redacted.Redacted> => ({
  header,
  value: SecretKey,
  returned: AnyKey
})

/** The keys that sign TempURLs and forms. */
export interface TempUrlKeys<Key> {
  /** The signing key. `rotateTempUrlKey` changes it and keeps existing signatures valid. */
  readonly tempUrlKey?: Key | undefined
  /** A second valid key, usually the previous one. */
  readonly tempUrlKey2?: Key | undefined
}

/** The keys that sign TempURLs and forms. */
export const tempUrlKeys = (kind: "account" | "container") => ({
  tempUrlKey: secret(`x-${kind}-meta-temp-url-key`),
  tempUrlKey2: secret(`x-${kind}-meta-temp-url-key-2`)
})
