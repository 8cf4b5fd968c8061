import * as Command from "@effect/platform/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { httpServer } from "./support.js"
import { runProgram } from "./support/programs.js"

const pathOf = (name: string): string => fileURLToPath(new URL(`./support/${name}`, import.meta.url))

it.scopedLive("Transport.layer uses the platform's fetch if undici has no working dispatcher, as on Bun", () =>
  Effect.gen(function* () {
    const agents: Array<string | undefined> = []
    const server = yield* httpServer((request, reply) => {
      agents.push(request.headers["user-agent"])
      reply.writeHead(200, { "Content-Type": "text/plain" }).end("Hello")
    })
    const program = ["--import", "tsx", pathOf("downloadProgram.ts"), server.url]
    const usual = yield* runProgram(Command.make(process.execPath, ...program))
    assert.strictEqual(usual.output, "Hello\n")
    const replaced = Command.make(process.execPath, "--import", pathOf("undiciOfBun.mjs"), ...program)
    assert.strictEqual((yield* runProgram(replaced)).output, "Hello\n")
    // Node's fetch names itself; undici's dispatcher does not.
    assert.deepStrictEqual(agents, [undefined, "node"])
  }).pipe(Effect.provide(NodeContext.layer))
)
