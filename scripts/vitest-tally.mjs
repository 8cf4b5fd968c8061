/**
 * A vitest reporter that ends a run with one line for CI:
 *
 *     Tests: 128 passed, 0 failed, 2 skipped
 *
 * A file that could not be loaded and an error outside of tests count as failed.
 */
import { setImmediate } from "node:timers/promises"

export default class Tally {
  async onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
      for (const suite of [module, ...module.children.allSuites()]) count.failed += suite.errors().length
    }
    // After the output of the other reporters.
    await setImmediate()
    console.log(`Tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`)
  }
}
