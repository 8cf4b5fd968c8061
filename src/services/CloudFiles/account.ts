/** The account: its model, settings and operations. */
import type * as DateTime from "effect/DateTime"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { Count, EpochSeconds, fromHeaders, ifReadable, metadataHeaders, removalHeaders } from "./headers.js"
import { changed, headersOf, returned, setting, tempUrlKeys, type TempUrlKeys } from "./settings.js"
import { Quota } from "./settingValues.js"

/** What can be set on the account. */
const accountKeys = tempUrlKeys("account")

/** What only the cloud's operators set on an account. */
const accountQuotas = {
  quotaBytes: setting("x-account-meta-quota-bytes", Quota)
}

const settings = { ...accountKeys, ...accountQuotas }

/**
 * What the account holds in one region. The counts lag behind by some seconds to minutes, and not every cloud returns them.
 */
export interface Account extends TempUrlKeys<Redacted.Redacted> {
  /** How many bytes the account may hold in all. */
  readonly quotaBytes?: number | undefined
  readonly containerCount?: number | undefined
  readonly objectCount?: number | undefined
  readonly bytesUsed?: number | undefined
  readonly created?: DateTime.Utc | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export const Account = fromHeaders<Account>(
  "x-account-meta-",
  {
    containerCount: ifReadable(Count).pipe(Schema.fromKey("x-account-container-count")),
    objectCount: ifReadable(Count).pipe(Schema.fromKey("x-account-object-count")),
    bytesUsed: ifReadable(Count).pipe(Schema.fromKey("x-account-bytes-used")),
    created: ifReadable(EpochSeconds).pipe(Schema.fromKey("x-timestamp")),
    ...returned(settings)
  },
  headersOf(settings)
)

/** What to change of the account; what is left out stays, and null removes a key. */
export interface UpdateAccount extends TempUrlKeys<string | Redacted.Redacted | null> {
  /** Keys and values for your own use. Keys come back in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Keys to remove. */
  readonly remove?: ReadonlyArray<string> | undefined
}

/** The operations on the account, as data. "Cloud Files API", "Account services". */
export const accountEndpoints = Endpoint.table("CloudFiles", {
  /** What the account holds. "Show account metadata", `HEAD /v1/{account}`. */
  getAccount: Endpoint.make("HEAD", "", { success: Endpoint.headers(Account) }),
  /**
   * Sets metadata of the account; items that are not named stay, and null removes a TempURL key. "Create or update account metadata", `POST /v1/{account}`.
   */
  updateAccount: Endpoint.define<UpdateAccount>()("POST", "", {
    headers: {
      metadata: Schema.optional(metadataHeaders("x-account-meta-")).pipe(Schema.fromKey(":metadata")),
      remove: Schema.optional(removalHeaders("x-remove-account-meta-")).pipe(Schema.fromKey(":remove")),
      ...changed(accountKeys)
    },
    idempotent: true
  })
})
