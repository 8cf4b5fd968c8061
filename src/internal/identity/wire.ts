/**
 * Schemas of login responses. Only the token and its expiry are required. Other values that are missing, null or of an unexpected type
 * are ignored, so that the rest can be decoded.
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

/** A string, or a number or boolean as a string. Other values and the empty string are absent. */
export const text = Schema.optionalToOptional(Schema.Unknown, Schema.String, {
  decode: Option.flatMap(textFrom),
  encode: (value) => value
})

/** A URL, without its user name and password. */
export const url = Schema.optionalToOptional(Schema.Unknown, Schema.String, {
  decode: (value) => Option.map(Option.flatMap(value, textFrom), (found) => withoutUserInfo(found)),
  encode: (value) => value
})

/** A value; absent if it cannot be decoded. */
export const readable = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return Schema.optionalToOptional(Schema.Unknown, Schema.typeSchema(schema), {
    decode: Option.flatMap((value) => decode(value)),
    encode: (value) => value
  })
}

/** The items of a list that can be decoded; empty for anything but a list. */
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

/** A list of strings, or a single string. */
export const texts = Schema.optionalToRequired(Schema.Unknown, Schema.Array(Schema.String), {
  decode: Option.match({
    onNone: () => [],
    onSome: (value) => (Array.isArray(value) ? value : [value]).flatMap((one) => Option.toArray(textFrom(one)))
  }),
  encode: Option.some
})

/** A token that is valid in a header, without spaces around it. */
export const Token = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, {
    description: "a token (printable ASCII, no spaces around)"
  })
)

/** A role; none if it has neither an id nor a name. */
export const roleOf = (role: {
  readonly id?: string
  readonly name?: string
  readonly description?: string
  readonly tenantId?: string
}): ReadonlyArray<Role> => {
  const name = role.name ?? role.id
  return name === undefined ? [] : [new Role({ ...role, name })]
}

/** A catalog entry; none if it has no type. The default name is the type. */
export const entryOf = (
  entry: { readonly type?: string; readonly name?: string },
  endpoints: ReadonlyArray<CatalogEndpoint>
): ReadonlyArray<CatalogEntry> =>
  entry.type === undefined ? [] : [new CatalogEntry({ type: entry.type, name: entry.name ?? entry.type, endpoints })]
