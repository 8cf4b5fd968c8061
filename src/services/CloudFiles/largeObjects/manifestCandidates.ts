/** Which objects of a container may be manifests of large objects, as far as its listing shows. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound } from "../../../CloudError.js"
import type { Discovery } from "../capabilities.js"
import { md5OfNothing } from "../objects/etags.js"
import { makeListing } from "../objects/listing.js"
import type { ObjectSummary } from "../objects/objects.js"

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

/** Up to how many objects small ones are asked for too. A manifest's object is seldom so small. */
const mostSmall = 1000

/** Objects of more bytes are asked for however many they are. */
const small = 1024 * 1024

/** Objects that may be manifests. */
interface Candidates {
  /** Names that the listing makes likely to be manifests. */
  readonly likely: Array<string>
  /** Names that the next name begins with, as a manifest's does whose segments are below its name. */
  readonly prefixesOfNext: Array<string>
  /** Objects for which the listing shows nothing. */
  readonly unknown: Array<ObjectSummary>
}

const noCandidates = (): Candidates => ({ likely: [], prefixesOfNext: [], unknown: [] })

/** Whether an object without bytes of its own may be the manifest of a dynamic large object. */
const mayBeDynamic = ({ bytes, contentType = "", hash = md5OfNothing, name }: ObjectSummary): boolean =>
  bytes === 0 && hash === md5OfNothing && !(name.endsWith("/") || /\bdirectory\b/.test(contentType))

/** Sorts the objects of a listing by whether they may be manifests. */
const makeSorting = ({ isGoing, isPlain, thorough }: SegmentSearch) => {
  const staying = noCandidates()
  const going = noCandidates()
  /** Whether listings of this cloud show which objects are static large objects; undefined where that was not seen. */
  let listsManifests: boolean | undefined
  const add = (object: ObjectSummary, next: string | undefined): void => {
    const { bytes, contentType, hash, lastModified, name, sloEtag } = object
    if (sloEtag !== undefined) listsManifests ??= true
    if (hash === undefined || contentType === undefined || lastModified === undefined) listsManifests = false
    if (isPlain?.(name) === true) return
    const { likely, prefixesOfNext, unknown } = isGoing?.(name) === true ? going : staying
    if (sloEtag !== undefined || mayBeDynamic(object)) likely.push(name)
    else if (next?.startsWith(name) === true) prefixesOfNext.push(name)
    else if (bytes > small || (thorough && bytes > 0)) unknown.push(object)
  }
  return { add, found: () => ({ staying, going, listsManifests }) }
}

/** Since this version, Swift's listings show which objects are static large objects. Ceph's versions are larger than 9. */
const marksManifests = (version: string | undefined): boolean => {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number)
  return major === 2 && minor >= 13
}

/** The names to ask for. `areMarked` says that a listing without a mark shows that an object is no static large object. */
const namesOf = ({ likely, prefixesOfNext, unknown }: Candidates, areMarked: boolean): ReadonlyArray<string> => {
  // Numbered files are many that the next name begins with: file1, file10.
  if (areMarked) return [...likely, ...(prefixesOfNext.length > mostSmall ? [] : prefixesOfNext)]
  const isFew = unknown.length <= mostSmall
  return [
    ...likely,
    ...prefixesOfNext,
    ...unknown.filter(({ bytes }) => isFew || bytes > small).map(({ name }) => name)
  ]
}

export const makeCandidates = (
  client: CloudClient,
  operation: string,
  getCapabilities: Discovery["getCapabilities"]
) => {
  const list = makeListing(client, operation)
  const cloudListsManifests = Effect.map(
    Effect.orElseSucceed(getCapabilities(), () => Option.none()),
    (capabilities) => marksManifests(Option.getOrUndefined(capabilities)?.swift?.version)
  )

  /** The objects that may be manifests: those that stay, and those that are deleted, and stay if they are needed. */
  return (
    search: SegmentSearch
  ): Effect.Effect<
    { readonly staying: ReadonlyArray<string>; readonly going: ReadonlyArray<string> },
    CommonError | NotFound
  > =>
    Effect.gen(function* () {
      const { add, found } = makeSorting(search)
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
      const isOpen = [staying, going].some(
        ({ prefixesOfNext, unknown }) => unknown.length > 0 || prefixesOfNext.length > mostSmall
      )
      const areMarked = isOpen ? (listsManifests ?? (yield* cloudListsManifests)) : true
      return {
        // For deletions also where listings mark manifests: an old one may have been stored before they did.
        staying: namesOf(staying, areMarked && !search.thorough),
        going: namesOf(going, areMarked)
      }
    })
}
