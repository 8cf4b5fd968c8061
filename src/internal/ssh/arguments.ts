/**
 * The command line of OpenSSH's client: what may stand in it, and in which order.
 */
import * as Either from "effect/Either"

/** What is wrong with a value, as a whole sentence's end: `host: …`. */
export type Complaint = string

/** Options of which one says whose key is believed, and those that this library sets itself. */
const reserved = new Set(
  [
    // Which host keys are believed.
    "StrictHostKeyChecking",
    "UserKnownHostsFile",
    "GlobalKnownHostsFile",
    "KnownHostsCommand",
    "NoHostAuthenticationForLocalhost",
    "VerifyHostKeyDNS",
    "UpdateHostKeys",
    // Who asks, who answers, what is run, and what is told of it.
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

/** The shape of a host: a name, or an address of either version. What begins with a dash would be an option. */
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

/** The first thing that is wrong with a target, if anything is. */
export const complaintOf = (target: Target): Complaint | undefined => {
  const { hostKeys, host, identityFile, options = {}, port, username } = target
  if (!isHost(host)) return "host: expected a name or an address, without a user, a port or spaces"
  if (
    username === "" ||
    username.startsWith("-") ||
    control.test(username) ||
    /[\s'"`$\\;&<>|(){}*?!@]/.test(username)
  ) {
    return "username: expected the name of a user, without spaces or characters that a shell takes for its own"
  }
  if (port !== undefined && !isPort(port)) return "port: expected a whole number, 1 to 65535"
  if (identityFile !== undefined && (identityFile === "" || control.test(identityFile))) {
    return "identityFile: expected the path of a private key"
  }
  if (typeof hostKeys === "object") {
    if (hostKeys.length === 0) return "hostKeys: expected at least one public key"
    if (!hostKeys.every((key) => publicKey.test(key))) {
      return "hostKeys: expected public keys as ssh-keyscan prints them behind the host: ssh-ed25519 AAAA…"
    }
  }
  for (const [name, value] of Object.entries(options)) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || value === "" || control.test(value)) {
      return `options.${name}: expected the name of an option of ssh_config and its value, each on one line`
    }
    if (reserved.has(name.toLowerCase())) {
      return `options.${name}: expected another option; this one would undo what is safe or needed here`
    }
  }
  return undefined
}

/** A value of an option as ssh reads it back: percent signs are not tokens, and spaces do not end it. */
const verbatim = (path: string): string => `"${path.replaceAll("%", "%%").replaceAll('"', '\\"')}"`

/** The options that say whose host key is believed. ssh takes the first word on each option, so that these count. */
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

/** Under this name pinned keys stand in their known_hosts file, whatever the host and port. */
export const pinnedAlias = "pinned"

const asArguments = (options: Iterable<readonly [string, string]>): ReadonlyArray<string> =>
  [...options].flatMap(([name, value]) => ["-o", `${name}=${value}`])

/** Everything before the host. The first word on an option counts: so ours, the caller's, and then what he may change. */
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

/** An argument as a POSIX shell reads it back. */
export const quoted = (argument: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`

/** A remote command as one text, which the remote user's shell takes apart again. */
export const remoteCommand = (command: string | ReadonlyArray<string>): Either.Either<string, Complaint> => {
  const text = typeof command === "string" ? command : command.map(quoted).join(" ")
  if (text.trim() === "") return Either.left("command: expected one that is not empty")
  return text.includes("\0") ? Either.left("command: expected one without a null character") : Either.right(text)
}
