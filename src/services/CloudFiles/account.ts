/**
 * The account: its model, settings and operations.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { Count, EpochSeconds, fromHeaders, ifReadable, metadataHeaders, removalHeaders } from "./headers.js"
import { changed, headersOf, returned, setting, tempUrlKeys } from "./settings.js"
import { Quota } from "./settingValues.js"

/** What can be set on the account. */
const accountKeys = tempUrlKeys("account")

/** What only the cloud's operators set on an account. */
const accountQuotas = {
  /** How many bytes the account may hold in all. */
  quotaBytes: setting("x-account-meta-quota-bytes", Quota)
}

const settings = { ...accountKeys, ...accountQuotas }

/**
 * What the account holds in one region. The counts lag behind by some seconds to minutes, and not every cloud returns them.
 *
 * @since 0.1.0
 * @category models
 */
export const Account = fromHeaders(
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

/**
 * What the account holds in one region.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account extends Schema.Schema.Type<typeof Account> {}

/** The operations on the account, as data. "Cloud Files API", "Account services". */
export const accountEndpoints = Endpoint.table("CloudFiles", {
  /** What the account holds. "Show account metadata", `HEAD /v1/{account}`. */
  getAccount: Endpoint.make("HEAD", "", { success: Endpoint.headers(Account) }),
  /**
   * Sets metadata of the account; items that are not named stay, and null removes a TempURL key. "Create or update account metadata", `POST /v1/{account}`.
   */
  updateAccount: Endpoint.make("POST", "", {
    headers: {
      metadata: Schema.optional(metadataHeaders("x-account-meta-")).pipe(Schema.fromKey(":metadata")),
      /** Keys to remove. */
      remove: Schema.optional(removalHeaders("x-remove-account-meta-")).pipe(Schema.fromKey(":remove")),
      ...changed(accountKeys)
    },
    idempotent: true
  })
})
