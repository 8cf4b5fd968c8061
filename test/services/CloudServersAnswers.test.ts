/** Responses of different releases and states of Nova: missing fields and other formats are accepted. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Option, Redacted, Stream } from "effect"
import { CloudServers, Identity, RetryPolicy, TestCloud } from "effect-rackspace"

const cloud = CloudServers.layer({ microversion: "latest", retry: RetryPolicy.never }).pipe(
  Layer.provideMerge(Identity.layer({ credentials: TestCloud.credentials })),
  Layer.provideMerge(TestCloud.layerCloud()),
  Layer.orDie
)

/** Runs an operation on a cloud that returns one of these bodies for each request, in this order. */
const reading = <A, E>(
  bodies: ReadonlyArray<unknown>,
  run: (servers: CloudServers.Service) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const handles = yield* TestCloud.TestCloud
    for (const body of bodies) {
      yield* handles.fail({ match: { service: "servers" }, fault: { _tag: "Status", status: 200, body } })
    }
    return yield* run(yield* CloudServers.CloudServers)
  }).pipe(Effect.provide(cloud))

const collected = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), (all) => [...all])

describe("CloudServers: responses of real clouds", () => {
  it.effect("a server may have only an id", () =>
    Effect.gen(function* () {
      const server = yield* reading([{ server: { id: "s-1" } }], (servers) => servers.get({ serverId: "s-1" }))
      assert.deepStrictEqual(server, {
        id: "s-1",
        status: "UNKNOWN",
        addresses: {},
        metadata: {},
        configDrive: false
      } as CloudServers.Server)
    })
  )

  it.effect("null is the same as absent, in every field of a server", () =>
    Effect.gen(function* () {
      const names = [
        ..."name status progress created updated tenant_id user_id hostId addresses accessIPv4 accessIPv6 image flavor".split(
          " "
        ),
        ..."description tags locked locked_reason metadata key_name config_drive security_groups server_groups fault".split(
          " "
        ),
        ..."scheduler_hints trusted_image_certificates host_status pinned_availability_zone".split(" "),
        ..."OS-DCF:diskConfig OS-EXT-STS:vm_state OS-EXT-STS:task_state OS-EXT-STS:power_state OS-EXT-AZ:availability_zone".split(
          " "
        ),
        ..."OS-SRV-USG:launched_at OS-SRV-USG:terminated_at os-extended-volumes:volumes_attached".split(" "),
        ..."OS-EXT-SRV-ATTR:host OS-EXT-SRV-ATTR:hostname rax-bandwidth:bandwidth RAX-SI:image_schedule".split(" ")
      ]
      const nulls = Object.fromEntries(names.map((name) => [name, null]))
      const server = yield* reading([{ server: { id: 7, ...nulls } }], (servers) => servers.get({ serverId: "7" }))
      assert.deepStrictEqual(server, {
        id: "7",
        status: "UNKNOWN",
        addresses: {},
        metadata: {},
        configDrive: false
      } as CloudServers.Server)
    })
  )

  it.effect("servers in an unreachable cell are listed with the others, with all fields or in brief", () =>
    Effect.gen(function* () {
      const down = { id: "down", created: "2026-01-01T00:00:00Z", status: "UNKNOWN", tenant_id: "p", links: [] }
      const up = { id: "up", name: "web", status: "ACTIVE", created: "2026-01-01T00:00:00Z" }
      const whole = yield* reading([{ servers: [down, up] }], (servers) => collected(servers.listDetail()))
      assert.deepStrictEqual(
        whole.map(({ id, name, status, tenantId }) => [id, name, status, tenantId]),
        [
          ["down", undefined, "UNKNOWN", "p"],
          ["up", "web", "ACTIVE", undefined]
        ]
      )
      const brief = yield* reading([{ servers: [{ id: "down", status: "UNKNOWN" }, up] }], (servers) =>
        collected(servers.list())
      )
      assert.deepStrictEqual(brief, [{ id: "down" }, { id: "up", name: "web" }] as typeof brief)
    })
  )

  it.effect(
    "a server's flavor, image, groups, hints and zone are decoded in the format of later versions of Nova",
    () =>
      Effect.gen(function* () {
        const server = yield* reading(
          [
            {
              server: {
                id: "s-1",
                name: "web",
                status: "ACTIVE",
                flavor: {
                  original_name: "m1.small",
                  ram: 2048,
                  disk: 20,
                  ephemeral: 0,
                  swap: 0,
                  vcpus: 1,
                  extra_specs: { "hw:numa_nodes": "1" }
                },
                image: { id: "i-1", links: [], properties: { os_distro: "ubuntu" } },
                addresses: {
                  net: [
                    {
                      version: 4,
                      addr: "10.0.0.7",
                      "OS-EXT-IPS:type": "fixed",
                      "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"
                    },
                    {
                      addr: "203.0.113.9",
                      "OS-EXT-IPS:type": "floating",
                      "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"
                    },
                    { addr: "2001:db8::7" }
                  ],
                  empty: null
                },
                "os-extended-volumes:volumes_attached": [{ id: "v-1", delete_on_termination: true }, { id: "v-2" }],
                locked: "False",
                locked_reason: "audit",
                security_groups: [{ name: "default" }],
                server_groups: ["g-1"],
                scheduler_hints: { group: "g-1" },
                pinned_availability_zone: "az-1",
                trusted_image_certificates: ["c-1"],
                host_status: "UP",
                "OS-EXT-SRV-ATTR:hostname": "web",
                "OS-EXT-SRV-ATTR:host": "compute-1",
                "OS-SRV-USG:launched_at": "2026-01-01T00:00:00.123456",
                metadata: { list: [1, null], flag: true, none: null }
              }
            }
          ],
          (servers) => servers.get({ serverId: "s-1" })
        )
        assert.deepStrictEqual(server.addresses, {
          net: [
            { version: 4, address: "10.0.0.7", type: "fixed", macAddress: "fa:16:3e:00:00:01" },
            { version: 4, address: "203.0.113.9", type: "floating", macAddress: "fa:16:3e:00:00:01" },
            { version: 6, address: "2001:db8::7" } as CloudServers.Address
          ],
          empty: []
        })
        assert.deepStrictEqual(
          [server.flavorId, server.flavorName, server.embeddedFlavor?.ramMegabytes, server.embeddedFlavor?.extraSpecs],
          [undefined, "m1.small", 2048, { "hw:numa_nodes": "1" }]
        )
        assert.deepStrictEqual([server.imageId, server.imageProperties], ["i-1", { os_distro: "ubuntu" }])
        assert.deepStrictEqual(
          server.attachedVolumes?.map(({ deleteOnTermination, id }) => [id, deleteOnTermination]),
          [
            ["v-1", true],
            ["v-2", undefined]
          ]
        )
        assert.deepStrictEqual(
          [server.locked, server.lockedReason, server.securityGroups, server.serverGroups, server.schedulerHints],
          [false, "audit", ["default"], ["g-1"], { group: "g-1" }]
        )
        assert.deepStrictEqual(
          [
            server.pinnedAvailabilityZone,
            server.trustedImageCertificates,
            server.hostStatus,
            server.hostname,
            server.host
          ],
          ["az-1", ["c-1"], "UP", "web", "compute-1"]
        )
        assert.deepStrictEqual(server.metadata, { list: [1, null], flag: true, none: null })
      })
  )

  it.effect("an embedded flavor without a name, and a flavor as a plain id, are decoded", () =>
    Effect.gen(function* () {
      const one = yield* reading([{ server: { id: "s", flavor: { ram: "512", swap: "" } } }], (servers) =>
        servers.get({ serverId: "s" })
      )
      assert.deepStrictEqual(
        [one.flavorId, one.flavorName, one.embeddedFlavor?.ramMegabytes],
        [undefined, undefined, 512]
      )
      const other = yield* reading([{ server: { id: "s", flavor: { id: 2 }, image: "" } }], (servers) =>
        servers.get({ serverId: "s" })
      )
      assert.deepStrictEqual([other.flavorId, other.imageId, other.embeddedFlavor], ["2", undefined, undefined])
    })
  )

  it.effect("images keep any JSON in their metadata, and need no name or dates", () =>
    Effect.gen(function* () {
      const disks = [{ boot_index: 0, snapshot_id: "s-1", volume_size: null }]
      const metadata = { block_device_mapping: disks, bdm_v2: true, min: 3, owner: null, nested: { a: [] } }
      const images = yield* reading(
        [
          {
            images: [
              { id: "i-1", name: null, metadata },
              { id: "i-2", name: "base", metadata: null },
              { id: "i-3", metadata: [] }
            ]
          }
        ],
        (servers) => collected(servers.listImages())
      )
      assert.deepStrictEqual(
        images.map((image) => [image.id, image.name, image.status, image.metadata]),
        [
          ["i-1", undefined, "UNKNOWN", metadata],
          ["i-2", "base", "UNKNOWN", {}],
          ["i-3", undefined, "UNKNOWN", {}]
        ]
      )
      assert.deepStrictEqual(
        yield* reading([{ metadata }], (servers) => servers.getImageMetadata({ imageId: "i-1" })),
        metadata
      )
      assert.deepStrictEqual(
        yield* reading([{ meta: { block_device_mapping: disks } }], (servers) =>
          servers.getImageMetadataItem({ imageId: "i-1", key: "block_device_mapping" })
        ),
        disks
      )
      assert.deepStrictEqual(
        yield* reading([{ metadata }], (servers) =>
          servers.updateImageMetadata({ imageId: "i-1", metadata: { a: "1" } })
        ),
        metadata
      )
    })
  )

  it.effect("an image is found by name among images without one", () =>
    Effect.gen(function* () {
      const found = yield* reading(
        [
          {
            images: [
              { id: "i-1", name: null },
              { id: "i-2", name: "base" }
            ]
          }
        ],
        (servers) => servers.findImage({ nameOrId: "base" })
      )
      assert.strictEqual(found.id, "i-2")
    })
  )

  it.effect("flavors have extra specifications under either field name, with any values", () =>
    Effect.gen(function* () {
      const flavors = yield* reading(
        [
          {
            flavors: [
              { id: 1, name: "a", ram: 512, disk: 1, swap: "", extra_specs: { "hw:mem": 4 }, description: null },
              {
                id: "2",
                name: "b",
                ram: "1024",
                disk: "20",
                vcpus: 2,
                "OS-FLV-WITH-EXT-SPECS:extra_specs": { class: "x" }
              },
              {
                id: "3",
                ram: 1,
                disk: 0,
                extra_specs: null,
                "os-flavor-access:is_public": false,
                "OS-FLV-DISABLED:disabled": true
              }
            ]
          }
        ],
        (servers) => collected(servers.listFlavors())
      )
      assert.deepStrictEqual(
        flavors.map((flavor) => [
          flavor.id,
          flavor.ramMegabytes,
          flavor.diskGigabytes,
          flavor.vcpus,
          flavor.extraSpecs
        ]),
        [
          ["1", 512, 1, undefined, { "hw:mem": 4 }],
          ["2", 1024, 20, 2, { class: "x" }],
          ["3", 1, 0, undefined, {}]
        ]
      )
      assert.deepStrictEqual([flavors[2]?.isPublic, flavors[2]?.disabled], [false, true])
      assert.deepStrictEqual(
        yield* reading([{ extra_specs: { a: 1, b: null } }], (servers) =>
          servers.listFlavorExtraSpecs({ flavorId: "1" })
        ),
        { a: 1, b: null }
      )
    })
  )

  it.effect("flavors with few fields are decoded", () =>
    Effect.gen(function* () {
      const flavors = yield* reading(
        [{ flavors: [{ id: "f-1", name: "small", ram: null, disk: null, swap: "" }, { id: 2 }] }, { flavors: [] }],
        (servers) => collected(servers.listFlavors())
      )
      assert.deepStrictEqual(flavors, [
        { id: "f-1", name: "small", extraSpecs: {} },
        { id: "2", extraSpecs: {} }
      ])
    })
  )

  it.effect("an invalid item within a server hides neither the server nor the other items", () =>
    Effect.gen(function* () {
      const server = {
        id: "s-1",
        created: "None",
        updated: "0000-00-00 00:00:00",
        addresses: { private: [{ version: 4 }, { addr: "10.0.0.1" }, null], public: { addr: "192.0.2.1" } },
        security_groups: [{ name: null }, { name: "default" }],
        "os-extended-volumes:volumes_attached": [{}, { id: "v-1" }],
        tags: [null, "blue"],
        server_groups: [null, "g-1"]
      }
      const read = yield* reading([{ server }], (servers) => servers.get({ serverId: "s-1" }))
      assert.deepStrictEqual(
        [read.created, read.updated, read.securityGroups, read.attachedVolumes, read.tags, read.serverGroups],
        [undefined, undefined, ["default"], [{ id: "v-1" }], ["blue"], ["g-1"]]
      )
      assert.deepStrictEqual(read.addresses, {
        private: [{ version: 4, address: "10.0.0.1" }],
        public: [{ version: 4, address: "192.0.2.1" }]
      })
    })
  )

  it.effect("the events of an action include the reason and the host of a failure", () =>
    Effect.gen(function* () {
      const events = [
        { event: null, result: "Success" },
        {
          event: "compute__do_build",
          result: "Error",
          details: "No space",
          traceback: "File 1",
          host: "c1",
          hostId: "h1"
        }
      ]
      const action = yield* reading([{ instanceAction: { request_id: "req-1", events } }], (servers) =>
        servers.getInstanceAction({ serverId: "s-1", requestId: "req-1" })
      )
      assert.deepStrictEqual(action.events, [
        {
          event: "compute__do_build",
          result: "Error",
          details: "No space",
          traceback: "File 1",
          host: "c1",
          hostId: "h1"
        }
      ])
    })
  )

  it.effect("an attachment has the volume's id even if the response does not repeat it", () =>
    Effect.gen(function* () {
      const attachments = yield* reading(
        [
          {
            volumeAttachments: [
              { id: "v-1", volumeId: "v-1", serverId: "s-1", device: "/dev/sdb", tag: null },
              {
                volumeId: "v-2",
                serverId: "s-1",
                device: null,
                tag: "data",
                delete_on_termination: true,
                attachment_id: "a-2",
                bdm_uuid: "b-2"
              }
            ]
          }
        ],
        (servers) => servers.listVolumeAttachments({ serverId: "s-1" })
      )
      assert.deepStrictEqual(attachments, [
        { id: "v-1", volumeId: "v-1", serverId: "s-1", device: "/dev/sdb" },
        {
          id: "v-2",
          volumeId: "v-2",
          serverId: "s-1",
          tag: "data",
          deleteOnTermination: true,
          cinderAttachmentId: "a-2",
          blockDeviceId: "b-2"
        }
      ] as typeof attachments)
    })
  )

  it.effect("all pages of key pairs are listed, and a key pair includes its owner", () =>
    Effect.gen(function* () {
      const pair = (name: string) => ({ keypair: { name, fingerprint: "f", public_key: "k", type: "ssh" } })
      const next = [{ rel: "next", href: "http://10.0.0.1/v2.1/os-keypairs?limit=1&marker=a%40home" }]
      const pairs = yield* reading(
        [{ keypairs: [pair("a@home")], keypairs_links: next }, { keypairs: [pair("b.home")] }],
        (servers) => servers.listKeyPairs()
      )
      assert.deepStrictEqual(
        pairs.map(({ name, type }) => [name, type]),
        [
          ["a@home", "ssh"],
          ["b.home", "ssh"]
        ]
      )
      const one = yield* reading(
        [
          {
            keypair: {
              ...pair("a").keypair,
              user_id: "u",
              id: 1,
              deleted: false,
              created_at: "2026-01-01T00:00:00.123456",
              updated_at: null
            }
          }
        ],
        (servers) => servers.getKeyPair({ name: "a" })
      )
      assert.strictEqual(one.userId, "u")
      assert.strictEqual(one.created?.pipe(DateTime.formatIso), "2026-01-01T00:00:00.123Z")
    })
  )

  it.effect("limits without rates, and with numbers as strings, are decoded", () =>
    Effect.gen(function* () {
      const limits = yield* reading(
        [{ limits: { absolute: { maxTotalInstances: "10", maxImageMeta: -1, odd: null } } }],
        (servers) => servers.getLimits()
      )
      assert.deepStrictEqual(limits, { rate: [], absolute: { maxTotalInstances: 10, maxImageMeta: -1 } })
      const quotas = yield* reading(
        [{ quota_set: { id: "010101", cores: "20", ram: 51_200, keys: null } }],
        (servers) => servers.getQuotas({ tenantId: "010101" })
      )
      assert.deepStrictEqual(quotas, { cores: 20, ram: 51_200 })
    })
  )

  it.effect("actions, networks, extensions and schedules with few fields are decoded", () =>
    Effect.gen(function* () {
      const action = yield* reading(
        [
          {
            instanceAction: {
              request_id: "req-1",
              action: "stop",
              events: [{ event: "compute_stop", result: "Success" }]
            }
          }
        ],
        (servers) => servers.getInstanceAction({ serverId: "s", requestId: "req-1" })
      )
      assert.deepStrictEqual(
        action.events?.map(({ event, result }) => [event, result]),
        [["compute_stop", "Success"]]
      )
      const actions = yield* reading([{ instanceActions: [{ request_id: "req-1", start_time: null }] }], (servers) =>
        servers.listInstanceActions({ serverId: "s" })
      )
      assert.deepStrictEqual(actions, [{ requestId: "req-1" }] as typeof actions)
      const networks = yield* reading([{ networks: [{ id: 1, label: null, cidr: null }] }], (servers) =>
        servers.listNetworks()
      )
      assert.deepStrictEqual(networks, [{ id: "1" }] as typeof networks)
      const schedule = yield* reading([{ image_schedule: { retention: "2" } }], (servers) =>
        servers.getImageSchedule({ serverId: "s" })
      )
      assert.deepStrictEqual(schedule, Option.some({ retention: 2 }))
    })
  )

  it.effect("server groups of old and new versions include their policy", () =>
    Effect.gen(function* () {
      const groups = yield* reading(
        [
          [
            { id: "g-1", name: "old", policies: ["affinity"], members: [], metadata: {} },
            {
              id: "g-2",
              name: "new",
              policy: "anti-affinity",
              rules: { max_server_per_host: 3 },
              members: ["s-1"],
              project_id: "p"
            },
            { id: "g-3", policies: [], members: null, rules: {} }
          ],
          []
        ].map((server_groups) => ({ server_groups })),
        (servers) => collected(servers.listServerGroups())
      )
      assert.deepStrictEqual(groups, [
        { id: "g-1", name: "old", policy: "affinity", members: [] },
        { id: "g-2", name: "new", policy: "anti-affinity", maxServersPerHost: 3, members: ["s-1"], projectId: "p" },
        { id: "g-3", members: [] }
      ])
    })
  )

  it.effect("volumes of Nova and Rackspace are decoded, and the listing ends on a cloud that ignores offsets", () =>
    Effect.gen(function* () {
      const page = {
        volumes: [
          {
            id: "v-1",
            displayName: "a",
            size: 100,
            status: "available",
            volumeType: "SSD",
            createdAt: "2026-01-01T00:00:00.000000",
            attachments: [{}]
          },
          {
            id: "v-2",
            display_name: "b",
            size: "75",
            volume_type: "SATA",
            created_at: "2026-01-01T00:00:00.0",
            bootable: "false",
            attachments: [{ server_id: "s", serverId: "s", device: "/dev/xvdb" }]
          }
        ]
      }
      const volumes = yield* reading([page, page], (servers) => collected(servers.listVolumes()))
      assert.deepStrictEqual(
        volumes.map((volume) => [
          volume.id,
          volume.name,
          volume.gigabytes,
          volume.volumeType,
          volume.status,
          volume.bootable
        ]),
        [
          ["v-1", "a", 100, "SSD", "available", undefined],
          ["v-2", "b", 75, "SATA", "UNKNOWN", false]
        ]
      )
      assert.deepStrictEqual(
        volumes.map(({ attachments }) => attachments.map(({ serverId }) => serverId)),
        [[], ["s"]]
      )
    })
  )

  it.effect("interfaces, zones and consoles are decoded", () =>
    Effect.gen(function* () {
      const interfaces = yield* reading(
        [
          {
            interfaceAttachments: [
              {
                port_id: "p-1",
                net_id: "n-1",
                mac_addr: "fa:16:3e:00:00:01",
                port_state: "ACTIVE",
                fixed_ips: [{ ip_address: "10.0.0.7", subnet_id: "sub" }],
                tag: null
              },
              { port_id: "p-2", fixed_ips: null }
            ]
          }
        ],
        (servers) => servers.listInterfaces({ serverId: "s" })
      )
      assert.deepStrictEqual(interfaces, [
        {
          portId: "p-1",
          networkId: "n-1",
          macAddress: "fa:16:3e:00:00:01",
          portState: "ACTIVE",
          fixedIps: [{ address: "10.0.0.7", subnetId: "sub" }]
        },
        { portId: "p-2", fixedIps: [] }
      ] as typeof interfaces)
      const zones = yield* reading(
        [
          {
            availabilityZoneInfo: [
              { zoneName: "nova", zoneState: { available: true }, hosts: null },
              { zoneName: "az-2" }
            ]
          }
        ],
        (servers) => servers.listAvailabilityZones()
      )
      assert.deepStrictEqual(zones, [{ name: "nova", available: true }, { name: "az-2" }])
      const console = yield* reading(
        [{ remote_console: { protocol: "vnc", type: "novnc", url: "http://console/?token=secret" } }],
        (servers) => servers.createRemoteConsole({ serverId: "s" })
      )
      assert.strictEqual(Redacted.value(console.url), "http://console/?token=secret")
      assert.notInclude(JSON.stringify(console), "secret")
      assert.strictEqual(yield* reading([{ output: null }], (servers) => servers.getConsoleLog({ serverId: "s" })), "")
    })
  )
})
