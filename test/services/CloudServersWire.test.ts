/** The request of every operation in the tables, and its documented errors. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { CloudServers, Identity, RetryPolicy, TestCloud } from "effect-rackspace"

interface Case {
  readonly input: unknown
  readonly line: string
  readonly body?: unknown
}

const whole = (input: unknown, line: string, body?: unknown): Case => ({
  input,
  line,
  ...(body !== undefined && { body })
})

const s = { serverId: "s/1" }
const server = "/servers/s%2F1"
const action = `POST ${server}/action`
const changesSince = DateTime.unsafeMake("2026-01-02T03:04:05Z")

const cases: Readonly<
  Record<keyof typeof CloudServers.endpoints | keyof typeof CloudServers.firstGenerationEndpoints, Case>
> = {
  listPage: whole(
    { status: "ACTIVE", imageId: "i", flavorId: "f", name: "^web", host: "h", changesSince, marker: "m", limit: 5 },
    "GET /servers?status=ACTIVE&image=i&flavor=f&name=%5Eweb&host=h&changes-since=2026-01-02T03%3A04%3A05.000Z&marker=m&limit=5"
  ),
  listDetailPage: whole(
    {
      changesBefore: changesSince,
      allTenants: true,
      projectId: "p",
      userId: "u",
      ip: "^192",
      ip6: "^2001",
      reservationId: "r-1",
      availabilityZone: "nova",
      keyName: "k",
      vmState: "active",
      taskState: "deleting",
      tags: ["a", "b"],
      tagsAny: ["c"],
      notTags: ["d"],
      notTagsAny: ["e"],
      locked: false,
      sortKeys: ["created_at", "uuid"],
      sortDirections: ["asc", "desc"],
      marker: "m",
      limit: 1000
    },
    "GET /servers/detail?changes-before=2026-01-02T03%3A04%3A05.000Z&all_tenants=1&project_id=p&user_id=u&ip=%5E192&ip6=%5E2001" +
      "&reservation_id=r-1&availability_zone=nova&key_name=k&vm_state=active&task_state=deleting&tags=a%2Cb&tags-any=c" +
      "&not-tags=d&not-tags-any=e&locked=false&sort_key=created_at&sort_key=uuid&sort_dir=asc&sort_dir=desc&marker=m&limit=1000"
  ),
  create: whole(
    {
      name: "n",
      imageId: "i",
      flavorId: "f",
      networks: [{ networkId: CloudServers.publicNet, fixedIp: "192.0.2.9", tag: "front" }, { portId: "p" }],
      keyName: "k",
      metadata: { a: "1" },
      personality: [{ path: "/etc/motd", contents: "hi" }],
      userData: "#!/bin/sh",
      configDrive: true,
      blockDevices: [
        CloudServers.bootFrom({ volumeId: "v" }),
        {
          sourceType: "blank",
          destinationType: "volume",
          volumeGigabytes: 5,
          volumeType: "SSD",
          deviceName: "/dev/vdb",
          deviceType: "disk",
          diskBus: "virtio",
          guestFormat: "ext4",
          tag: "data"
        }
      ],
      diskConfig: "MANUAL",
      adminPassword: Redacted.make("pass"),
      accessIPv4: "192.0.2.1",
      accessIPv6: "2001:db8::1",
      minCount: 1,
      maxCount: 3,
      availabilityZone: "nova",
      securityGroups: ["default", "g-1"],
      description: "the first one",
      tags: ["web", "blue"],
      hostname: "web-1",
      trustedImageCertificates: ["c"],
      host: "h",
      hypervisorHostname: "n",
      schedulerHints: {
        near: ["x"],
        far: ["y"],
        group: "g",
        differentHost: ["a", "b"],
        sameHost: ["c"],
        query: [">=", "$free_ram_mb", 1024],
        targetCell: "cell1",
        differentCell: ["cell2"],
        buildNearHostIp: "192.0.2.2",
        cidr: "/24",
        custom: { rack: "r-1" }
      }
    },
    "POST /servers",
    {
      server: {
        name: "n",
        imageRef: "i",
        flavorRef: "f",
        networks: [{ uuid: CloudServers.publicNet, fixed_ip: "192.0.2.9", tag: "front" }, { port: "p" }],
        key_name: "k",
        metadata: { a: "1" },
        personality: [{ path: "/etc/motd", contents: "aGk=" }],
        user_data: "IyEvYmluL3No",
        config_drive: true,
        block_device_mapping_v2: [
          { boot_index: 0, uuid: "v", source_type: "volume", destination_type: "volume", delete_on_termination: false },
          {
            source_type: "blank",
            destination_type: "volume",
            volume_size: 5,
            volume_type: "SSD",
            device_name: "/dev/vdb",
            device_type: "disk",
            disk_bus: "virtio",
            guest_format: "ext4",
            tag: "data"
          }
        ],
        "OS-DCF:diskConfig": "MANUAL",
        adminPass: "pass",
        accessIPv4: "192.0.2.1",
        accessIPv6: "2001:db8::1",
        min_count: 1,
        max_count: 3,
        availability_zone: "nova",
        security_groups: [{ name: "default" }, { name: "g-1" }],
        description: "the first one",
        tags: ["web", "blue"],
        hostname: "web-1",
        trusted_image_certificates: ["c"],
        host: "h",
        hypervisor_hostname: "n"
      },
      "os:scheduler_hints": {
        "public_ip_zone:near": ["x"],
        "public_ip_zone:far": ["y"],
        group: "g",
        different_host: ["a", "b"],
        same_host: ["c"],
        query: '[">=","$free_ram_mb",1024]',
        target_cell: "cell1",
        different_cell: ["cell2"],
        build_near_host_ip: "192.0.2.2",
        cidr: "/24",
        rack: "r-1"
      }
    }
  ),
  get: whole(s, `GET ${server}`),
  update: whole(
    {
      ...s,
      name: "n",
      accessIPv4: "192.0.2.1",
      accessIPv6: "",
      diskConfig: "AUTO",
      description: null,
      hostname: "web-1"
    },
    `PUT ${server}`,
    {
      server: {
        name: "n",
        accessIPv4: "192.0.2.1",
        accessIPv6: "",
        "OS-DCF:diskConfig": "AUTO",
        description: null,
        hostname: "web-1"
      }
    }
  ),
  delete: whole(s, `DELETE ${server}`),
  reboot: whole(s, action, { reboot: { type: "SOFT" } }),
  resize: whole({ ...s, flavorId: "f", diskConfig: "AUTO" }, action, {
    resize: { flavorRef: "f", "OS-DCF:diskConfig": "AUTO" }
  }),
  confirmResize: whole(s, action, { confirmResize: null }),
  revertResize: whole(s, action, { revertResize: null }),
  rebuild: whole(
    {
      ...s,
      imageId: "i",
      name: "n",
      adminPassword: Redacted.make("pass"),
      userData: "hi",
      keyName: null,
      preserveEphemeral: true,
      description: "again",
      hostname: "web-1",
      trustedImageCertificates: null
    },
    action,
    {
      rebuild: {
        imageRef: "i",
        name: "n",
        adminPass: "pass",
        user_data: "aGk=",
        key_name: null,
        preserve_ephemeral: true,
        description: "again",
        hostname: "web-1",
        trusted_image_certificates: null
      }
    }
  ),
  rescue: whole({ ...s, imageId: "i", adminPassword: Redacted.make("pass") }, action, {
    rescue: { rescue_image_ref: "i", adminPass: "pass" }
  }),
  unrescue: whole(s, action, { unrescue: null }),
  start: whole(s, action, { "os-start": null }),
  stop: whole(s, action, { "os-stop": null }),
  lock: whole(s, action, { lock: null }),
  unlock: whole(s, action, { unlock: null }),
  resetNetwork: whole(s, action, { resetNetwork: null }),
  migrate: whole(s, action, { migrate: {} }),
  changePassword: whole({ ...s, adminPassword: Redacted.make("pass") }, action, {
    changePassword: { adminPass: "pass" }
  }),
  createImage: whole({ ...s, name: "n", metadata: { a: "1" } }, action, {
    createImage: { name: "n", metadata: { a: "1" } }
  }),
  getConsole: whole({ ...s, type: "xvpvnc" }, action, { "os-getVNCConsole": { type: "xvpvnc" } }),
  getConsoleLog: whole({ ...s, lines: 7 }, action, { "os-getConsoleOutput": { length: 7 } }),
  getAddresses: whole(s, `GET ${server}/ips`),
  getAddressesOfNetwork: whole({ ...s, label: "my net" }, `GET ${server}/ips/my%20net`),
  getServerMetadata: whole(s, `GET ${server}/metadata`),
  replaceServerMetadata: whole({ ...s, metadata: { a: "1" } }, `PUT ${server}/metadata`, { metadata: { a: "1" } }),
  updateServerMetadata: whole({ ...s, metadata: { a: "1" } }, `POST ${server}/metadata`, { metadata: { a: "1" } }),
  getServerMetadataItem: whole({ ...s, key: "a b" }, `GET ${server}/metadata/a%20b`),
  setServerMetadataItem: whole({ ...s, key: "a b", value: "1" }, `PUT ${server}/metadata/a%20b`, {
    meta: { "a b": "1" }
  }),
  deleteServerMetadataItem: whole({ ...s, key: "a b" }, `DELETE ${server}/metadata/a%20b`),
  listVolumeAttachments: whole(s, `GET ${server}/os-volume_attachments`),
  attachVolume: whole(
    { ...s, volumeId: "v", device: "/dev/xvdb", tag: "data", deleteOnTermination: true },
    `POST ${server}/os-volume_attachments`,
    { volumeAttachment: { volumeId: "v", device: "/dev/xvdb", tag: "data", delete_on_termination: true } }
  ),
  updateVolumeAttachment: whole(
    { ...s, attachmentId: "v", deleteOnTermination: true },
    `PUT ${server}/os-volume_attachments/v`,
    { volumeAttachment: { volumeId: "v", delete_on_termination: true } }
  ),
  listInterfaces: whole(s, `GET ${server}/os-interface`),
  getInterface: whole({ ...s, portId: "p/1" }, `GET ${server}/os-interface/p%2F1`),
  attachInterface: whole({ ...s, networkId: "n", fixedIp: "192.0.2.7", tag: "front" }, `POST ${server}/os-interface`, {
    interfaceAttachment: { net_id: "n", fixed_ips: [{ ip_address: "192.0.2.7" }], tag: "front" }
  }),
  detachInterface: whole({ ...s, portId: "p" }, `DELETE ${server}/os-interface/p`),
  createRemoteConsole: whole({ ...s, type: "spice-html5" }, `POST ${server}/remote-consoles`, {
    remote_console: { protocol: "spice", type: "spice-html5" }
  }),
  listServerGroupsPage: whole(
    { allProjects: true, limit: 2, offset: 4 },
    "GET /os-server-groups?all_projects=true&limit=2&offset=4"
  ),
  createServerGroup: whole({ name: "g", policy: "anti-affinity", maxServersPerHost: 3 }, "POST /os-server-groups", {
    server_group: { name: "g", policy: "anti-affinity", rules: { max_server_per_host: 3 } }
  }),
  getServerGroup: whole({ serverGroupId: "g/1" }, "GET /os-server-groups/g%2F1"),
  deleteServerGroup: whole({ serverGroupId: "g" }, "DELETE /os-server-groups/g"),
  listAvailabilityZones: whole({}, "GET /os-availability-zone"),
  listAvailabilityZonesDetail: whole({}, "GET /os-availability-zone/detail"),
  listVolumesPage: whole({ limit: 2, offset: 4 }, "GET /os-volumes/detail?limit=2&offset=4"),
  getVolume: whole({ volumeId: "v/1" }, "GET /os-volumes/v%2F1"),
  createVolume: whole(
    {
      gigabytes: 100,
      name: "data",
      description: "d",
      volumeType: "SSD",
      availabilityZone: "nova",
      snapshotId: "s",
      metadata: { a: "1" }
    },
    "POST /os-volumes",
    {
      volume: {
        size: 100,
        display_name: "data",
        display_description: "d",
        volume_type: "SSD",
        availability_zone: "nova",
        snapshot_id: "s",
        metadata: { a: "1" }
      }
    }
  ),
  deleteVolume: whole({ volumeId: "v" }, "DELETE /os-volumes/v"),
  listFlavorSummariesPage: whole(
    { isPublic: "none", sortKey: "name", sortDirection: "desc", limit: 2 },
    "GET /flavors?is_public=none&sort_key=name&sort_dir=desc&limit=2"
  ),
  listImageSummariesPage: whole({ status: "ACTIVE", limit: 2 }, "GET /images?status=ACTIVE&limit=2"),
  getVolumeAttachment: whole({ ...s, attachmentId: "a" }, `GET ${server}/os-volume_attachments/a`),
  detachVolume: whole({ ...s, attachmentId: "a" }, `DELETE ${server}/os-volume_attachments/a`),
  listVirtualInterfaces: whole(s, `GET ${server}/os-virtual-interfacesv2`),
  createVirtualInterface: whole({ ...s, networkId: "n" }, `POST ${server}/os-virtual-interfacesv2`, {
    virtual_interface: { network_id: "n" }
  }),
  deleteVirtualInterface: whole({ ...s, interfaceId: "i" }, `DELETE ${server}/os-virtual-interfacesv2/i`),
  getImageSchedule: whole(s, `GET ${server}/rax-si-image-schedule`),
  setImageSchedule: whole({ ...s, retention: 65_535, dayOfWeek: "SUNDAY" }, `POST ${server}/rax-si-image-schedule`, {
    image_schedule: { retention: 65_535, day_of_week: "SUNDAY" }
  }),
  deleteImageSchedule: whole(s, `DELETE ${server}/rax-si-image-schedule`),
  listIpAssociations: whole(s, `GET ${server}/ip_associations`),
  getIpAssociation: whole({ ...s, ipAddressId: "i" }, `GET ${server}/ip_associations/i`),
  createIpAssociation: whole({ ...s, ipAddressId: "i" }, `PUT ${server}/ip_associations/i`),
  deleteIpAssociation: whole({ ...s, ipAddressId: "i" }, `DELETE ${server}/ip_associations/i`),
  listTags: whole(s, `GET ${server}/tags`),
  replaceTags: whole({ ...s, tags: ["a", "b"] }, `PUT ${server}/tags`, { tags: ["a", "b"] }),
  addTag: whole({ ...s, tag: "size: 50% #1" }, `PUT ${server}/tags/size%3A%2050%25%20%231`),
  deleteTag: whole({ ...s, tag: "a" }, `DELETE ${server}/tags/a`),
  deleteAllTags: whole(s, `DELETE ${server}/tags`),
  createReservation: whole({ name: "n", imageId: "i", flavorId: "f", networks: "none", minCount: 3 }, "POST /servers", {
    server: {
      name: "n",
      imageRef: "i",
      flavorRef: "f",
      networks: "none",
      min_count: 3,
      return_reservation_id: true
    }
  }),
  listInstanceActions: whole(s, `GET ${server}/os-instance-actions`),
  listInstanceActionsPage: whole(
    { ...s, changesSince, marker: "req-1", limit: 2 },
    `GET ${server}/os-instance-actions?changes-since=2026-01-02T03%3A04%3A05.000Z&marker=req-1&limit=2`
  ),
  getInstanceAction: whole({ ...s, requestId: "req-1" }, `GET ${server}/os-instance-actions/req-1`),
  listFlavorsPage: whole(
    { minDiskGigabytes: 20, minRamMegabytes: 512, marker: "m", limit: 2 },
    "GET /flavors/detail?minDisk=20&minRam=512&marker=m&limit=2"
  ),
  getFlavor: whole({ flavorId: "f" }, "GET /flavors/f"),
  listFlavorExtraSpecs: whole({ flavorId: "f" }, "GET /flavors/f/os-extra_specs"),
  getFlavorExtraSpec: whole({ flavorId: "f", key: "hw:x" }, "GET /flavors/f/os-extra_specs/hw%3Ax"),
  listImagesPage: whole(
    { serverId: "s", name: "n", status: "ACTIVE", changesSince, type: "snapshot", marker: "m", limit: 2 },
    "GET /images/detail?server=s&name=n&status=ACTIVE&changes-since=2026-01-02T03%3A04%3A05.000Z&type=snapshot&marker=m&limit=2"
  ),
  getImage: whole({ imageId: "i" }, "GET /images/i"),
  deleteImage: whole({ imageId: "i" }, "DELETE /images/i"),
  getImageMetadata: whole({ imageId: "i" }, "GET /images/i/metadata"),
  replaceImageMetadata: whole({ imageId: "i", metadata: { a: "1" } }, "PUT /images/i/metadata", {
    metadata: { a: "1" }
  }),
  updateImageMetadata: whole({ imageId: "i", metadata: { a: "1" } }, "POST /images/i/metadata", {
    metadata: { a: "1" }
  }),
  getImageMetadataItem: whole({ imageId: "i", key: "k" }, "GET /images/i/metadata/k"),
  setImageMetadataItem: whole({ imageId: "i", key: "k", value: "1" }, "PUT /images/i/metadata/k", {
    meta: { k: "1" }
  }),
  deleteImageMetadataItem: whole({ imageId: "i", key: "k" }, "DELETE /images/i/metadata/k"),
  listKeyPairs: whole({}, "GET /os-keypairs"),
  listKeyPairsPage: whole({ userId: "u", marker: "k", limit: 2 }, "GET /os-keypairs?user_id=u&marker=k&limit=2"),
  createKeyPair: whole({ name: "my key", type: "x509", userId: "u" }, "POST /os-keypairs", {
    keypair: { name: "my key", type: "x509", user_id: "u" }
  }),
  importKeyPair: whole({ name: "me@my.key", publicKey: "ssh-rsa A" }, "POST /os-keypairs", {
    keypair: { name: "me@my.key", public_key: "ssh-rsa A" }
  }),
  getKeyPair: whole({ name: "my key" }, "GET /os-keypairs/my%20key"),
  deleteKeyPair: whole({ name: "my key" }, "DELETE /os-keypairs/my%20key"),
  getLimits: whole({}, "GET /limits"),
  listNetworks: whole({}, "GET /os-networksv2"),
  getNetwork: whole({ networkId: "n" }, "GET /os-networksv2/n"),
  createNetwork: whole({ cidr: "192.168.3.0/24", label: "l" }, "POST /os-networksv2", {
    network: { cidr: "192.168.3.0/24", label: "l" }
  }),
  deleteNetwork: whole({ networkId: "n" }, "DELETE /os-networksv2/n"),
  getQuotas: whole({ tenantId: "010101" }, "GET /os-quota-sets/010101"),
  listExtensions: whole({}, "GET /extensions"),
  getExtension: whole({ alias: "os-x" }, "GET /extensions/os-x"),
  listFirstGenerationPage: whole({ offset: 2, limit: 2 }, "GET /servers/detail.json?offset=2&limit=2"),
  getFirstGeneration: whole({ serverId: "7" }, "GET /servers/7.json")
}

/** The responses for documented errors. */
const responses: Readonly<Record<string, { readonly status: number; readonly body: unknown }>> = {
  BadRequest: { status: 400, body: { badRequest: { code: 400, message: "not so" } } },
  Forbidden: { status: 403, body: { forbidden: { code: 403, message: "not you" } } },
  NotFound: { status: 404, body: { itemNotFound: { code: 404, message: "not here" } } },
  Conflict: { status: 409, body: { buildInProgress: { code: 409, message: "not now" } } },
  QuotaExceeded: {
    status: 403,
    body: { forbidden: { code: 403, message: "Quota exceeded for ram: Requested 1, but already used 1 of 1 ram" } }
  },
  OverLimit: {
    status: 413,
    body: { overLimit: { code: 413, message: "too often", retryAfter: "2026-01-01T00:00:00Z" } }
  },
  UnexpectedStatus: { status: 500, body: "The server has either erred or is incapable of performing the request." }
}

/** Some fields require later versions of Nova. */
const cloud = CloudServers.layer({ microversion: "latest", retry: RetryPolicy.never }).pipe(
  Layer.provideMerge(Identity.layer({ credentials: TestCloud.credentials })),
  Layer.provideMerge(TestCloud.layerCloud()),
  Layer.orDie
)

describe("every operation of Cloud Servers", () => {
  const tables = { ...CloudServers.endpoints, ...CloudServers.firstGenerationEndpoints }
  for (const [name, { body, input, line }] of Object.entries(cases)) {
    const { errors } = tables[name as keyof typeof tables]
    const documented: ReadonlyArray<string> = [...errors]
    // After a 404, `getImageSchedule` also requests the server.
    const asksOnce = documented.filter((tag) => name !== "getImageSchedule" || tag !== "NotFound")
    const tags = ["BadRequest", "Forbidden", "OverLimit", "UnexpectedStatus", ...asksOnce]
    it.effect(`${name}: ${line.split("?")[0]}; fails with ${documented.join(", ") || "common errors only"}`, () =>
      Effect.gen(function* () {
        const cloud = yield* TestCloud.TestCloud
        const servers = yield* CloudServers.CloudServers
        const operation = servers[name as keyof typeof cases] as (
          input: unknown
        ) => Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>
        for (const tag of tags) {
          yield* cloud.fail({ match: {}, fault: { _tag: "Status", ...(responses[tag] ?? { status: 418 }) } })
          yield* cloud.clearRequests
          const error = yield* Effect.flip(operation(input))
          assert.strictEqual(error._tag, tag)
          assert.match(error.message, new RegExp(`^CloudServers\\.${name}: `))
          const [sent, ...more] = yield* cloud.requests
          assert.lengthOf(more, 0)
          assert.strictEqual(`${sent?.method} ${sent?.target.replace(/^.*?\/010101/, "")}`, line)
          const text = new TextDecoder().decode(sent?.body)
          assert.deepStrictEqual(text === "" ? undefined : JSON.parse(text), body)
        }
        // An error that an operation does not document is not in its type, and becomes UnexpectedStatus.
        if (!documented.includes("Conflict")) {
          yield* cloud.fail({ match: {}, fault: { _tag: "Status", ...responses["Conflict"], status: 409 } })
          assert.strictEqual((yield* Effect.flip(operation(input)))._tag, "UnexpectedStatus")
        }
      }).pipe(Effect.provide(cloud))
    )
  }
})
