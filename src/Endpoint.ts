/**
 * Operations of a service as plain data: method, path, query, headers, body, response and documented errors. {@link make} defines
 * one, {@link table} names all of a service, and {@link client} derives a client from such a table.
 *
 * Path parameters, query, headers and body fields are passed as one flat object. All types are in one phantom property, and the
 * fields at run time are loosely typed, so that a table of hundreds of operations costs the editor little.
 */
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Simplify } from "effect/Types"
import type { CloudClient, Collected, CurrentAttempt, Request, Response } from "./CloudClient.js"
import {
  type CommonError,
  type DocumentedError,
  type InvalidInput,
  MalformedResponse,
  type TransportError
} from "./CloudError.js"
import { type OwnedChunk, unpooled } from "./internal/bytes/bufferPool.js"
import type { Collector } from "./internal/bytes/byteSource.js"
import { expandPath, queryText } from "./internal/http/urlPath.js"
import { compiledDecoder, fallback } from "./internal/schema/compiledCodec.js"
import { encodeBy, wholeIssues } from "./internal/schema/inputs.js"
import { invalidInput } from "./internal/schema/invalidInput.js"
import { type Issue, issuesOf, issuesText, kindOf } from "./internal/schema/issues.js"
import { aboutItem, type ItemList, itemList } from "./internal/schema/itemList.js"
import { isCutOff, jsonItems, type JsonItems, largestItem, UnreadableArray } from "./internal/schema/jsonItems.js"
import { knownOf, redacted, type Shape, unknownFields } from "./internal/schema/knownFields.js"
import { once } from "./internal/schema/lazy.js"
import { lazyStruct } from "./internal/schema/struct.js"
import { Named } from "./internal/schema/wire.js"
import { type Content, content } from "./RequestBody.js"

type Fields = Schema.Struct.Fields

/** A schema whose types the table does not repeat. */
type Loose = Schema.Schema.AnyNoContext

/** How a successful response is read. */
export interface Success<out Output, out R = never> {
  readonly kind: "nothing" | "json" | "list" | "items" | "headers" | "response" | "stream"
  readonly schema: Loose | undefined
  readonly "~output"?: () => Output
  readonly "~context"?: () => R
}

/** One operation as plain data, without its name. {@link table} and {@link named} make an {@link Endpoint} of it. */
export interface Definition<in out Input, out Output, out Tag extends DocumentedError["_tag"], out R = never> {
  readonly method: HttpMethod
  /** As documented, with `{parameter}`, or `{+parameter}` where its slashes are part of the path. */
  readonly path: string
  readonly parameters: Loose | undefined
  readonly query: Loose | undefined
  /** Sent with every request besides the input's own. */
  readonly fixedQuery: Readonly<Record<string, string>>
  readonly headers: Loose | undefined
  /** Sent with every request besides the input's own. */
  readonly fixedHeaders: Readonly<Record<string, string>>
  /** The JSON body; `raw` takes the input's `content` as it is. */
  readonly body: Loose | "raw" | undefined
  readonly success: Success<unknown, unknown>
  /** Statuses other than 2xx that are a result (see `:status`), not an error. */
  readonly accepts: ReadonlySet<number>
  /** Whether it stores an object: then only a 201 after the whole body was sent is a success. */
  readonly stores: boolean
  /** The tags of the documented errors, in addition to the common ones. */
  readonly errors: ReadonlySet<Tag>
  readonly idempotent: boolean
  /** Whether the cloud may process it for minutes before it responds. It is not retried while the first attempt may be running. */
  readonly longRunning: boolean
  /** Whether it needs no authentication, so that no token is sent. */
  readonly anonymous: boolean
  /** Statuses that mean an exceeded quota, with the text that says which: they become `QuotaExceeded`, and are not retried. */
  readonly quotaStatuses: Readonly<Record<number, string>>
  /** Types only; absent at run time. */
  readonly "~types"?: {
    readonly input: (input: Input) => Input
    readonly output: () => Output
    readonly context: () => R
  }
}

/** One operation as plain data. */
export interface Endpoint<
  in out Input,
  out Output,
  out Tag extends DocumentedError["_tag"],
  out R = never
> extends Definition<Input, Output, Tag, R> {
  /** The name in code: `CloudServers.get`. */
  readonly operation: string
}

/** Any definition, for tables of them. */
export type AnyDefinition = Pick<
  Definition<never, unknown, DocumentedError["_tag"], unknown>,
  | "method"
  | "path"
  | "parameters"
  | "query"
  | "fixedQuery"
  | "headers"
  | "fixedHeaders"
  | "body"
  | "success"
  | "accepts"
  | "stores"
  | "errors"
  | "idempotent"
  | "longRunning"
  | "anonymous"
  | "quotaStatuses"
>

/** Any endpoint, for code that reads tables. */
export interface Any extends AnyDefinition {
  readonly operation: string
}

/** The endpoints of a table of definitions. */
export type Table<Definitions> = {
  readonly [Name in keyof Definitions]: Definitions[Name] extends Definition<
    infer Input,
    infer Output,
    infer Tag,
    infer R
  >
    ? Endpoint<Input, Output, Tag, R>
    : never
}

/**
 * An operation as a method that takes the flat input and returns the decoded response. If every field is optional, so is the input;
 * without fields it takes no input.
 */
export type Method<E> =
  E extends Endpoint<infer Input, infer Output, infer Tag, infer R>
    ? [keyof Input] extends [never]
      ? () => Effect.Effect<Output, CommonError | Extract<DocumentedError, { readonly _tag: Tag }>, R>
      : {} extends Input
        ? (input?: Input) => Effect.Effect<Output, CommonError | Extract<DocumentedError, { readonly _tag: Tag }>, R>
        : (input: Input) => Effect.Effect<Output, CommonError | Extract<DocumentedError, { readonly _tag: Tag }>, R>
    : never

/** The methods of a table. */
export type Client<Table> = { readonly [Name in keyof Table]: Method<Table[Name]> }

/** The response has no content; its body is discarded. */
export const nothing: Success<void> = { kind: "nothing", schema: undefined }

/** The response is JSON. */
export const json = <A, I>(schema: Schema.Schema<A, I>): Success<A> => ({ kind: "json", schema })

/**
 * The response is a whole list under a key: `{ "servers": […] }`. If some items cannot be decoded, it fails with
 * `MalformedResponse`, which names the first of them and contains the others as `readable`. `unwrap` finds the items if they are not
 * in a plain array.
 */
export const list = <A, I>(
  key: string,
  item: Schema.Schema<A, I>,
  unwrap?: (value: unknown) => unknown
): Success<ReadonlyArray<A>> => ({ kind: "list", schema: itemList(key, item, unwrap) })

/**
 * Makes an operation whose response is a {@link list} return the readable items and the problems of the others, as a page of a
 * listing needs.
 */
export const listItems = <Input, A, Tag extends DocumentedError["_tag"], R>(
  endpoint: Endpoint<Input, ReadonlyArray<A>, Tag, R>
): Endpoint<Input, ItemList<A>, Tag, R> =>
  ({ ...endpoint, success: { kind: "json", schema: endpoint.success.schema } }) as unknown as Endpoint<
    Input,
    ItemList<A>,
    Tag,
    R
  >

/**
 * The response is a JSON array of items, possibly a long one, which is decoded as it arrives. An empty body means an empty array only
 * with the status 204: with another status, the response was truncated.
 */
export const items = <A, I>(schema: Schema.Schema<A, I>): Success<ReadonlyArray<A>> => ({ kind: "items", schema })

/** The response is read from its headers (names in lower case) and its status, `:status`. */
export const headers = <A, I>(schema: Schema.Schema<A, I>): Success<A> => ({ kind: "headers", schema })

/**
 * The response is read from its headers, as by {@link headers}, and from its JSON body, if there is one, as `:body`.
 */
export const response = <A, I>(schema: Schema.Schema<A, I>): Success<A> => ({ kind: "response", schema })

/** A response whose head has arrived. Its body is read by one of the three, once, in the scope of the request. */
export interface Arriving<Head> extends Pick<Response, "stream" | "source" | "readInto"> {
  readonly head: Head
}

/** A decoded head, and its body, which is created on demand. */
class Streamed<Head> implements Arriving<Head> {
  constructor(
    readonly head: Head,
    private readonly response: Response
  ) {}

  get stream(): Response["stream"] {
    return this.response.stream
  }

  source(bufferSize?: number): ReturnType<Response["source"]> {
    return this.response.source(bufferSize)
  }

  readInto(collector: Collector): ReturnType<Response["readInto"]> {
    return this.response.readInto(collector)
  }
}

/**
 * The response is read from its headers; its body is returned as it arrives, undecoded and with back-pressure, until the
 * caller's scope ends.
 */
export const stream = <A, I>(schema: Schema.Schema<A, I>): Success<Arriving<A>, Scope.Scope> => ({
  kind: "stream",
  schema
})

/** A body that is not JSON. */
export interface RawBody {
  /** The content to send as the body. */
  readonly content?: Content | undefined
}

const idempotentMethods: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])

/** The names of the parameters of a path: `serverId` of `/servers/{serverId}`. */
type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `+${infer Bare}` ? Bare : Name) | ParametersOf<Rest>
  : never

/** The fields of a part of a request, or a function that returns them, which is called when the operation is first used. */
type LazyFields<F extends Fields> = F | (() => F)

/** The parts of an operation. A path parameter that is not in `parameters` is a non-empty string. */
export interface Options<
  P extends Fields,
  Q extends Fields,
  H extends Fields,
  B,
  Output,
  R,
  Tag extends DocumentedError["_tag"]
> {
  readonly parameters?: LazyFields<P>
  readonly query?: LazyFields<Q>
  readonly fixedQuery?: Readonly<Record<string, string>>
  readonly headers?: LazyFields<H>
  readonly fixedHeaders?: Readonly<Record<string, string>>
  readonly body?: Loose & { readonly Type: B }
  readonly success?: Success<Output, R>
  readonly accepts?: ReadonlyArray<number>
  /** Default false. */
  readonly stores?: boolean
  readonly errors?: ReadonlyArray<Tag>
  /** Default: as HTTP defines its method. */
  readonly idempotent?: boolean
  /** Default false. */
  readonly longRunning?: boolean
  /** Default false. */
  readonly anonymous?: boolean
  readonly quotaStatuses?: Readonly<Record<number, string>>
}

/** The input that the parts of an operation take. */
export type InputOf<Path extends string, P extends Fields, Q extends Fields, H extends Fields, B> = Simplify<
  { readonly [Name in Exclude<ParametersOf<Path>, keyof P>]: string } & Schema.Struct.Type<P> &
    Schema.Struct.Type<Q> &
    Schema.Struct.Type<H> &
    B
>

/** Defines an operation. {@link table} gives it its name. */
export const make = <
  const Path extends string,
  P extends Fields = {},
  Q extends Fields = {},
  H extends Fields = {},
  B = {},
  Output = void,
  R = never,
  Tag extends DocumentedError["_tag"] = never
>(
  method: HttpMethod,
  path: Path,
  options: Options<P, Q, H, B, Output, R, Tag> = {}
): Definition<InputOf<Path, P, Q, H, B>, Output, Tag, R> => ({
  method,
  path,
  parameters: parametersOf(path, options.parameters),
  query: structOf(options.query),
  fixedQuery: options.fixedQuery ?? {},
  headers: structOf(options.headers),
  fixedHeaders: options.fixedHeaders ?? {},
  body: options.body as Loose | undefined,
  success: options.success ?? nothing,
  accepts: new Set(options.accepts),
  stores: options.stores ?? false,
  errors: new Set(options.errors),
  idempotent: options.idempotent ?? idempotentMethods.has(method),
  longRunning: options.longRunning ?? false,
  anonymous: options.anonymous ?? false,
  quotaStatuses: options.quotaStatuses ?? {}
})

const fieldsOf = (given: LazyFields<Fields>): Fields => (typeof given === "function" ? given() : given)

/** A struct without its types: the endpoint has those of its input and output. */
const structOf = (fields: LazyFields<Fields> | undefined): Loose | undefined =>
  fields === undefined ? undefined : (lazyStruct(() => fieldsOf(fields)) as unknown as Loose)

const parametersOf = (path: string, given: LazyFields<Fields> = {}): Loose | undefined => {
  if (!path.includes("{")) return undefined
  return structOf(() => {
    const own = fieldsOf(given)
    const names = Array.from(path.matchAll(/\{\+?(\w+)\}/g), ([, name = ""]) => name)
    return Object.fromEntries(names.map((name) => [name, own[name] ?? Named]))
  })
}

type KeysOf<Input> = Input extends unknown ? keyof Input : never

/** The type that a compiler error shows if an interface differs from the schemas. */
type Agrees<Input, Parts> = [
  Exclude<KeysOf<Input>, KeysOf<Parts>> | Exclude<KeysOf<Parts>, KeysOf<Input>>,
  Input,
  Parts
] extends [never, Parts, Input]
  ? unknown
  : { readonly "the input differs from the schemas": { readonly input: Input; readonly schemas: Parts } }

/**
 * Defines an operation whose input is a named interface, which editors show instead of all its fields, and whose documentation they
 * show at each field. The compiler refuses an interface that differs from the schemas.
 */
export const define =
  <Input extends object>() =>
  <
    const Path extends string,
    P extends Fields = {},
    Q extends Fields = {},
    H extends Fields = {},
    B = {},
    Output = void,
    R = never,
    Tag extends DocumentedError["_tag"] = never
  >(
    method: HttpMethod,
    path: Path & Agrees<Input, InputOf<Path, P, Q, H, B>>,
    options: Options<P, Q, H, B, Output, R, Tag> = {}
  ): Definition<Input, Output, Tag, R> =>
    // The types are the same, as checked above.
    make<string, P, Q, H, B, Output, R, Tag>(method, path, options) as unknown as Definition<Input, Output, Tag, R>

/**
 * The operations of a service, by the names of its methods: the operation under `get` of `CloudServers` is `CloudServers.get`.
 */
export const table = <
  // Nothing more of a definition, since the types of its parts would be inferred from here if `make` leaves them open.
  Definitions extends Readonly<Record<string, Pick<AnyDefinition, "method" | "path">>>
>(
  service: string,
  definitions: Definitions
): Table<Definitions> =>
  // Object.fromEntries knows nothing of the names.
  Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, { ...definition, operation: `${service}.${name}` }])
  ) as unknown as Table<Definitions>

/** A single operation, for one that is not in a {@link table} or is a variant of one that is. */
export const named = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  operation: string,
  definition: Definition<Input, Output, Tag, R>
): Endpoint<Input, Output, Tag, R> => ({ ...definition, operation })

/** Defines an operation whose request body is not JSON: the input's `content` is sent as it is. */
export const withRawBody = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  definition: Definition<Input, Output, Tag, R>
): Definition<Input & RawBody, Output, Tag, R> =>
  ({ ...definition, body: "raw" }) as unknown as Definition<Input & RawBody, Output, Tag, R>

/** A resource under the key in which the cloud wraps it: `{ "server": { … } }`. */
export { enveloped } from "./internal/schema/wire.js"

interface Encoded {
  readonly parameters: Readonly<Record<string, unknown>>
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Content | undefined
}

const jsonContent = (value: unknown): Content => content(new TextEncoder().encode(JSON.stringify(value)))

const hasJson: ReadonlySet<Success<unknown>["kind"]> = new Set(["json", "list", "items", "response"])

/** A lone surrogate has no UTF-8 encoding, so it cannot be part of a URL. */
const isSendable = (value: unknown): boolean =>
  typeof value === "string" ? value.isWellFormed() : !Array.isArray(value) || value.every(isSendable)

const addUnsendable = (issues: Array<Issue>, part: Readonly<Record<string, unknown>>): void => {
  for (const path in part) if (!isSendable(part[path])) issues.push({ path, expected: "valid Unicode" })
}

/** The body of a request that is not JSON. */
const contentOf = (input: RawBody | undefined, issues: Array<Issue>): Content | undefined => {
  const content: unknown = input?.content
  if (content !== undefined && !isContent(content)) {
    issues.push({ path: "content", expected: `a Content with a length, bytes and a source, not ${kindOf(content)}` })
  }
  return input?.content
}

const isContent = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "source" in value &&
  Predicate.hasProperty(value.source, Stream.StreamTypeId)

const encode = (
  endpoint: Any,
  known: ReadonlyArray<Shape>,
  input: unknown
): Either.Either<Encoded, ReadonlyArray<Issue>> => {
  const whole = wholeIssues(known, input)
  if (whole.length > 0) return Either.left(whole)
  const issues: Array<Issue> = [...unknownFields(known, input ?? {})]
  const part = (schema: Loose | undefined): Readonly<Record<string, unknown>> => {
    if (schema === undefined) return {}
    const encoded = encodeBy(schema, input ?? {})
    if (Either.isRight(encoded)) return encoded.right as Readonly<Record<string, unknown>>
    issues.push(...encoded.left)
    return {}
  }
  const parameters = part(endpoint.parameters)
  const query = part(endpoint.query)
  const named = part(endpoint.headers)
  const raw = endpoint.body === "raw"
  const body = raw
    ? contentOf(input as RawBody | undefined, issues)
    : endpoint.body === undefined
      ? undefined
      : jsonContent(part(endpoint.body as Loose))
  addUnsendable(issues, parameters)
  addUnsendable(issues, query)
  if (issues.length > 0) return Either.left(issues)
  const headers: Record<string, string> = { ...endpoint.fixedHeaders }
  if (hasJson.has(endpoint.success.kind)) headers["accept"] = "application/json"
  if (body !== undefined && !raw) headers["content-type"] = "application/json"
  for (const [name, value] of Object.entries(named)) {
    if (value === undefined || value === null) continue
    // A record of headers (metadata) is encoded as it is, with the header names of its keys.
    if (typeof value === "object") Object.assign(headers, value)
    else headers[name] = String(value)
  }
  return Either.right({
    parameters,
    path: expandPath(endpoint.path, parameters) + queryText({ ...endpoint.fixedQuery, ...query }),
    headers,
    body
  })
}

/** The secrets in an input: a cloud that refuses it may quote them. */
const secretsOf = (input: unknown): ReadonlyArray<string> =>
  typeof input === "object" && input !== null && !Redacted.isRedacted(input)
    ? Object.values(input).flatMap(secretsIn)
    : secretsIn(input)

const secretsIn = (input: unknown): ReadonlyArray<string> => {
  if (Redacted.isRedacted(input)) {
    const value = Redacted.value(input)
    if (typeof value !== "string") return []
    // A cloud may quote a single line of a key that has several lines.
    const lines = value.split(/\r?\n/).filter((line) => line.length >= 20 && !line.startsWith("-----"))
    return lines.length > 1 ? [value, ...lines] : [value]
  }
  if (Array.isArray(input)) return input.flatMap(secretsIn)
  const isPlain = typeof input === "object" && input !== null && Object.getPrototypeOf(input) === Object.prototype
  return isPlain ? Object.values(input).flatMap(secretsIn) : []
}

type Received = Pick<Collected, "operation" | "service" | "status" | "headers" | "requestId">

const unreadable = (
  response: Received,
  path: string,
  expected: string,
  message: string,
  readable?: ReadonlyArray<unknown>
): MalformedResponse =>
  new MalformedResponse({
    service: response.service,
    operation: response.operation,
    status: response.status,
    ...(response.requestId !== undefined && { requestId: response.requestId }),
    path,
    expected,
    ...(readable !== undefined && { readable }),
    message: `${response.operation}: ${response.status}, but the response ${message}`
  })

const malformed = (response: Received, error: ParseResult.ParseError): MalformedResponse =>
  atPath(response, issuesOf(error), "")

const atPath = (
  response: Received,
  issues: ReadonlyArray<Issue>,
  about: string,
  readable?: ReadonlyArray<unknown>
): MalformedResponse =>
  unreadable(
    response,
    issues[0]?.path ?? ".",
    issues[0]?.expected ?? "another content",
    `is not as documented: ${issuesText(issues)}${about}`,
    readable
  )

/** The failure of the item at `index` in a list with these readable items. */
const malformedItem = (
  response: Received,
  error: ParseResult.ParseError,
  index: number,
  raw: unknown,
  readable?: ReadonlyArray<unknown>
): MalformedResponse =>
  atPath(
    response,
    issuesOf(error).map(({ expected, path }) => ({
      expected,
      path: path === "." ? String(index) : `${index}.${path}`
    })),
    aboutItem(raw),
    readable
  )

/** All items of a list, or the failure of the first unreadable one, with the readable ones. */
const allOf = (
  response: Received,
  { items, unreadable: [first] }: ItemList<unknown>
): Either.Either<ReadonlyArray<unknown>, MalformedResponse> =>
  first === undefined
    ? Either.right(items)
    : Either.left(
        unreadable(
          response,
          first.path,
          first.expected,
          `is not as documented: ${first.path}: expected ${first.expected}`,
          items
        )
      )

const notJson = (response: Received): MalformedResponse =>
  unreadable(response, ".", "JSON", `(${response.headers["content-type"] ?? "of no type"}) is not JSON`)

const jsonOf = (response: Collected): Either.Either<unknown, MalformedResponse> => {
  // `trim` also removes a byte order mark, which JSON.parse would refuse.
  const trimmed = response.text().trim()
  try {
    return Either.right(trimmed === "" ? undefined : JSON.parse(trimmed))
  } catch {
    return Either.left(notJson(response))
  }
}

/**
 * Like {@link jsonOf}, for operations that only read: a response that is empty without the status 204, or ends in the middle, was
 * truncated, and is requested again.
 */
const wholeJsonOf = (
  response: Collected,
  attempt: CurrentAttempt
): Either.Either<unknown, TransportError | MalformedResponse> => {
  const json = jsonOf(response)
  if (Either.isRight(json)) {
    return json.right === undefined && response.status !== 204
      ? Either.left(attempt.incomplete("the response is empty, and its status is not 204"))
      : json
  }
  return isCutOff(response.text()) ? Either.left(attempt.incomplete("the response ends before its JSON does")) : json
}

/** An item of a listing that is not as documented, at its position in the listing. */
export class UnreadableItem {
  constructor(
    /** The item as the service sent it. */
    readonly raw: unknown,
    /** Names the index of the item and the invalid field. */
    readonly error: MalformedResponse
  ) {}
}

/** The items of a JSON array, decoded as they arrive. */
interface Items extends JsonItems {
  /** The items decoded since the last call. */
  readonly take: () => Array<unknown>
}

/** Decodes each item of a JSON array; `unreadable` may create the replacement of an item that is not as documented. */
const itemsOf = (
  schema: Loose,
  unreadable: (raw: unknown, error: ParseResult.ParseError, index: number) => unknown
): Items => {
  const quick = compiledDecoder(schema)
  let decoded: Array<unknown> = []
  let index = 0
  const reader = jsonItems((items) => {
    for (const item of items) {
      let value = quick(item)
      if (value === fallback) {
        const result = Schema.decodeUnknownEither(schema, { errors: "first" })(item)
        value = Either.isRight(result) ? result.right : unreadable(item, result.left, index)
      }
      index++
      if (value !== undefined) decoded.push(value)
    }
  })
  return {
    ...reader,
    take: () => {
      const taken = decoded
      decoded = []
      return taken
    }
  }
}

/** The items of a page that is read as a whole: it fails with the first one that is not as documented. */
interface PageItems extends Items {
  readonly failure: (response: Received, readable: ReadonlyArray<unknown>) => MalformedResponse | undefined
}

const pageItems = (schema: Loose): PageItems => {
  let failure: PageItems["failure"] | undefined
  const items = itemsOf(schema, (raw, error, index) => {
    failure ??= (response, readable) => malformedItem(response, error, index, raw, readable)
    return undefined
  })
  return { ...items, failure: (response, readable) => failure?.(response, readable) }
}

/** In bytes: how much of a page's body is parsed at a time, so that its raw items are not all in memory at once. */
const parsedAtOnce = 64 * 1024

/** Adds a body that was received completely. */
const addBody = (items: Items, { take }: Collected): void => {
  const { bytes, release } = take() ?? unpooled(new Uint8Array(0))
  for (let offset = 0; offset < bytes.byteLength; offset += parsedAtOnce) {
    items.add(bytes.subarray(offset, offset + parsedAtOnce))
  }
  release()
}

/** The failure of a response that is not a whole JSON array; undefined if it is an empty one. */
const arrayFailure = (
  response: Received,
  attempt: CurrentAttempt,
  problem: unknown
): TransportError | MalformedResponse | undefined => {
  const reason = problem instanceof UnreadableArray ? problem.reason : "notJson"
  switch (reason) {
    case "empty":
      return response.status === 204
        ? undefined
        : attempt.incomplete("the response is empty, and its status is not 204")
    case "incomplete":
      return attempt.incomplete("the response ends before its list does")
    case "tooLarge":
      return unreadable(
        response,
        ".",
        `items of at most ${largestItem} bytes`,
        `has an item of more than ${largestItem} bytes`
      )
    case "notJson":
      return notJson(response)
  }
}

/** Reads the rest once the whole body has arrived. */
const endItems = (
  items: Items,
  response: Received,
  attempt: CurrentAttempt
): Either.Either<Array<unknown>, TransportError | MalformedResponse> => {
  try {
    items.end()
  } catch (problem) {
    const failure = arrayFailure(response, attempt, problem)
    if (failure !== undefined) return Either.left(failure)
  }
  return Either.right(items.take())
}

/** The effect that pulls the next chunk of a stream. */
type Pull<A, E> = Effect.Effect<Chunk.Chunk<A>, Option.Option<E>>

/** The items of a body, pulled chunk by chunk. */
const pullOfItems = <A>(
  body: Pull<OwnedChunk, TransportError>,
  items: Items,
  response: Received,
  attempt: CurrentAttempt
): Pull<A, TransportError | MalformedResponse> => {
  type Pulled = Pull<A, TransportError | MalformedResponse>
  const chunkOf = (taken: Array<unknown>): Pulled => Effect.succeed(Chunk.unsafeFromArray(taken as Array<A>))
  let arrived: Array<OwnedChunk> = []
  let isOver = false
  // One received chunk at a time, so that its items may be collected before the next ones arrive.
  const step: Pulled = Effect.suspend(() => {
    for (let part = arrived.pop(); part !== undefined; part = arrived.pop()) {
      items.add(part.bytes)
      part.release()
      const taken = items.take()
      if (taken.length > 0) return chunkOf(taken)
      const problem = items.problem()
      if (problem !== undefined) return Effect.fail(Option.fromNullable(arrayFailure(response, attempt, problem)))
    }
    return isOver ? Effect.fail(Option.none()) : more
  })
  const more: Pulled = Effect.matchEffect(body, {
    onSuccess: (chunk) => {
      arrived = Array.from(chunk).toReversed()
      return step
    },
    onFailure: Option.match({
      onSome: (error: TransportError): Pulled => Effect.fail(Option.some(error)),
      onNone: () => {
        isOver = true
        return Either.match(endItems(items, response, attempt), {
          onLeft: (failure): Pulled => Effect.fail(Option.some(failure)),
          onRight: chunkOf
        })
      }
    })
  })
  return step
}

/** Creates the value of a response; for a stream, the value of its head. */
const receive = ({
  method,
  success
}: Pick<Any, "method" | "success">): ((
  response: Collected,
  attempt: CurrentAttempt
) => Either.Either<unknown, TransportError | MalformedResponse>) => {
  const { kind, schema } = success
  if (schema === undefined || kind === "nothing") return () => Either.right(undefined)
  const quick = compiledDecoder(schema)
  const readJson = method === "GET" ? wholeJsonOf : jsonOf
  const decode = (response: Received, value: unknown): Either.Either<unknown, MalformedResponse> => {
    const decoded = quick(value)
    return decoded === fallback
      ? Either.mapLeft(Schema.decodeUnknownEither(schema, { errors: "first" })(value), (error) =>
          malformed(response, error)
        )
      : Either.right(decoded)
  }
  switch (kind) {
    case "headers":
    case "stream":
      // The spread comes last: if properties follow it, V8 creates a hidden class for each object.
      return (response) => decode(response, { ":status": String(response.status), ...response.headers })
    case "items":
      return (response, attempt) => {
        const items = pageItems(schema)
        addBody(items, response)
        return Either.flatMap(endItems(items, response, attempt), (all): Either.Either<unknown, MalformedResponse> => {
          const failure = items.failure(response, all)
          return failure === undefined ? Either.right(all) : Either.left(failure)
        })
      }
    case "json":
      return (response, attempt) => Either.flatMap(readJson(response, attempt), (value) => decode(response, value))
    case "list":
      return (response, attempt) =>
        Either.flatMap(readJson(response, attempt), (value) =>
          Either.flatMap(decode(response, value), (list) => allOf(response, list as ItemList<unknown>))
        )
    case "response":
      return (response) =>
        Either.flatMap(
          /\bjson\b/i.test(response.headers["content-type"] ?? "") ? jsonOf(response) : Either.right(undefined),
          (body) => decode(response, { ":status": String(response.status), ":body": body, ...response.headers })
        )
  }
}

/**
 * Like {@link receive}, for operations that store an object. Only a 201 after the whole body is a success: a captive portal responds
 * with 200 and a page, and a server that responds before it has received the whole body cannot have stored it.
 */
const receiveStored = (endpoint: Pick<Any, "method" | "success">): ReturnType<typeof receive> => {
  const read = receive(endpoint)
  return (response, attempt) => {
    if (response.status !== 201) {
      return Either.left(unreadable(response, ":status", "201", "does not confirm that the object was stored"))
    }
    return attempt.isBodySent()
      ? read(response, attempt)
      : Either.left(
          unreadable(response, ":body", "a response to the whole body", "arrived before the whole body was sent")
        )
  }
}

/** Checks an input without sending anything, for inputs that must be valid before a body is read. */
export const validate = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  client: CloudClient,
  endpoint: Endpoint<Input, Output, Tag, R>,
  input: Input
): Effect.Effect<void, InvalidInput> =>
  Effect.suspend(() => {
    const known = knownOf(endpoint as Any)
    const encoded = encode(endpoint as Any, known, redacted(known, input))
    return Either.isLeft(encoded)
      ? Effect.fail(invalidInput(client.service, endpoint.operation, encoded.left))
      : Effect.void
  })

/** The request of an operation with an input. */
const requestOf = <Tag extends DocumentedError["_tag"]>(
  client: CloudClient,
  endpoint: Any & { readonly errors: ReadonlySet<Tag> },
  given: unknown
): Either.Either<Request<Tag>, InvalidInput> => {
  const known = knownOf(endpoint)
  const input = redacted(known, given)
  return Either.mapBoth(encode(endpoint, known, input), {
    onLeft: (issues) => invalidInput(client.service, endpoint.operation, issues),
    onRight: ({ body, headers, parameters, path }) => ({
      service: client.service,
      operation: endpoint.operation,
      method: endpoint.method,
      template: endpoint.path,
      path,
      headers,
      body,
      parameters,
      idempotent: endpoint.idempotent,
      longRunning: endpoint.longRunning,
      // If a query names several resources and one is not found, that says nothing about the others.
      removes: endpoint.method === "DELETE" && endpoint.success.kind === "nothing" && endpoint.query === undefined,
      anonymous: endpoint.anonymous,
      quotaStatuses: endpoint.quotaStatuses,
      accepts: endpoint.accepts,
      documented: endpoint.errors,
      // Not a getter that finds them only after a failure: V8 would create a hidden class for each request.
      secrets: secretsOf(input)
    })
  })
}

/** In bytes: the buffers for a long listing. Without reuse, the buffers of a million items take 200 MiB for a while. */
const listingBuffer = 128 * 1024

const isLong = ({ headers }: Received): boolean => Number(headers["content-length"] ?? Infinity) >= listingBuffer

/**
 * Runs an operation whose response is {@link items}, and emits each item as soon as it has arrived. An item that is not as documented
 * is emitted as an {@link UnreadableItem} at its position, so that it does not hide the others. The Stream runs once, in the scope of
 * the request. It fails with `TransportError` if the response is truncated, or empty without the status 204, and with
 * `MalformedResponse` if it is not a JSON array or an item is longer than 1 MiB.
 */
export const openItems =
  <Input, Output, Tag extends DocumentedError["_tag"]>(
    client: CloudClient,
    endpoint: Endpoint<Input, ReadonlyArray<Output>, Tag>
  ) =>
  (
    input: Input
  ): Effect.Effect<
    Stream.Stream<Output | UnreadableItem, TransportError | MalformedResponse>,
    CommonError | Extract<DocumentedError, { readonly _tag: Tag }>,
    Scope.Scope
  > =>
    Effect.suspend(() => {
      const request = requestOf(client, endpoint as Any & { readonly errors: ReadonlySet<Tag> }, input)
      if (Either.isLeft(request)) return Effect.fail(request.left)
      return client.send(request.right, (response, attempt) => {
        const items = itemsOf(
          endpoint.success.schema as Loose,
          (raw, error, index) =>
            new UnreadableItem(raw, attempt.withoutSecrets(malformedItem(response, error, index, raw)))
        )
        return Effect.succeed(
          Stream.mapError(
            Stream.fromPull(
              Effect.map(Stream.toPull(response.source(isLong(response) ? listingBuffer : undefined)), (pull) =>
                pullOfItems<Output | UnreadableItem>(pull, items, response, attempt)
              )
            ),
            (error) => attempt.withoutSecrets(error)
          )
        )
      })
    })

/**
 * An operation whose response is a stream, as a method that reads the whole body at once, up to a limit. `body`, which the caller
 * releases, is undefined if the body is longer.
 */
export const wholeMethod = <Input, Head, Tag extends DocumentedError["_tag"]>(
  client: CloudClient,
  endpoint: Endpoint<Input, Arriving<Head>, Tag, Scope.Scope>,
  limit: number
): ((
  input: Input
) => Effect.Effect<
  { readonly head: Head; readonly body: OwnedChunk | undefined },
  CommonError | Extract<DocumentedError, { readonly _tag: Tag }>
>) => {
  const read = receive(endpoint)
  return (input) =>
    Effect.suspend(() => {
      const request = requestOf(client, endpoint as Any & { readonly errors: ReadonlySet<Tag> }, input)
      if (Either.isLeft(request)) return Effect.fail(request.left)
      return client.collect(request.right, { upTo: limit }, (response, attempt) =>
        Either.map(read(response, attempt), (head) => ({ head: head as Head, body: response.take() }))
      )
    })
}

/** One operation as a method of a client. */
export const method = <Input, Output, Tag extends DocumentedError["_tag"], R>(
  client: CloudClient,
  endpoint: Endpoint<Input, Output, Tag, R>
): Method<Endpoint<Input, Output, Tag, R>> => {
  const { kind } = endpoint.success
  const read = endpoint.stores ? receiveStored(endpoint) : receive(endpoint)
  const keeping = hasJson.has(kind) ? "all" : "nothing"
  const run = (input?: Input): Effect.Effect<unknown, CommonError | DocumentedError, Scope.Scope> =>
    Effect.suspend(() => {
      const request = requestOf(client, endpoint, input)
      if (Either.isLeft(request)) return Effect.fail(request.left)
      return kind === "stream"
        ? client.send(request.right, (response, attempt) => {
            const { headers, operation, requestId, service, status } = response
            const bodiless = { service, operation, status, headers, requestId, text: () => "", take: () => undefined }
            return Either.map(read(bodiless, attempt), (head) => new Streamed(head, response))
          })
        : client.collect(request.right, keeping, read)
    })
  // The types are those of the endpoint, which the loosely typed fields do not have.
  return run as unknown as Method<Endpoint<Input, Output, Tag, R>>
}

/** The source of a request body has failed. Only inside {@link uploadMethod}, so that nothing retries the failure of a source. */
class SourceFailed<E> {
  readonly _tag = "SourceFailed"
  constructor(readonly cause: Cause.Cause<E>) {}
}

/** An operation with a body that is not JSON, as a method that also fails with the errors of the body's source. */
export const uploadMethod = <Input extends RawBody, Output, Tag extends DocumentedError["_tag"]>(
  client: CloudClient,
  endpoint: Endpoint<Input, Output, Tag>
) => {
  type Failure<E> = CommonError | Extract<DocumentedError, { readonly _tag: Tag }> | E
  const send = method(client, endpoint) as (input: unknown) => Effect.Effect<Output, Failure<SourceFailed<unknown>>>
  return <E = never>(
    input: Omit<Input, "content"> & { readonly content: Content<E> }
  ): Effect.Effect<Output, Failure<E>> => {
    const { content } = input
    // A source of bytes cannot fail.
    if (content.bytes !== undefined) return send(input) as Effect.Effect<Output, Failure<never>>
    const source = Stream.catchAllCause(content.source, (cause) => Stream.fail(new SourceFailed(cause)))
    return Effect.catchAll(
      send({ ...input, content: { ...content, source } }),
      (error): Effect.Effect<never, Failure<E>> =>
        error instanceof SourceFailed ? Effect.failCause((error as SourceFailed<E>).cause) : Effect.fail(error)
    )
  }
}

/** The methods of a table of endpoints. Each is created when it is first used. */
export const client = <Table extends Readonly<Record<string, Any>>>(
  cloudClient: CloudClient,
  table: Table
): Client<Table> =>
  Object.fromEntries(
    Object.entries(table).map(([name, endpoint]) => {
      const made = once(
        () => method(cloudClient, endpoint as Endpoint<unknown, unknown, never>) as (input: unknown) => unknown
      )
      return [name, (input: unknown) => made()(input)]
    })
  ) as Client<Table>
