/**
 * FormPost: uploads from HTML forms, authorized by a signature instead of a token. The fields before a file apply to
 * it. The answer redirects to the page that the form names.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Buffer } from "node:buffer"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as CrossOrigin from "./crossOrigin.js"
import * as Multipart from "./multipart.js"
import * as Signature from "./signature.js"
import type { Settings, Storage } from "./storage.js"
import * as StoredBytes from "./storedBytes.js"
import * as Writing from "./writing.js"

/** Longer field values are cut. */
const maxValueLength = 4096

/** Parses a header with attributes: `form-data; name="file"; filename="a.txt"`. */
const attributesOf = (
  header: string
): { readonly kind: string; readonly attributes: Map<string, ByteText.ByteText> } => {
  const attributes = new Map<string, ByteText.ByteText>()
  const [kind = "", ...rest] = header.split(";")
  for (const [, name = "", quoted, bare = ""] of rest
    .join(";")
    .matchAll(/([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g)) {
    attributes.set(name.toLowerCase(), quoted ?? bare)
  }
  return { kind: kind.trim().toLowerCase(), attributes }
}

/** The multipart boundary; undefined if the request is not a form. */
export const boundaryOf = (request: ServiceRequest): string | undefined => {
  const { attributes, kind } = attributesOf(request.headers["content-type"] ?? "")
  return request.method === "POST" && kind === "multipart/form-data" ? attributes.get("boundary") : undefined
}

/** Capitalizes each word, as Swift does with messages. */
const title = (text: string): string =>
  text.toLowerCase().replace(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())

const malformed = (message: string): never => Refusal.refuse(Answer.plain(400, `FormPost: ${message}`))

const unauthorized = (message: string): never =>
  Refusal.refuse({
    ...Answer.sentence(401, `FormPost: ${title(message)}`),
    headers: { "Content-Type": "text/html; charset=UTF-8", "WWW-Authenticate": 'Swift realm="unknown"' }
  })

const integer = (text: string | undefined): number | undefined =>
  text === undefined || text === "" ? 0 : /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : undefined

/** The part being read: a field, a file, or a part that is ignored. */
type Open =
  | { readonly _tag: "Field"; readonly name: string | undefined; value: string }
  | { readonly _tag: "File"; readonly work: Writing.Work; readonly limit: number; readonly writer: StoredBytes.Writer }

interface Target {
  readonly storage: Storage
  readonly request: ServiceRequest
  /** `container` or `container/prefix`. */
  readonly path: ByteText.ByteText
  readonly container: ByteText.ByteText
}

type FormFields = ReadonlyMap<string, ByteText.ByteText>

const checkSignature = ({ container, path, request, storage }: Target, fields: FormFields, now: number): void => {
  const keys = container === "" ? [] : Signature.keysOf(storage, storage.get(container, now))
  const signature = Signature.parse(fields.get("signature") ?? "")
  const expires = integer(fields.get("expires")) ?? malformed("expired not an integer")
  if (expires * 1000 < now) {
    unauthorized("form expired")
  }
  const account = ByteText.fromText(request.caller.storageAccount)
  const rest = ["redirect", "max_file_size", "max_file_count", "expires"]
    .map((name) => fields.get(name) || (name === "redirect" ? "" : "0"))
    .join("\n")
  const messages = Signature.pathsOf(request.baseUrl, account, `/${path}`).map((each) => `${each}\n${rest}`)
  if (signature === undefined || Signature.signer(signature, keys, messages) === undefined) {
    unauthorized("invalid signature")
  }
}

/** The object headers that the fields and the part's own headers set. */
const headersOf = (fields: FormFields, part: Readonly<Record<string, ByteText.ByteText>>): Record<string, string> => {
  const headers: Record<string, string> = { "transfer-encoding": "chunked" }
  const expiries = [
    ["x_delete_at", "x-delete-at", "Unix timestamp required."],
    ["x_delete_after", "x-delete-after", "Number of seconds required."]
  ] as const
  for (const [field, header, wanted] of expiries) {
    const value = fields.get(field)
    if (value !== undefined) {
      const isInteger = /^\s*[+-]?\d+\s*$/.test(value)
      headers[header] = isInteger ? value.trim() : malformed(`${field} not an integer: ${wanted}`)
    }
  }
  for (const header of ["content-type", "content-encoding"]) {
    const value = fields.get(header) ?? part[header]
    if (value !== undefined) {
      headers[header] = value || "application/octet-stream"
    }
  }
  return headers
}

const store = (work: Writing.Work, stored: StoredBytes.StoredBytes, now: number): WireResponse => {
  try {
    Writing.checkPut(work, now)
    return Writing.store(work, now, Writing.objectOf(work, now, stored), stored.md5)
  } catch (problem) {
    if (problem instanceof Refusal.Refusal) {
      return problem.response
    }
    throw problem
  }
}

/** The final response: a redirect if the form has one, otherwise the status as text. */
const answer = (
  { container, request, storage }: Target,
  redirect: string | undefined,
  { message, status }: { readonly message: string; readonly status: number },
  now: number
): WireResponse => {
  const response = { status, headers: {}, body: new Uint8Array(0) }
  const shared = Object.fromEntries(
    Object.entries(CrossOrigin.shared(request, storage.get(container, now), response).headers).filter(([header]) =>
      header.startsWith("Access-Control")
    )
  )
  if (!redirect) {
    const line = Answer.statusLine(status)
    return Reply.text(status, message === "" ? line : `${line}\r\nFormPost: ${title(message)}`, {
      ...shared,
      "Content-Type": "text/plain"
    })
  }
  const target = `${redirect}${redirect.includes("?") ? "&" : "?"}status=${status}&message=${ByteText.percentEncode(message)}`
  const body = `<html><body><p><a href="${target}">Click to continue...</a></p></body></html>`
  return { status: 303, headers: { ...shared, Location: target }, body: new Uint8Array(Buffer.from(body, "latin1")) }
}

/** Takes the parts of a form, stores its files, and stops when the form is complete or refused. */
const makeForm = (storage: Storage, settings: Settings, request: ServiceRequest) => {
  const path = ByteText.percentDecode(request.path).replace(/^\//, "")
  const [container = ""] = path.split("/", 1)
  const target: Target = { storage, request, path, container }
  const fields = new Map<string, ByteText.ByteText>()
  let open: Open | undefined
  let files = 0
  let status = 0
  let message = ""
  let isOver = false

  /** Starts a file. Invalid fields are refused here. */
  const openFile = (filename: ByteText.ByteText, headers: Readonly<Record<string, ByteText.ByteText>>, now: number) => {
    files++
    const maxFiles = integer(fields.get("max_file_count")) ?? malformed("max_file_count not an integer")
    if (files > maxFiles) {
      status = 400
      message = "max file count exceeded"
      isOver = true
      return
    }
    if (container === "" || Signature.keysOf(storage, storage.get(container, now)).length === 0) {
      unauthorized("invalid signature")
    }
    const limit = integer(fields.get("max_file_size")) ?? malformed("max_file_size not an integer")
    const own = headersOf(fields, headers)
    checkSignature(target, fields, now)
    const name = path.includes("/") ? path.slice(container.length + 1) : ""
    const sub: ServiceRequest = {
      ...request,
      method: "PUT",
      query: new URLSearchParams(),
      headers: { ...own, ...(request.headers["origin"] === undefined ? {} : { origin: request.headers["origin"] }) }
    }
    open = {
      _tag: "File",
      work: { storage, settings, request: sub, path: { container, object: `${name}${filename}` } },
      limit,
      writer: StoredBytes.writer()
    }
  }

  return {
    isOver: () => isOver,
    take: (piece: Multipart.Piece, now: number): void => {
      if (isOver) {
        return
      }
      switch (piece._tag) {
        case "Part": {
          const { attributes, kind } = attributesOf(piece.headers["content-disposition"] ?? "")
          const filename = attributes.get("filename")
          if (kind === "form-data" && filename) {
            openFile(filename, piece.headers, now)
          } else {
            open = { _tag: "Field", name: attributes.get("name")?.toLowerCase(), value: "" }
          }
          return
        }
        case "Data":
          if (open?._tag === "Field") {
            const left = maxValueLength - open.value.length
            open.value += left > 0 ? Buffer.from(piece.bytes.subarray(0, left)).toString("latin1") : ""
          } else if (open?._tag === "File") {
            if (open.writer.size() + piece.bytes.byteLength > open.limit) {
              malformed("max_file_size exceeded")
            }
            open.writer.write(piece.bytes)
          }
          return
        case "End":
          if (open?._tag === "Field" && open.name !== undefined) {
            fields.set(open.name, open.value.replace(/[\r\n-]+$/, ""))
          } else if (open?._tag === "File") {
            status = store(open.work, open.writer.finish(), now).status
            isOver = status >= 300
          }
          open = undefined
      }
    },
    answer: (now: number): WireResponse =>
      answer(
        target,
        fields.get("redirect"),
        status === 0 ? { status: 400, message: "no files to process" } : { status, message },
        now
      )
  }
}

export const handle = (
  storage: Storage,
  settings: Settings,
  request: ServiceRequest,
  boundary: string
): Effect.Effect<WireResponse, WireBroken | Refusal.Refusal> =>
  Effect.gen(function* () {
    const form = makeForm(storage, settings, request)
    const reader = Multipart.reader(boundary)
    const take = (read: () => ReadonlyArray<Multipart.Piece>) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Refusal.attempt(() => {
          try {
            for (const piece of read()) {
              form.take(piece, now)
            }
          } catch (problem) {
            if (problem instanceof Multipart.InvalidBoundary) {
              malformed("invalid starting boundary")
            }
            throw problem
          }
          return !form.isOver()
        })
      )
    yield* Stream.runForEachWhile(request.body, (bytes) => take(() => reader.push(bytes)))
    if (!form.isOver()) {
      yield* take(() => reader.finish())
    }
    return form.answer(yield* Clock.currentTimeMillis)
  })
