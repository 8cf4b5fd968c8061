/** Structs whose type is a named interface, which documents the fields. */
import * as Schema from "effect/Schema"

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
 * interface's, and editors show the interface's name.
 */
export const struct = <A extends object>(fields: FieldsOf<A>): Schema.Schema<A, unknown> =>
  // FieldsOf has checked the fields; Schema.Struct would infer another type from them.
  Schema.Struct(fields as unknown as Schema.Struct.Fields) as unknown as Schema.Schema<A, unknown>
