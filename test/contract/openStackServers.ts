import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer as onLayer } from "@effect/vitest"
import { DateTime, Effect, type Layer, Redacted, type Scope } from "effect"
import { CloudServers, OpenStack } from "effect-rackspace"
import { collected } from "../support.js"
import { Cloud, freshName, type Services } from "./Cloud.js"
import { failure } from "./support.js"

const pace = { interval: "250 millis", timeout: "150 seconds" } as const

/** Uses Cloud Servers with a microversion; by default Nova's oldest. */
const at =
  (microversion?: string) =>
  <A, E>(program: Effect.Effect<A, E, CloudServers.CloudServers | Cloud | Scope.Scope>) =>
    Effect.flatMap(Cloud, ({ credentials }) =>
      Effect.scoped(program).pipe(
        Effect.provide(OpenStack.layer({ credentials, microversions: { CloudServers: microversion } })),
        Effect.provide(NodeHttpClient.layerUndici)
      )
    )

/** The same as an operator of the cloud. */
const byOperator =
  (microversion?: string) =>
  <A, E>(program: Effect.Effect<A, E, CloudServers.CloudServers>) =>
    Effect.flatMap(Cloud, ({ operator }) =>
      program.pipe(
        Effect.provide(OpenStack.layer({ credentials: operator, microversions: { CloudServers: microversion } })),
        Effect.provide(NodeHttpClient.layerUndici)
      )
    )

const remove = (serverId: string) =>
  Effect.flatMap(CloudServers.CloudServers, (servers) =>
    Effect.ignore(Effect.zipRight(servers.delete({ serverId }), servers.waitUntilDeleted({ serverId, ...pace })))
  )

type Input = Parameters<CloudServers.Service["create"]>[0]

/** A new server that is ACTIVE; deleted at the end. */
const active = (fields: Partial<Input> = {}) =>
  Effect.gen(function* () {
    const servers = yield* CloudServers.CloudServers
    const { flavors, imageId } = yield* Cloud
    const { id } = yield* Effect.acquireRelease(
      servers.create({ name: freshName("open"), imageId, flavorId: flavors[0], ...fields }),
      ({ id: serverId }) => remove(serverId)
    )
    return yield* servers.waitUntilActive({ serverId: id, ...pace })
  })

const group = (policy: string, maxServersPerHost?: number) =>
  Effect.flatMap(CloudServers.CloudServers, (servers) =>
    Effect.acquireRelease(
      servers.createServerGroup({ name: freshName("group"), policy, maxServersPerHost }),
      ({ id: serverGroupId }) => Effect.ignore(servers.deleteServerGroup({ serverGroupId }))
    )
  )

const missing = "5f7a2b6e-0000-4000-8000-000000000000"

const certificate = `-----BEGIN CERTIFICATE-----
MIIDCTCCAfGgAwIBAgIUJMbCOKvhMRWXjwLdJsSslSKxpGEwDQYJKoZIhvcNAQEL
BQAwEzERMA8GA1UEAwwIY29udHJhY3QwIBcNMjYxMTMwMDkyMzQxWhgPMjEyNjEx
MDYwOTIzNDFaMBMxETAPBgNVBAMMCGNvbnRyYWN0MIIBIjANBgkqhkiG9w0BAQEF
AAOCAQ8AMIIBCgKCAQEAs58OdKxSFdhEMR2ZYIal5YDVwXnN5oPTU7QVHJETVf5c
w47e5H+yMJxLmGmZptTUNrVOev/IxQAZkYKWxWKDcK+1QKceNhqU4BEBNrlYGq1H
oSduV6NRzvEIjQ7HDcTSDuNaYyH76jFgOWisvxyw0qb38eAvCnqOzF/Q73gKx+ir
/M8GozUs2DLyY9VswKzkSBVDEH9WQpV6aj+2GaYUBlZxKBw/mFP/e84Jdg75HGrw
JMj7gKRhsMNfshPcnrCXIJBjm/LYV5CLRBHehvna3TvaNVEggglG+oMJxHJ3vrsw
J8Es9xwu/lXI1nEAz6FlDV4A5xZJwt1oy3gv3+lzSwIDAQABo1MwUTAdBgNVHQ4E
FgQU7pVj1MCSMsgYBO3OtsKxnMFNPVkwHwYDVR0jBBgwFoAU7pVj1MCSMsgYBO3O
tsKxnMFNPVkwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAsisi
YdBob7n0qtpoZqaQ5TxmY/7n6R0zWVGaYOLO8WsdF2m/iguSw9XjI3u+XXceSNbn
VM+UPT1grzj/4XcEY+/lnWvSiLWiCwYrEfdz5AwaXl6wwVlO7UGc7pVTvxIOXujw
pwNH+CWZuabxNt05N0cKK0QlxcBGkPM797C87B0r8aMNJUqRc+WGNvyuud0nywUi
cOm1EnLds+lNDA2fdGG8gACmewakiyZ7Ah3RAjou8X7wkyYHlbxaBPX7hDiJP00M
fUuO6wcRh6pdjrCx2ImD0ZiytHoed/7C0k4HbnPqeTeXEeMhe41f1XyR32ixH1Vj
4V1EBXv/52DBJOVRww==
-----END CERTIFICATE-----
`

/** The contract of OpenStack's Cloud Servers, with the microversions up to 2.93. */
export const openStackServers = <E>(cloud: Layer.Layer<Services, E>): void =>
  onLayer(cloud, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    describe("server groups", () => {
      it.effect("are created with their policy, read, listed page by page, and deleted", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const made = [yield* group("affinity"), yield* group("anti-affinity")]
          assert.deepStrictEqual(
            made.map(({ members, policy }) => [policy, members]),
            [
              ["affinity", []],
              ["anti-affinity", []]
            ]
          )
          const [first] = made
          assert.deepStrictEqual(yield* servers.getServerGroup({ serverGroupId: first?.id ?? "" }), first)
          const listed = yield* collected(servers.listServerGroups({ pageSize: 1 }))
          assert.includeDeepMembers([...listed], made)
          yield* servers.deleteServerGroup({ serverGroupId: first?.id ?? "" })
          for (const gone of [servers.getServerGroup, servers.deleteServerGroup]) {
            assert.strictEqual(yield* failure(gone({ serverGroupId: first?.id ?? "" })), "NotFound")
          }
          assert.strictEqual(yield* failure(servers.createServerGroup({ name: "n", policy: "none" })), "BadRequest")
        }).pipe(at())
      )

      it.effect("have a policy with a rule, and their owner, from later microversions on", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id, ...made } = yield* group("anti-affinity", 2)
          assert.deepStrictEqual([made.policy, made.maxServersPerHost], ["anti-affinity", 2])
          assert.isString(made.projectId)
          assert.isString(made.userId)
          assert.deepStrictEqual(yield* servers.getServerGroup({ serverGroupId: id }), { id, ...made })
          const refused = servers.createServerGroup({ name: "n", policy: "soft-affinity", maxServersPerHost: 2 })
          assert.strictEqual(yield* failure(refused), "BadRequest")
        }).pipe(at("2.64"))
      )

      it.effect("place their servers on one host, and list them", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id } = yield* group("affinity")
          const schedulerHints = { group: id }
          const one = yield* active({ networks: "none", schedulerHints })
          const two = yield* active({ networks: "none", schedulerHints })
          assert.strictEqual(one.hostId, two.hostId)
          assert.deepStrictEqual(two.serverGroups, [id])
          const { members } = yield* servers.getServerGroup({ serverGroupId: id })
          assert.sameMembers([...members], [one.id, two.id])
          const none = active({ networks: "none", schedulerHints: { group: missing } })
          assert.strictEqual(yield* failure(none), "BadRequest")
        }).pipe(at("2.71"))
      )
    })

    describe("availability zones", () => {
      it.effect("are listed, and a server is created in one", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const zone = (yield* servers.listAvailabilityZones()).find(({ available }) => available === true)
          assert.isDefined(zone)
          const availabilityZone = zone?.name ?? ""
          const server = yield* active({ availabilityZone })
          assert.strictEqual(server.availabilityZone, availabilityZone)
          assert.strictEqual(yield* failure(active({ availabilityZone: "no such zone" })), "BadRequest")
        }).pipe(at())
      )

      it.effect("include their hosts for operators", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const zones = yield* servers.listAvailabilityZonesDetail()
          assert.isAbove(zones.length, 0)
          assert.isTrue(zones.some(({ hosts }) => Object.keys(hosts ?? {}).length > 0))
        }).pipe(byOperator())
      )
    })

    describe("key pairs", () => {
      it.effect("a certificate is imported, and returned with its type", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const name = freshName("x509")
          const given = yield* servers.importKeyPair({ name, type: "x509", publicKey: certificate })
          const keyPair = yield* servers.getKeyPair({ name })
          assert.deepStrictEqual([keyPair.type, keyPair.fingerprint], ["x509", given.fingerprint])
          assert.strictEqual(keyPair.publicKey?.trim(), certificate.trim())
          const bad = servers.importKeyPair({ name: freshName("x509"), type: "x509", publicKey: "no certificate" })
          assert.strictEqual(yield* failure(bad), "BadRequest")
          yield* servers.deleteKeyPair({ name })
        }).pipe(at("2.2"))
      )

      it.effect("are listed completely over several pages", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const names = [freshName("one"), freshName("two")]
          yield* Effect.forEach(names, (name) => servers.createKeyPair({ name }))
          const all = (yield* servers.listKeyPairs()).map(({ name }) => name)
          assert.includeMembers(all, names)
          let marker: string | undefined
          const paged: Array<string> = []
          do {
            const page: Effect.Effect.Success<ReturnType<typeof servers.listKeyPairsPage>> =
              yield* servers.listKeyPairsPage({ limit: 1, marker })
            assert.isAtMost(page.items.length, 1)
            paged.push(...page.items.map(({ name }) => name))
            marker = page.next
          } while (marker !== undefined)
          assert.includeMembers(paged, names)
          assert.strictEqual(new Set(paged).size, paged.length)
          assert.strictEqual(yield* failure(servers.listKeyPairsPage({ marker: freshName("none") })), "BadRequest")
          yield* Effect.forEach(names, (name) => servers.deleteKeyPair({ name }))
        }).pipe(at("2.35"))
      )

      it.effect("may have dots and at signs in their names, and are no longer generated by the cloud", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const name = `${freshName("me")}@example.org`
          yield* servers.importKeyPair({ name, type: "x509", publicKey: certificate })
          assert.strictEqual((yield* servers.getKeyPair({ name })).name, name)
          yield* servers.deleteKeyPair({ name })
          assert.strictEqual(yield* failure(servers.createKeyPair({ name })), "BadRequest")
        }).pipe(at("2.92"))
      )
    })

    describe("names of a server", () => {
      it.effect("it has a description, a hostname and tags, which can be changed", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId, ...server } = yield* active({
            networks: "none",
            description: "größe 日本",
            hostname: "web-1",
            tags: ["b", "a c"]
          })
          assert.deepStrictEqual([server.description, server.hostname], ["größe 日本", "web-1"])
          assert.sameMembers([...(server.tags ?? [])], ["b", "a c"])
          yield* servers.update({ serverId, description: null, hostname: "web-2" })
          const changed = yield* servers.get({ serverId })
          assert.deepStrictEqual([changed.description, changed.hostname], [undefined, "web-2"])
          yield* servers.addTag({ serverId, tag: "c: 50%?" })
          yield* servers.addTag({ serverId, tag: "c: 50%?" })
          assert.sameMembers([...(yield* servers.listTags({ serverId }))], ["b", "a c", "c: 50%?"])
          yield* servers.deleteTag({ serverId, tag: "a c" })
          assert.strictEqual(yield* failure(servers.deleteTag({ serverId, tag: "a c" })), "NotFound")
          assert.sameMembers([...(yield* servers.replaceTags({ serverId, tags: ["x", "ü"] }))], ["x", "ü"])
          yield* servers.deleteAllTags({ serverId })
          assert.deepStrictEqual(yield* servers.listTags({ serverId }), [])
          assert.strictEqual(yield* failure(servers.listTags({ serverId: missing })), "NotFound")
        }).pipe(at("2.90"))
      )

      it.effect("it is found by its tags", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const name = freshName("tagged")
          const { id } = yield* active({ name, networks: "none", tags: ["red", "blue"] })
          const found = (filters: CloudServers.ListServers) =>
            Effect.map(collected(servers.list({ name, ...filters })), (all) => all.map((each) => each.id))
          for (const filters of [
            { tags: ["red", "blue"] },
            { tagsAny: ["red", "green"] },
            { notTags: ["red", "green"] },
            { notTagsAny: ["green", "grey"] }
          ] as const) {
            assert.deepStrictEqual(yield* found(filters), [id], JSON.stringify(filters))
          }
          for (const filters of [
            { tags: ["red", "green"] },
            { tagsAny: ["green", "grey"] },
            { notTags: ["red", "blue"] },
            { notTagsAny: ["red", "green"] }
          ] as const) {
            assert.deepStrictEqual(yield* found(filters), [], JSON.stringify(filters))
          }
        }).pipe(at("2.52"))
      )

      it.effect("it is rebuilt with another key, user data and description", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { imageId } = yield* Cloud
          const keyName = freshName("key")
          yield* servers.createKeyPair({ name: keyName })
          const { id: serverId } = yield* active({ networks: "none" })
          yield* servers.rebuild({ serverId, imageId, keyName, userData: "#!/bin/sh", description: "new" })
          const rebuilt = yield* servers.waitUntilActive({ serverId, ...pace })
          assert.deepStrictEqual([rebuilt.keyName, rebuilt.description], [keyName, "new"])
          yield* servers.deleteKeyPair({ name: keyName })
        }).pipe(at("2.57"))
      )
    })

    describe("several servers", () => {
      it.effect("are created by one request, and found by their reservation", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { flavors, imageId } = yield* Cloud
          const name = freshName("many")
          const adminPassword = Redacted.make("s3veral-pass")
          const input = { name, imageId, flavorId: flavors[0], minCount: 2, maxCount: 2, adminPassword }
          const { reservationId } = yield* servers.createReservation(input)
          const made = yield* collected(servers.list({ reservationId }))
          yield* Effect.addFinalizer(() => Effect.forEach(made, ({ id }) => remove(id), { concurrency: 2 }))
          assert.sameMembers(
            made.map((each) => each.name),
            [`${name}-1`, `${name}-2`]
          )
          for (const { id } of made) yield* servers.waitUntilActive({ serverId: id, ...pace })
        }).pipe(at())
      )

      it.effect("are sorted, filtered by time, and listed for all projects to operators", () =>
        Effect.gen(function* () {
          const name = freshName("sorted")
          const [b, a] = [
            yield* active({ name: `${name}-b`, networks: "none" }),
            yield* active({ name: `${name}-a`, networks: "none" })
          ]
          const servers = yield* CloudServers.CloudServers
          const idsOf = (filters: CloudServers.ListServers) =>
            Effect.map(collected(servers.list({ name, ...filters })), (all) => all.map(({ id }) => id))
          assert.deepStrictEqual(yield* idsOf({ sortKeys: ["display_name"], sortDirections: ["asc"] }), [a.id, b.id])
          assert.deepStrictEqual(yield* idsOf({ sortKeys: ["display_name"], pageSize: 1 }), [b.id, a.id])
          const past = DateTime.subtract(b.created ?? DateTime.unsafeNow(), { hours: 1 })
          const future = DateTime.add(DateTime.unsafeNow(), { hours: 1 })
          assert.deepStrictEqual(yield* idsOf({ changesBefore: past }), [])
          assert.sameMembers([...(yield* idsOf({ changesSince: past, changesBefore: future }))], [a.id, b.id])
          const ofAll = yield* Effect.flatMap(CloudServers.CloudServers, (theirs) =>
            collected(theirs.list({ name, allTenants: true }))
          ).pipe(byOperator("2.66"))
          assert.sameMembers(
            ofAll.map(({ id }) => id),
            [a.id, b.id]
          )
        }).pipe(at("2.66"))
      )
    })

    describe("resources of a server", () => {
      it.effect("an interface is attached with an address, read, and detached", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { networkId } = yield* Cloud
          const { id: serverId } = yield* active({ networks: "none" })
          assert.deepStrictEqual(yield* servers.listInterfaces({ serverId }), [])
          const fixedIp = "10.10.0.77"
          const made = yield* servers.attachInterface({ serverId, networkId, fixedIp })
          assert.deepStrictEqual([made.networkId, made.fixedIps.map(({ address }) => address)], [networkId, [fixedIp]])
          assert.isString(made.macAddress)
          const { portId } = made
          assert.strictEqual((yield* servers.getInterface({ serverId, portId })).macAddress, made.macAddress)
          assert.deepStrictEqual(
            (yield* servers.listInterfaces({ serverId })).map((each) => each.portId),
            [portId]
          )
          assert.strictEqual(yield* failure(servers.attachInterface({ serverId, networkId, fixedIp })), "Conflict")
          yield* servers.detachInterface({ serverId, portId })
          // It is detached after the response.
          const left = yield* servers
            .listInterfaces({ serverId })
            .pipe(Effect.delay("100 millis"), Effect.repeat({ until: (all) => all.length === 0 }))
          assert.deepStrictEqual(left, [])
          assert.strictEqual(yield* failure(servers.getInterface({ serverId, portId })), "NotFound")
        }).pipe(at("2.70"))
      )

      it.effect("its actions are listed completely over several pages", () =>
        Effect.gen(function* () {
          const servers = yield* CloudServers.CloudServers
          const { id: serverId } = yield* active({ networks: "none" })
          yield* servers.stop({ serverId })
          yield* servers.waitUntil({ serverId, ...pace, until: ({ status }) => status === "SHUTOFF" })
          const actions = (yield* servers.listInstanceActions({ serverId })).map(({ action }) => action)
          assert.deepStrictEqual(actions, ["stop", "create"])
          const first = yield* servers.listInstanceActionsPage({ serverId, limit: 1 })
          const second = yield* servers.listInstanceActionsPage({ serverId, limit: 1, marker: first.next })
          assert.deepStrictEqual(
            [first, second].map(({ items }) => items.map(({ action }) => action)),
            [["stop"], ["create"]]
          )
          const changesSince = DateTime.add(DateTime.unsafeNow(), { hours: 1 })
          assert.deepStrictEqual(yield* servers.listInstanceActions({ serverId, changesSince }), [])
        }).pipe(at("2.58"))
      )
    })
  })
