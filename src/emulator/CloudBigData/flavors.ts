/** Flavors: the sizes of nodes (Cloud Big Data API v2, "Flavors"). */
import * as Reply from "../Reply.js"
import { page, table } from "./requests.js"

export interface Flavor {
  readonly id: string
  readonly name: string
  readonly vcpus: number
  /** Megabytes. */
  readonly ram: number
  /** Gigabytes. */
  readonly disk: number
  readonly class: string
}

const flavor = (id: string, name: string, vcpus: number, ram: number, disk: number): Flavor => ({
  id,
  name,
  vcpus,
  ram,
  disk,
  class: id.replace(/-.*$/, "")
})

/** Data nodes need at least `hadoop1-7`; the sizes of smaller flavors are not documented. */
export const flavors: ReadonlyArray<Flavor> = [
  flavor("hadoop1-1", "Gateway 1GB Hadoop Instance", 1, 1024, 20),
  flavor("hadoop1-2", "Gateway 2GB Hadoop Instance", 1, 2048, 40),
  flavor("hadoop1-4", "Master 4GB Hadoop Instance", 2, 4096, 80),
  flavor("hadoop1-7", "Small Hadoop Instance", 2, 7680, 1250),
  flavor("hadoop1-15", "Medium Hadoop Instance", 4, 15_360, 2500),
  flavor("hadoop1-30", "Large Hadoop Instance", 8, 30_720, 5000),
  flavor("hadoop1-60", "XLarge Hadoop Instance", 16, 61_440, 10_000),
  flavor("onmetal-io1", "OnMetal IO v1", 40, 122_880, 3200)
]

export const findFlavor = (id: string): Flavor | undefined => flavors.find((each) => each.id === id)

export const routes = table({
  "GET /flavors": (request) =>
    Reply.json(200, page(request, { key: "flavors", path: "flavors", items: flavors, toJson: (flavor) => flavor }))
})
