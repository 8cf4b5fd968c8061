/**
 * The one account of the emulated cloud: who may log in, and with what.
 *
 * @since 0.1.0
 */

/**
 * What a program logs in with at Keystone v3.
 *
 * @since 0.1.0
 * @category models
 */
export interface ApplicationCredential {
  readonly id: string
  readonly name: string
  readonly secret: string
}

/**
 * The account as it stands now; password, key and switches can be changed while the emulator runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account {
  readonly username: string
  readonly userId: string
  /** The account's number. A string, because its leading zeros count. */
  readonly tenantId: string
  /** The account's name in Cloud Files. */
  readonly storageAccount: string
  readonly defaultRegion: string
  /** The name of the project that Keystone v3 knows the account's number by. */
  readonly projectName: string
  applicationCredentials: ReadonlyArray<ApplicationCredential>
  apiKey: string
  password: string
  enabled: boolean
  /** Whether a login by password is asked for a passcode (identity-v2.md section 2.2). */
  multiFactor: boolean
}

/**
 * What may be chosen about the account.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccountOptions {
  /** Default `demo`. */
  readonly username?: string | undefined
  /** Default `0123456789abcdef0123456789abcdef`. */
  readonly apiKey?: string | undefined
  /** Default `correct horse battery`. */
  readonly password?: string | undefined
  /** Default `010101`. */
  readonly tenantId?: string | undefined
  /** Default `MossoCloudFS_0672d7fa-9f85-4a81-a3ab-adb66a880123`. */
  readonly storageAccount?: string | undefined
  /** Default `DFW`. May be empty, as it is for some real accounts. */
  readonly defaultRegion?: string | undefined
  /** Default false. */
  readonly multiFactor?: boolean | undefined
}

/**
 * The only passcode that the emulator accepts in the second step of a multi-factor login.
 *
 * @since 0.1.0
 * @category constants
 */
export const passcode = "123456"

/**
 * An account that is enabled.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: AccountOptions = {}): Account => ({
  username: options.username ?? "demo",
  userId: "172157",
  tenantId: options.tenantId ?? "010101",
  storageAccount: options.storageAccount ?? "MossoCloudFS_0672d7fa-9f85-4a81-a3ab-adb66a880123",
  defaultRegion: options.defaultRegion ?? "DFW",
  projectName: options.username ?? "demo",
  applicationCredentials: [
    { id: "6cb5fa6a13184e6fab65ba2108adf50c", name: "emulator", secret: "an application's own secret" }
  ],
  apiKey: options.apiKey ?? "0123456789abcdef0123456789abcdef",
  password: options.password ?? "correct horse battery",
  enabled: true,
  multiFactor: options.multiFactor ?? false
})
