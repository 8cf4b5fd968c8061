/** How an object is stored: in one request or in segments, and in which container the segments are. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../../CloudClient.js"
import * as Endpoint from "../../../Endpoint.js"
import type { Opened } from "../../../RequestBody.js"
import { containerEndpoints } from "../containers.js"
import { folderOf, segmentContainerOf, segmentSizeFor } from "../largeObjects/segments.js"
import { objectEndpoints } from "../objects/objects.js"
import { invalid, operation } from "./failures.js"
import type { PutHead, UploadError, UploadOptions } from "./model.js"
import type { Progress } from "./progress.js"

const mebibyte = 1024 ** 2

/** In bytes: the size of the segments of a source that can be read only once. */
const segmentInMemory = 16 * mebibyte

/** In bytes: for bodies of at least this size, old segments are searched for, although that takes a request. */
const worthSearching = 16 * mebibyte

const defaultThreshold = 1024 * mebibyte

/** How a large object is stored. */
export interface Plan {
  readonly kind: "static" | "dynamic"
  readonly container: string
  readonly folder: string
  readonly segmentSize: number
  readonly concurrency: number
  readonly keepSegments: boolean
  readonly oldSegments: "delete" | "keep"
}

/** What happens to the segments of an object that is overwritten. */
export type Overwriting = Pick<Plan, "container" | "oldSegments">

/** Distinguishes uploads of one object: an identifier that finds an interrupted one, or a random value. */
type Version = Parameters<typeof folderOf>[2]

/** An upload with checked options and an open body. */
export interface Upload<E> {
  readonly input: PutHead
  readonly source: Opened<E>
  /** The MD5 that the caller gave. */
  readonly md5: string | undefined
  readonly resume: boolean
  readonly segmentThreshold: number
  readonly segmentSize: number
  /** How it is stored in one request. */
  readonly plain: Overwriting
  /** How it is stored in segments. */
  readonly large: (version?: Version) => Plan
  readonly progress: Progress | undefined
}

/**
 * The container, the name and the headers of an object. Not spread, since V8 would create a hidden class for each
 * object, and keep it with all that the object refers to until the next major collection.
 */
export const headOf = (given: PutHead, createOnly: boolean | undefined): PutHead =>
  Object.assign(
    {},
    given,
    createOnly === true ? { ifNoneMatch: "*" as const } : undefined,
    given.contentType === undefined ? { detectContentType: true } : undefined
  )

/** An open body without requirements. */
const provided = <E, R>(source: Opened<E, R>): Effect.Effect<Opened<E>, never, R> =>
  Effect.map(Effect.context<R>(), (context) => {
    const { slice, unchanged, whole } = source
    return {
      ...source,
      whole: whole && Effect.provide(whole, context),
      source: Stream.provideContext(source.source, context),
      slice: slice && ((offset, count) => Stream.provideContext(slice(offset, count), context)),
      unchanged: unchanged && Effect.provide(unchanged, context)
    }
  })

/** Adds the file's modification time to the metadata. */
const withModified = (head: PutHead, { modified }: Pick<Opened<unknown>, "modified">): PutHead =>
  modified === undefined
    ? head
    : { ...head, metadata: { mtime: (modified.epochMillis / 1000).toFixed(6), ...head.metadata } }

/** Checks the options of an upload, applies their defaults, and opens its body. */
export const prepareUpload = <E, R>(
  client: CloudClient,
  options: UploadOptions<E, R>,
  opened?: Opened<E, R>
): Effect.Effect<Upload<E>, UploadError | E, R> =>
  Effect.gen(function* () {
    const {
      body,
      concurrency = 4,
      createOnly,
      keepSegments,
      largeObject: kind = "static",
      md5,
      oldSegments,
      progress,
      resume = false,
      segmentContainer: container = segmentContainerOf(options.container),
      segmentSize,
      segmentThreshold = defaultThreshold,
      storeModified = false,
      ...rest
    } = options
    const head = headOf(rest, createOnly)
    yield* Endpoint.validate(client, { ...objectEndpoints.putObject, operation }, { ...head, md5 })
    // The default name may be too long.
    yield* Endpoint.validate(client, { ...containerEndpoints.createContainer, operation }, { container })
    const source = yield* provided(opened ?? (yield* body.open))
    const { length, slice } = source
    if (resume && (slice === undefined || length === undefined)) {
      return yield* invalid("resume", "a body that can be read at any offset, bytes or a file", ", not a Stream")
    }
    const size = segmentSize ?? (slice === undefined || length === undefined ? segmentInMemory : segmentSizeFor(length))
    return {
      input: storeModified ? withModified(head, source) : head,
      source,
      md5,
      resume,
      segmentThreshold,
      segmentSize: size,
      plain: { container, oldSegments: oldSegments ?? ((length ?? 0) >= worthSearching ? "delete" : "keep") },
      large: (version = randomUUID()) => ({
        kind,
        container,
        folder: folderOf(head.object, kind, version),
        segmentSize: size,
        concurrency,
        keepSegments: keepSegments ?? resume,
        oldSegments: oldSegments ?? "delete"
      }),
      progress
    }
  })
