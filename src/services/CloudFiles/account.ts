/** The account: its model, settings and operations. */
import type * as DateTime from "effect/DateTime"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { Count, EpochSeconds, fromHeaders, ifReadable, metadataHeaders, removalHeaders } from "./headers.js"
import { changed, headersOf, returned, setting, tempUrlKeys, type TempUrlKeys } from "./settings.js"
import { Quota } from "./settingValues.js"

/** Settings of the account. */
const accountKeys = tempUrlKeys("account")

/** Settings that only the cloud's operators can change. */
const accountQuotas = {
  quotaBytes: setting("x-account-meta-quota-bytes", Quota)
}

const settings = { ...accountKeys, ...accountQuotas }

/** The account's content in one region. Counts are delayed by seconds to minutes, and some clouds lack them. */
export interface Account extends TempUrlKeys<Redacted.Redacted> {
  /** The maximum total size in bytes. */
  readonly quotaBytes?: number | undefined
  readonly containerCount?: number | undefined
  readonly objectCount?: number | undefined
  readonly bytesUsed?: number | undefined
  readonly created?: DateTime.Utc | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export const Account = lazy(() =>
  fromHeaders<Account>(
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
)

/** Changes to the account. Other settings stay unchanged, and null removes a key. */
export interface UpdateAccount extends TempUrlKeys<string | Redacted.Redacted | null> {
  /** Custom keys and values. Keys are returned in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Keys to remove. */
  readonly remove?: ReadonlyArray<string> | undefined
}

/** The operations on the account, as data. "Cloud Files API", "Account services". */
export const accountEndpoints = Endpoint.table("CloudFiles", {
  /** The account's counts, metadata and settings. "Show account metadata", `HEAD /v1/{account}`. */
  getAccount: Endpoint.make("HEAD", "", { success: Endpoint.headers(Account) }),
  /**
   * Sets metadata of the account. Other items stay unchanged, and null removes a TempURL key. "Create or update account
   * metadata", `POST /v1/{account}`.
   */
  updateAccount: Endpoint.define<UpdateAccount>()("POST", "", {
    headers: () => ({
      metadata: Schema.optional(metadataHeaders("x-account-meta-")).pipe(Schema.fromKey(":metadata")),
      remove: Schema.optional(removalHeaders("x-remove-account-meta-")).pipe(Schema.fromKey(":remove")),
      ...changed(accountKeys)
    }),
    idempotent: true
  })
})
