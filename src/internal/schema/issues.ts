/** Describes schema errors without revealing values: the path, what was expected, and the kind of the value. */
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as SchemaAST from "effect/SchemaAST"

export interface Issue {
  readonly path: string
  readonly expected: string
}

/** Whether a number is expected here. Elsewhere a number may be a secret without quotes. */
const isNumeric = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isNumberKeyword(ast) ||
  (SchemaAST.isRefinement(ast) && isNumeric(ast.from)) ||
  (SchemaAST.isTransformation(ast) && isNumeric(ast.to)) ||
  (SchemaAST.isUnion(ast) && ast.types.some(isNumeric))

/** The kind of a value: `an array`. A number or boolean is shown itself where a number is expected. */
export const kindOf = (value: unknown, ast: SchemaAST.AST = SchemaAST.unknownKeyword): string => {
  if (value === null) return "null"
  if (value === undefined) return "nothing"
  if (value === "") return "the empty string"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "boolean" || (typeof value === "number" && isNumeric(ast))) return String(value)
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** Describes a value of the wrong kind: `, not null`. */
const instead = (value: unknown, ast: SchemaAST.AST): string => `, not ${kindOf(value, ast)}`

/** Describes a value of the right kind that violates a rule. Strings and objects may be secrets, and are hidden. */
const broken = (value: unknown, ast: SchemaAST.AST): string =>
  typeof value === "number" || typeof value === "boolean" || value === "" ? instead(value, ast) : ""

/** The expectation: from the schema's own annotations, since Effect's default messages quote the value. */
const expectedBy = (ast: SchemaAST.AST): string => {
  const message = SchemaAST.getMessageAnnotation(ast).pipe(
    Option.map((make) => make({ _tag: "Type", ast, actual: undefined, message: undefined } as ParseResult.Type)),
    Option.filter((made): made is string => typeof made === "string"),
    Option.getOrUndefined
  )
  return (
    message ??
    Option.getOrUndefined(SchemaAST.getDescriptionAnnotation(ast).pipe(Option.filter(() => !isBoolean(ast)))) ??
    structure(ast)
  )
}

const isBoolean = SchemaAST.isBooleanKeyword

/** Descriptions of Effect's declarations that have none. */
const declared: Readonly<Record<string, string>> = {
  DurationFromSelf: "a Duration, such as Duration.days(90)",
  DateTimeUtcFromSelf: "a DateTime.Utc",
  Uint8ArrayFromSelf: "a Uint8Array"
}

/** Names a kind of value if the schema has no description. */
const structure = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "BooleanKeyword":
      return "true or false"
    case "TypeLiteral":
      return "an object"
    case "TupleType":
      return "an array"
    case "Union":
      return anyOf(ast.types)
    case "Refinement":
      return expectedBy(ast.from)
    case "Transformation":
      return expectedBy(ast.to)
    case "Suspend":
      return expectedBy(ast.f())
    case "Declaration": {
      const identifier = Option.getOrElse(SchemaAST.getIdentifierAnnotation(ast), () => "")
      return declared[identifier] ?? (identifier || "another value")
    }
    default:
      return String(ast)
  }
}

/** Members of a union; `undefined` and `null` are not mentioned. */
const anyOf = (members: ReadonlyArray<SchemaAST.AST>): string =>
  [
    ...new Set(
      members
        .filter((member) => !SchemaAST.isUndefinedKeyword(member) && member !== SchemaAST.null)
        .map((member) => expectedBy(member))
    )
  ].join(" or ")

const pathText = (path: ReadonlyArray<PropertyKey>): string => (path.length === 0 ? "." : path.map(String).join("."))

const isArray = <A>(value: A | ReadonlyArray<A>): value is ReadonlyArray<A> => Array.isArray(value)

const listOf = <A>(value: A | ReadonlyArray<A>): ReadonlyArray<A> => (isArray(value) ? value : [value])

const isNullish = (issue: ParseResult.ParseIssue): boolean =>
  issue._tag === "Type" && (issue.ast === SchemaAST.null || SchemaAST.isUndefinedKeyword(issue.ast))

/** The issues of a filter, which may give its own paths and expectations. */
const walkFilter = (
  issue: ParseResult.ParseIssue,
  rule: ParseResult.Refinement,
  path: ReadonlyArray<PropertyKey>
): ReadonlyArray<Issue> => {
  switch (issue._tag) {
    case "Pointer":
      return walkFilter(issue.issue, rule, [...path, ...listOf(issue.path)])
    case "Composite":
      return listOf(issue.issues).flatMap((one) => walkFilter(one, rule, path))
    default: {
      const said = issue._tag === "Type" ? issue.message : undefined
      return [{ path: pathText(path), expected: said ?? `${expectedBy(rule.ast)}${broken(rule.actual, rule.ast)}` }]
    }
  }
}

const walk = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<Issue> => {
  switch (issue._tag) {
    case "Pointer":
      return walk(issue.issue, [...path, ...listOf(issue.path)])
    case "Missing":
      return [{ path: pathText(path), expected: `${expectedBy(issue.ast.type)}, and it is missing` }]
    case "Unexpected":
      return [{ path: pathText(path), expected: "no field of this name" }]
    case "Type":
      return [{ path: pathText(path), expected: `${expectedBy(issue.ast)}${instead(issue.actual, issue.ast)}` }]
    case "Forbidden":
      return [{ path: pathText(path), expected: expectedBy(issue.ast) }]
    case "Refinement":
      return issue.kind === "Predicate" ? walkFilter(issue.issue, issue, path) : walk(issue.issue, path)
    case "Transformation":
      return issue.kind === "Transformation"
        ? [{ path: pathText(path), expected: `${expectedBy(issue.ast)}${broken(issue.actual, issue.ast)}` }]
        : walk(issue.issue, path)
    case "Composite": {
      const inner = listOf(issue.issues)
      if (!SchemaAST.isUnion(issue.ast)) return inner.flatMap((one) => walk(one, path))
      // Leave out that the value may be undefined or null. Issues inside a value are more specific than those of the
      // whole.
      const wanted = inner.filter((one) => !isNullish(one))
      const found = wanted.flatMap((one) => walk(one, path))
      const deeper = found.filter((one) => one.path !== pathText(path))
      return deeper.length > 0
        ? deeper
        : wanted.length === 1
          ? found
          : [{ path: pathText(path), expected: `${expectedBy(issue.ast)}${instead(issue.actual, issue.ast)}` }]
    }
  }
}

/** The first ten issues of a parse error. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> => walk(error.issue, []).slice(0, 10)

/** Issues as one phrase: `limit: a positive integer, not -1; name: …`. */
export const issuesText = (issues: ReadonlyArray<Issue>): string =>
  issues.map(({ expected, path }) => `${path === "." ? "" : `${path}: `}expected ${expected}`).join("; ")
