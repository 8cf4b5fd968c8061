/** References to the resources of Cloud Big Data, which inputs extend. */
import type { CredentialType } from "./credentialTypes.js"

/** A cluster, by its id. */
export interface ByClusterId {
  /** The id of the cluster. */
  readonly clusterId: string
}

/** A node, by its id. */
export interface ByNodeId extends ByClusterId {
  /** The id of the node. */
  readonly nodeId: string
}

/** Credentials, by their type. */
export interface ByCredentialType {
  /** `ssh_keys`, `cloud_files`, `s3` or `ambari`; the cloud may have others. */
  readonly type: CredentialType
}

/** A credential, by its type and name. */
export interface ByCredential extends ByCredentialType {
  /** The name of the key, the username, or the id of the access key. */
  readonly name: string
}

/** A distribution, by its id. */
export interface ByDistroId {
  /** The id of the distro: `HDP2.2`. */
  readonly distroId: string
}

/** A script, by its id. */
export interface ByScriptId {
  /** The id of the script. */
  readonly scriptId: string
}

/** A stack, by its id. */
export interface ByStackId {
  /** The id of the stack. */
  readonly stackId: string
}

/** A workload, by its id. */
export interface ByWorkloadId {
  /** The id of the workload. */
  readonly workloadId: string
}
