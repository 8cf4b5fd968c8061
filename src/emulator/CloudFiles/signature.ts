/** The keys and signatures of TempURL and FormPost. */
import { Buffer } from "node:buffer"
import { createHmac, timingSafeEqual } from "node:crypto"
import type { ByteText } from "./byteText.js"
import type { Container, Storage } from "./storage.js"

/** A key and its scope: a container's key is valid for that container only. */
export interface Key {
  readonly value: ByteText
  readonly scope: "account" | "container"
}

/** The keys that may sign requests for this container. */
export const keysOf = (storage: Storage, container: Container | undefined): ReadonlyArray<Key> =>
  (["account", "container"] as const).flatMap((scope) => {
    const [headers, prefix] =
      scope === "account" ? [storage.headers, "X-Account-Meta"] : [container?.headers, "X-Container-Meta"]
    return ["Temp-Url-Key", "Temp-Url-Key-2"].flatMap((name) => {
      const value = headers?.get(`${prefix}-${name}`)
      return value === undefined || value === "" ? [] : [{ value, scope }]
    })
  })

/** A signature: its algorithm and bytes. */
export interface Signature {
  readonly algorithm: "sha1" | "sha256" | "sha512"
  readonly digest: Buffer
}

const algorithms = ["sha1", "sha256", "sha512"] as const

/**
 * Parses a signature: hexadecimal, where the length tells the algorithm, or base64 after the algorithm's name
 * (`sha512:…`). Undefined if it is invalid.
 */
export const parse = (text: string): Signature | undefined => {
  const colon = text.indexOf(":")
  if (colon >= 0) {
    const algorithm = algorithms.find((name) => name === text.slice(0, colon))
    const encoded = text.slice(colon + 1)
    // Standard or URL-safe alphabet, but not both.
    const isBase64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(encoded)
    return algorithm === undefined || !isBase64 ? undefined : { algorithm, digest: Buffer.from(encoded, "base64") }
  }
  const algorithm = { 40: "sha1", 64: "sha256", 128: "sha512" }[text.length] as Signature["algorithm"] | undefined
  return algorithm === undefined || !/^[0-9a-f]*$/.test(text)
    ? undefined
    : { algorithm, digest: Buffer.from(text, "hex") }
}

/** The key that signed one of these messages. */
export const signer = (
  { algorithm, digest }: Signature,
  keys: ReadonlyArray<Key>,
  messages: ReadonlyArray<ByteText>
): Key | undefined =>
  keys.find((key) =>
    messages.some((message) => {
      const own = createHmac(algorithm, Buffer.from(key.value, "latin1")).update(message, "latin1").digest()
      return own.byteLength === digest.byteLength && timingSafeEqual(own, digest)
    })
  )

/**
 * The paths that may have been signed for a resource. Swift signs the path from `/v1/` on; some installations include
 * the prefix of the URL before that. The emulator mounts each region under a prefix, and so accepts both.
 */
export const pathsOf = (baseUrl: string, account: ByteText, rest: ByteText): ReadonlyArray<ByteText> => {
  const own = `/v1/${account}${rest}`
  const before = /^[a-z]+:\/\/[^/]*(.*)\/v1\/[^/]*$/i.exec(baseUrl)?.[1] ?? ""
  return before === "" ? [own] : [own, `${before}${own}`]
}
