/**
 * Runs commands on other machines by ssh, streams their output, opens SOCKS proxies and tunnels, and copies files. Starts the local
 * OpenSSH client, so that the user's keys, agent and `~/.ssh/config` (such as jump hosts) apply.
 *
 * There are no prompts for passwords or host keys. {@link Target.hostKeys} says which host keys are trusted; host keys are always
 * checked. Every function ends ssh, and removes its temporary files, when it succeeds, fails, or is interrupted. A command is visible
 * in the process lists of both machines: pass secrets on `stdin` instead.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { basename, dirname, join } from "node:path"
import { withPause } from "./internal/bytes/backPressure.js"
import { expandHome } from "./internal/files/homePath.js"
import {
  argumentsOf,
  targetProblem,
  isHost,
  isPort,
  pinnedAlias,
  quoted,
  remoteCommand
} from "./internal/ssh/arguments.js"
import { freePort, greetsAsSocks } from "./internal/ssh/localPort.js"
import { isListening, outcomeOf } from "./internal/ssh/outcome.js"

/** A machine, the user to log in as, and the trusted host keys. */
export interface Target {
  /** A name or an address. */
  readonly host: string
  readonly username: string
  /** Default: the port in `~/.ssh/config`, else 22. */
  readonly port?: number | undefined
  /** The path of a private key without a passphrase. Default: the agent's keys and ssh's default keys. */
  readonly identityFile?: string | undefined
  /**
   * Which host keys are trusted.
   *
   * - `known`, the default: those in the user's or the machine's `known_hosts`.
   * - `acceptNew`: the first key of a host is trusted and added to `known_hosts`; a changed key is refused.
   * - public keys (`ssh-ed25519 AAAA…`): only these, whatever is in `known_hosts`.
   */
  readonly hostKeys?: "known" | "acceptNew" | ReadonlyArray<string> | undefined
  /** Further options of `ssh_config`: `{ ProxyJump: "bastion" }`. Options that this library sets, or that are unsafe, are refused. */
  readonly options?: Readonly<Record<string, string>> | undefined
  /** The OpenSSH client to start, default `ssh`. */
  readonly sshProgram?: string | undefined
}

/**
 * ssh failed: the remote command was not run, or its result is not known.
 *
 * - `notInstalled`: there is no OpenSSH client.
 * - `invalidInput`: the input is invalid; no command was run.
 * - `unreachable`: the host does not respond.
 * - `hostKeyUnknown`: the host's key is not known.
 * - `hostKeyChanged`: the host's key differs from the known or pinned one.
 * - `authentication`: the host refused the user's authentication.
 * - `portTaken`: the local port is already in use.
 * - `disconnected`: the connection broke.
 * - `tooLong`: the command's output exceeded the limit.
 * - `incomplete`: a file was not copied completely; an existing file was left unchanged.
 * - `other`: another failure of ssh.
 */
export class SshError extends Schema.TaggedError<SshError>("effect-rackspace/SshError")("SshError", {
  reason: Schema.Literal(
    "notInstalled",
    "invalidInput",
    "unreachable",
    "hostKeyUnknown",
    "hostKeyChanged",
    "authentication",
    "portTaken",
    "disconnected",
    "tooLong",
    "incomplete",
    "other"
  ),
  host: Schema.String,
  /** One sentence for a person. */
  message: Schema.String
}) {}

/** The remote command was run and failed. */
export class RemoteCommandFailed extends Schema.TaggedError<RemoteCommandFailed>(
  "effect-rackspace/RemoteCommandFailed"
)("RemoteCommandFailed", {
  host: Schema.String,
  /** Absent if a signal ended the command. */
  exitCode: Schema.optional(Schema.Number),
  /** The output, decoded as UTF-8; empty if it was streamed. */
  stdout: Schema.String,
  /** The end of stderr, decoded as UTF-8. */
  stderr: Schema.String,
  message: Schema.String
}) {}

/** A command for the remote user's shell, or a program and its arguments, which are quoted for the shell. */
export type RemoteCommand = string | ReadonlyArray<string>

/**
 * The input of a command. A Stream that fails ends the command, which sees only the end of its input: a command that must not accept
 * partial input has to check it, as {@link copyTo} does.
 */
export type Input<E = never, R = never> = string | Uint8Array | Stream.Stream<Uint8Array, E, R>

/** The output of a command, decoded as UTF-8. */
export interface Output {
  readonly stdout: string
  /** Begins with the host's banner, if it has one. */
  readonly stderr: string
}

/** A local port that ssh forwards. It listens only on 127.0.0.1, until the scope ends. */
export interface Forward {
  readonly host: "127.0.0.1"
  readonly port: number
  /** Fails when ssh ends before the scope does; otherwise it never completes. */
  readonly lost: Effect.Effect<never, SshError>
}

type Environment = CommandExecutor.CommandExecutor | FileSystem.FileSystem

/** Contains neither commands nor paths, which may be confidential. */
const spanOf = ({ host, port }: Target) =>
  ({
    kind: "client",
    captureStackTrace: false,
    attributes: { "server.address": host, ...(port !== undefined && { "server.port": port }) }
  }) as const

const failure = (reason: SshError["reason"], host: string, message: string): SshError =>
  new SshError({ reason, host, message: `ssh ${host}: ${message}` })

const advice: Partial<Record<SshError["reason"], string>> = {
  hostKeyUnknown: "; set its public key in hostKeys, or add it to known_hosts after verifying it",
  hostKeyChanged: "; find out why before you trust it"
}

/** How many bytes of stderr's end are kept. */
const maxStderr = 64 * 1024

/** How long to wait after SIGTERM before SIGKILL. */
const killTimeout = "3 seconds"

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

interface Session {
  readonly stdout: Stream.Stream<Uint8Array, SshError>
  readonly stdin: CommandExecutor.Process["stdin"]
  readonly log: Effect.Effect<string>
  /** Waits for the end of the command, and fails if it fails, without its stdout. */
  readonly end: Effect.Effect<{ readonly stderr: string }, SshError | RemoteCommandFailed>
}

/** The end of a stream of bytes. */
const tailOf = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Uint8Array, E, R> =>
  Stream.runFold(stream, new Uint8Array(0), (kept, chunk) => {
    const both = Buffer.concat([kept, chunk])
    return both.byteLength > maxStderr ? both.subarray(both.byteLength - maxStderr) : both
  })

/** Starts ssh. When the scope ends, ssh is ended with SIGTERM, then with SIGKILL. */
const open = (
  target: Target,
  options: { readonly before: ReadonlyArray<string>; readonly command: string | undefined; readonly reads: boolean }
): Effect.Effect<Session, SshError, Environment | Scope.Scope> =>
  Effect.gen(function* () {
    const { host } = target
    const problem = targetProblem(target)
    if (problem !== undefined) return yield* failure("invalidInput", host, problem)
    const fs = yield* FileSystem.FileSystem
    const identity = target.identityFile === undefined ? undefined : expandHome(target.identityFile)
    const noFiles = (error: PlatformError) => failure("other", host, error.message)
    if (identity !== undefined && !(yield* Effect.mapError(fs.exists(identity), noFiles))) {
      return yield* failure(
        "invalidInput",
        host,
        `identityFile: expected the path of a private key; ${identity} does not exist`
      )
    }
    const directory = yield* Effect.mapError(fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-ssh-" }), noFiles)
    const logFile = join(directory, "log")
    const knownHosts = typeof target.hostKeys === "object" ? join(directory, "known_hosts") : undefined
    if (knownHosts !== undefined && typeof target.hostKeys === "object") {
      const lines = target.hostKeys.map((key) => `${pinnedAlias} ${key}\n`).join("")
      yield* Effect.mapError(fs.writeFileString(knownHosts, lines, { mode: 0o600 }), noFiles)
    }
    const program = target.sshProgram ?? "ssh"
    const command = Command.make(
      program,
      ...argumentsOf(target, { log: logFile, knownHosts, identity }),
      ...(options.reads ? [] : ["-n"]),
      ...options.before,
      "--",
      host,
      ...(options.command === undefined ? [] : [options.command])
    ).pipe(
      Command.stdin("pipe"),
      // Only messages are in English; everything else keeps the user's locale.
      Command.env({ LC_MESSAGES: "C", LC_ALL: "", LANGUAGE: "" })
    )
    const process = yield* Effect.mapError(Command.start(command), (error) =>
      error._tag === "SystemError" && error.reason === "NotFound"
        ? failure("notInstalled", host, `no OpenSSH client: ${program} does not exist`)
        : failure("other", host, error.message)
    )
    yield* Effect.addFinalizer(() =>
      Effect.whenEffect(
        process.kill("SIGTERM").pipe(
          Effect.interruptible,
          Effect.timeout(killTimeout),
          Effect.orElse(() => process.kill("SIGKILL")),
          Effect.ignore
        ),
        Effect.orElseSucceed(process.isRunning, () => false)
      )
    )
    const toFailure = (error: PlatformError) => failure("other", host, error.message)
    const log = Effect.orElseSucceed(fs.readFileString(logFile), () => "")
    // Read from the start, since a full pipe would block the remote command.
    const stderr = yield* Effect.forkScoped(tailOf(process.stderr))
    const end = Effect.gen(function* () {
      const exitCode = yield* Effect.option(process.exitCode)
      const said = decode(yield* Effect.orElseSucceed(Fiber.join(stderr), () => new Uint8Array(0)))
      const outcome = outcomeOf(Option.getOrUndefined(exitCode), yield* log, said)
      switch (outcome._tag) {
        case "Done":
          return { stderr: said }
        case "CommandFailed": {
          const how = outcome.exitCode === undefined ? "was ended by a signal" : `exited with ${outcome.exitCode}`
          const last = said.trim().split("\n").at(-1)?.slice(0, 300) ?? ""
          return yield* new RemoteCommandFailed({
            host,
            ...(outcome.exitCode !== undefined && { exitCode: outcome.exitCode }),
            stdout: "",
            stderr: said,
            message: `ssh ${host}: the command ${how}${last === "" ? "" : `: ${last}`}`
          })
        }
        case "SshFailed": {
          const pinned = typeof target.hostKeys === "object"
          const reason = outcome.reason === "hostKeyUnknown" && pinned ? "hostKeyChanged" : outcome.reason
          return yield* failure(reason, host, `${outcome.message}${advice[reason] ?? ""}`)
        }
      }
    })
    return {
      stdout: Stream.mapError(process.stdout, toFailure),
      stdin: process.stdin,
      log,
      end
    }
  })

const bytesOf = <E, R>(input: Input<E, R>): Stream.Stream<Uint8Array, E, R> =>
  typeof input === "string"
    ? Stream.succeed(new TextEncoder().encode(input))
    : input instanceof Uint8Array
      ? Stream.succeed(input)
      : input

/** Starts a command, and writes its input. `fed` fails as the input does. */
const start = <E = never, R = never>(
  target: Target,
  command: RemoteCommand,
  input: Input<E, R> | undefined
): Effect.Effect<Session & { readonly fed: Effect.Effect<void, E> }, SshError, Environment | R | Scope.Scope> =>
  Effect.gen(function* () {
    const text = remoteCommand(command)
    if (Either.isLeft(text)) return yield* failure("invalidInput", target.host, text.left)
    // Registered before ssh is started, so that it runs after ssh has ended: otherwise an error while writing would be unhandled and
    // end the process.
    let feeding: Fiber.RuntimeFiber<void> | undefined
    yield* Effect.addFinalizer(() => (feeding === undefined ? Effect.void : Fiber.interrupt(feeding)))
    const session = yield* open(target, {
      before: ["-o", "ClearAllForwardings=yes"],
      command: text.right,
      reads: input !== undefined
    })
    if (input === undefined) return { ...session, fed: Effect.void }
    const failed = yield* Deferred.make<never, E>()
    const source = Stream.tapErrorCause(bytesOf(input), (cause) => Deferred.failCause(failed, cause))
    // A command may end before it has read all its input, which breaks the pipe. That is not an error.
    const feed = Effect.ignore(Stream.run(Stream.mapChunks(source, withPause), session.stdin))
    const started = yield* Effect.uninterruptible(
      Effect.tap(Effect.forkDaemon(Effect.interruptible(feed)), (fiber) => Effect.sync(() => (feeding = fiber)))
    )
    const fed = Effect.raceFirst(
      Deferred.await(failed),
      Effect.zipRight(
        Fiber.await(started),
        Effect.flatMap(Deferred.isDone(failed), (isFailed) => (isFailed ? Deferred.await(failed) : Effect.void))
      )
    )
    return { ...session, fed }
  })

/** Runs `main` while the input is written, and interrupts it if the input fails. */
const whileFed = <A, E, R, E2>(
  main: Effect.Effect<A, E, R>,
  fed: Effect.Effect<void, E2>
): Effect.Effect<A, E | E2, R> => Effect.raceFirst(main, Effect.zipRight(fed, Effect.never))

/**
 * Runs a command and returns its output, decoded as UTF-8: up to `maxBytes` (default 16 MiB) of stdout, and the last 64 KiB of
 * stderr. Its input is `stdin`, by default empty.
 *
 * Fails with {@link RemoteCommandFailed} if the exit code is not 0, with {@link SshError} if ssh fails, and as `stdin` does.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CloudBigData, Ssh } from "effect-rackspace"
 *
 * const report = Effect.gen(function* () {
 *   const bigData = yield* CloudBigData.CloudBigData
 *   const target = yield* bigData.sshTarget({ clusterId: "aaa-bbbb-cccc", component: "Namenode", hostKeys: "acceptNew" })
 *   const { stdout } = yield* Ssh.execute(target, ["hdfs", "dfs", "-ls", "/user/my name"])
 *   yield* Effect.log(stdout)
 * })
 * ```
 */
export const execute = <E = never, R = never>(
  target: Target,
  command: RemoteCommand,
  options: { readonly stdin?: Input<E, R> | undefined; readonly maxBytes?: number | undefined } = {}
): Effect.Effect<Output, SshError | RemoteCommandFailed | E, Environment | R> =>
  Effect.gen(function* () {
    const { maxBytes = 16 * 1024 * 1024 } = options
    const { end, fed, stdout } = yield* start(target, command, options.stdin)
    const collected = Effect.gen(function* () {
      let size = 0
      const chunks = yield* Stream.runCollect(
        Stream.mapEffect(stdout, (chunk) => {
          size += chunk.byteLength
          return size <= maxBytes
            ? Effect.succeed(chunk)
            : failure("tooLong", target.host, `the command wrote more than ${maxBytes} bytes; Ssh.stream has no limit`)
        })
      )
      const said = decode(Buffer.concat(Chunk.toReadonlyArray(chunks)))
      const { stderr } = yield* Effect.mapError(end, (error) =>
        error instanceof RemoteCommandFailed
          ? new RemoteCommandFailed({ ...error, message: error.message, stdout: said })
          : error
      )
      return { stdout: said, stderr }
    })
    return yield* whileFed(collected, fed)
  }).pipe(Effect.scoped, Effect.withSpan("Ssh.execute", spanOf(target)))

/**
 * Runs a command and streams its stdout with back-pressure. Fails as {@link execute} does, after the last byte.
 * Ending the stream early ends the command.
 */
export const stream = <E = never, R = never>(
  target: Target,
  command: RemoteCommand,
  options: { readonly stdin?: Input<E, R> | undefined } = {}
): Stream.Stream<Uint8Array, SshError | RemoteCommandFailed | E, Environment | R> =>
  Stream.unwrapScoped(
    Effect.map(start(target, command, options.stdin), ({ end, fed, stdout }) =>
      Stream.concat(stdout, Stream.drain(Stream.fromEffect(end))).pipe(
        Stream.interruptWhen(Effect.zipRight(fed, Effect.never))
      )
    )
  ).pipe(Stream.withSpan("Ssh.stream", spanOf(target)))

/** How many free ports to try if none is given, since another program may take a free port first. */
const maxPorts = 5

/** Starts ssh with a forwarded port, and waits until that works. */
const forward = (
  target: Target,
  localPort: number | undefined,
  flags: (port: number) => ReadonlyArray<string>,
  answers: (port: number) => Effect.Effect<boolean>
): Effect.Effect<Forward, SshError, Environment | Scope.Scope> => {
  const attempt = (port: number): Effect.Effect<Forward, SshError, Environment | Scope.Scope> =>
    Effect.gen(function* () {
      const session = yield* open(target, {
        before: ["-N", "-o", "ExitOnForwardFailure=yes", ...flags(port)],
        command: undefined,
        reads: false
      })
      const gone: Effect.Effect<never, SshError> = session.end.pipe(
        Effect.catchTag("RemoteCommandFailed", ({ message }) => failure("disconnected", target.host, message)),
        Effect.flatMap(() => failure("disconnected", target.host, "ssh has ended"))
      )
      const ready = Effect.gen(function* () {
        const listens = isListening(yield* session.log, port)
        return listens && (yield* answers(port))
      }).pipe(Effect.repeat({ until: (isReady) => isReady, schedule: Schedule.spaced("25 millis") }))
      const lost = yield* Deferred.make<never, SshError>()
      yield* Effect.forkScoped(Effect.flatMap(Effect.exit(gone), (exit) => Deferred.done(lost, exit)))
      yield* Effect.raceFirst(ready, Deferred.await(lost))
      return { host: "127.0.0.1" as const, port, lost: Deferred.await(lost) }
    })
  if (localPort !== undefined) {
    return isPort(localPort)
      ? attempt(localPort)
      : Effect.fail(failure("invalidInput", target.host, "localPort: expected a whole number, 1 to 65535"))
  }
  return Effect.flatMap(
    Effect.mapError(freePort, (error) => failure("other", target.host, error.message)),
    attempt
  ).pipe(Effect.retry({ times: maxPorts - 1, while: (error) => error.reason === "portTaken" }))
}

/**
 * Opens a SOCKS5 proxy through the host, on `localPort` or any free port, and returns when it works. The host resolves names, so that
 * a browser can open `http://master-1.local:50070`.
 *
 * Fails with {@link SshError}. When the scope ends, the proxy and all its connections are closed.
 */
export const socksProxy = (
  target: Target,
  options: { readonly localPort?: number | undefined } = {}
): Effect.Effect<Forward, SshError, Environment | Scope.Scope> =>
  forward(target, options.localPort, (port) => ["-D", `127.0.0.1:${port}`], greetsAsSocks)

/**
 * Forwards `localPort` or any free local port to a port that the host can reach (its own, or another machine's). Returns when ssh
 * listens locally. If nothing listens at the remote end, ssh closes each connection.
 *
 * Fails with {@link SshError}. When the scope ends, the tunnel and all its connections are closed.
 */
export const tunnel = (
  target: Target,
  options: {
    readonly remotePort: number
    readonly remoteHost?: string | undefined
    readonly localPort?: number | undefined
  }
): Effect.Effect<Forward, SshError, Environment | Scope.Scope> => {
  const { localPort, remoteHost = "localhost", remotePort } = options
  const invalid = (message: string) => Effect.fail(failure("invalidInput", target.host, message))
  if (!isHost(remoteHost)) return invalid("remoteHost: expected a name or an address")
  if (!isPort(remotePort)) return invalid("remotePort: expected a whole number, 1 to 65535")
  const far = remoteHost.includes(":") && !remoteHost.startsWith("[") ? `[${remoteHost}]` : remoteHost
  return forward(
    target,
    localPort,
    (port) => ["-L", `127.0.0.1:${port}:${far}:${remotePort}`],
    () => Effect.succeed(true)
  )
}

/** Quotes a remote path for the shell. `~/` and relative paths begin in the user's home directory. */
const remotePath = (path: string): string => quoted(path.startsWith("/") ? path : `./${path.replace(/^~\//, "")}`)

const isFile = (path: string): boolean => path !== "" && !path.endsWith("/") && !path.includes("\0")

/** An exit code that no other command of the script uses. */
const incompleteExitCode = 86

/** A script for `sh`, whatever the user's shell is. */
const script = (lines: ReadonlyArray<string>): ReadonlyArray<string> => ["sh", "-c", lines.join("\n")]

const checkPath = (host: string, path: string): Effect.Effect<void, SshError> =>
  isFile(path)
    ? Effect.void
    : Effect.fail(failure("invalidInput", host, "remote: expected the path of a file, including its name"))

/**
 * Copies a file to the host, with its permissions. `remote` is the full path, relative to the user's home directory unless it begins
 * with `/`. An existing file is replaced atomically after the whole file was received, and otherwise left unchanged.
 *
 * Fails with `PlatformError` if the file cannot be read, with {@link RemoteCommandFailed} if the host cannot write it (for example
 * because `remote` is a directory), and with {@link SshError} if ssh fails, or (`incomplete`) if the file changed during the copy.
 */
export const copyTo = (
  target: Target,
  options: { readonly local: string; readonly remote: string }
): Effect.Effect<void, SshError | RemoteCommandFailed | PlatformError, Environment> =>
  Effect.gen(function* () {
    yield* checkPath(target.host, options.remote)
    const fs = yield* FileSystem.FileSystem
    const local = expandHome(options.local)
    const info = yield* fs.stat(local)
    if (info.type !== "File")
      return yield* failure("invalidInput", target.host, `local: expected a file; ${local} is not a file`)
    const remote = remotePath(options.remote)
    const part = remotePath(`${options.remote}.${randomUUID()}.part`)
    yield* execute(
      target,
      script([
        `if [ -d ${remote} ]; then echo 'it is a directory' >&2; exit 1; fi`,
        // No other user can read it before its permissions are set.
        "umask 077",
        // If the connection breaks, cat sees the end of its input too early, and the partial file is removed.
        `cat > ${part} || { rm -f ${part}; exit 1; }`,
        `if [ "$(wc -c < ${part})" -ne ${info.size} ]; then rm -f ${part}; exit ${incompleteExitCode}; fi`,
        `if chmod ${(info.mode & 0o777).toString(8)} ${part} && mv -f ${part} ${remote}; then :; else rm -f ${part}; exit 1; fi`
      ]),
      { stdin: fs.stream(local, { chunkSize: 64 * 1024 }) }
    ).pipe(
      Effect.mapError((error) =>
        error._tag === "RemoteCommandFailed" && error.exitCode === incompleteExitCode
          ? failure("incomplete", target.host, `${local} changed while it was copied`)
          : error
      )
    )
  })

/**
 * Copies a file from the host. `remote` is relative to the user's home directory unless it begins with `/`. `local` is the full path.
 * An existing file is replaced atomically after the whole file was received, and otherwise left unchanged.
 *
 * Fails with {@link RemoteCommandFailed} if the host does not have the file or cannot read it, with {@link SshError} if ssh fails, or
 * (`incomplete`) if the file changed during the copy, and with `PlatformError` if the local file cannot be written.
 */
export const copyFrom = (
  target: Target,
  options: { readonly remote: string; readonly local: string }
): Effect.Effect<void, SshError | RemoteCommandFailed | PlatformError, Environment> =>
  Effect.gen(function* () {
    yield* checkPath(target.host, options.remote)
    const fs = yield* FileSystem.FileSystem
    const local = expandHome(options.local)
    const part = join(dirname(local), `.${basename(local)}.${randomUUID()}.part`)
    const remote = remotePath(options.remote)
    const content = stream(target, script([`wc -c < ${remote} && cat < ${remote}`]))
    const received = yield* Ref.make(0)
    const announced = yield* Ref.make<number | undefined>(undefined)
    yield* Effect.acquireUseRelease(
      Effect.succeed(part),
      () =>
        Effect.gen(function* () {
          yield* afterFirstLine(content, (line) => Ref.set(announced, Number(line.trim()))).pipe(
            Stream.tap((chunk) => Ref.update(received, (count) => count + chunk.byteLength)),
            Stream.run(fs.sink(part, { flag: "wx" }))
          )
          const [size, count] = yield* Effect.all([Ref.get(announced), Ref.get(received)])
          if (size !== count) {
            return yield* failure(
              "incomplete",
              target.host,
              `${options.remote} was announced with ${size ?? "no"} bytes, but ${count} were received`
            )
          }
          yield* fs.rename(part, local)
        }),
      () => Effect.ignore(fs.remove(part, { force: true }))
    )
  })

/** The stream after its first line, which is passed to `take`. */
const afterFirstLine = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  take: (line: string) => Effect.Effect<void>
): Stream.Stream<Uint8Array, E, R> => {
  let line: string | undefined = ""
  return Stream.mapEffect(bytes, (chunk) => {
    if (line === undefined) return Effect.succeed(chunk)
    const end = chunk.indexOf(10)
    line += decode(end < 0 ? chunk : chunk.subarray(0, end))
    if (end < 0) return Effect.succeed(chunk.subarray(0, 0))
    const whole = line
    line = undefined
    return Effect.as(take(whole), chunk.subarray(end + 1))
  }).pipe(
    // Files do not accept empty writes.
    Stream.filter((chunk) => chunk.byteLength > 0)
  )
}

/** Quotes a program and its arguments for a POSIX shell. */
export const quote = (command: ReadonlyArray<string>): string => command.map(quoted).join(" ")

/**
 * The ssh command to log in or run a command from a terminal: `ssh -p 2222 cbduser@192.0.2.7`. Does not contain pinned host keys.
 * Fails with {@link SshError} (`invalidInput`).
 */
export const commandText = (target: Target, command?: RemoteCommand): Either.Either<string, SshError> => {
  const problem = targetProblem(target)
  const remote = command === undefined ? Either.right(undefined) : remoteCommand(command)
  if (problem !== undefined) return Either.left(failure("invalidInput", target.host, problem))
  return Either.mapBoth(remote, {
    onLeft: (message) => failure("invalidInput", target.host, message),
    onRight: (text) =>
      quote([
        target.sshProgram ?? "ssh",
        ...(target.port === undefined ? [] : ["-p", String(target.port)]),
        ...(target.identityFile === undefined ? [] : ["-i", expandHome(target.identityFile)]),
        ...(target.hostKeys === "acceptNew" ? ["-o", "StrictHostKeyChecking=accept-new"] : []),
        ...Object.entries(target.options ?? {}).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
        `${target.username}@${target.host}`,
        ...(text === undefined ? [] : [text])
      ])
  })
}
