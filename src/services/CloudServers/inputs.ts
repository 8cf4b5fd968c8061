/**
 * The fields that operations of several requests know. An operation of one request has them in its schemas.
 */
import { extended, type AnyInputs } from "../../internal/schema/knownFields.js"
import { endpoints } from "./endpoints.js"

const pace = { interval: true, jitter: true, timeout: true } as const

const waiting = { serverId: true, ...pace } as const

const waitingForImage = { imageId: true, ...pace } as const

export const inputs = {
  list: extended(endpoints.listPage, { pageSize: true }, "limit", "marker"),
  listDetail: extended(endpoints.listDetailPage, { pageSize: true }, "limit", "marker"),
  listFlavors: extended(endpoints.listFlavorsPage, { pageSize: true }, "limit", "marker"),
  listFlavorSummaries: extended(endpoints.listFlavorSummariesPage, { pageSize: true }, "limit", "marker"),
  listImages: extended(endpoints.listImagesPage, { pageSize: true }, "limit", "marker"),
  listImageSummaries: extended(endpoints.listImageSummariesPage, { pageSize: true }, "limit", "marker"),
  listServerGroups: extended(endpoints.listServerGroupsPage, { pageSize: true }, "limit", "offset"),
  listVolumes: extended(endpoints.listVolumesPage, { pageSize: true }, "limit", "offset"),
  listFirstGeneration: { pageSize: true },
  findServer: { nameOrId: true },
  findImage: { nameOrId: true },
  findFlavor: { nameOrId: true },
  // Of several servers, the response names only one, so that only that one could be waited for.
  createAndWait: extended(endpoints.create, pace, "minCount", "maxCount"),
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
