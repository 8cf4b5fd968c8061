/**
 * Finds unknown fields in the input of an operation. They are refused, because silently dropping them would do
 * something else than the caller asked for.
 *
 * {@link shapeOf} reads the known fields from a schema.
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { knownName } from "./closest.js"
import type { Issue } from "./issues.js"

/** The known structure of a value: for an object its fields and their structures. */
export type Shape =
  /** Not an object, or one whose content is not checked: a date, a secret, a function. */
  | { readonly _tag: "Opaque" }
  /** A string that is redacted first. */
  | { readonly _tag: "Secret" }
  | { readonly _tag: "Fields"; readonly fields: ReadonlyMap<string, Shape>; readonly others: Shape | undefined }
  | { readonly _tag: "List"; readonly items: ReadonlyArray<Shape>; readonly others: Shape | undefined }
  | { readonly _tag: "OneOf"; readonly members: ReadonlyArray<Member> }

interface Member {
  readonly shape: Shape
  readonly accepts: (value: unknown) => boolean
}

const opaque: Shape = { _tag: "Opaque" }

const secret: Shape = { _tag: "Secret" }

const secretAnnotation: unique symbol = Symbol.for("effect-rackspace/annotation/Secret")

/** A secret in a request. Its type also allows a plain text, which {@link redacted} wraps before the input is encoded. */
export const secretInput = (text: Schema.Schema<string>): Schema.Schema<string | Redacted.Redacted, string> =>
  Schema.transform(
    text,
    Schema.RedactedFromSelf(Schema.typeSchema(text)).annotations({
      [secretAnnotation]: true,
      description: "a text, plain or redacted"
    }),
    { strict: true, decode: (plain) => Redacted.make(plain), encode: (given) => Redacted.value(given) }
  ) as unknown as Schema.Schema<string | Redacted.Redacted, string>

const shapes = new WeakMap<AST.AST, Shape>()

const compiled = (ast: AST.AST): Shape => {
  switch (ast._tag) {
    case "TypeLiteral":
      return {
        _tag: "Fields",
        fields: new Map(ast.propertySignatures.map(({ name, type }) => [String(name), shapeOfType(type)])),
        others: ast.indexSignatures[0] === undefined ? undefined : shapeOfType(ast.indexSignatures[0].type)
      }
    case "TupleType":
      return {
        _tag: "List",
        items: ast.elements.map(({ type }) => shapeOfType(type)),
        others: ast.rest[0] === undefined ? undefined : shapeOfType(ast.rest[0].type)
      }
    case "Refinement":
      return shapeOfType(ast.from)
    case "Declaration":
      return ast.annotations[secretAnnotation] === true ? secret : opaque
    case "Union": {
      const members = ast.types
        .map((type) => ({ shape: shapeOfType(type), accepts: Schema.is(Schema.make<unknown, unknown, never>(type)) }))
        .filter(({ shape }) => shape !== opaque)
      const isAnything = ast.types.some((type) => AST.isUnknownKeyword(type) || AST.isAnyKeyword(type))
      if (members.length === 0 || isAnything) return opaque
      return members.length === 1 ? (members[0]?.shape ?? opaque) : { _tag: "OneOf", members }
    }
    default:
      return opaque
  }
}

const shapeOfType = (ast: AST.AST): Shape => {
  const before = shapes.get(ast)
  if (before !== undefined) return before
  const shape = compiled(ast)
  shapes.set(ast, shape)
  return shape
}

const ofSchemas = new WeakMap<AST.AST, Shape>()

/** The structure of the values that a schema encodes. */
export const shapeOf = (schema: Schema.Schema.AnyNoContext): Shape => {
  const before = ofSchemas.get(schema.ast)
  if (before !== undefined) return before
  const shape = shapeOfType(AST.typeAST(schema.ast))
  ofSchemas.set(schema.ast, shape)
  return shape
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const none: ReadonlyArray<Issue> = []

const isOfKind = (shape: Shape, value: unknown): boolean =>
  shape._tag === "Fields" ? !Array.isArray(value) : shape._tag !== "List" || Array.isArray(value)

/** The unknown fields of a value at this path of the input. Undefined fields count as absent. */
const unknownIn = (shape: Shape, value: unknown, path: string): ReadonlyArray<Issue> => {
  if (!isObject(value)) return none
  switch (shape._tag) {
    case "Opaque":
    case "Secret":
      return none
    case "Fields":
      return Array.isArray(value) ? none : unknownFields([shape], value, path)
    case "List": {
      if (!Array.isArray(value) || (shape.items.length === 0 && shape.others?._tag === "Opaque")) return none
      return value.flatMap((item, index) =>
        unknownIn(shape.items[index] ?? shape.others ?? opaque, item, `${path}${index}.`)
      )
    }
    case "OneOf": {
      const ofKind = shape.members.filter((member) => isOfKind(member.shape, value))
      const accepting = ofKind.filter(({ accepts }) => accepts(value))
      const found = (accepting.length === 0 ? ofKind : accepting).map((member) => unknownIn(member.shape, value, path))
      return found.toSorted((a, b) => a.length - b.length)[0] ?? none
    }
  }
}

/** The names of a value's fields. */
export const fieldsOf = (shape: Shape): ReadonlyArray<string> =>
  shape._tag === "Fields"
    ? [...shape.fields.keys()]
    : shape._tag === "OneOf"
      ? shape.members.flatMap((member) => fieldsOf(member.shape))
      : []

/** The structure of a field; undefined if the field is unknown. */
const fieldOf = (shape: Shape, name: string): Shape | undefined => {
  switch (shape._tag) {
    case "Opaque":
      return opaque
    case "Fields":
      return shape.fields.get(name) ?? shape.others
    case "List":
    case "Secret":
      return undefined
    case "OneOf":
      return shape.members.map((member) => fieldOf(member.shape, name)).find((field) => field !== undefined)
  }
}

/** What is expected instead of an unknown field: the most similar field, otherwise a list of all. */
const expectedInstead = (name: string, known: ReadonlyArray<Shape>): string => {
  const names = [...new Set(known.flatMap(fieldsOf))]
  return names.length === 0 ? "no field here" : knownName("field", name, names)
}

/** The fields of an object that none of the shapes contains, at any depth. */
export const unknownFields = (known: ReadonlyArray<Shape>, value: object, path = ""): ReadonlyArray<Issue> => {
  let issues: Array<Issue> | undefined
  for (const name of Object.keys(value)) {
    const given = (value as Readonly<Record<string, unknown>>)[name]
    if (given === undefined) continue
    let field: Shape | undefined
    for (const shape of known) field ??= fieldOf(shape, name)
    if (field === undefined) {
      issues = [...(issues ?? []), { path: path + name, expected: expectedInstead(name, known) }]
    } else if (field !== opaque && isObject(given)) {
      const deeper = unknownIn(field, given, `${path}${name}.`)
      if (deeper.length > 0) issues = [...(issues ?? []), ...deeper]
    }
  }
  return issues ?? none
}

const withSecrets = new WeakMap<Shape, boolean>()

const holdsSecret = (shape: Shape): boolean => {
  const before = withSecrets.get(shape)
  if (before !== undefined) return before
  // Shapes can be recursive.
  withSecrets.set(shape, false)
  const holds =
    shape._tag === "Secret" ||
    (shape._tag === "Fields" && [...shape.fields.values(), shape.others ?? opaque].some(holdsSecret)) ||
    (shape._tag === "List" && [...shape.items, shape.others ?? opaque].some(holdsSecret)) ||
    (shape._tag === "OneOf" && shape.members.some((member) => holdsSecret(member.shape)))
  withSecrets.set(shape, holds)
  return holds
}

/** Redacts every secret in a value. */
const redactedIn = (shape: Shape, value: unknown): unknown => {
  if (shape._tag === "Secret") return typeof value === "string" ? Redacted.make(value) : value
  if (!isObject(value) || !holdsSecret(shape)) return value
  switch (shape._tag) {
    case "List":
      return Array.isArray(value)
        ? value.map((item: unknown, index) => redactedIn(shape.items[index] ?? shape.others ?? opaque, item))
        : value
    case "OneOf":
      return shape.members.reduce((found: unknown, member) => redactedIn(member.shape, found), value)
    default:
      return Array.isArray(value)
        ? value
        : Object.fromEntries(
            Object.entries(value).map(([name, field]) => [name, redactedIn(fieldOf(shape, name) ?? opaque, field)])
          )
  }
}

/** Redacts every secret in an input that one of the shapes contains. */
export const redacted = (known: ReadonlyArray<Shape>, input: unknown): unknown =>
  known.reduce((found, shape) => redactedIn(shape, found), input)

/** The parts of an endpoint that define its input. */
export interface RequestSchemas {
  readonly parameters: Schema.Schema.AnyNoContext | undefined
  readonly query: Schema.Schema.AnyNoContext | undefined
  readonly headers: Schema.Schema.AnyNoContext | undefined
  readonly body: Schema.Schema.AnyNoContext | "raw" | undefined
}

const rawBody: Shape = { _tag: "Fields", fields: new Map([["content", opaque]]), others: undefined }

/** The structure of an endpoint's input: one shape for each part of the request. */
export const knownOf = ({ body, headers, parameters, query }: RequestSchemas): ReadonlyArray<Shape> => {
  const known: Array<Shape> = []
  for (const part of [parameters, query, headers, body]) {
    if (part !== undefined) known.push(part === "raw" ? rawBody : shapeOf(part))
  }
  return known
}
