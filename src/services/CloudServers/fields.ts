/** Fields that several resources of Cloud Servers share, and their validation. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, Id, Named, openEnum, Text, Timestamp } from "../../internal/schema/wire.js"

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `{ "id": … }`, or the empty string for none. Since Nova's microversion 2.47 a flavor has no id. */
export const reference = () =>
  Schema.optionalToOptional(Schema.Unknown, Schema.String, {
    decode: Option.flatMap((value): Option.Option<string> => {
      const id = isRecord(value) ? value["id"] : value
      return (typeof id === "string" && id !== "") || typeof id === "number" ? Option.some(String(id)) : Option.none()
    }),
    encode: Option.map((id): unknown => ({ id }))
  })

/** Whether the cloud resizes the file system to fill the disk (`AUTO`) or not (`MANUAL`). */
export const DiskConfig = openEnum("AUTO", "MANUAL")

export type DiskConfig = typeof DiskConfig.Type

/** Id and name of a server, flavor or image. */
export interface Summary {
  readonly id: string
  /** Absent if the cloud does not return it. */
  readonly name?: string | undefined
}

export const Summary = struct<Summary>(() => ({ id: Id, name: nullableOptional(Text) }))

/** Counts Unicode code points as Nova does, instead of UTF-16 code units. */
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

export const changesSince = () => Schema.optional(Timestamp).pipe(Schema.fromKey("changes-since"))

/** A map of numbers by name. Other values are dropped. */
export const Numbers: Schema.Schema<Readonly<Record<string, number>>, unknown> = lazy(() =>
  Schema.transform(Schema.Unknown, Schema.Record({ key: Schema.String, value: Schema.Number }), {
    strict: true,
    decode: (wire) =>
      Object.fromEntries(
        Object.entries(isRecord(wire) ? wire : {}).flatMap(([name, value]) => {
          const number = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
          return typeof number === "number" ? [[name, number] as const] : []
        })
      ),
    encode: (numbers): unknown => numbers
  })
)
