/**
 * Determines the outcome of ssh from its exit code and its log. ssh exits with 255 for its own failures, and otherwise with the exit
 * code of the remote command, which may be 255 too.
 */

export type SshFailure =
  | "unreachable"
  | "hostKeyUnknown"
  | "hostKeyChanged"
  | "authentication"
  | "portTaken"
  | "disconnected"
  | "invalidInput"
  | "other"

export type Outcome =
  | { readonly _tag: "Done" }
  | { readonly _tag: "CommandFailed"; readonly exitCode: number | undefined }
  | { readonly _tag: "SshFailed"; readonly reason: SshFailure; readonly message: string }

/** The first matching pattern applies. */
const patterns: ReadonlyArray<readonly [RegExp, SshFailure]> = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|differs from the key for the IP address|REVOKED HOST KEY/, "hostKeyChanged"],
  [/No .* host key is known|Host key verification failed/, "hostKeyUnknown"],
  [
    /Bad configuration option|command[- ]line.*(line|argument)|Bad (port|local|dynamic)|unsupported option/i,
    "invalidInput"
  ],
  [/Permission denied \(|Too many authentication failures|No more authentication methods/, "authentication"],
  [/Address already in use|cannot listen to port|Could not request local forwarding/, "portTaken"],
  [
    /Connection (refused|timed out|reset|closed)|Operation timed out|No route to host|Network is unreachable|Could not resolve hostname|kex_exchange_identification|banner exchange/,
    "unreachable"
  ]
]

const noise = /^(debug\d:|OpenSSH_|Authenticated to |Transferred: |Bytes per second|Warning: Permanently added)/

/** The last message of ssh itself, which usually is the reason. */
const lastMessage = (text: string): string | undefined =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !noise.test(line) && !/^@+|^[@ ]+WARNING/.test(line))
    .at(-1)
    ?.replace(/^ssh: /, "")
    .replace(/\.$/, "")

/** The fingerprint of the host's key: `ssh-ed25519 SHA256:…`. */
const hostKey = (log: string): string | undefined => /Server host key: (\S+ \S+)/.exec(log)?.[1]

export const isAuthenticated = (log: string): boolean => /^Authenticated to /m.test(log)

export const outcomeOf = (exitCode: number | undefined, log: string, stderr: string): Outcome => {
  if (exitCode === 0) return { _tag: "Done" }
  const authenticated = isAuthenticated(log)
  if (authenticated && exitCode !== undefined && exitCode !== 255) return { _tag: "CommandFailed", exitCode }
  if (authenticated && /rtype exit-signal/.test(log)) return { _tag: "CommandFailed", exitCode: undefined }
  if (authenticated && /rtype exit-status/.test(log)) return { _tag: "CommandFailed", exitCode }
  // Before ssh opens its log, it writes errors to stderr; the remote command has not written there yet.
  const text = authenticated ? log : `${stderr}\n${log}`
  const found = patterns.find(([pattern]) => pattern.test(text))?.[1]
  if (authenticated) {
    return {
      _tag: "SshFailed",
      reason: found === "portTaken" ? found : "disconnected",
      message: lastMessage(log) ?? "the connection broke"
    }
  }
  const key = found === "hostKeyUnknown" || found === "hostKeyChanged" ? hostKey(log) : undefined
  const message = lastMessage(text) ?? "ssh gave no reason"
  const withKey = key === undefined ? message : `${message}: the host's key is ${key}`
  return { _tag: "SshFailed", reason: found ?? "other", message: withKey }
}

/**
 * Whether ssh listens on its local port. It logs that before it tries to listen, and after all ports are open it logs that the session
 * begins.
 */
export const isListening = (log: string, port: number): boolean =>
  log.includes(`Local forwarding listening on 127.0.0.1 port ${port}.`) && log.includes("Entering interactive session.")
