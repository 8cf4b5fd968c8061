/**
 * Validates request bodies as Keystone does, with its JSON Schema messages. They quote the schema and the invalid part
 * of the body in Python's notation, so a misplaced password appears in the fault, and tests can check that a client
 * hides it.
 */
import * as Fields from "../Fields.js"

/** The subset of JSON Schema that Keystone's bodies need. Rules are checked in the order of the members. */
export interface BodySchema {
  readonly type?: string | ReadonlyArray<string>
  readonly enum?: ReadonlyArray<unknown>
  readonly properties?: Readonly<Record<string, BodySchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: BodySchema
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly additionalProperties?: boolean
}

const pythonString = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(quote, `\\${quote}`)
  return `${quote}${escaped}${quote}`
}

/** Formats a value as one line of Python; `order` sorts the keys of objects. */
const python = (value: unknown, order: (keys: Array<string>) => Array<string> = (keys) => keys): string => {
  if (typeof value === "string") {
    return pythonString(value)
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => python(item, order)).join(", ")}]`
  }
  if (Fields.isObject(value)) {
    const members = order(Object.keys(value)).map((key) => `${pythonString(key)}: ${python(value[key], order)}`)
    return `{${members.join(", ")}}`
  }
  return value === true ? "True" : value === false ? "False" : value === null ? "None" : String(value)
}

const sorted = (keys: Array<string>): Array<string> => keys.toSorted()

/**
 * Formats a value as Python's `pprint` does, in lines of 72 columns: short values stay on one line, otherwise each
 * member starts a line below the first. `column` is the start, `reserved` the space needed after the end.
 */
const prettyPython = (value: unknown, column = 0, reserved = 0): string => {
  const line = python(value, sorted)
  const isList = Array.isArray(value)
  if (line.length <= 72 - column - reserved || !(isList || Fields.isObject(value))) {
    return line
  }
  const heads = isList ? value.map(() => "") : sorted(Object.keys(value)).map((key) => `${pythonString(key)}: `)
  const members = isList ? value : sorted(Object.keys(value)).map((key) => value[key])
  const lines = members.map((member, index) => {
    const head = heads[index] ?? ""
    return `${head}${prettyPython(member, column + 1 + head.length, index === members.length - 1 ? reserved + 1 : 1)}`
  })
  const body = lines.join(`,\n${" ".repeat(column + 1)}`)
  return isList ? `[${body}]` : `{${body}}`
}

interface Violation {
  readonly message: string
  /** The violated schema member: `required`. */
  readonly rule: string
  readonly schema: BodySchema
  readonly instance: unknown
  readonly path: ReadonlyArray<string | number>
  readonly schemaPath: ReadonlyArray<string | number>
}

const isOfType = (value: unknown, type: string): boolean => {
  switch (type) {
    case "object":
      return Fields.isObject(value)
    case "array":
      return Array.isArray(value)
    case "null":
      return value === null
    default:
      return typeof value === type
  }
}

/** The violations of one rule by the value itself, without those inside it. */
const ownViolation = (rule: string, schema: BodySchema, value: unknown): ReadonlyArray<string> => {
  const when = (isViolated: boolean | undefined, message: string): ReadonlyArray<string> =>
    isViolated === true ? [message] : []
  const text = typeof value === "string" ? value : undefined
  const object = Fields.isObject(value) ? value : undefined
  switch (rule) {
    case "type": {
      const types = [schema.type ?? []].flat()
      return when(
        !types.some((type) => isOfType(value, type)),
        `${python(value)} is not of type ${types.map(pythonString).join(", ")}`
      )
    }
    case "enum":
      return when(!schema.enum?.includes(value), `${python(value)} is not one of ${python(schema.enum)}`)
    case "required":
      return object === undefined
        ? []
        : (schema.required ?? [])
            .filter((name) => !(name in object))
            .map((name) => `${pythonString(name)} is a required property`)
    case "minLength":
      return when(text !== undefined && [...text].length < (schema.minLength ?? 0), `${python(value)} is too short`)
    case "maxLength":
      return when(text !== undefined && [...text].length > (schema.maxLength ?? 0), `${python(value)} is too long`)
    case "pattern":
      return when(
        text !== undefined && !new RegExp(schema.pattern ?? "", "u").test(text),
        `${python(value)} does not match ${python(schema.pattern)}`
      )
    case "minProperties":
      return when(
        object !== undefined && Object.keys(object).length < (schema.minProperties ?? 0),
        `${python(value)} does not have enough properties`
      )
    case "maxProperties":
      return when(
        object !== undefined && Object.keys(object).length > (schema.maxProperties ?? 0),
        `${python(value)} has too many properties`
      )
    case "additionalProperties": {
      const unknown = Object.keys(object ?? {}).filter((name) => !(name in (schema.properties ?? {})))
      return when(
        schema.additionalProperties === false && unknown.length > 0,
        `Additional properties are not allowed (${unknown.map(pythonString).join(", ")} ${unknown.length === 1 ? "was" : "were"} unexpected)`
      )
    }
    default:
      return []
  }
}

const violations = (
  schema: BodySchema,
  value: unknown,
  path: ReadonlyArray<string | number>,
  schemaPath: ReadonlyArray<string | number>
): ReadonlyArray<Violation> =>
  Object.keys(schema).flatMap((rule): ReadonlyArray<Violation> => {
    if (rule === "properties") {
      return Fields.isObject(value)
        ? Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
            name in value ? violations(inner, value[name], [...path, name], [...schemaPath, rule, name]) : []
          )
        : []
    }
    if (rule === "items") {
      const inner = schema.items
      return Array.isArray(value) && inner !== undefined
        ? value.flatMap((item, index) => violations(inner, item, [...path, index], [...schemaPath, rule]))
        : []
    }
    return ownViolation(rule, schema, value).map((message) => ({
      message,
      rule,
      schema,
      instance: value,
      path,
      schemaPath
    }))
  })

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")

const subscripts = (path: ReadonlyArray<string | number>): string => path.map((key) => `[${python(key)}]`).join("")

/** Keystone's message about a body: the first of the least deeply nested violations. Undefined if the body is valid. */
export const problemOf = (schema: BodySchema, body: unknown): string | undefined => {
  const [worst] = violations(schema, body, [], []).toSorted((one, other) => one.path.length - other.path.length)
  if (worst === undefined) {
    return undefined
  }
  const field = worst.path.length === 0 ? "" : `Invalid input for field '${worst.path.join("/")}': `
  return [
    `${field}${worst.message}`,
    `Failed validating ${pythonString(worst.rule)} in schema${subscripts(worst.schemaPath)}:\n${indented(prettyPython(worst.schema))}`,
    `On instance${subscripts(worst.path)}:\n${indented(prettyPython(worst.instance))}`
  ].join("\n\n")
}

const text: BodySchema = { type: "string" }
const idOrName: BodySchema = { type: "object", properties: { id: text, name: text } }
const boolean: BodySchema = { type: "boolean", enum: [true, false, null] }
const identifier: BodySchema = { type: "string", minLength: 1, maxLength: 64, pattern: "^[a-zA-Z0-9-]+$" }
const name: BodySchema = { type: "string", minLength: 1, maxLength: 255, pattern: "[\\S]+" }

/** `auth` of `POST /v3/auth/tokens`. Only the methods password and token are validated here. */
export const auth: BodySchema = {
  type: "object",
  properties: {
    identity: {
      type: "object",
      properties: {
        methods: { type: "array", items: text },
        password: {
          type: "object",
          properties: {
            user: { type: "object", properties: { id: text, name: text, password: text, domain: idOrName } }
          }
        },
        token: { type: "object", properties: { id: text }, required: ["id"] }
      },
      required: ["methods"]
    },
    scope: {
      type: ["object", "string"],
      properties: {
        project: { type: "object", properties: { name: text, id: text, domain: idOrName } },
        domain: idOrName,
        "OS-TRUST:trust": { type: "object", properties: { id: text } },
        system: { type: "object", properties: { all: boolean } }
      }
    }
  },
  required: ["identity"]
}

/** `application_credential` of `POST /v3/users/{id}/application_credentials`. */
export const applicationCredential: BodySchema = {
  type: "object",
  properties: {
    name,
    description: { type: ["string", "null"] },
    secret: { type: ["null", "string"] },
    expires_at: { type: ["null", "string"] },
    roles: {
      type: "array",
      items: {
        type: "object",
        properties: { id: identifier, name },
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false
      }
    },
    unrestricted: boolean,
    access_rules: {
      type: "array",
      items: {
        type: "object",
        properties: {
          path: { type: "string", minLength: 0, maxLength: 225, pattern: "^\\/.*" },
          method: { type: "string", pattern: "^(POST|GET|HEAD|PATCH|PUT|DELETE)$" },
          service: identifier,
          id: identifier
        },
        additionalProperties: false
      }
    }
  },
  required: ["name"],
  additionalProperties: true
}

/** `user` of `POST /v3/users/{id}/password`. */
export const passwordChange: BodySchema = {
  type: "object",
  properties: { original_password: text, password: text },
  required: ["original_password", "password"],
  additionalProperties: false
}
