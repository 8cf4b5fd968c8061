/** Structs whose type is a named interface, which documents the fields. */
import * as Schema from "effect/Schema"
import { lazy } from "./lazy.js"

/** A schema, or a property signature, of exactly this type. */
interface Typed<in out A> {
  readonly [Schema.TypeId]: { readonly _A: (_: A) => A }
}

/** The type of `Schema.Struct`'s fields for an interface. */
export type FieldsOf<A> = {
  readonly [Key in keyof A]-?: {} extends Pick<A, Key>
    ? { readonly _TypeToken: "?:" } & (Typed<A[Key]> | Typed<Exclude<A[Key], undefined>>)
    : { readonly _TypeToken?: ":" } & Typed<A[Key]>
}

/**
 * Like `Schema.Struct`, for an interface that documents the fields. The compiler rejects fields that differ from the
 * interface's, and editors show the interface's name. The struct is built when it is first used.
 */
export const struct = <A extends object>(fields: () => FieldsOf<A>): Schema.Schema<A, unknown> =>
  // FieldsOf has checked the fields; Schema.Struct would infer another type from them.
  lazy(() => Schema.Struct(fields() as unknown as Schema.Struct.Fields) as unknown as Schema.Schema<A, unknown>)

/** Like `Schema.Struct`, but built when it is first used. */
export const lazyStruct = <Fields extends Schema.Struct.Fields>(fields: () => Fields) =>
  lazy(() => Schema.Struct(fields()))
