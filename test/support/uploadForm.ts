/**
 * Uses the example `upload-form` as its users do: opens its page and submits its form.
 */
import { Command, type CommandExecutor } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Deferred, Effect, Stream } from "effect"
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { launch } from "puppeteer-core"
import { example } from "../../examples/run.js"

/** The path of Chromium from puppeteer's own variable, or where Debian or macOS install it. */
export const chromium = [
  process.env["PUPPETEER_EXECUTABLE_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
].find((path) => path !== undefined && existsSync(path))

/** Runs the example, passes the address of its page to `use`, and returns its output and exit code. */
export const withForm = <E, R>(
  variables: Readonly<Record<string, string>>,
  use: (page: string) => Effect.Effect<void, E, R>
): Effect.Effect<{ readonly output: string; readonly code: number }, unknown, R | CommandExecutor.CommandExecutor> =>
  Effect.gen(function* () {
    const running = yield* Command.start(example("upload-form", variables))
    const page = yield* Deferred.make<string, Error>()
    let output = ""
    const read = Stream.merge(running.stdout, running.stderr).pipe(
      Stream.decodeText(),
      Stream.runForEach((text) => {
        output += text
        const [, address] = /open (http:\S+) in a browser/.exec(output) ?? []
        return address === undefined ? Effect.void : Deferred.succeed(page, address)
      }),
      Effect.zipRight(Effect.suspend(() => Deferred.fail(page, new Error(`it ended: ${output}`))))
    )
    const [, , code] = yield* Effect.all([read, Effect.flatMap(Deferred.await(page), use), running.exitCode], {
      concurrency: "unbounded"
    })
    return { output, code: Number(code) }
  }).pipe(Effect.scoped)

const attribute = (tag: string, name: string): string =>
  (new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replace(/&#(\d+);/g, (_, code: string) =>
    String.fromCharCode(Number(code))
  )

/** Sends the form without a browser: reads its fields from the page, and follows the redirect. */
export const sendForm =
  (file: { readonly name: string; readonly content: string }) =>
  (page: string): Effect.Effect<void> =>
    Effect.promise(async () => {
      const html = await (await fetch(page)).text()
      const data = new FormData()
      for (const [input] of html.matchAll(/<input type="hidden"[^>]*>/g)) {
        data.append(attribute(input, "name"), attribute(input, "value"))
      }
      data.append("file", new Blob([file.content], { type: "text/plain" }), file.name)
      const action = attribute(/<form[^>]*>/.exec(html)?.[0] ?? "", "action")
      const response = await fetch(action, { method: "POST", body: data })
      assert.include(await response.text(), `from-browsers/${file.name}: ${file.content.length} bytes`)
    })

/** Selects a file in the form in a real browser, and clicks its button. */
export const sendFormInBrowser =
  (executablePath: string, file: { readonly name: string; readonly content: string }) =>
  (page: string): Effect.Effect<void> =>
    Effect.acquireUseRelease(
      Effect.promise(async () => {
        const folder = await mkdtemp(join(tmpdir(), "effect-rackspace-upload-"))
        // The browser's sandbox does not work for root, and tests often run as root in containers.
        const browser = await launch({ executablePath, headless: true, args: ["--no-sandbox"] })
        return { browser, folder }
      }),
      ({ browser, folder }) =>
        Effect.promise(async () => {
          const path = join(folder, file.name)
          await writeFile(path, file.content)
          const tab = await browser.newPage()
          await tab.goto(page)
          const input = await tab.waitForSelector("input[type=file]")
          await (input as unknown as { uploadFile: (path: string) => Promise<void> }).uploadFile(path)
          await Promise.all([tab.waitForNavigation(), tab.click("button[type=submit]")])
          const shown = await tab.$eval("main", (main) => main.textContent)
          assert.include(shown ?? "", `from-browsers/${file.name}: ${file.content.length} bytes`)
        }),
      ({ browser, folder }) =>
        Effect.promise(async () => {
          await browser.close()
          await rm(folder, { recursive: true, force: true })
        })
    )
