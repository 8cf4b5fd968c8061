/**
 * The headers that a cloud stores with an object, byte for byte. They must be sent again when headers are changed,
 * since Swift removes those that a request does not include.
 */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { DocumentedError } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { lazy } from "../../../internal/schema/lazy.js"
import { lazyStruct } from "../../../internal/schema/struct.js"
import { isStored, toLatin1, type Values } from "../headers.js"
import { ObjectInfo } from "./objects.js"
import { objectPath, symlink } from "./requests.js"

/** An object's headers, and the stored ones unchanged: names in lower case, bytes as Latin-1. */
export interface StoredHeaders {
  readonly info: ObjectInfo
  readonly stored: Values
}

const storedIn = (headers: Readonly<Record<string, string | undefined>>): Values =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined && isStored(name) ? [[name, toLatin1(value)]] : []
    )
  )

const Stored = lazy(() =>
  Schema.transformOrFail(
    Schema.Record({ key: Schema.String, value: Schema.UndefinedOr(Schema.String) }),
    Schema.Struct({
      info: Schema.typeSchema(ObjectInfo),
      stored: Schema.Record({ key: Schema.String, value: Schema.String })
    }),
    {
      strict: true,
      decode: (headers) =>
        ParseResult.map(ParseResult.decodeUnknown(ObjectInfo)(headers), (info) => ({
          info,
          stored: storedIn(headers)
        })),
      encode: ({ stored }) => ParseResult.succeed(stored)
    }
  )
)

/** The headers of an object; of a symbolic link, those of its target. */
export const getStoredHeaders = Endpoint.named(
  "CloudFiles.getObjectInfo",
  Endpoint.make("HEAD", "/{container}/{+object}", {
    parameters: objectPath,
    query: () => ({ symlink: symlink() }),
    success: Endpoint.headers(Stored),
    errors: ["NotFound"]
  })
)

const Kept = lazyStruct(() => ({
  kept: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })).pipe(Schema.fromKey(":kept"))
}))

/** Adds a field `kept` to an operation's input: headers that are sent unchanged and unchecked. */
export const withKept = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  endpoint: Endpoint.Endpoint<Input, Output, Tag, R>
): Endpoint.Endpoint<Input & { readonly kept?: Values | undefined }, Output, Tag, R> =>
  // An endpoint's schemas have no static types, so the compiler does not see the added field.
  ({
    ...endpoint,
    headers: lazy(() => (endpoint.headers === undefined ? Kept : Schema.extend(Kept, endpoint.headers)))
  }) as never

/** The header that each input field sets. */
const headerOfField: Readonly<Record<string, string>> = {
  contentType: "content-type",
  detectContentType: "content-type",
  contentEncoding: "content-encoding",
  contentDisposition: "content-disposition",
  contentLanguage: "content-language",
  cacheControl: "cache-control",
  corsAllowOrigins: "access-control-allow-origin",
  corsMaxAge: "access-control-max-age",
  corsAllowHeaders: "access-control-allow-headers",
  corsExposeHeaders: "access-control-expose-headers",
  deleteAt: "x-delete-at",
  deleteAfter: "x-delete-at"
}

/** Changes to an object's headers. Each field that is not undefined changes a header. */
export interface HeaderChanges {
  readonly [field: string]: unknown
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** Metadata keys to remove. */
  readonly remove?: ReadonlyArray<string> | undefined
}

const metadataHeader = (key: string): string => `x-object-meta-${key.toLowerCase()}`

/** The stored headers that the changes do not affect. */
export const unnamed = (stored: Values, changes: HeaderChanges): Values => {
  const { headers = {}, metadata = {}, remove = [] } = changes
  const named = new Set([
    ...Object.entries(headerOfField).flatMap(([field, header]) => (changes[field] === undefined ? [] : [header])),
    ...Object.keys(headers).map((name) => name.toLowerCase()),
    ...Object.keys(metadata).map(metadataHeader),
    ...remove.map(metadataHeader)
  ])
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !named.has(name)))
}
