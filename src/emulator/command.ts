#!/usr/bin/env node
/** The emulator as a command: a Rackspace cloud on a local port, for clients in any language. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as Control from "./Control.js"
import type * as Emulator from "./Emulator.js"
import * as Target from "./Target.js"
import * as NodeServer from "./NodeServer.js"
import type { RequestLogEntry } from "./RequestLog.js"

const usage = `Usage: effect-rackspace-emulator [options]

An emulated Rackspace cloud in memory: Identity v2.0, Keystone v3 and Swift's login, Cloud Servers
and the servers of the first generation, Cloud Files and its CDN, Cloud Load Balancers and Cloud Big
Data, in the regions DFW and ORD.

  --port <n>          port to listen on; 0 takes any free one      (8900)
  --host <address>    address to listen on                         (127.0.0.1)
  --username <name>   who may log in                               (demo)
  --api-key <key>     the user's API key
  --password <text>   the user's password
  --tenant <id>       the account's number                         (010101)
  --token-ttl <time>  how long a token lives: 500ms, 30s, 5m, 24h  (24h)
  --build-time <time> how long a server, a load balancer and a
                      cluster build: 0s makes them ready at once   (30s)
  --verbose           one line for each request
  --version           the version of this program
  --help              this text
`

interface Settings {
  readonly port: number
  readonly host: string
  readonly username: string | undefined
  readonly apiKey: string | undefined
  readonly password: string | undefined
  readonly tenantId: string | undefined
  readonly tokenTtl: Duration.Duration
  readonly buildTime: Duration.Duration
  readonly verbose: boolean
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const duration = (option: string, text: string): Duration.Duration => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  const unit = units[match?.[2] ?? ""]
  if (match === null || unit === undefined) {
    throw new Error(`${option}: '${text}' is not a time; write it as 500ms, 30s, 5m or 24h`)
  }
  return Duration.millis(Number(match[1]) * unit)
}

const portNumber = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new Error(`--port: '${text}' is not a port; it is a number from 0 to 65535`)
  }
  return Number(text)
}

const settings = (args: ReadonlyArray<string>): Settings | "help" | "version" => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string" },
      host: { type: "string" },
      username: { type: "string" },
      "api-key": { type: "string" },
      password: { type: "string" },
      tenant: { type: "string" },
      "token-ttl": { type: "string" },
      "build-time": { type: "string" },
      verbose: { type: "boolean" },
      version: { type: "boolean" },
      help: { type: "boolean", short: "h" }
    }
  })
  if (values.help === true) {
    return "help"
  }
  if (values.version === true) {
    return "version"
  }
  return {
    port: portNumber(values.port ?? "8900"),
    host: values.host ?? "127.0.0.1",
    username: values.username,
    apiKey: values["api-key"],
    password: values.password,
    tenantId: values.tenant,
    tokenTtl: duration("--token-ttl", values["token-ttl"] ?? "24h"),
    buildTime: duration("--build-time", values["build-time"] ?? "30s"),
    verbose: values.verbose ?? false
  }
}

/** The path of a request, without tokens and signatures. */
const loggable = (target: string): string => Target.split(target).path.replace(/^(\/v2\.0\/tokens\/)[^/]+/, "$1…")

const line = (entry: RequestLogEntry): string =>
  [
    entry.method,
    loggable(entry.target),
    entry.status ?? "cut",
    `${entry.bodyBytes} B in`,
    `${entry.responseBytes} B out`,
    `${(entry.finishedAt ?? entry.startedAt) - entry.startedAt} ms`
  ].join(" ")

/** The version in the package's manifest, two folders up in the package as in the repository. */
const version = (): string => {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** Quotes a text for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The variables with which this library, Rackspace's clients and OpenStack's find the cloud, for a shell. */
const exports = ({ credentials, regions }: Emulator.Emulator, url: string): string => {
  const { apiKey, domain, password, projectName, username } = credentials
  const [region = "DFW"] = regions
  return Object.entries({
    RAX_AUTH_URL: `${url}/v2.0`,
    RAX_USERNAME: username,
    RAX_API_KEY: apiKey,
    RAX_REGION: region,
    OS_AUTH_URL: `${url}/v3`,
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: username,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: projectName,
    OS_USER_DOMAIN_NAME: domain.name,
    OS_PROJECT_DOMAIN_NAME: domain.name,
    OS_REGION_NAME: region
  })
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join("\n")
}

/** A command that logs in. */
const curl = ({ credentials: { apiKey, username } }: Emulator.Emulator, url: string): string => {
  const login = { auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey } } }
  return `curl -s -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(login))} ${url}/v2.0/tokens`
}

const greeting = (emulator: Emulator.Emulator, url: string): string => {
  const { apiKey, password, projectName, tenantId, username } = emulator.credentials
  return `The emulated cloud listens on ${url}

  Identity v2.0   ${url}/v2.0
  Keystone v3     ${url}/v3 (domain 'default', project ${quoted(projectName)})
  Swift login     ${url}/auth/v1.0
  Control API     ${url}/_emulator/faults, requests, resources, reset
  In a browser    ${url}/
  user ${quoted(username)}, API key ${quoted(apiKey)}, password ${quoted(password)}, tenant ${quoted(tenantId)}

The same as variables:

${exports(emulator, url)}

A login:

${curl(emulator, url)}

A file of credentials:

  (umask 077; cat > emulated_cloud_credentials <<'EOF'
[rackspace_cloud]
username = ${username}
api_key = ${apiKey}
auth_url = ${url}/v2.0
EOF
)

Ctrl-C ends it.
`
}

const run = (chosen: Settings): Effect.Effect<never, NodeServer.ListenFailed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cloud = yield* Control.make({
        username: chosen.username,
        apiKey: chosen.apiKey,
        password: chosen.password,
        tenantId: chosen.tenantId,
        tokenTtl: chosen.tokenTtl,
        servers: { buildTime: chosen.buildTime },
        loadBalancers: { buildTime: chosen.buildTime },
        bigData: { buildTime: chosen.buildTime, configureTime: chosen.buildTime, resizeTime: chosen.buildTime },
        // The catalog's URLs must use the host name with which the client reaches this machine.
        origin: "from-request",
        // Each request may keep 64 KiB of its body.
        logLimit: 200,
        onFinished: (entry) =>
          chosen.verbose ? Effect.sync(() => process.stdout.write(`${line(entry)}\n`)) : Effect.void
      })
      const { url } = yield* NodeServer.listen({ handler: cloud.handle, host: chosen.host, port: chosen.port })
      process.stdout.write(greeting(cloud.emulator(), url))
      return yield* Effect.never
    })
  )

const complain = (text: string, exitCode: number): void => {
  process.stderr.write(text)
  process.exitCode = exitCode
}

const main = async (): Promise<void> => {
  let chosen: Settings | "help" | "version"
  try {
    chosen = settings(process.argv.slice(2))
  } catch (error) {
    complain(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, 2)
    return
  }
  if (chosen === "help") {
    process.stdout.write(usage)
    return
  }
  if (chosen === "version") {
    process.stdout.write(`${version()}\n`)
    return
  }
  const { host, port } = chosen
  const abort = new AbortController()
  process.once("SIGINT", () => abort.abort())
  process.once("SIGTERM", () => abort.abort())
  const exit = await Effect.runPromiseExit(run(chosen), { signal: abort.signal })
  if (Exit.isFailure(exit) && exit.cause._tag === "Fail") {
    const { code, message } = exit.cause.error
    complain(
      code === "EADDRINUSE"
        ? `Port ${port} of ${host} is in use. Choose another one with --port, or --port 0 for any.\n`
        : `Cannot listen on port ${port} of ${host}: ${message}\n`,
      1
    )
  } else if (!abort.signal.aborted) {
    complain(`The emulator ended unexpectedly: ${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""}\n`, 1)
  }
}

await main()
