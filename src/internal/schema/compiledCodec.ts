/**
 * Schemas, run the quick way: compiled once into plain functions that answer the value, or that they cannot tell.
 *
 * Effect's own parser makes an Either for each field of each item, objects for each renaming, and walks whatever a schema
 * says of its errors, which of a listing of a million items costs several seconds. Nearly all that is read and sent is right,
 * and for that nothing of it is needed. The functions here give exactly what the parser would give, or give up; whoever calls
 * them then asks the parser, which knows what was wrong. What they do not know themselves they ask of it, too.
 */
import * as Either from "effect/Either"
import { identity as unchanged } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** Returned in place of a value that must go through the parser. */
export const fallback: unique symbol = Symbol.for("effect-rackspace/fallback")

/** A value's way through a schema, in one direction. */
export type CompiledFunction = (input: unknown) => unknown

/** Annotates a schema with a quick decoder of its own, which returns what the parser would, or {@link fallback}. */
export const compiledDecoding: unique symbol = Symbol.for("effect-rackspace/annotation/QuickDecoding")

const compiledDecodingOf = AST.getAnnotation<CompiledFunction>(compiledDecoding)

const options: AST.ParseOptions = {}

const identity: CompiledFunction = unchanged

const hasOwn = Object.prototype.hasOwnProperty

/** What `typeof` says of whatever a type consists of, where that is all that there is to be checked. */
const kindOf = (ast: AST.AST): string | undefined =>
  AST.isStringKeyword(ast)
    ? "string"
    : AST.isNumberKeyword(ast)
      ? "number"
      : AST.isBooleanKeyword(ast)
        ? "boolean"
        : undefined

const ofKind =
  (kind: string): CompiledFunction =>
  (input) =>
    typeof input === kind ? input : fallback

/** The parser itself, for what is not compiled. */
const asked = (ast: AST.AST, isDecoding: boolean): CompiledFunction => {
  const schema = Schema.make<unknown, unknown, never>(ast)
  const parse = isDecoding ? ParseResult.decodeUnknownEither(schema) : ParseResult.encodeUnknownEither(schema)
  return (input) => {
    try {
      const result = parse(input)
      return Either.isRight(result) ? result.right : fallback
    } catch {
      // A schema that is asynchronous; the parser will say so.
      return fallback
    }
  }
}

/** What a step of a schema answers, where it does so at once. */
const settled = (result: unknown): unknown =>
  Either.isEither(result) && Either.isRight(result) ? result.right : fallback

const isRecord = (input: unknown): input is Record<PropertyKey, unknown> =>
  typeof input === "object" && input !== null && !Array.isArray(input)

interface Property {
  readonly name: PropertyKey
  readonly kind: string | undefined
  readonly isOptional: boolean
  readonly quick: CompiledFunction
}

const propertiesOf = (ast: AST.TypeLiteral, isDecoding: boolean): ReadonlyArray<Property> =>
  ast.propertySignatures.map(({ isOptional, name, type }) => ({
    name,
    kind: kindOf(type),
    isOptional,
    quick: compile(type, isDecoding)
  }))

const struct = (ast: AST.TypeLiteral, isDecoding: boolean): CompiledFunction | undefined => {
  const { indexSignatures } = ast
  if (ast.propertySignatures.length === 0 && indexSignatures.length === 0) return undefined
  if (indexSignatures.length > 1 || indexSignatures.some(({ parameter }) => !AST.isStringKeyword(parameter))) {
    return undefined
  }
  const properties = propertiesOf(ast, isDecoding)
  const [index] = indexSignatures
  if (index === undefined) {
    return (input) => {
      if (!isRecord(input)) return fallback
      const output: Record<PropertyKey, unknown> = {}
      for (const { isOptional, kind, name, quick } of properties) {
        const given = input[name]
        if (typeof given === kind) {
          output[name] = given
          continue
        }
        if (given === undefined && isOptional && !hasOwn.call(input, name)) continue
        const value = quick(given)
        if (value === fallback) return fallback
        output[name] = value
      }
      return output
    }
  }
  // What is named and what is not at once is rare.
  if (properties.length > 0) return undefined
  const quick = compile(index.type, isDecoding)
  return (input) => {
    if (!isRecord(input)) return fallback
    const output: Record<string, unknown> = {}
    for (const name of Object.keys(input)) {
      const value = quick(input[name])
      if (value === fallback) return fallback
      output[name] = value
    }
    return output
  }
}

/** How one field of the output is made: from which of the input, and what happens on the way. */
interface FieldPlan {
  readonly from: PropertyKey
  readonly to: PropertyKey
  /** Of what this kind is, nothing else is to be checked or changed. */
  readonly kind: string | undefined
  readonly first: CompiledFunction
  readonly mayLack: boolean
  /** None where the field is only renamed. */
  readonly change: ((value: Option.Option<unknown>) => Option.Option<unknown>) | undefined
  readonly second: CompiledFunction
  readonly mayEndWithout: boolean
}

/** Whether a type's own check passes whatever another type's check has passed. */
const isImplied = (outer: AST.AST, inner: AST.AST): boolean =>
  outer === inner || (kindOf(outer) !== undefined && kindOf(outer) === kindOf(inner))

/**
 * A struct some of whose fields are renamed, or are other than they were when absent: in one go, without the object between.
 */
const renamed = (
  source: AST.TypeLiteral,
  target: AST.TypeLiteral,
  changes: ReadonlyArray<AST.PropertySignatureTransformation>,
  isDecoding: boolean
): CompiledFunction | undefined => {
  if (source.indexSignatures.length > 0 || target.indexSignatures.length > 0) return undefined
  const direction = changes.map((change) =>
    isDecoding
      ? { from: change.from, to: change.to, change: change.decode }
      : { from: change.to, to: change.from, change: change.encode }
  )
  const fromNames = new Set(source.propertySignatures.map(({ name }) => name))
  const changed = new Set(direction.map(({ from }) => from))
  // A name that is one field's old and another's new one needs care about the order.
  const isTangled = direction.some(({ from, to }) => to !== from && (fromNames.has(to) || changed.has(to)))
  if (isTangled || changed.size < direction.length || direction.some(({ from }) => !fromNames.has(from))) {
    return undefined
  }
  const passages: Array<FieldPlan> = []
  for (const { isOptional, name, type } of target.propertySignatures) {
    const change = direction.find(({ to }) => to === name)
    const from = change?.from ?? name
    const given = source.propertySignatures.find((property) => property.name === from)
    if (given === undefined || (change === undefined && changed.has(name))) return undefined
    // What only renames a field is Effect's own identity.
    const isChange = change !== undefined && (change.change as unknown) !== unchanged
    passages.push({
      from,
      to: name,
      kind: !isChange && kindOf(given.type) === kindOf(type) ? kindOf(type) : undefined,
      first: compile(given.type, isDecoding),
      mayLack: given.isOptional,
      change: isChange ? change.change : undefined,
      second:
        !isChange && isImplied(type, isDecoding ? AST.typeAST(given.type) : AST.encodedAST(given.type))
          ? identity
          : compile(type, isDecoding),
      mayEndWithout: isOptional
    })
  }
  // What the input needs and nobody asks for must be checked all the same.
  const unasked = source.propertySignatures.some(({ name }) => !passages.some(({ from }) => from === name))
  if (unasked) return undefined
  // An object that has all its fields from the start is quicker to fill than one that gets them one by one.
  const blank: Readonly<Record<PropertyKey, unknown>> = passages.some(({ mayEndWithout }) => mayEndWithout)
    ? {}
    : Object.fromEntries(passages.map(({ to }) => [to, undefined]))
  return (input) => {
    if (!isRecord(input)) return fallback
    const output: Record<PropertyKey, unknown> = { ...blank }
    for (const { change, first, from, kind, mayEndWithout, mayLack, second, to } of passages) {
      const given = input[from]
      if (typeof given === kind) {
        output[to] = given
        continue
      }
      let value: unknown
      if (given === undefined && mayLack && !hasOwn.call(input, from)) {
        if (change === undefined) {
          if (mayEndWithout) continue
          return fallback
        } else {
          const changed = change(Option.none())
          if (Option.isNone(changed)) {
            if (mayEndWithout) continue
            value = undefined
          } else {
            value = changed.value
          }
        }
      } else {
        value = first(given)
        if (value === fallback) return fallback
        if (change !== undefined) {
          const changed = change(Option.some(value))
          if (Option.isNone(changed)) {
            if (mayEndWithout) continue
            value = undefined
          } else {
            value = changed.value
          }
        }
      }
      const last = second(value)
      if (last === fallback) return fallback
      output[to] = last
    }
    return output
  }
}

const transformed = (ast: AST.Transformation, isDecoding: boolean): CompiledFunction | undefined => {
  const { from, to, transformation } = ast
  const [source, target] = isDecoding ? [from, to] : [to, from]
  if (transformation._tag === "TypeLiteralTransformation") {
    return AST.isTypeLiteral(source) && AST.isTypeLiteral(target)
      ? renamed(source, target, transformation.propertySignatureTransformations, isDecoding)
      : undefined
  }
  const first = compile(source, isDecoding)
  const second = compile(target, isDecoding)
  if (transformation._tag === "ComposeTransformation") {
    return (input) => {
      const value = first(input)
      return value === fallback ? fallback : second(value)
    }
  }
  const change = isDecoding ? transformation.decode : transformation.encode
  return (input) => {
    const given = first(input)
    if (given === fallback) return fallback
    const value = settled(change(given, options, ast, input))
    return value === fallback ? fallback : second(value)
  }
}

/** Whether the parser would choose this member of a union by a literal in it, instead of trying one after the other. */
const hasLiteral = (ast: AST.AST, isDecoding: boolean): boolean => {
  const isLiteral = (type: AST.AST): boolean => AST.isLiteral(isDecoding ? AST.encodedAST(type) : AST.typeAST(type))
  switch (ast._tag) {
    case "TypeLiteral":
      return ast.propertySignatures.some(({ isOptional, type }) => !isOptional && isLiteral(type))
    case "TupleType":
      return ast.elements.some(({ isOptional, type }) => !isOptional && isLiteral(type))
    case "Refinement":
      return hasLiteral(ast.from, isDecoding)
    case "Transformation":
      return hasLiteral(isDecoding ? ast.from : ast.to, isDecoding)
    case "Declaration":
      return Option.isSome(AST.getSurrogateAnnotation(ast))
    case "Suspend":
      return true
    default:
      return false
  }
}

const union = (ast: AST.Union, isDecoding: boolean): CompiledFunction | undefined => {
  if (ast.types.some((type) => hasLiteral(type, isDecoding))) return undefined
  const members = ast.types.map((type) => compile(type, isDecoding))
  return (input) => {
    for (const member of members) {
      const value = member(input)
      if (value !== fallback) return value
    }
    return fallback
  }
}

const compiled = (ast: AST.AST, isDecoding: boolean): CompiledFunction | undefined => {
  switch (ast._tag) {
    case "StringKeyword":
      return ofKind("string")
    case "NumberKeyword":
      return ofKind("number")
    case "BooleanKeyword":
      return ofKind("boolean")
    case "UndefinedKeyword":
      return (input) => (input === undefined ? input : fallback)
    case "UnknownKeyword":
    case "AnyKeyword":
      return identity
    case "Literal":
      return (input) => (input === ast.literal ? input : fallback)
    case "TypeLiteral":
      return struct(ast, isDecoding)
    case "Union":
      return union(ast, isDecoding)
    case "Transformation":
      return transformed(ast, isDecoding)
    case "Refinement": {
      if (!isDecoding) {
        const check = compile(AST.typeAST(ast), true)
        let inner: AST.AST = ast.from
        while (AST.isRefinement(inner)) inner = inner.from
        const encode = compile(inner, false)
        return (input) => {
          const value = check(input)
          return value === fallback ? fallback : encode(value)
        }
      }
      const first = compile(ast.from, true)
      return (input) => {
        const value = first(input)
        return value === fallback || Option.isSome(ast.filter(value, options, ast)) ? fallback : value
      }
    }
    case "Declaration": {
      const parse = isDecoding ? ast.decodeUnknown(...ast.typeParameters) : ast.encodeUnknown(...ast.typeParameters)
      return (input) => settled(parse(input, options, ast))
    }
    case "TupleType": {
      const [rest] = ast.rest
      if (ast.elements.length > 0 || ast.rest.length !== 1 || rest === undefined) return undefined
      const quick = compile(rest.type, isDecoding)
      return (input) => {
        if (!Array.isArray(input)) return fallback
        const output: Array<unknown> = []
        for (const item of input) {
          const value = quick(item)
          if (value === fallback) return fallback
          output.push(value)
        }
        return output
      }
    }
    default:
      return undefined
  }
}

const known = [new WeakMap<AST.AST, CompiledFunction>(), new WeakMap<AST.AST, CompiledFunction>()] as const

const compile = (ast: AST.AST, isDecoding: boolean): CompiledFunction => {
  const memory = known[isDecoding ? 0 : 1]
  const before = memory.get(ast)
  if (before !== undefined) return before
  // A schema that says how it is to be parsed, or what to make of what is wrong, is the parser's.
  const isSpecial =
    Option.isSome(AST.getParseOptionsAnnotation(ast)) || Option.isSome(AST.getDecodingFallbackAnnotation(ast))
  const own = isDecoding ? Option.getOrUndefined(compiledDecodingOf(ast)) : undefined
  const quick = own ?? (isSpecial ? undefined : compiled(ast, isDecoding)) ?? asked(ast, isDecoding)
  memory.set(ast, quick)
  return quick
}

/** Decodes as `Schema.decodeUnknown` does, or answers {@link fallback}. */
export const compiledDecoder = (schema: Schema.Schema.AnyNoContext): CompiledFunction => compile(schema.ast, true)

/** Encodes as `Schema.encodeUnknown` does, or answers {@link fallback}. */
export const compiledEncoder = (schema: Schema.Schema.AnyNoContext): CompiledFunction => compile(schema.ast, false)
