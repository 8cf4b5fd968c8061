/** The single account of the emulated cloud and its credentials. */

/** An application credential of Keystone v3. */
export interface ApplicationCredential {
  readonly id: string
  readonly name: string
  readonly secret: string
  readonly description: string | null
  /** Milliseconds since the epoch; undefined if it does not expire. */
  readonly expiresAt: number | undefined
  /** Whether its tokens may create and delete application credentials. Null, if not given, means false. */
  readonly unrestricted: boolean | null
  /** The project of its tokens; null for a credential that was created without one. */
  readonly projectId: string | null
  /** By name: at most those of the token that created it. */
  readonly roles: ReadonlyArray<string>
  /** As returned. Services do not enforce them. */
  readonly accessRules: ReadonlyArray<Readonly<Record<string, unknown>>> | undefined
}

/**
 * The user's roles at Keystone v3, by name, for each kind of scope. Without roles, a login for that scope is refused.
 */
export interface Roles {
  readonly project: ReadonlyArray<string>
  readonly domain: ReadonlyArray<string>
  readonly system: ReadonlyArray<string>
}

/** The domain of the user and of the project at Keystone v3. */
export const domain = { id: "default", name: "Default" } as const

/** The current account. Password, key and switches can change while the emulator runs. */
export interface Account {
  readonly username: string
  readonly userId: string
  /** The account's number, as a string because of leading zeros. */
  readonly tenantId: string
  /** The account's name in Cloud Files. */
  readonly storageAccount: string
  readonly defaultRegion: string
  /** The name of the account's project at Keystone v3. */
  readonly projectName: string
  /** Whether a login at Keystone v3 without a scope is scoped to the project; otherwise it is unscoped. */
  readonly hasDefaultProject: boolean
  readonly roles: Roles
  applicationCredentials: ReadonlyArray<ApplicationCredential>
  apiKey: string
  password: string
  enabled: boolean
  /** Whether a login by password requires a passcode. */
  multiFactor: boolean
}

/** Options of the account. */
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
  /** Default `DFW`. May be empty, as in some real accounts. */
  readonly defaultRegion?: string | undefined
  /** Default false. */
  readonly multiFactor?: boolean | undefined
  /** The project's name at Keystone v3. Default: the user's name. */
  readonly projectName?: string | undefined
  /** Default true. */
  readonly hasDefaultProject?: boolean | undefined
  /** Default `member` and `reader` for each kind of scope. */
  readonly roles?: Partial<Roles> | undefined
}

/** The only passcode that the emulator accepts in the second step of a multi-factor login. */
export const passcode = "123456"

const usualRoles = ["member", "reader"]

/** An enabled account. */
export const make = (options: AccountOptions = {}): Account => ({
  username: options.username ?? "demo",
  userId: "172157",
  tenantId: options.tenantId ?? "010101",
  storageAccount: options.storageAccount ?? "MossoCloudFS_0672d7fa-9f85-4a81-a3ab-adb66a880123",
  defaultRegion: options.defaultRegion ?? "DFW",
  projectName: options.projectName ?? options.username ?? "demo",
  hasDefaultProject: options.hasDefaultProject ?? true,
  roles: { project: usualRoles, domain: usualRoles, system: usualRoles, ...options.roles },
  applicationCredentials: [
    {
      id: "6cb5fa6a13184e6fab65ba2108adf50c",
      name: "emulator",
      secret: "an application's own secret",
      description: null,
      expiresAt: undefined,
      unrestricted: false,
      projectId: options.tenantId ?? "010101",
      roles: options.roles?.project ?? usualRoles,
      accessRules: undefined
    }
  ],
  apiKey: options.apiKey ?? "0123456789abcdef0123456789abcdef",
  password: options.password ?? "correct horse battery",
  enabled: true,
  multiFactor: options.multiFactor ?? false
})
