/** Every form in which a program, a log or a debugger may print a value. */
import { Cause, Exit, Inspectable } from "effect"
import { inspect } from "node:util"

export const shown = (value: unknown): string =>
  [
    String(value),
    JSON.stringify(value),
    inspect(value, { depth: 20, showHidden: true }),
    Inspectable.toStringUnknown(value),
    JSON.stringify(Inspectable.toJSON(value)),
    value instanceof Error ? `${value.message} ${value.stack}` : "",
    Exit.isExit(value) && Exit.isFailure(value) ? Cause.pretty(value.cause, { renderErrorCause: true }) : "",
    Exit.isExit(value) ? inspect(value.toJSON(), { depth: 20 }) : ""
  ].join("\n")
