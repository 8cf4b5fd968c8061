/** Nests manifests, for more segments than one manifest may have. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { ChecksumMismatch } from "../../../CloudError.js"
import { pathOf } from "../objects/address.js"
import { contradicts } from "../objects/etags.js"
import { Segment } from "./manifests.js"
import { etagOf, mostEntries, numbered } from "./segments.js"

/** Where nested manifests are stored, and the operation that stores them. */
export interface Nesting<E> {
  readonly operation: string
  readonly container: string
  /** The folder of the segments. */
  readonly folder: string
  readonly put: (
    object: string,
    segments: ReadonlyArray<Segment>
  ) => Effect.Effect<{ readonly etag?: string | undefined }, E>
}

/** Stores nested manifests. */
export const makeNesting = <E>({ container, folder, operation, put }: Nesting<E>) => {
  /** Stores the manifest of one group of segments. `level` 0 has no manifests in it. */
  const putGroup = (
    segments: ReadonlyArray<Segment>,
    index: number,
    level: number
  ): Effect.Effect<Segment, E | ChecksumMismatch> => {
    const object = `${folder}/manifests/${level === 0 ? "" : `${level}-`}${numbered(index)}`
    const expected = etagOf(segments)
    return Effect.flatMap(put(object, segments), ({ etag }) =>
      etag === undefined || !contradicts(etag, expected)
        ? Effect.succeed({
            path: pathOf({ container, object }),
            etag: expected,
            bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0)
          })
        : Effect.fail(
            new ChecksumMismatch({
              service: "CloudFiles",
              operation,
              container,
              object,
              expected,
              actual: etag,
              message: `${operation}: the manifest ${container}/${object} was sent with the ETag ${expected}, but the cloud stored ${etag}`
            })
          )
    )
  }

  /** Stores nested manifests until the rest fits into one. */
  const fitting = (
    segments: ReadonlyArray<Segment>,
    level: number
  ): Effect.Effect<ReadonlyArray<Segment>, E | ChecksumMismatch> =>
    segments.length <= mostEntries
      ? Effect.succeed(segments)
      : Effect.flatMap(
          Effect.forEach(Chunk.chunksOf(Chunk.fromIterable(segments), mostEntries), (group, index) =>
            putGroup(Chunk.toReadonlyArray(group), index, level)
          ),
          (above) => fitting(above, level + 1)
        )

  return { putGroup, fitting }
}
