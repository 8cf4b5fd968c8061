/**
 * FormPost: a form on a web page that uploads files, with a signature for a token. The fields before
 * a file count for it; the answer leads back to the page that the form names.
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

/** As much of a field's value is read. */
const longestValue = 4096

/** A header with attributes: `form-data; name="file"; filename="a.txt"`. */
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

/** The boundary of a form, where a request is one. */
export const boundaryOf = (request: ServiceRequest): string | undefined => {
  const { attributes, kind } = attributesOf(request.headers["content-type"] ?? "")
  return request.method === "POST" && kind === "multipart/form-data" ? attributes.get("boundary") : undefined
}

/** The words of a message in capitals, as Swift shows it. */
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

/** What is being read: a field, a file, or nothing that counts. */
type Open =
  | { readonly _tag: "Field"; readonly name: string | undefined; value: string }
  | { readonly _tag: "File"; readonly work: Writing.Work; readonly limit: number; readonly writer: StoredBytes.Writer }

/** Takes the pieces of a form, stores its files, and ends when there is nothing more to do. */
const makeForm = (storage: Storage, settings: Settings, request: ServiceRequest) => {
  const path = ByteText.percentDecode(request.path).replace(/^\//, "")
  const [container = ""] = path.split("/", 1)
  const fields = new Map<string, ByteText.ByteText>()
  let open: Open | undefined
  let files = 0
  let status = 0
  let message = ""
  let isOver = false

  const checkSignature = (now: number): void => {
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

  /** Begins a file: what is wrong with the form is wrong from here on. */
  const openFile = (filename: ByteText.ByteText, headers: Readonly<Record<string, ByteText.ByteText>>, now: number) => {
    files++
    const most = integer(fields.get("max_file_count")) ?? malformed("max_file_count not an integer")
    if (files > most) {
      status = 400
      message = "max file count exceeded"
      isOver = true
      return
    }
    if (container === "" || Signature.keysOf(storage, storage.get(container, now)).length === 0) {
      unauthorized("invalid signature")
    }
    const limit = integer(fields.get("max_file_size")) ?? malformed("max_file_size not an integer")
    const own: Record<string, string> = { "transfer-encoding": "chunked" }
    const vanishing = [
      ["x_delete_at", "x-delete-at", "Unix timestamp required."],
      ["x_delete_after", "x-delete-after", "Number of seconds required."]
    ] as const
    for (const [field, header, wanted] of vanishing) {
      const value = fields.get(field)
      if (value !== undefined) {
        const isInteger = /^\s*[+-]?\d+\s*$/.test(value)
        own[header] = isInteger ? value.trim() : malformed(`${field} not an integer: ${wanted}`)
      }
    }
    for (const header of ["content-type", "content-encoding"]) {
      const value = fields.get(header) ?? headers[header]
      if (value !== undefined) {
        own[header] = value || "application/octet-stream"
      }
    }
    checkSignature(now)
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
            const left = longestValue - open.value.length
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
    answer: (now: number): WireResponse => {
      if (status === 0) {
        status = 400
        message = "no files to process"
      }
      const line = Answer.statusLine(status)
      const redirect = fields.get("redirect")
      const shared = Object.fromEntries(
        Object.entries(
          CrossOrigin.shared(request, storage.get(container, now), { status, headers: {}, body: new Uint8Array(0) })
            .headers
        ).filter(([header]) => header.startsWith("Access-Control"))
      )
      if (!redirect) {
        return Reply.text(status, message === "" ? line : `${line}\r\nFormPost: ${title(message)}`, {
          ...shared,
          "Content-Type": "text/plain"
        })
      }
      const target = `${redirect}${redirect.includes("?") ? "&" : "?"}status=${status}&message=${ByteText.percentEncode(message)}`
      const body = `<html><body><p><a href="${target}">Click to continue...</a></p></body></html>`
      return {
        status: 303,
        headers: { ...shared, Location: target },
        body: new Uint8Array(Buffer.from(body, "latin1"))
      }
    }
  }
}

/** Answers a form. */
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
