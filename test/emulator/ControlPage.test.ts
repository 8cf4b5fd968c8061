/** The page of the emulated cloud in a real browser, if there is one. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Browser, launch } from "puppeteer-core"
import * as Control from "../../src/emulator/Control.js"
import * as NodeServer from "../../src/emulator/NodeServer.js"
import { chromium } from "../support/uploadForm.js"

if (chromium === undefined) {
  console.warn("The test of the emulator's page is skipped: there is no Chromium; install the package `chromium`.")
}

const browser = Effect.acquireRelease(
  // The browser's sandbox does not work for root, and tests often run as root in containers.
  Effect.promise(() => launch({ executablePath: chromium ?? "", headless: true, args: ["--no-sandbox"] })),
  (running: Browser) => Effect.promise(() => running.close())
)

it.scopedLive.skipIf(chromium === undefined)(
  "the page shows resources and requests as they appear, injects faults, and shows names as text",
  () =>
    Effect.gen(function* () {
      const { emulator, handle } = yield* Control.make()
      const { url } = yield* NodeServer.listen({ handler: handle, port: 0 })
      yield* emulator().servers.seedServer({ name: "<img src=x onerror=alert(1)>" })
      const tab = yield* Effect.flatMap(browser, (running) => Effect.promise(() => running.newPage()))
      const shows = (selector: string, text: string) =>
        Effect.promise(() => tab.waitForSelector(`${selector}::-p-text(${text})`, { timeout: 20_000 }))
      yield* Effect.promise(() => tab.goto(url))
      yield* shows("#resources td", "<img src=x")
      assert.lengthOf(yield* Effect.promise(() => tab.$$("#resources img")), 0)

      yield* Effect.promise(() => fetch(`${url}/v2.0/tokens/appears-later`))
      yield* shows("#requests td", "/v2.0/tokens/appears-later")

      yield* Effect.promise(() => tab.select("select[name=service]", "CloudServers"))
      yield* Effect.promise(() => tab.click("#form button"))
      yield* shows("#faults td", "Status")
      assert.deepStrictEqual(yield* emulator().faults, [
        {
          match: { service: "CloudServers", path: undefined },
          skip: 0,
          times: 1,
          fault: { _tag: "Status", status: 503 }
        }
      ])
      yield* Effect.promise(() => tab.type("input[name=value]", "9"))
      yield* Effect.promise(() => tab.click("#form button"))
      yield* shows("#problem", "status")

      yield* Effect.promise(() => tab.click("#clear-faults"))
      yield* Effect.promise(() => tab.waitForSelector("#faults-none", { visible: true }))
      assert.isEmpty(yield* emulator().faults)
    }),
  120_000
)
