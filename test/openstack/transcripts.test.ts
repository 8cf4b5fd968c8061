/**
 * Sends the same raw requests to the emulated cloud and to the real one, and compares the responses: status, headers and body.
 * JSON of Cloud Servers is compared by its structure, other bodies by their content without times and ids. Every difference
 * must be listed in `DIFFERENCES.md`, with its reason.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { Identity } from "effect-rackspace"
import { readFileSync } from "node:fs"
import * as Cloud from "../contract/Cloud.js"
import { emulated } from "../contract/emulated.js"
import { archiveSteps, fileSteps, publicSteps, serverSteps, type Step } from "./steps.js"
import { demo, on } from "./support.js"

/** Headers that differ in each run: times, ids, totals of the account, framing of the body, and descriptions of the server. */
const ignoredHeaders = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "last-modified",
  "server",
  "transfer-encoding",
  "via",
  "x-account-bytes-used",
  "x-account-container-count",
  "x-account-meta-temp-url-key",
  "x-account-meta-temp-url-key-2",
  "x-account-object-count",
  "x-compute-request-id",
  "x-copied-from-last-modified",
  "x-openstack-request-id",
  "x-timestamp",
  "x-trans-id"
])

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const at = (json: unknown, path: ReadonlyArray<string | number>): unknown =>
  path.reduce((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], json)

/** The rows of a table in `DIFFERENCES.md`: by request or field, the parts that differ. */
const listed = (heading: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const text = readFileSync(new URL("DIFFERENCES.md", import.meta.url), "utf8")
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? ""
  const rows = [...section.matchAll(/^\| `(.+?)` +\| (.+?) +\|/gm)].map(
    ([, request = "", what = ""]) => [request.replaceAll("\\|", "|"), new Set(what.split(", "))] as const
  )
  return new Map(rows)
}

/** A value with its keys and its `Errors` sorted. */
const ordered = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(ordered)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [
              key,
              key === "Errors" && Array.isArray(item)
                ? item.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))
                : ordered(item)
            ])
        )
      : value

/** The structure of a value: its keys and the types of its values. Of lists and records, only that of the first item. */
const structureOf = (value: Json, without: ReadonlySet<string>, key = ""): Json => {
  if (Array.isArray(value)) {
    return value.length === 0 ? [] : [structureOf((value as ReadonlyArray<Json>)[0] ?? null, without)]
  }
  if (typeof value !== "object" || value === null) return typeof value
  const entries = Object.entries(value as Readonly<Record<string, Json>>).filter(([name]) => !without.has(name))
  const named =
    key === "addresses" || key === "absolute"
      ? entries.slice(0, 1).map(([, item]) => ["(name)", item] as const)
      : entries
  return ordered(Object.fromEntries(named.map(([name, item]) => [name, structureOf(item, without, name)])))
}

const bodyOf = (service: "files" | "servers", type: string, text: string): Json | string => {
  const stable = text
    .replaceAll(/\btx[0-9a-f]{21}-[0-9a-f]{10}\S*/g, "(transaction)")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?/g, "(time)")
    .replaceAll(/\b\d{10}\.\d{5}\b/g, "(timestamp)")
    .replaceAll(/multipart\/byteranges;boundary=\S+|--[0-9a-f]{32,}/g, "(boundary)")
  if (!type.includes("json") || text === "") return stable
  return service === "files"
    ? ordered(JSON.parse(stable) as Json)
    : structureOf(JSON.parse(text) as Json, new Set(listed("Fields of Cloud Servers and Nova").keys()))
}

/** A header's value with its list sorted, since Python's sets have no order, and without the boundary of a multipart body. */
const stableHeader = (path: string, header: string, value: string): string =>
  // The hash includes times.
  header === "x-manifest-etag" || (header === "etag" && path.endsWith("multipart-manifest=get"))
    ? "(an MD5)"
    : header === "allow" ||
        header === "access-control-allow-headers" ||
        header === "access-control-allow-methods" ||
        header === "access-control-expose-headers"
      ? value.split(", ").toSorted().join(", ")
      : value.replaceAll(/boundary=\S+/g, "boundary=(boundary)")

/** The comparable parts of a cloud's response to each step. */
const transcript = (service: "files" | "servers", steps: ReadonlyArray<Step>, name: string) =>
  Effect.gen(function* () {
    const { flavors, imageId } = yield* Cloud.Cloud
    const token = Redacted.value(yield* Identity.token)
    const tenant = (yield* Identity.access).tenant?.id ?? ""
    const kept = new Map([
      ["c", `${name}-c`],
      ["v", `${name}-v`],
      ["name", name],
      ["flavor", flavors[0]],
      ["other", flavors[1]],
      ["image", imageId]
    ])
    const filled = (text: string): string =>
      text.replaceAll(/\{(\w+)\}/g, (whole, key: string) => kept.get(key) ?? whole)
    const url = yield* service === "files" ? Cloud.filesUrl : Cloud.serversUrl
    const responses: Array<unknown> = []
    for (const planned of steps) {
      const step: Step = { ...planned, ...planned.made?.(decodeURIComponent(new URL(url).pathname), filled) }
      const body =
        step.body === undefined || step.body instanceof Uint8Array
          ? step.body
          : typeof step.body === "string"
            ? filled(step.body)
            : filled(JSON.stringify(step.body))
      const once = Cloud.exchange(url + filled(step.path), {
        method: step.method,
        headers: {
          ...(step.token === undefined
            ? { "x-auth-token": token }
            : step.token !== null && { "x-auth-token": step.token }),
          ...(service === "servers" && body !== undefined && { "content-type": "application/json" }),
          ...Object.fromEntries(Object.entries(step.headers ?? {}).map(([header, value]) => [header, filled(value)]))
        },
        ...(body !== undefined && { body })
      }).pipe(
        // An invalid HTTP response is compared as well.
        Effect.catchAllDefect((defect) =>
          Effect.succeed<Cloud.RawResponse>({ status: 0, headers: {}, text: String(defect) })
        )
      )
      const { until } = step
      const response = yield* until === undefined
        ? once
        : once.pipe(
            Effect.filterOrFail(({ text }) => {
              const json: unknown = JSON.parse(text)
              return at(json, until[0]) === until[1] && at(json, ["server", "OS-EXT-STS:task_state"]) === null
            }),
            Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 300 }),
            Effect.orDie
          )
      for (const [key, path] of Object.entries(step.keep ?? {})) {
        kept.set(key, String(at(JSON.parse(response.text), path)))
      }
      const stable = (text: string): string =>
        [...kept]
          .toSorted(([, a], [, b]) => b.length - a.length)
          .reduce((all, [key, value]) => (value.length < 4 ? all : all.replaceAll(value, `{${key}}`)), text)
          .replaceAll(new URL(url).host, "{host}")
          .replaceAll(new URL(url).pathname, "{endpoint}")
          .replaceAll(new URL(url).pathname.split("/").at(-1) ?? "", "{account}")
          .replaceAll("/v1/{account}", "{endpoint}")
          .replaceAll(tenant, "{tenant}")
      const type = response.headers["content-type"] ?? ""
      const headers = Object.entries(response.headers)
        .filter(([header]) => !ignoredHeaders.has(header))
        .map(([header, value]) => [header, stableHeader(step.path, header, stable(value))] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
      responses.push({
        request:
          `${planned.method} ${planned.path.length > 80 ? `${planned.path.slice(0, 80)}…` : planned.path} ${stepNote(planned)}`.trim(),
        status: response.status,
        headers: Object.fromEntries(headers),
        body: bodyOf(service, type, stable(response.text))
      })
    }
    return responses as ReadonlyArray<TestResponse>
  })

interface TestResponse {
  readonly request: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
}

const stepNote = (step: Step): string =>
  [
    ...(step.token === null ? ["without a token"] : step.token === undefined ? [] : ["with a wrong token"]),
    ...Object.entries(step.headers ?? {}).map(([name, value]) => `${name.slice(0, 40)}: ${value.slice(0, 40)}`),
    ...(step.note === undefined ? [] : [step.note]),
    ...(step.body === undefined || step.note !== undefined
      ? []
      : [(typeof step.body === "string" ? step.body : JSON.stringify(step.body)).slice(0, 120)])
  ].join(" | ")

/** Differences of all requests of a service are listed in its first table. */
const compare = (heading: string, service: "files" | "servers", steps: ReadonlyArray<Step>) =>
  it.live(`${heading}: ${steps.length} requests get the same responses, except for the listed differences`, () =>
    Effect.gen(function* () {
      const name = Cloud.freshName("transcript")
      const ours = yield* Effect.provide(transcript(service, steps, name), emulated)
      const theirs = yield* Effect.provide(transcript(service, steps, name), on(demo))
      const allowed = listed(heading)
      const first = service === "files" ? "Cloud Files and Swift" : "Cloud Servers and Nova"
      const everywhere = new Set([...(listed(first).get("*") ?? []), ...(allowed.get("*") ?? [])])
      const unlisted: Array<string> = []
      // Differences with `at times` depend on the installed version, and may be absent.
      const unneeded = new Set(
        [...allowed].filter(([request, parts]) => request !== "*" && !parts.has("at times")).map(([request]) => request)
      )
      for (const [index, our] of ours.entries()) {
        const their = theirs[index] as TestResponse
        const parts = [
          ["status", our.status, their.status],
          ...[...new Set([...Object.keys(our.headers), ...Object.keys(their.headers)])].map(
            (header) => [header, our.headers[header], their.headers[header]] as const
          ),
          ["body", our.body, their.body]
        ] as const
        for (const [part, a, b] of parts) {
          if (JSON.stringify(a) === JSON.stringify(b)) continue
          if (allowed.get(our.request)?.has(part) === true) unneeded.delete(our.request)
          else if (!everywhere.has(part)) {
            unlisted.push(
              `${our.request}\n    ${part}\n      emulated ${JSON.stringify(a)}\n      real     ${JSON.stringify(b)}`
            )
          }
        }
      }
      assert.deepStrictEqual([...unlisted, ...[...unneeded].map((request) => `${request}\n    listed, but equal`)], [])
    })
  )

describe("the emulated cloud compared with the real one", () => {
  compare("Cloud Files and Swift", "files", fileSteps)
  compare("Archives", "files", archiveSteps)
  compare("Signed, shared and public", "files", publicSteps)
  compare("Cloud Servers and Nova", "servers", serverSteps)
})
