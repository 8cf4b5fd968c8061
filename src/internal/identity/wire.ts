/**
 * How the responses to logins are read: a login needs its token and its end. Whatever else is missing, null, or of another type
 * than documented is absent, and does not hide the rest.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Role } from "../../Access.js"
import { CatalogEndpoint, CatalogEntry } from "../../ServiceCatalog.js"
import { withoutUserInfo } from "../http/urlText.js"

const textFrom = (value: unknown): Option.Option<string> =>
  typeof value === "string"
    ? Option.liftPredicate(value.trim(), (text) => text !== "")
    : typeof value === "number" || typeof value === "boolean"
      ? Option.some(String(value))
      : Option.none()

/** A text. A number in its place is written out; whatever else, and the empty text, is absent. */
export const text = Schema.optionalToOptional(Schema.Unknown, Schema.String, {
  decode: Option.flatMap(textFrom),
  encode: (value) => value
})

/** A URL, without the user name and the password that it may hold. */
export const url = Schema.optionalToOptional(Schema.Unknown, Schema.String, {
  decode: (value) => Option.map(Option.flatMap(value, textFrom), (found) => withoutUserInfo(found)),
  encode: (value) => value
})

/** An object; absent where it cannot be read. */
export const readable = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return Schema.optionalToOptional(Schema.Unknown, Schema.typeSchema(schema), {
    decode: Option.flatMap((value) => decode(value)),
    encode: (value) => value
  })
}

/** Those items of a list that can be read. Whatever is no list has none. */
export const items = <A, I>(item: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(item)
  return Schema.optionalToRequired(Schema.Unknown, Schema.Array(Schema.typeSchema(item)), {
    decode: Option.match({
      onNone: () => [],
      onSome: (value) => (Array.isArray(value) ? value.flatMap((one) => Option.toArray(decode(one))) : [])
    }),
    encode: Option.some
  })
}

/** A list of texts, or one text alone. */
export const texts = Schema.optionalToRequired(Schema.Unknown, Schema.Array(Schema.String), {
  decode: Option.match({
    onNone: () => [],
    onSome: (value) => (Array.isArray(value) ? value : [value]).flatMap((one) => Option.toArray(textFrom(one)))
  }),
  encode: Option.some
})

/** A token, as it can stand in a header, which drops spaces around it. */
export const Token = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, {
    description: "a token (printable ASCII, no spaces around)"
  })
)

/** A role needs one of id and name. */
export const roleOf = (role: {
  readonly id?: string
  readonly name?: string
  readonly description?: string
  readonly tenantId?: string
}): ReadonlyArray<Role> => {
  const name = role.name ?? role.id
  return name === undefined ? [] : [new Role({ ...role, name })]
}

/** An entry of a catalog. Without a type nothing can find it; without a name it is called by its type. */
export const entryOf = (
  entry: { readonly type?: string; readonly name?: string },
  endpoints: ReadonlyArray<CatalogEndpoint>
): ReadonlyArray<CatalogEntry> =>
  entry.type === undefined ? [] : [new CatalogEntry({ type: entry.type, name: entry.name ?? entry.type, endpoints })]
