/** References to the resources of Cloud Servers, which inputs extend. */

/** A server, by its id. */
export interface ByServerId {
  /** The id of the server. */
  readonly serverId: string
}

/** An image, by its id. */
export interface ByImageId {
  /** The id of the image. */
  readonly imageId: string
}

/** A flavor, by its id. */
export interface ByFlavorId {
  /** The id of the flavor: `general1-1`. */
  readonly flavorId: string
}

/** An extra specification of a flavor, by its key. */
export interface ByExtraSpecKey extends ByFlavorId {
  /** `class`, `policy_class`, `disk_io_index`, … */
  readonly key: string
}

/** A network of a server, by its label. */
export interface ByNetworkLabel extends ByServerId {
  /** `public`, `private`, or the label of an isolated network. */
  readonly label: string
}

/** An extension of the API, by its alias. */
export interface ByExtensionAlias {
  /** `os-keypairs`. */
  readonly alias: string
}

/** An action on a server, by the id of its request. */
export interface ByRequestId extends ByServerId {
  /** The id of the request. */
  readonly requestId: string
}

/** An interface of a server, by its port. */
export interface ByPortId extends ByServerId {
  /** The id of the port. */
  readonly portId: string
}

/** A shared IP address and a server. */
export interface ByIpAddressId extends ByServerId {
  /** The id of the address. */
  readonly ipAddressId: string
}

/** A key pair, by its name. */
export interface ByKeyPairName {
  /** The name of the key pair. */
  readonly name: string
}

/** A tenant, by its id. */
export interface ByTenantId {
  /** The id of the tenant. */
  readonly tenantId: string
}

/** An entry of a server's metadata, by its key. */
export interface ByServerMetadataKey extends ByServerId {
  /** 1 to 255 characters. */
  readonly key: string
}

/** An entry of an image's metadata, by its key. */
export interface ByImageMetadataKey extends ByImageId {
  /** 1 to 255 characters. */
  readonly key: string
}

/** A network, by its id. */
export interface ByNetworkId {
  /** The id of the network. */
  readonly networkId: string
}

/** A server group, by its id. */
export interface ByServerGroupId {
  /** The id of the server group. */
  readonly serverGroupId: string
}

/** A tag of a server. */
export interface ByServerTag extends ByServerId {
  /** The tag itself. */
  readonly tag: string
}

/** A virtual interface of a server, by its id. */
export interface ByInterfaceId extends ByServerId {
  /** The id of the virtual interface. */
  readonly interfaceId: string
}

/** The attachment of a volume to a server, by its id. */
export interface ByAttachmentId extends ByServerId {
  /** The id of the attachment, which is that of the volume. */
  readonly attachmentId: string
}

/** A volume, by its id. */
export interface ByVolumeId {
  /** The id of the volume. */
  readonly volumeId: string
}
