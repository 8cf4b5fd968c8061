/**
 * Listings as the operations on many objects read them: by the 10,000, and so with one look at each field instead of a decoder's
 * many.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { ContainerName, NamePart } from "./names.js"

/** An object in a listing, as the cloud writes it. */
export interface Listed {
  readonly name: string
  /** Of a dynamic large object 0. */
  readonly bytes: number
  /** The MD5 of a plain object's content; of a large object's manifest. */
  readonly hash: string
  readonly content_type: string
  /** UTC, without a zone. */
  readonly last_modified: string
}

const isListed = (u: unknown): u is Listed =>
  typeof u === "object" &&
  u !== null &&
  "name" in u &&
  typeof u.name === "string" &&
  "bytes" in u &&
  typeof u.bytes === "number" &&
  "hash" in u &&
  typeof u.hash === "string" &&
  "content_type" in u &&
  typeof u.content_type === "string" &&
  "last_modified" in u &&
  typeof u.last_modified === "string"

const Page = Schema.UndefinedOr(
  Schema.declare((u: unknown): u is ReadonlyArray<Listed> => Array.isArray(u) && u.every(isListed), {
    identifier: "Objects",
    description: "an array of objects with name, bytes, hash, content_type and last_modified"
  })
)

/** Part of a listing. */
export interface ListingInput {
  readonly container: string
  readonly prefix?: string | undefined
  /** Names up to and with this one are left out. */
  readonly marker?: string | undefined
  /** Names from this one on are left out. */
  readonly endMarker?: string | undefined
}

/** When an object of a listing was stored, milliseconds since 1970. */
export const storedAt = (object: Listed): number => {
  const text = object.last_modified.trim()
  return Date.parse(/([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}

/** Lists whole pages, in the byte order of the names. */
export const makeListing = (client: CloudClient, operation: string) => {
  const page = Endpoint.method(
    client,
    Endpoint.make(operation, "GET", "/{container}", {
      parameters: { container: ContainerName },
      query: {
        marker: Schema.optional(NamePart),
        endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
        prefix: Schema.optional(NamePart)
      },
      fixedQuery: { format: "json" },
      success: Endpoint.json(Page),
      errors: ["NotFound"]
    })
  )
  return (input: ListingInput): Stream.Stream<Listed, CommonError | NotFound> =>
    // The cloud may give fewer than are left, so that only a page without anything is the end.
    Stream.paginateChunkEffect(input.marker, (marker) =>
      Effect.map(page({ ...input, marker }), (objects = []) => [
        Chunk.unsafeFromArray(objects as Array<Listed>),
        Option.fromNullable(objects.at(-1)?.name)
      ])
    )
}
