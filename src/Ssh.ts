/**
 * Other machines by ssh: run a command, stream its output, open a SOCKS proxy or a tunnel, copy a file there and back. It
 * starts the machine's own OpenSSH client, so that the user's keys, agent and `~/.ssh/config` (jump hosts, for one) hold.
 *
 * Nothing ever asks: there is no password, and no prompt for a host key. Whose host key is believed is said by
 * {@link Target.hostKeys}, and cannot be turned off. Every function ends ssh, and removes its temporary files, when it is done,
 * fails, or is interrupted. A command's text can be read in the process list of both machines: let no secret be in it; give it
 * on `stdin`.
 *
 * @since 0.1.0
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
  complaintOf,
  isHost,
  isPort,
  pinnedAlias,
  quoted,
  remoteCommand
} from "./internal/ssh/arguments.js"
import { freePort, greetsAsSocks } from "./internal/ssh/localPort.js"
import { isListening, outcomeOf } from "./internal/ssh/outcome.js"

/**
 * A machine, who logs in to it, and how it is known to be the right one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  /** A name or an address. */
  readonly host: string
  readonly username: string
  /** Default: what `~/.ssh/config` says, else 22. */
  readonly port?: number | undefined
  /** The path of a private key without a passphrase; by default the agent's keys and those that ssh finds itself. */
  readonly identityFile?: string | undefined
  /**
   * Whose host key is believed.
   *
   * - `known`, the default: one that stands in the user's or the machine's `known_hosts`.
   * - `acceptNew`: the first key that a host shows is believed and noted in `known_hosts`; a changed one is refused.
   * - public keys (`ssh-ed25519 AAAA…`): one of these and no other, wherever else it may stand.
   */
  readonly hostKeys?: "known" | "acceptNew" | ReadonlyArray<string> | undefined
  /** More options of `ssh_config`: `{ ProxyJump: "bastion" }`. Those that would undo what is safe here are refused. */
  readonly options?: Readonly<Record<string, string>> | undefined
  /** The OpenSSH client to start, default `ssh`. */
  readonly sshProgram?: string | undefined
}

/**
 * ssh itself has failed; the remote command was not run, or its end is not known.
 *
 * - `notInstalled`: there is no OpenSSH client.
 * - `invalidInput`: something in the input cannot be; nothing was started.
 * - `unreachable`: no answer from the host.
 * - `hostKeyUnknown`: the host's key stands nowhere that is believed.
 * - `hostKeyChanged`: the host shows another key than the one that is known, or pinned.
 * - `authentication`: the host does not let the user in.
 * - `portTaken`: another program listens on the local port.
 * - `disconnected`: the connection broke.
 * - `tooLong`: the command said more than was to be kept.
 * - `incomplete`: a file did not arrive whole; what was there before is untouched.
 * - `other`: what else ssh says.
 *
 * @since 0.1.0
 * @category errors
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

/**
 * A command was run on the host, and failed there.
 *
 * @since 0.1.0
 * @category errors
 */
export class RemoteCommandFailed extends Schema.TaggedError<RemoteCommandFailed>(
  "effect-rackspace/RemoteCommandFailed"
)("RemoteCommandFailed", {
  host: Schema.String,
  /** Absent where a signal has ended it. */
  exitCode: Schema.optional(Schema.Number),
  /** What it wrote, as UTF-8; empty where that was handed on as a stream. */
  stdout: Schema.String,
  /** The end of what it wrote to stderr, as UTF-8. */
  stderr: Schema.String,
  message: Schema.String
}) {}

/**
 * A command for the remote user's shell, as one text; or a program and its arguments, each of which arrives as it is.
 *
 * @since 0.1.0
 * @category models
 */
export type RemoteCommand = string | ReadonlyArray<string>

/**
 * What a command reads. A Stream that fails ends the command, which sees no more than the end of its input: one that must not
 * take a part for the whole has to check it, as {@link copyTo} does.
 *
 * @since 0.1.0
 * @category models
 */
export type Input<E = never, R = never> = string | Uint8Array | Stream.Stream<Uint8Array, E, R>

/**
 * What a command has written, as UTF-8.
 *
 * @since 0.1.0
 * @category models
 */
export interface Output {
  readonly stdout: string
  /** Behind the host's banner, where it has one. */
  readonly stderr: string
}

/**
 * A port of this machine behind which ssh works. It listens on 127.0.0.1 alone, until the scope ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Forward {
  readonly host: "127.0.0.1"
  readonly port: number
  /** Fails when ssh has ended while it was still wanted; else it never ends. */
  readonly lost: Effect.Effect<never, SshError>
}

type Environment = CommandExecutor.CommandExecutor | FileSystem.FileSystem

/** Neither command nor paths: they may hold what is nobody's business. */
const spanOf = ({ host, port }: Target) =>
  ({
    kind: "client",
    captureStackTrace: false,
    attributes: { "server.address": host, ...(port !== undefined && { "server.port": port }) }
  }) as const

const failure = (reason: SshError["reason"], host: string, message: string): SshError =>
  new SshError({ reason, host, message: `ssh ${host}: ${message}` })

const advice: Partial<Record<SshError["reason"], string>> = {
  hostKeyUnknown: "; name its public key in hostKeys, or add it to known_hosts once you know it to be right",
  hostKeyChanged: "; find out why before you trust it"
}

/** What stderr's end may take in memory. */
const stderrKept = 64 * 1024

/** How long ssh has to end by itself when it is told to. */
const grace = "3 seconds"

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

interface Session {
  readonly stdout: Stream.Stream<Uint8Array, SshError>
  readonly stdin: CommandExecutor.Process["stdin"]
  readonly log: Effect.Effect<string>
  /** Waits for the end. Fails as it does; what went to stdout is not known here. */
  readonly end: Effect.Effect<{ readonly stderr: string }, SshError | RemoteCommandFailed>
}

/** The end of a stream of bytes. */
const tailOf = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Effect.Effect<Uint8Array, E, R> =>
  Stream.runFold(stream, new Uint8Array(0), (kept, chunk) => {
    const both = Buffer.concat([kept, chunk])
    return both.byteLength > stderrKept ? both.subarray(both.byteLength - stderrKept) : both
  })

/** Starts ssh. The scope's end ends it: with SIGTERM, and where that does not help with SIGKILL. */
const open = (
  target: Target,
  options: { readonly before: ReadonlyArray<string>; readonly command: string | undefined; readonly reads: boolean }
): Effect.Effect<Session, SshError, Environment | Scope.Scope> =>
  Effect.gen(function* () {
    const { host } = target
    const complaint = complaintOf(target)
    if (complaint !== undefined) return yield* failure("invalidInput", host, complaint)
    const fs = yield* FileSystem.FileSystem
    const identity = target.identityFile === undefined ? undefined : expandHome(target.identityFile)
    const noFiles = (error: PlatformError) => failure("other", host, error.message)
    if (identity !== undefined && !(yield* Effect.mapError(fs.exists(identity), noFiles))) {
      return yield* failure(
        "invalidInput",
        host,
        `identityFile: expected the path of a private key; ${identity} is not there`
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
      // For the messages alone: everything else keeps the user's locale.
      Command.env({ LC_MESSAGES: "C", LC_ALL: "", LANGUAGE: "" })
    )
    const process = yield* Effect.mapError(Command.start(command), (error) =>
      error._tag === "SystemError" && error.reason === "NotFound"
        ? failure("notInstalled", host, `no OpenSSH client: ${program} is not there`)
        : failure("other", host, error.message)
    )
    yield* Effect.addFinalizer(() =>
      Effect.whenEffect(
        process.kill("SIGTERM").pipe(
          Effect.interruptible,
          Effect.timeout(grace),
          Effect.orElse(() => process.kill("SIGKILL")),
          Effect.ignore
        ),
        Effect.orElseSucceed(process.isRunning, () => false)
      )
    )
    const toFailure = (error: PlatformError) => failure("other", host, error.message)
    const log = Effect.orElseSucceed(fs.readFileString(logFile), () => "")
    // Read from the start, or a full pipe would stop the remote command.
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
        case "Trouble": {
          const pinned = typeof target.hostKeys === "object"
          const reason = outcome.reason === "hostKeyUnknown" && pinned ? "hostKeyChanged" : outcome.reason
          return yield* failure(reason, host, `${outcome.said}${advice[reason] ?? ""}`)
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

/** Starts a command, and feeds it. A source that fails ends it. */
const start = <E = never, R = never>(
  target: Target,
  command: RemoteCommand,
  input: Input<E, R> | undefined
): Effect.Effect<Session & { readonly fed: Effect.Effect<void, E> }, SshError, Environment | R | Scope.Scope> =>
  Effect.gen(function* () {
    const text = remoteCommand(command)
    if (Either.isLeft(text)) return yield* failure("invalidInput", target.host, text.left)
    // Registered before ssh is started, so that it ends after ssh has: a write that breaks when nobody listens any more would
    // end the whole program.
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
    // A command that ends before it has read everything breaks the pipe, which is its own affair.
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

/** Runs `main` while a command is fed; a source that fails ends both. */
const whileFed = <A, E, R, E2>(
  main: Effect.Effect<A, E, R>,
  fed: Effect.Effect<void, E2>
): Effect.Effect<A, E | E2, R> => Effect.raceFirst(main, Effect.zipRight(fed, Effect.never))

/**
 * Runs a command and answers what it wrote, as UTF-8: up to `maxBytes` (default 16 MiB) to stdout, and the last 64 KiB of
 * stderr. What it reads is `stdin`, by default nothing.
 *
 * Fails with {@link RemoteCommandFailed} where it does not exit with 0, with {@link SshError} where ssh fails, and as `stdin`
 * does.
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
 *
 * @since 0.1.0
 * @category operations
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
            : failure(
                "tooLong",
                target.host,
                `the command said more than ${maxBytes} bytes; Ssh.stream takes any number`
              )
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
 * What a command writes to stdout, as it comes and with back-pressure. Fails as {@link execute} does, after the last byte.
 * Ending the stream early ends the command.
 *
 * @since 0.1.0
 * @category operations
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

/** How many free ports are tried where none is named: another program may be quicker. */
const portsTried = 5

/** Starts ssh as a forwarder and waits until it answers. */
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
  ).pipe(Effect.retry({ times: portsTried - 1, while: (error) => error.reason === "portTaken" }))
}

/**
 * Opens a SOCKS5 proxy through the host, on `localPort` or any free port, and answers it when it works. Names are looked up
 * by the host: a browser behind it finds `http://master-1.local:50070`.
 *
 * Fails with {@link SshError}. The scope's end closes it and every connection in it.
 *
 * @since 0.1.0
 * @category operations
 */
export const socksProxy = (
  target: Target,
  options: { readonly localPort?: number | undefined } = {}
): Effect.Effect<Forward, SshError, Environment | Scope.Scope> =>
  forward(target, options.localPort, (port) => ["-D", `127.0.0.1:${port}`], greetsAsSocks)

/**
 * Makes a port that the host can reach (its own, or another machine's) answer on this one: on `localPort` or any free port.
 * It is answered when ssh listens; whether something listens at the far end shows with the first connection, which ssh closes
 * where nothing does.
 *
 * Fails with {@link SshError}. The scope's end closes it and every connection in it.
 *
 * @since 0.1.0
 * @category operations
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

/** A path on the host as its shell reads it: `~/` and what is relative begin in the user's home. */
const remotePath = (path: string): string => quoted(path.startsWith("/") ? path : `./${path.replace(/^~\//, "")}`)

const isFile = (path: string): boolean => path !== "" && !path.endsWith("/") && !path.includes("\0")

/** An exit code that no command of the script has of itself. */
const cutShort = 86

/** A script for the shell that every host has, whatever the user's own is. */
const script = (lines: ReadonlyArray<string>): ReadonlyArray<string> => ["sh", "-c", lines.join("\n")]

const checkPath = (host: string, path: string): Effect.Effect<void, SshError> =>
  isFile(path)
    ? Effect.void
    : Effect.fail(failure("invalidInput", host, "remote: expected the path of a file, the name included"))

/**
 * Copies a file to the host, with its permissions. `remote` is the whole path, from the user's home unless it begins with
 * `/`; what stands there is replaced in one step when everything has arrived, and left alone where it has not.
 *
 * Fails with `PlatformError` where the file cannot be read, with {@link RemoteCommandFailed} where the host cannot write
 * (`remote` is a directory, say), with {@link SshError} where ssh fails, `incomplete` where the file changed on the way.
 *
 * @since 0.1.0
 * @category operations
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
      return yield* failure("invalidInput", target.host, `local: expected a file; ${local} is none`)
    const remote = remotePath(options.remote)
    const part = remotePath(`${options.remote}.${randomUUID()}.part`)
    yield* execute(
      target,
      script([
        `if [ -d ${remote} ]; then echo 'it is a directory' >&2; exit 1; fi`,
        // Nobody else reads it before it has the file's own permissions.
        "umask 077",
        // When the connection breaks cat sees an end too early, and the part is removed.
        `cat > ${part} || { rm -f ${part}; exit 1; }`,
        `if [ "$(wc -c < ${part})" -ne ${info.size} ]; then rm -f ${part}; exit ${cutShort}; fi`,
        `if chmod ${(info.mode & 0o777).toString(8)} ${part} && mv -f ${part} ${remote}; then :; else rm -f ${part}; exit 1; fi`
      ]),
      { stdin: fs.stream(local, { chunkSize: 64 * 1024 }) }
    ).pipe(
      Effect.mapError((error) =>
        error._tag === "RemoteCommandFailed" && error.exitCode === cutShort
          ? failure("incomplete", target.host, `${local} changed while it was copied`)
          : error
      )
    )
  })

/**
 * Copies a file from the host. `remote` is read from the user's home unless it begins with `/`; `local` is the whole path,
 * and what stands there is replaced in one step when everything has arrived, and left alone where it has not.
 *
 * Fails with {@link RemoteCommandFailed} where the host has no such file or cannot read it, with {@link SshError} where ssh
 * fails, `incomplete` where the file changed on the way, with `PlatformError` where the file cannot be written here.
 *
 * @since 0.1.0
 * @category operations
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
          yield* behindFirstLine(content, (line) => Ref.set(announced, Number(line.trim()))).pipe(
            Stream.tap((chunk) => Ref.update(received, (count) => count + chunk.byteLength)),
            Stream.run(fs.sink(part, { flag: "wx" }))
          )
          const [size, count] = yield* Effect.all([Ref.get(announced), Ref.get(received)])
          if (size !== count) {
            return yield* failure(
              "incomplete",
              target.host,
              `${options.remote} was announced with ${size ?? "no"} bytes, and ${count} came`
            )
          }
          yield* fs.rename(part, local)
        }),
      () => Effect.ignore(fs.remove(part, { force: true }))
    )
  })

/** What comes behind the first line of a stream, which is given away. */
const behindFirstLine = <E, R>(
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
    // A file takes no empty write.
    Stream.filter((chunk) => chunk.byteLength > 0)
  )
}

/**
 * A program and its arguments as one text for a POSIX shell.
 *
 * @since 0.1.0
 * @category conversions
 */
export const quote = (command: ReadonlyArray<string>): string => command.map(quoted).join(" ")

/**
 * The command by which a person logs in, or runs a command, from a terminal: `ssh -p 2222 cbduser@192.0.2.7`. Pinned host keys
 * are not in it. Fails with {@link SshError} (`invalidInput`).
 *
 * @since 0.1.0
 * @category conversions
 */
export const commandText = (target: Target, command?: RemoteCommand): Either.Either<string, SshError> => {
  const complaint = complaintOf(target)
  const remote = command === undefined ? Either.right(undefined) : remoteCommand(command)
  if (complaint !== undefined) return Either.left(failure("invalidInput", target.host, complaint))
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
