/** The images of Cloud Servers: public base images, and the account's own snapshots. */

import { links, withoutVersion } from "../Links.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import * as Listing from "./listing.js"
import * as Metadata from "./metadata.js"
import type { NovaRequest, NovaRoutes } from "./requests.js"
import { forbidden, idOf, notFound, speaks, within } from "./requests.js"

export interface Image {
  readonly id: string
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  updatedAt: number
  /** GB. */
  readonly minDisk: number
  /** MiB. */
  readonly minRam: number
  /** Bytes. */
  readonly size: number
  /** Undefined if the server may choose. */
  readonly diskConfig: "AUTO" | "MANUAL" | undefined
  metadata: Record<string, string>
  /** The server of a snapshot. */
  readonly serverId: string | undefined
  /** When the image stops being SAVING, in milliseconds since the epoch. */
  readonly savedAt: number
}

/** The default image of seeded servers: Ubuntu 14.04. */
export const defaultId = "09de0a66-3156-48b4-90a5-1cf25a905207"

const base = (
  id: string,
  name: string,
  options: {
    readonly distro: string
    readonly version: string
    readonly minDisk: number
    readonly minRam: number
    readonly size: number
    readonly os?: "linux" | "windows"
    readonly autoDiskConfig?: "True" | "False" | "DISABLED"
    readonly mode?: "hvm" | "xen" | "metal"
  }
): Image => {
  const createdAt = Date.UTC(2015, 3, 21, 14, 47, 11)
  return {
    id,
    name,
    createdAt,
    updatedAt: createdAt + 3_600_000,
    minDisk: options.minDisk,
    minRam: options.minRam,
    size: options.size,
    diskConfig: options.autoDiskConfig === "True" ? "AUTO" : "MANUAL",
    metadata: {
      image_type: "base",
      auto_disk_config: options.autoDiskConfig ?? "DISABLED",
      os_type: options.os ?? "linux",
      os_distro: options.distro,
      os_version: options.version,
      vm_mode: options.mode ?? "hvm",
      cache_in_nova: "True",
      "com.rackspace__1__options": "0",
      "com.rackspace__1__visible_core": "1",
      "com.rackspace__1__visible_managed": "1",
      "com.rackspace__1__visible_rackconnect": "1",
      "org.openstack__1__architecture": "x64",
      "org.openstack__1__os_distro": `com.${options.distro}`,
      "org.openstack__1__os_version": options.version
    },
    serverId: undefined,
    savedAt: 0
  }
}

/** A new copy of the base images, because their metadata can be changed. */
const baseImages = (): ReadonlyArray<Image> => [
  base(defaultId, "Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)", {
    distro: "ubuntu",
    version: "14.04",
    minDisk: 20,
    minRam: 512,
    size: 489_651_200
  }),
  base("5ed162cc-b4eb-4371-b24a-a0ae73376c73", "Ubuntu 12.04 LTS (Precise Pangolin) (PV)", {
    distro: "ubuntu",
    version: "12.04",
    minDisk: 20,
    minRam: 512,
    size: 346_374_144,
    autoDiskConfig: "True",
    mode: "xen"
  }),
  base("c25f1ae0-30b3-4012-8ca6-5ecfcf05c965", "CentOS 7 (PVHVM)", {
    distro: "centos",
    version: "7",
    minDisk: 20,
    minRam: 1024,
    size: 1_014_697_984
  }),
  base("a10eacf7-ac15-4225-b533-5744f1fe47c1", "Debian 8 (Jessie) (PVHVM)", {
    distro: "debian",
    version: "8",
    minDisk: 20,
    minRam: 512,
    size: 617_611_264
  }),
  base("82a86a0c-8aa8-4f3b-b2b9-4a3c4b3d5f5c", "Debian 7 (Wheezy) (PV)", {
    distro: "debian",
    version: "7",
    minDisk: 20,
    minRam: 512,
    size: 399_245_312,
    autoDiskConfig: "True",
    mode: "xen"
  }),
  base("d69ba1d8-4c83-4c0b-9a4c-5d3a5c1b8f3a", "Windows Server 2012 R2", {
    distro: "microsoft",
    version: "2012.2",
    minDisk: 40,
    minRam: 2048,
    size: 11_811_160_064,
    os: "windows",
    autoDiskConfig: "False"
  }),
  base("75a86b9d-e016-4cb7-8532-9e9b9b5fc58b", "OnMetal - Ubuntu 14.04 LTS (Trusty Tahr)", {
    distro: "ubuntu",
    version: "14.04",
    minDisk: 20,
    minRam: 1024,
    size: 560_988_160,
    mode: "metal"
  })
]

/** The images of one region. */
export interface Images {
  readonly find: (id: string) => Image | undefined
  readonly add: (image: Image) => void
  readonly routes: ReadonlyArray<NovaRoutes>
}

const statusOf = (image: Image, now: number): string => (now < image.savedAt ? "SAVING" : "ACTIVE")

const imageLinks = (image: Image, baseUrl: string): ReadonlyArray<unknown> => [
  ...links(baseUrl, `images/${image.id}`),
  {
    rel: "alternate",
    type: "application/vnd.openstack.image",
    href: `${withoutVersion(baseUrl)}/images/${image.id}`
  }
]

const toJson = (image: Image, request: NovaRequest): Readonly<Record<string, unknown>> => {
  const { baseUrl, now } = request
  const status = statusOf(image, now)
  const share = (now - image.createdAt) / Math.max(1, image.savedAt - image.createdAt)
  return {
    id: image.id,
    name: image.name,
    status,
    progress: status === "ACTIVE" ? 100 : Math.min(99, Math.floor(share * 100)),
    created: Timestamp.utcSeconds(image.createdAt),
    updated: Timestamp.utcSeconds(image.updatedAt),
    minDisk: image.minDisk,
    minRam: image.minRam,
    "OS-EXT-IMG-SIZE:size": image.size,
    ...(image.diskConfig === undefined ? {} : { "OS-DCF:diskConfig": image.diskConfig }),
    metadata: image.metadata,
    ...(image.serverId === undefined
      ? {}
      : { server: { id: image.serverId, links: links(baseUrl, `servers/${image.serverId}`) } }),
    links: imageLinks(image, baseUrl)
  }
}

const checkImages = (request: NovaRequest, firstWithout: number): void => {
  if (speaks(request, firstWithout)) {
    notFound("The resource could not be found.")
  }
}

/** The base images only. */
export const make = (pageCap: number): Images => {
  const images = new Map(baseImages().map((image) => [image.id, image]))

  const list = (request: NovaRequest, detail: boolean): WireResponse => {
    const { now, query } = request
    const since = Listing.changesSince(query)
    const name = query.get("name")
    const status = query.get("status")?.toUpperCase()
    const server = query.get("server")
    const type = query.get("type")
    const page = Listing.page({
      items: images.values(),
      keep: (image) =>
        (since === undefined || image.updatedAt >= since) &&
        (name === null || image.name === name) &&
        (status === undefined || statusOf(image, now) === status) &&
        (server === null || image.serverId === idOf(server)) &&
        (type === null || image.metadata["image_type"] === type),
      query,
      cap: pageCap,
      url: `${request.baseUrl}/images${detail ? "/detail" : ""}`
    })
    return Reply.json(200, {
      images: page.items.map((image) =>
        detail ? toJson(image, request) : { id: image.id, name: image.name, links: imageLinks(image, request.baseUrl) }
      ),
      ...(page.links === undefined ? {} : { images_links: page.links })
    })
  }

  /** Nova has images up to microversion 2.35, and their metadata up to 2.38. */
  const findImage = (request: NovaRequest, id: string, firstWithout: number): Image => {
    checkImages(request, firstWithout)
    return images.get(id) ?? notFound("Image not found.")
  }

  const remove = (image: Image): WireResponse => {
    if (image.serverId === undefined) {
      return forbidden("You are not allowed to delete the image.")
    }
    images.delete(image.id)
    return Reply.empty(204)
  }

  return {
    find: (id) => images.get(id),
    add: (image) => void images.set(image.id, image),
    routes: [
      within("/images", (request) => checkImages(request, 36))({
        "GET /images": (_, request) => list(request, false),
        "GET /images/detail": (_, request) => list(request, true)
      }),
      within("/images/{id}", (request, { id }) => findImage(request, id, 36))({
        "GET /images/{id}": (image, request) => Reply.json(200, { image: toJson(image, request) }),
        "DELETE /images/{id}": remove
      }),
      within("/images/{id}/metadata", (request, { id }) => findImage(request, id, 39))({
        "GET /images/{id}/metadata": Metadata.list,
        "PUT /images/{id}/metadata": Metadata.replace,
        "POST /images/{id}/metadata": Metadata.merge,
        "GET /images/{id}/metadata/{key}": Metadata.get,
        "PUT /images/{id}/metadata/{key}": Metadata.put,
        "DELETE /images/{id}/metadata/{key}": Metadata.remove
      })
    ]
  }
}
