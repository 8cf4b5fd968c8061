/**
 * The segments of a large object that is being uploaded, in groups of the maximum size of a manifest. Once there is more than one
 * group, the manifests of complete groups are stored, and their segments dropped from memory.
 */
import * as Effect from "effect/Effect"
import type { Segment } from "../largeObjects/manifests.js"
import { mostEntries } from "../largeObjects/segments.js"
import type { NoStaticLargeObjects } from "../largeObjects/staticManifests.js"
import type { UploadError } from "./model.js"

/** Up to 1,000 segments of one manifest; once that is stored, the manifest itself. */
interface Group {
  readonly segments: Array<Segment>
  count: number
  isPut: boolean
}

/** Stores the manifest of a group of segments. */
type PutGroup = (
  segments: ReadonlyArray<Segment>,
  index: number
) => Effect.Effect<Segment, UploadError | NoStaticLargeObjects>

export const makeSegmentGroups = (given: "static" | "dynamic", putGroup: PutGroup) => {
  const groups = new Map<number, Group>()
  let kind = given
  let count = 0

  const put = ([index, { segments }]: readonly [number, Group]) =>
    Effect.map(putGroup(segments, index), (submanifest) => {
      segments.splice(0, Infinity, submanifest)
    })

  /**
   * Stores the manifests of complete groups, and at the end those of all. If the cloud does not support static large objects, the
   * upload continues as that of a dynamic one with the same segments.
   */
  const putComplete = (isEnd: boolean): Effect.Effect<void, UploadError> =>
    Effect.suspend(() => {
      if (kind === "dynamic" || groups.size < 2) return Effect.void
      const complete = [...groups].filter(([, group]) => !group.isPut && (isEnd || group.count === mostEntries))
      // All at once, since another segment may be added while the first manifest is stored.
      for (const [, group] of complete) group.isPut = true
      return Effect.forEach(complete, put, { discard: true }).pipe(
        Effect.catchTag("NoStaticLargeObjects", () =>
          Effect.sync(() => {
            kind = "dynamic"
          })
        )
      )
    })

  return {
    /** Adds a stored segment, which may complete a group. */
    add: (index: number, segment: Segment): Effect.Effect<void, UploadError> =>
      Effect.suspend(() => {
        const number = Math.floor(index / mostEntries)
        const group = groups.get(number) ?? { segments: [], count: 0, isPut: false }
        groups.set(number, group)
        group.segments[index % mostEntries] = segment
        group.count++
        count++
        return putComplete(false)
      }),
    putRest: putComplete(true),
    /** The number of segments that were added. */
    count: (): number => count,
    kind: (): "static" | "dynamic" => kind,
    /** The entries of the manifest: segments, or the manifests of groups. */
    entries: (): ReadonlyArray<Segment> =>
      [...groups].toSorted(([a], [b]) => a - b).flatMap(([, { segments }]) => segments)
  }
}
