/** Copies in one request: of plain objects, symbolic links and manifests. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { makePreviousSegments, PreviousObject } from "../largeObjects/previousSegments.js"
import { type Address, isSame, pathOf } from "../objects/address.js"
import { makeConfirmation, sameContent } from "../objects/confirmation.js"
import { md5In, md5OfNothing, sameEtag } from "../objects/etags.js"
import type { ObjectInfo } from "../objects/objects.js"
import { type StoredHeaders, withKept } from "../objects/storedHeaders.js"
import { symlinkEndpoints } from "../symlinks.js"
import { type CopyContext, inheritedHeaders, type Made, operation, service, sourceIn } from "./context.js"
import { copyEndpoints, type CopyError, type CopyObject } from "./model.js"

export const makeSingleRequestCopy = (
  context: CopyContext,
  { pathsOf }: Pick<ReturnType<typeof makePreviousSegments>, "pathsOf">
) => {
  const { client, from } = context
  const copyObject = Endpoint.method(client, { ...copyEndpoints.copyObject, operation })
  const copyManifest = Endpoint.method(client, { ...copyEndpoints.copyManifest, operation })
  const putLink = Endpoint.method(client, withKept({ ...symlinkEndpoints.createSymlink, operation }))
  const confirm = makeConfirmation(client, operation)

  const copyPlain = (input: CopyObject, info: ObjectInfo): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { etag } = yield* copyObject({ ...input, source: sourceIn(context, input.source) })
      // The source may have changed since it was inspected. Then the copy must have the ETag of the response.
      const isStored = (copy: ObjectInfo): boolean =>
        md5In(etag) === undefined ? sameContent(info)(copy) : sameEtag(copy.etag, etag)
      yield* confirm({ address: input, etag, expected: md5In(info.etag), isStored })
      return {
        copied: { etag, segments: 0 },
        // The source may have been a segment of the overwritten object.
        isNeeded: (path) => from === undefined && path === pathOf(input.source)
      }
    })

  /** Copies a symbolic link itself. The copy has the same target. */
  const copyLink = (
    input: CopyObject,
    target: Address,
    { info, stored }: StoredHeaders
  ): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { freshMetadata: _, source, ...given } = input
      const { symlinkTargetAccount: account = from?.account, symlinkTargetEtag: etag } = info
      if (account === undefined && isSame(target, given)) {
        const issue = { path: "object", expected: "a destination that differs from the target of the symbolic link" }
        return yield* invalidInput(service, operation, [issue], `: ${pathOf(source)} is a link to ${pathOf(target)}`)
      }
      const link = yield* putLink({
        ...given,
        kept: inheritedHeaders(stored, input),
        target: { ...target, ...(account !== undefined && { account }), ...(etag !== undefined && { etag }) }
      })
      yield* confirm({
        address: input,
        etag: link.etag,
        expected: md5OfNothing,
        isStored: ({ symlinkTarget }) => symlinkTarget !== undefined && isSame(symlinkTarget, target)
      })
      return {
        copied: { etag: link.etag, segments: 0 },
        isNeeded: (path) => account === undefined && path === pathOf(target)
      }
    })

  /** Whether a copied manifest matches its source. */
  const isManifestOf =
    (info: ObjectInfo, etag: string | undefined) =>
    (copy: ObjectInfo): boolean =>
      copy.isStaticLargeObject === info.isStaticLargeObject &&
      (copy.manifest === undefined) === (info.manifest === undefined) &&
      (md5In(etag) === undefined || info.manifest !== undefined ? sameContent(info)(copy) : sameEtag(copy.etag, etag))

  /** Copies only a manifest. Its segments are read after the copy, in case the source changed before. */
  const copyShared = (input: CopyObject, info: ObjectInfo, previous: PreviousObject): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { etag } = yield* copyManifest(input)
      const expected = info.isStaticLargeObject ? md5In(info.etag) : md5OfNothing
      yield* confirm({ address: input, etag, expected, isStored: isManifestOf(info, etag) })
      const copied = { etag, segments: 0 }
      if (previous.own.length === 0 && previous.left.length === 0) return { copied, isNeeded: () => false }
      const paths = yield* Effect.option(pathsOf({ container: input.container, object: input.object }))
      return { copied, isNeeded: Option.getOrUndefined(Option.map(paths, (all) => (path: string) => all.has(path))) }
    })

  return { copyPlain, copyLink, copyShared }
}
