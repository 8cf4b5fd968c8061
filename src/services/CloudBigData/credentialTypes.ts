/**
 * Credentials in responses: by type and name, without their secrets.
 *
 * The API's documentation, examples and last Python client differ in many places; all forms are accepted here.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, Flag, openEnum, Text } from "../../internal/schema/wire.js"
import { isMap } from "./responses.js"

/** The kinds of credentials. The cloud may have others: see `listCredentialKinds`. */
export const CredentialType = openEnum("ssh_keys", "cloud_files", "s3", "ambari")

export type CredentialType = typeof CredentialType.Type

/**
 * A credential by type and name. Its secret is never returned.
 *
 * The name is the key's for `ssh_keys`, the username for `cloud_files` and `ambari`, the access key's id for `s3`.
 */
export interface Credential {
  readonly type: CredentialType
  readonly name: string
}

export const Credential = struct<Credential>(() => ({ type: CredentialType, name: Text }))

const nameKeys = ["key_name", "username", "access_key_id", "name"]

/** The name of a credential, whose key depends on the type. */
const nameIn = (item: Readonly<Record<string, unknown>>): unknown =>
  nameKeys.map((key) => item[key]).find((name) => typeof name === "string" || typeof name === "number")

/** The value of a type: a list, a single item, or none. */
const asList = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]

/** Parses the credentials of all types: `{ "s3": [{ "access_key_id": … }] }`. Undefined for anything else. */
export const credentialsOf = (wire: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(wire)) return wire.flatMap((item: unknown) => credentialsOf(item) ?? [item])
  if (!isMap(wire)) return undefined
  if (typeof wire["type"] === "string") return [{ type: wire["type"], name: nameIn(wire) }]
  return Object.entries(wire).flatMap(([type, value]) =>
    asList(value).map((item) => ({ type, name: isMap(item) ? nameIn(item) : item }))
  )
}

/** A credential that was created or changed. */
export const CreatedCredential = lazy(
  () =>
    Schema.transform(Schema.Unknown, Credential, {
      strict: false,
      decode: (wire) => credentialsOf(wire)?.[0],
      encode: (_, { name, type }) => ({ [type]: { name } })
    }) as unknown as Schema.Schema<Credential, unknown>
)

/** A kind of credentials that the cloud supports. */
export interface CredentialKind {
  readonly type: CredentialType
  /** Whether it connects a cluster to a store. */
  readonly isConnector: boolean
  /** The names of its fields in the API: `username`, `api_key`. */
  readonly fields: ReadonlyArray<string>
}

export const credentialKindFields = () => ({
  type: CredentialType,
  isConnector: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("connector")),
  fields: Schema.optionalToRequired(
    Schema.NullishOr(
      Schema.Union(Schema.Array(Schema.String), Schema.Record({ key: Schema.String, value: Schema.Unknown }))
    ),
    Schema.Array(Schema.String),
    {
      decode: Option.match({
        onNone: () => [],
        onSome: (schema) =>
          schema === null || schema === undefined ? [] : Array.isArray(schema) ? schema : Object.keys(schema)
      }),
      encode: Option.some
    }
  ).pipe(Schema.fromKey("schema"))
})

export const CredentialKind = struct<CredentialKind>(credentialKindFields)

/** A credential that connects clusters to a store, or its kind if the cloud does not return names. */
export interface Connector extends CredentialKind {
  /** The username for `cloud_files`, the access key's id for `s3`. Absent if the cloud returns only the kind. */
  readonly name?: string | undefined
}

export const Connector = struct<Connector>(() => ({ ...credentialKindFields(), name: absentIfEmpty }))

/** Parses connectors: by type as documented, or as kinds of credentials. */
export const connectorsOf = (wire: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(wire)) {
    return wire.flatMap((item: unknown) =>
      typeof item === "string"
        ? [{ type: item, connector: true }]
        : isMap(item) && !("type" in item)
          ? (connectorsOf(item) ?? [])
          : [item]
    )
  }
  if (!isMap(wire)) return undefined
  if (typeof wire["type"] === "string") return [wire]
  return Object.entries(wire).flatMap(([type, value]) =>
    asList(value).map((item) => {
      if (!isMap(item)) return { type, connector: true, name: item }
      // An object without a name describes the kind.
      return nameIn(item) === undefined
        ? { connector: true, ...item, type }
        : { type, connector: true, name: nameIn(item) }
    })
  )
}
