/** Stacks of the cloud and of the account, created from a distro's services (Cloud Big Data API v2, "Stacks"). */
import { links } from "../Links.js"
import { randomUUID } from "node:crypto"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import type { JsonObject } from "../Fields.js"
import type { Distro } from "./distros.js"
import { findDistro } from "./distros.js"
import { findFlavor } from "./flavors.js"
import type { Stack, StackNodeGroup } from "./fixtures.js"
import { ambari, gateway, one, slaves } from "./fixtures.js"
import type { Region } from "./region.js"
import type { BigDataRequest } from "./requests.js"
import { badRequest, conflict, instant, notFound, page, read, table, within } from "./requests.js"

/** The components that run on data nodes and on the gateway. All others run on masters. */
const onSlaves = new Set(["Datanode", "NodeManager", "HRegionServer"])
const onGateway = /Client$/
const onSecondMaster = new Set(["SecondaryNamenode", "JournalNode"])

/** The node groups that the service chooses if the request has none. */
const layOut = (names: ReadonlyArray<string>): ReadonlyArray<StackNodeGroup> => {
  const second = names.filter((name) => onSecondMaster.has(name))
  const clients = names.filter((name) => onGateway.test(name))
  const masters = names.filter((name) => !onSlaves.has(name) && !onSecondMaster.has(name) && !onGateway.test(name))
  return [
    ambari,
    one("master0", "hadoop1-7", 6645, masters),
    ...(second.length > 0 ? [one("master1", "hadoop1-2", 1126, second)] : []),
    slaves(
      "slave0",
      names.filter((name) => onSlaves.has(name))
    ),
    ...(clients.length > 0 ? [gateway(clients)] : [])
  ]
}

/** Reads a service of the distro. */
const readService = (
  sent: JsonObject,
  distro: Distro
): { readonly name: string; readonly modes?: ReadonlyArray<string>; readonly components: ReadonlyArray<string> } => {
  const name = read.text(sent, "name", 255)
  const service = distro.services.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (service === undefined) {
    return badRequest(`Service ${name} is not part of distro ${distro.id}`)
  }
  const modes = (read.optionalList(sent, "modes") ?? []).map((mode) =>
    typeof mode === "string" && service.modes?.some((each) => each.name === mode) === true
      ? mode
      : badRequest(`Service ${name} has no mode ${Fields.textOf(mode)}`)
  )
  return {
    name,
    ...(modes.length > 0 && { modes }),
    components: service.components
      .filter((component) => component.mode === undefined || modes.includes(component.mode))
      .map((component) => component.name)
  }
}

const readNodeGroup = (sent: JsonObject, available: ReadonlySet<string>): StackNodeGroup => {
  const id = read.text(sent, "id", 36)
  const flavorId = sent["flavor_id"] ?? "hadoop1-7"
  if (typeof flavorId !== "string" || findFlavor(flavorId) === undefined) {
    return badRequest(`Flavor ${String(flavorId)} not found`)
  }
  const components = (read.optionalObjects(sent, "components") ?? []).map((component) => {
    const name = read.text(component, "name", 255)
    return available.has(name) ? name : badRequest(`Component ${name} is not part of the stack's services`)
  })
  return {
    id,
    flavorId,
    count: read.optionalInteger(sent, "count", 0, 100) ?? 1,
    components,
    minCount: 0,
    maxCount: 999,
    minRam: 512
  }
}

const toSummary = (stack: Stack, baseUrl: string): JsonObject => ({
  distro: stack.distro,
  id: stack.id,
  name: stack.name,
  description: stack.description,
  services: stack.services,
  links: links(baseUrl, `stacks/${stack.id}`)
})

const toDetail = (stack: Stack, baseUrl: string): JsonObject => ({
  ...toSummary(stack, baseUrl),
  created: instant(stack.createdAt),
  is_deletable: stack.isOwn,
  node_groups: stack.nodeGroups.map((group) => ({
    id: group.id,
    count: group.count,
    flavor_id: group.flavorId,
    components: group.components.map((name) => ({ name })),
    resource_limits: { min_count: group.minCount, max_count: group.maxCount, min_ram: group.minRam }
  }))
})

const create = (region: Region, { baseUrl, body, now }: BigDataRequest): WireResponse => {
  const sent = read.object(body, "stack")
  const name = read.text(sent, "name", 255)
  const description = sent["description"] === undefined ? "" : read.text(sent, "description", 1024)
  const distroId = read.text(sent, "distro", 255)
  const distro = findDistro(distroId) ?? badRequest(`Distro ${distroId} not found`)
  const services = (read.optionalObjects(sent, "services") ?? []).map((service) => readService(service, distro))
  if (services.length === 0) {
    return badRequest("At least one service is required")
  }
  const names = services.flatMap((service) => service.components)
  const available = new Set([...names, ...ambari.components])
  const wanted = (read.optionalObjects(sent, "node_groups") ?? []).map((group) => readNodeGroup(group, available))
  const stack: Stack = {
    id: randomUUID(),
    name,
    description,
    distro: distroId,
    services: services.map(({ components: _, ...service }) => service),
    // Ambari always has its own group.
    nodeGroups:
      wanted.length === 0
        ? layOut(names)
        : [...(wanted.some((group) => group.id === ambari.id) ? [] : [ambari]), ...wanted],
    createdAt: now,
    isOwn: true
  }
  region.stacks.set(stack.id, stack)
  return Reply.json(200, { stack: toDetail(stack, baseUrl) })
}

const remove = (region: Region, stack: Stack, now: number): WireResponse => {
  if (!stack.isOwn) {
    return badRequest(`Stack ${stack.id} cannot be deleted`)
  }
  if (region.existing(now).some(({ stackId }) => stackId === stack.id)) {
    return conflict(`Stack ${stack.id} is in use`)
  }
  region.stacks.delete(stack.id)
  return Reply.empty(204)
}

export const routes = (region: Region) => [
  table({
    "GET /stacks": (request) => {
      const items = [...region.stacks.values()]
      const toJson = (stack: Stack) => toSummary(stack, request.baseUrl)
      return Reply.json(200, page(request, { key: "stacks", path: "stacks", items, toJson }))
    },
    "POST /stacks": (request) => create(region, request)
  }),
  within(
    "/stacks/{id}",
    (_, { id }) => region.stacks.get(id) ?? notFound(`Stack ${id}`)
  )({
    "GET /stacks/{id}": (stack, { baseUrl }) => Reply.json(200, { stack: toDetail(stack, baseUrl) }),
    "DELETE /stacks/{id}": (stack, { now }) => remove(region, stack, now)
  })
]
