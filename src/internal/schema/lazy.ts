/**
 * Schemas that are built when they are first used. To build all of them when the package is imported would take longer than to load
 * its code.
 */
import * as Pipeable from "effect/Pipeable"
import * as Schema from "effect/Schema"

/** Calls `build` at the first call only, and returns its result at each. */
export const once = <A>(build: () => A): (() => A) => {
  let built: { readonly value: A } | undefined
  return () => (built ??= { value: build() }).value
}

class LazySchema<A, I, R> extends Pipeable.Class() implements Schema.Schema<A, I, R> {
  declare readonly Type: A
  declare readonly Encoded: I
  declare readonly Context: R
  declare readonly [Schema.TypeId]: Schema.Schema.Variance<A, I, R>[Schema.TypeId]

  constructor(private readonly build: () => Schema.Schema<A, I, R>) {
    super()
  }

  get ast() {
    return this.build().ast
  }

  annotations(annotations: Schema.Annotations.GenericSchema<A>) {
    return this.build().annotations(annotations)
  }
}

// Types only, as of every schema; Schema.isSchema looks for it.
Object.defineProperty(LazySchema.prototype, Schema.TypeId, { value: Schema.Unknown[Schema.TypeId] })

/**
 * Hides the encoded type of a schema, which is the wire's own and would only make hovers long. The compiler still checks the type:
 * `const Zone: Schema.Schema<Zone, unknown> = hideEncoded(…)`.
 */
export const hideEncoded = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, unknown> =>
  schema as unknown as Schema.Schema<A, unknown>

/** A schema that is built when it is first used. */
export const lazy = <A, I, R>(build: () => Schema.Schema<A, I, R>): Schema.Schema<A, I, R> =>
  new LazySchema(once(build))
