/** The result of a login: the token, its expiry, the user, the tenant and the service catalog. */
import * as Schema from "effect/Schema"
import { ServiceCatalog } from "./ServiceCatalog.js"

/** The tenant (account, project) that a token is scoped to. */
export class Tenant extends Schema.Class<Tenant>("effect-rackspace/Tenant")({
  /** A string, since leading zeros are significant. */
  id: Schema.String,
  name: Schema.optional(Schema.String)
}) {}

/** A role assigned to the user. */
export class Role extends Schema.Class<Role>("effect-rackspace/Role")({
  id: Schema.optional(Schema.String),
  name: Schema.String,
  description: Schema.optional(Schema.String),
  /** The tenant in which the user has the role; absent for a global role. */
  tenantId: Schema.optional(Schema.String)
}) {}

/** The user who logged in. */
export class User extends Schema.Class<User>("effect-rackspace/User")({
  /** Absent if the program was only given a token. */
  id: Schema.optional(Schema.String),
  name: Schema.optional(Schema.String),
  roles: Schema.Array(Role),
  /** The user's default region; absent if the account sets none. */
  defaultRegion: Schema.optional(Schema.String)
}) {}

/** The result of a login. The token is redacted wherever an Access is printed, logged or converted to JSON. */
export class Access extends Schema.Class<Access>("effect-rackspace/Access")({
  token: Schema.Redacted(Schema.String),
  /** When the token was obtained, according to the local clock. */
  issued: Schema.DateTimeUtc,
  expires: Schema.DateTimeUtc,
  /** Absent for a token that is not scoped to a tenant. */
  tenant: Schema.optional(Tenant),
  user: User,
  catalog: ServiceCatalog,
  /** The authentication methods, by Identity's names: `APIKEY`, `PASSWORD`, `PASSCODE`. */
  authenticatedBy: Schema.Array(Schema.String),
  /**
   * The number of the login within its TokenRef, starting at 1. Rackspace may return the same token for a repeated login, so
   * logins are distinguished by this number.
   */
  login: Schema.Number
}) {}
