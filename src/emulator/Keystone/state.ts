/** The state of Keystone, and the JSON of its tokens. */
import { randomBytes } from "node:crypto"
import * as Account from "../Account.js"
import type { JsonObject } from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import type * as ServiceCatalog from "../ServiceCatalog.js"
import * as Timestamp from "../Timestamp.js"
import type * as Tokens from "../Tokens.js"
import * as Answer from "./answer.js"
import * as ApplicationCredentials from "./applicationCredentials.js"

/** The state and settings that Keystone shares with Identity v2.0. */
export interface KeystoneOptions {
  readonly account: Account.Account
  readonly tokens: Tokens.Tokens
  /** In upper case. */
  readonly regions: ReadonlyArray<string>
  readonly catalog: (origin: string, isForProject: boolean) => ReadonlyArray<ServiceCatalog.KeystoneService>
  readonly countLogin: (isGranted: boolean) => void
}

/** How long the second step of a multi-factor login may take: five minutes. */
const receiptLifetime = 5 * 60 * 1000

/** With multi-factor authentication, all methods of one of these sets are required. */
const rules: ReadonlyArray<ReadonlyArray<string>> = [["password", "totp"], ["application_credential"]]

/** Maps the methods of Identity v2.0 to Keystone's. API keys count as passwords. */
const methodNames: Readonly<Record<string, string>> = { APIKEY: "password", PASSWORD: "password", PASSCODE: "totp" }

export const methodsOf = ({ authenticatedBy }: Tokens.Token): ReadonlyArray<string> => [
  ...new Set(authenticatedBy.map((method) => methodNames[method] ?? method))
]

const utc = (millis: number): string => `${Timestamp.microsecondsWithoutZone(millis)}Z`

/** The methods that were proven, and when the receipt expires. */
interface Receipt {
  readonly methods: ReadonlyArray<string>
  readonly expiresAt: number
}

export class KeystoneState {
  readonly account: Account.Account
  readonly tokens: Tokens.Tokens
  readonly credentials: ApplicationCredentials.ApplicationCredentials
  private readonly receipts = new Map<string, Receipt>()

  constructor(readonly options: KeystoneOptions) {
    this.account = options.account
    this.tokens = options.tokens
    this.credentials = ApplicationCredentials.make(this.account, this.tokens, (token) => this.rolesOf(token))
  }

  get user() {
    return { domain: Account.domain, id: this.account.userId, name: this.account.username }
  }

  credentialOf({ applicationCredentialId: id }: Tokens.Token): Account.ApplicationCredential | undefined {
    return id === undefined ? undefined : this.credentials.find({ id })
  }

  rolesOf(token: Tokens.Token): ReadonlyArray<string> {
    const { scope = "project" } = token
    return scope === "unscoped" ? [] : (this.credentialOf(token)?.roles ?? this.account.roles[scope])
  }

  /** A token as JSON, with the catalog unless the query has `nocatalog`. */
  tokenJson(token: Tokens.Token, origin: string, query: URLSearchParams): JsonObject {
    const { auditIds, expiresAt, issuedAt, scope = "project" } = token
    const { account, options, user } = this
    const { domain } = Account
    const credential = this.credentialOf(token)
    const isScoped = scope !== "unscoped"
    const project = { domain, id: account.tenantId, name: account.projectName }
    return {
      methods: methodsOf(token),
      user: { ...user, password_expires_at: null },
      audit_ids: auditIds,
      // The credential's own expiry is written without a zone.
      expires_at: expiresAt === credential?.expiresAt ? Timestamp.microsecondsWithoutZone(expiresAt) : utc(expiresAt),
      issued_at: utc(issuedAt),
      ...(scope === "project" && { project, is_domain: false }),
      ...(scope === "domain" && { domain }),
      ...(isScoped && { roles: this.rolesOf(token).map(ApplicationCredentials.role) }),
      ...(scope === "system" && { system: { all: true } }),
      ...(isScoped && !query.has("nocatalog") && { catalog: options.catalog(origin, scope === "project") }),
      ...(credential !== undefined && { application_credential: credentialJson(credential) })
    }
  }

  /** The refusal of an unknown token. */
  noSuchToken(id: string): WireResponse {
    const credential = this.credentials.deletedOf(id)
    if (credential !== undefined) {
      return Answer.notFound("Application Credential", credential)
    }
    const reason =
      id === ""
        ? "No token in the request"
        : id.startsWith("gAAAA")
          ? "Failed to validate token"
          : "Could not recognize Fernet token"
    return Answer.fault(404, reason)
  }

  /** Whether these methods are sufficient for the user. */
  areEnough(methods: ReadonlySet<string>): boolean {
    return !this.account.multiFactor || rules.some((rule) => rule.every((method) => methods.has(method)))
  }

  findReceipt(id: string, now: number): Receipt | undefined {
    const receipt = this.receipts.get(id)
    return receipt === undefined || receipt.expiresAt <= now ? undefined : receipt
  }

  /** The challenge of multi-factor authentication. It is not a fault, and has no `WWW-Authenticate`. */
  issueReceipt(methods: ReadonlyArray<string>, now: number): WireResponse {
    for (const [id, { expiresAt }] of this.receipts) {
      if (expiresAt <= now) {
        this.receipts.delete(id)
      }
    }
    const id = `gAAAAAB${randomBytes(96).toString("base64url")}`
    const expiresAt = now + receiptLifetime
    this.receipts.set(id, { methods, expiresAt })
    const receipt = { methods, user: this.user, expires_at: utc(expiresAt), issued_at: utc(now) }
    return Answer.json(401, { receipt, required_auth_methods: rules }, { "Openstack-Auth-Receipt": id })
  }
}

const credentialJson = ({ accessRules, id, name, unrestricted }: Account.ApplicationCredential): JsonObject => ({
  id,
  name,
  restricted: unrestricted !== true,
  ...(accessRules !== undefined && { access_rules: accessRules })
})
