/** The operations of Cloud Big Data, as data. */
import { clusterEndpoints } from "./clusters.js"
import { credentialEndpoints } from "./credentials.js"
import { distroEndpoints } from "./distros.js"
import { flavorEndpoints } from "./flavors.js"
import { limitEndpoints } from "./limits.js"
import { nodeEndpoints } from "./nodes.js"
import { scriptEndpoints } from "./scripts.js"
import { stackEndpoints } from "./stacks.js"
import { workloadEndpoints } from "./workloads.js"

/** The tables of all resources. */
export const endpoints = {
  ...clusterEndpoints,
  ...nodeEndpoints,
  ...flavorEndpoints,
  ...limitEndpoints,
  ...distroEndpoints,
  ...stackEndpoints,
  ...scriptEndpoints,
  ...credentialEndpoints,
  ...workloadEndpoints
} as const
