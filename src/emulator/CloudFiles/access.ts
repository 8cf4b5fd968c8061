/**
 * Public read access. A container's `X-Container-Read` can allow requests without a token by their referrer (`.r:*`,
 * `.r:.example.com`, `.r:-bad.example.com`), and `.rlistings` allows listings too.
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

/** Later items override earlier ones. */
const isReferrerAllowed = (container: Container, referrer: string | undefined): boolean => {
  const host = hostOf(referrer)
  const matches = (pattern: string) => pattern === host || (pattern.startsWith(".") && host.endsWith(pattern))
  let isAllowed = false
  for (const item of items(container)) {
    const pattern = item.startsWith(".r:") ? item.slice(".r:".length) : undefined
    if (pattern?.startsWith("-")) {
      isAllowed = isAllowed && !matches(pattern.slice(1))
    } else if (pattern !== undefined && (pattern === "*" || matches(pattern))) {
      isAllowed = true
    }
  }
  return isAllowed
}

/** Whether a container allows anonymous reads of its objects, or of its listing. */
export const isPublic = (
  container: Container | undefined,
  referrer: string | undefined,
  what: "object" | "listing"
): boolean =>
  container !== undefined &&
  isReferrerAllowed(container, referrer) &&
  (what === "object" || items(container).includes(".rlistings"))

/** Headers that only the account's own users see. */
const privateHeaders = new Set([
  "x-container-read",
  "x-container-write",
  "x-container-meta-temp-url-key",
  "x-container-meta-temp-url-key-2"
])

/** Removes the headers that only the account's own users see. */
export const withoutPrivateHeaders = (response: WireResponse): WireResponse => ({
  ...response,
  headers: Object.fromEntries(
    Object.entries(response.headers).filter(([header]) => !privateHeaders.has(header.toLowerCase()))
  )
})
