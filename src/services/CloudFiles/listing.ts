/**
 * Listings whose next page is asked for by the last name of the one before, and whose items are handed on as they arrive.
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

/** The common beginning of names that contain a delimiter, up to that: `photos/2026/`. */
export interface Subdirectory {
  readonly subdir: string
}

export const Subdirectory = struct<Subdirectory>({ subdir: Schema.String })

/** Which names are listed. */
export interface NameRange {
  /** Names up to and with this one are left out. */
  readonly marker?: string | undefined
  /** Names from this one on are left out. */
  readonly endMarker?: string | undefined
  /** Names that do not begin with this are left out. */
  readonly prefix?: string | undefined
}

/** Which page of names is listed. */
export interface NamesPage extends NameRange {
  /** Names that contain this after the prefix are listed as one {@link Subdirectory} for each common beginning. */
  readonly delimiter?: string | undefined
  /** How many items a page holds at the most; the cloud allows 10,000. */
  readonly limit?: number | undefined
}

/** How many items one request of a listing asks for. */
export interface PageSize {
  /** How many items one request asks for. Default: as many as the cloud gives, which is 10,000. */
  readonly pageSize?: number | undefined
}

/** The query of a page of containers or objects. */
export const pageQuery = {
  /** Names up to and with this one are left out. */
  marker: Schema.optional(NamePart),
  endMarker: Schema.optional(NamePart).pipe(Schema.fromKey("end_marker")),
  prefix: Schema.optional(NamePart),
  delimiter: Schema.optional(
    NamePart.pipe(Schema.filter((text) => text !== "", { description: "a delimiter that is not empty" }))
  ),
  /** How many items a page holds at the most; the cloud allows 10,000. */
  limit: Schema.optional(PageLimit)
}

/** Asks for a listing as JSON. */
export const json = { format: "json" }

/** A marker-based listing, and how one page of it is opened. */
export interface MarkerListing<A, Marker, E> {
  readonly service: string
  readonly operation: string
  /** After which item to begin. */
  readonly first: Marker | undefined
  /** What to ask the next page with, given the last item of a page as the cloud sent it; undefined where it has no name. */
  readonly markerOf: (item: A | RawItem) => Marker | undefined
  readonly open: (
    marker: Marker | undefined
  ) => Effect.Effect<Stream.Stream<A | UnreadableItem, TransportError | MalformedResponse>, E, Scope.Scope>
  /** The service's policy, where the caller provides none. */
  readonly retry: RetryPolicy.Service | undefined
}

/** An item that is not as documented. */
export type RawItem = Readonly<Record<string, unknown>>

/** What a container, an object or a subdirectory is called, also where the rest of it cannot be read. */
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
    expected: "another page than those before",
    message: `${operation}: the cloud returns the same page twice`
  })

/** A chunk without the items that cannot be read, which hardly any has. */
const readable = <A>(chunk: Chunk.Chunk<A | UnreadableItem>): Chunk.Chunk<A> =>
  Chunk.filter(chunk, (item): item is A => !(item instanceof UnreadableItem))

/** A listing while it runs. */
interface Listing<A, Marker, E> {
  readonly options: MarkerListing<A, Marker, E>
  readonly scope: Scope.Scope
  readonly attempts: Schedule.ScheduleDriver<unknown, TransportError>
  readonly isCircle: (marker: Marker | undefined) => boolean
  marker: Marker | undefined
  /** Whether the current page has had no items. */
  isEmpty: boolean
  /** Whether an item has arrived since the last failure: attempts are counted anew then, or a long listing would use them up. */
  hasMoved: boolean
  /** The failure for the first item that could not be read. */
  unreadable: MalformedResponse | undefined
  /** Pulls the next items. */
  pull: Pull<A, E>
}

type Pull<A, E> = Effect.Effect<Chunk.Chunk<A>, Option.Option<E | TransportError | MalformedResponse>>

const fail = <E>(error: E): Effect.Effect<never, Option.Option<E>> => Effect.fail(Option.some(error))

/** Notes the last item of a chunk, and drops those that cannot be read. */
const received = <A, Marker, E>(
  listing: Listing<A, Marker, E>,
  chunk: Chunk.NonEmptyChunk<A | UnreadableItem>
): Chunk.Chunk<A> => {
  const { markerOf } = listing.options
  const last = Chunk.lastNonEmpty(chunk)
  const next = last instanceof UnreadableItem ? (isRaw(last.raw) ? markerOf(last.raw) : undefined) : markerOf(last)
  listing.marker = next ?? listing.marker
  listing.isEmpty = false
  listing.hasMoved = true
  const bad = Chunk.toReadonlyArray(chunk).find((item) => item instanceof UnreadableItem)
  if (bad === undefined) return chunk as Chunk.Chunk<A>
  listing.unreadable ??= bad.error
  return readable(chunk)
}

/** The next page after the end of one, or the end of the listing. */
const nextPage = <A, Marker, E extends { readonly _tag: string }>(
  listing: Listing<A, Marker, E>,
  asked: Marker | undefined
): Pull<A, E> =>
  Effect.suspend((): Pull<A, E> => {
    const { isCircle, isEmpty, marker, options, unreadable } = listing
    if (isEmpty) return unreadable === undefined ? Effect.fail(Option.none()) : fail(unreadable)
    // Without a name there is no marker for a next page.
    if (marker === asked && unreadable !== undefined) return fail(unreadable)
    return isCircle(marker) ? fail(repeated(options)) : openPage(listing)
  })

/** Opens the page after the last item that has arrived, and pulls its first items. */
const openPage = <A, Marker, E extends { readonly _tag: string }>(listing: Listing<A, Marker, E>): Pull<A, E> =>
  Effect.suspend(() => {
    const asked = listing.marker
    const { open, operation } = listing.options
    listing.isEmpty = true
    return Effect.gen(function* () {
      const scope = yield* Scope.fork(listing.scope, ExecutionStrategy.sequential)
      // A page that does not begin was asked for again already, as often as the policy allows.
      const stream = yield* Scope.extend(open(asked), scope).pipe(
        Effect.mapError((error) => Option.some(renameIssuePaths(operation)(error) as E))
      )
      const items = yield* Scope.extend(Stream.toPull(stream), scope)
      listing.pull = Effect.matchEffect(items, {
        onSuccess: (chunk): Pull<A, E> =>
          Effect.succeed(Chunk.isNonEmpty(chunk) ? received(listing, chunk) : Chunk.empty()),
        onFailure: (cause): Pull<A, E> => {
          const next = Option.match(cause, {
            onSome: (error): Pull<A, E> => (error instanceof TransportError ? retryPage(listing, error) : fail(error)),
            onNone: (): Pull<A, E> => nextPage(listing, asked)
          })
          return Effect.zipRight(Scope.close(scope, Exit.void), next)
        }
      })
      return yield* listing.pull
    })
  })

/** Opens a page anew that broke off. */
const retryPage = <A, Marker, E extends { readonly _tag: string }>(
  listing: Listing<A, Marker, E>,
  error: TransportError
): Pull<A, E> => {
  const { attempts, hasMoved, isCircle, marker, options } = listing
  return Effect.flatMap(hasMoved ? attempts.reset : Effect.void, (): Pull<A, E> => {
    if (hasMoved && isCircle(marker)) return fail(repeated(options))
    listing.hasMoved = false
    return Effect.matchEffect(attempts.next(error), {
      onFailure: () => fail(error),
      onSuccess: () => openPage(listing)
    })
  })
}

/**
 * The items of all pages, until a page is empty: the cloud may give fewer items than were asked for, so a short page says
 * nothing. Where a page breaks off, the listing continues after the last item that has arrived, as often as the policy allows for
 * one request.
 *
 * Items that are not as documented are left out, and the listing fails with `MalformedResponse` for the first of them after all
 * others were emitted. It also fails with it where the pages repeat.
 */
export const listing = <A, Marker, E extends { readonly _tag: string }>(
  options: MarkerListing<A, Marker, E>
): Stream.Stream<A, E | TransportError | MalformedResponse> =>
  // One pull for all pages: each as a stream after the one before would carry every item through as many layers as pages.
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
        hasMoved: false,
        unreadable: undefined,
        pull: Effect.suspend(() => openPage(listing))
      }
      return Effect.suspend(() => listing.pull)
    })
  )
