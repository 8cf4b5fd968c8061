/**
 * Which objects of a container are segments of large objects in it, or are needed by symbolic links in it.
 *
 * Clients put segments next to their object, below its name, or in a folder elsewhere, so that names do not show it. The manifests
 * do: one pass through the listing finds what may be a manifest, and only that is asked for. Ordinary objects cost no request.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { Discovery } from "../capabilities.js"
import { type Address, addressOf } from "../objects/address.js"
import { objectEndpoints } from "../objects/objects.js"
import { makeCandidates, type SegmentSearch } from "./manifestCandidates.js"
import { segmentLocation } from "./manifests.js"
import { makeParts } from "./parts.js"

/** The segments that were found. */
export interface ContainerSegments {
  /**
   * Whether an object of the container is a segment of a large object, or a manifest within its manifest; with `targets` also
   * whether a symbolic link leads to it.
   */
  readonly has: (object: string) => boolean
  /** Whether there are none. */
  readonly isEmpty: boolean
}

/** How many objects are asked for at the same time. */
const atATime = 16

/** How many links to each other are followed. */
const mostLinks = 10

/** Prefixes of dynamic large objects, and which names begin with one of them. */
const makePrefixes = () => {
  const known = new Set<string>()
  const lengths = new Set<number>()
  return {
    add: (prefix: string): void => {
      known.add(prefix)
      lengths.add(prefix.length)
    },
    isEmpty: (): boolean => known.size === 0,
    cover: (name: string): boolean => {
      for (const length of lengths) if (length <= name.length && known.has(name.slice(0, length))) return true
      return false
    }
  }
}

/** The segments of a container, as they are found. */
const makeFoundSegments = (container: string) => {
  const paths = new Set<string>()
  const prefixes = makePrefixes()
  const manifests = new Set<string>()
  return {
    paths,
    prefixes,
    /** Objects that are manifests. */
    manifests,
    // The prefix of a dynamic large object may also be that of its own name, and of other large objects.
    has: (object: string): boolean =>
      paths.has(`${container}/${object}`) || (prefixes.cover(object) && !manifests.has(object)),
    isEmpty: (): boolean => paths.size === 0 && prefixes.isEmpty()
  }
}

/** Inspects objects that may be manifests. */
const makeManifestInspection = (client: CloudClient, operation: string) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const { read } = makeParts(client, operation)

  /** Adds the paths of all parts of a static large object, and of the manifests within it. */
  const addStatic = (address: Address, paths: Set<string>): Effect.Effect<void, CommonError> =>
    read(address).pipe(
      Effect.flatMap(({ entries }) =>
        Effect.forEach(
          entries,
          ({ isManifest, name = "" }) => {
            const path = name.replace(/^\//, "")
            const below = isManifest && !paths.has(path) ? addressOf(name) : undefined
            paths.add(path)
            return below === undefined ? Effect.void : addStatic(below, paths)
          },
          { discard: true }
        )
      ),
      Effect.catchTag("NotFound", () => Effect.void)
    )

  /** Adds the segments of an object, if it is a large object or leads to one. Returns whether it is or does. */
  const inspect = (
    search: SegmentSearch,
    found: ReturnType<typeof makeFoundSegments>,
    address: Address,
    links = 0
  ): Effect.Effect<boolean, CommonError> =>
    head({ container: address.container, object: address.object, symlink: "link" }).pipe(
      Effect.flatMap(({ isStaticLargeObject, manifest, symlinkTarget, symlinkTargetAccount }) => {
        const { paths, prefixes } = found
        if (symlinkTarget !== undefined) {
          if (symlinkTargetAccount !== undefined || links === mostLinks) return Effect.succeed(false)
          if (search.targets === true) paths.add(`${symlinkTarget.container}/${symlinkTarget.object}`)
          return inspect(search, found, symlinkTarget, links + 1)
        }
        if (isStaticLargeObject) return Effect.as(addStatic(address, paths), true)
        const where = manifest === undefined ? undefined : segmentLocation(manifest)
        if (where?.container === search.container && where.prefix !== "") prefixes.add(where.prefix)
        return Effect.succeed(manifest !== undefined)
      }),
      Effect.catchTag("NotFound", () => Effect.succeed(false))
    )
  return inspect
}

/** Finds the segments in containers. */
export const makeContainerSegments = (
  client: CloudClient,
  operation: string,
  getCapabilities: Discovery["getCapabilities"]
) => {
  const findCandidates = makeCandidates(client, operation, getCapabilities)
  const inspect = makeManifestInspection(client, operation)

  return (search: SegmentSearch): Effect.Effect<ContainerSegments, CommonError | NotFound> =>
    Effect.gen(function* () {
      const { container } = search
      const found = makeFoundSegments(container)
      const { has, isEmpty, manifests } = found

      /** An object that stays because it is needed may need others itself. */
      const addNeeded = (going: ReadonlyArray<string>): Effect.Effect<void, CommonError> =>
        Effect.suspend(() => {
          const needed = new Set(going.filter(has))
          if (needed.size === 0) return Effect.void
          return Effect.zipRight(
            Effect.forEach(needed, (object) => inspect(search, found, { container, object }), {
              concurrency: atATime,
              discard: true
            }),
            Effect.suspend(() => addNeeded(going.filter((object) => !needed.has(object))))
          )
        })

      const { going, staying } = yield* findCandidates(search)
      yield* Effect.forEach(
        staying,
        (object) =>
          Effect.map(inspect(search, found, { container, object }), (isLarge) => {
            if (isLarge) manifests.add(object)
          }),
        { concurrency: atATime, discard: true }
      )
      yield* addNeeded(going)
      return { isEmpty: isEmpty(), has }
    })
}
