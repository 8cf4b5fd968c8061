/** Operations on many objects: results and endpoints. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError, NotFound, QuotaExceeded } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { struct } from "../../../internal/schema/struct.js"
import { Count, Text, textOr } from "../../../internal/schema/wire.js"
import { ContainerName, NamePart } from "../names.js"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Path and status of an object: a pair, as Swift writes it, or an object with names. */
const pairOf = (error: unknown): unknown => {
  if (Array.isArray(error)) return error.slice(0, 2)
  if (!isObject(error)) return [error, ""]
  return [error["Name"] ?? error["name"], error["Status"] ?? error["status"] ?? ""]
}

const errors = Schema.optionalToRequired(Schema.Unknown, Schema.Array(Schema.Tuple(Text, Text)), {
  decode: Option.match({
    onNone: () => [],
    onSome: (list) =>
      list === null ? [] : ((Array.isArray(list) ? list.map(pairOf) : list) as Array<[string, string]>)
  }),
  encode: Option.some
}).pipe(Schema.fromKey("Errors"))
const status = Schema.propertySignature(Text).pipe(Schema.fromKey("Response Status"))
const explanation = textOr("").pipe(Schema.fromKey("Response Body"))
const count = (key: string) =>
  Schema.optionalWith(Count, { nullable: true, default: () => 0 }).pipe(Schema.fromKey(key))

/** The response to an operation on many objects. */
export interface BulkResult {
  readonly deleted: number
  readonly notFound: number
  /** The result in words: the HTTP status is 200 whatever happened. */
  readonly status: string
  readonly explanation: string
  /** Path and status of each object that failed. */
  readonly errors: ReadonlyArray<readonly [string, string]>
}

export const BulkResult = struct<BulkResult>({
  deleted: count("Number Deleted"),
  notFound: count("Number Not Found"),
  status,
  explanation,
  errors
})

/** The response to an archive. */
export interface ExtractResult {
  /** How many files of the archive are objects now. */
  readonly created: number
  /** The result in words: the HTTP status is 200 whatever happened. */
  readonly status: string
  readonly explanation: string
  /** Path, percent-encoded, and status of each file that did not become an object. */
  readonly errors: ReadonlyArray<readonly [string, string]>
}

export const ExtractResult = struct<ExtractResult>({
  created: Schema.propertySignature(Count).pipe(Schema.fromKey("Number Files Created")),
  status,
  explanation,
  errors
})

const Destination = Schema.transform(
  Schema.String,
  Schema.Struct({ container: Schema.optional(ContainerName), prefix: Schema.optional(NamePart) }),
  {
    strict: true,
    decode: () => ({}),
    encode: ({ container, prefix }) =>
      container === undefined
        ? ""
        : `/${container}${prefix === undefined || prefix === "" ? "" : `/${prefix.replace(/\/+$/, "")}`}`
  }
)

/** The operations on many objects, as data. */
export const bulkEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Deletes up to 10,000 objects and empty containers, whose percent-encoded paths are the lines of the body; `bulkDelete` uses
   * it. "Bulk delete", `POST /v1/{account}?bulk-delete`.
   *
   * Rackspace documents it as a DELETE, and Swift takes both. On a Swift that is set up without it, a POST changes nothing,
   * and a DELETE by somebody who may delete accounts would delete this one.
   */
  bulkDeletePaths: Endpoint.withRawBody(
    Endpoint.make("POST", "", {
      fixedQuery: { "bulk-delete": "" },
      headers: {
        contentType: Schema.optional(Schema.Literal("text/plain")).pipe(Schema.fromKey("content-type"))
      },
      success: Endpoint.json(BulkResult),
      errors: ["NotFound"],
      idempotent: true,
      longRunning: true
    })
  ),
  /**
   * Makes objects of the files in an archive; `extractArchive` uses it. "Extract archive",
   * `PUT /v1/{account}/{container}/{prefix}?extract-archive={format}`.
   */
  putArchive: Endpoint.withRawBody(
    Endpoint.make("PUT", "{+destination}", {
      parameters: { destination: Destination },
      query: {
        format: Schema.propertySignature(Schema.Literal("tar", "tar.gz", "tar.bz2")).pipe(
          Schema.fromKey("extract-archive")
        )
      },
      headers: {
        /** Of every object; where it is empty, the cloud guesses each from its name. */
        contentType: Schema.optional(Schema.String).pipe(Schema.fromKey("content-type"))
      },
      success: Endpoint.json(ExtractResult),
      errors: ["NotFound", "QuotaExceeded"],
      longRunning: true
    })
  )
})

/** Whether the result in words is a success. */
export const isSuccess = (status: string): boolean => /^2\d\d\b/.test(status)

/**
 * Whether an error shows that the cloud does not have an operation on many objects: it took the request for one about the
 * account or the container itself.
 */
export const isNotOffered = (error: CommonError | NotFound | QuotaExceeded): boolean =>
  error._tag === "MalformedResponse" ||
  error._tag === "NotFound" ||
  error._tag === "Forbidden" ||
  (error._tag === "UnexpectedStatus" && (error.status === 405 || error.status === 501))
