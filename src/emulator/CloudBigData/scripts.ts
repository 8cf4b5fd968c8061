/** Scripts that are run on the nodes of a cluster when they are ready (big-data.md sections 3 and 5). */
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { JsonObject } from "../Fields.js"
import * as BigDataRequest from "./bigDataRequest.js"

/** A script. */
export interface Script {
  readonly id: string
  readonly name: string
  readonly url: string
  /** Whether it is the cloud's, for all accounts. */
  readonly isPublic: boolean
  readonly createdAt: number
  readonly updatedAt: number | undefined
}

/** The cloud's own script. */
export const publicScriptId = "3b4f5a17-9c3e-4a3c-8d2e-0b6f3f1c7d21"

const readUrl = (sent: JsonObject): string => {
  const url = BigDataRequest.readText(sent, "url", 1024)
  return URL.canParse(url) ? url : BigDataRequest.badRequest("Invalid url")
}

/** The scripts of one region. */
export interface Scripts {
  readonly find: (id: string) => Script | undefined
  /** Serves `/scripts` and what is below it. */
  readonly serve: (path: ReadonlyArray<string>, request: BigDataRequest.BigDataRequest) => WireResponse
}

/** One script of the cloud's own and no other. */
export const make = (isInUse: (scriptId: string, now: number) => boolean): Scripts => {
  const scripts = new Map<string, Script>()
  const store = (script: Script): Script => {
    scripts.set(script.id, script)
    return script
  }
  store({
    id: publicScriptId,
    name: "Mongo DB Connector",
    url: "https://example.com/mongodb_connector.sh",
    isPublic: true,
    createdAt: 0,
    updatedAt: undefined
  })

  const toJson = (script: Script, baseUrl: string): Readonly<Record<string, unknown>> => ({
    created: BigDataRequest.instant(script.createdAt),
    updated: BigDataRequest.instant(script.updatedAt),
    id: script.id,
    name: script.name,
    type: "POST_INIT",
    url: script.url,
    is_public: script.isPublic,
    links: BigDataRequest.links(baseUrl, `scripts/${script.id}`)
  })

  const create = (request: BigDataRequest.BigDataRequest): WireResponse => {
    const sent = BigDataRequest.readObject(request.body, "script")
    if (sent["type"] !== "POST_INIT") {
      return BigDataRequest.badRequest("Invalid type: POST_INIT is required")
    }
    const script = store({
      id: randomUUID(),
      name: BigDataRequest.readText(sent, "name", 255),
      url: readUrl(sent),
      isPublic: false,
      createdAt: request.now,
      updatedAt: undefined
    })
    return Reply.json(200, { script: toJson(script, request.baseUrl) })
  }

  const update = (script: Script, request: BigDataRequest.BigDataRequest): WireResponse => {
    const sent = BigDataRequest.readObject(request.body, "script")
    if (script.isPublic) {
      return BigDataRequest.badRequest(`Script ${script.id} cannot be changed`)
    }
    const changed = store({
      ...script,
      url: readUrl(sent),
      name: sent["name"] === undefined ? script.name : BigDataRequest.readText(sent, "name", 255),
      updatedAt: request.now
    })
    return Reply.json(200, { script: toJson(changed, request.baseUrl) })
  }

  const remove = (script: Script, now: number): WireResponse => {
    if (script.isPublic) {
      return BigDataRequest.badRequest(`Script ${script.id} cannot be deleted`)
    }
    if (isInUse(script.id, now)) {
      return BigDataRequest.conflict(`Script ${script.id} is in use`)
    }
    scripts.delete(script.id)
    return Reply.empty(204)
  }

  return {
    find: (id) => scripts.get(id),
    serve: (path, request) =>
      BigDataRequest.serveCollection(path, request, {
        what: "Script",
        key: "scripts",
        items: scripts,
        toJson: (script) => toJson(script, request.baseUrl),
        create: () => create(request),
        // There is no way to read one script.
        methods: { PUT: (script) => update(script, request), DELETE: (script) => remove(script, request.now) }
      })
  }
}
