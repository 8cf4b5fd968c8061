/** Compiles globs to regular expressions, which can be sent to the worker thread. */
import * as Schema from "effect/Schema"
import type { Filter, Pattern } from "../../../internal/worker/names.js"

import picomatch from "picomatch"

const patternOf = (glob: string): Pattern => {
  const trimmed = glob.replace(/\/+$/, "")
  const anywhere = !trimmed.includes("/")
  return {
    anywhere,
    // `!` has no special meaning: use `exclude` instead.
    expression: picomatch.makeRe(trimmed.replace(/^\/+/, ""), { dot: true, nonegate: true, windows: false })
  }
}

const isGlob = (glob: string): boolean =>
  glob.replace(/^\/+|\/+$/g, "") !== "" &&
  !glob.includes("\u0000") &&
  glob.length <= 4096 &&
  // picomatch compiles invalid globs to an expression that matches nothing.
  patternOf(glob).expression.source !== "$^"

/** A glob pattern. */
export const Glob = Schema.String.pipe(
  Schema.filter(isGlob, { description: "a glob of 1 to 4,096 characters, such as *.jpg or photos/**" })
)

/** The filter of `include` and `exclude`. */
export const filterOf = ({
  exclude = [],
  include = []
}: {
  readonly include?: ReadonlyArray<string> | undefined
  readonly exclude?: ReadonlyArray<string> | undefined
}): Filter => ({ include: include.map(patternOf), exclude: exclude.map(patternOf) })
