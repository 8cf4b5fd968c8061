/**
 * Features that Nova has only since, or only up to, a microversion. With an older one Nova would refuse them, and older
 * clouds would silently ignore them.
 */
import * as Effect from "effect/Effect"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type { Issue } from "../../internal/schema/issues.js"

type Since = `2.${number}`

const newServer: Readonly<Record<string, Since>> = {
  description: "2.19",
  tags: "2.52",
  hostname: "2.90",
  trustedImageCertificates: "2.63",
  host: "2.74",
  hypervisorHostname: "2.74",
  "networks.tag": "2.32",
  "blockDevices.tag": "2.32",
  "blockDevices.volumeType": "2.67"
}

/**
 * By operation: the path of a field (also through lists) and its microversion. The empty path is the operation itself.
 */
const needed: Readonly<Record<string, Readonly<Record<string, Since>>>> = {
  create: newServer,
  createReservation: newServer,
  update: { description: "2.19", hostname: "2.90" },
  rebuild: {
    description: "2.19",
    hostname: "2.90",
    keyName: "2.54",
    userData: "2.57",
    trustedImageCertificates: "2.63"
  },
  attachVolume: { tag: "2.49", deleteOnTermination: "2.79" },
  updateVolumeAttachment: { deleteOnTermination: "2.85" },
  attachInterface: { tag: "2.49" },
  createRemoteConsole: { "": "2.6" },
  createServerGroup: { maxServersPerHost: "2.64" },
  createKeyPair: { type: "2.2", userId: "2.10" },
  importKeyPair: { type: "2.2", userId: "2.10" },
  getKeyPair: { userId: "2.10" },
  listKeyPairs: { userId: "2.10" },
  listKeyPairsPage: { userId: "2.10", marker: "2.35", limit: "2.35" },
  listTags: { "": "2.26" },
  replaceTags: { "": "2.26" },
  addTag: { "": "2.26" },
  deleteTag: { "": "2.26" },
  deleteAllTags: { "": "2.26" },
  listInstanceActions: { changesSince: "2.58", changesBefore: "2.66" },
  listInstanceActionsPage: { changesSince: "2.58", changesBefore: "2.66", marker: "2.58", limit: "2.58" },
  listPage: {
    changesBefore: "2.66",
    tags: "2.26",
    tagsAny: "2.26",
    notTags: "2.26",
    notTagsAny: "2.26",
    locked: "2.73"
  }
}

/** APIs of other services that Nova forwards up to a microversion, and answers with 404 after it. */
const proxies: ReadonlyArray<{
  readonly until: Since
  readonly removed: Since
  readonly api: string
  readonly instead: string
  readonly operations: ReadonlyArray<string>
}> = [
  {
    until: "2.35",
    removed: "2.36",
    api: "images",
    instead: "Glance",
    operations: [
      "listImages",
      "listImagesPage",
      "listImageSummaries",
      "listImageSummariesPage",
      "getImage",
      "findImage",
      "deleteImage",
      "watchImage",
      "waitUntilImageActive",
      "createImageAndWait"
    ]
  },
  {
    until: "2.35",
    removed: "2.36",
    api: "volumes",
    instead: "Cinder",
    operations: ["listVolumes", "listVolumesPage", "getVolume", "createVolume", "deleteVolume"]
  },
  {
    until: "2.38",
    removed: "2.39",
    api: "image metadata",
    instead: "Glance",
    operations: [
      "getImageMetadata",
      "replaceImageMetadata",
      "updateImageMetadata",
      "getImageMetadataItem",
      "setImageMetadataItem",
      "deleteImageMetadataItem"
    ]
  }
]

/** How to set the microversion. */
const whereSet = (microversion: Since): string =>
  `set microversion: "${microversion}" in the options of CloudServers.layer, or microversions: { CloudServers: "${microversion}" } in those of OpenStack.layer`

/** Both listings of servers take the same filters. */
const tableOf = (operation: string): string => (operation === "listDetailPage" ? "listPage" : operation)

const minor = (microversion: string): number => Number(microversion.split(".")[1])

/** Whether a microversion includes the features of another one. Without one, Nova uses the oldest. */
export const isAtLeast = (microversion: string | undefined, since: Since): boolean =>
  microversion === "latest" || (microversion !== undefined && minor(microversion) >= minor(since))

/** Whether a path has a value, in a list in any item. */
const isGiven = (input: unknown, [name, ...rest]: ReadonlyArray<string>): boolean => {
  if (name === undefined) return input !== undefined
  if (Array.isArray(input)) return input.some((item) => isGiven(item, [name, ...rest]))
  return typeof input === "object" && input !== null && isGiven((input as Record<string, unknown>)[name], rest)
}

/** The fields of an input that need a later microversion. */
const unmet = (operation: string, input: unknown, microversion: string | undefined): ReadonlyArray<Issue> =>
  Object.entries(needed[tableOf(operation)] ?? {}).flatMap(([path, since]) =>
    isAtLeast(microversion, since) || !isGiven(input, path === "" ? [] : path.split("."))
      ? []
      : [
          {
            path: path === "" ? "microversion" : path,
            expected: `microversion ${since} or later for it (${whereSet(since)})`
          }
        ]
  )

type Method = (input: unknown) => Effect.Effect<unknown, unknown>

/** Makes methods fail with `InvalidInput` for features that the microversion does not have. */
export const guarded = <Methods extends object>(methods: Methods, microversion: string | undefined): Methods => {
  const guard = (name: string, method: Method): Method => {
    const operation = `CloudServers.${name}`
    return (input) =>
      Effect.suspend(() => {
        const issues = unmet(name, input, microversion)
        return issues.length === 0 ? method(input) : invalidInput("CloudServers", operation, issues)
      })
  }
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      Object.hasOwn(needed, tableOf(name)) ? guard(name, method as Method) : method
    ])
  ) as Methods
}

/** Makes operations that the microversion no longer has fail with `InvalidInput`; with `latest`, none. */
export const withoutRemoved = <Service extends object>(service: Service, microversion: string | undefined): Service => {
  const refusals = proxies
    .filter(({ removed }) => microversion !== "latest" && isAtLeast(microversion, removed))
    .flatMap(({ api, instead, operations, removed, until }) =>
      operations.map((name) => {
        const expected = `${until} or lower, since Nova has no API for ${api} from ${removed} on: use ${instead}, or ${whereSet(until)}`
        // A failed Effect is a failed Stream too.
        const refuse = () =>
          Effect.fail(invalidInput("CloudServers", `CloudServers.${name}`, [{ path: "microversion", expected }]))
        return [name, refuse] as const
      })
    )
  return { ...service, ...Object.fromEntries(refusals) }
}
