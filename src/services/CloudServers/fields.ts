/** What several resources of Cloud Servers share: fields, and rules that are checked before a request is sent. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, Id, Named, openEnum, Text, Timestamp } from "../../internal/schema/wire.js"

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `{ "id": … }`, or the empty string for none; from Nova's microversion 2.47 on a flavor without an id. */
export const reference = Schema.optionalToOptional(Schema.Unknown, Schema.String, {
  decode: Option.flatMap((value): Option.Option<string> => {
    const id = isRecord(value) ? value["id"] : value
    return (typeof id === "string" && id !== "") || typeof id === "number" ? Option.some(String(id)) : Option.none()
  }),
  encode: Option.map((id): unknown => ({ id }))
})

/** Whether the cloud grows the file system with the disk (`AUTO`) or leaves it (`MANUAL`). */
export const DiskConfig = openEnum("AUTO", "MANUAL")

export type DiskConfig = typeof DiskConfig.Type

/** Id and name of a server, flavor or image. */
export interface Summary {
  readonly id: string
  /** Absent where the cloud does not return it. */
  readonly name?: string | undefined
}

export const Summary = struct<Summary>({ id: Id, name: nullableOptional(Text) })

/** Nova counts code points, of which JavaScript's strings have some as two units. */
export const charactersOf = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

export const atMost255 = (text: string): boolean => text.length <= 255 || charactersOf(text) <= 255

/** The name of a server or an image. */
export const ServerName = Named.pipe(Schema.filter(atMost255, { description: "a name of 1 to 255 characters" }))

export const Description = Schema.String.pipe(
  Schema.filter(atMost255, { description: "a description of at most 255 characters" })
)

export const changesSince = Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since"))

/** A map of numbers by their names: other values are left out. */
export const Numbers: Schema.Schema<Readonly<Record<string, number>>, unknown> = Schema.transform(
  Schema.Unknown,
  Schema.Record({ key: Schema.String, value: Schema.Number }),
  {
    strict: true,
    decode: (wire) =>
      Object.fromEntries(
        Object.entries(isRecord(wire) ? wire : {}).flatMap(([name, value]) => {
          const number = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
          return typeof number === "number" ? [[name, number] as const] : []
        })
      ),
    encode: (numbers): unknown => numbers
  }
)
