/** The account: its totals, its metadata and the listing of its containers. */
import * as Effect from "effect/Effect"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import * as Listing from "./listing.js"
import * as Metadata from "./metadata.js"
import type { FilesRequest } from "./requests.js"
import { table } from "./requests.js"
import type { Settings, Storage } from "./storage.js"
import { timestamp } from "./storage.js"

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

const list = (settings: Settings, request: FilesRequest): WireResponse => {
  const { now, storage } = request
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

export const routes = (settings: Settings) =>
  table({
    "GET /": (request) => Refusal.attempt(() => list(settings, request)),
    "HEAD /": (request) =>
      Refusal.attempt(() =>
        Reply.empty(204, {
          ...statistics(request.storage, request.now),
          ...Listing.varies(request),
          "Content-Type": `${Listing.format(request)}; charset=utf-8`
        })
      ),
    "POST /": ({ headers, storage }) =>
      Refusal.attempt(() => {
        storage.headers = Metadata.merged(storage.headers, headers, "account")
        return Answer.standard(204)
      }),
    "OPTIONS /": () => Effect.succeed(Answer.standard(200, { Allow: "GET, HEAD, POST, OPTIONS" }))
  })
