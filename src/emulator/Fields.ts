/** Reads the fields of JSON objects in requests. Invalid values are refused with the service's messages. */

/** A JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object: neither null nor an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A JSON value as text for a message: a string unchanged, everything else as JSON. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""))

/** How a service refuses a field. */
export interface Refusals {
  /** For a required text, number or boolean that is missing. By default it is refused like an invalid value. */
  readonly missing?: ((name: string) => never) | undefined
  readonly text: (name: string, maxLength: number) => never
  readonly oneOf: (name: string, values: ReadonlyArray<string>) => never
  readonly integer: (name: string, least: number, most: number) => never
  readonly boolean: (name: string) => never
  readonly object: (name: string) => never
  readonly list: (name: string) => never
  readonly listOfObjects: (name: string) => never
}

/** Readers of fields. Those that begin with `optional` return undefined for a field that is missing or null. */
export interface Readers {
  /** A non-empty string. */
  readonly text: (from: JsonObject, name: string, maxLength?: number) => string
  readonly optionalText: (from: JsonObject, name: string, maxLength?: number) => string | undefined
  readonly oneOf: (from: JsonObject, name: string, values: ReadonlyArray<string>) => string
  readonly optionalOneOf: (from: JsonObject, name: string, values: ReadonlyArray<string>) => string | undefined
  readonly integer: (from: JsonObject, name: string, least: number, most: number) => number
  readonly optionalInteger: (from: JsonObject, name: string, least: number, most: number) => number | undefined
  readonly boolean: (from: JsonObject, name: string) => boolean
  /** Also accepts `"true"` and `"false"`, as in examples of the documentation. */
  readonly optionalBoolean: (from: JsonObject, name: string) => boolean | undefined
  readonly object: (from: JsonObject | undefined, name: string) => JsonObject
  readonly optionalObject: (from: JsonObject, name: string) => JsonObject | undefined
  readonly list: (from: JsonObject, name: string) => ReadonlyArray<unknown>
  readonly optionalList: (from: JsonObject, name: string) => ReadonlyArray<unknown> | undefined
  readonly objects: (from: JsonObject | undefined, name: string) => ReadonlyArray<JsonObject>
  readonly optionalObjects: (from: JsonObject, name: string) => ReadonlyArray<JsonObject> | undefined
}

/** The maximum length of texts without a documented limit. */
const defaultMaxLength = 65_536

/** The readers of a service. */
export const make = (refusals: Refusals): Readers => {
  const absent = (name: string, refuse: () => never): never => (refusals.missing ?? refuse)(name)

  const optionalText: Readers["optionalText"] = (from, name, maxLength = defaultMaxLength) => {
    const value = from[name] ?? undefined
    return value === undefined || (typeof value === "string" && value.length <= maxLength)
      ? value
      : refusals.text(name, maxLength)
  }
  const optionalOneOf: Readers["optionalOneOf"] = (from, name, values) => {
    const value = from[name] ?? undefined
    return value === undefined || (typeof value === "string" && values.includes(value))
      ? value
      : refusals.oneOf(name, values)
  }
  const optionalInteger: Readers["optionalInteger"] = (from, name, least, most) => {
    const value = from[name] ?? undefined
    return value === undefined ||
      (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most)
      ? value
      : refusals.integer(name, least, most)
  }
  const optionalBoolean: Readers["optionalBoolean"] = (from, name) => {
    const value = from[name] ?? undefined
    return value === undefined || typeof value === "boolean"
      ? value
      : value === "true" || value === "false"
        ? value === "true"
        : refusals.boolean(name)
  }
  const optionalObject: Readers["optionalObject"] = (from, name) => {
    const value = from[name] ?? undefined
    return value === undefined || isObject(value) ? value : refusals.object(name)
  }
  const optionalList: Readers["optionalList"] = (from, name) => {
    const value = from[name] ?? undefined
    return value === undefined || Array.isArray(value) ? value : refusals.list(name)
  }
  const optionalObjects: Readers["optionalObjects"] = (from, name) =>
    optionalList(from, name)?.map((item) => (isObject(item) ? item : refusals.listOfObjects(name)))

  return {
    optionalText,
    optionalOneOf,
    optionalInteger,
    optionalBoolean,
    optionalObject,
    optionalList,
    optionalObjects,
    text: (from, name, maxLength = defaultMaxLength) =>
      optionalText(from, name, maxLength) || absent(name, () => refusals.text(name, maxLength)),
    oneOf: (from, name, values) =>
      optionalOneOf(from, name, values) ?? absent(name, () => refusals.oneOf(name, values)),
    integer: (from, name, least, most) =>
      optionalInteger(from, name, least, most) ?? absent(name, () => refusals.integer(name, least, most)),
    boolean: (from, name) => optionalBoolean(from, name) ?? absent(name, () => refusals.boolean(name)),
    object: (from = {}, name) => optionalObject(from, name) ?? refusals.object(name),
    list: (from, name) => optionalList(from, name) ?? refusals.list(name),
    objects: (from = {}, name) => optionalObjects(from, name) ?? refusals.list(name)
  }
}

/** A whole number in a query; undefined if it is missing. Other text is refused. */
export const queryInteger = (query: URLSearchParams, name: string, refuse: () => never): number | undefined => {
  const value = query.get(name)
  return value === null ? undefined : /^\d+$/.test(value) ? Number(value) : refuse()
}
