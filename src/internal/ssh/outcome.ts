/**
 * What has become of a run of ssh, from its exit code and its own log: ssh answers 255 for whatever went wrong with itself,
 * and hands on the exit code of the remote command, which may be 255 too.
 */

export type Trouble =
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
  | { readonly _tag: "Trouble"; readonly reason: Trouble; readonly said: string }

/** The first pattern that is found counts. */
const signs: ReadonlyArray<readonly [RegExp, Trouble]> = [
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

/** The last thing that ssh itself said, which is mostly the reason. */
const lastWord = (text: string): string | undefined =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !noise.test(line) && !/^@+|^[@ ]+WARNING/.test(line))
    .at(-1)
    ?.replace(/^ssh: /, "")
    .replace(/\.$/, "")

/** The fingerprint of the key that the host has shown: `ssh-ed25519 SHA256:…`. */
const shownKey = (log: string): string | undefined => /Server host key: (\S+ \S+)/.exec(log)?.[1]

export const isAuthenticated = (log: string): boolean => /^Authenticated to /m.test(log)

export const outcomeOf = (exitCode: number | undefined, log: string, stderr: string): Outcome => {
  if (exitCode === 0) return { _tag: "Done" }
  const authenticated = isAuthenticated(log)
  if (authenticated && exitCode !== undefined && exitCode !== 255) return { _tag: "CommandFailed", exitCode }
  if (authenticated && /rtype exit-signal/.test(log)) return { _tag: "CommandFailed", exitCode: undefined }
  if (authenticated && /rtype exit-status/.test(log)) return { _tag: "CommandFailed", exitCode }
  // Before ssh has opened its log it complains on stderr, which the remote command cannot have reached yet.
  const text = authenticated ? log : `${stderr}\n${log}`
  const found = signs.find(([pattern]) => pattern.test(text))?.[1]
  if (authenticated) {
    return {
      _tag: "Trouble",
      reason: found === "portTaken" ? found : "disconnected",
      said: lastWord(log) ?? "the connection broke"
    }
  }
  const key = found === "hostKeyUnknown" || found === "hostKeyChanged" ? shownKey(log) : undefined
  const said = lastWord(text) ?? "ssh does not say why"
  return { _tag: "Trouble", reason: found ?? "other", said: key === undefined ? said : `${said}: it shows ${key}` }
}

/**
 * Whether ssh listens on its local port by now. It says so before it has tried; what it says next, once all of its ports are its
 * own, is that the session begins.
 */
export const isListening = (log: string, port: number): boolean =>
  log.includes(`Local forwarding listening on 127.0.0.1 port ${port}.`) && log.includes("Entering interactive session.")
