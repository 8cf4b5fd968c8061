/**
 * Routes requests by method and path. A service declares a table of handlers for each of its resources, joins the tables, and
 * compiles them once:
 *
 *     const { compile, table } = Router.define<Request, WireResponse>()
 *     const route = compile([table({ "GET /flavors/{id}": (request, { id }) => ... }), ...], { noRoute, badMethod })
 */

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never

/** The parameters of a path, by name: `{ id: string }` for `/flavors/{id}`. */
export type Parameters<Path extends string> = { readonly [Name in NamesIn<Path>]: string }

interface Route<Request, Answer> {
  readonly method: string
  readonly path: string
  readonly handle: (request: Request, parameters: Parameters<string>) => Answer
}

interface Lookup<Request> {
  readonly path: string
  readonly find: (request: Request, parameters: Parameters<string>) => unknown
}

/** Routes of one resource, which {@link Definition.compile} joins with others. */
export interface Routes<Request, Answer> {
  readonly routes: ReadonlyArray<Route<Request, Answer>>
  readonly lookups: ReadonlyArray<Lookup<Request>>
}

/** The answers of a service to requests without a handler. */
export interface Fallbacks<Request, Answer> {
  readonly noRoute: (request: Request) => Answer
  /** `allowed` are the methods of the path, in the order of the table. */
  readonly badMethod: (request: Request, allowed: ReadonlyArray<string>) => Answer
}

/** The functions to define tables for one type of requests. */
export interface Definition<Request extends { readonly method: string }, Answer> {
  /** Routes by method and path: `"GET /flavors/{id}"`. */
  readonly table: <Key extends string>(handlers: {
    readonly [K in Key]: (request: Request, parameters: Parameters<K>) => Answer
  }) => Routes<Request, Answer>
  /**
   * Routes at and below a path whose resource must exist. `find` looks it up or refuses, before the rest of the path
   * and the method are checked, and its result is passed to the handlers. The table has full paths.
   */
  readonly within: <Prefix extends string, Found>(
    prefix: Prefix,
    find: (request: Request, parameters: Parameters<Prefix>) => Found
  ) => <Key extends `${string} ${Prefix}${string}`>(handlers: {
    readonly [K in Key]: (found: Found, request: Request, parameters: Parameters<K>) => Answer
  }) => Routes<Request, Answer>
  /** A function that handles a request with these path segments. Literal segments win over parameters. */
  readonly compile: (
    tables: ReadonlyArray<Routes<Request, Answer>>,
    fallbacks: Fallbacks<Request, Answer>
  ) => (request: Request, segments: ReadonlyArray<string>) => Answer
}

type Handlers<Request, Answer> = Map<string, Route<Request, Answer>["handle"]>

/** A path and its handlers by method. */
interface CompiledPath<Request, Answer> {
  readonly pattern: Pattern
  readonly handlers: Handlers<Request, Answer>
}

interface Segment {
  readonly text: string
  readonly isParameter: boolean
}

type Pattern = ReadonlyArray<Segment>

const parsePath = (path: string): Pattern =>
  path
    .split("/")
    .filter((text) => text !== "")
    .map((text) =>
      text.startsWith("{") ? { text: text.slice(1, -1), isParameter: true } : { text, isParameter: false }
    )

/** The parameters, if the pattern matches the first segments of a path. */
const matchStart = (pattern: Pattern, segments: ReadonlyArray<string>): Parameters<string> | undefined => {
  const parameters: Record<string, string> = {}
  for (const [index, { isParameter, text }] of pattern.entries()) {
    const segment = segments[index]
    if (segment === undefined || (!isParameter && segment !== text)) {
      return undefined
    }
    if (isParameter) {
      parameters[text] = segment
    }
  }
  return parameters
}

/** Sorts literal segments before parameters. */
const bySpecificity = (a: { readonly pattern: Pattern }, b: { readonly pattern: Pattern }): number => {
  const index = a.pattern.findIndex((segment, at) => segment.isParameter !== b.pattern[at]?.isParameter)
  return index < 0 ? 0 : a.pattern[index]?.isParameter === true ? 1 : -1
}

/** The paths by their number of segments, most specific first. */
const compilePaths = <Request, Answer>(
  routes: ReadonlyArray<Route<Request, Answer>>
): ReadonlyMap<number, ReadonlyArray<CompiledPath<Request, Answer>>> => {
  const byPath = new Map<string, Handlers<Request, Answer>>()
  for (const { handle, method, path } of routes) {
    byPath.set(path, (byPath.get(path) ?? new Map<string, typeof handle>()).set(method, handle))
  }
  const paths = [...byPath].map(([path, handlers]) => ({ pattern: parsePath(path), handlers })).toSorted(bySpecificity)
  const byLength = new Map<number, ReadonlyArray<CompiledPath<Request, Answer>>>()
  for (const path of paths) {
    byLength.set(path.pattern.length, [...(byLength.get(path.pattern.length) ?? []), path])
  }
  return byLength
}

const compile = <Request extends { readonly method: string }, Answer>(
  tables: ReadonlyArray<Routes<Request, Answer>>,
  { badMethod, noRoute }: Fallbacks<Request, Answer>
): ((request: Request, segments: ReadonlyArray<string>) => Answer) => {
  const pathsOfLength = compilePaths(tables.flatMap(({ routes }) => routes))
  const lookups = [...new Map(tables.flatMap((table) => table.lookups).map((lookup) => [lookup.path, lookup])).values()]
    .map(({ find, path }) => ({ find, pattern: parsePath(path) }))
    .toSorted((a, b) => a.pattern.length - b.pattern.length)
  return (request, segments) => {
    const allowed: Array<string> = []
    for (const { handlers, pattern } of pathsOfLength.get(segments.length) ?? []) {
      const parameters = matchStart(pattern, segments)
      const handle = handlers.get(request.method)
      if (parameters !== undefined && handle !== undefined) {
        return handle(request, parameters)
      }
      if (parameters !== undefined) {
        allowed.push(...handlers.keys())
      }
    }
    for (const { find, pattern } of lookups) {
      const parameters = matchStart(pattern, segments)
      if (parameters !== undefined) {
        find(request, parameters)
      }
    }
    return allowed.length > 0 ? badMethod(request, allowed) : noRoute(request)
  }
}

const splitKey = (key: string): { readonly method: string; readonly path: string } => {
  const [method = "", path = ""] = key.split(" ")
  return { method, path }
}

/** Starts the definition of a router for one type of requests and answers. */
export const define = <Request extends { readonly method: string }, Answer>(): Definition<Request, Answer> => ({
  compile,
  table: (handlers) => ({
    routes: Object.entries<Route<Request, Answer>["handle"]>(handlers).map(([key, handle]) => ({
      ...splitKey(key),
      handle
    })),
    lookups: []
  }),
  within: (prefix, find) => {
    type Found = ReturnType<typeof find>
    type Handler = (found: Found, request: Request, parameters: Parameters<string>) => Answer
    const lookup = find as (request: Request, parameters: Parameters<string>) => Found
    return (handlers) => ({
      routes: Object.entries<Handler>(handlers as Readonly<Record<string, Handler>>).map(([key, handle]) => ({
        ...splitKey(key),
        handle: (request, parameters) => handle(lookup(request, parameters), request, parameters)
      })),
      lookups: [{ path: prefix, find: lookup }]
    })
  }
})
