/**
 * A storage server that does as little work as possible, so that the benchmark measures the client. It implements HTTP/1.1 on
 * plain sockets, and parses only the necessary parts of a request.
 *
 * It supports what a client of Swift needs: the logins of Swift and Keystone v2, accounts, containers, objects, listings, bulk
 * deletion and extraction of archives. It stores the size, MD5 and date of an object, and every download consists of the same
 * bytes. It hashes uploads, since clients verify the MD5, except the one large object, whose MD5 it gets in advance.
 *
 * It is started by `fork`, sends `{ port }`, handles the messages in `commands` below, and ends with its parent.
 */
import { createHash, hash } from "node:crypto"
import { createServer } from "node:net"
import { createGunzip } from "node:zlib"
import { piece } from "./content.mjs"
import { entryAt, positionOf } from "./listing.mjs"

const account = "AUTH_bench"
const largestPage = 10_000

/** By name: `{ objects, sorted }`, or `{ entries, offsets }` for a read-only listing. */
const containers = new Map()
let requests = 0
let large = { bytes: -1, md5: "" }

const reasons = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  422: "Unprocessable Entity"
}
const head = (status, length, headers) =>
  `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Length: ${length}\r\n${headers}X-Trans-Id: tx${requests}\r\n\r\n`
const answer = (socket, status, headers = "", body = "") =>
  socket.write(head(status, Buffer.byteLength(body), headers) + body)
const json = (socket, status, value) =>
  answer(socket, status, "Content-Type: application/json; charset=utf-8\r\n", JSON.stringify(value))

const header = ({ lowerCase, text }, name) => {
  const start = lowerCase.indexOf(`\r\n${name}:`)
  return start < 0 ? undefined : text.slice(start + name.length + 3, text.indexOf("\r\n", start + 2)).trim()
}
const decode = (text) => (text.includes("%") ? decodeURIComponent(text) : text)

/** The MD5 of bytes that arrive in parts, usually in one. */
const digest = () => {
  let only
  let running
  return {
    write: (part) => {
      if (running !== undefined) running.update(part)
      else if (only === undefined) only = part
      else running = createHash("md5").update(only).update(part)
    },
    hex: () => running?.digest("hex") ?? hash("md5", only ?? "")
  }
}

const discard = (end) => ({ write: () => {}, end })
const collect = (end) => {
  const parts = []
  return { write: (part) => parts.push(part), end: () => end(Buffer.concat(parts)) }
}

const store = (container, name, object) => {
  if (!container.objects.has(name)) container.sorted = undefined
  container.objects.set(name, { ...object, modified: Date.now() })
}

const putObject = (socket, container, name, asked, length) => {
  const isLarge = length === large.bytes
  const md5 = isLarge ? undefined : digest()
  let bytes = 0
  return {
    write: (part) => {
      bytes += part.length
      md5?.write(part)
    },
    end: () => {
      const etag = isLarge ? large.md5 : md5.hex()
      const named = header(asked, "etag")
      if (named !== undefined && named !== etag) return answer(socket, 422)
      store(container, name, { bytes, etag, mtime: header(asked, "x-object-meta-mtime") })
      answer(socket, 201, `Etag: ${etag}\r\nLast-Modified: ${new Date().toUTCString()}\r\n`)
    }
  }
}

const putManifest = (socket, container, name, asked) =>
  collect((body) => {
    const segments = JSON.parse(body)
    const etag = `"${hash("md5", segments.map((segment) => segment.etag).join(""))}"`
    const bytes = segments.reduce((total, segment) => total + segment.size_bytes, 0)
    store(container, name, { bytes, etag, mtime: header(asked, "x-object-meta-mtime"), segments })
    answer(socket, 201, `Etag: ${etag}\r\nLast-Modified: ${new Date().toUTCString()}\r\n`)
  })

const field = (block, start, end) => {
  const stop = block.indexOf(0, start)
  return block.utf8Slice(start, stop < 0 || stop > end ? end : stop)
}

/** Reads a tar archive as it arrives, and stores its files in the container under the prefix. */
const untar = (container, prefix, done) => {
  let header = Buffer.alloc(0)
  let name
  let nextName
  let type
  let size = 0
  let left = 0
  let padding = 0
  let contents
  let created = 0
  let reading = "header"
  const finish = () => {
    if (type === "x") nextName = /^\d+ path=(.*)$/m.exec(contents.text)?.[1] ?? nextName
    else if (type === "L") nextName = contents.text.replace(/\0+$/, "")
    else if (contents !== undefined) {
      created += 1
      store(container, prefix + name.replace(/^\.\//, ""), { bytes: size, etag: contents.hex() })
    }
    reading = padding === 0 ? "header" : "padding"
  }
  const begin = (block) => {
    if (block.every((byte) => byte === 0)) {
      reading = "end"
      return
    }
    type = String.fromCharCode(block[156] || 0x30)
    const folder = block.utf8Slice(257, 262) === "ustar" ? field(block, 345, 500) : ""
    name = nextName ?? (folder === "" ? "" : `${folder}/`) + field(block, 0, 100)
    size = (block[124] & 0x80) === 0 ? Number.parseInt(field(block, 124, 136), 8) || 0 : block.readUIntBE(130, 6)
    left = size
    padding = (512 - (size % 512)) % 512
    if (type === "x" || type === "L") {
      contents = { text: "", write: (part) => (contents.text += part.utf8Slice()) }
    } else {
      nextName = undefined
      contents = type === "0" ? digest() : undefined
    }
    reading = "content"
    if (left === 0) finish()
  }
  return {
    write: (part) => {
      let at = 0
      while (at < part.length) {
        if (reading === "header") {
          const end = at + 512 - header.length
          const block = header.length === 0 ? part.subarray(at, end) : Buffer.concat([header, part.subarray(at, end)])
          at = Math.min(end, part.length)
          header = block.length < 512 ? block : Buffer.alloc(0)
          if (block.length === 512) begin(block)
        } else if (reading === "content") {
          const end = Math.min(part.length, at + left)
          contents?.write(part.subarray(at, end))
          left -= end - at
          at = end
          if (left === 0) finish()
        } else if (reading === "padding") {
          const end = Math.min(part.length, at + padding)
          padding -= end - at
          at = end
          if (padding === 0) reading = "header"
        } else return
      }
    },
    end: () => done(created)
  }
}

const extract = (socket, container, prefix, format) => {
  const tar = untar(container, prefix, (created) =>
    json(socket, 200, {
      "Response Status": created === 0 ? "400 Bad Request" : "201 Created",
      "Response Body": created === 0 ? "Invalid Tar File: No Valid Files" : "",
      "Number Files Created": created,
      Errors: []
    })
  )
  if (format === "tar") return tar
  const gunzip = createGunzip().on("data", tar.write).on("end", tar.end)
  return { write: (part) => gunzip.write(part), end: () => gunzip.end() }
}

const bulkDelete = (socket) =>
  collect((body) => {
    let deleted = 0
    let missing = 0
    for (const line of body.utf8Slice().split("\n")) {
      const path = decode(line.trim()).replace(/^\//, "")
      if (path === "") continue
      const slash = path.indexOf("/")
      const container = containers.get(slash < 0 ? path : path.slice(0, slash))
      const found = slash < 0 ? containers.delete(path) : container?.objects.delete(path.slice(slash + 1))
      if (container !== undefined) container.sorted = undefined
      if (found === true) deleted += 1
      else missing += 1
    }
    json(socket, 200, {
      "Response Status": "200 OK",
      "Response Body": "",
      "Number Deleted": deleted,
      "Number Not Found": missing,
      Errors: []
    })
  })

const countOf = (container) => container.offsets?.length ?? container.objects.size

const listLarge = (socket, { entries, offsets }, query, limit) => {
  const marker = query.get("marker") ?? ""
  const first = marker === "" ? 0 : positionOf(marker) + 1
  const last = Math.min(first + limit, offsets.length)
  if (!(query.get("prefix") ?? "").length && first < last) {
    const page = entries.subarray(offsets[first], (offsets[last] ?? entries.length + 2) - 2)
    socket.cork()
    socket.write(head(200, page.length + 2, "Content-Type: application/json; charset=utf-8\r\n") + "[")
    socket.write(page)
    socket.write("]")
    socket.uncork()
  } else json(socket, 200, [])
}

const list = (socket, container, query) => {
  const limit = Number(query.get("limit") || largestPage)
  if (limit > largestPage) return answer(socket, 412)
  const isJson = query.get("format") === "json"
  if (container.offsets !== undefined) return listLarge(socket, container, query, limit)
  container.sorted ??= [...container.objects.keys()].toSorted()
  const marker = query.get("marker") ?? ""
  const prefix = query.get("prefix") ?? ""
  const end = query.get("end_marker") ?? ""
  const delimiter = query.get("delimiter") ?? ""
  const page = []
  let folder
  for (const name of container.sorted) {
    if (page.length === limit) break
    if (name <= marker || !name.startsWith(prefix) || (end !== "" && name >= end)) continue
    const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length)
    if (cut >= 0) {
      const subdir = name.slice(0, cut + delimiter.length)
      if (subdir !== folder && subdir > marker) page.push({ subdir })
      folder = subdir
      continue
    }
    const { bytes, etag, modified } = container.objects.get(name)
    page.push({
      bytes,
      hash: etag,
      name,
      content_type: "application/octet-stream",
      last_modified: `${new Date(modified).toISOString().slice(0, -1)}000`
    })
  }
  if (isJson) json(socket, 200, page)
  else answer(socket, 200, "", page.map((entry) => `${entry.name ?? entry.subdir}\n`).join(""))
}

const getObject = (socket, { bytes, etag, modified, mtime }, asked, method) => {
  const range = /^bytes=(\d*)-(\d*)$/.exec(header(asked, "range") ?? "")
  const first = range === null ? 0 : range[1] === "" ? bytes - Number(range[2]) : Number(range[1])
  const last = range === null || range[1] === "" || range[2] === "" ? bytes - 1 : Math.min(Number(range[2]), bytes - 1)
  let left = last - first + 1
  const start = head(
    range === null ? 200 : 206,
    left,
    `Content-Type: application/octet-stream\r\nEtag: ${etag}\r\nLast-Modified: ${new Date(modified).toUTCString()}\r\n` +
      (mtime === undefined ? "" : `X-Object-Meta-Mtime: ${mtime}\r\n`) +
      (range === null ? "" : `Content-Range: bytes ${first}-${last}/${bytes}\r\n`)
  )
  if (method === "HEAD") return socket.write(start)
  socket.cork()
  socket.write(start)
  let at = first % piece.length
  const send = () => {
    while (left > 0 && !socket.destroyed) {
      const part = piece.subarray(at, Math.min(piece.length, at + left))
      at = 0
      left -= part.length
      if (!socket.write(part)) return void socket.once("drain", send)
    }
  }
  send()
  socket.uncork()
}

const tokens = (origin) => ({
  access: {
    token: { id: "bench", expires: new Date(Date.now() + 86_400_000).toISOString(), tenant: { id: account } },
    user: { id: "1", name: "bench", roles: [], "RAX-AUTH:defaultRegion": "DFW" },
    serviceCatalog: [
      {
        name: "cloudFiles",
        type: "object-store",
        endpoints: [{ region: "DFW", publicURL: `${origin}/v1/${account}`, tenantId: account }]
      }
    ]
  }
})

const capabilities = {
  swift: { version: "2.30.1", max_file_size: 5_368_709_122, container_listing_limit: largestPage },
  bulk_delete: { max_deletes_per_request: 10_000, max_failed_deletes: 1000 },
  bulk_upload: { max_containers_per_extraction: 10_000, max_failed_extractions: 1000 },
  slo: { max_manifest_segments: 1000, max_manifest_size: 8_388_608, min_segment_size: 1 },
  tempauth: {}
}

/** Handles a request's head, and returns the sink for its body. The response is written when the body has ended. */
const handle = (socket, asked, length) => {
  requests += 1
  const { text } = asked
  const line = text.slice(0, text.indexOf("\r\n"))
  const method = line.slice(0, line.indexOf(" "))
  const target = line.slice(method.length + 1, line.lastIndexOf(" "))
  const mark = target.indexOf("?")
  const path = mark < 0 ? target : target.slice(0, mark)
  const origin = `http://127.0.0.1:${socket.localPort}`
  if (!path.startsWith(`/v1/${account}`)) {
    if (path === "/auth/v1.0") {
      const url = `${origin}/v1/${account}`
      return discard(() =>
        answer(
          socket,
          200,
          `X-Auth-Token: bench\r\nX-Storage-Token: bench\r\nX-Auth-Token-Expires: 86400\r\nX-Storage-Url: ${url}\r\n`
        )
      )
    }
    if (path === "/v2.0/tokens") return discard(() => json(socket, 200, tokens(origin)))
    if (path === "/info") return discard(() => json(socket, 200, capabilities))
    return discard(() => answer(socket, 404))
  }
  if (header(asked, "x-auth-token") !== "bench") return discard(() => answer(socket, 401))
  const query = new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1))
  const rest = path.slice(account.length + 5)
  const slash = rest.indexOf("/")
  const containerName = decode(slash < 0 ? rest : rest.slice(0, slash))
  const name = slash < 0 ? "" : decode(rest.slice(slash + 1))
  if (query.has("bulk-delete")) return bulkDelete(socket)
  if (containerName === "") {
    if (method === "HEAD")
      return discard(() => answer(socket, 204, `X-Account-Container-Count: ${containers.size}\r\n`))
    const all = [...containers].map(([name, container]) => ({ name, count: countOf(container), bytes: 0 }))
    return discard(() => json(socket, 200, (query.get("marker") ?? "") === "" ? all : []))
  }
  const container = containers.get(containerName)
  if (name === "" && !query.has("extract-archive")) {
    return discard(() => {
      if (method === "PUT") {
        if (container === undefined) containers.set(containerName, { objects: new Map(), sorted: undefined })
        answer(socket, container === undefined ? 201 : 202)
      } else if (container === undefined) answer(socket, 404)
      else if (method === "GET") list(socket, container, query)
      else if (method === "DELETE") {
        if (countOf(container) > 0) return answer(socket, 409)
        containers.delete(containerName)
        answer(socket, 204)
      } else {
        answer(
          socket,
          204,
          `X-Container-Object-Count: ${countOf(container)}\r\nX-Container-Bytes-Used: 0\r\nX-Timestamp: 1767225600.00000\r\n`
        )
      }
    })
  }
  if (container?.objects === undefined) return discard(() => answer(socket, 404))
  if (method === "PUT") {
    const format = query.get("extract-archive")
    if (format !== null) return extract(socket, container, name === "" ? "" : `${name.replace(/\/$/, "")}/`, format)
    if (query.get("multipart-manifest") === "put") return putManifest(socket, container, name, asked)
    return putObject(socket, container, name, asked, length)
  }
  return discard(() => {
    const object = container.objects.get(name)
    if (object === undefined) answer(socket, 404)
    else if (method === "GET" || method === "HEAD") getObject(socket, object, asked, method)
    else if (method === "POST") {
      object.mtime = header(asked, "x-object-meta-mtime") ?? object.mtime
      answer(socket, 202)
    } else if (method === "DELETE") {
      container.objects.delete(name)
      container.sorted = undefined
      answer(socket, 204)
    } else answer(socket, 405)
  })
}

/** The bodies of HTTP/1.1. Each consumes bytes and returns those after its end; `ended` is true at the end. */
const fixed = (sink, length) => {
  let left = length
  const body = {
    ended: false,
    take: (bytes) => {
      const part = bytes.length <= left ? bytes : bytes.subarray(0, left)
      left -= part.length
      sink.write(part)
      if (left === 0) {
        body.ended = true
        sink.end()
      }
      return bytes.subarray(part.length)
    }
  }
  return body
}

const chunked = (sink) => {
  let left = 0
  let line = ""
  let reading = "size"
  const body = {
    ended: false,
    take: (bytes) => {
      let at = 0
      while (at < bytes.length && !body.ended) {
        if (reading === "data") {
          const part = bytes.subarray(at, at + left)
          at += part.length
          left -= part.length
          sink.write(part)
          if (left === 0) reading = "line end"
          continue
        }
        const end = bytes.indexOf(10, at)
        line += bytes.latin1Slice(at, end < 0 ? bytes.length : end + 1)
        at = end < 0 ? bytes.length : end + 1
        if (end < 0) continue
        const text = line.trim()
        line = ""
        if (reading === "line end") reading = "size"
        else if (reading === "size") {
          left = Number.parseInt(text, 16)
          reading = left === 0 ? "trailer" : "data"
        } else if (text === "") {
          body.ended = true
          sink.end()
        }
      }
      return bytes.subarray(at)
    }
  }
  return body
}

const server = createServer({ noDelay: true }, (socket) => {
  let before
  let body
  socket.on("error", () => {})
  socket.on("data", (chunk) => {
    let bytes = before === undefined ? chunk : Buffer.concat([before, chunk])
    before = undefined
    while (bytes.length > 0) {
      if (body === undefined) {
        const end = bytes.indexOf("\r\n\r\n")
        if (end < 0) {
          before = bytes
          return
        }
        const text = bytes.latin1Slice(0, end + 2)
        const asked = { text, lowerCase: text.toLowerCase() }
        bytes = bytes.subarray(end + 4)
        const length = header(asked, "content-length")
        const isChunked = length === undefined && header(asked, "transfer-encoding") !== undefined
        const sink = handle(socket, asked, length === undefined ? undefined : Number(length))
        if (isChunked) body = chunked(sink)
        else if (Number(length ?? 0) > 0) body = fixed(sink, Number(length))
        else sink.end()
        if (body !== undefined && header(asked, "expect") !== undefined) socket.write("HTTP/1.1 100 Continue\r\n\r\n")
      } else {
        bytes = body.take(bytes)
        if (body.ended) body = undefined
      }
    }
  })
})

const commands = {
  /** Replaces the container by a new one with these objects. */
  seed: ({ bytes, container, md5, names }) => {
    const objects = new Map(names.map((name) => [name, { bytes, etag: md5, modified: Date.now() }]))
    containers.set(container, { objects, sorted: undefined })
  },
  /** Creates a container with a read-only listing. */
  seedListing: ({ container, count }) => {
    const offsets = new Float64Array(count)
    const parts = []
    let size = 0
    for (let index = 0; index < count; index++) {
      const entry = `${entryAt(index)}${index === count - 1 ? "" : ", "}`
      offsets[index] = size
      size += entry.length
      parts.push(entry)
    }
    const entries = Buffer.allocUnsafe(size)
    for (let index = 0; index < count; index++) entries.latin1Write(parts[index], offsets[index])
    containers.set(container, { entries, offsets })
  },
  /** The objects of a container. */
  contents: ({ container }) =>
    [...(containers.get(container)?.objects ?? [])].map(([name, { bytes, etag }]) => ({ name, bytes, hash: etag })),
  /** Sets the size by which the large object is recognized, and its MD5. */
  large: (object) => void (large = object),
  remove: ({ container }) => void containers.delete(container),
  usage: () => {
    const { system, user } = process.cpuUsage()
    return { cpu: (user + system) / 1e6, requests }
  }
}

process.on("message", ({ id, method, input }) => process.send({ id, result: commands[method](input) }))
process.on("disconnect", () => process.exit())
// Ctrl-C reaches every process of the group; the parent ends this one after cleaning up.
process.on("SIGINT", () => {})
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }))
