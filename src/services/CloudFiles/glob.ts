/**
 * Globs as regular expressions, which go to the thread that walks a folder.
 */
import * as Either from "effect/Either"
import picomatch from "picomatch"
import type { InvalidInput } from "../../CloudError.js"
import type { Filter, Pattern } from "../../internal/files/folderReader.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"

const patternOf = (glob: string): Pattern => {
  const trimmed = glob.replace(/\/+$/, "")
  const anywhere = !trimmed.includes("/")
  return {
    anywhere,
    // `!` is a character like any other: what is left out is named in `exclude`.
    expression: picomatch.makeRe(trimmed.replace(/^\/+/, ""), { dot: true, nonegate: true, windows: false })
  }
}

/** What `include` and `exclude` say. */
export const filterOf = (
  operation: string,
  {
    exclude = [],
    include = []
  }: { readonly include?: ReadonlyArray<string> | undefined; readonly exclude?: ReadonlyArray<string> | undefined }
): Either.Either<Filter, InvalidInput> => {
  const issues = Object.entries({ include, exclude }).flatMap(([path, globs]) =>
    globs.flatMap((glob, index) =>
      glob.replace(/^\/+|\/+$/g, "") === "" || glob.includes("\u0000") || glob.length > 4096
        ? [{ path: `${path}.${index}`, expected: "a glob of 1 to 4,096 characters, such as *.jpg or photos/**" }]
        : []
    )
  )
  return issues.length === 0
    ? Either.right({ include: include.map(patternOf), exclude: exclude.map(patternOf) })
    : Either.left(invalidInput("CloudFiles", operation, issues))
}
