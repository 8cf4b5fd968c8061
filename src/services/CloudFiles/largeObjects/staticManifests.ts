/**
 * Stores manifests of static large objects only where the cloud reads them as manifests.
 *
 * A cloud without static large objects would store a manifest's JSON as the object. So each manifest is sent with the ETag that
 * its segments amount to: such a cloud compares it with the MD5 of the JSON, returns 422, and stores nothing. Older versions of
 * Swift have static large objects, but compare in the same way. Which of the two it is, a manifest of one segment under a name of its own shows,
 * unless `/info` says already that there are none.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../../CloudClient.js"
import type { Unprocessable } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { Discovery } from "../capabilities.js"
import { addressOf } from "../objects/address.js"
import { makeConfirmation } from "../objects/confirmation.js"
import { contradicts, unquoted } from "../objects/etags.js"
import { objectEndpoints } from "../objects/objects.js"
import { withKept } from "../objects/storedHeaders.js"
import { manifestEndpoints, type PutManifest, Segment } from "./manifests.js"
import { etagOf } from "./segments.js"

/** The cloud has no static large objects. Nothing was stored. */
export class NoStaticLargeObjects extends Data.TaggedError("NoStaticLargeObjects")<{
  readonly refusal: Unprocessable
}> {}

const putManifest = withKept(manifestEndpoints.putManifest)

/** The bytes of a range as Swift writes them into the ETag; undefined for all of the segment. */
const absoluteRange = ({ bytes, range }: Segment): string | undefined => {
  const [, first = "", last = ""] = /^(\d*)-(\d*)$/.exec(range ?? "-") ?? []
  if (range === undefined) return undefined
  const start = first === "" ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === "" || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1)
  return start === 0 && end === bytes - 1 ? undefined : `${start}-${end}`
}

/** The ETag that the cloud computes for a manifest with these segments. */
const expectedEtag = (segments: ReadonlyArray<Segment>): string =>
  etagOf(
    segments.map((segment) => {
      const range = absoluteRange(segment)
      return { etag: unquoted(segment.etag), ...(range !== undefined && { range }) }
    })
  )

/** Stores static manifests, and remembers what the cloud has shown of them. */
export const makeStaticManifests = (client: CloudClient, getCapabilities: Discovery["getCapabilities"]) => {
  const put = Endpoint.method(client, putManifest)
  const deleteObject = Endpoint.method(client, objectEndpoints.deleteObject)
  const confirm = makeConfirmation(client, putManifest.operation)

  /** What the cloud does with a manifest's ETag; undefined until a manifest was put. */
  let support: "comparesEtag" | "comparesContent" | "none" | undefined

  /** Whether a manifest of one segment becomes a static large object. It is put into the segment's container, and deleted again. */
  const storesManifests = (segment: Segment) =>
    Effect.suspend(() => {
      const container = addressOf(segment.path)?.container
      if (container === undefined) return Effect.succeed(false)
      const scratch = { container, object: `.manifest-${randomUUID()}` }
      return put({ ...scratch, segments: [segment] }).pipe(
        Effect.map(({ etag }) => etag !== undefined && unquoted(etag) === expectedEtag([segment])),
        Effect.catchTags({ BadRequest: () => Effect.succeed(false), Unprocessable: () => Effect.succeed(false) }),
        Effect.ensuring(Effect.ignore(deleteObject(scratch)))
      )
    })

  const hasManifests = (segments: ReadonlyArray<Segment>) =>
    Effect.gen(function* () {
      const capabilities = Option.getOrUndefined(yield* Effect.orElseSucceed(getCapabilities(), () => Option.none()))
      if (capabilities !== undefined && capabilities.staticLargeObjects === undefined) return false
      // /info may be wrong, or be that of another storage at the same address.
      const [segment] = segments
      return segment !== undefined && (yield* storesManifests(segment))
    })

  const putWithoutEtag = (input: PutManifest, refusal: Unprocessable) =>
    Effect.gen(function* () {
      if (support === undefined) support = (yield* hasManifests(input.segments)) ? "comparesContent" : "none"
      return support === "none" ? yield* new NoStaticLargeObjects({ refusal }) : yield* put(input)
    })

  /**
   * Stores a static large object. Fails with {@link NoStaticLargeObjects} where the cloud has none. An ETag that is given is sent as
   * it is.
   */
  return (input: PutManifest) =>
    Effect.zipRight(
      // The ETag can only be computed of segments that are as they should be.
      Endpoint.validate(client, putManifest, input),
      Effect.suspend(() => {
        if (support === "comparesContent" || input.etag !== undefined) return put(input)
        return put({ ...input, etag: expectedEtag(input.segments) }).pipe(
          Effect.tap(() => Effect.sync(() => (support = "comparesEtag"))),
          Effect.catchIf(
            (error): error is Unprocessable => error._tag === "Unprocessable" && support !== "comparesEtag",
            (refusal) => putWithoutEtag(input, refusal)
          )
        )
      })
    ).pipe(
      Effect.tap(({ etag }) => {
        const expected = expectedEtag(input.segments)
        return confirm({
          address: input,
          etag,
          expected,
          isStored: (info) => info.isStaticLargeObject && info.etag !== undefined && !contradicts(info.etag, expected)
        })
      })
    )
}

/** Stores static manifests, as {@link makeStaticManifests} makes it. */
export type PutStaticManifest = ReturnType<typeof makeStaticManifests>

/** Fails with the cloud's refusal where it has no static large objects. */
export const orRefusal = (put: PutStaticManifest) => (input: PutManifest) =>
  Effect.catchTag(put(input), "NoStaticLargeObjects", ({ refusal }) => Effect.fail(refusal))
