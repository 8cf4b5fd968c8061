/**
 * Stores manifests of static large objects, and detects clouds without that feature.
 *
 * Such a cloud would store the manifest's JSON as the object. Therefore each manifest is sent with the ETag that its
 * segments result in: the cloud compares it with the MD5 of the JSON, returns 422, and stores nothing. But old versions
 * of Swift that have the feature compare in the same way. A test manifest of one segment distinguishes the two, unless
 * `/info` already says that the feature is missing.
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

/** A byte range as Swift includes it in the ETag; undefined for the whole segment. */
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

/** Stores static manifests, and remembers how the cloud handles them. */
export const makeStaticManifests = (client: CloudClient, getCapabilities: Discovery["getCapabilities"]) => {
  const put = Endpoint.method(client, putManifest)
  const deleteObject = Endpoint.method(client, objectEndpoints.deleteObject)
  const confirm = makeConfirmation(client, putManifest.operation)

  /** How the cloud checks a manifest's ETag; undefined until a manifest was stored. */
  let support: "comparesEtag" | "comparesContent" | "none" | undefined

  /** Tests whether a manifest becomes a static large object. The test manifest is deleted again. */
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
      // /info may be wrong, or belong to another storage at the same address.
      const [segment] = segments
      return segment !== undefined && (yield* storesManifests(segment))
    })

  const putWithoutEtag = (input: PutManifest, refusal: Unprocessable) =>
    Effect.gen(function* () {
      if (support === undefined) support = (yield* hasManifests(input.segments)) ? "comparesContent" : "none"
      return support === "none" ? yield* new NoStaticLargeObjects({ refusal }) : yield* put(input)
    })

  /** Stores a static large object, or fails with {@link NoStaticLargeObjects}. A given ETag is sent unchanged. */
  return (input: PutManifest) =>
    Effect.zipRight(
      // The ETag can only be computed for valid segments.
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

/** The function that {@link makeStaticManifests} returns. */
export type PutStaticManifest = ReturnType<typeof makeStaticManifests>

/** Fails with the cloud's own error if it has no static large objects. */
export const orRefusal = (put: PutStaticManifest) => (input: PutManifest) =>
  Effect.catchTag(put(input), "NoStaticLargeObjects", ({ refusal }) => Effect.fail(refusal))
