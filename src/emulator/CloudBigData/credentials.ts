/**
 * Credentials of clusters: SSH keys, and users of Cloud Files, S3 and Ambari. Secrets are never returned (Cloud Big
 * Data API v2, "Credentials").
 */
import { links } from "../Links.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import type { Credentials } from "./credentialStore.js"
import { types } from "./credentialStore.js"
import type { Region } from "./region.js"
import type { BigDataRequest } from "./requests.js"
import { badRequest, conflict, notFound, read, table, within } from "./requests.js"

/** Refuses an unknown type. */
const findType = (credentials: Credentials, type: string) => {
  const kind = types[type]
  const names = credentials.get(type)
  return kind === undefined || names === undefined
    ? notFound(`Credential type ${type}`)
    : { nameKey: kind.fields[0], secretKey: kind.fields[1], names }
}

export const addCredential = ({ credentials }: Region, type: string, name: string): void => {
  findType(credentials, type).names.add(name)
}

const listOf = (credentials: Credentials, type: string): ReadonlyArray<Readonly<Record<string, string>>> => {
  const { nameKey, names } = findType(credentials, type)
  return [...names].map((name) => ({ [nameKey]: name }))
}

const listTypes = ({ baseUrl }: BigDataRequest, isShown: (connector: boolean) => boolean): WireResponse =>
  Reply.json(200, {
    credentials: Object.entries(types)
      .filter(([, { connector }]) => isShown(connector))
      .map(([type, { connector, fields }]) => ({
        connector,
        links: links(baseUrl, `credentials/${type}`),
        schema: fields,
        type
      }))
  })

/** Creates a credential, or changes the secret of the one with this name. */
const write = (
  { credentials }: Region,
  type: string,
  name: string | undefined,
  { body }: BigDataRequest
): WireResponse => {
  const { nameKey, names, secretKey } = findType(credentials, type)
  const sent = read.object(body, type)
  const sentName = read.text(sent, nameKey, 255)
  read.text(sent, secretKey, 1024)
  if (name === undefined && names.has(sentName)) {
    return conflict(`Credential ${sentName} of type ${type} already exists`)
  }
  if (name !== undefined && name !== sentName) {
    return badRequest(`The ${nameKey} of a credential cannot be changed`)
  }
  names.add(sentName)
  // A single object, unlike the array in a list.
  return Reply.json(200, { credentials: { [type]: { [nameKey]: sentName } } })
}

const isInUse = (region: Region, type: string, name: string, now: number): boolean =>
  region
    .existing(now)
    .some(
      ({ connectors, credentials, sshKeys }) =>
        (type === "ssh_keys" && sshKeys.includes(name)) ||
        [...connectors, ...credentials].some((used) => used.type === type && used.name === name)
    )

export const routes = (region: Region) => {
  const { credentials } = region
  return [
    table({
      "GET /credentials": () => {
        const shown = Object.keys(types).filter((type) => type === "ssh_keys" || listOf(credentials, type).length > 0)
        return Reply.json(200, {
          credentials: Object.fromEntries(shown.map((type) => [type, listOf(credentials, type)]))
        })
      },
      "GET /credentials/types": (request) => listTypes(request, () => true),
      "GET /credentials/connectors": (request) => listTypes(request, (connector) => connector),
      "GET /credentials/{type}": (_, { type }) =>
        Reply.json(200, { credentials: { [type]: listOf(credentials, type) } }),
      "POST /credentials/{type}": (request, { type }) => write(region, type, undefined, request)
    }),
    within("/credentials/{type}/{name}", (_, { name, type }) =>
      findType(credentials, type).names.has(name) ? { name, type } : notFound(`Credential ${name} of type ${type}`)
    )({
      "PUT /credentials/{type}/{name}": ({ name, type }, request) => write(region, type, name, request),
      "DELETE /credentials/{type}/{name}": ({ name, type }, { now }) => {
        if (isInUse(region, type, name, now)) {
          return conflict(`Credential ${name} of type ${type} is in use by an active cluster`)
        }
        findType(credentials, type).names.delete(name)
        return Reply.empty(204)
      }
    })
  ]
}
