/**
 * Compiles schemas once into plain functions that return the value, or {@link fallback} if they cannot.
 *
 * Effect's own parser creates an Either for each field and objects for each renaming, which costs several seconds in a
 * listing of a million items. Nearly all values are valid and need none of this. A compiled function returns exactly
 * what the parser would return, or `fallback`; the caller then runs the parser, which reports the errors. Parts that
 * cannot be compiled run the parser too.
 */
import * as Either from "effect/Either"
import { identity as unchanged } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** Returned if a value must go through the parser. */
export const fallback: unique symbol = Symbol.for("effect-rackspace/fallback")

/** Decodes or encodes a value. */
export type CompiledFunction = (input: unknown) => unknown

/** Annotates a schema with a fast decoder, which returns what the parser would return, or {@link fallback}. */
export const compiledDecoding: unique symbol = Symbol.for("effect-rackspace/annotation/CompiledDecoding")

const compiledDecodingOf = AST.getAnnotation<CompiledFunction>(compiledDecoding)

const options: AST.ParseOptions = {}

const identity: CompiledFunction = unchanged

const hasOwn = Object.prototype.hasOwnProperty

/** The `typeof` of a type's values, if nothing else must be checked. */
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

/** Runs the parser, for parts that are not compiled. */
const parsed = (ast: AST.AST, isDecoding: boolean): CompiledFunction => {
  const schema = Schema.make<unknown, unknown, never>(ast)
  const parse = isDecoding ? ParseResult.decodeUnknownEither(schema) : ParseResult.encodeUnknownEither(schema)
  return (input) => {
    try {
      const result = parse(input)
      return Either.isRight(result) ? result.right : fallback
    } catch {
      // The schema is asynchronous, which the parser will report.
      return fallback
    }
  }
}

/** The result of a schema's step, if it is synchronous. */
const settled = (result: unknown): unknown =>
  Either.isEither(result) && Either.isRight(result) ? result.right : fallback

const isRecord = (input: unknown): input is Record<PropertyKey, unknown> =>
  typeof input === "object" && input !== null && !Array.isArray(input)

interface Property {
  readonly name: PropertyKey
  readonly kind: string | undefined
  readonly isOptional: boolean
  readonly run: CompiledFunction
}

const propertiesOf = (ast: AST.TypeLiteral, isDecoding: boolean): ReadonlyArray<Property> =>
  ast.propertySignatures.map(({ isOptional, name, type }) => ({
    name,
    kind: kindOf(type),
    isOptional,
    run: compile(type, isDecoding)
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
      for (const { isOptional, kind, name, run } of properties) {
        const given = input[name]
        if (typeof given === kind) {
          output[name] = given
          continue
        }
        if (given === undefined && isOptional && !hasOwn.call(input, name)) continue
        const value = run(given)
        if (value === fallback) return fallback
        output[name] = value
      }
      return output
    }
  }
  // A combination of fields and an index signature is rare, and not compiled.
  if (properties.length > 0) return undefined
  const run = compile(index.type, isDecoding)
  return (input) => {
    if (!isRecord(input)) return fallback
    const output: Record<string, unknown> = {}
    for (const name of Object.keys(input)) {
      const value = run(input[name])
      if (value === fallback) return fallback
      output[name] = value
    }
    return output
  }
}

/** How to produce one field of the output. */
interface FieldPlan {
  readonly from: PropertyKey
  readonly to: PropertyKey
  /** If the value's `typeof` is this, nothing else must be checked or changed. */
  readonly kind: string | undefined
  readonly first: CompiledFunction
  readonly mayLack: boolean
  /** Undefined if the field is only renamed. */
  readonly change: ((value: Option.Option<unknown>) => Option.Option<unknown>) | undefined
  readonly second: CompiledFunction
  readonly mayEndWithout: boolean
}

/** Whether `outer` accepts everything that `inner` accepts. */
const isImplied = (outer: AST.AST, inner: AST.AST): boolean =>
  outer === inner || (kindOf(outer) !== undefined && kindOf(outer) === kindOf(inner))

/** A struct with renamed fields or defaults for missing ones, without an intermediate object. */
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
  // A name that is both an old and a new one would require a certain order of assignments.
  const isTangled = direction.some(({ from, to }) => to !== from && (fromNames.has(to) || changed.has(to)))
  if (isTangled || changed.size < direction.length || direction.some(({ from }) => !fromNames.has(from))) {
    return undefined
  }
  const plans: Array<FieldPlan> = []
  for (const { isOptional, name, type } of target.propertySignatures) {
    const change = direction.find(({ to }) => to === name)
    const from = change?.from ?? name
    const given = source.propertySignatures.find((property) => property.name === from)
    if (given === undefined || (change === undefined && changed.has(name))) return undefined
    // A field that is only renamed has Effect's own identity function.
    const isChange = change !== undefined && (change.change as unknown) !== unchanged
    plans.push({
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
  // Required input fields that no output field uses must be checked too.
  const unused = source.propertySignatures.some(({ name }) => !plans.some(({ from }) => from === name))
  if (unused) return undefined
  // An object with all fields from the start is faster to fill.
  const blank: Readonly<Record<PropertyKey, unknown>> = plans.some(({ mayEndWithout }) => mayEndWithout)
    ? {}
    : Object.fromEntries(plans.map(({ to }) => [to, undefined]))
  return (input) => {
    if (!isRecord(input)) return fallback
    const output: Record<PropertyKey, unknown> = { ...blank }
    for (const { change, first, from, kind, mayEndWithout, mayLack, second, to } of plans) {
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

/** Whether the parser would select this member of a union by a literal instead of trying all. */
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
      const run = compile(rest.type, isDecoding)
      return (input) => {
        if (!Array.isArray(input)) return fallback
        const output: Array<unknown> = []
        for (const item of input) {
          const value = run(item)
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
  // The parser handles schemas with their own parse options or error messages.
  const isSpecial =
    Option.isSome(AST.getParseOptionsAnnotation(ast)) || Option.isSome(AST.getDecodingFallbackAnnotation(ast))
  const own = isDecoding ? Option.getOrUndefined(compiledDecodingOf(ast)) : undefined
  const run = own ?? (isSpecial ? undefined : compiled(ast, isDecoding)) ?? parsed(ast, isDecoding)
  memory.set(ast, run)
  return run
}

/** Decodes like `Schema.decodeUnknown`, or returns {@link fallback}. */
export const compiledDecoder = (schema: Schema.Schema.AnyNoContext): CompiledFunction => compile(schema.ast, true)

/** Encodes like `Schema.encodeUnknown`, or returns {@link fallback}. */
export const compiledEncoder = (schema: Schema.Schema.AnyNoContext): CompiledFunction => compile(schema.ast, false)
