/** Faults in the JSON of the control API. */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Fault from "../Fault.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import type { Parsed } from "../RequestBody.js"

const Status = Schema.Int.pipe(Schema.between(200, 599))
const Bytes = Schema.NonNegativeInt
const Count = Schema.NonNegativeInt

/** Milliseconds, or a text such as `5 seconds`. */
const Time = Schema.Union(Schema.NonNegative, Schema.String).pipe(
  Schema.filter((time) =>
    Option.isSome(Duration.decodeUnknown(time)) ? undefined : "expected milliseconds, or a text such as `5 seconds`"
  )
)

const Kinds = {
  Status: Schema.TaggedStruct("Status", {
    status: Status,
    headers: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
    body: Schema.optional(Schema.Unknown)
  }),
  Early: Schema.TaggedStruct("Early", { status: Status }),
  Delay: Schema.TaggedStruct("Delay", { duration: Time }),
  Cut: Schema.TaggedStruct("Cut", { afterBytes: Schema.optional(Bytes) }),
  LoseResponse: Schema.TaggedStruct("LoseResponse", { status: Schema.optional(Status) }),
  TruncateBody: Schema.TaggedStruct("TruncateBody", { afterBytes: Bytes }),
  StallBody: Schema.TaggedStruct("StallBody", { afterBytes: Bytes }),
  WrongContentLength: Schema.TaggedStruct("WrongContentLength", { delta: Schema.Int }),
  ExpireTokens: Schema.TaggedStruct("ExpireTokens", {}),
  RevokeTokens: Schema.TaggedStruct("RevokeTokens", {})
}

const Pattern = Schema.String.pipe(
  Schema.filter((text) => {
    try {
      return new RegExp(text) instanceof RegExp
    } catch {
      return "expected a regular expression"
    }
  })
)

const Match = Schema.Struct({
  method: Schema.optional(Schema.String),
  service: Schema.optional(Schema.Literal(...Fault.faultServices)),
  path: Schema.optional(Schema.String),
  pattern: Schema.optional(Pattern)
})

const Request = Schema.Struct({
  match: Schema.optional(Match),
  skip: Schema.optional(Count),
  times: Schema.optional(Schema.Union(Count, Schema.Literal("always"))),
  fault: Schema.Union(...Object.values(Kinds))
})

const refuse = (message: string): never => Refusal.refuse(Reply.json(400, { error: message }))

const strict = { onExcessProperty: "error", errors: "all" } as const

/** Checks the kind of the fault first, so that the message names it instead of the fields of every kind. */
const checkKind = (value: unknown): void => {
  const { fault } = (value ?? {}) as { readonly fault?: { readonly _tag?: unknown } | null }
  const kind = fault?._tag
  if (typeof kind !== "string" || !Object.hasOwn(Kinds, kind)) {
    const found = kind === undefined ? "is missing" : `is ${JSON.stringify(kind)}`
    refuse(`fault._tag ${found}; it is one of ${Object.keys(Kinds).join(", ")}`)
  }
}

/** Reads a fault from a request's body. Wrong input is refused with 400. */
export const read = (body: Parsed): Fault.FaultRule => {
  if (body._tag !== "Json") {
    return refuse(body._tag === "Empty" ? "The body is empty; it is a fault as JSON" : "The body is not JSON")
  }
  checkKind(body.value)
  const decoded = Schema.decodeUnknownEither(Request, strict)(body.value)
  if (Either.isLeft(decoded)) {
    const issues = ParseResult.ArrayFormatter.formatErrorSync(decoded.left)
    return refuse(issues.map(({ message, path }) => `${path.join(".")}: ${message}`).join("; "))
  }
  const { fault, match: { path, pattern, ...match } = {}, skip, times } = decoded.right
  if (path !== undefined && pattern !== undefined) {
    return refuse("match: specify path or pattern, not both")
  }
  return {
    match: { ...match, path: pattern === undefined ? path : new RegExp(pattern) },
    skip,
    times: times === "always" ? Infinity : times,
    fault: fault as Fault.Fault
  }
}

/** A fault as the control API shows it. */
export const shown = ({ fault, match: { path, ...match } = {}, skip = 0, times = 1 }: Fault.FaultRule) => ({
  match: { ...match, ...(path instanceof RegExp ? { pattern: path.source } : { path }) },
  skip,
  times: times === Infinity ? "always" : times,
  fault
})
