/**
 * The output of the demo: updated lines on a terminal, plain lines in a pipe or in CI.
 */
import { Clock, Console, Effect } from "effect"

const isTerminal = process.stdout.isTTY === true && process.env["CI"] === undefined

/** A number of bytes with a unit. */
export const bytes = (count: number): string => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"]
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** Prints a headline. */
export const headline = (text: string): Effect.Effect<void> => Console.log(`\n== ${text}`)

/** Prints rows with aligned columns. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): Effect.Effect<void> => {
  const widths = rows.reduce<ReadonlyArray<number>>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    []
  )
  return Effect.forEach(
    rows,
    (row) => Console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd()),
    { discard: true }
  )
}

/** Names with slashes as the lines of a tree, each folder before its content. */
export const tree = (
  entries: ReadonlyArray<{ readonly name: string; readonly size: number }>
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let open: ReadonlyArray<string> = []
  for (const { name, size } of entries) {
    const parts = name.split("/")
    const folders = parts.slice(0, -1)
    const shared = folders.findIndex((folder, depth) => folder !== open[depth])
    for (let depth = shared < 0 ? folders.length : shared; depth < folders.length; depth++) {
      lines.push(`${"  ".repeat(depth + 1)}${folders[depth]}/`)
    }
    open = folders
    lines.push(`${"  ".repeat(parts.length)}${parts.at(-1)}  (${bytes(size)})`)
  }
  return lines
}

/** A line that is updated during an operation. */
export interface Progress {
  /** Shows the line, unless the previous one was shown very recently. */
  readonly show: (line: string) => Effect.Effect<void>
  /** Shows the last line. */
  readonly done: (line: string) => Effect.Effect<void>
}

/** A new progress line: redrawn ten times a second on a terminal, printed once a second elsewhere. */
export const progress = Effect.sync((): Progress => {
  let last = -Infinity
  const write = (text: string) => Effect.sync(() => void process.stdout.write(text))
  return {
    show: (line) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (now - last < (isTerminal ? 100 : 1000)) return Effect.void
        last = now
        return isTerminal ? write(`\r\u001b[2K  ${line}`) : write(`  ${line}\n`)
      }),
    done: (line) => write(isTerminal ? `\r\u001b[2K  ${line}\n` : `  ${line}\n`)
  }
})
