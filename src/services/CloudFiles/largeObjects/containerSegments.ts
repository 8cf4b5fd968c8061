/**
 * Finds the objects of a container that are segments of large objects in it, or targets of symbolic links in it.
 *
 * Clients store segments next to their object, below its name, or in other folders, so names do not identify them. Only
 * manifests do: the listing shows which objects may be manifests, and only those are requested.
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
   * Whether an object is a segment of a large object or a nested manifest; with `targets`, also whether it is the
   * target of a symbolic link.
   */
  readonly has: (object: string) => boolean
  /** Whether no segments were found. */
  readonly isEmpty: boolean
}

/** How many objects are requested concurrently. */
const atATime = 16

/** How many symbolic links in a row are followed. */
const maxLinks = 10

/** The prefixes of dynamic large objects. */
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

/** Collects the segments of a container. */
const makeFoundSegments = (container: string) => {
  const paths = new Set<string>()
  const prefixes = makePrefixes()
  const manifests = new Set<string>()
  return {
    paths,
    prefixes,
    /** Objects that are manifests. */
    manifests,
    // A dynamic large object's prefix may also match its own name, and other large objects.
    has: (object: string): boolean =>
      paths.has(`${container}/${object}`) || (prefixes.cover(object) && !manifests.has(object)),
    isEmpty: (): boolean => paths.size === 0 && prefixes.isEmpty()
  }
}

/** Inspects objects that may be manifests. */
const makeManifestInspection = (client: CloudClient, operation: string) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const { read } = makeParts(client, operation)

  /** Adds the paths of all parts of a static large object, including nested manifests. */
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

  /** Adds the segments of an object if it is, or links to, a large object. Returns whether it does. */
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
          if (symlinkTargetAccount !== undefined || links === maxLinks) return Effect.succeed(false)
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

      /** An object to be deleted may be needed by others, and then needs its own segments. */
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
