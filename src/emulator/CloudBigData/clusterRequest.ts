/**
 * Reads requests that create and change clusters, and validates their references (Cloud Big Data API v2, "Clusters").
 */
import type { JsonObject } from "../Fields.js"
import * as Fields from "../Fields.js"
import type { ClusterScript, Credential, NodeGroup, ServiceControl } from "./clusterRecord.js"
import type { Credentials } from "./credentialStore.js"
import { hasCredential, isConnector } from "./credentialStore.js"
import type { Stack } from "./fixtures.js"
import { findFlavor } from "./flavors.js"
import { badRequest, read } from "./requests.js"
import type { Region } from "./region.js"

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
  const username = read.text(sent, "username", 255)
  return username.length < 2 || username.toLowerCase() === "root"
    ? badRequest(`Invalid username: ${username}`)
    : username
}

const readCount = (sent: JsonObject): number => {
  const count = sent["count"]
  return typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= 100
    ? count
    : badRequest("The node count is invalid")
}

const readSshKeys = (sent: JsonObject, credentials: Credentials): ReadonlyArray<string> => {
  const keys = read.optionalList(sent, "ssh_keys") ?? []
  if (keys.length === 0) {
    return badRequest("At least one of ssh_keys is required")
  }
  return keys.map((key) =>
    typeof key === "string" && hasCredential(credentials, "ssh_keys", key)
      ? key
      : badRequest(`Cannot find requested ssh_keys: ${Fields.textOf(key)}`)
  )
}

/** The nested form in a creation: `{ type, credential: { name } }`. */
const readCredentials = (sent: JsonObject, key: string, credentials: Credentials): ReadonlyArray<Credential> =>
  (read.optionalObjects(sent, key) ?? []).map((each) => {
    const type = read.text(each, "type", 255)
    const name = read.text(read.object(each, "credential"), "name", 255)
    return hasCredential(credentials, type, name)
      ? { type, name }
      : badRequest(`Cannot find requested credential ${name} of type ${type}`)
  })

const groupKeys = new Set(["id", "count", "flavor_id"])

/** The stack's groups, overlaid with those of the request. */
const readGroups = (sent: JsonObject, stack: Stack): ReadonlyArray<NodeGroup> => {
  const wanted = new Map(
    (read.optionalObjects(sent, "node_groups") ?? []).map((group) => [read.text(group, "id", 255), group])
  )
  for (const [id, group] of wanted) {
    if (!stack.nodeGroups.some((known) => known.id === id)) {
      badRequest(`Node group ${id} is not part of stack ${stack.id}`)
    }
    for (const key of Object.keys(group)) {
      if (!groupKeys.has(key)) {
        badRequest(`Additional properties are not allowed in a node group: ${key}`)
      }
    }
  }
  return stack.nodeGroups.map((known) => {
    const group = wanted.get(known.id)
    const count = group?.["count"] === undefined ? known.count : readCount(group)
    const flavorId = group?.["flavor_id"] ?? known.flavorId
    const flavor = typeof flavorId === "string" ? findFlavor(flavorId) : undefined
    if (flavor === undefined || flavor.ram < known.minRam) {
      return badRequest(`The flavor ${String(flavorId)} is invalid for node group ${known.id}`)
    }
    if (count < known.minCount || count > known.maxCount) {
      return badRequest(`The node count is invalid: ${known.id} takes ${known.minCount} to ${known.maxCount} nodes`)
    }
    return { id: known.id, flavorId: flavor.id, components: known.components, count }
  })
}

export const readCreate = (region: Region, body: JsonObject | undefined): WantedCluster => {
  const sent = read.object(body, "cluster")
  const name = read.text(sent, "name", 255)
  const username = readUsername(sent)
  const sshKeys = readSshKeys(sent, region.credentials)
  const stackId = read.text(sent, "stack_id", 255)
  const stack = region.stacks.get(stackId) ?? badRequest(`Stack ${stackId} not found`)
  const connectors = readCredentials(sent, "connectors", region.credentials)
  const credentials = readCredentials(sent, "credentials", region.credentials)
  for (const { type } of connectors) {
    if (!isConnector(type)) {
      badRequest(`${type} is not a connector`)
    }
  }
  if ([...connectors, ...credentials].filter(({ type }) => type === "cloud_files").length > 1) {
    return badRequest("Only one cloud_files connector is allowed")
  }
  const scriptsFail = region.failingBuilds > 0 && region.failingCause === "script"
  const scripts = (read.optionalObjects(sent, "scripts") ?? []).map((script) => {
    const id = read.text(script, "id", 255)
    const found = region.scripts.get(id) ?? badRequest(`Script ${id} not found`)
    return { id, name: found.name, fails: scriptsFail }
  })
  return { name, username, sshKeys, stack, groups: readGroups(sent, stack), connectors, credentials, scripts }
}

/** Reads the new numbers of nodes by group. */
export const readCounts = (sent: JsonObject, groups: ReadonlyArray<NodeGroup>): ReadonlyMap<NodeGroup, number> => {
  const wanted = read.optionalObjects(sent, "node_groups") ?? []
  if (wanted.length === 0) {
    return badRequest("At least one of node_groups is required")
  }
  return new Map(
    wanted.map((each) => {
      const id = read.text(each, "id", 255)
      const group = groups.find((known) => known.id === id)
      return [group ?? badRequest(`Node group ${id} is not part of the cluster`), readCount(each)]
    })
  )
}

/** The flat form in an update: `{ type, name }`. */
export const readFlatCredentials = (
  sent: JsonObject,
  key: string,
  credentials: Credentials
): ReadonlyArray<Credential> =>
  (read.optionalObjects(sent, key) ?? []).map((each) => {
    const type = read.text(each, "type", 255)
    const name = read.text(each, "name", 255)
    return hasCredential(credentials, type, name)
      ? { type, name }
      : badRequest(`Cannot find requested credential ${name} of type ${type}`)
  })

/** Reads an action on the stack's services. */
export const readControl = (sent: JsonObject, stack: Stack | undefined): ServiceControl => {
  const control = sent["control_services"]
  if (!Fields.isObject(control)) {
    return badRequest("Malformed request body: no control_services")
  }
  const action = read.text(control, "action", 255)
  if (!["start", "stop", "restart"].includes(action)) {
    return badRequest(`Invalid action: ${action}`)
  }
  const services = (read.optionalObjects(control, "services") ?? []).map((service) => {
    const name = read.text(service, "name", 255)
    return stack === undefined || stack.services.some((each) => each.name === name)
      ? name
      : badRequest(`Service ${name} is not part of the cluster`)
  })
  return { action, services }
}
