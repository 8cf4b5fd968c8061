/**
 * Merges a folder's files with a listing of objects. Both are sorted by the bytes of their names, so they are merged
 * while they arrive, and neither is held in memory.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { MalformedResponse } from "../../../CloudError.js"
import type { FoundEntry } from "../../../internal/files/folderReader.js"
import { compareNames } from "../../../internal/worker/names.js"
import type { ObjectSummary } from "../objects/objects.js"

/** An object of a folder. */
export interface RemoteEntry {
  /** Within the folder. */
  readonly path: string
  readonly object: ObjectSummary
  /** Whether it is a folder marker. */
  readonly isMarker: boolean
}

/** A file and an object of the same name; one of the two may be missing. */
export interface Pair {
  readonly path: string
  readonly local: FoundEntry | undefined
  readonly remote: RemoteEntry | undefined
}

/** The path of the folder that a marker represents. */
export const markedFolder = ({ path }: RemoteEntry): string => path.replace(/\/$/, "")

const keyOf = (entry: FoundEntry): string => (entry.kind === "folder" ? `${entry.path}/` : entry.path)

/**
 * Markers without a trailing slash, which are sorted before the folder's own entry: `photos`, `photos-old.jpg`,
 * `photos/`. They are kept until the merge has passed that position.
 */
const makePassedMarkers = () => {
  let passed: ReadonlyArray<string> = []
  return {
    add: ({ isMarker, path }: RemoteEntry): void => {
      if (isMarker && !path.endsWith("/")) {
        passed = [...passed.filter((one) => compareNames(`${one}/`, path) >= 0), path]
      }
    },
    /** Whether a marker represents this local folder. */
    has: ({ kind, path }: FoundEntry): boolean => kind === "folder" && passed.includes(path)
  }
}

interface Side<A> {
  items: ReadonlyArray<A>
  at: number
  ended: boolean
}

/** Fails if a listing is not sorted by the bytes of its names: files would then seem to be missing. */
export const requireSorted = <E, R>(
  operation: string,
  entries: Stream.Stream<RemoteEntry, E, R>
): Stream.Stream<RemoteEntry, E | MalformedResponse, R> =>
  Stream.suspend(() => {
    let last: string | undefined
    return Stream.mapChunksEffect(entries, (chunk) => {
      for (const { path } of chunk) {
        if (last !== undefined && compareNames(last, path) >= 0) {
          return Effect.fail(
            new MalformedResponse({
              service: "CloudFiles",
              operation,
              status: 200,
              path: "name",
              expected: "names sorted by their bytes",
              message: `${operation}: the listing is not sorted by the bytes of its names`
            })
          )
        }
        last = path
      }
      return Effect.succeed(chunk)
    })
  })

/** Merges two streams with the same sort order. */
export const merged = <E1, R1, E2, R2>(
  local: Stream.Stream<FoundEntry, E1, R1>,
  remote: Stream.Stream<RemoteEntry, E2, R2>
): Stream.Stream<Pair, E1 | E2, R1 | R2> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const pullLocal = yield* Stream.toPull(local)
      const pullRemote = yield* Stream.toPull(remote)
      const left: Side<FoundEntry> = { items: [], at: 0, ended: false }
      const right: Side<RemoteEntry> = { items: [], at: 0, ended: false }
      const fill = <A, E, R>(
        side: Side<A>,
        pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>, R>
      ): Effect.Effect<void, Option.Option<E>, R> =>
        Effect.suspend(() =>
          side.ended || side.at < side.items.length
            ? Effect.void
            : Effect.matchEffect(pull, {
                onFailure: (end) => {
                  if (Option.isSome(end)) return Effect.fail(end)
                  side.ended = true
                  return Effect.void
                },
                onSuccess: (chunk) => {
                  side.items = Chunk.toReadonlyArray(chunk)
                  side.at = 0
                  return fill(side, pull)
                }
              })
        )
      const passed = makePassedMarkers()
      const pairs = (): Array<Pair> => {
        const found: Array<Pair> = []
        for (;;) {
          const entry = left.items[left.at]
          const object = right.items[right.at]
          if ((entry === undefined && !left.ended) || (object === undefined && !right.ended)) return found
          if (entry === undefined && object === undefined) return found
          const order = entry === undefined ? 1 : object === undefined ? -1 : compareNames(keyOf(entry), object.path)
          if (order <= 0) left.at++
          if (order >= 0) right.at++
          if (order > 0 && object !== undefined) passed.add(object)
          if (order < 0 && entry !== undefined && passed.has(entry)) continue
          found.push({
            path: (order <= 0 ? entry?.path : object?.path) ?? "",
            local: order <= 0 ? entry : undefined,
            remote: order >= 0 ? object : undefined
          })
        }
      }
      return Stream.repeatEffectChunkOption(
        Effect.flatMap(Effect.zipRight(fill(left, pullLocal), fill(right, pullRemote)), () => {
          const found = pairs()
          return found.length === 0 && left.ended && right.ended
            ? Effect.fail(Option.none())
            : Effect.succeed(Chunk.unsafeFromArray(found))
        })
      )
    })
  )
