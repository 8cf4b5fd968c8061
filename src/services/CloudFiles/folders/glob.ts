/** Globs as regular expressions, which go to the thread that walks a folder. */
import * as Schema from "effect/Schema"
import type { Filter, Pattern } from "../../../internal/worker/names.js"

import picomatch from "picomatch"

const patternOf = (glob: string): Pattern => {
  const trimmed = glob.replace(/\/+$/, "")
  const anywhere = !trimmed.includes("/")
  return {
    anywhere,
    // `!` is a character like any other: what is left out is named in `exclude`.
    expression: picomatch.makeRe(trimmed.replace(/^\/+/, ""), { dot: true, nonegate: true, windows: false })
  }
}

const isGlob = (glob: string): boolean =>
  glob.replace(/^\/+|\/+$/g, "") !== "" &&
  !glob.includes("\u0000") &&
  glob.length <= 4096 &&
  // What picomatch cannot make an expression of matches nothing.
  patternOf(glob).expression.source !== "$^"

/** A glob. */
export const Glob = Schema.String.pipe(
  Schema.filter(isGlob, { description: "a glob of 1 to 4,096 characters, such as *.jpg or photos/**" })
)

/** What `include` and `exclude` say. */
export const filterOf = ({
  exclude = [],
  include = []
}: {
  readonly include?: ReadonlyArray<string> | undefined
  readonly exclude?: ReadonlyArray<string> | undefined
}): Filter => ({ include: include.map(patternOf), exclude: exclude.map(patternOf) })
