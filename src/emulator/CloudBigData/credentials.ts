/**
 * Credentials that clusters are given: SSH keys, and users of Cloud Files, S3 and Ambari. Their secrets are taken and never
 * told (big-data.md sections 3 and 4.3).
 */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as BigDataRequest from "./bigDataRequest.js"

/** The types, each with the fields that it consists of: the first is the name, the second the secret. */
const types: Readonly<Record<string, { readonly fields: readonly [string, string]; readonly connector: boolean }>> = {
  cloud_files: { fields: ["username", "api_key"], connector: true },
  ssh_keys: { fields: ["key_name", "public_key"], connector: false },
  s3: { fields: ["access_key_id", "access_secret_key"], connector: true },
  ambari: { fields: ["username", "password"], connector: false }
}

/** The credentials of one region. */
export interface Credentials {
  readonly has: (type: string, name: string) => boolean
  readonly isConnector: (type: string) => boolean
  /** Puts one there without a request. */
  readonly add: (type: string, name: string) => void
  /** Serves `/credentials` and what is below it. */
  readonly serve: (path: ReadonlyArray<string>, request: BigDataRequest.BigDataRequest) => WireResponse
}

/** No credentials yet. */
export const make = (isInUse: (type: string, name: string, now: number) => boolean): Credentials => {
  const names = new Map(Object.keys(types).map((type) => [type, new Set<string>()]))
  const known = (type: string) => {
    const kind = types[type]
    const held = names.get(type)
    return kind === undefined || held === undefined
      ? BigDataRequest.notFound(`Credential type ${type}`)
      : { nameKey: kind.fields[0], secretKey: kind.fields[1], held }
  }

  const listed = (type: string): ReadonlyArray<Readonly<Record<string, string>>> => {
    const { held, nameKey } = known(type)
    return [...held].map((name) => ({ [nameKey]: name }))
  }

  const kinds = (request: BigDataRequest.BigDataRequest, wanted: (connector: boolean) => boolean): WireResponse =>
    Reply.json(200, {
      credentials: Object.entries(types)
        .filter(([, { connector }]) => wanted(connector))
        .map(([type, { connector, fields }]) => ({
          connector,
          links: BigDataRequest.links(request.baseUrl, `credentials/${type}`),
          schema: fields,
          type
        }))
    })

  const write = (type: string, name: string | undefined, request: BigDataRequest.BigDataRequest): WireResponse => {
    const { held, nameKey, secretKey } = known(type)
    const sent = BigDataRequest.readObject(request.body, type)
    const sentName = BigDataRequest.readText(sent, nameKey, 255)
    BigDataRequest.readText(sent, secretKey, 1024)
    if (name === undefined && held.has(sentName)) {
      return BigDataRequest.conflict(`Credential ${sentName} of type ${type} already exists`)
    }
    if (name !== undefined && name !== sentName) {
      return BigDataRequest.badRequest(`The ${nameKey} of a credential cannot be changed`)
    }
    held.add(sentName)
    // One object here, where a listing has an array.
    return Reply.json(200, { credentials: { [type]: { [nameKey]: sentName } } })
  }

  const remove = (type: string, name: string, now: number): WireResponse => {
    if (isInUse(type, name, now)) {
      return BigDataRequest.conflict(`Credential ${name} of type ${type} is in use by an active cluster`)
    }
    known(type).held.delete(name)
    return Reply.empty(204)
  }

  return {
    has: (type, name) => names.get(type)?.has(name) === true,
    isConnector: (type) => types[type]?.connector === true,
    add: (type, name) => {
      known(type).held.add(name)
    },
    serve: ([type, name, ...more], request) => {
      const { method } = request
      if (type === undefined) {
        const inUse = Object.keys(types).filter((each) => each === "ssh_keys" || listed(each).length > 0)
        return method === "GET"
          ? Reply.json(200, { credentials: Object.fromEntries(inUse.map((each) => [each, listed(each)])) })
          : BigDataRequest.badMethod()
      }
      if (name === undefined) {
        if (method === "POST") {
          return write(type, undefined, request)
        }
        if (method !== "GET") {
          return BigDataRequest.badMethod()
        }
        if (type === "types") {
          return kinds(request, () => true)
        }
        return type === "connectors"
          ? kinds(request, (connector) => connector)
          : Reply.json(200, { credentials: { [type]: listed(type) } })
      }
      if (more.length > 0 || !known(type).held.has(name)) {
        return BigDataRequest.notFound(`Credential ${name} of type ${type}`)
      }
      return method === "PUT"
        ? write(type, name, request)
        : method === "DELETE"
          ? remove(type, name, request.now)
          : BigDataRequest.badMethod()
    }
  }
}
