/** Finds the objects of a container that may be manifests of large objects, from its listing. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound } from "../../../CloudError.js"
import type { Discovery } from "../capabilities.js"
import { md5OfNothing } from "../objects/etags.js"
import { makeListing } from "../objects/listing.js"
import type { ObjectSummary } from "../objects/objects.js"

/** Where to search for manifests, and which of them matter. */
export interface SegmentSearch {
  readonly container: string
  /** Only objects with this prefix are examined. Default: the whole container. */
  readonly prefix?: string | undefined
  /**
   * For deletions: examines every object that the listing does not rule out; of those up to 1 MiB, only if there are at
   * most 1,000. Otherwise examines objects larger than 1 MiB, and only if this cloud's listings do not mark manifests.
   */
  readonly thorough: boolean
  /** Objects that will be deleted, so that their segments need not be kept unless others need them. */
  readonly isDeleted?: (object: string) => boolean
  /** Objects known not to be manifests. */
  readonly isPlain?: (object: string) => boolean
  /** Whether targets of symbolic links are treated like segments. Default false. */
  readonly targets?: boolean
}

/** Small objects are examined only up to this number, since manifests are rarely small. */
const maxSmall = 1000

/** Larger objects are always examined. */
const small = 1024 * 1024

/** Objects that may be manifests. */
interface Candidates {
  /** Names that the listing suggests are manifests. */
  readonly likely: Array<string>
  /** Names that are a prefix of the next name, as for a manifest with segments below its name. */
  readonly prefixesOfNext: Array<string>
  /** Objects about which the listing says nothing. */
  readonly unknown: Array<ObjectSummary>
}

const noCandidates = (): Candidates => ({ likely: [], prefixesOfNext: [], unknown: [] })

/** Whether an empty object may be the manifest of a dynamic large object. */
const mayBeDynamic = ({ bytes, contentType = "", hash = md5OfNothing, name }: ObjectSummary): boolean =>
  bytes === 0 && hash === md5OfNothing && !(name.endsWith("/") || /\bdirectory\b/.test(contentType))

/** Sorts the objects of a listing by whether they may be manifests. */
const makeSorting = ({ isDeleted, isPlain, thorough }: SegmentSearch) => {
  const staying = noCandidates()
  const going = noCandidates()
  /** Whether this cloud's listings mark static large objects; undefined if that is unknown. */
  let listsManifests: boolean | undefined
  const add = (object: ObjectSummary, next: string | undefined): void => {
    const { bytes, contentType, hash, lastModified, name, sloEtag } = object
    if (sloEtag !== undefined) listsManifests ??= true
    if (hash === undefined || contentType === undefined || lastModified === undefined) listsManifests = false
    if (isPlain?.(name) === true) return
    const { likely, prefixesOfNext, unknown } = isDeleted?.(name) === true ? going : staying
    if (sloEtag !== undefined || mayBeDynamic(object)) likely.push(name)
    else if (next?.startsWith(name) === true) prefixesOfNext.push(name)
    else if (bytes > small || (thorough && bytes > 0)) unknown.push(object)
  }
  return { add, found: () => ({ staying, going, listsManifests }) }
}

/** Whether this version of Swift marks static large objects in listings. Ceph's version numbers are larger than 9. */
const marksManifests = (version: string | undefined): boolean => {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number)
  return major === 2 && minor >= 13
}

/** The names to examine. With `areMarked`, an unmarked object is not a static large object. */
const namesOf = ({ likely, prefixesOfNext, unknown }: Candidates, areMarked: boolean): ReadonlyArray<string> => {
  // Numbered files are often prefixes of the next name: file1, file10.
  if (areMarked) return [...likely, ...(prefixesOfNext.length > maxSmall ? [] : prefixesOfNext)]
  const isFew = unknown.length <= maxSmall
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

  /** The objects that may be manifests, separated into those that are kept and those that will be deleted. */
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
        ({ prefixesOfNext, unknown }) => unknown.length > 0 || prefixesOfNext.length > maxSmall
      )
      const areMarked = isOpen ? (listsManifests ?? (yield* cloudListsManifests)) : true
      return {
        // For deletions, marks are not enough: an old manifest may have been stored before listings had them.
        staying: namesOf(staying, areMarked && !search.thorough),
        going: namesOf(going, areMarked)
      }
    })
}
