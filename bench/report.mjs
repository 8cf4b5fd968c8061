/** Tables of results, for the terminal and for the result files. */
import { cpus, totalmem } from "node:os"
import { readFileSync } from "node:fs"
import { clients } from "./peers.mjs"
import { memoryBar } from "./scenarios.mjs"

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of the ratios between the library and a peer, run by run. Uses the times that a program reports itself, if any. */
const ratio = (library, peer, figure) => {
  const of = (result) => (figure === "memory" ? result.memory : (result.own ?? result)[figure])
  return median(library.map((result, run) => of(result) / of(peer[run])))
}

const words = { true: "met", false: "MISSED", undefined: "not known" }

/** A verdict as text. */
export const reading = ({ met, text }) => `${words[met]}: ${text}`

/** The verdicts on a scenario's limits. `met` is undefined if a client was not measured. */
export const judge = (scenario, results) => {
  const own = Object.entries(results).filter(([name]) => name.startsWith("library"))
  return [
    ...scenario.bars.map(([library, most, peer, figure = "wall"]) => {
      const bar = `${figure === "wall" ? "wall" : "CPU"} time of ${clients[library].title} at most ${most} times that of ${clients[peer].title}`
      if (results[library] === undefined || results[peer] === undefined)
        return { text: `${bar}: one of them was not measured` }
      const value = ratio(results[library], results[peer], figure)
      return { met: value <= most, text: `${bar}: ${value.toFixed(2)}` }
    }),
    ...own.map(([name, runs]) => {
      const peak = Math.max(...runs.map((run) => run.memory))
      return {
        met: peak < memoryBar,
        text: `peak memory of ${clients[name].title} under ${memoryBar} MiB in each run: ${peak.toFixed(0)} MiB`
      }
    })
  ]
}

const seconds = (value) => `${value.toFixed(2)} s`

const columns = [
  "",
  "wall",
  "CPU",
  "alone: wall",
  "CPU",
  "peak memory",
  "server's CPU",
  "library / this: wall",
  "CPU",
  "memory"
]

const rows = (results) =>
  Object.entries(results).map(([name, runs]) => {
    const of = (pick) => median(runs.map(pick))
    const own = runs[0].own !== undefined
    const library = results.library
    const compared = library === undefined || name === "library"
    return [
      clients[name].title,
      seconds(of((run) => run.wall)),
      seconds(of((run) => run.cpu)),
      own ? seconds(of((run) => run.own.wall)) : "",
      own ? seconds(of((run) => run.own.cpu)) : "",
      `${of((run) => run.memory).toFixed(0)} MiB`,
      runs[0].server === undefined ? "" : seconds(of((run) => run.server)),
      ...["wall", "cpu", "memory"].map((figure) => (compared ? "" : ratio(library, runs, figure).toFixed(2)))
    ]
  })

const aligned = (lines) => {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])))
}

export const table = (results) => {
  const [head, ...lines] = aligned([columns, ...rows(results)])
  return [head, ...lines].map((line) => line.join("  ").trimEnd()).join("\n")
}

const markdownTable = (results) => {
  const [head, ...lines] = aligned([columns, ...rows(results)])
  const rule = head.map((cell) => "-".repeat(cell.length))
  return [head, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n")
}

const machine = () => {
  const [cpu] = cpus()
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? process.platform
  return `${cpus().length} cores (${cpu.model.trim()}), ${Math.round(totalmem() / 1024 ** 3)} GiB of memory, ${system}`
}

export const markdown = ({ cloud, command, measured, runs, versions }) => `# Results

Made by \`${command}\`.

- Machine: ${machine()}; Node ${process.versions.node}
- Clients: ${versions.map(([title, version]) => `${title} ${version}`).join(", ")}
- Server: ${cloud}, one process for all

${runs === 1 ? "One run of each." : `Medians of ${runs} runs.`} Each run is a separate process. The clients take turns, and each round begins with a different one,
after a small job that warms caches and the server. Wall time, CPU time and peak memory are those of the whole process. A program
imports its modules once and then does many things, so clients that are Node programs also report the time of the job alone,
including the login but not the start of Node and the imports. The ratios use this time if there is one; for other clients they
include the start. Ratios are computed round by round; below 1 the library is faster or smaller. bench/peers.mjs has the options of
each client. Two figures show the limits of the machine: the MD5 alone, which every verifying client computes (bare undici does not
verify), and the server's CPU time, which has one thread.

${measured
  .map(({ results, scenario, title, verdicts }) =>
    [
      `## \`${scenario}\`: ${title}`,
      markdownTable(results),
      ...(verdicts.length === 0 ? [] : [verdicts.map((verdict) => `- ${reading(verdict)}`).join("\n")])
    ].join("\n\n")
  )
  .join("\n\n")}
`
