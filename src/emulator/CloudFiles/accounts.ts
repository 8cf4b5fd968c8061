/** The account itself (files.md section 2): its sums, its metadata, the listing of its containers. */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Listing from "./listing.js"
import * as Metadata from "./metadata.js"
import type { Settings, Storage } from "./storage.js"
import { timestamp } from "./storage.js"

const methods = "GET, HEAD, POST, OPTIONS"

const statistics = (storage: Storage, now: number): Readonly<Record<string, string>> => {
  const { bytes, objects } = storage.totals(now)
  return {
    ...Object.fromEntries(storage.headers),
    "X-Account-Container-Count": String(storage.count),
    "X-Account-Object-Count": String(objects),
    "X-Account-Bytes-Used": String(bytes),
    "X-Timestamp": timestamp(storage.created),
    "Accept-Ranges": "bytes"
  }
}

/** Answers a request for the account. */
export const handle = (storage: Storage, settings: Settings, request: ServiceRequest, now: number): WireResponse => {
  switch (request.method) {
    case "GET": {
      const format = Listing.format(request)
      const parameters = { ...Listing.parameters(request, settings.pageLimit), path: undefined }
      const rows = Listing.page(storage.names, parameters).map(({ isSubdir, name }): Listing.Row => {
        const container = isSubdir ? undefined : storage.get(name, now)
        return container === undefined
          ? { subdir: ByteText.toText(name) }
          : { name: ByteText.toText(name), count: container.count, bytes: container.bytesUsed }
      })
      const elements = { root: "account", item: "container", name: request.caller.storageAccount } as const
      return Listing.respond(rows, format, elements, { ...statistics(storage, now), ...Listing.varies(request) })
    }
    case "HEAD":
      return Reply.empty(204, {
        ...statistics(storage, now),
        ...Listing.varies(request),
        "Content-Type": `${Listing.format(request)}; charset=utf-8`
      })
    case "POST":
      storage.headers = Metadata.merged(storage.headers, request.headers, "account")
      return Answer.standard(204)
    case "OPTIONS":
      return Answer.standard(200, { Allow: methods })
    default:
      return Answer.standard(405, { Allow: methods })
  }
}
