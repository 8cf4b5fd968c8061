/** The input schemas of operations that take several requests. Other operations have theirs in their endpoint. */
import { extended, options } from "../../internal/schema/inputs.js"
import { functionOf, LocalPath, pace, pageSize } from "../../internal/schema/options.js"
import { Named } from "../../internal/schema/wire.js"
import { endpoints } from "./endpoints.js"
import type { Server } from "./servers.js"

const waiting = { serverId: Named, ...pace }

const until = { until: functionOf<(server: Server) => boolean>() }

const waitingForImage = { imageId: Named, ...pace }

const nameOrId = { nameOrId: Named.annotations({ description: "a name or an id" }) }

export const inputs = {
  list: extended(endpoints.listPage, pageSize, "limit", "marker"),
  listDetail: extended(endpoints.listDetailPage, pageSize, "limit", "marker"),
  listFlavors: extended(endpoints.listFlavorsPage, pageSize, "limit", "marker"),
  listFlavorSummaries: extended(endpoints.listFlavorSummariesPage, pageSize, "limit", "marker"),
  listImages: extended(endpoints.listImagesPage, pageSize, "limit", "marker"),
  listImageSummaries: extended(endpoints.listImageSummariesPage, pageSize, "limit", "marker"),
  listServerGroups: extended(endpoints.listServerGroupsPage, pageSize, "limit", "offset"),
  listVolumes: extended(endpoints.listVolumesPage, pageSize, "limit", "offset"),
  listKeyPairs: extended(endpoints.listKeyPairs, {}),
  listInstanceActions: extended(endpoints.listInstanceActions, {}),
  listFirstGeneration: options(pageSize),
  find: options(nameOrId),
  findImage: options(nameOrId),
  findFlavor: options(nameOrId),
  // With several servers, the response contains only one, so the others could not be waited for.
  createAndWait: extended(endpoints.create, pace, "minCount", "maxCount"),
  resizeAndConfirm: extended(endpoints.resize, pace),
  createImageAndWait: extended(endpoints.createImage, pace),
  importKeyPairFromFile: options({ name: Named, path: LocalPath }),
  watch: options({ ...waiting, ...until }),
  waitUntil: options({ ...waiting, ...until }),
  waitUntilActive: options(waiting),
  waitUntilDeleted: options(waiting),
  watchImage: options(waitingForImage),
  waitUntilImageActive: options(waitingForImage)
}
