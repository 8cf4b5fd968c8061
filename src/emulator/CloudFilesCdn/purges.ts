/** Purges: DELETE of an object removes its copy from the CDN (Cloud Files API v1, "CDN services"). */
import * as Answer from "../CloudFiles/answer.js"
import * as ByteText from "../CloudFiles/byteText.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { CdnRegion } from "./region.js"
import { copyKey } from "./region.js"
import type { CdnRequest } from "./requests.js"
import { table } from "./requests.js"

const purge = (
  region: CdnRegion,
  { headers, now }: CdnRequest,
  container: ByteText.ByteText,
  object: ByteText.ByteText,
  purgesPerDay: number
): WireResponse => {
  if (!region.containers.has(container)) {
    return Answer.standard(404)
  }
  if (region.purges(now).length >= purgesPerDay) {
    return Reply.html(498, "Rate Limited", "")
  }
  const emails = (headers["x-purge-email"] ?? "")
    .split(",")
    .map((email) => email.trim())
    .filter((email) => email !== "")
  region.addPurge({ container: ByteText.toText(container), object: ByteText.toText(object), emails, at: now })
  region.cache.remove(copyKey(container, object))
  return Answer.standard(204)
}

export const routes = (region: CdnRegion, purgesPerDay: number) =>
  table({
    "DELETE /{container}/{object}": (request, { container, object }) =>
      purge(region, request, container, object, purgesPerDay)
  })
