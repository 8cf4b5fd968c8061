/** Scripts that run on the nodes of a cluster when they are ready (Cloud Big Data API v2, "Scripts"). */
import { links } from "../Links.js"
import { randomUUID } from "node:crypto"
import type { JsonObject } from "../Fields.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { Script } from "./fixtures.js"
import type { Region } from "./region.js"
import type { BigDataRequest } from "./requests.js"
import { badRequest, conflict, instant, notFound, page, read, table, within } from "./requests.js"

const readUrl = (sent: JsonObject): string => {
  const url = read.text(sent, "url", 1024)
  return URL.canParse(url) ? url : badRequest("Invalid url")
}

const toJson = (script: Script, baseUrl: string): JsonObject => ({
  created: instant(script.createdAt),
  updated: instant(script.updatedAt),
  id: script.id,
  name: script.name,
  type: "POST_INIT",
  url: script.url,
  is_public: script.isPublic,
  links: links(baseUrl, `scripts/${script.id}`)
})

const store = (region: Region, script: Script, { baseUrl }: BigDataRequest): WireResponse => {
  region.scripts.set(script.id, script)
  return Reply.json(200, { script: toJson(script, baseUrl) })
}

const create = (region: Region, request: BigDataRequest): WireResponse => {
  const sent = read.object(request.body, "script")
  if (sent["type"] !== "POST_INIT") {
    return badRequest("Invalid type: POST_INIT is required")
  }
  const name = read.text(sent, "name", 255)
  const times = { createdAt: request.now, updatedAt: undefined }
  return store(region, { id: randomUUID(), name, url: readUrl(sent), isPublic: false, ...times }, request)
}

const update = (region: Region, script: Script, request: BigDataRequest): WireResponse => {
  const sent = read.object(request.body, "script")
  if (script.isPublic) {
    return badRequest(`Script ${script.id} cannot be changed`)
  }
  const url = readUrl(sent)
  const name = sent["name"] === undefined ? script.name : read.text(sent, "name", 255)
  return store(region, { ...script, url, name, updatedAt: request.now }, request)
}

const remove = (region: Region, script: Script, now: number): WireResponse => {
  if (script.isPublic) {
    return badRequest(`Script ${script.id} cannot be deleted`)
  }
  if (region.existing(now).some(({ scripts }) => scripts.some(({ id }) => id === script.id))) {
    return conflict(`Script ${script.id} is in use`)
  }
  region.scripts.delete(script.id)
  return Reply.empty(204)
}

export const routes = (region: Region) => [
  table({
    "GET /scripts": (request) => {
      const options = { key: "scripts", path: "scripts", items: [...region.scripts.values()] }
      return Reply.json(200, page(request, { ...options, toJson: (script) => toJson(script, request.baseUrl) }))
    },
    "POST /scripts": (request) => create(region, request)
  }),
  // There is no route to read a single script.
  within(
    "/scripts/{id}",
    (_, { id }) => region.scripts.get(id) ?? notFound(`Script ${id}`)
  )({
    "PUT /scripts/{id}": (script, request) => update(region, script, request),
    "DELETE /scripts/{id}": (script, { now }) => remove(region, script, now)
  })
]
