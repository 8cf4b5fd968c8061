import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import manifest from "../../package.json" with { type: "json" }

const script = fileURLToPath(new URL("../../src/emulator/command.ts", import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  /** Waits for a text on either output. */
  readonly saw: (pattern: RegExp) => Effect.Effect<RegExpExecArray>
  readonly exit: Effect.Effect<number | null>
}

/** Runs the command until the scope ends. */
const start = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Started => {
      const child = spawn(process.execPath, ["--import", "tsx", script, ...args])
      let output = ""
      const exited = once(child, "exit").then(([code]) => code as number | null)
      child.stdout.on("data", (data: Buffer) => {
        output += data.toString()
      })
      child.stderr.on("data", (data: Buffer) => {
        output += data.toString()
      })
      return {
        child,
        output: () => output,
        saw: (pattern) =>
          Effect.suspend(() => {
            const match = pattern.exec(output)
            return match === null ? Effect.fail("not yet") : Effect.succeed(match)
          }).pipe(
            Effect.tapError(() => Effect.sleep("20 millis")),
            Effect.eventually,
            Effect.timeout("15 seconds"),
            Effect.orDie
          ),
        exit: Effect.promise(() => exited)
      }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe("the emulator's command", () => {
  it.scopedLive("listens, prints what a user needs, logs requests without tokens, and exits on SIGTERM", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--port", "0", "--api-key", "k'ey", "--verbose")
      const [, url] = yield* emulator.saw(/listens on (http:\/\/127\.0\.0\.1:\d+)\n/)
      assert.include(emulator.output(), `${url}/v2.0\n`)
      assert.include(emulator.output(), `${url}/auth/v1.0\n`)
      assert.match(
        emulator.output(),
        /umask 077; cat > \S+ <<'EOF'\n\[rackspace_cloud\]\nusername = demo\napi_key = k'ey\nauth_url = http:\/\/\S+\/v2\.0\nEOF\n/
      )
      const login = yield* Effect.promise(() =>
        fetch(`${url}/auth/v1.0`, { headers: { "x-auth-user": "demo", "x-auth-key": "k'ey" } })
      )
      const token = login.headers.get("x-auth-token") ?? ""
      assert.strictEqual(login.status, 200)
      assert.strictEqual(new URL(login.headers.get("x-storage-url") ?? "").origin, url)
      yield* Effect.promise(() =>
        fetch(`${url}/v2.0/tokens/${token}?belongsTo=x`, { headers: { "x-auth-token": token } })
      )
      yield* emulator.saw(/GET \/auth\/v1\.0 200 .*ms\n/)
      yield* emulator.saw(/GET \/v2\.0\/tokens\/… 404 .*ms\n/)
      assert.notInclude(emulator.output(), token)
      emulator.child.kill("SIGTERM")
      assert.strictEqual(yield* emulator.exit, 0)
    })
  )

  it.scopedLive("exits on SIGINT even if a client is connected", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--port", "0")
      const [, url] = yield* emulator.saw(/listens on (\S+)\n/)
      yield* Effect.promise(() => fetch(`${url}/v2.0`).then((response) => response.text()))
      emulator.child.kill("SIGINT")
      assert.strictEqual(yield* Effect.timeout(emulator.exit, "5 seconds"), 0)
    })
  )

  it.scopedLive("reports a port in use", () =>
    Effect.gen(function* () {
      const first = yield* start("--port", "0")
      const [, port] = yield* first.saw(/listens on http:\/\/127\.0\.0\.1:(\d+)\n/)
      const second = yield* start("--port", port ?? "")
      assert.strictEqual(yield* second.exit, 1)
      assert.include(second.output(), `Port ${port} of 127.0.0.1 is in use`)
    })
  )

  it.scopedLive("reports invalid arguments, and exits with 2", () =>
    Effect.gen(function* () {
      for (const [args, message] of [
        [["--token-ttl", "soon"], /--token-ttl: 'soon' is not a time/],
        [["--port", "70000"], /--port: '70000' is not a port/],
        [["--colour"], /--colour/],
        [["stray"], /stray/]
      ] as const) {
        const emulator = yield* start(...args)
        assert.strictEqual(yield* emulator.exit, 2, args.join(" "))
        assert.match(emulator.output(), message)
        assert.include(emulator.output(), "Usage:")
      }
    })
  )

  it.scopedLive("--help lists the options and exits with 0", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--help")
      assert.strictEqual(yield* emulator.exit, 0)
      const names = ["Identity", "Keystone", "Cloud Servers", "Cloud Files", "CDN", "Cloud Load Balancers", "Big\nData"]
      for (const name of [...names, "--build-time", "--version"]) {
        assert.include(emulator.output(), name)
      }
    })
  )

  it.scopedLive("--version prints the version of the package", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--version")
      assert.strictEqual(yield* emulator.exit, 0)
      assert.strictEqual(emulator.output(), `${manifest.version}\n`)
    })
  )

  it.scopedLive("prints variables and a login that a shell runs as they are", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--port", "0", "--api-key", "k'ey")
      yield* emulator.saw(/Ctrl-C/)
      const block = /(?:^export .*\n)+/m.exec(emulator.output())?.[0] ?? ""
      const curl = /^curl .*$/m.exec(emulator.output())?.[0] ?? ""
      const script = `${block}\nprintf '%s\\n' "$RAX_API_KEY" "$OS_AUTH_URL"\n${curl}`
      const { stdout } = yield* Effect.promise(() => promisify(execFile)("sh", ["-ec", script]))
      const [key, authUrl, login = ""] = stdout.split("\n")
      assert.strictEqual(key, "k'ey")
      assert.match(authUrl ?? "", /^http:\/\/127\.0\.0\.1:\d+\/v3$/)
      assert.isString((JSON.parse(login) as { access: { token: { id: string } } }).access.token.id)
    })
  )

  it.scopedLive("the build time reaches servers, load balancers and clusters", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--port", "0", "--build-time", "0s")
      const [, url] = yield* emulator.saw(/listens on (\S+)\n/)
      const [, curl = ""] = yield* emulator.saw(/^(curl .*)$/m)
      const login = yield* Effect.promise(() => promisify(execFile)("sh", ["-c", curl]))
      const { access } = JSON.parse(login.stdout) as { access: { token: { id: string; tenant: { id: string } } } }
      const call = (path: string, body?: unknown) =>
        Effect.promise(async () => {
          const response = await fetch(`${url}${path.replace("{tenant}", access.token.tenant.id)}`, {
            method: body === undefined ? "GET" : "POST",
            headers: { "x-auth-token": access.token.id, "content-type": "application/json" },
            body: body === undefined ? null : JSON.stringify(body)
          })
          return JSON.parse(await response.text()) as Record<string, Record<string, string>>
        })
      const server = yield* call("/servers/dfw/v2/{tenant}/servers", {
        server: { name: "web", imageRef: "09de0a66-3156-48b4-90a5-1cf25a905207", flavorRef: "general1-1" }
      })
      const built = yield* call(`/servers/dfw/v2/{tenant}/servers/${server["server"]?.["id"]}`)
      assert.strictEqual(built["server"]?.["status"], "ACTIVE")
      const balancer = yield* call("/loadbalancers/dfw/v1.0/{tenant}/loadbalancers", {
        loadBalancer: { name: "web", protocol: "HTTP", port: 80, virtualIps: [{ type: "PUBLIC" }] }
      })
      const balanced = yield* call(`/loadbalancers/dfw/v1.0/{tenant}/loadbalancers/${balancer["loadBalancer"]?.["id"]}`)
      assert.strictEqual(balanced["loadBalancer"]?.["status"], "ACTIVE")
      yield* call("/bigdata/dfw/v2/{tenant}/credentials/ssh_keys", {
        ssh_keys: { key_name: "me", public_key: "ssh-ed25519 AAAA me@laptop" }
      })
      const cluster = yield* call("/bigdata/dfw/v2/{tenant}/clusters", {
        cluster: {
          name: "numbers",
          stack_id: "HDP2.2_Hadoop",
          username: "cbduser",
          ssh_keys: ["me"]
        }
      })
      const ready = yield* call(`/bigdata/dfw/v2/{tenant}/clusters/${cluster["cluster"]?.["id"]}`)
      assert.strictEqual(ready["cluster"]?.["status"], "ACTIVE")
    })
  )

  it.scopedLive("has the control API and the page", () =>
    Effect.gen(function* () {
      const emulator = yield* start("--port", "0")
      const [, url] = yield* emulator.saw(/listens on (\S+)\n/)
      assert.include(emulator.output(), `${url}/_emulator`)
      const answer = yield* Effect.promise(() => fetch(`${url}/_emulator/resources`).then((one) => one.json()))
      assert.deepStrictEqual(Object.keys((answer as { regions: object }).regions), ["DFW", "ORD"])
      const page = yield* Effect.promise(() =>
        fetch(`${url}/`, { headers: { accept: "text/html" } }).then((one) => one.text())
      )
      assert.include(page, "<title>Emulated cloud</title>")
    })
  )
})
