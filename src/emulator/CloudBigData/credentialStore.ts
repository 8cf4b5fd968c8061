/** The types of credentials, and the stored credentials. */

/** The types, each with the names of its two fields (the name and the secret). */
export const types: Readonly<
  Record<string, { readonly fields: readonly [string, string]; readonly connector: boolean }>
> = {
  cloud_files: { fields: ["username", "api_key"], connector: true },
  ssh_keys: { fields: ["key_name", "public_key"], connector: false },
  s3: { fields: ["access_key_id", "access_secret_key"], connector: true },
  ambari: { fields: ["username", "password"], connector: false }
}

export const isConnector = (type: string): boolean => types[type]?.connector === true

/** The credentials of one region: names by type. */
export type Credentials = ReadonlyMap<string, Set<string>>

export const noCredentials = (): Credentials => new Map(Object.keys(types).map((type) => [type, new Set<string>()]))

export const hasCredential = (credentials: Credentials, type: string, name: string): boolean =>
  credentials.get(type)?.has(name) === true
