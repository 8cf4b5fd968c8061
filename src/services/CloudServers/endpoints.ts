/** The operations of Cloud Servers, as data. */
import { addressEndpoints } from "./addresses.js"
import { availabilityZoneEndpoints } from "./availabilityZones.js"
import { consoleEndpoints } from "./consoles.js"
import { extensionEndpoints } from "./extensions.js"
import { flavorEndpoints } from "./flavors.js"
import { imageEndpoints } from "./images.js"
import { imageScheduleEndpoints } from "./imageSchedules.js"
import { instanceActionEndpoints } from "./instanceActions.js"
import { interfaceEndpoints } from "./interfaces.js"
import { ipAssociationEndpoints } from "./ipAssociations.js"
import { keyPairEndpoints } from "./keyPairs.js"
import { limitEndpoints } from "./limits.js"
import { imageMetadataEndpoints, serverMetadataEndpoints } from "./metadata.js"
import { networkEndpoints } from "./networks.js"
import { serverActionEndpoints } from "./serverActions.js"
import { serverCreationEndpoints } from "./serverCreation.js"
import { serverGroupEndpoints } from "./serverGroups.js"
import { serverEndpoints } from "./servers.js"
import { serverTagEndpoints } from "./serverTags.js"
import { virtualInterfaceEndpoints } from "./virtualInterfaces.js"
import { volumeAttachmentEndpoints } from "./volumeAttachments.js"
import { volumeEndpoints } from "./volumes.js"

/** The tables of all resources. */
export const endpoints = {
  ...volumeAttachmentEndpoints,
  ...interfaceEndpoints,
  ...consoleEndpoints,
  ...keyPairEndpoints,
  ...serverGroupEndpoints,
  ...availabilityZoneEndpoints,
  ...volumeEndpoints,
  ...serverTagEndpoints,
  ...instanceActionEndpoints,
  ...serverEndpoints,
  ...serverCreationEndpoints,
  ...serverActionEndpoints,
  ...addressEndpoints,
  ...serverMetadataEndpoints,
  ...imageMetadataEndpoints,
  ...virtualInterfaceEndpoints,
  ...imageScheduleEndpoints,
  ...ipAssociationEndpoints,
  ...flavorEndpoints,
  ...imageEndpoints,
  ...limitEndpoints,
  ...networkEndpoints,
  ...extensionEndpoints
}
