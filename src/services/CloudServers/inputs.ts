/**
 * The fields that operations of several requests know. An operation of one request has them in its schemas.
 */
import { extended, type AnyInputs } from "../../internal/knownFields.js"
import { endpoints } from "./endpoints.js"

const pace = { interval: true, jitter: true, timeout: true } as const

const waiting = { serverId: true, ...pace } as const

const waitingForImage = { imageId: true, ...pace } as const

export const inputs = {
  list: extended(endpoints.listPage, { pageSize: true }, "limit", "marker"),
  listDetail: extended(endpoints.listDetailPage, { pageSize: true }, "limit", "marker"),
  listFlavors: extended(endpoints.listFlavorsPage, { pageSize: true }, "limit", "marker"),
  listImages: extended(endpoints.listImagesPage, { pageSize: true }, "limit", "marker"),
  listFirstGeneration: { pageSize: true },
  findServer: { nameOrId: true },
  findImage: { nameOrId: true },
  findFlavor: { nameOrId: true },
  createAndWait: extended(endpoints.create, pace),
  resizeAndConfirm: extended(endpoints.resize, pace),
  createImageAndWait: extended(endpoints.createImage, pace),
  importKeyPairFromFile: { name: true, path: true },
  imageSchedule: { serverId: true },
  watch: { ...waiting, until: true },
  waitUntil: { ...waiting, until: true },
  waitUntilActive: waiting,
  waitUntilDeleted: waiting,
  watchImage: waitingForImage,
  waitUntilImageActive: waitingForImage
} satisfies AnyInputs
