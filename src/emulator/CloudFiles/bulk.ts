/**
 * Many deletions in one request: `?bulk-delete`, and the deletion of a Static Large Object with its segments. The
 * status is always 200; the body contains the result.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Buffer } from "node:buffer"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Containers from "./containers.js"
import * as Listing from "./listing.js"
import type { Storage } from "./storage.js"
import * as Reading from "./reading.js"
import * as StoredBytes from "./storedBytes.js"
import * as Writing from "./writing.js"

/** Why an item could not be deleted: its percent-encoded path, and a status or sentence. */
export type Problem = readonly [path: string, status: string]

/** The result of a bulk operation. */
export interface Outcome {
  /** `200 OK`; undefined if the response's own status is the result. */
  readonly status?: string
  readonly body?: string
  readonly counts?: Readonly<Record<string, number>>
  readonly problems: ReadonlyArray<Problem>
}

/** Formats an outcome as JSON, XML or text. */
export const write = (
  outcome: Outcome,
  format: Listing.Format,
  /** The root element in XML. */
  root: "delete" | "extract" | "upload" = "delete"
): string => {
  const { body = "", counts = {}, problems, status } = outcome
  const fields: ReadonlyArray<readonly [string, string | number]> = [
    ...Object.entries(counts),
    ...(status === undefined ? [] : [["Response Body", body] as const, ["Response Status", status] as const])
  ]
  switch (format) {
    case "application/json":
      return JSON.stringify({ ...Object.fromEntries(fields), Errors: problems })
    case "text/plain":
      return [
        ...fields.map(([name, value]) => `${name}: ${value}\n`),
        "Errors:\n",
        ...problems.map(([path, problem]) => `${path}, ${problem}\n`)
      ].join("")
    default: {
      const elements = fields.map(([name, value]) => {
        const element = name.replaceAll(" ", "_").toLowerCase()
        return `<${element}>${Listing.escapeXml(String(value))}</${element}>\n`
      })
      const errors = problems.map(
        ([path, problem]) =>
          `<object><name>${Listing.escapeXml(path)}</name><status>${Listing.escapeXml(problem)}</status></object>\n`
      )
      return `<${root}>\n${elements.join("")}<errors>\n${errors.join("")}</errors>\n</${root}>\n`
    }
  }
}

const noCounts = { "Number Deleted": 0, "Number Not Found": 0 }

/** How often Swift sends a byte to a waiting client, in milliseconds. */
const keepAliveInterval = 10_000

/** The bytes that Swift sends before the outcome is known: white space, preceded in XML by the declaration. */
const waiting = (format: Listing.Format, elapsed: number): string => {
  const signs = Math.floor(elapsed / keepAliveInterval)
  const first = format.endsWith("/xml") ? '<?xml version="1.0" encoding="UTF-8"?>\n' : " "
  return signs === 0 ? "" : `${first}${" ".repeat(signs - 1)}\r\n\r\n`
}

/** The response to a bulk operation. It is chunked because Swift starts it before the outcome is known. */
export const respond = (
  outcome: Outcome,
  request: ServiceRequest,
  about: {
    /** Default: the counts of a deletion. */
    readonly counts?: Readonly<Record<string, number>>
    readonly root?: "delete" | "extract"
    /** How long it took, in milliseconds. */
    readonly elapsed?: number
  } = {}
): WireResponse => {
  const format = Listing.accepted(request.headers["accept"])
  const { counts = noCounts, elapsed = 0, root = "delete" } = about
  const body =
    format === undefined
      ? write({ status: Answer.statusLine(406), counts, problems: [] }, "text/plain")
      : waiting(format, elapsed) + write(outcome, format, root)
  return {
    status: 200,
    headers: { "Content-Type": format ?? "text/html; charset=UTF-8" },
    body: Stream.succeed(new TextEncoder().encode(body))
  }
}

/** An item to delete: its name as reported, and a problem if one is already known. */
export interface Target {
  readonly name: ByteText.ByteText
  readonly problem?: { readonly status: number; readonly sentence: string }
}

/** Swift stops after this many failures. */
const maxProblems = 1000

/** Deletes objects and then containers. Missing items count as success. */
export const remove = (storage: Storage, targets: ReadonlyArray<Target>, now: number): Outcome => {
  let deleted = 0
  let missing = 0
  const problems: Array<Problem> = []
  const bare = (name: string) => name.replace(/^\/+|\/+$/g, "")
  const named = targets.filter(({ name }) => name !== "")
  const objects = named.filter(({ name }) => bare(name).includes("/"))
  const containers = named.filter(({ name }) => !bare(name).includes("/"))

  const removeOne = ({ name, problem }: Target): number => {
    if (problem !== undefined) {
      return problem.status
    }
    if (!ByteText.isValid(name)) {
      return 412
    }
    const path = Reading.splitPath(name.replace(/^\/+/, ""))
    return (path === undefined ? Containers.remove(storage, bare(name), now) : Writing.remove(storage, path, now))
      .status
  }

  const counts = () => ({ "Number Deleted": deleted, "Number Not Found": missing })
  for (const target of [...objects, ...containers]) {
    const status = removeOne(target)
    if (status === 204) {
      deleted++
    } else if (status === 404) {
      missing++
    } else {
      problems.push([ByteText.percentEncode(target.name), target.problem?.sentence ?? Answer.statusLine(status)])
    }
    if (problems.length >= maxProblems) {
      return { status: Answer.statusLine(400), body: "Max delete failures exceeded", counts: counts(), problems }
    }
  }
  if (problems.length > 0) {
    return { status: Answer.statusLine(400), counts: counts(), problems }
  }
  return deleted + missing === 0
    ? { status: Answer.statusLine(400), body: "Invalid bulk delete.", counts: counts(), problems }
    : { status: Answer.statusLine(200), counts: counts(), problems }
}

const maxLines = 10_000
/** Twice the maximum length of a path. Swift refuses a request with a longer line. */
const maxLineLength = (1024 + 256 + 2) * 2

export const bulkDelete = (
  storage: Storage,
  request: ServiceRequest
): Effect.Effect<WireResponse, WireBroken | Refusal.Refusal> => {
  const failed = (status: number, body = ""): WireResponse =>
    respond({ status: Answer.statusLine(status), body, counts: noCounts, problems: [] }, request)
  const type = request.headers["content-type"]
  if (type && !type.startsWith("text/plain")) {
    return Effect.succeed(failed(406))
  }
  const length = request.headers["content-length"]
  if (length === undefined && request.headers["transfer-encoding"]?.toLowerCase() !== "chunked") {
    return Effect.succeed(failed(411))
  }
  return Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const stored = yield* Writing.readBody(
      request.body,
      length === undefined ? undefined : Number(length),
      maxLines * maxLineLength
    )
    const now = yield* Clock.currentTimeMillis
    const body = [...StoredBytes.slices(stored, 0, stored.size)]
      .map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"))
      .join("")
    const lines = body.split("\n").map((line) => line.trim())
    if (lines.at(-1) === "") {
      lines.pop()
    }
    if (lines.length > maxLines) {
      return failed(413, `Maximum Bulk Deletes: ${maxLines} per request`)
    }
    if (lines.some((line) => line.length > maxLineLength)) {
      return failed(400, "Invalid File Name")
    }
    const targets = lines.map((line) => ({ name: ByteText.percentDecode(line) }))
    return respond(remove(storage, targets, now), request, { elapsed: now - begun })
  })
}
