import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Context, Effect, Either, Exit, Fiber, Layer, Schedule, type Scope, Stream } from "effect"
import { Ssh } from "effect-rackspace"
import { createHash } from "node:crypto"
import { truncateSync } from "node:fs"
import * as Net from "node:net"
import { argumentsOf } from "../src/internal/ssh/arguments.js"
import { isAuthenticated, outcomeOf } from "../src/internal/ssh/outcome.js"
import { recording } from "./support/recording.js"
import * as Sshd from "./support/sshd.js"

const someone: Ssh.Target = { host: "192.0.2.7", username: "cbduser" }

const sshError = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error): Ssh.SshError => {
    assert.instanceOf(error, Ssh.SshError)
    return error as unknown as Ssh.SshError
  })

const commandFailure = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error): Ssh.RemoteCommandFailed => {
    assert.instanceOf(error, Ssh.RemoteCommandFailed)
    return error as unknown as Ssh.RemoteCommandFailed
  })

describe("Ssh: checks before a process is started", () => {
  const missingProgram = { ...someone, sshProgram: "/nowhere/ssh" }
  const cases: ReadonlyArray<readonly [name: string, target: Partial<Ssh.Target>, message: RegExp]> = [
    [
      "a host that looks like an option",
      { host: "-oProxyCommand=touch /tmp/x" },
      /host: expected a name or an address/
    ],
    ["a host with a user", { host: "root@192.0.2.7" }, /host: expected/],
    ["an empty host", { host: "" }, /host: expected/],
    ["a host with a line break", { host: "a\nb" }, /host: expected/],
    ["a user that looks like an option", { username: "-l" }, /username: expected/],
    ["a user with a command in it", { username: "x$(id)" }, /username: expected/],
    ["no user", { username: "" }, /username: expected/],
    ["port 0", { port: 0 }, /port: expected a whole number, 1 to 65535/],
    ["port 65536", { port: 65_536 }, /port: expected/],
    ["a port that is not a whole number", { port: 22.5 }, /port: expected/],
    ["an empty list of host keys", { hostKeys: [] }, /hostKeys: expected at least one/],
    ["a fingerprint instead of a key", { hostKeys: ["SHA256:abc"] }, /hostKeys: expected public keys/],
    ["two keys in one", { hostKeys: ["ssh-ed25519 AAAA x\n* ssh-ed25519 BBBB"] }, /hostKeys: expected public keys/],
    ["a missing identity file", { identityFile: "/nowhere/key" }, /identityFile: .*\/nowhere\/key does not exist/],
    [
      "an option with a line break",
      { options: { ProxyJump: "a\nStrictHostKeyChecking no" } },
      /options\.ProxyJump: expected/
    ],
    ["an invalid option name", { options: { "Proxy Jump": "a" } }, /options\.Proxy Jump: expected/],
    ...[
      "StrictHostKeyChecking",
      "stricthostkeychecking",
      "UserKnownHostsFile",
      "GlobalKnownHostsFile",
      "KnownHostsCommand",
      "NoHostAuthenticationForLocalhost",
      "VerifyHostKeyDNS",
      "BatchMode",
      "ControlPath",
      "LogLevel",
      "User",
      "Port"
    ].map(
      (name) =>
        [
          `the option ${name}`,
          { options: { [name]: "no" } },
          /expected another option; this one is reserved or unsafe/
        ] as const
    )
  ]
  for (const [name, fields, message] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const error = yield* sshError(Ssh.execute({ ...missingProgram, ...fields }, "true"))
        assert.strictEqual(error.reason, "invalidInput")
        assert.match(error.message, message)
      }).pipe(Effect.provide(NodeContext.layer))
    )
  }

  it.scoped("reject an empty command, a null character, and invalid ports and paths", () =>
    Effect.gen(function* () {
      for (const [effect, message] of [
        [Ssh.execute(missingProgram, " "), /command: expected/],
        [Ssh.execute(missingProgram, []), /command: expected/],
        [Ssh.execute(missingProgram, ["a\0b"]), /command: expected/],
        [Ssh.socksProxy(missingProgram, { localPort: 0 }), /localPort: expected/],
        [Ssh.tunnel(missingProgram, { remotePort: 70_000 }), /remotePort: expected/],
        [Ssh.tunnel(missingProgram, { remotePort: 80, remoteHost: "a b" }), /remoteHost: expected/],
        [Ssh.copyFrom(missingProgram, { remote: "folder/", local: "x" }), /remote: expected/],
        [Ssh.copyFrom(missingProgram, { remote: "", local: "x" }), /remote: expected/],
        [Ssh.copyTo(missingProgram, { local: "/", remote: "x" }), /local: expected a file/]
      ] as ReadonlyArray<readonly [Effect.Effect<unknown, unknown, NodeContext.NodeContext>, RegExp]>) {
        const error = yield* sshError(effect)
        assert.strictEqual(error.reason, "invalidInput", error.message)
        assert.match(error.message, message)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("each operation is a span that names the host, but not the command", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recording()
      const target = { ...missingProgram, port: 2222 }
      yield* Effect.ignore(Ssh.execute(target, "mysql -psecret")).pipe(Effect.withTracer(tracer))
      yield* Effect.ignore(Stream.runDrain(Ssh.stream(target, "mysql -psecret"))).pipe(Effect.withTracer(tracer))
      assert.deepStrictEqual(
        spans.map(({ attributes, kind, name }) => [name, kind, Object.fromEntries(attributes)]),
        ["Ssh.execute", "Ssh.stream"].map((name) => [
          name,
          "client",
          { "server.address": "192.0.2.7", "server.port": 2222 }
        ])
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("reports a missing ssh program", () =>
    Effect.gen(function* () {
      const error = yield* sshError(Ssh.execute(missingProgram, "true"))
      assert.strictEqual(error.reason, "notInstalled")
      assert.match(error.message, /\/nowhere\/ssh does not exist/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

it("offers only the given identity, and adds the caller's options after the safe defaults", () => {
  const files = { log: "/tmp/log", knownHosts: undefined, identity: "/my keys/100%" }
  const options = argumentsOf({ ...someone, options: { ProxyJump: "bastion", ConnectTimeout: "5" } }, files)
  assert.includeMembers([...options], ['IdentityFile="/my keys/100%%"', "IdentitiesOnly=yes", "BatchMode=yes"])
  const place = (option: string) => options.indexOf(option)
  assert.isBelow(place("StrictHostKeyChecking=yes"), place("ProxyJump=bastion"))
  // For ssh, the first value of an option applies.
  assert.isBelow(place("ConnectTimeout=5"), place("ConnectTimeout=30"))
})

describe("Ssh.commandText", () => {
  const text = (target: Partial<Ssh.Target>, command?: Ssh.RemoteCommand) =>
    Either.getOrThrow(Ssh.commandText({ ...someone, ...target }, command))

  it("is the command for a terminal", () => {
    assert.strictEqual(text({}), "ssh cbduser@192.0.2.7")
    assert.strictEqual(
      text({ port: 2222, identityFile: "/my keys/id", hostKeys: "acceptNew", options: { ProxyJump: "bastion" } }),
      "ssh -p 2222 -i '/my keys/id' -o StrictHostKeyChecking=accept-new -o ProxyJump=bastion cbduser@192.0.2.7"
    )
  })

  it("quotes a command twice if necessary: for the local shell and the remote one", () => {
    assert.strictEqual(text({}, "ls -l | wc"), "ssh cbduser@192.0.2.7 'ls -l | wc'")
    assert.strictEqual(text({}, ["echo", "it's"]), `ssh cbduser@192.0.2.7 'echo '\\''it'\\''\\'\\'''\\''s'\\'''`)
  })

  it("rejects invalid targets", () => {
    const refused = Ssh.commandText({ ...someone, host: "-x" })
    assert.isTrue(Either.isLeft(refused) && refused.left.reason === "invalidInput")
    assert.isTrue(Either.isLeft(Ssh.commandText(someone, "")))
  })
})

describe("Ssh: the end of the ssh process", () => {
  const log = (...lines: ReadonlyArray<string>) =>
    ['Authenticated to a ([192.0.2.7]:22) using "publickey".', ...lines].join("\n")
  const reason = (exitCode: number | undefined, text: string, stderr = "") => {
    const outcome = outcomeOf(exitCode, text, stderr)
    return outcome._tag === "SshFailed" ? outcome.reason : outcome._tag
  }

  it("255 is the command's own exit code if its exit status was received", () => {
    const status = "debug1: client_input_channel_req: channel 0 rtype exit-status reply 0"
    assert.strictEqual(reason(255, log(status)), "CommandFailed")
    assert.strictEqual(reason(255, log()), "disconnected")
    assert.strictEqual(reason(undefined, log()), "disconnected")
  })

  it("does not interpret the command's stderr as messages of ssh", () => {
    assert.strictEqual(reason(255, log(), "Host key verification failed."), "disconnected")
    assert.strictEqual(reason(3, log(), "Permission denied (publickey)."), "CommandFailed")
    assert.strictEqual(reason(255, log(), "bind: Address already in use"), "disconnected")
  })

  it("reports failures before the login by ssh's messages", () => {
    for (const [words, expected] of [
      ["@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "hostKeyChanged"],
      ["No ED25519 host key is known for a and you have requested strict checking.", "hostKeyUnknown"],
      ["u@a: Permission denied (publickey,password).", "authentication"],
      ["Received disconnect from a port 22:2: Too many authentication failures", "authentication"],
      ["ssh: connect to host a port 22: Connection timed out", "unreachable"],
      ["ssh: connect to host a port 22: No route to host", "unreachable"],
      ["kex_exchange_identification: Connection closed by remote host", "unreachable"],
      ["an unknown message", "other"]
    ] as const) {
      assert.strictEqual(reason(255, words), expected, words)
    }
    assert.isFalse(isAuthenticated("Not Authenticated to a"))
  })
})

it.scopedLive("reports portTaken for a port in use, although ssh reports listening first", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-test-" })
    const sshProgram = `${folder}/ssh`
    const says = (...lines: ReadonlyArray<string>) =>
      lines.map((line) => `echo ${JSON.stringify(line)} >> "$log"`).join("\n")
    // The log of OpenSSH 9.2, with pauses as on a busy machine.
    const taken = `#!/bin/sh
while [ "$1" != -E ]; do shift; done
log=$2
${says("Authenticated to 192.0.2.7 ([192.0.2.7]:22) using publickey.")}
${says("debug1: Local forwarding listening on 127.0.0.1 port 4711.")}
sleep 0.3
${says("bind [127.0.0.1]:4711: Address already in use", "channel_setup_fwd_listener_tcpip: cannot listen to port: 4711")}
${says("Could not request local forwarding.")}
exit 255
`
    yield* fs.writeFileString(sshProgram, taken)
    yield* fs.chmod(sshProgram, 0o700)
    const target = { ...someone, sshProgram }
    const error = yield* sshError(Ssh.tunnel(target, { remotePort: 9, localPort: 4711 }))
    assert.strictEqual(error.reason, "portTaken")
  }).pipe(Effect.provide(NodeContext.layer))
)

class TheSshd extends Context.Tag("test/TheSshd")<
  TheSshd,
  Sshd.Sshd & { readonly target: Ssh.Target; readonly knownHosts: string }
>() {}

/** A client that ignores the configuration and known hosts of the user who runs the tests. */
const isolatedClient = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const knownHosts = `${folder}/known_hosts`
    const program = `${folder}/ssh`
    const configuration = `${folder}/config`
    yield* fs.writeFileString(
      configuration,
      `UserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile ${knownHosts}.global\n`
    )
    yield* fs.writeFileString(program, `#!/bin/sh\nexec ssh -F ${configuration} "$@"\n`)
    yield* fs.chmod(program, 0o700)
    return { knownHosts, program }
  })

const running = (settings: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const sshd = yield* Sshd.start(settings)
    const { knownHosts, program } = yield* isolatedClient(
      yield* fs.makeTempDirectoryScoped({ prefix: "effect-rackspace-test-" })
    )
    const target: Ssh.Target = {
      host: "127.0.0.1",
      port: sshd.port,
      username: sshd.username,
      identityFile: sshd.identityFile,
      hostKeys: [sshd.hostKey],
      sshProgram: program
    }
    return { ...sshd, target, knownHosts }
  })

const layer = Layer.scoped(TheSshd, running()).pipe(Layer.provideMerge(NodeContext.layer))

/** The client processes that are running for a target. */
const clientsOf = ({ port }: Ssh.Target) =>
  Effect.map(Command.lines(Command.make("ps", "-eo", "args=")), (lines) =>
    lines.filter((line) => line.includes(`-p ${port} -l`))
  )

/** The folders in which this library keeps files for ssh. */
const folders = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  Effect.map(fs.readDirectory("/tmp"), (names) => names.filter((name) => name.startsWith("effect-rackspace-ssh-")))
)

const until = <E, R>(what: string, holds: Effect.Effect<boolean, E, R>) =>
  holds.pipe(
    Effect.repeat({ until: (isSo) => isSo, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutFail({ duration: "30 seconds", onTimeout: () => new Error(`this did not happen: ${what}`) })
  )

const names = (folder: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(folder))

/** Sends each part to a port, and reads the given number of bytes before the next one. */
const exchange = (port: number, parts: ReadonlyArray<readonly [send: Uint8Array, response: number]>) =>
  Effect.async<Buffer, Error>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    let seen = Buffer.alloc(0)
    let step = 0
    const next = (): void => {
      const part = parts[step]
      if (part === undefined) {
        socket.destroy()
        resume(Effect.succeed(seen))
        return
      }
      seen = Buffer.alloc(0)
      socket.write(part[0])
    }
    socket.once("connect", next)
    socket.on("data", (chunk) => {
      seen = Buffer.concat([seen, chunk])
      if (seen.byteLength >= (parts[step]?.[1] ?? 0)) {
        step++
        next()
      }
    })
    socket.once("error", (error) => resume(Effect.fail(error)))
    socket.once("close", () => resume(Effect.fail(new Error("closed"))))
  })

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const echoServer = Effect.map(
  Effect.acquireRelease(
    Effect.async<Net.Server>((resume) => {
      const server = Net.createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(
        0,
        "127.0.0.1",
        () => resume(Effect.succeed(server))
      )
    }),
    (server) => Effect.sync(() => server.close())
  ),
  (server) => (server.address() as Net.AddressInfo).port
)

/** A test with its own sshd. */
const onSshd = <A, E>(name: string, test: Effect.Effect<A, E, TheSshd | NodeContext.NodeContext | Scope.Scope>): void =>
  it.scopedLive(name, () => Effect.provide(test, layer))

if (Sshd.missing !== undefined) {
  console.warn(`The tests of Ssh against a real sshd are skipped: ${Sshd.missing}.`)
}

describe.skipIf(Sshd.missing !== undefined)("Ssh against a real sshd", { timeout: 120_000 }, () => {
  onSshd(
    "execute returns stdout and stderr separately, without ssh's own messages",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const output = yield* Ssh.execute(target, "echo out; echo err >&2")
      assert.deepStrictEqual(output, { stdout: "out\n", stderr: "err\n" })
    })
  )

  onSshd(
    "a command string is run by the remote shell, and a list is passed as separate arguments",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      assert.strictEqual((yield* Ssh.execute(target, "echo $((6 * 7)) | tr 4 5")).stdout, "52\n")
      const odd = ["a b", "", "'", '"', "\\", "$HOME", "`id`", "!x", "*", "new\nline", "ü", "-n", "a;b"]
      const { stdout } = yield* Ssh.execute(target, ["printf", "<%s>", ...odd])
      assert.strictEqual(stdout, odd.map((each) => `<${each}>`).join(""))
    })
  )

  onSshd(
    "stdin is a string, bytes or a stream, and empty by default",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      assert.strictEqual((yield* Ssh.execute(target, "cat", { stdin: "Grüße" })).stdout, "Grüße")
      assert.strictEqual(
        (yield* Ssh.execute(target, "wc -c", { stdin: new Uint8Array(100_000) })).stdout.trim(),
        "100000"
      )
      const stream = Stream.make(bytes("one "), bytes("two"))
      assert.strictEqual((yield* Ssh.execute(target, "cat", { stdin: stream })).stdout, "one two")
      assert.strictEqual((yield* Ssh.execute(target, "cat")).stdout, "")
    })
  )

  onSshd(
    "a failing source of stdin ends the command with that failure",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const broken = Stream.concat(Stream.make(bytes("half")), Stream.fail("the source broke" as const))
      assert.strictEqual(
        yield* Effect.flip(Ssh.execute(target, "cat; sleep 60", { stdin: broken })),
        "the source broke"
      )
      assert.strictEqual(
        yield* Effect.flip(Stream.runDrain(Ssh.stream(target, "cat; sleep 60", { stdin: broken }))),
        "the source broke"
      )
      assert.deepStrictEqual(yield* clientsOf(target), [])
    })
  )

  onSshd(
    "a command that does not read its stdin is not blocked by it",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const endless = Stream.repeatValue(new Uint8Array(65_536))
      assert.strictEqual((yield* Ssh.execute(target, "echo done", { stdin: endless })).stdout, "done\n")
    })
  )

  onSshd(
    "the error of a command has its exit code, also 255, and its output",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const three = yield* commandFailure(Ssh.execute(target, "echo some; echo bad luck >&2; exit 3"))
      assert.strictEqual(three.exitCode, 3)
      assert.strictEqual(three.stdout, "some\n")
      assert.strictEqual(three.stderr, "bad luck\n")
      assert.strictEqual(three.message, "ssh 127.0.0.1: the command exited with 3: bad luck")
      assert.strictEqual((yield* commandFailure(Ssh.execute(target, "exit 255"))).exitCode, 255)
      assert.strictEqual((yield* commandFailure(Ssh.execute(target, "no-such-command"))).exitCode, 127)
    })
  )

  onSshd(
    "the error of a command that a signal ended has no exit code",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const killed = yield* commandFailure(Ssh.execute(target, "kill -9 $$"))
      assert.isUndefined(killed.exitCode)
      assert.match(killed.message, /was ended by a signal/)
    })
  )

  onSshd(
    "output above maxBytes fails with tooLong, except as a stream",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const much = "head -c 3000000 /dev/zero"
      const error = yield* sshError(Ssh.execute(target, `${much}; sleep 60`, { maxBytes: 1_000_000 }))
      assert.strictEqual(error.reason, "tooLong")
      const size = yield* Stream.runFold(Ssh.stream(target, much), 0, (sum, chunk) => sum + chunk.byteLength)
      assert.strictEqual(size, 3_000_000)
    })
  )

  onSshd(
    "a stream emits output as it arrives, then the command's failure; ending it early ends the command",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const seen: Array<string> = []
      const failed = yield* commandFailure(
        Stream.runForEach(Stream.decodeText(Ssh.stream(target, "echo first; exit 4")), (text) =>
          Effect.sync(() => seen.push(text))
        )
      )
      assert.strictEqual(failed.exitCode, 4)
      assert.strictEqual(seen.join(""), "first\n")
      const first = yield* Stream.runHead(Ssh.stream(target, "echo one; sleep 60"))
      assert.isTrue(first._tag === "Some")
      yield* until(
        "no client is left",
        Effect.map(clientsOf(target), (clients) => clients.length === 0)
      )
    })
  )

  onSshd(
    "an interrupted command leaves no client, no folder, and nothing running on the host",
    Effect.gen(function* () {
      const { folder, target } = yield* TheSshd
      const before = yield* folders
      const fiber = yield* Effect.fork(Ssh.execute(target, `touch ${folder}/begun; sleep 61`))
      yield* until(
        "the command has started",
        Effect.map(names(folder), (all) => all.includes("begun"))
      )
      const exit = yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isInterrupted(exit))
      assert.deepStrictEqual(yield* clientsOf(target), [])
      assert.deepStrictEqual(yield* folders, before)
      yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(`${folder}/begun`))
    })
  )

  onSshd(
    "by default an unknown host key is rejected, with the key's fingerprint and a hint",
    Effect.gen(function* () {
      const { hostKey, knownHosts, port, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const { hostKeys: _, ...byDefault } = target
      const error = yield* sshError(Ssh.execute(byDefault, "true"))
      assert.strictEqual(error.reason, "hostKeyUnknown")
      const fingerprint = createHash("sha256")
        .update(Buffer.from(hostKey.split(" ")[1] ?? "", "base64"))
        .digest("base64")
      assert.include(error.message, `the host's key is ssh-ed25519 SHA256:${fingerprint.replace(/=+$/, "")}`)
      assert.match(error.message, /set its public key in hostKeys/)
      assert.isFalse(yield* fs.exists(knownHosts))

      yield* fs.writeFileString(knownHosts, `[127.0.0.1]:${port} ${hostKey}\n`)
      yield* Ssh.execute(byDefault, "true")
      yield* fs.remove(knownHosts)
    })
  )

  onSshd(
    "acceptNew stores a new key, and rejects a changed one",
    Effect.gen(function* () {
      const { knownHosts, port, strangerFile, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const trusting = { ...target, hostKeys: "acceptNew" as const }
      yield* Ssh.execute(trusting, "true")
      assert.include(yield* fs.readFileString(knownHosts), `[127.0.0.1]:${port} ssh-ed25519 `)
      const { hostKeys: _, ...byDefault } = target
      yield* Ssh.execute(byDefault, "true")

      const other = (yield* fs.readFileString(`${strangerFile}.pub`)).trim()
      yield* fs.writeFileString(knownHosts, `[127.0.0.1]:${port} ${other}\n`)
      for (const wary of [trusting, byDefault]) {
        const error = yield* sshError(Ssh.execute(wary, "true"))
        assert.strictEqual(error.reason, "hostKeyChanged")
        assert.match(error.message, /find out why/)
      }
      yield* fs.remove(knownHosts)
    })
  )

  onSshd(
    "only the given host keys are trusted, whatever known_hosts contains",
    Effect.gen(function* () {
      const { hostKey, knownHosts, port, strangerFile, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const other = (yield* fs.readFileString(`${strangerFile}.pub`)).trim()
      for (const file of [knownHosts, `${knownHosts}.global`]) {
        yield* fs.writeFileString(file, `[127.0.0.1]:${port} ${hostKey}\npinned ${hostKey}\n`)
      }
      const error = yield* sshError(Ssh.execute({ ...target, hostKeys: [other] }, "true"))
      assert.strictEqual(error.reason, "hostKeyChanged")
      yield* fs.remove(knownHosts)
      yield* fs.remove(`${knownHosts}.global`)
      yield* Ssh.execute({ ...target, hostKeys: [other, hostKey] }, "true")
      assert.isFalse(yield* fs.exists(knownHosts), "given host keys are not stored")
    })
  )

  onSshd(
    "a rejected key is authentication, a closed port unreachable, and an unknown option invalidInput",
    Effect.gen(function* () {
      const { strangerFile, target } = yield* TheSshd
      const stranger = yield* sshError(Ssh.execute({ ...target, identityFile: strangerFile }, "true"))
      assert.strictEqual(stranger.reason, "authentication")
      const nobody = yield* sshError(Ssh.execute({ ...target, port: 1 }, "true"))
      assert.strictEqual(nobody.reason, "unreachable")
      assert.match(nobody.message, /Connection refused/)
      const unknown = yield* sshError(Ssh.execute({ ...target, options: { NoSuchOption: "yes" } }, "true"))
      assert.strictEqual(unknown.reason, "invalidInput")
    })
  )

  onSshd(
    "a SOCKS proxy connects to names and addresses that the host can reach",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const far = yield* echoServer
      const proxy = yield* Ssh.socksProxy(target)
      const name = bytes("localhost")
      const request = Buffer.concat([
        Uint8Array.of(5, 1, 0, 3, name.byteLength),
        name,
        Uint8Array.of(far >> 8, far & 255)
      ])
      const response = yield* exchange(proxy.port, [
        [Uint8Array.of(5, 1, 0), 2],
        [request, 10],
        [bytes("through the proxy"), 17]
      ])
      assert.strictEqual(response.toString(), "through the proxy")
    })
  )

  onSshd(
    "a tunnel forwards a given or any local port to a port that the host can reach",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const far = yield* echoServer
      const [localPort] = yield* Effect.scoped(Effect.map(Ssh.socksProxy(target), ({ port }) => [port] as const))
      const tunnel = yield* Ssh.tunnel(target, { remotePort: far, remoteHost: "127.0.0.1", localPort })
      assert.deepStrictEqual([tunnel.host, tunnel.port], ["127.0.0.1", localPort])
      assert.strictEqual((yield* exchange(tunnel.port, [[bytes("there"), 5]])).toString(), "there")
      const own = yield* Ssh.tunnel(target, { remotePort: far })
      assert.strictEqual((yield* exchange(own.port, [[bytes("and back"), 8]])).toString(), "and back")
    })
  )

  onSshd(
    "closing the scope closes the port and ends ssh",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const before = yield* folders
      const port = yield* Effect.scoped(Effect.map(Ssh.socksProxy(target), (proxy) => proxy.port))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(exchange(port, [[Uint8Array.of(5, 1, 0), 2]]))))
      assert.deepStrictEqual(yield* clientsOf(target), [])
      assert.deepStrictEqual(yield* folders, before)
    })
  )

  onSshd(
    "a local port in use is portTaken, and the listening program is not mistaken for the proxy",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const taken = yield* echoServer
      assert.strictEqual((yield* sshError(Ssh.socksProxy(target, { localPort: taken }))).reason, "portTaken")
      const first = yield* Ssh.socksProxy(target)
      const error = yield* sshError(Ssh.tunnel(target, { remotePort: 9, localPort: first.port }))
      assert.strictEqual(error.reason, "portTaken")
    })
  )

  onSshd(
    "a proxy fails for an unreachable host and for a rejected key",
    Effect.gen(function* () {
      const { strangerFile, target } = yield* TheSshd
      const reason = (wrong: Partial<Ssh.Target>) =>
        Effect.map(sshError(Effect.scoped(Ssh.socksProxy({ ...target, ...wrong }))), (error) => error.reason)
      assert.strictEqual(yield* reason({ port: 1 }), "unreachable")
      assert.strictEqual(yield* reason({ identityFile: strangerFile }), "authentication")
    })
  )

  onSshd(
    "files are copied to the host and back unchanged, with their permissions and unusual names",
    Effect.gen(function* () {
      const { folder, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const here = yield* fs.makeTempDirectoryScoped()
      const content = new Uint8Array(12 * 1024 * 1024 + 7).map((_, index) => (index * 31 + (index >> 10)) & 255)
      yield* fs.writeFile(`${here}/original`, content)
      yield* fs.chmod(`${here}/original`, 0o750)
      for (const name of ["plain", "with space", "-dash", "it's", 'quo"te', "$HOME", "new\nline", "grün", "a;b", "*"]) {
        const remote = `${folder}/${name}`
        yield* Ssh.copyTo(target, { local: `${here}/original`, remote })
        assert.strictEqual((yield* fs.stat(remote)).mode & 0o777, 0o750, name)
        yield* Ssh.copyFrom(target, { remote, local: `${here}/back` })
        assert.isTrue(Buffer.from(yield* fs.readFile(`${here}/back`)).equals(content), name)
        yield* fs.remove(remote)
      }
      assert.deepStrictEqual(yield* names(folder), [], "no temporary file is left on the host")
      assert.sameMembers([...(yield* names(here))], ["original", "back"], "nor locally")
    }).pipe(Effect.scoped)
  )

  onSshd(
    "an empty file is copied, and a relative path begins at the home folder",
    Effect.gen(function* () {
      const { target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const here = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFile(`${here}/empty`, new Uint8Array(0))
      const name = `effect-rackspace-${target.port}`
      yield* Ssh.copyTo(target, { local: `${here}/empty`, remote: `~/${name}` })
      yield* Ssh.copyFrom(target, { remote: name, local: `${here}/back` })
      assert.strictEqual((yield* fs.stat(`${here}/back`)).size, FileSystem.Size(0))
      yield* Ssh.execute(target, ["rm", name])
    }).pipe(Effect.scoped)
  )

  onSshd(
    "a copy reports a missing source and a directory as the target, and keeps existing files",
    Effect.gen(function* () {
      const { folder, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const here = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${here}/mine`, "mine")
      const absent = yield* commandFailure(Ssh.copyFrom(target, { remote: `${folder}/none`, local: `${here}/mine` }))
      assert.match(absent.message, /No such file/)
      assert.strictEqual(yield* fs.readFileString(`${here}/mine`), "mine")
      assert.deepStrictEqual(yield* names(here), ["mine"])
      const directory = yield* commandFailure(Ssh.copyTo(target, { local: `${here}/mine`, remote: folder }))
      assert.match(directory.message, /it is a directory/)
      assert.deepStrictEqual(yield* names(folder), [])
      const missing = yield* Effect.flip(Ssh.copyTo(target, { local: `${here}/none`, remote: `${folder}/x` }))
      assert.strictEqual(missing._tag, "SystemError")
    }).pipe(Effect.scoped)
  )

  onSshd(
    "an interrupted copy leaves no temporary file on either side, and keeps the old file",
    Effect.gen(function* () {
      const { folder, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const here = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFile(`${here}/huge`, new Uint8Array(0))
      truncateSync(`${here}/huge`, 4 * 1024 ** 3)
      yield* fs.writeFileString(`${folder}/old`, "old")
      yield* fs.writeFileString(`${here}/old`, "old")

      const sending = yield* Effect.fork(Ssh.copyTo(target, { local: `${here}/huge`, remote: `${folder}/old` }))
      yield* until(
        "a temporary file is on the host",
        Effect.map(names(folder), (all) => all.length === 2)
      )
      for (const name of yield* names(folder)) {
        // Private files must not be readable by others while they are copied.
        if (name !== "old") assert.strictEqual((yield* fs.stat(`${folder}/${name}`)).mode & 0o077, 0)
      }
      yield* Fiber.interrupt(sending)
      yield* until(
        "the host has removed it",
        Effect.map(names(folder), (all) => all.length === 1)
      )
      assert.strictEqual(yield* fs.readFileString(`${folder}/old`), "old")

      const fetching = yield* Effect.fork(Ssh.copyFrom(target, { remote: `${here}/huge`, local: `${here}/old` }))
      yield* until(
        "a temporary file is local",
        Effect.map(names(here), (all) => all.length === 3)
      )
      yield* Fiber.interrupt(fetching)
      assert.sameMembers([...(yield* names(here))], ["huge", "old"])
      assert.strictEqual(yield* fs.readFileString(`${here}/old`), "old")
      yield* fs.remove(`${folder}/old`)
    }).pipe(Effect.scoped)
  )

  onSshd(
    "a file that grows or shrinks while it is copied is incomplete",
    Effect.gen(function* () {
      const { folder, target } = yield* TheSshd
      const fs = yield* FileSystem.FileSystem
      const here = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${here}/file`, "0123456789")
      const stat = fs.stat
      const lying = FileSystem.FileSystem.of({
        ...fs,
        stat: (path) => Effect.map(stat(path), (info) => ({ ...info, size: FileSystem.Size(11) }))
      })
      const error = yield* sshError(
        Effect.provideService(
          Ssh.copyTo(target, { local: `${here}/file`, remote: `${folder}/file` }),
          FileSystem.FileSystem,
          lying
        )
      )
      assert.strictEqual(error.reason, "incomplete")
      assert.deepStrictEqual(yield* names(folder), [])
    }).pipe(Effect.scoped)
  )

  it.scopedLive("the loss of the connection is reported to users of a proxy and to running commands", () =>
    Effect.gen(function* () {
      const { folder, stop, target } = yield* running()
      const proxy = yield* Ssh.socksProxy(target)
      const command = yield* Effect.fork(Effect.flip(Ssh.execute(target, `touch ${folder}/begun; sleep 62`)))
      yield* until(
        "the command has started",
        Effect.map(names(folder), (all) => all.includes("begun"))
      )
      yield* stop
      assert.strictEqual((yield* Effect.flip(proxy.lost)).reason, "disconnected")
      const error = yield* Fiber.join(command)
      assert.instanceOf(error, Ssh.SshError)
      assert.strictEqual((error as Ssh.SshError).reason, "disconnected")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a copy whose connection breaks fails, and the old file is complete", () =>
    Effect.gen(function* () {
      const { folder, stop, target } = yield* running()
      const fs = yield* FileSystem.FileSystem
      const here = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFile(`${here}/huge`, new Uint8Array(0))
      truncateSync(`${here}/huge`, 4 * 1024 ** 3)
      yield* fs.writeFileString(`${folder}/old`, "old")
      yield* fs.writeFileString(`${here}/old`, "old")
      const sending = yield* Effect.fork(
        Effect.flip(Ssh.copyTo(target, { local: `${here}/huge`, remote: `${folder}/old` }))
      )
      const fetching = yield* Effect.fork(
        Effect.flip(Ssh.copyFrom(target, { remote: `${here}/huge`, local: `${here}/old` }))
      )
      yield* until(
        "a temporary file is on the host",
        Effect.map(names(folder), (all) => all.length === 2)
      )
      yield* until(
        "a temporary file is local",
        Effect.map(names(here), (all) => all.length === 3)
      )
      yield* stop
      for (const error of Chunk.toReadonlyArray(Chunk.make(yield* Fiber.join(sending), yield* Fiber.join(fetching)))) {
        assert.instanceOf(error, Ssh.SshError)
        assert.strictEqual((error as Ssh.SshError).reason, "disconnected")
      }
      assert.strictEqual(yield* fs.readFileString(`${folder}/old`), "old")
      assert.strictEqual(yield* fs.readFileString(`${here}/old`), "old")
      assert.sameMembers([...(yield* names(here))], ["huge", "old"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a host's banner precedes the command's stderr", () =>
    Effect.gen(function* () {
      const { folder, target } = yield* running(["Banner /etc/hostname"])
      const fs = yield* FileSystem.FileSystem
      const banner = yield* fs.readFileString("/etc/hostname")
      const output = yield* Ssh.execute(target, "echo out; echo err >&2")
      assert.strictEqual(output.stdout, "out\n")
      assert.isTrue(output.stderr.startsWith(banner.trim()) && output.stderr.endsWith("err\n"), output.stderr)
      assert.strictEqual((yield* commandFailure(Ssh.execute(target, "exit 255"))).exitCode, 255)
      assert.deepStrictEqual(yield* names(folder), [])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
