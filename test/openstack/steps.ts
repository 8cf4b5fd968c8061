/**
 * Requests that are sent to the emulated cloud and to the real one. Paths, headers and bodies may contain placeholders: names of
 * values that an earlier step kept, such as `{id}`, and values of the run: `{c}` and `{v}` are containers, `{name}` is the name
 * of a server, `{flavor}` and `{other}` are flavors, and `{image}` is an image.
 */
import { createHmac } from "node:crypto"
import { gzipSync } from "node:zlib"
import type { RawRequest } from "../contract/Cloud.js"
import * as Tar from "../emulator/tar.js"

export interface Step extends Omit<RawRequest, "body"> {
  readonly body?: unknown
  /** Creates the parts that depend on the endpoint's path, such as signatures; `filled` replaces placeholders. */
  readonly made?: (
    endpoint: string,
    filled: (text: string) => string
  ) => Partial<Pick<Step, "path" | "headers" | "body">>
  /** Describes a body that is not readable text, in the name of the request. */
  readonly note?: string
  /** Values that later steps need, by name, as paths in the response's JSON. */
  readonly keep?: Readonly<Record<string, ReadonlyArray<string | number>>>
  /** Repeats the request until the response's JSON has this value at this path. */
  readonly until?: readonly [path: ReadonlyArray<string | number>, value: string]
}

type Options = Omit<Step, "method" | "path">

const step = (method: string, path: string, options: Options = {}): Step => ({ method, path, ...options })

const long = (length: number): string => "x".repeat(length)

const segments = JSON.stringify([
  { path: "/{c}/s/1", etag: "5eb63bbbe01eeed093cb22bb8f5acdc3", size_bytes: 11 },
  { path: "/{c}/s/2", etag: "5eb63bbbe01eeed093cb22bb8f5acdc3", size_bytes: 11 }
])

const json = { accept: "application/json" }

const twoFiles = Tar.archive({ "a.txt": "hello", "./d/b.html": "<p>" })

/** Uploads an archive to be extracted. */
const unpack = (
  note: string,
  archive: Uint8Array | ((filled: (text: string) => string) => Uint8Array),
  {
    format = "tar",
    headers = json,
    path = "/{c}/t"
  }: { path?: string; format?: string; headers?: Record<string, string> } = {}
): Step =>
  step("PUT", `${path}?extract-archive=${format}`, {
    headers,
    note,
    ...(typeof archive === "function" ? { made: (_, filled) => ({ body: archive(filled) }) } : { body: archive })
  })

export const archiveSteps: ReadonlyArray<Step> = [
  step("PUT", "/{c}"),
  unpack("two files", twoFiles),
  step("HEAD", "/{c}/t/a.txt"),
  step("HEAD", "/{c}/t/d/b.html"),
  unpack("two files", twoFiles, { headers: {} }),
  unpack("two files", twoFiles, { headers: { accept: "application/xml" } }),
  unpack("two files", twoFiles, { headers: { accept: "image/png" } }),
  unpack("two files", twoFiles, { headers: { ...json, "content-type": "" } }),
  unpack("two files", twoFiles, { headers: { ...json, "x-object-meta-of": "all", "x-delete-at": "4102444800" } }),
  step("HEAD", "/{c}/t/a.txt"),
  unpack("two files", twoFiles, { headers: { ...json, "x-delete-at": "1" } }),
  unpack("two files", twoFiles, { format: ".TAR" }),
  unpack("two files", twoFiles, { format: "zip" }),
  unpack("two files", gzipSync(twoFiles), { format: "tar.gz" }),
  unpack("not compressed", twoFiles, { format: "tar.gz" }),
  unpack("compressed", gzipSync(twoFiles)),
  unpack("cut short", gzipSync(twoFiles).subarray(0, 5), { format: "tar.gz" }),
  unpack("nothing", new Uint8Array(0), { format: "tar.gz" }),
  unpack("two files", twoFiles, { format: "tar.bz2" }),
  unpack("nothing", new Uint8Array(0)),
  unpack("no archive", new TextEncoder().encode("nonsense")),
  unpack("no archive", new Uint8Array(1024).fill(110)),
  unpack("no files", Tar.end),
  unpack("ends in a header", twoFiles.subarray(0, 1024 + 200)),
  unpack("ends in a file", twoFiles.subarray(0, 514)),
  unpack("ends behind a file", twoFiles.subarray(0, 700)),
  unpack("ends in nonsense", Tar.join(twoFiles.subarray(0, 1024), new Uint8Array(1024).fill(120))),
  unpack(
    "a wrong sum",
    twoFiles.map((byte, index) => (index === 0 ? byte + 1 : byte))
  ),
  unpack("no file", Tar.join(Tar.entry({ name: "d/", kind: "5" }), Tar.entry({ name: "l", kind: "2" }), Tar.end)),
  unpack(
    "attributes",
    Tar.join(
      Tar.pax({
        path: "ünï/☃",
        "SCHILY.xattr.user.mime_type": "a/b",
        "SCHILY.xattr.user.meta.color": "blue",
        "LIBARCHIVE.xattr.user.meta.shape": "round"
      }),
      Tar.entry({ name: "x", body: "x" }),
      Tar.end
    )
  ),
  step("HEAD", `/{c}/t/${encodeURIComponent("ünï")}/${encodeURIComponent("☃")}`),
  unpack(
    "a long attribute",
    Tar.join(Tar.pax({ "SCHILY.xattr.user.meta.a": long(257) }), Tar.entry({ name: "x", body: "x" }), Tar.end)
  ),
  unpack("an unfinished long name", Tar.join(Tar.pax({ path: "lost" }), new Uint8Array(1024))),
  unpack(
    "names by GNU and by prefix",
    Tar.join(
      Tar.entry({ name: "././@LongLink", kind: "L", gnu: true, body: `${long(150)}/gnu\0` }),
      Tar.entry({ name: long(100), body: "1", gnu: true }),
      Tar.entry({ name: "ustar", prefix: long(150), body: "2" }),
      Tar.end
    )
  ),
  step("HEAD", `/{c}/t/${long(150)}/gnu`),
  step("HEAD", `/{c}/t/${long(150)}/ustar`),
  unpack("no UTF-8", Tar.join(Tar.entry({ name: new Uint8Array([0x61, 0xff]), body: "1" }), Tar.end)),
  unpack("a long name", Tar.join(Tar.pax({ path: long(1025) }), Tar.entry({ name: "x", body: "1" }), Tar.end)),
  unpack(
    "containers",
    (filled) =>
      Tar.archive({ loose: "1", [filled("{c}/t/in")]: "2", [filled("{v}/a/b")]: "3", [`${long(60)}${long(39)}`]: "4" }),
    { path: "" }
  ),
  unpack(
    "a container that cannot be",
    Tar.join(Tar.pax({ path: `${long(257)}/f` }), Tar.entry({ name: "x", body: "1" }), Tar.end),
    { path: "" }
  ),
  step("HEAD", "/{v}/a/b"),
  unpack("all of one type", Tar.archive({ typed: "1" }), { headers: { ...json, "content-type": "text/x-all" } }),
  step("HEAD", "/{c}/t/typed"),
  step("POST", "/{c}", { headers: { "x-container-meta-quota-count": "1" } }),
  unpack("two files", twoFiles),
  step("POST", "/{c}?extract-archive=tar", { headers: { "x-container-meta-a": "b" } }),
  step("POST", "?bulk-delete", {
    body: [
      "t/a.txt",
      "t/d/b.html",
      "t/in",
      "t/x",
      "t/typed",
      `t/${encodeURIComponent("ünï/☃")}`,
      `t/${long(150)}/gnu`,
      `t/${long(150)}/ustar`,
      ""
    ]
      .map((name) => `{c}/${name}`)
      .slice(0, -1)
      .concat("{v}/a/b", "{v}", "{c}", "")
      .join("\n"),
    headers: { ...json, "content-type": "text/plain" }
  }),
  step("HEAD", "/{c}")
]

const key = "secret"
const never = 4102444800

interface Signing {
  readonly method?: string
  /** The signed path. Default: the requested one. */
  readonly signed?: string
  readonly algorithm?: "sha1" | "sha256" | "sha512"
  readonly by?: string
  readonly expires?: number
  /** The expiry in the URL, if it differs from the signed one. */
  readonly written?: string
  readonly before?: string
  readonly prefix?: string
  readonly base64?: boolean
  /** Whether a valid token is sent too. */
  readonly hasToken?: boolean
  readonly more?: string
}

const digest = (by: string, algorithm: string, message: string) => createHmac(algorithm, by).update(message)

/** A request with a signed URL. */
const signed = (method: string, path: string, signing: Signing = {}, options: Options = {}): Step => {
  const { algorithm = "sha256", base64 = false, before = "", by = key, expires = never, more = "" } = signing
  return step(method, path, {
    ...(signing.hasToken === true ? {} : { token: null }),
    note: JSON.stringify(signing),
    ...options,
    made: (endpoint, filled) => {
      const resource = decodeURIComponent(filled(signing.signed ?? path))
      const prefix = signing.prefix === undefined ? "" : "prefix:"
      const message = `${before}${signing.method ?? method}\n${expires}\n${prefix}${endpoint}${resource}`
      const hmac = digest(by, algorithm, message)
      const signature = base64 ? `${algorithm}:${hmac.digest("base64url")}` : hmac.digest("hex")
      return { path: `${path}?temp_url_sig=${signature}&temp_url_expires=${signing.written ?? expires}${more}` }
    }
  })
}

interface Form {
  readonly fields?: Readonly<Record<string, string>>
  readonly files?: ReadonlyArray<readonly [name: string, body: string, type?: string]>
  readonly by?: string
  readonly algorithm?: "sha1" | "sha256" | "sha512"
  readonly raw?: string
}

/** A form in the format in which a browser submits it. */
const form = (note: string, path: string, about: Form = {}, headers: Readonly<Record<string, string>> = {}): Step =>
  step("POST", path, {
    token: null,
    note,
    headers: { "content-type": "multipart/form-data; boundary=frontier", ...headers },
    made: (endpoint, filled) => {
      const { algorithm = "sha256", by = key, files = [["a.txt", "hello", "text/plain"]] } = about
      const fields = { redirect: "", max_file_size: "10", max_file_count: "2", expires: String(never), ...about.fields }
      const message = [
        endpoint + decodeURIComponent(filled(path)),
        fields.redirect,
        fields.max_file_size,
        fields.max_file_count,
        fields.expires
      ].join("\n")
      const signature = digest(by, algorithm, message).digest("hex")
      const parts = [
        ...Object.entries({ ...fields, signature }).map(
          ([name, value]) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
        ),
        ...files.map(
          ([name, body, type], index) =>
            `Content-Disposition: form-data; name="file${index}"; filename="${name}"\r\n` +
            `${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n${body}`
        )
      ]
      const body = about.raw ?? `${parts.map((part) => `--frontier\r\n${part}\r\n`).join("")}--frontier--\r\n`
      return { body: new TextEncoder().encode(body) }
    }
  })

const page = { origin: "http://a.example" }

export const publicSteps: ReadonlyArray<Step> = [
  step("PUT", "/{c}", { headers: { "x-container-meta-temp-url-key": key } }),
  step("PUT", "/{v}"),
  step("PUT", "/{c}/o", {
    body: "hello world",
    headers: { "content-type": "text/plain", "x-object-meta-secret": "s", "x-object-meta-public-color": "blue" }
  }),
  step("PUT", "/{c}/d/ünï ☃%3F%23.txt".replace("ünï ☃", encodeURIComponent("ünï ☃")), {
    body: "x",
    headers: { "content-disposition": "inline; filename=z" }
  }),
  // ---- signed URLs
  signed("GET", "/{c}/o"),
  signed("HEAD", "/{c}/o"),
  signed("HEAD", "/{c}/o", { method: "GET" }),
  signed("HEAD", "/{c}/o", { method: "PUT" }),
  signed("HEAD", "/{c}/o", { method: "DELETE" }),
  signed("GET", "/{c}/o", { method: "HEAD" }),
  signed("GET", "/{c}/o", { algorithm: "sha1" }),
  signed("GET", "/{c}/o", { algorithm: "sha512" }),
  signed("GET", "/{c}/o", { base64: true, algorithm: "sha512" }),
  signed("GET", "/{c}/o", { base64: true }),
  signed("GET", "/{c}/o", { by: "other" }),
  signed("GET", "/{c}/o", { by: "other", hasToken: true }),
  signed("GET", "/{c}/o", { expires: 1000000000 }),
  signed("GET", "/{c}/o", { written: "2100-01-01T00:00:00Z" }),
  signed("GET", "/{c}/o", { written: "tomorrow" }),
  signed("GET", "/{c}/o", {}, { headers: { range: "bytes=0-4" } }),
  signed("GET", "/{c}/o", {}, { headers: { "if-none-match": "5eb63bbbe01eeed093cb22bb8f5acdc3" } }),
  signed("GET", "/{c}/o", {}, { headers: { "x-object-manifest": "a/b" } }),
  signed("GET", "/{c}/o", { more: "&filename=a+b%C3%BC/c.txt" }),
  signed("GET", "/{c}/o", { more: "&inline" }),
  signed("GET", "/{c}/o", { more: "&inline&filename=x" }),
  signed("GET", "/{c}/o", { more: "&multipart-manifest=get" }),
  signed("GET", `/{c}/d/${encodeURIComponent("ünï ☃?#.txt")}`),
  signed("GET", "/{c}/none"),
  signed("GET", "/{c}"),
  signed("GET", "/{v}/o"),
  signed("GET", "/{c}/o", { prefix: "o", signed: "/{c}/o", more: "&temp_url_prefix=o" }),
  signed("GET", "/{c}/o", { prefix: "", signed: "/{c}/", more: "&temp_url_prefix=" }),
  signed("GET", "/{c}/o", { prefix: "x", signed: "/{c}/x", more: "&temp_url_prefix=x" }),
  signed("GET", "/{c}/o", { before: "ip=127.0.0.0/8\n", more: "&temp_url_ip_range=127.0.0.0/8" }),
  signed("GET", "/{c}/o", { before: "ip=127.0.0.1\n", more: "&temp_url_ip_range=127.0.0.1" }),
  signed("GET", "/{c}/o", { before: "ip=127.0.0.1/8\n", more: "&temp_url_ip_range=127.0.0.1/8" }),
  signed("GET", "/{c}/o", { before: "ip=10.0.0.0/8\n", more: "&temp_url_ip_range=10.0.0.0/8" }),
  signed("GET", "/{c}/o", { more: "&temp_url_ip_range=127.0.0.0/8" }),
  step("GET", "/{c}/o?temp_url_sig=abc", { token: null }),
  step("GET", "/{c}/o?temp_url_expires=4102444800", { token: null }),
  signed("PUT", "/{c}/new", {}, { body: "x" }),
  signed("PUT", "/{c}/new", {}, { body: "", headers: { "x-object-manifest": "{c}/d/" } }),
  signed("PUT", "/{c}/new", {}, { body: "", headers: { "x-copy-from": "{c}/o" } }),
  signed("PUT", "/{c}/new", {}, { body: "", headers: { "x-copy-from": "{v}/o" } }),
  signed("POST", "/{c}/new", {}, { headers: { "x-object-meta-a": "b" } }),
  signed("COPY", "/{c}/o", {}, { headers: { destination: "{c}/copy" } }),
  signed("DELETE", "/{c}/new"),
  signed("OPTIONS", "/{c}/o"),
  // ---- forms
  form("one file", "/{c}/f/"),
  form("one file", "/{c}"),
  form("one file by SHA-1", "/{c}/f/", { algorithm: "sha1" }),
  form("one file by SHA-512", "/{c}/f/", { algorithm: "sha512" }),
  form("two files", "/{c}/f/", {
    files: [
      ["a.txt", "1"],
      ["sub/b.html", "2"]
    ]
  }),
  step("HEAD", "/{c}/f/a.txt"),
  step("HEAD", "/{c}/f/sub/b.html"),
  form("three files", "/{c}/f/", {
    files: [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"]
    ]
  }),
  form("no files", "/{c}/f/", { files: [] }),
  form("a large file", "/{c}/f/", { files: [["big", "12345678901"]] }),
  step("HEAD", "/{c}/f/big"),
  form("nothing in it", "/{c}/f/", { files: [["empty", ""]] }),
  form("another's key", "/{c}/f/", { by: "other" }),
  form("expired", "/{c}/f/", { fields: { expires: "1000000000" } }),
  form("no time", "/{c}/f/", { fields: { expires: "soon" } }),
  form("no size", "/{c}/f/", { fields: { max_file_size: "big" } }),
  form("no count", "/{c}/f/", { fields: { max_file_count: "many" } }),
  form("vanishing", "/{c}/f/", { fields: { x_delete_at: "4102444800" } }),
  step("HEAD", "/{c}/f/a.txt"),
  form("vanishing soon", "/{c}/f/", { fields: { x_delete_at: "soon" } }),
  form("vanishing after a while", "/{c}/f/", { fields: { x_delete_after: "while" } }),
  form("vanished", "/{c}/f/", { fields: { x_delete_at: "1" } }),
  form("a type for all", "/{c}/f/", { fields: { "content-type": "x/y" } }),
  step("HEAD", "/{c}/f/a.txt"),
  form("leading back", "/{c}/f/", { fields: { redirect: "http://a.example/done" } }),
  form("leading back with a query", "/{c}/f/", { fields: { redirect: "http://a.example/done?a=b" } }),
  form("leading back in vain", "/{c}/f/", { files: [], fields: { redirect: "http://a.example/done" } }),
  form("no boundary", "/{c}/f/", { raw: "nonsense" }),
  form("nothing", "/{c}/f/", { raw: "" }),
  form("cut off", "/{c}/f/", { raw: '--frontier\r\nContent-Disposition: form-data; name="a"\r\n\r\nb' }),
  form("no container", "/none-{c}/"),
  form("a long name", "/{c}/f/", { files: [[long(1025), "x"]] }),
  form("from a page", "/{c}/f/", {}, page),
  // ---- CORS
  step("POST", "/{c}", {
    headers: {
      "x-container-meta-access-control-allow-origin": "http://a.example http://b.example",
      "x-container-meta-access-control-max-age": "60",
      "x-container-meta-access-control-expose-headers": "x-foo X-Bar"
    }
  }),
  ...["/{c}", "/{c}/o", "/none-{c}/o", ""].flatMap((path) => [
    step("OPTIONS", path, { token: null }),
    step("OPTIONS", path, { token: null, headers: page }),
    step("OPTIONS", path, { token: null, headers: { ...page, "access-control-request-method": "GET" } }),
    step("OPTIONS", path, { token: null, headers: { ...page, "access-control-request-method": "COPY" } }),
    step("OPTIONS", path, {
      token: null,
      headers: { ...page, "access-control-request-method": "PUT", "access-control-request-headers": "x-a, x-b" }
    })
  ]),
  step("OPTIONS", "/{c}/o", { headers: { origin: "http://c.example", "access-control-request-method": "GET" } }),
  step("GET", "/{c}/o", { headers: page }),
  step("GET", "/{c}", { headers: { ...page, "if-none-match": "x" } }),
  step("HEAD", "/{c}", { headers: { origin: "http://c.example" } }),
  step("GET", "/{c}/none", { headers: page }),
  step("GET", "/none-{c}/o", { headers: page }),
  step("GET", "/{c}/o", { token: null, headers: page }),
  step("PUT", "/{c}/new", { headers: page, body: "x" }),
  signed("GET", "/{c}/o", {}, { headers: page }),
  signed("GET", "/{c}/o", { by: "other" }, { headers: page }),
  step("POST", "/{c}", { headers: { "x-container-meta-access-control-allow-origin": "*" } }),
  step("GET", "/{c}/o", { headers: page }),
  step("OPTIONS", "/{c}/o", { token: null, headers: { ...page, "access-control-request-method": "GET" } }),
  step("PUT", "/{c}/own", { body: "x", headers: { "access-control-allow-origin": "http://own.example" } }),
  step("GET", "/{c}/own", { headers: page }),
  // ---- requests without a token
  ...["GET", "HEAD", "PUT", "DELETE"].map((method) => step(method, "/{c}/o", { token: null })),
  step("POST", "/{c}", { headers: { "x-container-read": ".r:*" } }),
  ...["GET", "HEAD", "PUT", "POST", "DELETE"].map((method) => step(method, "/{c}/o", { token: null })),
  step("GET", "/{c}/none", { token: null }),
  step("GET", "/{c}", { token: null }),
  step("HEAD", "/{c}", { token: null }),
  step("GET", "/{c}/o", { token: "no-such-token" }),
  step("POST", "/{c}", { headers: { "x-container-read": ".r:*,.rlistings" } }),
  step("GET", "/{c}?prefix=o", { token: null }),
  step("HEAD", "/{c}", { token: null }),
  step("POST", "/{c}", { headers: { "x-container-read": ".r:.example.com,.r:-x.example.com" } }),
  ...["http://a.example.com/p", "http://x.example.com/", "http://example.com:80/", "nonsense"].map((referer) =>
    step("GET", "/{c}/o", { token: null, headers: { referer } })
  ),
  step("POST", "?bulk-delete", {
    body: [
      "o",
      "d/%C3%BCn%C3%AF%20%E2%98%83%3F%23.txt",
      "new",
      "own",
      "a.txt",
      "f/a.txt",
      "f/sub/b.html",
      "f/a",
      "f/b",
      "f/empty"
    ]
      .map((name) => `{c}/${name}`)
      .concat("{c}", "{v}")
      .join("\n"),
    headers: { ...json, "content-type": "text/plain" }
  }),
  step("HEAD", "/{c}")
]

export const fileSteps: ReadonlyArray<Step> = [
  // ---- authentication
  step("GET", "", { token: null }),
  step("GET", "", { token: "no-such-token" }),
  step("GET", "/{c}/o", { token: "no-such-token" }),
  // ---- containers
  step("HEAD", "/{c}"),
  step("GET", "/{c}"),
  step("POST", "/{c}", { headers: { "x-container-meta-a": "1" } }),
  step("DELETE", "/{c}"),
  step("PUT", "/{c}/o", { body: "x" }),
  step("PUT", "/{c}", { headers: { "x-container-meta-color": "blue", "x-container-read": ".r:example.com" } }),
  step("PUT", "/{c}", { headers: { "x-container-meta-shape": "round" } }),
  step("HEAD", "/{c}"),
  step("GET", "/{c}"),
  step("GET", "/{c}?format=json"),
  step("GET", "/{c}?format=xml"),
  step("GET", "/{c}", { headers: { accept: "application/json" } }),
  step("GET", "/{c}", { headers: { accept: "text/xml" } }),
  step("GET", "/{c}", { headers: { accept: "image/png" } }),
  step("POST", "/{c}", { headers: { "x-container-meta-color": "", "x-remove-container-meta-shape": "x" } }),
  step("POST", "/{c}", { headers: { "x-container-read": "" } }),
  step("POST", "/{c}", { headers: { "x-container-read": ".nonsense:x" } }),
  step("POST", "/{c}", { headers: { "x-container-write": ".r:*" } }),
  step("HEAD", "/{c}"),
  step("POST", "/{c}", { headers: { [`x-container-meta-${long(129)}`]: "a" } }),
  step("POST", "/{c}", { headers: { "x-container-meta-a": long(257) } }),
  step("POST", "/{c}", { headers: { "x-container-meta-quota-bytes": "many" } }),
  step("PUT", `/${long(257)}`),
  step("PUT", "/%ff"),
  step("PUT", "/a%00b"),
  step("PATCH", "/{c}"),
  step("GET", "/{c}?limit=10001"),
  step("GET", "/{c}?limit=x"),
  step("GET", "/{c}?marker=%ff"),
  step("GET", "/{c}?delimiter=%ff"),
  // ---- objects
  step("PUT", "/{c}/hello.txt", { body: "hello world" }),
  step("PUT", "/{c}/hello.txt", {
    body: "hello world",
    headers: { "x-object-meta-color": "blue", "content-disposition": "inline", "content-encoding": "identity" }
  }),
  step("HEAD", "/{c}/hello.txt"),
  step("GET", "/{c}/hello.txt"),
  step("GET", "/{c}/none"),
  step("HEAD", "/{c}/none"),
  step("DELETE", "/{c}/none"),
  step("POST", "/{c}/none", { headers: { "x-object-meta-a": "b" } }),
  step("PUT", "/{c}/o", { headers: { etag: "0".repeat(32) }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { etag: "nonsense" }, body: "x" }),
  step("PUT", "/{c}/o"),
  step("PUT", "/{c}/o", { headers: { "content-length": "x" } }),
  step("PUT", "/{c}/o", { headers: { "content-length": "5368709123" } }),
  step("PUT", "/{c}/o", { headers: { "x-delete-at": "1" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "x-delete-at": "soon" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "x-delete-after": "-1" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "x-delete-after": "soon" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "if-none-match": "*" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "if-none-match": "*" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "if-none-match": "abc" }, body: "x" }),
  step("PUT", `/{c}/${long(1025)}`, { body: "x" }),
  step("PUT", "/{c}/%ff", { body: "x" }),
  step("PUT", "/{c}/a%00b", { body: "x" }),
  step("PUT", "/{c}/o", { headers: { [`x-object-meta-${long(129)}`]: "a" }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "x-object-meta-a": long(257) }, body: "x" }),
  step("PUT", "/{c}/o", { headers: { "x-detect-content-type": "true", "content-type": "a/b" }, body: "x" }),
  step("PUT", "/{c}/page.html", { body: "<p>" }),
  step("HEAD", "/{c}/page.html"),
  step("PUT", "/{c}/unknown.zzz", { body: "" }),
  step("HEAD", "/{c}/unknown.zzz"),
  step("PATCH", "/{c}/hello.txt"),
  step("POST", "/{c}/hello.txt", { headers: { "x-object-meta-shape": "round" } }),
  step("HEAD", "/{c}/hello.txt"),
  step("POST", "/{c}/hello.txt", { headers: { "content-type": "text/x-other", "x-delete-at": "x" } }),
  step("POST", "/{c}/hello.txt", { headers: { "content-type": "text/x-other" } }),
  step("HEAD", "/{c}/hello.txt"),
  // ---- ranges and conditions
  ...[
    "bytes=0-4",
    "bytes=6-",
    "bytes=-5",
    "bytes=-0",
    "bytes=4-2",
    "bytes=11-",
    "bytes=0-0,2-3",
    "nonsense",
    "bytes=a-b"
  ].map((range) => step("GET", "/{c}/hello.txt", { headers: { range } })),
  step("HEAD", "/{c}/hello.txt", { headers: { range: "bytes=0-4" } }),
  step("GET", "/{c}/unknown.zzz", { headers: { range: "bytes=0-4" } }),
  step("GET", "/{c}/unknown.zzz", { headers: { range: "bytes=-4" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-match": "5eb63bbbe01eeed093cb22bb8f5acdc3" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-match": '"5eb63bbbe01eeed093cb22bb8f5acdc3"' } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-match": "other" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-none-match": "5eb63bbbe01eeed093cb22bb8f5acdc3" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-none-match": "*" } }),
  step("GET", "/{c}/none", { headers: { "if-match": "*" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-unmodified-since": "Fri, 01 Jan 2010 00:00:00 GMT" } }),
  step("GET", "/{c}/hello.txt", { headers: { "if-modified-since": "yesterday" } }),
  // ---- copies
  step("COPY", "/{c}/hello.txt", { headers: { destination: "{c}/copy" } }),
  step("HEAD", "/{c}/copy"),
  step("COPY", "/{c}/hello.txt", { headers: { destination: "/{c}/copy", "x-object-meta-new": "yes" } }),
  step("HEAD", "/{c}/copy"),
  step("COPY", "/{c}/hello.txt"),
  step("COPY", "/{c}/hello.txt", { headers: { destination: "{c}" } }),
  step("COPY", "/{c}/hello.txt", { headers: { destination: "none-{c}/copy" } }),
  step("COPY", "/{c}/none", { headers: { destination: "{c}/copy" } }),
  step("PUT", "/{c}/copy2", { headers: { "x-copy-from": "/{c}/hello.txt", "x-fresh-metadata": "true" }, body: "" }),
  step("HEAD", "/{c}/copy2"),
  step("PUT", "/{c}/copy2", { headers: { "x-copy-from": "/{c}/hello.txt" }, body: "x" }),
  step("PUT", "/{c}/copy2", { headers: { "x-copy-from": "{c}" }, body: "" }),
  step("PUT", "/{c}/copy2", { headers: { "x-copy-from": "/{c}/none" }, body: "" }),
  step("PUT", "/{c}/copy2", { headers: { "x-copy-from": "/none-{c}/o" }, body: "" }),
  // ---- large objects
  step("PUT", "/{c}/s/1", { body: "hello world" }),
  step("PUT", "/{c}/s/2", { body: "hello world" }),
  step("PUT", "/{c}/slo?multipart-manifest=put", { body: segments }),
  step("HEAD", "/{c}/slo"),
  step("GET", "/{c}/slo"),
  step("GET", "/{c}/slo", { headers: { range: "bytes=9-13" } }),
  step("GET", "/{c}/slo?multipart-manifest=get"),
  step("GET", "/{c}/slo?multipart-manifest=get&format=raw"),
  step("PUT", "/{c}/slo2?multipart-manifest=put", { body: "nonsense" }),
  step("PUT", "/{c}/slo2?multipart-manifest=put", { body: "[]" }),
  step("PUT", "/{c}/slo2?multipart-manifest=put", { body: '[{"path":"/{c}/none"}]' }),
  step("PUT", "/{c}/slo2?multipart-manifest=put", { body: '[{"path":"nonsense"}]' }),
  step("PUT", "/{c}/slo2?multipart-manifest=put", { body: '[{"path":"/{c}/s/1","size_bytes":3}]' }),
  step("PUT", "/{c}/slo2?multipart-manifest=put", { body: '[{"path":"/{c}/s/1","etag":"x","odd":1}]' }),
  step("PUT", "/{c}/slo2?multipart-manifest=put", {
    body: '[{"path":"/{c}/none"},{"path":"/{c}/s/1","size_bytes":3}]',
    headers: { accept: "application/json" }
  }),
  step("DELETE", "/{c}/hello.txt?multipart-manifest=delete"),
  step("DELETE", "/{c}/slo?multipart-manifest=delete", { headers: { accept: "application/json" } }),
  step("HEAD", "/{c}/s/1"),
  step("PUT", "/{c}/d/1", { body: "one " }),
  step("PUT", "/{c}/d/2", { body: "two" }),
  step("PUT", "/{c}/dlo", { headers: { "x-object-manifest": "{c}/d/" }, body: "" }),
  step("PUT", "/{c}/dlo2", { headers: { "x-object-manifest": "nonsense" }, body: "" }),
  step("GET", "/{c}/dlo"),
  step("HEAD", "/{c}/dlo"),
  step("GET", "/{c}/dlo", { headers: { range: "bytes=2-5" } }),
  step("GET", "/{c}/dlo?multipart-manifest=get"),
  // ---- listings
  step("GET", "/{c}"),
  step("GET", "/{c}?prefix=d&delimiter=/"),
  step("GET", "/{c}?prefix=d&delimiter=/&format=xml"),
  step("GET", "/{c}?marker=d/2&end_marker=s"),
  step("GET", "/{c}?limit=2&reverse=on"),
  step("GET", "/{c}?path=d"),
  step("GET", "/{c}?prefix=zzz"),
  step("GET", "/{c}?prefix=zzz&format=json"),
  // ---- versions
  step("PUT", "/{v}"),
  step("POST", "/{c}", { headers: { "x-versions-location": "{v}" } }),
  step("POST", "/{c}", { headers: { "x-history-location": "{v}", "x-versions-location": "{v}" } }),
  step("HEAD", "/{c}"),
  step("PUT", "/{c}/kept", { body: "one" }),
  step("PUT", "/{c}/kept", { body: "two" }),
  step("GET", "/{c}/kept"),
  step("DELETE", "/{c}/kept"),
  step("GET", "/{c}/kept"),
  step("DELETE", "/{c}/kept"),
  step("GET", "/{c}/kept"),
  step("POST", "/{c}", { headers: { "x-remove-versions-location": "x" } }),
  // ---- bulk deletion
  step("POST", "?bulk-delete", {
    body: "{c}/d/1\n{c}/none\n",
    headers: { "content-type": "text/plain", accept: "application/json" }
  }),
  step("POST", "?bulk-delete", { body: "", headers: { "content-type": "text/plain", accept: "application/json" } }),
  step("POST", "?bulk-delete", {
    body: "{c}\n",
    headers: { "content-type": "text/plain", accept: "application/json" }
  }),
  step("POST", "?bulk-delete", { body: "{c}/d/2\n", headers: { "content-type": "text/plain" } }),
  step("POST", "?bulk-delete", {
    body: "{c}/dlo\n{c}/copy\n{c}/copy2\n{c}/hello.txt\n{c}/o\n{c}/page.html\n{c}/unknown.zzz\n",
    headers: { "content-type": "text/plain", accept: "application/json" }
  }),
  step("DELETE", "/{v}"),
  step("DELETE", "/{c}"),
  step("DELETE", "/{c}"),
  // ---- the account
  step("POST", "", { headers: { "x-account-meta-test": "a" } }),
  step("POST", "", { headers: { "x-remove-account-meta-test": "x" } }),
  step("POST", "", { headers: { [`x-account-meta-${long(129)}`]: "a" } }),
  step("PUT", ""),
  step("DELETE", ""),
  step("GET", "?limit=10001"),
  step("GET", "?prefix=no-such-container"),
  step("GET", "?prefix=no-such-container&format=json")
]

const nowhere = "5f7a2b6e-0000-4000-8000-000000000000"

const act = (body: unknown, options: Options = {}): Step => step("POST", "/servers/{id}/action", { ...options, body })

export const serverSteps: ReadonlyArray<Step> = [
  // ---- authentication, and unknown resources
  step("GET", "/servers", { token: null }),
  step("GET", "/servers", { token: "no-such-token" }),
  step("GET", "/nothing"),
  step("GET", `/servers/${nowhere}`),
  step("DELETE", `/servers/${nowhere}`),
  step("PUT", `/servers/${nowhere}`, { body: { server: { name: "n" } } }),
  step("POST", `/servers/${nowhere}/action`, { body: { reboot: { type: "SOFT" } } }),
  step("GET", `/servers/${nowhere}/metadata`),
  step("GET", `/servers/${nowhere}/ips`),
  step("PATCH", "/servers"),
  step("GET", "/servers?limit=x"),
  step("GET", "/servers?limit=-1"),
  step("GET", `/servers?limit=1&marker=${nowhere}`),
  step("GET", "/servers?changes-since=yesterday"),
  step("GET", "/servers/detail?name=no-such-server"),
  // ---- invalid requests
  step("POST", "/servers", { body: "nonsense" }),
  step("POST", "/servers", { body: {} }),
  step("POST", "/servers", { body: { server: {} } }),
  step("POST", "/servers", { body: { server: { name: "n", flavorRef: "{flavor}" } } }),
  step("POST", "/servers", { body: { server: { name: "n", imageRef: "{image}" } } }),
  step("POST", "/servers", { body: { server: { name: "", imageRef: "{image}", flavorRef: "{flavor}" } } }),
  step("POST", "/servers", { body: { server: { name: long(256), imageRef: "{image}", flavorRef: "{flavor}" } } }),
  step("POST", "/servers", { body: { server: { name: "n", imageRef: nowhere, flavorRef: "{flavor}" } } }),
  step("POST", "/servers", { body: { server: { name: "n", imageRef: "{image}", flavorRef: "none" } } }),
  step("POST", "/servers", {
    body: { server: { name: "n", imageRef: "{image}", flavorRef: "{flavor}", key_name: "none" } }
  }),
  step("POST", "/servers", {
    body: { server: { name: "n", imageRef: "{image}", flavorRef: "{flavor}", metadata: { a: 1 } } }
  }),
  step("POST", "/servers", {
    body: { server: { name: "n", imageRef: "{image}", flavorRef: "{flavor}", metadata: { a: long(256) } } }
  }),
  step("POST", "/servers", {
    body: { server: { name: "n", imageRef: "{image}", flavorRef: "{flavor}", networks: [{ uuid: nowhere }] } }
  }),
  // ---- a server
  step("POST", "/servers", {
    body: { server: { name: "{name}", imageRef: "{image}", flavorRef: "{flavor}", metadata: { made: "here" } } },
    keep: { id: ["server", "id"] }
  }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "ACTIVE"] }),
  step("GET", "/servers?name={name}"),
  step("GET", "/servers/detail?name={name}"),
  step("GET", "/servers/detail?name={name}&limit=1"),
  step("GET", "/servers/{id}/ips"),
  step("GET", "/servers/{id}/ips/none"),
  step("GET", "/servers/{id}/os-instance-actions"),
  step("GET", "/servers/{id}/os-instance-actions/none"),
  step("GET", "/servers/{id}/nothing"),
  step("PUT", "/servers/{id}", { body: { server: { name: "{name}-2" } } }),
  step("PUT", "/servers/{id}", { body: { server: { name: "" } } }),
  step("PUT", "/servers/{id}", { body: { server: { accessIPv4: "nonsense" } } }),
  step("PUT", "/servers/{id}", { body: { server: { accessIPv6: "nonsense" } } }),
  step("PUT", "/servers/{id}", { body: {} }),
  step("PATCH", "/servers/{id}"),
  // ---- metadata
  step("GET", "/servers/{id}/metadata"),
  step("PUT", "/servers/{id}/metadata", { body: { metadata: { a: "1", b: "2" } } }),
  step("POST", "/servers/{id}/metadata", { body: { metadata: { b: "3" } } }),
  step("PUT", "/servers/{id}/metadata/c", { body: { meta: { c: "4" } } }),
  step("PUT", "/servers/{id}/metadata/c", { body: { meta: { d: "4" } } }),
  step("PUT", "/servers/{id}/metadata/c", { body: { meta: { c: "4", d: "5" } } }),
  step("PUT", "/servers/{id}/metadata/c", { body: { meta: { c: 4 } } }),
  step("PUT", "/servers/{id}/metadata", { body: { metadata: { a: 1 } } }),
  step("PUT", "/servers/{id}/metadata", { body: {} }),
  step("PUT", "/servers/{id}/metadata", { body: "nonsense" }),
  step("POST", "/servers/{id}/metadata", { body: { metadata: { [long(256)]: "x" } } }),
  step("POST", "/servers/{id}/metadata", { body: { metadata: { x: long(256) } } }),
  step("GET", "/servers/{id}/metadata/c"),
  step("GET", "/servers/{id}/metadata/none"),
  step("DELETE", "/servers/{id}/metadata/none"),
  step("DELETE", "/servers/{id}/metadata/c"),
  step("GET", "/servers/{id}/metadata"),
  // ---- actions
  act({}),
  act("nonsense"),
  act({ nothing: null }),
  act({ reboot: {} }),
  act({ reboot: { type: "GENTLE" } }),
  act({ confirmResize: null }),
  act({ revertResize: null }),
  act({ unrescue: null }),
  act({ "os-start": null }),
  act({ resize: {} }),
  act({ resize: { flavorRef: "{flavor}" } }),
  act({ resize: { flavorRef: "none" } }),
  act({ rebuild: {} }),
  act({ rebuild: { imageRef: nowhere } }),
  act({ createImage: {} }),
  act({ createImage: { name: "" } }),
  act({ changePassword: {} }),
  act({ rescue: { rescue_image_ref: nowhere } }),
  act({ reboot: { type: "soft" } }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "ACTIVE"] }),
  act({ "os-stop": null }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "SHUTOFF"] }),
  act({ "os-stop": null }),
  act({ reboot: { type: "SOFT" } }),
  act({ "os-start": null }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "ACTIVE"] }),
  act({ resize: { flavorRef: "{other}" } }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "VERIFY_RESIZE"] }),
  act({ resize: { flavorRef: "{flavor}" } }),
  act({ reboot: { type: "SOFT" } }),
  act({ rebuild: { imageRef: "{image}" } }),
  act({ rescue: {} }),
  act({ createImage: { name: "i" } }),
  act({ confirmResize: null }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "ACTIVE"] }),
  act({ rescue: { adminPass: "r3scue-pass" } }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "RESCUE"] }),
  act({ rescue: {} }),
  act({ reboot: { type: "SOFT" } }),
  act({ resize: { flavorRef: "{flavor}" } }),
  act({ unrescue: null }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "ACTIVE"] }),
  act({ rebuild: { imageRef: "{image}", name: "{name}-3", adminPass: "r3build-pass" } }),
  step("GET", "/servers/{id}", { until: [["server", "status"], "ACTIVE"] }),
  act({ lock: null }),
  act({ unlock: null }),
  step("DELETE", "/servers/{id}"),
  // ---- flavors, images, key pairs
  step("GET", "/flavors/none"),
  step("GET", "/flavors/{flavor}"),
  step("GET", "/flavors?limit=1"),
  step("GET", "/flavors?limit=x"),
  step("GET", "/flavors?marker=none"),
  step("GET", "/flavors?minRam=x"),
  step("GET", "/flavors/detail?minRam=99999999"),
  step("GET", "/flavors/{flavor}/os-extra_specs/none"),
  step("GET", `/images/${nowhere}`),
  step("GET", "/images/{image}"),
  step("GET", `/images/${nowhere}/metadata`),
  step("GET", "/images/{image}/metadata/none"),
  step("DELETE", `/images/${nowhere}`),
  step("GET", "/images?limit=x"),
  step("POST", "/os-keypairs", { body: {} }),
  step("POST", "/os-keypairs", { body: { keypair: {} } }),
  step("POST", "/os-keypairs", { body: { keypair: { name: "" } } }),
  step("POST", "/os-keypairs", { body: { keypair: { name: "ü" } } }),
  step("POST", "/os-keypairs", { body: { keypair: { name: "{name}", public_key: "nonsense" } } }),
  step("POST", "/os-keypairs", { body: { keypair: { name: "{name}" } } }),
  step("POST", "/os-keypairs", { body: { keypair: { name: "{name}" } } }),
  step("GET", "/os-keypairs/{name}"),
  step("GET", "/os-keypairs/none"),
  step("DELETE", "/os-keypairs/{name}"),
  step("DELETE", "/os-keypairs/{name}"),
  step("GET", "/limits"),
  step("GET", "/extensions/none")
]
