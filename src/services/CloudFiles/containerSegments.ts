/**
 * Which objects of a container are segments of large objects in it, or are needed by symbolic links in it.
 *
 * Clients put segments next to their object, below its name, or in a folder elsewhere, so that names do not show it. The manifests
 * do: one pass through the listing finds what may be a manifest, and only that is asked for. Ordinary objects cost no request.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import type { Discovery } from "./capabilities.js"
import { endpoints, type ObjectSummary } from "./endpoints.js"
import { makeManifests, segmentsOf } from "./manifest.js"
import { makeListing } from "./remoteListing.js"
import { type Address, addressOf } from "./segments.js"

/** Where manifests are searched for, and which of them count. */
export interface SegmentSearch {
  readonly container: string
  /** Only objects whose names begin with this are examined. Default: all of the container. */
  readonly prefix?: string | undefined
  /**
   * For deletions: asks for each object whose listing leaves open whether it is a manifest, and for those up to 1 MiB as long as
   * there are no more than 1,000 of them. Otherwise it asks for objects of more than 1 MiB, and only where the listings of this
   * cloud do not mark manifests.
   */
  readonly thorough: boolean
  /** Objects whose segments need not stay, because they are deleted themselves, unless they are needed. */
  readonly isGoing?: (object: string) => boolean
  /** Objects that are known to be no manifests. */
  readonly isPlain?: (object: string) => boolean
  /** Whether the targets of symbolic links count as segments of the links. Default false. */
  readonly targets?: boolean
}

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

/** Up to how many objects small ones are asked for too. A manifest's object is seldom so small. */
const mostSmall = 1000

/** Objects of more bytes are asked for however many they are. */
const small = 1024 * 1024

const emptyMd5 = "d41d8cd98f00b204e9800998ecf8427e"

/** Prefixes of dynamic large objects, and which names begin with one of them. */
const prefixes = () => {
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

/** Sorts the objects of a listing by whether they may be manifests. */
const sorting = ({ isGoing, isPlain, thorough }: SegmentSearch) => {
  /**
   * Names that the listing makes probable to be manifests, those that the next name begins with, and others for which it says
   * nothing.
   */
  const empty = () => ({ probable: [] as Array<string>, beside: [] as Array<string>, open: [] as Array<ObjectSummary> })
  const staying = empty()
  const going = empty()
  /** Whether listings of this cloud show which objects are static large objects; undefined where that was not seen. */
  let listsManifests: boolean | undefined
  const add = (object: ObjectSummary, next: string | undefined): void => {
    const { bytes, contentType, hash, lastModified, name, sloEtag } = object as Partial<ObjectSummary> & ObjectSummary
    if (sloEtag !== undefined) listsManifests ??= true
    if (hash === undefined || contentType === undefined || lastModified === undefined) listsManifests = false
    if (isPlain?.(name) === true) return
    const { beside, open, probable } = isGoing?.(name) === true ? going : staying
    const mayBeDynamic =
      bytes === 0 &&
      (hash === undefined || hash === emptyMd5) &&
      !(name.endsWith("/") || /\bdirectory\b/.test(contentType ?? ""))
    if (sloEtag !== undefined || mayBeDynamic) probable.push(name)
    // Segments next to an object or below its name come right after it.
    else if (next?.startsWith(name) === true) beside.push(name)
    else if (bytes > small || (thorough && bytes > 0)) open.push(object)
  }
  return { add, found: () => ({ staying, going, listsManifests }) }
}

/** Since this version, Swift's listings show which objects are static large objects. Ceph's versions are larger than 9. */
const marksManifests = (version: string | undefined): boolean => {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number)
  return major === 2 && minor >= 13
}

/** What finds the segments in a container. */
export const makeContainerSegments = (
  client: CloudClient,
  operation: string,
  getCapabilities: Discovery["getCapabilities"]
) => {
  const head = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
  const list = makeListing(client, operation)
  const manifests = makeManifests(client, operation)

  const cloudListsManifests = Effect.map(
    Effect.orElseSucceed(getCapabilities(), () => Option.none()),
    (capabilities) => marksManifests(Option.getOrUndefined(capabilities)?.swift?.version)
  )

  /** The objects that may be manifests: those that stay, and those that are going, and stay if they are needed. */
  const candidates = (
    search: SegmentSearch
  ): Effect.Effect<
    { readonly staying: ReadonlyArray<string>; readonly going: ReadonlyArray<string> },
    CommonError | NotFound
  > =>
    Effect.gen(function* () {
      const { add, found } = sorting(search)
      let last: ObjectSummary | undefined
      yield* Stream.runForEachChunk(list({ container: search.container, prefix: search.prefix }), (chunk) =>
        Effect.sync(() => {
          for (const object of chunk) {
            if (last !== undefined) add(last, object.name)
            last = object
          }
        })
      )
      if (last !== undefined) add(last, undefined)
      const { going, listsManifests, staying } = found()
      const isOpen = [staying, going].some(({ beside, open }) => open.length > 0 || beside.length > mostSmall)
      const areMarked = isOpen ? (listsManifests ?? (yield* cloudListsManifests)) : true
      const names = (open: ReadonlyArray<ObjectSummary>): ReadonlyArray<string> => {
        const isFew = open.length <= mostSmall
        return open.filter(({ bytes }) => isFew || bytes > small).map(({ name }) => name)
      }
      // Numbered files are many that the next name begins with: file1, file10.
      const few = (beside: ReadonlyArray<string>) => (beside.length > mostSmall ? [] : beside)
      return {
        // For deletions also where listings mark manifests: an old one may have been stored before they did.
        staying:
          areMarked && !search.thorough
            ? [...staying.probable, ...few(staying.beside)]
            : [...staying.probable, ...staying.beside, ...names(staying.open)],
        going: areMarked
          ? [...going.probable, ...few(going.beside)]
          : [...going.probable, ...going.beside, ...names(going.open)]
      }
    })

  /** Adds the paths of all that a static large object consists of, and of the manifests within it. */
  const addStatic = (address: Address, paths: Set<string>): Effect.Effect<void, CommonError> =>
    manifests.read(address).pipe(
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

  return (search: SegmentSearch): Effect.Effect<ContainerSegments, CommonError | NotFound> =>
    Effect.gen(function* () {
      const { container, targets = false } = search
      const paths = new Set<string>()
      const covered = prefixes()
      const isManifest = new Set<string>()

      /** Adds what an object consists of, if it is a large object or leads to one. Whether it does. */
      const ask = (address: Address, links = 0): Effect.Effect<boolean, CommonError> =>
        head({ container: address.container, object: address.object, symlink: "link" }).pipe(
          Effect.flatMap((info) => {
            const { symlinkTarget, symlinkTargetAccount } = info
            if (symlinkTarget !== undefined) {
              if (symlinkTargetAccount !== undefined || links === mostLinks) return Effect.succeed(false)
              if (targets) paths.add(`${symlinkTarget.container}/${symlinkTarget.object}`)
              return ask(symlinkTarget, links + 1)
            }
            if (info.isStaticLargeObject) return Effect.as(addStatic(address, paths), true)
            const where = info.manifest === undefined ? undefined : segmentsOf(info.manifest)
            if (where?.container === container && where.prefix !== "") covered.add(where.prefix)
            return Effect.succeed(info.manifest !== undefined)
          }),
          Effect.catchTag("NotFound", () => Effect.succeed(false))
        )

      // The prefix of a dynamic large object may also be that of its own name, and of other large objects.
      const has = (object: string): boolean =>
        paths.has(`${container}/${object}`) || (covered.cover(object) && !isManifest.has(object))

      /** What stays because it is needed may need others itself. */
      const addNeeded = (going: ReadonlyArray<string>): Effect.Effect<void, CommonError> =>
        Effect.suspend(() => {
          const needed = going.filter(has)
          if (needed.length === 0) return Effect.void
          return Effect.zipRight(
            Effect.forEach(needed, (object) => ask({ container, object }), { concurrency: atATime, discard: true }),
            Effect.suspend(() => {
              const done = new Set(needed)
              return addNeeded(going.filter((object) => !done.has(object)))
            })
          )
        })

      const { going, staying } = yield* candidates(search)
      yield* Effect.forEach(
        staying,
        (object) =>
          Effect.map(ask({ container, object }), (isLarge) => {
            if (isLarge) isManifest.add(object)
          }),
        { concurrency: atATime, discard: true }
      )
      yield* addNeeded(going)
      return { isEmpty: paths.size === 0 && covered.isEmpty(), has }
    })
}
