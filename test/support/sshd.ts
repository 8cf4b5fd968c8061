/**
 * A real sshd on loopback with its own keys, port and folder, which runs until the scope closes.
 */
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Schedule } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { accessSync, constants } from "node:fs"
import * as Net from "node:net"
import { userInfo } from "node:os"

const found = (program: string, more: ReadonlyArray<string> = []): string | undefined =>
  [...more, ...(process.env["PATH"] ?? "").split(":").map((folder) => `${folder}/${program}`)].find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const sshdProgram = found("sshd", ["/usr/sbin/sshd", "/usr/local/sbin/sshd"])

/** Why sshd cannot run on this machine; undefined if it can. */
export const missing: string | undefined =
  process.platform === "win32"
    ? "sshd is not started on Windows"
    : sshdProgram === undefined
      ? "this machine has no sshd (install openssh-server)"
      : found("ssh") === undefined
        ? "this machine has no ssh (install openssh-client)"
        : found("ps") === undefined
          ? "this machine has no ps (install procps)"
          : undefined

export interface Sshd {
  readonly port: number
  readonly username: string
  /** The path of a private key that it accepts. */
  readonly identityFile: string
  /** The path of a private key that it rejects. */
  readonly strangerFile: string
  /** Its own public key: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string
  /** An empty folder, for files that are copied. */
  readonly folder: string
  /** Ends it and all of its connections. */
  readonly stop: Effect.Effect<void>
}

const portIsOpen = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  })

const anyPort = Effect.async<number>((resume) => {
  const server = Net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as Net.AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const makeKey = (path: string) =>
  Effect.asVoid(Command.string(Command.make("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path)))

/** A process and all of its descendants. */
const processTreeOf = (pid: number): ReadonlyArray<number> => {
  const parents = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
  const family = [pid]
  for (const member of family) {
    family.push(...parents.filter(([, parent]) => parent === member).map(([child]) => child ?? 0))
  }
  return family
}

/** Starts an sshd. `settings` are additional lines of sshd_config. */
export const start = (settings: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-sshd-" })
    const file = (name: string) => `${folder}/${name}`
    yield* Effect.forEach(["host", "identity", "stranger"], (name) => makeKey(file(name)))
    yield* fs.copyFile(file("identity.pub"), file("authorized_keys"))
    yield* fs.chmod(file("authorized_keys"), 0o600)
    yield* fs.makeDirectory(file("files"))
    const port = yield* anyPort
    const config = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host")}`,
      `AuthorizedKeysFile ${file("authorized_keys")}`,
      `PidFile ${file("pid")}`,
      // The parent folder is writable for all users.
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "MaxStartups 100",
      // The shell must not read the user's configuration, which may take long or lock.
      `SetEnv HOME=${folder} SHLVL=2`,
      ...settings
    ]
    yield* fs.writeFileString(file("sshd_config"), `${config.join("\n")}\n`)
    // As root, sshd requires this folder, which stays empty.
    if (process.getuid?.() === 0) yield* Effect.ignore(fs.makeDirectory("/run/sshd", { recursive: true }))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(sshdProgram ?? "sshd", ["-D", "-e", "-f", file("sshd_config")], { stdio: "ignore" })),
      () => stop
    )
    const stop: Effect.Effect<void> = Effect.sync(() => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      for (const pid of processTreeOf(child.pid)) {
        try {
          process.kill(pid, "SIGKILL")
        } catch {
          // The process has already ended.
        }
      }
    })
    yield* portIsOpen(port).pipe(
      Effect.repeat({ until: (open) => open, schedule: Schedule.spaced("20 millis") }),
      Effect.timeout("20 seconds")
    )
    const hostKey = (yield* fs.readFileString(file("host.pub"))).trim()
    return {
      port,
      username: userInfo().username,
      identityFile: file("identity"),
      strangerFile: file("stranger"),
      hostKey,
      folder: file("files"),
      stop
    } satisfies Sshd
  }).pipe(Effect.provide(NodeContext.layer))
