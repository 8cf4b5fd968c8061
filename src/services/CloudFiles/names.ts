/** Schemas of the names of containers and objects. */
import * as Schema from "effect/Schema"

const bytes = (text: string): number => Buffer.byteLength(text, "utf8")

/** NUL and lone surrogates cannot be sent in a URL. */
const transmissible = (name: string): boolean => !name.includes("\u0000") && name.isWellFormed()

export const ContainerName = Schema.String.pipe(
  Schema.filter((name) => name !== "" && transmissible(name), {
    description: "a container name that is not empty and is valid Unicode without NUL"
  }),
  Schema.filter((name) => !name.includes("/"), { description: "a container name without a slash" }),
  Schema.filter((name) => name !== "." && name !== "..", { description: "a container name other than . and .." }),
  Schema.filter((name) => bytes(name) <= 256, { description: "a container name of at most 256 bytes of UTF-8" })
)

export const ObjectName = Schema.String.pipe(
  Schema.filter((name) => name !== "" && transmissible(name), {
    description: "an object name that is not empty and is valid Unicode without NUL"
  }),
  Schema.filter((name) => bytes(name) <= 1024, { description: "an object name of at most 1,024 bytes of UTF-8" })
)

/** A prefix or marker of names. */
export const NamePart = Schema.String.pipe(Schema.filter(transmissible, { description: "valid Unicode without NUL" }))

/** `container/object` in headers: percent-encoded UTF-8, with the object's slashes kept. */
export const encodedAddress = (container: string, object: string): string =>
  `${encodeURIComponent(container)}/${encodeURIComponent(object).replaceAll("%2F", "/")}`

/** Decodes percent-encoded text. Invalid text is returned unchanged. */
export const decodedText = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
