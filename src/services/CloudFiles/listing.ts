/**
 * Marker-based listings, which request each page with the last name of the previous one, and emit items as they arrive.
 */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { MalformedResponse, TransportError } from "../../CloudError.js"
import { UnreadableItem } from "../../Endpoint.js"
import { renameIssuePaths } from "../../internal/paging/listing.js"
import { makeCircleDetector } from "../../internal/paging/repeatedPages.js"
import { struct } from "../../internal/schema/struct.js"
import { PageLimit } from "../../internal/schema/wire.js"
import * as RetryPolicy from "../../RetryPolicy.js"
import { NamePart } from "./names.js"

/** A common prefix of names up to and including a delimiter: `photos/2026/`. */
export interface Subdirectory {
  readonly subdir: string
}

export const Subdirectory = struct<Subdirectory>(() => ({ subdir: Schema.String }))

/** Which names to list. */
export interface NameRange {
  /** Only names after this one. */
  readonly marker?: string | undefined
  /** Only names before this one. */
  readonly endMarker?: string | undefined
  /** Only names that begin with this. */
  readonly prefix?: string | undefined
}

/** Which page of names to list. */
export interface NamesPage extends NameRange {
  /** Names that contain this after the prefix are grouped as one {@link Subdirectory} per common prefix. */
  readonly delimiter?: string | undefined
  /** The maximum number of items in the page; the cloud allows 10,000. */
  readonly limit?: number | undefined
}

/** The page size of a listing. */
export interface PageSize {
  /** How many items to request at a time. Default: the cloud's maximum, which is 10,000. */
  readonly pageSize?: number | undefined
}

/** The query parameters of a page of containers or objects. */
export const pageQuery = () => ({
  /** Only names after this one. */
  marker: Schema.optional(NamePart),
  endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
  prefix: Schema.optional(NamePart),
  delimiter: Schema.optional(
    NamePart.pipe(Schema.filter((text) => text !== "", { description: "a delimiter that is not empty" }))
  ),
  /** The maximum number of items in the page; the cloud allows 10,000. */
  limit: Schema.optional(PageLimit)
})

/** Requests a listing as JSON. */
export const json = { format: "json" }

/** A marker-based listing, and how to open one page of it. */
export interface MarkerListing<A, Marker, E> {
  readonly service: string
  readonly operation: string
  /** The item after which the listing starts. */
  readonly first: Marker | undefined
  /** The marker of the next page, from the last item of a page as sent by the cloud; undefined if it has no name. */
  readonly markerOf: (item: A | RawItem) => Marker | undefined
  readonly open: (
    marker: Marker | undefined
  ) => Effect.Effect<Stream.Stream<A | UnreadableItem, TransportError | MalformedResponse>, E, Scope.Scope>
  /** The service's retry policy, used if the caller provides none. */
  readonly retry: RetryPolicy.Service | undefined
}

/** An item that could not be decoded. */
export type RawItem = Readonly<Record<string, unknown>>

/** The name of a container, object or subdirectory, even if the rest of it could not be decoded. */
export const nameOf = (item: { readonly name: string } | { readonly subdir: string } | RawItem): string | undefined => {
  const name = "subdir" in item ? item.subdir : "name" in item ? item.name : undefined
  return typeof name === "string" ? name : undefined
}

const isRaw = (item: unknown): item is RawItem => typeof item === "object" && item !== null && !Array.isArray(item)

const repeated = ({
  operation,
  service
}: {
  readonly service: string
  readonly operation: string
}): MalformedResponse =>
  new MalformedResponse({
    service,
    operation,
    status: 200,
    path: "name",
    expected: "a page that was not returned before",
    message: `${operation}: the cloud returns the same page twice`
  })

/** A chunk without undecodable items, which are rare. */
const readable = <A>(chunk: Chunk.Chunk<A | UnreadableItem>): Chunk.Chunk<A> =>
  Chunk.filter(chunk, (item): item is A => !(item instanceof UnreadableItem))

/** The state of a running listing. */
interface Listing<A, Marker, E> {
  readonly options: MarkerListing<A, Marker, E>
  readonly scope: Scope.Scope
  readonly attempts: Schedule.ScheduleDriver<unknown, TransportError>
  readonly isCircle: (marker: Marker | undefined) => boolean
  marker: Marker | undefined
  /** Whether the current page has had no items so far. */
  isEmpty: boolean
  /** Whether an item has arrived since the last failure, so that the number of retries starts again. */
  hasProgressed: boolean
  /** The error for the first undecodable item. */
  unreadable: MalformedResponse | undefined
  /** Pulls the next items. */
  pull: Pull<A, E>
}

type Pull<A, E> = Effect.Effect<Chunk.Chunk<A>, Option.Option<E | TransportError | MalformedResponse>>

const fail = <E>(error: E): Effect.Effect<never, Option.Option<E>> => Effect.fail(Option.some(error))

/** Remembers the last item of a chunk, and removes undecodable ones. */
const received = <A, Marker, E>(
  listing: Listing<A, Marker, E>,
  chunk: Chunk.NonEmptyChunk<A | UnreadableItem>
): Chunk.Chunk<A> => {
  const { markerOf } = listing.options
  const last = Chunk.lastNonEmpty(chunk)
  const next = last instanceof UnreadableItem ? (isRaw(last.raw) ? markerOf(last.raw) : undefined) : markerOf(last)
  listing.marker = next ?? listing.marker
  listing.isEmpty = false
  listing.hasProgressed = true
  const bad = Chunk.toReadonlyArray(chunk).find((item) => item instanceof UnreadableItem)
  if (bad === undefined) return chunk as Chunk.Chunk<A>
  listing.unreadable ??= bad.error
  return readable(chunk)
}

/** Opens the next page, or ends the listing after an empty one. */
const nextPage = <A, Marker, E extends { readonly _tag: string }>(
  listing: Listing<A, Marker, E>,
  requested: Marker | undefined
): Pull<A, E> =>
  Effect.suspend((): Pull<A, E> => {
    const { isCircle, isEmpty, marker, options, unreadable } = listing
    if (isEmpty) return unreadable === undefined ? Effect.fail(Option.none()) : fail(unreadable)
    // Without a name there is no marker for the next page.
    if (marker === requested && unreadable !== undefined) return fail(unreadable)
    return isCircle(marker) ? fail(repeated(options)) : openPage(listing)
  })

/** Opens the page after the last item that arrived, and pulls its first items. */
const openPage = <A, Marker, E extends { readonly _tag: string }>(listing: Listing<A, Marker, E>): Pull<A, E> =>
  Effect.suspend(() => {
    const requested = listing.marker
    const { open, operation } = listing.options
    listing.isEmpty = true
    return Effect.gen(function* () {
      const scope = yield* Scope.fork(listing.scope, ExecutionStrategy.sequential)
      // Opening a page is already retried by the policy.
      const stream = yield* Scope.extend(open(requested), scope).pipe(
        Effect.mapError((error) => Option.some(renameIssuePaths(operation)(error) as E))
      )
      const items = yield* Scope.extend(Stream.toPull(stream), scope)
      listing.pull = Effect.matchEffect(items, {
        onSuccess: (chunk): Pull<A, E> =>
          Effect.succeed(Chunk.isNonEmpty(chunk) ? received(listing, chunk) : Chunk.empty()),
        onFailure: (cause): Pull<A, E> => {
          const next = Option.match(cause, {
            onSome: (error): Pull<A, E> => (error instanceof TransportError ? retryPage(listing, error) : fail(error)),
            onNone: (): Pull<A, E> => nextPage(listing, requested)
          })
          return Effect.zipRight(Scope.close(scope, Exit.void), next)
        }
      })
      return yield* listing.pull
    })
  })

/** Reopens a page that broke off. */
const retryPage = <A, Marker, E extends { readonly _tag: string }>(
  listing: Listing<A, Marker, E>,
  error: TransportError
): Pull<A, E> => {
  const { attempts, hasProgressed, isCircle, marker, options } = listing
  return Effect.flatMap(hasProgressed ? attempts.reset : Effect.void, (): Pull<A, E> => {
    if (hasProgressed && isCircle(marker)) return fail(repeated(options))
    listing.hasProgressed = false
    return Effect.matchEffect(attempts.next(error), {
      onFailure: () => fail(error),
      onSuccess: () => openPage(listing)
    })
  })
}

/**
 * The items of all pages, until a page is empty: a page may contain fewer items than requested, so a short one does not
 * mean the end. If a page breaks off, the listing continues after the last item, with the retries of one request.
 *
 * Items that cannot be decoded are skipped; after all others, the listing fails with `MalformedResponse` for the first
 * of them. It also fails with `MalformedResponse` if pages repeat.
 */
export const listing = <A, Marker, E extends { readonly _tag: string }>(
  options: MarkerListing<A, Marker, E>
): Stream.Stream<A, E | TransportError | MalformedResponse> =>
  // One pull for all pages: with concatenated streams, each item would pass through as many layers as pages.
  Stream.fromPull(
    Effect.gen(function* () {
      const policy = yield* RetryPolicy.current(options.retry)
      const attempts = yield* Schedule.driver(
        RetryPolicy.scheduleSince<TransportError>(0, { ...policy, maxElapsed: Duration.infinity }, true)
      )
      const isCircle = makeCircleDetector()
      if (options.first !== undefined) isCircle(options.first)
      const listing: Listing<A, Marker, E> = {
        options,
        scope: yield* Effect.scope,
        attempts,
        isCircle,
        marker: options.first,
        isEmpty: true,
        hasProgressed: false,
        unreadable: undefined,
        pull: Effect.suspend(() => openPage(listing))
      }
      return Effect.suspend(() => listing.pull)
    })
  )
