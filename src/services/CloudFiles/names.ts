/** The names of containers and objects, and what the cloud takes as one. */
import * as Schema from "effect/Schema"

const bytes = (text: string): number => Buffer.byteLength(text, "utf8")

/** NUL and lone surrogates cannot be put into a URL so that they arrive. */
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

/** A part of a name, or what stands before or behind one in the order of names. */
export const NamePart = Schema.String.pipe(Schema.filter(transmissible, { description: "valid Unicode without NUL" }))

/** `container/object` as it stands in headers: UTF-8, percent-encoded, the object's slashes kept. */
export const encodedAddress = (container: string, object: string): string =>
  `${encodeURIComponent(container)}/${encodeURIComponent(object).replaceAll("%2F", "/")}`

/** A percent-encoded text, decoded; as it is where its percent signs encode nothing. */
export const decodedText = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
