/**
 * Builds and validates the command line of OpenSSH's client.
 */
import * as Either from "effect/Either"

/** Options that the user may not set: those for host keys, and those that this library sets. */
const reserved = new Set(
  [
    // Which host keys are trusted.
    "StrictHostKeyChecking",
    "UserKnownHostsFile",
    "GlobalKnownHostsFile",
    "KnownHostsCommand",
    "NoHostAuthenticationForLocalhost",
    "VerifyHostKeyDNS",
    "UpdateHostKeys",
    // Authentication, connection sharing, commands, forwarding and logging.
    "BatchMode",
    "PasswordAuthentication",
    "KbdInteractiveAuthentication",
    "ChallengeResponseAuthentication",
    "ControlMaster",
    "ControlPath",
    "ControlPersist",
    "ForkAfterAuthentication",
    "SessionType",
    "StdinNull",
    "RequestTTY",
    "RemoteCommand",
    "PermitLocalCommand",
    "LocalCommand",
    "LogLevel",
    "LogVerbose",
    "ExitOnForwardFailure",
    "ClearAllForwardings",
    "LocalForward",
    "RemoteForward",
    "DynamicForward",
    "ForwardAgent",
    "ForwardX11",
    "Tunnel",
    // Fields of the target.
    "HostName",
    "User",
    "Port",
    "IdentityFile"
  ].map((name) => name.toLowerCase())
)

// oxlint-disable-next-line no-control-regex
const control = /[\x00-\x1f\x7f]/

/** Whether it may be a host name or an IP address. A leading dash would make it an option. */
export const isHost = (host: string): boolean => /^[A-Za-z0-9_.:%[\]][A-Za-z0-9_.:%[\]-]*$/.test(host)

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

interface Target {
  readonly host: string
  readonly username: string
  readonly port?: number | undefined
  readonly identityFile?: string | undefined
  readonly hostKeys?: "known" | "acceptNew" | ReadonlyArray<string> | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
}

const publicKey = /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?$/

/** Describes the first invalid field of a target. */
export const targetProblem = (target: Target): string | undefined => {
  const { hostKeys, host, identityFile, options = {}, port, username } = target
  if (!isHost(host)) return "host: expected a name or an address, without a user, a port or spaces"
  if (
    username === "" ||
    username.startsWith("-") ||
    control.test(username) ||
    /[\s'"`$\\;&<>|(){}*?!@]/.test(username)
  ) {
    return "username: expected the name of a user, without spaces or special characters of a shell"
  }
  if (port !== undefined && !isPort(port)) return "port: expected a whole number, 1 to 65535"
  if (identityFile !== undefined && (identityFile === "" || control.test(identityFile))) {
    return "identityFile: expected the path of a private key"
  }
  if (typeof hostKeys === "object") {
    if (hostKeys.length === 0) return "hostKeys: expected at least one public key"
    if (!hostKeys.every((key) => publicKey.test(key))) {
      return "hostKeys: expected public keys as ssh-keyscan prints them after the host: ssh-ed25519 AAAA…"
    }
  }
  for (const [name, value] of Object.entries(options)) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || value === "" || control.test(value)) {
      return `options.${name}: expected the name of an option of ssh_config and its value, each on one line`
    }
    if (reserved.has(name.toLowerCase())) {
      return `options.${name}: expected another option; this one is reserved or unsafe`
    }
  }
  return undefined
}

/** Quotes a path as the value of an option, so that ssh does not expand percent signs or split it at spaces. */
const verbatim = (path: string): string => `"${path.replaceAll("%", "%%").replaceAll('"', '\\"')}"`

/** The options for host keys. They come first, since ssh uses the first value of each option. */
const hostKeyOptions = (
  hostKeys: Target["hostKeys"],
  knownHosts: string | undefined
): ReadonlyArray<readonly [string, string]> =>
  knownHosts === undefined
    ? [["StrictHostKeyChecking", hostKeys === "acceptNew" ? "accept-new" : "yes"]]
    : [
        ["StrictHostKeyChecking", "yes"],
        ["UserKnownHostsFile", verbatim(knownHosts)],
        ["GlobalKnownHostsFile", "none"],
        ["KnownHostsCommand", "none"],
        ["HostKeyAlias", pinnedAlias],
        ["UpdateHostKeys", "no"]
      ]

/** The host name of pinned keys in their known_hosts file. */
export const pinnedAlias = "pinned"

const asArguments = (options: Iterable<readonly [string, string]>): ReadonlyArray<string> =>
  [...options].flatMap(([name, value]) => ["-o", `${name}=${value}`])

/** The arguments before the host. ssh uses the first value of each option: first the fixed ones, then the caller's, then defaults. */
export const argumentsOf = (
  target: Target,
  files: { readonly log: string; readonly knownHosts: string | undefined; readonly identity: string | undefined }
): ReadonlyArray<string> => [
  ...asArguments([
    ...hostKeyOptions(target.hostKeys, files.knownHosts),
    ["NoHostAuthenticationForLocalhost", "no"],
    ["VerifyHostKeyDNS", "no"],
    ["BatchMode", "yes"],
    ["PasswordAuthentication", "no"],
    ["KbdInteractiveAuthentication", "no"],
    ["ControlMaster", "no"],
    ["ControlPath", "none"],
    ["PermitLocalCommand", "no"],
    ["RemoteCommand", "none"],
    ["ForwardAgent", "no"],
    ["ForwardX11", "no"],
    ...Object.entries(target.options ?? {}),
    ["ConnectTimeout", "30"],
    ["ServerAliveInterval", "15"],
    ["ServerAliveCountMax", "3"],
    ...(files.identity === undefined
      ? []
      : ([
          ["IdentityFile", verbatim(files.identity)],
          ["IdentitiesOnly", "yes"]
        ] as const))
  ]),
  "-v",
  "-E",
  files.log,
  "-T",
  ...(target.port === undefined ? [] : ["-p", String(target.port)]),
  "-l",
  target.username
]

/** Quotes an argument for a POSIX shell. */
export const quoted = (argument: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`

/** A remote command for the remote user's shell, or a description of what is wrong with it. */
export const remoteCommand = (command: string | ReadonlyArray<string>): Either.Either<string, string> => {
  const text = typeof command === "string" ? command : command.map(quoted).join(" ")
  if (text.trim() === "") return Either.left("command: expected a command that is not empty")
  return text.includes("\0") ? Either.left("command: expected a command without null characters") : Either.right(text)
}
