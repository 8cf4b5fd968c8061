/**
 * What a schema found wrong, in words that are safe to show: where, and what was expected there, and of the value that stood
 * there no more than its kind.
 */
import type * as ParseResult from "effect/ParseResult"
import * as SchemaAST from "effect/SchemaAST"
import * as Option from "effect/Option"

export interface Issue {
  readonly path: string
  readonly expected: string
}

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (value === undefined) return "nothing"
  if (value === "") return "the empty string"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** A string that breaks a rule may be a secret, and its kind tells nothing. */
const broken = (value: unknown): string => (typeof value === "string" && value !== "" ? "" : `, not ${kindOf(value)}`)

/** A message that a schema of ours was given says what would be right; Effect's own would quote the value. */
const expectedBy = (ast: SchemaAST.AST): string => {
  const message = SchemaAST.getMessageAnnotation(ast).pipe(
    Option.map((make) => make({ _tag: "Type", ast, actual: undefined, message: undefined } as ParseResult.Type)),
    Option.filter((made): made is string => typeof made === "string"),
    Option.getOrUndefined
  )
  return (
    message ??
    Option.getOrUndefined(SchemaAST.getDescriptionAnnotation(ast)) ??
    Option.getOrUndefined(SchemaAST.getTitleAnnotation(ast)) ??
    Option.getOrUndefined(SchemaAST.getIdentifierAnnotation(ast)) ??
    (SchemaAST.isUnion(ast) ? anyOf(ast.types) : undefined) ??
    (SchemaAST.isRefinement(ast)
      ? expectedBy(ast.from)
      : SchemaAST.isTransformation(ast)
        ? expectedBy(ast.to)
        : String(ast))
  )
}

/** What may be left out need not be said to be allowed to be nothing. */
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

const walk = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<Issue> => {
  switch (issue._tag) {
    case "Pointer":
      return walk(issue.issue, [...path, ...(isArray(issue.path) ? issue.path : [issue.path])])
    case "Missing":
      return [{ path: pathText(path), expected: `${expectedBy(issue.ast.type)}, and it is missing` }]
    case "Unexpected":
      return [{ path: pathText(path), expected: "nothing of this name" }]
    case "Type":
      return [{ path: pathText(path), expected: `${expectedBy(issue.ast)}, not ${kindOf(issue.actual)}` }]
    case "Forbidden":
      return [{ path: pathText(path), expected: expectedBy(issue.ast) }]
    case "Refinement":
      return issue.kind === "Predicate"
        ? [{ path: pathText(path), expected: `${expectedBy(issue.ast)}${broken(issue.actual)}` }]
        : walk(issue.issue, path)
    case "Transformation":
      return issue.kind === "Transformation"
        ? [{ path: pathText(path), expected: `${expectedBy(issue.ast)}${broken(issue.actual)}` }]
        : walk(issue.issue, path)
    case "Composite": {
      const inner = isArray(issue.issues) ? issue.issues : [issue.issues]
      const found = inner.flatMap((one) => walk(one, path))
      // The members of a union each say what they wanted; at the same place that is one expectation.
      return SchemaAST.isUnion(issue.ast) && found.every((one) => one.path === pathText(path))
        ? [{ path: pathText(path), expected: `${expectedBy(issue.ast)}, not ${kindOf(issue.actual)}` }]
        : found
    }
  }
}

/** Every issue of a parse error, the first ten of them. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> => walk(error.issue, []).slice(0, 10)

/** Issues as one phrase: `limit: a positive integer, not -1; name: …`. */
export const issuesText = (issues: ReadonlyArray<Issue>): string =>
  issues.map((issue) => `${issue.path}: expected ${issue.expected}`).join("; ")
