/** The operations of Cloud Load Balancers, as data. */
import { accessListEndpoints } from "./accessLists.js"
import { billableEndpoints } from "./billable.js"
import { certificateMappingEndpoints } from "./certificateMappings.js"
import { connectionEndpoints } from "./connections.js"
import { errorPageEndpoints } from "./errorPages.js"
import { healthMonitorEndpoints } from "./healthMonitors.js"
import { limitEndpoints } from "./limits.js"
import { loadBalancerEndpoints } from "./loadBalancers.js"
import { metadataEndpoints } from "./metadata.js"
import { nodeEventEndpoints } from "./nodeEvents.js"
import { nodeEndpoints } from "./nodes.js"
import { protocolEndpoints } from "./protocols.js"
import { sessionPersistenceEndpoints } from "./sessionPersistence.js"
import { sourceAddressEndpoints } from "./sourceAddresses.js"
import { sslTerminationEndpoints } from "./sslTermination.js"
import { statisticsEndpoints } from "./statistics.js"
import { usageEndpoints } from "./usage.js"
import { virtualIpEndpoints } from "./virtualIps.js"

/** The tables of all resources. */
export const endpoints = {
  ...loadBalancerEndpoints,
  ...nodeEndpoints,
  ...nodeEventEndpoints,
  ...metadataEndpoints,
  ...virtualIpEndpoints,
  ...accessListEndpoints,
  ...healthMonitorEndpoints,
  ...sessionPersistenceEndpoints,
  ...connectionEndpoints,
  ...errorPageEndpoints,
  ...sslTerminationEndpoints,
  ...certificateMappingEndpoints,
  ...statisticsEndpoints,
  ...usageEndpoints,
  ...billableEndpoints,
  ...protocolEndpoints,
  ...sourceAddressEndpoints,
  ...limitEndpoints
} as const
