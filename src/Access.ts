/**
 * What a login gives: the token, how long it is good for, who it is for, and what the account has.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ServiceCatalog } from "./ServiceCatalog.js"

/**
 * The account (tenant, project) that a token is limited to.
 *
 * @since 0.1.0
 * @category models
 */
export class Tenant extends Schema.Class<Tenant>("effect-rackspace/Tenant")({
  /** A string, since leading zeros count. */
  id: Schema.String,
  name: Schema.optional(Schema.String)
}) {}

/**
 * A role of the user.
 *
 * @since 0.1.0
 * @category models
 */
export class Role extends Schema.Class<Role>("effect-rackspace/Role")({
  id: Schema.optional(Schema.String),
  name: Schema.String,
  description: Schema.optional(Schema.String),
  /** The tenant in which the user has the role; absent for a global role. */
  tenantId: Schema.optional(Schema.String)
}) {}

/**
 * The user who logged in.
 *
 * @since 0.1.0
 * @category models
 */
export class User extends Schema.Class<User>("effect-rackspace/User")({
  /** Absent where the program was only handed a token. */
  id: Schema.optional(Schema.String),
  name: Schema.optional(Schema.String),
  roles: Schema.Array(Role),
  /** The region the user works in unless another is named; absent where the account sets none. */
  defaultRegion: Schema.optional(Schema.String)
}) {}

/**
 * What a login gives. The token is redacted wherever an Access is printed, logged or turned into JSON.
 *
 * @since 0.1.0
 * @category models
 */
export class Access extends Schema.Class<Access>("effect-rackspace/Access")({
  token: Schema.Redacted(Schema.String),
  /** When the token was obtained, by this machine's clock. */
  issued: Schema.DateTimeUtc,
  /** When the token ceases to be accepted. */
  expires: Schema.DateTimeUtc,
  /** Absent for a token that is not limited to a tenant. */
  tenant: Schema.optional(Tenant),
  user: User,
  catalog: ServiceCatalog,
  /** How the user proved who they are, as Identity names it: `APIKEY`, `PASSWORD`, `PASSCODE`. */
  authenticatedBy: Schema.Array(Schema.String),
  /**
   * The number of the login within its TokenRef, from 1. Rackspace answers an early login with the same token again, so it
   * is this number that tells one login from another.
   */
  login: Schema.Number
}) {}
