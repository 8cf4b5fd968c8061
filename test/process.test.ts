import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("./support/threadProgram.ts", import.meta.url))

describe("a program that is run by Effect.runPromise", () => {
  it("exits, however often it has waited for a worker thread", { timeout: 120_000 }, async () => {
    const output = await new Promise<string>((resolve) => {
      const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "inherit"] })
      let text = ""
      child.stdout.on("data", (chunk) => (text += String(chunk)))
      child.on("close", (code) => resolve(`${text.trim().split("\n").at(-1)}, exit code ${code}`))
    })
    assert.strictEqual(output, "finished, exit code 0")
  })
})
