/** The operations of Cloud Files, as data. */
import { accountEndpoints } from "./account.js"
import { bulkEndpoints } from "./bulk/bulk.js"
import { containerEndpoints } from "./containers.js"
import { copyEndpoints } from "./copy/model.js"
import { manifestEndpoints } from "./largeObjects/manifests.js"
import { objectEndpoints } from "./objects/objects.js"
import { symlinkEndpoints } from "./symlinks.js"

/** The tables of all resources. */
export const endpoints = {
  ...accountEndpoints,
  ...containerEndpoints,
  ...objectEndpoints,
  ...manifestEndpoints,
  ...copyEndpoints,
  ...symlinkEndpoints,
  ...bulkEndpoints
} as const
