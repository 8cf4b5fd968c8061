/**
 * Who may read without a token: everybody whom a container's `X-Container-Read` names by the page that they come from
 * (`.r:*`, `.r:.example.com`, `.r:-bad.example.com`), and `.rlistings` for listings.
 */
import type { WireResponse } from "../Protocol.js"
import type { Container } from "./storage.js"

const hostOf = (referrer: string | undefined): string => {
  try {
    return new URL(referrer ?? "").hostname || "unknown"
  } catch {
    return "unknown"
  }
}

const items = (container: Container): ReadonlyArray<string> =>
  (container.headers.get("X-Container-Read") ?? "").split(",").filter((item) => item !== "")

/** The last item that fits counts. */
const isReferrerAllowed = (container: Container, referrer: string | undefined): boolean => {
  const host = hostOf(referrer)
  const fits = (pattern: string) => pattern === host || (pattern.startsWith(".") && host.endsWith(pattern))
  let isAllowed = false
  for (const item of items(container)) {
    const pattern = item.startsWith(".r:") ? item.slice(".r:".length) : undefined
    if (pattern?.startsWith("-")) {
      isAllowed = isAllowed && !fits(pattern.slice(1))
    } else if (pattern !== undefined && (pattern === "*" || fits(pattern))) {
      isAllowed = true
    }
  }
  return isAllowed
}

/** Whether anybody may read an object of this container, or, without an object, its listing. */
export const isPublic = (
  container: Container | undefined,
  referrer: string | undefined,
  what: "object" | "listing"
): boolean =>
  container !== undefined &&
  isReferrerAllowed(container, referrer) &&
  (what === "object" || items(container).includes(".rlistings"))

/** Headers that nobody but the account's own users sees. */
const owned = new Set([
  "x-container-read",
  "x-container-write",
  "x-container-meta-temp-url-key",
  "x-container-meta-temp-url-key-2"
])

/** An answer without what is the owner's business. */
export const forStrangers = (response: WireResponse): WireResponse => ({
  ...response,
  headers: Object.fromEntries(Object.entries(response.headers).filter(([header]) => !owned.has(header.toLowerCase())))
})
