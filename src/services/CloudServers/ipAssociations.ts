/** IP addresses shared by several servers: models and operations. Rackspace only. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { enveloped, Id, Named } from "../../internal/schema/wire.js"
import { type Context, methods } from "./context.js"
import type { ByIpAddressId, ByServerId } from "./references.js"

/** An address shared by several servers. */
export interface IpAssociation {
  readonly id: string
  readonly address: string
}

export const IpAssociation = struct<IpAssociation>(() => ({ id: Id, address: Schema.String }))

const ipAssociationPath = "/servers/{serverId}/ip_associations/{ipAddressId}"

const createIpAssociation = {
  parameters: { serverId: Named, ipAddressId: Named },
  success: Endpoint.json(enveloped("ip_association", IpAssociation)),
  errors: ["NotFound", "Conflict"]
} as const

/** The guides to Cloud Servers and Cloud Networks name different methods. If one is refused, the other is used. */
const createIpAssociationByPost = Endpoint.named(
  "CloudServers.createIpAssociation",
  Endpoint.define<ByIpAddressId>()("POST", ipAssociationPath, createIpAssociation)
)

/** The operations on shared addresses, as data. */
export const ipAssociationEndpoints = Endpoint.table("CloudServers", {
  /**
   * The shared addresses of a server. Rackspace only. Fails with `NotFound`. "List IP associations", `GET
   * /servers/{server_id}/ip_associations`.
   */
  listIpAssociations: Endpoint.define<ByServerId>()("GET", "/servers/{serverId}/ip_associations", {
    success: Endpoint.list("ip_associations", IpAssociation),
    errors: ["NotFound"]
  }),
  /**
   * A shared address of a server. Rackspace only. Fails with `NotFound`. "Show IP association", `GET
   * /servers/{server_id}/ip_associations/{ip_id}`.
   */
  getIpAssociation: Endpoint.define<ByIpAddressId>()("GET", "/servers/{serverId}/ip_associations/{ipAddressId}", {
    success: Endpoint.json(enveloped("ip_association", IpAssociation)),
    errors: ["NotFound"]
  }),
  /**
   * Assigns a shared address to a server. Rackspace only, which documents `PUT` in its guide to networks and `POST` in
   * its guide to servers: `POST` is sent if `PUT` is refused. Fails with `NotFound`. "Create IP association", `PUT
   * /servers/{server_id}/ip_associations/{ip_id}`.
   */
  createIpAssociation: Endpoint.define<ByIpAddressId>()("PUT", ipAssociationPath, createIpAssociation),
  /**
   * Removes a shared address from a server. Rackspace only. Fails with `NotFound`. "Delete IP association", `DELETE
   * /servers/{server_id}/ip_associations/{ip_id}`.
   */
  deleteIpAssociation: Endpoint.define<ByIpAddressId>()("DELETE", "/servers/{serverId}/ip_associations/{ipAddressId}", {
    errors: ["NotFound", "Conflict"]
  })
})

/** The methods for shared addresses. */
export const makeIpAssociations = (context: Context) => {
  const operations = methods(context, ipAssociationEndpoints)
  const createByPost = Endpoint.method(context.client, createIpAssociationByPost)
  const createIpAssociation: typeof operations.createIpAssociation = (input) =>
    operations.createIpAssociation(input).pipe(
      Effect.catchIf(
        (error) => error._tag === "UnexpectedStatus" && error.status === 405,
        () => createByPost(input)
      )
    )
  return { ...operations, createIpAssociation }
}
