/** The state of Identity: the account, its tokens, and the count of logins. */
import type * as Account from "../Account.js"
import type { JsonObject } from "../Fields.js"
import * as ServiceCatalog from "../ServiceCatalog.js"
import * as Timestamp from "../Timestamp.js"
import * as Tokens from "../Tokens.js"

/** Maps Keystone's methods to those of version 2. */
const methodNames: Readonly<Record<string, string>> = {
  application_credential: "APPLICATION_CREDENTIAL",
  password: "PASSWORD",
  token: "TOKEN",
  totp: "PASSCODE"
}

export class IdentityState {
  readonly tokens: Tokens.Tokens
  /** The times of passcode challenges, by session. */
  readonly sessions = new Map<string, number>()
  succeededLogins = 0
  refusedLogins = 0

  constructor(
    readonly account: Account.Account,
    readonly regions: ReadonlyArray<string>,
    tokenTtl: number
  ) {
    this.tokens = Tokens.make(tokenTtl)
  }

  countLogin(isGranted: boolean): void {
    if (isGranted) {
      this.succeededLogins++
    } else {
      this.refusedLogins++
    }
  }

  ownsTenant(tenant: string): boolean {
    return tenant === this.account.tenantId || tenant === this.account.storageAccount
  }

  get roles() {
    const description = "A Role that allows a user access to keystone Service methods"
    const { storageAccount, tenantId } = this.account
    return [
      { id: "3", name: "identity:user-admin", description: "User Admin Role." },
      { id: "5", name: "object-store:default", description, tenantId: storageAccount },
      { id: "6", name: "compute:default", description, tenantId }
    ]
  }

  catalog(origin: string, onlyTenant?: string): ReadonlyArray<ServiceCatalog.CatalogService> {
    const { regions } = this
    const { storageAccount, tenantId } = this.account
    const scope = onlyTenant === undefined ? {} : { onlyTenant }
    return ServiceCatalog.make({ origin, regions, tenantId, storageAccount, ...scope })
  }

  tokenJson({ authenticatedBy, expiresAt, id }: Tokens.Token): JsonObject {
    const { tenantId } = this.account
    return {
      id,
      expires: Timestamp.centralTime(expiresAt),
      tenant: { id: tenantId, name: tenantId },
      "RAX-AUTH:authenticatedBy": authenticatedBy.map((method) => methodNames[method] ?? method)
    }
  }

  /** The user in the response to a login. */
  userJson(): JsonObject {
    const { defaultRegion, tenantId, userId, username } = this.account
    return {
      id: userId,
      name: username,
      roles: this.roles,
      "RAX-AUTH:defaultRegion": defaultRegion,
      "RAX-AUTH:domainId": tenantId,
      "RAX-AUTH:sessionInactivityTimeout": "PT12H"
    }
  }
}

/** Whether a token is scoped to a project, as services require. */
export const isForProject = ({ scope = "project" }: Tokens.Token): boolean => scope === "project"
