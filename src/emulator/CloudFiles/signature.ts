/**
 * What TempURL and FormPost have in common: the keys of the account and of the container, and signatures made with them
 *.
 */
import { Buffer } from "node:buffer"
import { createHmac, timingSafeEqual } from "node:crypto"
import type { ByteText } from "./byteText.js"
import type { Container, Storage } from "./storage.js"

/** A key, and whose it is: a container's opens nothing but the container. */
export interface Key {
  readonly value: ByteText
  readonly scope: "account" | "container"
}

/** The keys that can have signed a request for this container. */
export const keysOf = (storage: Storage, container: Container | undefined): ReadonlyArray<Key> =>
  (["account", "container"] as const).flatMap((scope) => {
    const [headers, prefix] =
      scope === "account" ? [storage.headers, "X-Account-Meta"] : [container?.headers, "X-Container-Meta"]
    return ["Temp-Url-Key", "Temp-Url-Key-2"].flatMap((name) => {
      const value = headers?.get(`${prefix}-${name}`)
      return value === undefined || value === "" ? [] : [{ value, scope }]
    })
  })

/** A signature as it was sent: which digest it is made with, and its bytes. */
export interface Signature {
  readonly algorithm: "sha1" | "sha256" | "sha512"
  readonly digest: Buffer
}

const algorithms = ["sha1", "sha256", "sha512"] as const

/**
 * Reads a signature: in hexadecimal, whose length tells the algorithm, or in base64 behind its name, as
 * `sha512:…`; undefined where it is none.
 */
export const parse = (text: string): Signature | undefined => {
  const colon = text.indexOf(":")
  if (colon >= 0) {
    const algorithm = algorithms.find((name) => name === text.slice(0, colon))
    const encoded = text.slice(colon + 1)
    // Either alphabet, but not both in one.
    const isBase64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(encoded)
    return algorithm === undefined || !isBase64 ? undefined : { algorithm, digest: Buffer.from(encoded, "base64") }
  }
  const algorithm = { 40: "sha1", 64: "sha256", 128: "sha512" }[text.length] as Signature["algorithm"] | undefined
  return algorithm === undefined || !/^[0-9a-f]*$/.test(text)
    ? undefined
    : { algorithm, digest: Buffer.from(text, "hex") }
}

/** The key with which one of these messages was signed. */
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
 * The paths that a client can mean by the path of a resource: from `/v1/` on, as Swift has it, and with what stands before
 * that in the URL, as a Swift has it that knows of its prefix. The emulated cloud mounts each region under a path of its
 * own, and so takes both.
 */
export const pathsOf = (baseUrl: string, account: ByteText, rest: ByteText): ReadonlyArray<ByteText> => {
  const own = `/v1/${account}${rest}`
  const before = /^[a-z]+:\/\/[^/]*(.*)\/v1\/[^/]*$/i.exec(baseUrl)?.[1] ?? ""
  return before === "" ? [own] : [own, `${before}${own}`]
}
