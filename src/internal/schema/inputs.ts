/**
 * Validates the inputs of operations before anything is done.
 *
 * Operations of one request use the schemas of their endpoint. Others declare the schemas of their options ({@link
 * options}), or add some to those of an endpoint ({@link extended}).
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { traced } from "../tracing/operationSpan.js"
import { fallback, compiledEncoder } from "./compiledCodec.js"
import { invalidInput } from "./invalidInput.js"
import { type Issue, issuesOf, kindOf } from "./issues.js"
import { fieldsOf, knownOf, redacted, type RequestSchemas, type Shape, shapeOf, unknownFields } from "./knownFields.js"
import { lazyStruct } from "./struct.js"

type AnySchema = Schema.Schema.AnyNoContext

const none: ReadonlyArray<Issue> = []

/** The issues of an input that is not an object. */
export const wholeIssues = (known: ReadonlyArray<Shape>, input: unknown): ReadonlyArray<Issue> => {
  if (input === undefined || input === null || (typeof input === "object" && !Array.isArray(input))) return none
  const names = known.flatMap(fieldsOf)
  const expected = names.length === 0 ? "no input" : `an object with the fields of the operation (${names.join(", ")})`
  return [{ path: ".", expected: `${expected}, not ${kindOf(input)}` }]
}

/** Encodes an input with one of its schemas. */
export const encodeBy = (schema: AnySchema, input: unknown): Either.Either<unknown, ReadonlyArray<Issue>> => {
  const encoded = compiledEncoder(schema)(input)
  return encoded === fallback
    ? Either.mapLeft(Schema.encodeUnknownEither(schema, { errors: "all" })(input), issuesOf)
    : Either.right(encoded)
}

/** The input of an operation. The phantom properties let the compiler compare it with the operation's type. */
export interface Takes<in Input, in Names extends string> {
  /** The issues of an input. */
  readonly issues: (input: unknown) => ReadonlyArray<Issue>
  readonly "~accepts"?: (input: Input) => void
  readonly "~names"?: (name: Names) => void
}

/** An input with these options and schemas. */
export const options = <const Fields extends Schema.Struct.Fields>(
  fields: Fields
): Takes<Schema.Struct.Type<Fields>, keyof Fields & string> => takes(fields as Schema.Struct.Fields, [], [])

/** The input of an endpoint with additional options, and without the named fields, which the operation sets itself. */
export const extended = <Input, const Fields extends Schema.Struct.Fields, Except extends keyof Input & string = never>(
  endpoint: RequestSchemas & { readonly "~types"?: { readonly input: (input: Input) => Input } },
  fields: Fields,
  ...except: ReadonlyArray<Except>
): Takes<Schema.Struct.Type<Fields>, Exclude<keyof Input & string, Except> | (keyof Fields & string)> =>
  takes(
    fields as Schema.Struct.Fields,
    [endpoint.parameters, endpoint.query, endpoint.headers, endpoint.body].flatMap((part) =>
      part === undefined || part === "raw" ? [] : [part]
    ),
    except,
    () => knownOf(endpoint)
  )

const takes = (
  fields: Schema.Struct.Fields,
  parts: ReadonlyArray<AnySchema>,
  except: ReadonlyArray<string>,
  knownOfParts: () => ReadonlyArray<Shape> = () => []
): Takes<unknown, string> => {
  // The fields' types are checked where the inputs are declared.
  const own = lazyStruct(() => fields) as unknown as AnySchema
  const others = new Set([...except, ...Object.keys(fields)])
  let known: ReadonlyArray<Shape> | undefined
  const makeKnown = (): ReadonlyArray<Shape> => [...knownOfParts().map((shape) => without(shape, others)), shapeOf(own)]
  const wrong = (schema: AnySchema, input: unknown): ReadonlyArray<Issue> =>
    Either.match(encodeBy(schema, input), { onLeft: (issues) => issues, onRight: () => none })
  return {
    issues: (given) => {
      known ??= makeKnown()
      const whole = wholeIssues(known, given)
      if (whole.length > 0) return whole
      const input = redacted(known, given ?? {})
      return [
        ...unknownFields(known, given ?? {}),
        ...parts.flatMap((part) => wrong(part, input).filter(({ path }) => !others.has(path.split(".")[0] ?? ""))),
        ...wrong(own, input)
      ]
    }
  }
}

const without = (shape: Shape, names: ReadonlySet<string>): Shape =>
  shape._tag === "Fields"
    ? { ...shape, fields: new Map([...shape.fields].filter(([name]) => !names.has(name))) }
    : shape

type KeysOf<Input> = Input extends unknown ? keyof Input & string : never

type InputOf<Method> = Method extends (input: infer Input, ...more: never) => unknown ? NonNullable<Input> : never

/** The inputs of the named operations. The compiler requires all fields, and that no valid input is refused. */
type TakenBy<Service, Names extends keyof Service> = {
  readonly [Name in Names]: Takes<InputOf<Service[Name]>, KeysOf<InputOf<Service[Name]>>>
}

type AnyMethod = (...input: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>

/**
 * Makes the named operations of a service, which take several requests, fail with `InvalidInput` if their input is invalid, and
 * gives each a span of its own, whose children are the requests.
 */
export const checked = <Service extends object, Names extends keyof Service>(
  service: string,
  methods: Service,
  inputs: TakenBy<Service, Names>
): Service => {
  const checking = Object.entries(inputs as Readonly<Record<string, Takes<never, never>>>).map(([name, { issues }]) => {
    const method = (methods as Readonly<Record<string, AnyMethod>>)[name] as AnyMethod
    const operation = `${service}.${name}`
    const run: AnyMethod = (input, ...more) => {
      const found = issues(input)
      // A failed Effect is a failed Stream too.
      return found.length === 0
        ? traced(operation, method(input ?? undefined, ...more))
        : Effect.fail(invalidInput(service, operation, found))
    }
    return [name, run]
  })
  return { ...methods, ...(Object.fromEntries(checking) as Partial<Service>) }
}
