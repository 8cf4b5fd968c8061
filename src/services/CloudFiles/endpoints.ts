/** The operations of Cloud Files, as data: the tables of all its resources. */
import { accountEndpoints } from "./account.js"
import { bulkEndpoints } from "./bulk/bulk.js"
import { containerEndpoints } from "./containers.js"
import { copyEndpoints } from "./copy/model.js"
import { manifestEndpoints } from "./largeObjects/manifests.js"
import { objectEndpoints } from "./objects/objects.js"
import { symlinkEndpoints } from "./symlinks.js"

/** The operations of Cloud Files, as data. */
export const endpoints = {
  ...accountEndpoints,
  ...containerEndpoints,
  ...objectEndpoints,
  ...manifestEndpoints,
  ...copyEndpoints,
  ...symlinkEndpoints,
  ...bulkEndpoints
} as const
