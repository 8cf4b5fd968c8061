/** The objects of a folder, without the segments of large objects, which are no files. */
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

/** The segments of a container, searched for when they are first needed. */
type FoundSegments = Effect.Effect<ContainerSegments, FolderError>

export const segmentRefused = (operation: string, path: string): FileRefused =>
  refusedFile(
    operation,
    path,
    "segment",
    "the object of its name is a segment of a large object, which would be destroyed"
  )

/** Drops the segments of large objects. */
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
 * Corrects verdicts on segments of large objects, which are no counterparts of files. One without a file is dropped. A file of its
 * name that differs is only local; or with `refuses` it fails, since it would overwrite the segment.
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

/** The objects of containers, for one operation. */
export const makeRemote = (client: CloudClient, operation: string, getCapabilities: Discovery["getCapabilities"]) => {
  const findSegments = makeContainerSegments(client, operation, getCapabilities)
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const complete = makeCompleting(client, operation)
  const list = makeListing(client, operation)
  // Without a limit of its own, a listing is not refused for it.
  const listPage = Endpoint.method(client, {
    ...objectEndpoints.listObjectsPage,
    operation,
    errors: new Set(["NotFound"] as const)
  })

  /** The segments of large objects under the prefix. */
  const segmentsUnder = (container: string, prefix: string): Effect.Effect<FoundSegments> =>
    Effect.cached(findSegments({ container, prefix, thorough: false }))

  return {
    /** Fails with `NotFound` where there is no such container, before anything is read. */
    getContainer: Endpoint.method(client, { ...containerEndpoints.getContainer, operation }),
    findSegments,
    segmentsUnder,
    /** The objects of a folder. `checked` is run at the end of the listing, with the number of its objects. */
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
    /** Whether an object that an upload would overwrite is a segment. None is where nothing is stored under the prefix. */
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
