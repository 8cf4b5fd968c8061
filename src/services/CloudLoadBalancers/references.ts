/** References to the resources of Cloud Load Balancers, which inputs extend. */

/** A load balancer, by its id. */
export interface ByLoadBalancerId {
  /** The id of the load balancer. */
  readonly loadBalancerId: string
}

/** An item of an access list, by its id. */
export interface ByAccessListItemId extends ByLoadBalancerId {
  /** The id of the item. */
  readonly accessListItemId: string
}

/** A certificate mapping, by its id. */
export interface ByCertificateMappingId extends ByLoadBalancerId {
  /** The id of the certificate mapping. */
  readonly certificateMappingId: string
}

/** An item of a load balancer's metadata, by its id. */
export interface ByMetadataId extends ByLoadBalancerId {
  /** The id of the item. */
  readonly metadataId: string
}

/** A node, by its id. */
export interface ByNodeId extends ByLoadBalancerId {
  /** The id of the node. */
  readonly nodeId: string
}

/** An item of a node's metadata, by its id. */
export interface ByNodeMetadataId extends ByNodeId {
  /** The id of the item. */
  readonly metadataId: string
}

/** A virtual IP, by its id. */
export interface ByVirtualIpId extends ByLoadBalancerId {
  /** The id of the virtual IP. */
  readonly virtualIpId: string
}
