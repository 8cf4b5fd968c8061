/** What a request says of a cluster, held against what there is (big-data.md section 4.1). */
import type { JsonObject } from "../Fields.js"
import * as Fields from "../Fields.js"
import type { ClusterScript, Credential, NodeGroup } from "./clusterRecord.js"
import type { Credentials } from "./credentials.js"
import * as BigDataRequest from "./bigDataRequest.js"
import * as Fixtures from "./fixtures.js"
import type { Scripts } from "./scripts.js"
import type { Stack, Stacks } from "./stacks.js"

/** A cluster to be made. */
export interface WantedCluster {
  readonly name: string
  readonly username: string
  readonly sshKeys: ReadonlyArray<string>
  readonly stack: Stack
  readonly groups: ReadonlyArray<NodeGroup>
  readonly connectors: ReadonlyArray<Credential>
  readonly credentials: ReadonlyArray<Credential>
  readonly scripts: ReadonlyArray<ClusterScript>
}

const readUsername = (sent: JsonObject): string => {
  const username = BigDataRequest.readText(sent, "username", 255)
  return username.length < 2 || username.toLowerCase() === "root"
    ? BigDataRequest.badRequest(`Invalid username: ${username}`)
    : username
}

const readCount = (sent: JsonObject): number => {
  const count = sent["count"]
  return typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= 100
    ? count
    : BigDataRequest.badRequest("The node count is invalid")
}

const readSshKeys = (sent: JsonObject, credentials: Credentials): ReadonlyArray<string> => {
  const keys = BigDataRequest.readList(sent, "ssh_keys")
  if (keys.length === 0) {
    return BigDataRequest.badRequest("At least one of ssh_keys is required")
  }
  return keys.map((key) =>
    typeof key === "string" && credentials.has("ssh_keys", key)
      ? key
      : BigDataRequest.badRequest(`Cannot find requested ssh_keys: ${Fields.textOf(key)}`)
  )
}

/** Nested, as a create has them: `{ type, credential: { name } }`. */
const readCredentials = (sent: JsonObject, key: string, credentials: Credentials): ReadonlyArray<Credential> =>
  BigDataRequest.readObjects(sent, key).map((each) => {
    const type = BigDataRequest.readText(each, "type", 255)
    const name = BigDataRequest.readText(BigDataRequest.readObject(each, "credential"), "name", 255)
    return credentials.has(type, name)
      ? { type, name }
      : BigDataRequest.badRequest(`Cannot find requested credential ${name} of type ${type}`)
  })

const groupKeys = new Set(["id", "count", "flavor_id"])

/** The stack's groups, with what the request says otherwise. */
const readGroups = (sent: JsonObject, stack: Stack): ReadonlyArray<NodeGroup> => {
  const wanted = new Map(
    BigDataRequest.readObjects(sent, "node_groups").map((group) => [BigDataRequest.readText(group, "id", 255), group])
  )
  for (const [id, group] of wanted) {
    if (!stack.nodeGroups.some((known) => known.id === id)) {
      BigDataRequest.badRequest(`Node group ${id} is not part of stack ${stack.id}`)
    }
    for (const key of Object.keys(group)) {
      if (!groupKeys.has(key)) {
        BigDataRequest.badRequest(`Additional properties are not allowed in a node group: ${key}`)
      }
    }
  }
  return stack.nodeGroups.map((known) => {
    const group = wanted.get(known.id)
    const count = group?.["count"] === undefined ? known.count : readCount(group)
    const flavorId = group?.["flavor_id"] ?? known.flavorId
    const flavor = typeof flavorId === "string" ? Fixtures.findFlavor(flavorId) : undefined
    if (flavor === undefined || flavor.ram < known.minRam) {
      return BigDataRequest.badRequest(`The flavor ${String(flavorId)} is invalid for node group ${known.id}`)
    }
    if (count < known.minCount || count > known.maxCount) {
      return BigDataRequest.badRequest(
        `The node count is invalid: ${known.id} takes ${known.minCount} to ${known.maxCount} nodes`
      )
    }
    return { id: known.id, flavorId: flavor.id, components: known.components, count }
  })
}

/** Reads the body of a create. */
export const readCreate = (
  body: JsonObject | undefined,
  known: {
    readonly stacks: Stacks
    readonly scripts: Scripts
    readonly credentials: Credentials
    readonly scriptsFail: boolean
  }
): WantedCluster => {
  const sent = BigDataRequest.readObject(body, "cluster")
  const name = BigDataRequest.readText(sent, "name", 255)
  const username = readUsername(sent)
  const sshKeys = readSshKeys(sent, known.credentials)
  const stackId = BigDataRequest.readText(sent, "stack_id", 255)
  const stack = known.stacks.find(stackId) ?? BigDataRequest.badRequest(`Stack ${stackId} not found`)
  const connectors = readCredentials(sent, "connectors", known.credentials)
  const credentials = readCredentials(sent, "credentials", known.credentials)
  for (const { type } of connectors) {
    if (!known.credentials.isConnector(type)) {
      BigDataRequest.badRequest(`${type} is no connector`)
    }
  }
  if ([...connectors, ...credentials].filter(({ type }) => type === "cloud_files").length > 1) {
    return BigDataRequest.badRequest("Only one cloud_files connector is allowed")
  }
  const scripts = BigDataRequest.readObjects(sent, "scripts").map((script) => {
    const id = BigDataRequest.readText(script, "id", 255)
    const found = known.scripts.find(id) ?? BigDataRequest.badRequest(`Script ${id} not found`)
    return { id, name: found.name, fails: known.scriptsFail }
  })
  return { name, username, sshKeys, stack, groups: readGroups(sent, stack), connectors, credentials, scripts }
}

/** Reads how many nodes each named group is to have. */
export const readCounts = (sent: JsonObject, groups: ReadonlyArray<NodeGroup>): ReadonlyMap<NodeGroup, number> => {
  const wanted = BigDataRequest.readObjects(sent, "node_groups")
  if (wanted.length === 0) {
    return BigDataRequest.badRequest("At least one of node_groups is required")
  }
  return new Map(
    wanted.map((each) => {
      const id = BigDataRequest.readText(each, "id", 255)
      const group = groups.find((known) => known.id === id)
      return [group ?? BigDataRequest.badRequest(`Node group ${id} is not part of the cluster`), readCount(each)]
    })
  )
}

/** Reads credentials as an update has them, flat: `{ type, name }`. */
export const readFlatCredentials = (
  sent: JsonObject,
  key: string,
  credentials: Credentials
): ReadonlyArray<Credential> =>
  BigDataRequest.readObjects(sent, key).map((each) => {
    const type = BigDataRequest.readText(each, "type", 255)
    const name = BigDataRequest.readText(each, "name", 255)
    return credentials.has(type, name)
      ? { type, name }
      : BigDataRequest.badRequest(`Cannot find requested credential ${name} of type ${type}`)
  })

/** What is to be done to a cluster's services. */
export interface ServiceControl {
  readonly action: string
  /** None means all. */
  readonly services: ReadonlyArray<string>
}

/** Reads what is to be done to services, held against those of the stack. */
export const readControl = (sent: JsonObject, stack: Stack | undefined): ServiceControl => {
  const control = sent["control_services"]
  if (!Fields.isObject(control)) {
    return BigDataRequest.badRequest("Malformed request body: no control_services")
  }
  const action = BigDataRequest.readText(control, "action", 255)
  if (!["start", "stop", "restart"].includes(action)) {
    return BigDataRequest.badRequest(`Invalid action: ${action}`)
  }
  const services = BigDataRequest.readObjects(control, "services").map((service) => {
    const name = BigDataRequest.readText(service, "name", 255)
    return stack === undefined || stack.services.some((each) => each.name === name)
      ? name
      : BigDataRequest.badRequest(`Service ${name} is not part of the cluster`)
  })
  return { action, services }
}
