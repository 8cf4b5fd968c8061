/** The flavors of Cloud Servers, by family. */

import { links } from "../Links.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Listing from "./listing.js"
import type { NovaRequest } from "./requests.js"
import { badMethod, badRequest, notFound, speaks, table, within } from "./requests.js"

export interface Flavor {
  /** Opaque, and not always a number: `2`, `general1-1`. */
  readonly id: string
  readonly name: string
  /** MiB. */
  readonly ram: number
  /** The size of the system disk in GB; 0 if a server of this flavor must boot from a volume. */
  readonly disk: number
  readonly vcpus: number
  /** MiB, or the empty string if there is none. */
  readonly swap: number | ""
  readonly rxtxFactor: number
  /** The total size of the data disks in GB. */
  readonly ephemeral: number
  readonly extraSpecs: Readonly<Record<string, string>>
}

/** Gigabytes of RAM, system disk in GB, vCPUs, rxtx factor, data disk in GB, number of data disks. */
type Row = readonly [ram: number, disk: number, vcpus: number, rxtx: number, ephemeral?: number, dataDisks?: number]

const family = (
  id: string,
  title: string,
  policy: string,
  diskIndex: string,
  rows: Readonly<Record<string, Row>>
): ReadonlyArray<Flavor> =>
  Object.entries(rows).map(([size, [ram, disk, vcpus, rxtx, ephemeral = 0, dataDisks = 0]]) => ({
    id: `${id}-${size}`,
    name: `${ram} GB ${title}`,
    ram: ram * 1024,
    disk,
    vcpus,
    swap: "",
    rxtxFactor: rxtx,
    ephemeral,
    extraSpecs: {
      class: id,
      policy_class: policy,
      disk_io_index: diskIndex,
      number_of_data_disks: String(dataDisks)
    }
  }))

const standard = (
  id: string,
  name: string,
  ram: number,
  disk: number,
  vcpus: number,
  swap: number,
  rxtxFactor: number
): Flavor => ({
  id,
  name,
  ram,
  disk,
  vcpus,
  swap,
  rxtxFactor,
  ephemeral: 0,
  extraSpecs: { class: "standard1", policy_class: "standard_flavor", disk_io_index: "2", number_of_data_disks: "0" }
})

const metal = (kind: string, title: string, gigabytes: number, vcpus: number, ephemeral: number): Flavor => ({
  id: `onmetal-${kind}1`,
  name: `OnMetal ${title} v1`,
  ram: gigabytes * 1024,
  disk: 32,
  vcpus,
  swap: "",
  rxtxFactor: 10000,
  ephemeral,
  extraSpecs: { class: "onmetal", policy_class: "onmetal_flavor", number_of_data_disks: ephemeral === 0 ? "0" : "2" }
})

/** All flavors in the order of the real listing. */
export const all: ReadonlyArray<Flavor> = [
  standard("2", "512MB Standard Instance", 512, 20, 1, 512, 80),
  standard("3", "1GB Standard Instance", 1024, 40, 1, 1024, 120),
  standard("4", "2GB Standard Instance", 2048, 80, 2, 2048, 240),
  standard("5", "4GB Standard Instance", 4096, 160, 2, 2048, 400),
  standard("6", "8GB Standard Instance", 8192, 320, 4, 2048, 600),
  standard("7", "15GB Standard Instance", 15360, 620, 6, 2048, 800),
  standard("8", "30GB Standard Instance", 30720, 1200, 8, 2048, 1200),
  ...family("compute1", "Compute v1", "compute_flavor", "-1", {
    "4": [3.75, 0, 2, 312.5],
    "8": [7.5, 0, 4, 625],
    "15": [15, 0, 8, 1250],
    "30": [30, 0, 16, 2500],
    "60": [60, 0, 32, 5000]
  }),
  ...family("general1", "General Purpose v1", "general_flavor", "40", {
    "1": [1, 20, 1, 200],
    "2": [2, 40, 2, 400],
    "4": [4, 80, 4, 800],
    "8": [8, 160, 8, 1600]
  }),
  ...family("io1", "I/O v1", "io_flavor", "40", {
    "15": [15, 40, 4, 1250, 150, 1],
    "30": [30, 40, 8, 2500, 300, 1],
    "60": [60, 40, 16, 5000, 600, 2],
    "90": [90, 40, 24, 7500, 900, 3],
    "120": [120, 40, 32, 10000, 1200, 4]
  }),
  ...family("memory1", "Memory v1", "memory_flavor", "-1", {
    "15": [15, 0, 2, 625],
    "30": [30, 0, 4, 1250],
    "60": [60, 0, 8, 2500],
    "120": [120, 0, 16, 5000],
    "240": [240, 0, 32, 10000]
  }),
  ...family("performance1", "Performance", "performance_flavor", "40", {
    "1": [1, 20, 1, 200],
    "2": [2, 40, 2, 400, 20, 1],
    "4": [4, 40, 4, 800, 40, 1],
    "8": [8, 40, 8, 1600, 80, 1]
  }),
  ...family("performance2", "Performance", "performance_flavor", "80", {
    "15": [15, 40, 4, 1250, 150, 1],
    "30": [30, 40, 8, 2500, 300, 1],
    "60": [60, 40, 16, 5000, 600, 2],
    "90": [90, 40, 24, 7500, 900, 3],
    "120": [120, 40, 32, 10000, 1200, 4]
  }),
  metal("compute", "Compute", 32, 20, 0),
  metal("io", "I/O", 128, 40, 3200),
  metal("memory", "Memory", 512, 24, 0)
]

const byId = new Map(all.map((flavor) => [flavor.id, flavor]))

export const find = (id: string): Flavor | undefined => byId.get(id)

/** Whether the flavor is a physical machine, which supports fewer operations. */
export const isMetal = (flavor: Flavor): boolean => flavor.extraSpecs["policy_class"] === "onmetal_flavor"

/** Rackspace always returns extra specifications. OpenStack does since microversion 2.61, with `is_public`. */
const toJson = (
  flavor: Flavor,
  request: Pick<NovaRequest, "baseUrl" | "microversion">
): Readonly<Record<string, unknown>> => ({
  id: flavor.id,
  name: flavor.name,
  ram: flavor.ram,
  disk: flavor.disk,
  vcpus: flavor.vcpus,
  swap: flavor.swap,
  rxtx_factor: flavor.rxtxFactor,
  "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
  ...(request.microversion === undefined
    ? { "OS-FLV-WITH-EXT-SPECS:extra_specs": flavor.extraSpecs }
    : { "os-flavor-access:is_public": true, "OS-FLV-DISABLED:disabled": false }),
  ...(speaks(request, 55) ? { description: null } : {}),
  ...(speaks(request, 61) ? { extra_specs: flavor.extraSpecs } : {}),
  links: links(request.baseUrl, `flavors/${flavor.id}`)
})

const atLeast = (query: URLSearchParams, name: string): number => {
  const value = query.get(name)
  return value === null ? 0 : /^\d+$/.test(value) ? Number(value) : badRequest(`Invalid ${name} filter [${value}]`)
}

const list = (request: NovaRequest, detail: boolean, pageCap: number): WireResponse => {
  const minDisk = atLeast(request.query, "minDisk")
  const minRam = atLeast(request.query, "minRam")
  const page = Listing.page({
    items: all,
    keep: (flavor) => flavor.disk >= minDisk && flavor.ram >= minRam,
    query: request.query,
    cap: pageCap,
    url: `${request.baseUrl}/flavors${detail ? "/detail" : ""}`
  })
  return Reply.json(200, {
    flavors: page.items.map((flavor) =>
      detail
        ? toJson(flavor, request)
        : { id: flavor.id, name: flavor.name, links: links(request.baseUrl, `flavors/${flavor.id}`) }
    ),
    ...(page.links === undefined ? {} : { flavors_links: page.links })
  })
}

export const routes = (pageCap: number) => [
  table({
    "GET /flavors": (request) => list(request, false, pageCap),
    "GET /flavors/detail": (request) => list(request, true, pageCap)
  }),
  within("/flavors/{id}", ({ method }, { id }) =>
    method === "GET" ? (find(id) ?? notFound("The resource could not be found.")) : badMethod()
  )({
    "GET /flavors/{id}": (flavor, request) => Reply.json(200, { flavor: toJson(flavor, request) }),
    "GET /flavors/{id}/os-extra_specs": ({ extraSpecs }) => Reply.json(200, { extra_specs: extraSpecs }),
    // Without a wrapper.
    "GET /flavors/{id}/os-extra_specs/{key}": ({ extraSpecs }, _, { id, key }) =>
      Object.hasOwn(extraSpecs, key)
        ? Reply.json(200, { [key]: extraSpecs[key] })
        : notFound(`Flavor ${id} has no extra specs with key ${key}.`)
  })
]
