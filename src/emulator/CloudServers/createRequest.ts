/** Validates the body of `POST /servers`, before anything is created, and fields that `rebuild` shares with it. */
import { randomBytes } from "node:crypto"
import { isIPv4, isIPv6 } from "node:net"
import * as Refusal from "../Refusal.js"
import * as Reply from "../Reply.js"
import * as Fields from "../Fields.js"
import * as Flavors from "./flavors.js"
import type { Image } from "./images.js"
import * as Metadata from "./metadata.js"
import * as Networks from "./networks.js"
import * as OpenStackFields from "./openStackFields.js"
import type { NovaRequest } from "./requests.js"
import { badRequest, forbidden, idOf, invalid, speaks } from "./requests.js"
import * as ServerTags from "./serverTags.js"
import type { Region } from "./region.js"

/** A validated request. */
export interface CreateRequest {
  readonly name: string
  /** Empty if the server boots from a volume. */
  readonly imageId: string
  readonly flavor: Flavors.Flavor
  readonly networks: ReadonlyArray<WantedNetwork>
  readonly keyName: string | null
  readonly diskConfig: "AUTO" | "MANUAL"
  readonly metadata: Record<string, string>
  readonly configDrive: string
  readonly adminPass: string
  readonly accessIPv4: string | undefined
  readonly accessIPv6: string | undefined
  /** The minimum and the maximum number of servers, which the quotas may limit. */
  readonly count: { readonly min: number; readonly max: number }
  readonly wantsReservation: boolean
  /** False if the scheduler's hints cannot be met: the server will end in ERROR. */
  readonly schedulable: boolean
  readonly openStack: OpenStackFields.CreateFields
}

/** A network of a new server. */
export interface WantedNetwork {
  readonly network: Networks.Network
  readonly fixedIp?: string | undefined
  readonly tag?: string | undefined
}

const utf8 = new TextEncoder()

/** Validates a server's name. */
export const readName = (value: unknown): string => {
  if (typeof value !== "string") {
    return badRequest(value === undefined ? "Server name is not defined" : "Server name is not a string or unicode")
  }
  const name = value.trim()
  return name === ""
    ? badRequest("Server name is an empty string")
    : name.length > 255
      ? badRequest("Server name must be less than 256 characters.")
      : name
}

/** Validates `accessIPv4` and `accessIPv6`; the empty string clears an address. */
export const readAddress = (server: Fields.JsonObject, field: "accessIPv4" | "accessIPv6"): string | undefined => {
  const value = server[field]
  if (value === undefined || value === null) {
    return undefined
  }
  const valid = field === "accessIPv4" ? isIPv4 : isIPv6
  return typeof value === "string" && (value === "" || valid(value))
    ? value
    : badRequest(`${field} is not proper ${field.slice("access".length)} format`)
}

/** Validates `OS-DCF:diskConfig` in any case; undefined if it is missing. */
export const readDiskConfig = (server: Fields.JsonObject, image: Image | undefined): "AUTO" | "MANUAL" | undefined => {
  const value = server["OS-DCF:diskConfig"]
  if (value === undefined) {
    return undefined
  }
  const config = typeof value === "string" ? value.toUpperCase() : ""
  if (config !== "AUTO" && config !== "MANUAL") {
    return badRequest("OS-DCF:diskConfig must be either 'MANUAL' or 'AUTO'.")
  }
  if (config === "AUTO" && image?.metadata["auto_disk_config"]?.toUpperCase() === "DISABLED") {
    return badRequest(`Requested image ${image.id} has automatic disk resize disabled.`)
  }
  return config
}

/** Validates `adminPass`, or generates one. */
export const readAdminPass = (server: Fields.JsonObject): string => {
  const value = server["adminPass"]
  if (value === undefined) {
    return randomBytes(9).toString("base64url")
  }
  return typeof value === "string" && value !== "" ? value : badRequest("Invalid adminPass")
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Decodes Base64 with optional line breaks; undefined if it is invalid. */
const decodeBase64 = (value: unknown): Uint8Array | undefined => {
  const compact = typeof value === "string" ? value.replace(/\s/g, "") : undefined
  return compact !== undefined && base64.test(compact) ? Buffer.from(compact, "base64") : undefined
}

/** Validates `personality`: at most 5 files of at most 1000 bytes each. */
export const readPersonality = (server: Fields.JsonObject): void => {
  const files = server["personality"]
  if (files === undefined) {
    return
  }
  if (!Array.isArray(files)) {
    return badRequest("Bad personality format")
  }
  if (files.length > 5) {
    return forbidden("Personality file limit exceeded")
  }
  for (const file of files as ReadonlyArray<unknown>) {
    if (!Fields.isObject(file)) {
      return badRequest("Bad personality format")
    }
    const path = file["path"]
    if (typeof path !== "string" || path === "") {
      return badRequest("Bad personality format: missing path")
    }
    if (utf8.encode(path).byteLength > 255) {
      return forbidden("Personality file path too long")
    }
    const contents = decodeBase64(file["contents"])
    if (contents === undefined) {
      return badRequest(`Personality content for ${path} cannot be decoded`)
    }
    if (contents.byteLength > 1000) {
      return forbidden("Personality file content too long")
    }
  }
}

const readConfigDrive = (value: unknown): string => {
  if (value === undefined || value === null || value === "") {
    return ""
  }
  const flag = typeof value === "boolean" ? String(value) : typeof value === "string" ? value.toLowerCase() : ""
  // Nova stores the value as Python prints it.
  return flag === "true" ? "True" : flag === "false" ? "" : badRequest("Invalid config_drive provided.")
}

const readCount = (server: Fields.JsonObject, field: string, fallback: number): number => {
  const value = server[field]
  if (value === undefined) {
    return fallback
  }
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value
  return typeof count === "number" && Number.isInteger(count) && count >= 1
    ? count
    : badRequest(`${field} must be an integer greater than 0`)
}

const accessDenied = (message: string): never =>
  Refusal.refuse(Reply.text(403, `403 Forbidden\n\nAccess was denied to this resource.\n\n ${message}`))

/** The default networks of a server: at OpenStack the project's own network. */
const defaultNetworks = ({ microversion }: NovaRequest): ReadonlyArray<WantedNetwork> =>
  (microversion === undefined ? [Networks.publicNet, Networks.serviceNet] : [Networks.serviceNet]).map((network) => ({
    network
  }))

/** The fixed address of a network, and its tag, which only OpenStack has. */
const readFixedIp = (item: Fields.JsonObject, id: string, region: Region): string | undefined => {
  const address = item["fixed_ip"]
  if (address === undefined) {
    return undefined
  }
  if (typeof address !== "string" || !(isIPv4(address) || isIPv6(address))) {
    return badRequest(`Invalid fixed IP address (${Fields.textOf(address)})`)
  }
  return region.isTaken(id, address)
    ? badRequest(`Fixed IP address ${address} is already in use on another instance.`)
    : address
}

const readTag = (item: Fields.JsonObject, request: NovaRequest): string | undefined => {
  const tag = item["tag"]
  return tag === undefined
    ? undefined
    : OpenStackFields.speaksDeviceTags(request)
      ? ServerTags.readTag(tag)
      : invalid("networks", "Additional properties are not allowed ('tag' was unexpected)")
}

const readNetworks = (value: unknown, region: Region, request: NovaRequest): ReadonlyArray<WantedNetwork> => {
  const mustChoose = speaks(request, 37)
  if (value === undefined) {
    return mustChoose ? invalid("server", "'networks' is a required property") : defaultNetworks(request)
  }
  if (mustChoose && (value === "auto" || value === "none")) {
    return value === "auto" ? defaultNetworks(request) : []
  }
  if (!Array.isArray(value)) {
    return badRequest("Bad networks format")
  }
  const networks: Array<WantedNetwork> = []
  for (const item of value as ReadonlyArray<unknown>) {
    if (!Fields.isObject(item)) {
      return badRequest("Bad networks format")
    }
    if (typeof item["port"] === "string") {
      return badRequest(`Port ${item["port"]} could not be found.`)
    }
    const id = item["uuid"]
    if (typeof id !== "string") {
      return badRequest("Bad networks format: network uuid is not in proper format")
    }
    const network = region.networks.find(id)
    if (network === undefined) {
      return badRequest(`Network ${id} could not be found.`)
    }
    if (request.microversion === undefined && networks.some((wanted) => wanted.network === network)) {
      return badRequest(`Duplicate networks (${id}) are not allowed`)
    }
    networks.push({
      network,
      ...(request.microversion === undefined
        ? {}
        : { fixedIp: readFixedIp(item, id, region), tag: readTag(item, request) })
    })
  }
  const missing = region.settings.requiredNetworks.filter((id) => !networks.some(({ network }) => network.id === id))
  // Like Nova, treat an empty list as missing. A list of networks must contain the required ones.
  return networks.length === 0
    ? defaultNetworks(request)
    : missing.length > 0
      ? accessDenied(`Networks (${missing.join(",")}) required but missing`)
      : networks
}

const integerLike = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value)
    ? value
    : typeof value === "string" && /^-?\d+$/.test(value)
      ? Number(value)
      : undefined

/** Validates a device of `block_device_mapping_v2`. Returns whether it is the boot device. */
const readBlockDevice = (device: Fields.JsonObject, region: Region): boolean => {
  const source = device["source_type"]
  const destination = device["destination_type"]
  const id = device["uuid"]
  const size = device["volume_size"]
  const index = device["boot_index"] ?? undefined
  if (source !== "image" && source !== "volume" && source !== "snapshot" && source !== "blank") {
    return badRequest("Block Device Mapping is Invalid: Invalid source_type field.")
  }
  if (destination !== undefined && destination !== "volume" && destination !== "local") {
    return badRequest("Block Device Mapping is Invalid: Invalid destination_type field.")
  }
  if (source !== "blank" && (typeof id !== "string" || id === "")) {
    return badRequest("Block Device Mapping is Invalid: Missing device UUID.")
  }
  if (source === "image" && (typeof id !== "string" || region.images.find(id) === undefined)) {
    return badRequest("Block Device Mapping is Invalid: failed to get image.")
  }
  if (size !== undefined && (integerLike(size) ?? 0) < 1) {
    return badRequest("Block Device Mapping is Invalid: Invalid volume_size.")
  }
  if (destination === "volume" && (source === "image" || source === "blank") && size === undefined) {
    return badRequest(`Images with destination_type 'volume' need to have a non-zero size specified`)
  }
  if (index !== undefined && integerLike(index) === undefined) {
    return badRequest("Block Device Mapping is Invalid: Boot index is invalid.")
  }
  return index !== undefined && integerLike(index) === 0
}

/** Validates `block_device_mapping_v2` or its predecessor. Returns whether there is a boot device. */
const readBlockDevices = (server: Fields.JsonObject, region: Region): boolean => {
  const older = server["block_device_mapping"]
  const newer = server["block_device_mapping_v2"]
  if (older !== undefined && newer !== undefined) {
    return badRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
  }
  const devices = newer ?? older
  if (devices === undefined) {
    return false
  }
  if (!Array.isArray(devices)) {
    return badRequest("block_device_mapping must be a list")
  }
  let bootable = false
  for (const device of devices as ReadonlyArray<unknown>) {
    if (!Fields.isObject(device)) {
      return badRequest("Block Device Mapping is Invalid.")
    }
    if (newer === undefined) {
      if (typeof device["volume_id"] !== "string" || typeof device["device_name"] !== "string") {
        return badRequest("Block Device Mapping is Invalid.")
      }
      bootable = true
    } else if (readBlockDevice(device, region)) {
      if (bootable) {
        return badRequest("Block Device Mapping is Invalid: Boot sequence for the instance is invalid.")
      }
      bootable = true
    }
  }
  return bootable
}

const hasServer = ({ servers }: Region, id: string): boolean =>
  servers.has(id) && servers.get(id)?.deletedAt === undefined

const readHints = (body: Fields.JsonObject, region: Region): boolean => {
  const hints = body["os:scheduler_hints"] ?? body["OS-SCH-HNT:scheduler_hints"]
  if (hints === undefined) {
    return true
  }
  if (!Fields.isObject(hints)) {
    return badRequest("Malformed scheduler_hints attribute")
  }
  for (const key of ["public_ip_zone:near", "public_ip_zone:far"]) {
    const servers = hints[key]
    if (servers === undefined) {
      continue
    }
    const ids: ReadonlyArray<unknown> = Array.isArray(servers) ? servers : [servers]
    if (ids.length < 1 || ids.length > 3 || !ids.every((id) => typeof id === "string")) {
      return badRequest(`${key} takes one to three server ids`)
    }
    if (!ids.every((id) => hasServer(region, String(id)))) {
      return false
    }
  }
  return true
}

const contextOf = (region: Region): OpenStackFields.Context => ({
  availabilityZones: region.settings.availabilityZones,
  securityGroups: region.settings.securityGroups,
  findGroup: region.groups.find,
  hostOf: (id) => region.present.find((server) => server.id === id)?.host
})

const readImage = (server: Fields.JsonObject, region: Region, bootsFromVolume: boolean): Image | undefined => {
  const reference = server["imageRef"]
  if (reference !== undefined && typeof reference !== "string") {
    return badRequest("Invalid imageRef provided.")
  }
  if (reference === undefined || reference === "") {
    return bootsFromVolume
      ? undefined
      : badRequest(reference === "" ? "Invalid imageRef provided." : "Missing imageRef attribute")
  }
  return region.images.find(idOf(reference)) ?? badRequest("Can not find requested image")
}

/** Validates the flavor, which must be large enough for the image. */
const readFlavor = (server: Fields.JsonObject, image: Image | undefined, bootsFromVolume: boolean): Flavors.Flavor => {
  const flavorRef = server["flavorRef"]
  if (flavorRef === undefined) {
    return badRequest("Missing flavorRef attribute")
  }
  const flavor = typeof flavorRef === "string" ? Flavors.find(idOf(flavorRef)) : undefined
  if (flavor === undefined) {
    return badRequest("Invalid flavorRef provided.")
  }
  if (flavor.disk === 0 && !bootsFromVolume) {
    return badRequest("Flavor's disk is too small for requested image.")
  }
  if (bootsFromVolume && (Flavors.isMetal(flavor) || flavor.extraSpecs["class"] === "standard1")) {
    return badRequest(`Flavor ${flavor.id} cannot boot from a volume.`)
  }
  if (image !== undefined && image.minRam > flavor.ram) {
    return badRequest("Flavor's memory is too small for requested image.")
  }
  if (image !== undefined && !bootsFromVolume && image.minDisk > flavor.disk) {
    return badRequest("Flavor's disk is too small for requested image.")
  }
  return flavor
}

const readKeyName = (server: Fields.JsonObject, region: Region, flavor: Flavors.Flavor): string | null => {
  const keyName = server["key_name"] ?? null
  if (keyName !== null && (typeof keyName !== "string" || !region.keyPairs.has(keyName))) {
    return badRequest("Invalid key_name provided.")
  }
  if (keyName === null && Flavors.isMetal(flavor)) {
    return badRequest("OnMetal servers need a key_name.")
  }
  return keyName
}

export const read = (region: Region, request: NovaRequest): CreateRequest => {
  const { body } = request
  const server = body?.["server"]
  if (body === undefined || !Fields.isObject(server)) {
    return badRequest(
      "The server could not comply with the request since it is either malformed or otherwise incorrect."
    )
  }
  const name = readName(server["name"])
  const openStack = OpenStackFields.readCreate(server, body["os:scheduler_hints"], request, contextOf(region))
  const adminPass = readAdminPass(server)
  const bootsFromVolume = readBlockDevices(server, region)
  const image = readImage(server, region, bootsFromVolume)
  const flavor = readFlavor(server, image, bootsFromVolume)
  const keyName = readKeyName(server, region, flavor)
  readPersonality(server)
  const userData = server["user_data"]
  if (userData !== undefined && userData !== null && decodeBase64(userData) === undefined) {
    return badRequest("Userdata content cannot be decoded")
  }
  const min = readCount(server, "min_count", 1)
  const max = readCount(server, "max_count", min)
  if (min > max) {
    return badRequest("min_count must be <= max_count")
  }
  return {
    name,
    imageId: image?.id ?? "",
    flavor,
    networks: readNetworks(server["networks"], region, request),
    keyName,
    diskConfig: readDiskConfig(server, image) ?? image?.diskConfig ?? "MANUAL",
    metadata: server["metadata"] === undefined ? {} : Metadata.read(server["metadata"]),
    configDrive: readConfigDrive(server["config_drive"]),
    adminPass,
    accessIPv4: readAddress(server, "accessIPv4"),
    accessIPv6: readAddress(server, "accessIPv6"),
    count: { min, max },
    wantsReservation: server["return_reservation_id"] === true || server["return_reservation_id"] === "True",
    schedulable: readHints(body, region),
    openStack
  }
}
