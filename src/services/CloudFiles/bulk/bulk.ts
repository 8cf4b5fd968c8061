/** Bulk operations: results and endpoints. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { CommonError, NotFound, QuotaExceeded } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { lazy } from "../../../internal/schema/lazy.js"
import { struct } from "../../../internal/schema/struct.js"
import { Count, Text, textOr } from "../../../internal/schema/wire.js"
import { ContainerName, NamePart } from "../names.js"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The path and status of an object: a pair, as in Swift, or an object with named fields. */
const pairOf = (error: unknown): unknown => {
  if (Array.isArray(error)) return error.slice(0, 2)
  if (!isObject(error)) return [error, ""]
  return [error["Name"] ?? error["name"], error["Status"] ?? error["status"] ?? ""]
}

const errors = () =>
  Schema.optionalToRequired(Schema.Unknown, Schema.Array(Schema.Tuple(Text, Text)), {
    decode: Option.match({
      onNone: () => [],
      onSome: (list) =>
        list === null ? [] : ((Array.isArray(list) ? list.map(pairOf) : list) as Array<[string, string]>)
    }),
    encode: Option.some
  }).pipe(Schema.fromKey("Errors"))
const status = () => Schema.propertySignature(Text).pipe(Schema.fromKey("Response Status"))
const explanation = () => textOr("").pipe(Schema.fromKey("Response Body"))
const count = (key: string) =>
  Schema.optionalWith(Count, { nullable: true, default: () => 0 }).pipe(Schema.fromKey(key))

/** The response to a bulk operation. */
export interface BulkResult {
  readonly deleted: number
  readonly notFound: number
  /** The real result: the HTTP status is always 200. */
  readonly status: string
  readonly explanation: string
  /** The path and status of each failed object. */
  readonly errors: ReadonlyArray<readonly [string, string]>
}

export const BulkResult = struct<BulkResult>(() => ({
  deleted: count("Number Deleted"),
  notFound: count("Number Not Found"),
  status: status(),
  explanation: explanation(),
  errors: errors()
}))

/** The response to an archive. */
export interface ExtractResult {
  /** How many objects were created. */
  readonly created: number
  /** The real result: the HTTP status is always 200. */
  readonly status: string
  readonly explanation: string
  /** The percent-encoded path and status of each failed file. */
  readonly errors: ReadonlyArray<readonly [string, string]>
}

export const ExtractResult = struct<ExtractResult>(() => ({
  created: Schema.propertySignature(Count).pipe(Schema.fromKey("Number Files Created")),
  status: status(),
  explanation: explanation(),
  errors: errors()
}))

const Destination = lazy(() =>
  Schema.transform(
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
)

/** The bulk operations, as data. */
export const bulkEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Deletes up to 10,000 objects and empty containers, given as percent-encoded paths, one per line of the body;
   * `bulkDelete` uses it. "Bulk delete", `POST /v1/{account}?bulk-delete`.
   *
   * Rackspace documents a DELETE, and Swift accepts both methods. POST is used because a Swift without this feature
   * ignores it, whereas a DELETE could delete the account if the user may do that.
   */
  bulkDeletePaths: Endpoint.withRawBody(
    Endpoint.make("POST", "", {
      fixedQuery: { "bulk-delete": "" },
      headers: () => ({
        contentType: Schema.optional(Schema.Literal("text/plain")).pipe(Schema.fromKey("content-type"))
      }),
      success: Endpoint.json(BulkResult),
      errors: ["NotFound"],
      idempotent: true,
      longRunning: true
    })
  ),
  /**
   * Creates objects from the files in an archive; `extractArchive` uses it. "Extract archive", `PUT
   * /v1/{account}/{container}/{prefix}?extract-archive={format}`.
   */
  putArchive: Endpoint.withRawBody(
    Endpoint.make("PUT", "{+destination}", {
      parameters: { destination: Destination },
      query: () => ({
        format: Schema.propertySignature(Schema.Literal("tar", "tar.gz", "tar.bz2")).pipe(
          Schema.fromKey("extract-archive")
        )
      }),
      headers: () => ({
        /** The type of every object; if empty, the cloud guesses it from each name. */
        contentType: Schema.optional(Schema.String).pipe(Schema.fromKey("content-type"))
      }),
      success: Endpoint.json(ExtractResult),
      errors: ["NotFound", "QuotaExceeded"],
      longRunning: true
    })
  )
})

/** Whether the result is a success. */
export const isSuccess = (status: string): boolean => /^2\d\d\b/.test(status)

/** Whether an error shows that the cloud lacks bulk operations: it took the request as one for the account. */
export const isNotOffered = (error: CommonError | NotFound | QuotaExceeded): boolean =>
  error._tag === "MalformedResponse" ||
  error._tag === "NotFound" ||
  error._tag === "Forbidden" ||
  (error._tag === "UnexpectedStatus" && (error.status === 405 || error.status === 501))
