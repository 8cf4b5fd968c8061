/**
 * The operations of Cloud Servers, as data.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page } from "../../internal/paging/listing.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { enveloped, JsonMap, Named, open, withDefault } from "../../internal/schema/wire.js"
import { availabilityZoneEndpoints } from "./availabilityZones.js"
import { consoleEndpoints } from "./consoles.js"
import { instanceActionEndpoints } from "./instanceActions.js"
import { interfaceEndpoints } from "./interfaces.js"
import { keyPairEndpoints } from "./keyPairs.js"
import {
  Address,
  Addresses,
  CreatedServer,
  DiskConfig,
  Extension,
  Flavor,
  Image,
  ImageReference,
  ImageSchedule,
  IpAssociation,
  Limits,
  Metadata,
  Network,
  Quotas,
  RebuiltServer,
  Rescued,
  Reservation,
  Server,
  Summary,
  VirtualInterface
} from "./models.js"
import {
  CreateBody,
  flavorQuery,
  ImageScheduleInput,
  imageQuery,
  metadataItemBody,
  MetadataInput,
  RebuildFields,
  ReservationBody,
  ServerName,
  serverQuery,
  UpdateFields
} from "./requests.js"
import { serverGroupEndpoints } from "./serverGroups.js"
import { serverTagEndpoints } from "./serverTags.js"
import { volumeAttachmentEndpoints } from "./volumeAttachments.js"
import { volumeEndpoints } from "./volumes.js"

const serverId = { serverId: Named }

const serverAndKey = { serverId: Named, key: Named }

const imageAndKey = { imageId: Named, key: Named }

const actionPath = "/servers/{serverId}/action"

/** An action that takes nothing: `{ "unrescue": null }`. */
const bare = (action: string): Schema.Schema<{}, unknown> =>
  Schema.transform(Schema.Unknown, Schema.Struct({}), {
    strict: false,
    decode: () => ({}),
    encode: () => ({ [action]: null })
  }) as unknown as Schema.Schema<{}, unknown>

const metadataIn = enveloped("metadata", Metadata)

/** Metadata in a request: the flat input has it under its name, and the wire too. */
const metadataOut = Schema.Struct({ metadata: MetadataInput })

/** `{ "meta": { key: value } }`, of which the caller knows the key. */
const item = Schema.transform(Schema.Struct({ meta: JsonMap }), Schema.Unknown, {
  strict: true,
  decode: ({ meta }) => Object.values(meta)[0],
  encode: (value) => ({ meta: { value } })
})

/** The network's own label is the key. */
const addressesOfOne = Schema.transform(Addresses, Schema.Array(Schema.typeSchema(Address)), {
  strict: true,
  decode: (byLabel) => Object.values(byLabel).flat(),
  encode: (addresses) => ({ label: addresses })
})

/** `{ key: value }`, of which the caller knows the key. */
const extraSpec = Schema.transform(JsonMap, Schema.Unknown, {
  strict: true,
  decode: (spec) => Object.values(spec)[0],
  encode: (value) => ({ value })
})

const CidrInput = Schema.String.pipe(
  Schema.pattern(/^[0-9a-fA-F.:]+\/\d{1,3}$/, { description: "a range of addresses: 192.168.3.0/24" })
)

const ipAssociationPath = "/servers/{serverId}/ip_associations/{ipAddressId}"

const createIpAssociation = {
  parameters: { serverId: Named, ipAddressId: Named },
  success: Endpoint.json(enveloped("ip_association", IpAssociation)),
  errors: ["NotFound", "Conflict"]
} as const

/** The documents of Cloud Servers and those of Cloud Networks differ in the method; where one is refused the other counts. */
export const createIpAssociationByPost = Endpoint.named(
  "CloudServers.createIpAssociation",
  Endpoint.make("POST", ipAssociationPath, createIpAssociation)
)

/**
 * The operations of Cloud Servers, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const endpoints = Endpoint.table("CloudServers", {
  ...volumeAttachmentEndpoints,
  ...interfaceEndpoints,
  ...consoleEndpoints,
  ...keyPairEndpoints,
  ...serverGroupEndpoints,
  ...availabilityZoneEndpoints,
  ...volumeEndpoints,
  ...serverTagEndpoints,
  ...instanceActionEndpoints,
  /** Ids and names of servers, a page of them. "List servers", `GET /servers`. */
  listPage: Endpoint.make("GET", "/servers", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Summary))
  }),
  /** Servers, whole, a page of them. "List servers with details", `GET /servers/detail`. */
  listDetailPage: Endpoint.make("GET", "/servers/detail", {
    query: serverQuery,
    success: Endpoint.json(page("servers", Server))
  }),
  /**
   * Has a server made. It returns at once; the server is built after that: see `waitUntilActive`. Fails with
   * `QuotaExceeded` where the account has no room for it. "Create server", `POST /servers`.
   */
  create: Endpoint.make("POST", "/servers", {
    body: CreateBody,
    success: Endpoint.json(enveloped("server", CreatedServer)),
    errors: ["QuotaExceeded", "Conflict"]
  }),
  /**
   * Creates servers as `create` does, and returns the id of their reservation, by which `list({ reservationId })` finds them: so
   * the ids of all servers are learnt where `maxCount` is more than 1. The response has no password; give `adminPassword` to know
   * it. Fails with `QuotaExceeded`. "Create multiple servers", `POST /servers` with `return_reservation_id`.
   */
  createReservation: Endpoint.make("POST", "/servers", {
    body: ReservationBody,
    success: Endpoint.json(Reservation),
    errors: ["QuotaExceeded", "Conflict"]
  }),
  /** One server, whole. Fails with `NotFound`. "Retrieve server details", `GET /servers/{server_id}`. */
  get: Endpoint.make("GET", "/servers/{serverId}", {
    parameters: serverId,
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound"]
  }),
  /**
   * Changes a server's name, access addresses, description or hostname; fields that are left out stay. Fails with `NotFound`, and with `Conflict` while it
   * is building. "Update server", `PUT /servers/{server_id}`.
   */
  update: Endpoint.make("PUT", "/servers/{serverId}", {
    parameters: serverId,
    body: enveloped("server", UpdateFields),
    success: Endpoint.json(enveloped("server", Server)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Has a server deleted, with all that is on its disks. It returns at once; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` where its state does not allow it. "Delete server", `DELETE /servers/{server_id}`.
   */
  delete: Endpoint.make("DELETE", "/servers/{serverId}", {
    parameters: serverId,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Restarts a server: `SOFT`, the default, asks its operating system; `HARD` cuts the power. Fails with `NotFound`, and
   * with `Conflict` where its state does not allow it. "Reboot server", `POST /servers/{server_id}/action`.
   */
  reboot: Endpoint.make("POST", "/servers/{serverId}/action", {
    parameters: serverId,
    body: enveloped("reboot", Schema.Struct({ type: withDefault(open("SOFT", "HARD"), "SOFT") })),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Gives a server another flavor. It works until the status is VERIFY_RESIZE: see `waitUntil`; then `confirmResize` or
   * `revertResize`. The cloud confirms automatically after 24 hours. Fails with `NotFound`, with `Conflict` where its state
   * does not allow it, and with `QuotaExceeded`. "Resize server", `POST /servers/{server_id}/action` with `resize`.
   */
  resize: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: enveloped(
      "resize",
      Schema.Struct({
        flavorId: Schema.propertySignature(Named).pipe(Schema.fromKey("flavorRef")),
        diskConfig: Schema.optional(DiskConfig).pipe(Schema.fromKey("OS-DCF:diskConfig"))
      })
    ),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Keeps the new flavor of a resized server, and gives up the old disk. Fails with `NotFound`, and with `Conflict` where
   * its state does not allow it. "Confirm resized server", `POST /servers/{server_id}/action` with `confirmResize`.
   */
  confirmResize: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("confirmResize"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Takes a resized server back to the flavor and the disk that it had. Fails with `NotFound`, and with `Conflict` where
   * its state does not allow it. "Revert resized server", `POST /servers/{server_id}/action` with `revertResize`.
   */
  revertResize: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("revertResize"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Makes a server anew from an image: its disks are overwritten, its id and addresses stay. The response includes the new
   * password. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Rebuild server", `POST
   * /servers/{server_id}/action` with `rebuild`.
   */
  rebuild: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: enveloped("rebuild", RebuildFields),
    success: Endpoint.json(enveloped("server", RebuiltServer)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Starts a server from a rescue image, with its own disk as the second one, until `unrescue`. It works until the status
   * is RESCUE; the response includes the rescue system's password. Fails with `NotFound`, and with `Conflict` where its state
   * does not allow it. "Enter rescue mode", `POST /servers/{server_id}/action` with `rescue`.
   */
  rescue: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: enveloped(
      "rescue",
      Schema.Struct({
        /** Default: the image that the server was made from. */
        imageId: Schema.optional(Named).pipe(Schema.fromKey("rescue_image_ref")),
        /** Default: one that the cloud makes. */
        adminPassword: Schema.optional(secretInput(Named)).pipe(Schema.fromKey("adminPass"))
      })
    ),
    success: Endpoint.json(Rescued),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Starts a rescued server from its own disk again. Fails with `NotFound`, and with `Conflict` where its state does not
   * allow it. "Exit rescue mode", `POST /servers/{server_id}/action` with `unrescue`.
   */
  unrescue: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("unrescue"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Starts a server that is SHUTOFF. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Start
   * server", `POST /servers/{server_id}/action` with `os-start`.
   */
  start: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("os-start"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Shuts a server off; it is still paid for. Fails with `NotFound`, and with `Conflict` where its state does not allow
   * it. "Stop server", `POST /servers/{server_id}/action` with `os-stop`.
   */
  stop: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("os-stop"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Keeps a server from being changed by anybody but administrators and its owner. Fails with `NotFound`. "Lock server",
   * `POST /servers/{server_id}/action` with `lock`.
   */
  lock: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("lock"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Lets a locked server be changed again. Fails with `NotFound`. "Unlock server", `POST /servers/{server_id}/action` with
   * `unlock`.
   */
  unlock: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("unlock"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Sets up the network inside a server anew. Not for servers of RackConnect v2. Fails with `NotFound`. "Reset server
   * network", `POST /servers/{server_id}/action` with `resetNetwork`.
   */
  resetNetwork: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: bare("resetNetwork"),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Moves a server to another host; like a resize it then waits to be confirmed. Administrators of OpenStack may do it,
   * and at Rackspace the owner. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Migrate
   * server", `POST /servers/{server_id}/action` with `migrate`.
   */
  migrate: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: Schema.transform(Schema.Unknown, Schema.Struct({}), {
      strict: false,
      decode: () => ({}),
      encode: () => ({ migrate: {} })
    }) as unknown as Schema.Schema<{}, unknown>,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Sets the administrator's password on a server; the status is PASSWORD meanwhile, and ERROR where the operating system
   * finds it too weak. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Change administrator
   * password", `POST /servers/{server_id}/action` with `changePassword`.
   */
  changePassword: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: enveloped(
      "changePassword",
      Schema.Struct({
        adminPassword: Schema.propertySignature(secretInput(Named)).pipe(Schema.fromKey("adminPass"))
      })
    ),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Saves a server to a new image. It returns at once; see `waitUntilImageActive`. Until then the server takes no other
   * change. Fails with `NotFound`, with `Conflict` where its state does not allow it, and with `QuotaExceeded`. "Create
   * image of server", `POST /servers/{server_id}/action` with `createImage`.
   */
  createImage: Endpoint.make("POST", actionPath, {
    parameters: serverId,
    body: enveloped("createImage", Schema.Struct({ name: ServerName, metadata: Schema.optional(MetadataInput) })),
    success: Endpoint.response(ImageReference),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * A server's addresses by the label of their network. Fails with `NotFound`. "List addresses", `GET
   * /servers/{server_id}/ips`.
   */
  getAddresses: Endpoint.make("GET", "/servers/{serverId}/ips", {
    parameters: serverId,
    success: Endpoint.json(enveloped("addresses", Addresses)),
    errors: ["NotFound"]
  }),
  /**
   * A server's addresses on one network, by its label: `private`. Fails with `NotFound` where the server is not on it.
   * "List addresses by network", `GET /servers/{server_id}/ips/{network_label}`.
   */
  getAddressesOfNetwork: Endpoint.make("GET", "/servers/{serverId}/ips/{label}", {
    parameters: { serverId: Named, label: Named },
    success: Endpoint.json(addressesOfOne),
    errors: ["NotFound"]
  }),
  /**
   * All metadata of a server. Fails with `NotFound`. "List metadata", `GET /servers/{server_id}/metadata`.
   */
  getServerMetadata: Endpoint.make("GET", "/servers/{serverId}/metadata", {
    parameters: serverId,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound"]
  }),
  /**
   * Sets all metadata of a server: other keys are removed. Fails with `NotFound`, and with `QuotaExceeded` where it is
   * too much. "Set metadata", `PUT /servers/{server_id}/metadata`.
   */
  replaceServerMetadata: Endpoint.make("PUT", "/servers/{serverId}/metadata", {
    parameters: serverId,
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Adds to the metadata of a server; other keys stay. Returns all of it. Fails with `NotFound`, and with
   * `QuotaExceeded` where it is too much. "Update metadata", `POST /servers/{server_id}/metadata`.
   */
  updateServerMetadata: Endpoint.make("POST", "/servers/{serverId}/metadata", {
    parameters: serverId,
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"],
    idempotent: true
  }),
  /**
   * The value of one key. Fails with `NotFound`. "Get metadata item", `GET /servers/{server_id}/metadata/{key}`.
   */
  getServerMetadataItem: Endpoint.make("GET", "/servers/{serverId}/metadata/{key}", {
    parameters: serverAndKey,
    success: Endpoint.json(item),
    errors: ["NotFound"]
  }),
  /**
   * Sets the value of one key. Fails with `NotFound`, and with `QuotaExceeded` where it is one too many. "Set metadata
   * item", `PUT /servers/{server_id}/metadata/{key}`.
   */
  setServerMetadataItem: Endpoint.make("PUT", "/servers/{serverId}/metadata/{key}", {
    parameters: serverAndKey,
    body: metadataItemBody,
    success: Endpoint.json(item),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Removes one key. Fails with `NotFound` where there is none. "Delete metadata item", `DELETE
   * /servers/{server_id}/metadata/{key}`.
   */
  deleteServerMetadataItem: Endpoint.make("DELETE", "/servers/{serverId}/metadata/{key}", {
    parameters: serverAndKey,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * A server's connections to networks. Rackspace alone has them, and lets them be listed 25 times a minute. Fails with
   * `NotFound`. "List virtual interfaces", `GET /servers/{server_id}/os-virtual-interfacesv2`.
   */
  listVirtualInterfaces: Endpoint.make("GET", "/servers/{serverId}/os-virtual-interfacesv2", {
    parameters: serverId,
    success: Endpoint.list("virtual_interfaces", VirtualInterface),
    errors: ["NotFound"]
  }),
  /**
   * Connects a server to a network that it is not on, and returns the connection. Rackspace alone has it, four times a
   * minute. Fails with `NotFound`. "Create virtual interface", `POST /servers/{server_id}/os-virtual-interfacesv2`.
   */
  createVirtualInterface: Endpoint.make("POST", "/servers/{serverId}/os-virtual-interfacesv2", {
    parameters: serverId,
    body: enveloped(
      "virtual_interface",
      Schema.Struct({ networkId: Schema.propertySignature(Named).pipe(Schema.fromKey("network_id")) })
    ),
    success: Endpoint.list("virtual_interfaces", VirtualInterface),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Disconnects a server from a network. Rackspace alone has it. Fails with `NotFound`. "Delete virtual interface",
   * `DELETE /servers/{server_id}/os-virtual-interfacesv2/{interface_id}`.
   */
  deleteVirtualInterface: Endpoint.make("DELETE", "/servers/{serverId}/os-virtual-interfacesv2/{interfaceId}", {
    parameters: { serverId: Named, interfaceId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * When a server is saved to an image automatically. Fails with `NotFound` where it is not, or where there is no such server;
   * see `imageSchedule`. Rackspace alone has it. "Show scheduled images", `GET /servers/{server_id}/rax-si-image-
   * schedule`.
   */
  getImageSchedule: Endpoint.make("GET", "/servers/{serverId}/rax-si-image-schedule", {
    parameters: serverId,
    success: Endpoint.json(enveloped("image_schedule", ImageSchedule)),
    errors: ["NotFound"]
  }),
  /**
   * Has a server saved to an image daily, or weekly on a day; in place of the schedule that it has. Rackspace alone has
   * it. Fails with `NotFound`. "Create or update scheduled images", `POST /servers/{server_id}/rax-si-image-schedule`.
   */
  setImageSchedule: Endpoint.make("POST", "/servers/{serverId}/rax-si-image-schedule", {
    parameters: serverId,
    body: enveloped("image_schedule", ImageScheduleInput),
    success: Endpoint.json(enveloped("image_schedule", ImageSchedule)),
    errors: ["NotFound", "Conflict"],
    idempotent: true
  }),
  /**
   * Ends the schedule by which a server is saved automatically; its images stay. Rackspace alone has it. Fails with `NotFound` where there
   * is no schedule. "Disable scheduled images", `DELETE /servers/{server_id}/rax-si-image-schedule`.
   */
  deleteImageSchedule: Endpoint.make("DELETE", "/servers/{serverId}/rax-si-image-schedule", {
    parameters: serverId,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * The shared addresses that a server has. Rackspace alone has them. Fails with `NotFound`. "List IP associations", `GET
   * /servers/{server_id}/ip_associations`.
   */
  listIpAssociations: Endpoint.make("GET", "/servers/{serverId}/ip_associations", {
    parameters: serverId,
    success: Endpoint.list("ip_associations", IpAssociation),
    errors: ["NotFound"]
  }),
  /**
   * One shared address of a server. Rackspace alone has it. Fails with `NotFound`. "Show IP association", `GET
   * /servers/{server_id}/ip_associations/{ip_id}`.
   */
  getIpAssociation: Endpoint.make("GET", "/servers/{serverId}/ip_associations/{ipAddressId}", {
    parameters: { serverId: Named, ipAddressId: Named },
    success: Endpoint.json(enveloped("ip_association", IpAssociation)),
    errors: ["NotFound"]
  }),
  /**
   * Gives a server an address that it shares with others. Rackspace alone has it; where it refuses `PUT`, which its guide to
   * networks documents, `POST` is sent, which its guide to servers does. Fails with `NotFound`. "Create IP association", `PUT
   * /servers/{server_id}/ip_associations/{ip_id}`.
   */
  createIpAssociation: Endpoint.make("PUT", ipAssociationPath, createIpAssociation),
  /**
   * Takes a shared address from a server. Rackspace alone has it. Fails with `NotFound`. "Delete IP association", `DELETE
   * /servers/{server_id}/ip_associations/{ip_id}`.
   */
  deleteIpAssociation: Endpoint.make("DELETE", "/servers/{serverId}/ip_associations/{ipAddressId}", {
    parameters: { serverId: Named, ipAddressId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /** Ids and names of flavors, a page of them. "List flavors", `GET /flavors`. */
  listFlavorSummariesPage: Endpoint.make("GET", "/flavors", {
    query: flavorQuery,
    success: Endpoint.json(page("flavors", Summary))
  }),
  /** Flavors, whole, a page of them. "List flavors with details", `GET /flavors/detail`. */
  listFlavorsPage: Endpoint.make("GET", "/flavors/detail", {
    query: flavorQuery,
    success: Endpoint.json(page("flavors", Flavor))
  }),
  /** One flavor. Fails with `NotFound`. "Retrieve flavor details", `GET /flavors/{flavor_id}`. */
  getFlavor: Endpoint.make("GET", "/flavors/{flavorId}", {
    parameters: { flavorId: Named },
    success: Endpoint.json(enveloped("flavor", Flavor)),
    errors: ["NotFound"]
  }),
  /**
   * A flavor's extra specifications: `class`, `policy_class`, `disk_io_index`, … Fails with `NotFound`. "List extra specs
   * for flavor", `GET /flavors/{flavor_id}/os-extra_specs`.
   */
  listFlavorExtraSpecs: Endpoint.make("GET", "/flavors/{flavorId}/os-extra_specs", {
    parameters: { flavorId: Named },
    success: Endpoint.json(enveloped("extra_specs", Metadata)),
    errors: ["NotFound"]
  }),
  /**
   * One extra specification of a flavor. Fails with `NotFound`. "Show extra spec details for flavor", `GET
   * /flavors/{flavor_id}/os-extra_specs/{key}`.
   */
  getFlavorExtraSpec: Endpoint.make("GET", "/flavors/{flavorId}/os-extra_specs/{key}", {
    parameters: { flavorId: Named, key: Named },
    success: Endpoint.json(extraSpec),
    errors: ["NotFound"]
  }),
  /**
   * Ids and names of images, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List
   * images", `GET /images`.
   */
  listImageSummariesPage: Endpoint.make("GET", "/images", {
    query: imageQuery,
    success: Endpoint.json(page("images", Summary))
  }),
  /**
   * Images, whole, a page of them. Nova has none from microversion 2.36 on, where they are Glance's alone. "List images with
   * details", `GET /images/detail`.
   */
  listImagesPage: Endpoint.make("GET", "/images/detail", {
    query: imageQuery,
    success: Endpoint.json(page("images", Image))
  }),
  /** One image. Fails with `NotFound`. "Retrieve image details", `GET /images/{image_id}`. */
  getImage: Endpoint.make("GET", "/images/{imageId}", {
    parameters: { imageId: Named },
    success: Endpoint.json(enveloped("image", Image)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes an image at once; servers made from it stay. Nova has none from microversion 2.36 on. Fails with `NotFound`.
   * "Delete image", `DELETE /images/{image_id}`.
   */
  deleteImage: Endpoint.make("DELETE", "/images/{imageId}", {
    parameters: { imageId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * All metadata of an image. Fails with `NotFound`. "List metadata", `GET /images/{image_id}/metadata`.
   */
  getImageMetadata: Endpoint.make("GET", "/images/{imageId}/metadata", {
    parameters: { imageId: Named },
    success: Endpoint.json(metadataIn),
    errors: ["NotFound"]
  }),
  /**
   * Sets all metadata of an image: other keys are removed. OpenStack has it; Rackspace does not document it. Fails with
   * `NotFound`, and with `QuotaExceeded` where it is too much. "Set metadata", `PUT /images/{image_id}/metadata`.
   */
  replaceImageMetadata: Endpoint.make("PUT", "/images/{imageId}/metadata", {
    parameters: { imageId: Named },
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Adds to the metadata of an image; other keys stay. Returns all of it. Fails with `NotFound`, and with
   * `QuotaExceeded` where it is too much. "Update metadata", `POST /images/{image_id}/metadata`.
   */
  updateImageMetadata: Endpoint.make("POST", "/images/{imageId}/metadata", {
    parameters: { imageId: Named },
    body: metadataOut,
    success: Endpoint.json(metadataIn),
    errors: ["NotFound", "Conflict", "QuotaExceeded"],
    idempotent: true
  }),
  /**
   * The value of one key. Fails with `NotFound`. "Get metadata item", `GET /images/{image_id}/metadata/{key}`.
   */
  getImageMetadataItem: Endpoint.make("GET", "/images/{imageId}/metadata/{key}", {
    parameters: imageAndKey,
    success: Endpoint.json(item),
    errors: ["NotFound"]
  }),
  /**
   * Sets the value of one key. Fails with `NotFound`, and with `QuotaExceeded` where it is one too many. "Set metadata
   * item", `PUT /images/{image_id}/metadata/{key}`.
   */
  setImageMetadataItem: Endpoint.make("PUT", "/images/{imageId}/metadata/{key}", {
    parameters: imageAndKey,
    body: metadataItemBody,
    success: Endpoint.json(item),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Removes one key. Fails with `NotFound` where there is none. "Delete metadata item", `DELETE
   * /images/{image_id}/metadata/{key}`.
   */
  deleteImageMetadataItem: Endpoint.make("DELETE", "/images/{imageId}/metadata/{key}", {
    parameters: imageAndKey,
    errors: ["NotFound", "Conflict"]
  }),
  /** Rate limits and absolute limits of the account. "Show limits", `GET /limits`. */
  getLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.json(enveloped("limits", Limits))
  }),
  /**
   * The networks that servers can be on. Rackspace alone has them here. "List networks", `GET /os-networksv2`.
   */
  listNetworks: Endpoint.make("GET", "/os-networksv2", {
    success: Endpoint.list("networks", Network)
  }),
  /**
   * One network. Rackspace alone has it here. Fails with `NotFound`. "Show network details", `GET /os-
   * networksv2/{network_id}`.
   */
  getNetwork: Endpoint.make("GET", "/os-networksv2/{networkId}", {
    parameters: { networkId: Named },
    success: Endpoint.json(enveloped("network", Network)),
    errors: ["NotFound"]
  }),
  /**
   * Makes an isolated network. Rackspace alone has it here, 100 times a day. Fails with `QuotaExceeded`. "Create network",
   * `POST /os-networksv2`.
   */
  createNetwork: Endpoint.make("POST", "/os-networksv2", {
    body: enveloped("network", Schema.Struct({ cidr: CidrInput, label: Named })),
    success: Endpoint.json(enveloped("network", Network)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /**
   * Deletes an isolated network; fails with `Forbidden` while a server is on it, and with `NotFound`. Rackspace alone has
   * it here. "Delete network", `DELETE /os-networksv2/{network_id}`.
   */
  deleteNetwork: Endpoint.make("DELETE", "/os-networksv2/{networkId}", {
    parameters: { networkId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * What a tenant may have, by the names of the limits; -1 for no limit. Fails with `NotFound`. "Show quotas", `GET /os-
   * quota-sets/{tenant_id}`.
   */
  getQuotas: Endpoint.make("GET", "/os-quota-sets/{tenantId}", {
    parameters: { tenantId: Named },
    success: Endpoint.json(enveloped("quota_set", Quotas)),
    errors: ["NotFound"]
  }),
  /**
   * What the API can do beyond its core. "List extensions", `GET /extensions`.
   */
  listExtensions: Endpoint.make("GET", "/extensions", {
    success: Endpoint.list("extensions", Extension)
  }),
  /**
   * One extension of the API. Fails with `NotFound`. "Show extension details", `GET /extensions/{alias}`.
   */
  getExtension: Endpoint.make("GET", "/extensions/{alias}", {
    parameters: { alias: Named },
    success: Endpoint.json(enveloped("extension", Extension)),
    errors: ["NotFound"]
  })
})
