/** The objects of a folder, without the segments of large objects. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { isSelected } from "../../../internal/worker/names.js"
import type { Discovery } from "../capabilities.js"
import { containerEndpoints } from "../containers.js"
import { type ContainerSegments, makeContainerSegments } from "../largeObjects/containerSegments.js"
import { completedWhere, makeCompleting, makeListing } from "../objects/listing.js"
import { objectEndpoints } from "../objects/objects.js"
import type { Verdict } from "./comparison.js"
import type { Prepared } from "./job.js"
import { isMarker, mayBeMarker } from "./markers.js"
import type { RemoteEntry } from "./merge.js"
import type { FileRefused, FolderError } from "./model.js"
import { refusedFile } from "./paths.js"

/** The segments of a container, searched for on first use. */
type FoundSegments = Effect.Effect<ContainerSegments, FolderError>

export const segmentRefused = (operation: string, path: string): FileRefused =>
  refusedFile(
    operation,
    path,
    "segment",
    "the object with this name is a segment of a large object, which the upload would destroy"
  )

/** Removes the segments of large objects. */
export const withoutSegments = <E, R>(
  segments: FoundSegments,
  entries: Stream.Stream<RemoteEntry, E, R>
): Stream.Stream<RemoteEntry, E | FolderError, R> =>
  Stream.mapChunksEffect(entries, (chunk) =>
    Chunk.isEmpty(chunk)
      ? Effect.succeed(chunk)
      : Effect.map(segments, ({ has, isEmpty }) =>
          isEmpty ? chunk : Chunk.filter(chunk, ({ object }) => !has(object.name))
        )
  )

/**
 * Removes the segments of large objects from comparisons. A file of the same name that differs counts as local only;
 * with `refuses` it fails, because it would overwrite the segment.
 */
export const correctSegments = <E, R>(
  operation: string,
  segments: FoundSegments,
  refuses: boolean,
  verdicts: Stream.Stream<Verdict, E, R>
): Stream.Stream<Verdict, E | FolderError, R> => {
  const differs = ({ remote, verdict }: Verdict): boolean =>
    remote !== undefined && (verdict === "different" || (verdict === "onlyRemote" && !refuses))
  return Stream.mapChunksEffect(verdicts, (chunk) =>
    Chunk.some(chunk, differs)
      ? Effect.map(segments, ({ has }) =>
          Chunk.filterMap(chunk, (one) => {
            if (!differs(one) || !has(one.remote?.object.name ?? "")) return Option.some(one)
            if (one.local === undefined) return Option.none()
            return Option.some<Verdict>(
              refuses
                ? { ...one, verdict: { error: segmentRefused(operation, one.path) } }
                : { ...one, remote: undefined, verdict: "onlyLocal" }
            )
          })
        )
      : Effect.succeed(chunk)
  )
}

/** Lists the objects of folders for one operation. */
export const makeRemote = (client: CloudClient, operation: string, getCapabilities: Discovery["getCapabilities"]) => {
  const findSegments = makeContainerSegments(client, operation, getCapabilities)
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const complete = makeCompleting(client, operation)
  const list = makeListing(client, operation)
  // Without a limit, the cloud cannot refuse the request for exceeding its maximum.
  const listPage = Endpoint.method(client, {
    ...objectEndpoints.listObjectsPage,
    operation,
    errors: new Set(["NotFound"] as const)
  })

  /** The segments of large objects under the prefix. */
  const segmentsUnder = (container: string, prefix: string): Effect.Effect<FoundSegments> =>
    Effect.cached(findSegments({ container, prefix, thorough: false }))

  return {
    /** Fails with `NotFound` if the container does not exist, before any file is read. */
    getContainer: Endpoint.method(client, { ...containerEndpoints.getContainer, operation }),
    findSegments,
    segmentsUnder,
    /** The objects of a folder. `checked` runs at the end of the listing, with the number of objects. */
    entries: (
      container: string,
      { filter, prefix }: Prepared,
      checked: (listed: number) => Effect.Effect<void, CommonError | NotFound> = () => Effect.void
    ): Stream.Stream<RemoteEntry, CommonError | NotFound> =>
      Stream.suspend(() => {
        let listed = 0
        return list({ container, prefix }).pipe(
          Stream.mapChunksEffect((chunk) => {
            listed += chunk.length
            return completedWhere(chunk, mayBeMarker, (entry) => complete(container, entry))
          }),
          Stream.concat(Stream.execute(Effect.suspend(() => checked(listed)))),
          Stream.mapChunks((chunk) =>
            Chunk.filterMap(chunk, (object) => {
              const path = object.name.slice(prefix.length)
              const marker = isMarker(object)
              const bare = marker ? path.replace(/\/$/, "") : path
              return bare !== "" && isSelected(filter, bare)
                ? Option.some<RemoteEntry>({ path, object, isMarker: marker })
                : Option.none()
            })
          )
        )
      }),
    /**
     * Tells whether an upload would overwrite a segment. If nothing is stored under the prefix, no search is needed.
     */
    overwrittenSegments: (container: string, prefix: string) =>
      Effect.gen(function* () {
        const isFree = (yield* listPage({ container, prefix, limit: 1 })).length === 0
        const segments = isFree ? undefined : yield* segmentsUnder(container, "")
        return (object: string): Effect.Effect<boolean, FolderError> =>
          segments === undefined
            ? Effect.succeed(false)
            : Effect.flatMap(segments, ({ has }) =>
                has(object)
                  ? Effect.match(head({ container, object }), {
                      onFailure: ({ _tag }) => _tag !== "NotFound",
                      onSuccess: () => true
                    })
                  : Effect.succeed(false)
              )
      })
  }
}
