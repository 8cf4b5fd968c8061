/**
 * The example `upload-form` on the emulated cloud: with the requests of a browser, and with a real one if available.
 */
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestCloud } from "effect-rackspace"
import { environment } from "../examples/run.js"
import { chromium, sendForm, sendFormInBrowser, withForm } from "./support/uploadForm.js"

const cloud = Layer.fresh(TestCloud.layerListening())

const sent = (file: { readonly name: string; readonly content: string }, send: (page: string) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const { files } = yield* TestCloud.TestCloud
    const { code, output } = yield* withForm(yield* environment, send)
    assert.include(output, `from-browsers/${file.name} has ${file.content.length} bytes`)
    assert.strictEqual(code, 0, output)
    const stored = yield* files.getObject("inbox", `from-browsers/${file.name}`)
    assert.strictEqual(new TextDecoder().decode(stored?.bytes), file.content)
    assert.isDefined(stored?.deleteAt)
  }).pipe(Effect.provide([cloud, NodeContext.layer]))

it.scopedLive(
  "a file that the signed form sends is stored",
  () => {
    const file = { name: "notes.txt", content: "sent without a browser" }
    return sent(file, sendForm(file))
  },
  120_000
)

if (chromium === undefined) {
  console.warn("The test of the form in a browser is skipped: there is no Chromium; install the package `chromium`.")
}

it.scopedLive.skipIf(chromium === undefined)(
  "a file that a browser sends through the signed form is stored",
  () => {
    const file = { name: "from a browser.txt", content: "sent by a browser" }
    return sent(file, sendFormInBrowser(chromium ?? "", file))
  },
  120_000
)
