/**
 * Archives for tests, written block by block, so that unusual and invalid ones can be created too.
 */

const utf8 = new TextEncoder()

export interface Entry {
  readonly name: string | Uint8Array
  readonly body?: string | Uint8Array
  /** The type flag. Default `0`, a file. */
  readonly kind?: string
  /** The size in the header. Default: that of the body. */
  readonly size?: number
  readonly prefix?: string
  /** Whether the header has GNU's magic instead of ustar's. */
  readonly gnu?: boolean
}

const bytesOf = (value: string | Uint8Array): Uint8Array => (typeof value === "string" ? utf8.encode(value) : value)

export const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** A header and its content, padded to whole blocks. */
export const entry = ({ body = "", gnu = false, kind = "0", name, prefix = "", size }: Entry): Uint8Array => {
  const content = bytesOf(body)
  const header = new Uint8Array(512)
  const put = (at: number, value: string | Uint8Array) => header.set(bytesOf(value), at)
  put(0, bytesOf(name).subarray(0, 100))
  put(100, "0000644\0")
  put(108, "0001750\0")
  put(116, "0001750\0")
  put(124, `${(size ?? content.byteLength).toString(8).padStart(11, "0")}\0`)
  put(136, "14371573600\0")
  put(148, "        ")
  put(156, kind)
  put(257, gnu ? "ustar  \0" : "ustar\x0000")
  put(345, prefix)
  put(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `
  )
  return join(header, content, new Uint8Array((512 - (content.byteLength % 512)) % 512))
}

/** Records of pax: the length at the beginning includes its own digits. */
const records = (values: Readonly<Record<string, string>>): Uint8Array =>
  join(
    ...Object.entries(values).map(([key, value]) => {
      const rest = utf8.encode(` ${key}=${value}\n`)
      let length = rest.byteLength + 1
      while (String(length).length + rest.byteLength !== length) length++
      return join(utf8.encode(String(length)), rest)
    })
  )

/** An extended header for the next entry, or with the kind `g` for all later ones. */
export const pax = (values: Readonly<Record<string, string>>, kind: "x" | "g" = "x"): Uint8Array =>
  entry({ name: "PaxHeader", kind, body: records(values) })

/** The two zero blocks that end an archive. */
export const end = new Uint8Array(1024)

/** An archive of plain files. */
export const archive = (files: Readonly<Record<string, string>>): Uint8Array =>
  join(...Object.entries(files).map(([name, body]) => entry({ name, body })), end)
