/**
 * Credentials as the cloud returns them: by type and name, without their secrets.
 *
 * The API's documents, its samples and what its last Python client expected differ in many places; whatever any of them shows
 * is accepted here.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, Flag, openEnum, Text } from "../../internal/schema/wire.js"
import { isMap } from "./responses.js"

/** The kinds of credentials. The cloud may have others: see `listCredentialKinds`. */
export const CredentialType = openEnum("ssh_keys", "cloud_files", "s3", "ambari")

export type CredentialType = typeof CredentialType.Type

/**
 * A credential, by type and name. Its secret is never returned.
 *
 * The name is the key's own for `ssh_keys`, the username for `cloud_files` and `ambari`, the access key's id for `s3`.
 */
export interface Credential {
  readonly type: CredentialType
  readonly name: string
}

export const Credential = struct<Credential>({ type: CredentialType, name: Text })

const nameKeys = ["key_name", "username", "access_key_id", "name"]

/** The name of a credential, which stands under a key of its type's own. */
const nameIn = (item: Readonly<Record<string, unknown>>): unknown =>
  nameKeys.map((key) => item[key]).find((name) => typeof name === "string" || typeof name === "number")

/** What stands under a type: a list, a single one, or none. */
const asList = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]

/** Credentials as the cloud lists them, by type: `{ "s3": [{ "access_key_id": … }] }`. Undefined for anything else. */
export const credentialsOf = (wire: unknown): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(wire)) return wire.flatMap((item: unknown) => credentialsOf(item) ?? [item])
  if (!isMap(wire)) return undefined
  if (typeof wire["type"] === "string") return [{ type: wire["type"], name: nameIn(wire) }]
  return Object.entries(wire).flatMap(([type, value]) =>
    asList(value).map((item) => ({ type, name: isMap(item) ? nameIn(item) : item }))
  )
}

/** A credential that was just made or changed. */
export const CreatedCredential = Schema.transform(Schema.Unknown, Credential, {
  strict: false,
  decode: (wire) => credentialsOf(wire)?.[0],
  encode: (_, { name, type }) => ({ [type]: { name } })
}) as unknown as Schema.Schema<Credential, unknown>

/** A kind of credentials that the cloud knows. */
export interface CredentialKind {
  readonly type: CredentialType
  /** Whether a cluster is connected to a store with it. */
  readonly isConnector: boolean
  /** The names of what it consists of, as the API writes them: `username`, `api_key`. */
  readonly fields: ReadonlyArray<string>
}

export const credentialKindFields = {
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
}

export const CredentialKind = struct<CredentialKind>(credentialKindFields)

/** A credential that connects clusters to a store, or where the cloud does not show which there are, the kind of it. */
export interface Connector extends CredentialKind {
  /** The credential's name: the username for `cloud_files`, the access key's id for `s3`. Absent where the cloud returns only the kind. */
  readonly name?: string | undefined
}

export const Connector = struct<Connector>({ ...credentialKindFields, name: absentIfEmpty })

/** Connectors by type, as the documents show them, or as kinds of credentials. */
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
