/** Swift's own login (TempAuth), which storage clients in other languages use. */
import type { WireRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { IdentityState } from "./state.js"

const paths = new Set(["/auth", "/auth/", "/auth/v1.0", "/auth/v1.0/", "/v1.0", "/v1.0/"])

export const isSwiftLogin = (path: string): boolean => paths.has(path)

const login = (state: IdentityState, request: WireRequest, origin: string, now: number): WireResponse => {
  const { account, regions, tokens } = state
  const name = request.headers["x-auth-user"] ?? request.headers["x-storage-user"] ?? ""
  const secret = request.headers["x-auth-key"] ?? request.headers["x-storage-pass"] ?? ""
  const separator = name.indexOf(":")
  const tenant = separator < 0 ? undefined : name.slice(0, separator)
  const username = separator < 0 ? name : name.slice(separator + 1)
  const isKnown =
    username === account.username && (tenant === undefined || state.ownsTenant(tenant) || tenant === account.username)
  if (!isKnown || !account.enabled || (secret !== account.apiKey && secret !== account.password)) {
    state.countLogin(false)
    return Reply.html(
      401,
      "Unauthorized",
      "This server could not verify that you are authorized to access the document you requested.",
      // Only unknown users see the realm.
      Reply.swiftRealm(isKnown ? undefined : tenant)
    )
  }
  const token = tokens.issueSwift([secret === account.apiKey ? "APIKEY" : "PASSWORD"], now)
  state.countLogin(true)
  const region = regions.includes(account.defaultRegion) ? account.defaultRegion : (regions[0] ?? "DFW")
  return Reply.empty(200, {
    "X-Storage-Url": `${origin}/files/${region.toLowerCase()}/v1/${account.storageAccount}`,
    "X-Auth-Token": token.id,
    "X-Storage-Token": token.id,
    "X-Auth-Token-Expires": String(Math.max(0, Math.floor((token.expiresAt - now) / 1000)))
  })
}

/** Handles a login. TempAuth does not accept HEAD, but the first version of Identity did. */
export const swiftLogin = (
  state: IdentityState,
  request: WireRequest,
  path: string,
  origin: string,
  now: number
): WireResponse =>
  request.method === "GET" || (request.method === "HEAD" && !path.startsWith("/auth"))
    ? login(state, request, origin, now)
    : Reply.html(405, "Method Not Allowed", "The method is not allowed for this resource.")
