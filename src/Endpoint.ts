/**
 * One operation of a service as plain data: method, path, query, headers, body, response and documented errors. A table of
 * endpoints is a service's client: {@link client} derives it.
 *
 * Path parameters, query, headers and body fields come in as one flat object. All types stand in one phantom property, and
 * the runtime's fields are loose, so that a table of hundreds of operations costs the editor little.
 *
 * @since 0.1.0
 */
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Simplify } from "effect/Types"
import type { CloudClient, Response } from "./CloudClient.js"
import {
  type CommonError,
  type DocumentedError,
  InvalidInput,
  MalformedResponse,
  type TransportError
} from "./CloudError.js"
import { type Issue, issuesOf, issuesText } from "./internal/schemaIssue.js"
import { expandPath, queryText } from "./internal/urlPath.js"
import { type Content, pieces } from "./RequestBody.js"

type Fields = Schema.Struct.Fields

/** A schema whose types the table does not repeat. */
type Loose = Schema.Schema.AnyNoContext

/**
 * How a successful response is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Success<out Output, out R = never> {
  readonly kind: "nothing" | "json" | "headers" | "response" | "stream"
  readonly schema: Loose | undefined
  readonly "~output"?: () => Output
  readonly "~context"?: () => R
}

/**
 * One operation as plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint<in out Input, out Output, out Tag extends DocumentedError["_tag"], out R = never> {
  /** As it is written in code: `CloudServers.get`. */
  readonly operation: string
  readonly method: HttpMethod
  /** As documented, with `{parameter}`, or `{+parameter}` where its slashes are part of the path. */
  readonly path: string
  readonly parameters: Loose | undefined
  readonly query: Loose | undefined
  /** Sent with every request besides the input's own. */
  readonly fixedQuery: Readonly<Record<string, string>>
  readonly headers: Loose | undefined
  /** The JSON body; `raw` takes the input's `content` as it is. */
  readonly body: Loose | "raw" | undefined
  readonly success: Success<unknown, unknown>
  /** The tags of the errors that the documentation names besides the common ones. */
  readonly errors: ReadonlySet<Tag>
  readonly idempotent: boolean
  /** Types only; never there at run time. */
  readonly "~types"?: {
    readonly input: (input: Input) => Input
    readonly output: () => Output
    readonly context: () => R
  }
}

/**
 * Any endpoint, for code that reads tables.
 *
 * @since 0.1.0
 * @category models
 */
export type Any = Pick<
  Endpoint<never, unknown, DocumentedError["_tag"], unknown>,
  | "operation"
  | "method"
  | "path"
  | "parameters"
  | "query"
  | "fixedQuery"
  | "headers"
  | "body"
  | "success"
  | "errors"
  | "idempotent"
>

/**
 * An operation as a method: the flat input in, the decoded response out. Where every field is optional, so is the input.
 *
 * @since 0.1.0
 * @category models
 */
export type Method<E> =
  E extends Endpoint<infer Input, infer Output, infer Tag, infer R>
    ? {} extends Input
      ? (input?: Input) => Effect.Effect<Output, CommonError | Extract<DocumentedError, { readonly _tag: Tag }>, R>
      : (input: Input) => Effect.Effect<Output, CommonError | Extract<DocumentedError, { readonly _tag: Tag }>, R>
    : never

/**
 * The methods of a table.
 *
 * @since 0.1.0
 * @category models
 */
export type Client<Table> = { readonly [Name in keyof Table]: Method<Table[Name]> }

/**
 * The operation answers nothing worth reading; whatever comes is discarded.
 *
 * @since 0.1.0
 * @category responses
 */
export const nothing: Success<void> = { kind: "nothing", schema: undefined }

/**
 * The operation answers JSON.
 *
 * @since 0.1.0
 * @category responses
 */
export const json = <A, I>(schema: Schema.Schema<A, I>): Success<A> => ({ kind: "json", schema })

/**
 * The operation answers in headers (names in lower case); the status stands beside them as `:status`.
 *
 * @since 0.1.0
 * @category responses
 */
export const headers = <A, I>(schema: Schema.Schema<A, I>): Success<A> => ({ kind: "headers", schema })

/**
 * The operation answers in headers, in a JSON body, or in both: the headers as {@link headers} has them, and the body, if
 * there is one, beside them as `:body`.
 *
 * @since 0.1.0
 * @category responses
 */
export const response = <A, I>(schema: Schema.Schema<A, I>): Success<A> => ({ kind: "response", schema })

/**
 * The operation answers headers and a body that is handed on as it arrives, undecoded and with back-pressure. It is good
 * until the caller's scope ends.
 *
 * @since 0.1.0
 * @category responses
 */
export const stream = <A, I>(
  schema: Schema.Schema<A, I>
): Success<{ readonly head: A; readonly stream: Stream.Stream<Uint8Array, TransportError> }, Scope.Scope> => ({
  kind: "stream",
  schema
})

/**
 * A body that is not JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawBody {
  readonly content?: Content | undefined
}

const idempotentMethods: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])

/**
 * Describes an operation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  P extends Fields = {},
  Q extends Fields = {},
  H extends Fields = {},
  B = {},
  Output = void,
  R = never,
  Tag extends DocumentedError["_tag"] = never
>(
  operation: string,
  method: HttpMethod,
  path: string,
  options: {
    readonly parameters?: P
    readonly query?: Q
    readonly fixedQuery?: Readonly<Record<string, string>>
    readonly headers?: H
    readonly body?: Loose & { readonly Type: B }
    readonly success?: Success<Output, R>
    readonly errors?: ReadonlyArray<Tag>
    /** Default: as HTTP defines its method. */
    readonly idempotent?: boolean
  } = {}
): Endpoint<Simplify<Schema.Struct.Type<P> & Schema.Struct.Type<Q> & Schema.Struct.Type<H> & B>, Output, Tag, R> => ({
  operation,
  method,
  path,
  parameters: options.parameters === undefined ? undefined : (Schema.Struct(options.parameters) as unknown as Loose),
  query: options.query === undefined ? undefined : (Schema.Struct(options.query) as unknown as Loose),
  fixedQuery: options.fixedQuery ?? {},
  headers: options.headers === undefined ? undefined : (Schema.Struct(options.headers) as unknown as Loose),
  body: options.body as Loose | undefined,
  success: options.success ?? nothing,
  errors: new Set(options.errors),
  idempotent: options.idempotent ?? idempotentMethods.has(method)
})

/**
 * Describes an operation whose request body is not JSON: the input's `content` is sent as it is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const withRawBody = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  endpoint: Endpoint<Input, Output, Tag, R>
): Endpoint<Simplify<Input & RawBody>, Output, Tag, R> =>
  ({ ...endpoint, body: "raw" }) as unknown as Endpoint<Simplify<Input & RawBody>, Output, Tag, R>

/**
 * A resource under the key in which the cloud wraps it: `{ "server": { … } }`.
 *
 * @since 0.1.0
 * @category schemas
 */
export { enveloped } from "./internal/wire.js"

interface Encoded {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Content | undefined
}

const jsonContent = (value: unknown): Content => {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return { bytes, length: bytes.byteLength, stream: pieces(bytes) }
}

/** A lone half of a surrogate pair has no UTF-8, and so cannot stand in a URL. */
const unsendable = (part: Readonly<Record<string, unknown>>): ReadonlyArray<Issue> =>
  Object.entries(part).flatMap(([path, value]) =>
    typeof value === "string" && /\p{Surrogate}/u.test(value) ? [{ path, expected: "valid Unicode" }] : []
  )

const encode = (endpoint: Any, input: unknown): Either.Either<Encoded, ReadonlyArray<Issue>> => {
  const issues: Array<Issue> = []
  const part = (schema: Loose | undefined): Readonly<Record<string, unknown>> => {
    if (schema === undefined) return {}
    const encoded = Schema.encodeUnknownEither(schema, { errors: "all" })(input ?? {})
    if (Either.isRight(encoded)) return encoded.right as Readonly<Record<string, unknown>>
    issues.push(...issuesOf(encoded.left))
    return {}
  }
  const parameters = part(endpoint.parameters)
  const query = part(endpoint.query)
  const named = part(endpoint.headers)
  const raw = endpoint.body === "raw"
  const body = raw
    ? (input as RawBody | undefined)?.content
    : endpoint.body === undefined
      ? undefined
      : jsonContent(part(endpoint.body as Loose))
  issues.push(...unsendable(parameters), ...unsendable(query))
  if (issues.length > 0) return Either.left(issues)
  const headers: Record<string, string> = {}
  if (endpoint.success.kind === "json" || endpoint.success.kind === "response") headers["accept"] = "application/json"
  if (body !== undefined && !raw) headers["content-type"] = "application/json"
  for (const [name, value] of Object.entries(named)) {
    if (value === undefined || value === null) continue
    // A record of headers (metadata) stands for itself, under the names that its keys give.
    if (typeof value === "object") Object.assign(headers, value)
    else headers[name] = String(value)
  }
  return Either.right({
    path: expandPath(endpoint.path, parameters) + queryText({ ...endpoint.fixedQuery, ...query }),
    headers,
    body
  })
}

/** What is redacted in an input: a cloud that finds fault with it may quote it. */
const secretsIn = (input: unknown): ReadonlyArray<string> => {
  if (Redacted.isRedacted(input)) {
    const value = Redacted.value(input)
    if (typeof value !== "string") return []
    // Of a key in lines, a cloud may quote the one that it does not like.
    const lines = value.split(/\r?\n/).filter((line) => line.length >= 20 && !line.startsWith("-----"))
    return lines.length > 1 ? [value, ...lines] : [value]
  }
  if (Array.isArray(input)) return input.flatMap(secretsIn)
  const isPlain = typeof input === "object" && input !== null && Object.getPrototypeOf(input) === Object.prototype
  return isPlain ? Object.values(input).flatMap(secretsIn) : []
}

const malformed = (response: Response, error: ParseResult.ParseError): MalformedResponse => {
  const issues = issuesOf(error)
  return new MalformedResponse({
    service: response.service,
    operation: response.operation,
    status: response.status,
    ...(response.requestId !== undefined && { requestId: response.requestId }),
    path: issues[0]?.path ?? ".",
    expected: issues[0]?.expected ?? "another content",
    message: `${response.operation}: ${response.status}, but the response is not as documented: ${issuesText(issues)}`
  })
}

const notJson = (response: Response): MalformedResponse =>
  new MalformedResponse({
    service: response.service,
    operation: response.operation,
    status: response.status,
    ...(response.requestId !== undefined && { requestId: response.requestId }),
    path: ".",
    expected: "JSON",
    message: `${response.operation}: ${response.status}, but the response (${response.headers["content-type"] ?? "of no type"}) is not JSON`
  })

const jsonOf = (response: Response): Effect.Effect<unknown, MalformedResponse | TransportError> =>
  Effect.flatMap(response.text, (text) => {
    // What `trim` takes for space includes the byte order mark, which JSON.parse would not.
    const trimmed = text.trim()
    try {
      return Effect.succeed<unknown>(trimmed === "" ? undefined : JSON.parse(trimmed))
    } catch {
      return Effect.fail(notJson(response))
    }
  })

const noBody = (response: Response): Effect.Effect<undefined> => Effect.as(response.discard, undefined)

const receive = (
  success: Success<unknown, unknown>
): ((response: Response) => Effect.Effect<unknown, MalformedResponse | TransportError>) => {
  if (success.schema === undefined) return (response) => response.discard
  const decoder = Schema.decodeUnknownEither(success.schema, { errors: "first" })
  const decode = (response: Response, value: unknown): Effect.Effect<unknown, MalformedResponse> => {
    const decoded = decoder(value)
    return Either.isRight(decoded) ? Effect.succeed(decoded.right) : Effect.fail(malformed(response, decoded.left))
  }
  const head = (response: Response) => decode(response, { ...response.headers, ":status": String(response.status) })
  switch (success.kind) {
    case "nothing":
      return (response) => response.discard
    case "headers":
      return (response) => Effect.zipLeft(head(response), response.discard)
    case "stream":
      return (response) => Effect.map(head(response), (decoded) => ({ head: decoded, stream: response.stream }))
    case "json":
      return (response) => Effect.flatMap(jsonOf(response), (value) => decode(response, value))
    case "response":
      return (response) =>
        Effect.flatMap(
          /\bjson\b/i.test(response.headers["content-type"] ?? "") ? jsonOf(response) : noBody(response),
          (body) => decode(response, { ...response.headers, ":status": String(response.status), ":body": body })
        )
  }
}

const invalidInput = (service: string, operation: string, issues: ReadonlyArray<Issue>): InvalidInput =>
  new InvalidInput({ service, operation, issues, message: `${operation}: ${issuesText(issues)}` })

/**
 * Checks an input without sending anything, for what must be known to be right before a body is read.
 *
 * @since 0.1.0
 * @category combinators
 */
export const validate = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  client: CloudClient,
  endpoint: Endpoint<Input, Output, Tag, R>,
  input: Input
): Effect.Effect<void, InvalidInput> =>
  Effect.suspend(() => {
    const encoded = encode(endpoint as Any, input)
    return Either.isLeft(encoded)
      ? Effect.fail(invalidInput(client.service, endpoint.operation, encoded.left))
      : Effect.void
  })

/**
 * One operation as a method of a client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const method = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  client: CloudClient,
  endpoint: Endpoint<Input, Output, Tag, R>
): Method<Endpoint<Input, Output, Tag, R>> => {
  const read = receive(endpoint.success)
  const run = (input?: Input): Effect.Effect<unknown, CommonError | DocumentedError, Scope.Scope> =>
    Effect.suspend(() => {
      const encoded = encode(endpoint as Any, input)
      if (Either.isLeft(encoded)) {
        return Effect.fail(invalidInput(client.service, endpoint.operation, encoded.left))
      }
      return client.send(
        {
          service: client.service,
          operation: endpoint.operation,
          method: endpoint.method,
          template: endpoint.path,
          path: encoded.right.path,
          headers: encoded.right.headers,
          body: encoded.right.body,
          idempotent: endpoint.idempotent,
          documented: endpoint.errors,
          secrets: secretsIn(input)
        },
        read
      )
    })
  const streams = endpoint.success.kind === "stream"
  // The types are the endpoint's own, which the loose runtime cannot see.
  return (streams ? run : (input?: Input) => Effect.scoped(run(input))) as unknown as Method<
    Endpoint<Input, Output, Tag, R>
  >
}

/**
 * The methods of a table of endpoints.
 *
 * @since 0.1.0
 * @category constructors
 */
export const client = <Table extends Readonly<Record<string, Any>>>(
  cloudClient: CloudClient,
  table: Table
): Client<Table> =>
  Object.fromEntries(
    Object.entries(table).map(([name, endpoint]) => [
      name,
      method(cloudClient, endpoint as Endpoint<unknown, unknown, DocumentedError["_tag"], unknown>)
    ])
  ) as Client<Table>
