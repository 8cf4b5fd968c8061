/**
 * Large objects as wholes: copied, moved and deleted with what they consist of.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import {
  BulkFailed,
  ChecksumMismatch,
  type CommonError,
  type Conflict,
  InvalidInput,
  type NotFound,
  type PreconditionFailed,
  type QuotaExceeded,
  type Unprocessable
} from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import * as LostResponse from "../../internal/http/lostResponse.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type { BulkDelete } from "./bulk.js"
import type { BulkResult } from "./bulkEndpoints.js"
import { makeConfirmation, makePutDynamicManifest, md5OfNothing, sameContent, sameEtag } from "./confirmation.js"
import { endpoints, type ObjectInfo, type Segment } from "./endpoints.js"
import type { Values } from "./headers.js"
import { isPart, makeManifests, type Part, segmentsOf, type Submanifest } from "./manifest.js"
import { makeNesting } from "./nesting.js"
import { type LeftSegment, makeManifestWatch, makeOldSegments, nothingOld, type Old } from "./oldSegments.js"
import { makeSegmentContainer } from "./segmentContainer.js"
import {
  type Address,
  contradicts,
  etagOf,
  expiryAfter,
  folderOf,
  isSame,
  md5In,
  numbered,
  pathOf,
  segmentContainerOf,
  unquoted
} from "./segments.js"
import type { PutStaticManifest } from "./staticManifests.js"
import { getStoredHeaders, type HeaderChanges, type StoredHeaders, unnamed, withKept } from "./storedHeaders.js"

type CopyInput = NonNullable<Parameters<Endpoint.Method<typeof endpoints.copyObject>>[0]>

/**
 * A source, a destination, and headers for the copy. `source` may name the `account` of the source.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyOptions extends CopyInput {
  /** The account that the copy goes to; default: the service's own. `container` must be there. */
  readonly account?: string | undefined
  /**
   * Of a large object: `copy` (default) copies each segment too, within the cloud, so that neither needs the other. `share` copies
   * the manifest only, at once: both consist of the same segments, and deleting one of them with its segments breaks the other.
   */
  readonly segments?: "copy" | "share" | undefined
  /**
   * What is copied where the source is a symbolic link: the `link` itself (default), so that the copy leads to the same target; or
   * the content of its `target`.
   */
  readonly symlink?: "link" | "target" | undefined
  /** Where segments are copied to; made if it is missing. Default `{container}_segments`. */
  readonly segmentContainer?: string | undefined
  /** How many segments are copied at the same time. Default 4. */
  readonly concurrency?: number | undefined
  /**
   * What happens to the segments of a large object that is overwritten, as far as their name shows that they were only its own,
   * and neither the copy nor its source consists of them. To see them takes a request. Default `delete`.
   */
  readonly oldSegments?: "delete" | "keep" | undefined
}

/**
 * The result of a copy.
 *
 * @since 0.1.0
 * @category models
 */
export interface Copied {
  /** As the cloud writes it. */
  readonly etag: string | undefined
  /** How many segments were copied; 0 for a plain object and where they are shared. */
  readonly segments: number
  /** Segments of the object that was overwritten which are still there; absent where there are none, or they were not searched for. */
  readonly leftSegments?: ReadonlyArray<LeftSegment> | undefined
}

/**
 * Whatever a copy can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type CopyError =
  CommonError | NotFound | Conflict | PreconditionFailed | QuotaExceeded | Unprocessable | ChecksumMismatch | BulkFailed

/**
 * Whatever deleting an object with its segments can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type DeleteLargeObjectError = CommonError | NotFound | Conflict | PreconditionFailed | BulkFailed

const service = "CloudFiles"

/** A copy, and of which paths it or its source consists: they must not go with what it has overwritten. */
interface Made {
  readonly copied: Copied
  /** Undefined where that could not be seen. */
  readonly needs: ((path: string) => boolean) | undefined
}

const unseen = (address: Address): LeftSegment => ({
  path: pathOf(address),
  reason: "it could not be seen whether the copy consists of it"
})

/** The headers that a copy has of its source, since its input does not name them. */
const keptOf = (stored: Values, input: CopyInput): Values => {
  const kept = unnamed(stored, input as HeaderChanges)
  const type = kept["content-type"]
  return input.freshMetadata !== true ? kept : type === undefined ? {} : { "content-type": type }
}

const succeeded = (deleted: number): BulkResult => ({
  deleted,
  notFound: 0,
  status: "200 OK",
  explanation: "",
  errors: []
})

/** What `copy`, `move` and `deleteLargeObject` are made of. */
export const makeLargeObjects = (
  client: CloudClient,
  bulkDelete: BulkDelete,
  putStaticManifest: PutStaticManifest,
  /** Where the sources of copies are, if that is another account than the client's. */
  from?: { readonly client: CloudClient; readonly account: string }
) => {
  const sourceClient = from?.client ?? client
  const copying = "CloudFiles.copy"
  const deleting = "CloudFiles.deleteLargeObject"
  const copyObject = Endpoint.method(client, { ...endpoints.copyObject, operation: copying })
  const copyManifest = Endpoint.method(client, { ...endpoints.copyManifest, operation: copying })
  const putManifest = (input: Parameters<PutStaticManifest>[0]) =>
    Effect.catchTag(putStaticManifest(input), "NoStaticLargeObjects", ({ refusal }) => Effect.fail(refusal))
  const putDynamicManifest = makePutDynamicManifest(client, copying)
  const confirm = makeConfirmation(client, copying)
  const createSegmentContainer = makeSegmentContainer(client)
  const putLink = Endpoint.method(client, withKept({ ...endpoints.createSymlink, operation: copying }))
  const readSource = Endpoint.method(sourceClient, { ...getStoredHeaders, operation: copying })
  const deleteManifest = Endpoint.method(client, { ...endpoints.deleteManifest, operation: deleting })
  const deleteObject = Endpoint.method(client, { ...endpoints.deleteObject, operation: deleting })
  const { consistsOf, find, removeOld, removeSent } = makeOldSegments(client, copying, bulkDelete)
  const manifests = makeManifests(sourceClient, copying)
  /** A source as a request of the client names it. */
  const sourceOf = ({ container, object }: Address) => ({
    container,
    object,
    ...(from !== undefined && { account: from.account })
  })
  const {
    getObjectInfo: getInfoToDelete,
    manifests: manifestsToDelete,
    remove: removeAll
  } = makeOldSegments(client, deleting, bulkDelete)

  const mismatch = ({ container, object }: Address, expected: string, actual: string): ChecksumMismatch =>
    new ChecksumMismatch({
      service,
      operation: copying,
      container,
      object,
      expected,
      actual,
      message: `${copying}: the copy ${container}/${object} should have the ETag ${expected}, and has ${actual}: the source was changed meanwhile`
    })

  /** Copies the segments and puts a manifest of the copies, which are deleted again where that fails. */
  const copyDeep = (
    input: CopyInput,
    { container, concurrency }: { readonly container: string; readonly concurrency: number },
    { info, stored }: StoredHeaders
  ): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { deleteAfter, freshMetadata, source, ...given } = input
      const kind = info.isStaticLargeObject ? ("static" as const) : ("dynamic" as const)
      const folder = folderOf(input.object, kind, randomUUID())
      const all = yield* partsOf(source, info)
      const cloudTime = yield* createSegmentContainer(container)
      const inherited = freshMetadata === true ? undefined : info.deleteAt
      const deleteAt = deleteAfter === undefined ? (given.deleteAt ?? inherited) : expiryAfter(cloudTime, deleteAfter)
      const expiry = deleteAt === undefined ? {} : { deleteAt }
      const { "x-delete-at": _, "x-object-manifest": __, ...kept } = keptOf(stored, input)
      const head = { ...given, ...expiry, kept }
      const copied: Array<Address> = []
      const underWay = new Set<Address>()
      const { mayBeStored, watch } = makeManifestWatch()
      const parts = all.filter(isPart)
      const sources = new Set(all.flatMap(({ address }) => (address === undefined ? [] : [pathOf(address)])))

      const copyPart = (part: Part, index: number): Effect.Effect<Segment, CopyError> =>
        Effect.gen(function* () {
          const { address, entry } = part
          if (address === undefined) {
            return yield* new InvalidInput({
              service,
              operation: copying,
              issues: [{ path: "source", expected: "a large object all of whose parts are objects" }],
              message: `${copying}: source: the manifest of ${pathOf(source)} holds bytes itself; copy it with segments: "share"`
            })
          }
          const object = `${folder}/${numbered(index)}`
          const target = { container, object }
          underWay.add(target)
          // A range of a large object: its copy is flat, and has an ETag of its own.
          const { etag } = yield* copyObject({
            container,
            object,
            source: sourceOf(address),
            // Else it would expire with its source, though the copy does not.
            freshMetadata: true,
            ...expiry
          })
          underWay.delete(target)
          copied.push(target)
          const expected = unquoted(entry.hash ?? "")
          const isKnown = !entry.isManifest && kind === "static" && md5In(expected) !== undefined
          if (isKnown && etag !== undefined && contradicts(etag, expected)) {
            return yield* mismatch({ container, object }, expected, unquoted(etag))
          }
          if (md5In(etag) === undefined) {
            const isStored = ({ bytes }: ObjectInfo): boolean => bytes === (entry.bytes ?? part.length)
            yield* confirm({ address: target, etag, expected: isKnown ? expected : undefined, isStored })
          }
          return {
            path: pathOf({ container, object }),
            etag: unquoted(etag ?? expected),
            bytes: entry.bytes ?? part.length,
            ...(entry.range !== undefined && { range: entry.range })
          }
        })

      const { fitting } = makeNesting({
        operation: copying,
        container,
        folder,
        put: (object, segments) => {
          underWay.add({ container, object })
          return putManifest({ container, object, segments, ...expiry })
        }
      })

      const address = { container: input.container, object: input.object }
      const made = (etag: string | undefined): Made => ({
        copied: { etag, segments: parts.length },
        needs: (path) =>
          path.startsWith(`${pathOf({ container, object: folder })}/`) ||
          // Copied onto itself, an object does not need its old segments any more.
          (from === undefined && pathOf(source) !== pathOf(address) && sources.has(path))
      })
      return yield* Effect.gen(function* () {
        const segments = yield* Effect.forEach(parts, copyPart, { concurrency })
        if (kind === "dynamic") {
          const { etag } = yield* watch(
            putDynamicManifest({ ...address, ...head, segments: { container, prefix: `${folder}/` } })
          )
          return made(etag)
        }
        const held = yield* fitting(segments, 0)
        const { etag } = yield* watch(putManifest({ ...address, ...head, segments: held }))
        const expected = etagOf(held)
        if (etag !== undefined && contradicts(etag, expected)) return yield* mismatch(address, expected, unquoted(etag))
        return made(etag)
      }).pipe(
        Effect.onError(() =>
          // A manifest whose fate is unknown may be stored, and then needs its segments.
          mayBeStored()
            ? Effect.logWarning(
                `${copying}: it is not known whether ${pathOf(address)} was stored; its segments stay in ${container}/${folder}`
              )
            : Effect.suspend(() => removeSent(copied, [...underWay])).pipe(
                Effect.interruptible,
                Effect.timeout("30 seconds"),
                Effect.ignore
              )
        )
      )
    })

  const partsOf = (source: Address, info: ObjectInfo): Effect.Effect<ReadonlyArray<Part | Submanifest>, CopyError> => {
    if (info.isStaticLargeObject) {
      return Effect.flatMap(
        manifests.read(source),
        ({ entries, etag }): Effect.Effect<ReadonlyArray<Part | Submanifest>, CopyError> =>
          info.etag !== undefined && contradicts(info.etag, etag)
            ? Effect.fail(mismatch(source, unquoted(info.etag), etag))
            : Effect.map(Stream.runCollect(manifests.partsOf(entries)), (all) => Chunk.toReadonlyArray(all))
      )
    }
    const where = segmentsOf(info.manifest ?? "")
    if (where === undefined) {
      return Effect.fail(
        new InvalidInput({
          service,
          operation: copying,
          issues: [{ path: "source", expected: "a large object whose manifest can be read" }],
          message: `${copying}: source: the manifest of ${pathOf(source)} cannot be read: ${info.manifest}; copy it with segments: "share"`
        })
      )
    }
    return Effect.map(Stream.runCollect(manifests.listed(where.container, where.prefix)), (all) =>
      Chunk.toReadonlyArray(all).flatMap(({ bytes, hash, name }): ReadonlyArray<Part> => {
        const address = { container: where.container, object: name }
        // The manifest may begin with the prefix itself; it then contributes its own bytes, if it has any.
        const isManifest = isSame(address, source)
        if (isManifest && bytes === 0) return []
        const entry = { name: pathOf(address), hash, bytes, isManifest }
        return [{ address: isManifest ? undefined : address, length: bytes, md5: hash, entry }]
      })
    )
  }

  const copy = (options: CopyOptions): Effect.Effect<Copied, CopyError> =>
    Effect.gen(function* () {
      const {
        account: _,
        concurrency = 4,
        oldSegments = "delete",
        segmentContainer,
        segments = "copy",
        symlink = "link",
        ...plain
      } = options
      if (from !== undefined && segments === "share") {
        const expected = '"copy", since an object in another account cannot consist of the same segments'
        return yield* invalidInput(service, copying, [{ path: "segments", expected }])
      }
      const address = { container: plain.container, object: plain.object }
      const source = { container: plain.source.container, object: plain.source.object }
      const usual = segmentContainerOf(plain.container)
      const [found, old] = yield* Effect.all(
        [
          readSource({ ...source, symlink }),
          oldSegments === "keep"
            ? Effect.succeed(nothingOld)
            : find(address, new Set([usual, segmentContainer ?? usual]))
        ],
        { concurrency: 2 }
      )
      const { info } = found
      const isLarge = info.isStaticLargeObject || info.manifest !== undefined
      const { copied, needs } =
        info.symlinkTarget !== undefined
          ? yield* copyLink(plain, info.symlinkTarget, found)
          : !isLarge
            ? yield* copyPlain(plain, info)
            : segments === "share"
              ? yield* copyShared(plain, info, old)
              : yield* copyDeep(plain, { container: segmentContainer ?? usual, concurrency }, found)
      const left = needs === undefined ? [...old.left, ...old.own.map(unseen)] : yield* removeOld(old, needs)
      return left.length > 0 ? { ...copied, leftSegments: left } : copied
    })

  const copyPlain = (input: CopyInput, info: ObjectInfo): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { etag } = yield* copyObject({ ...input, source: sourceOf(input.source) })
      // The source may be another one than a moment ago; then the copy itself must have the ETag of the response.
      yield* confirm({
        address: input,
        etag,
        expected: md5In(info.etag),
        isStored: (copy) => (md5In(etag) === undefined ? sameContent(info)(copy) : sameEtag(copy.etag, etag))
      })
      return {
        copied: { etag, segments: 0 },
        // It may have been a segment of what it has overwritten.
        needs: (path) => from === undefined && path === pathOf(input.source)
      }
    })

  /** Copies a symbolic link itself, which then leads to the same target. */
  const copyLink = (
    input: CopyInput,
    target: Address,
    { info, stored }: StoredHeaders
  ): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { freshMetadata: _, source, ...given } = input
      const { symlinkTargetAccount: account = from?.account, symlinkTargetEtag: etag } = info
      if (account === undefined && isSame(target, given)) {
        const issue = { path: "object", expected: "another place than the target of the symbolic link" }
        return yield* invalidInput(service, copying, [issue], `: ${pathOf(source)} leads to ${pathOf(target)}`)
      }
      const made = yield* putLink({
        ...given,
        kept: keptOf(stored, input),
        target: {
          ...target,
          ...(account !== undefined && { account }),
          ...(etag !== undefined && { etag })
        }
      })
      yield* confirm({
        address: input,
        etag: made.etag,
        expected: md5OfNothing,
        isStored: ({ symlinkTarget }) => symlinkTarget !== undefined && isSame(symlinkTarget, target)
      })
      return {
        copied: { etag: made.etag, segments: 0 },
        needs: (path) => account === undefined && path === pathOf(target)
      }
    })

  /** Copies a manifest only. What it consists of is read after the copy, since the source may change before it. */
  const copyShared = (input: CopyInput, info: ObjectInfo, old: Old): Effect.Effect<Made, CopyError> =>
    Effect.gen(function* () {
      const { etag } = yield* copyManifest(input)
      yield* confirm({
        address: input,
        etag,
        expected: info.isStaticLargeObject ? md5In(info.etag) : md5OfNothing,
        isStored: (copy) =>
          copy.isStaticLargeObject === info.isStaticLargeObject &&
          (copy.manifest === undefined) === (info.manifest === undefined) &&
          (md5In(etag) === undefined || info.manifest !== undefined
            ? sameContent(info)(copy)
            : sameEtag(copy.etag, etag))
      })
      const copied = { etag, segments: 0 }
      if (old.own.length === 0 && old.left.length === 0) return { copied, needs: () => false }
      const paths = yield* Effect.option(consistsOf({ container: input.container, object: input.object }))
      return { copied, needs: Option.getOrUndefined(Option.map(paths, (all) => (path: string) => all.has(path))) }
    })

  const failed = (
    address: Address,
    failures: ReadonlyArray<{ readonly path: string; readonly reason: string }>,
    said: string
  ): BulkFailed =>
    new BulkFailed({
      service,
      operation: deleting,
      failures,
      message: `${deleting}: ${address.container}/${address.object}: ${said}, ${failures.length} of its parts could not be deleted`
    })

  const deleteStatic = (address: Address): Effect.Effect<BulkResult, DeleteLargeObjectError> =>
    Effect.gen(function* () {
      const { mayBeDone, result } = yield* LostResponse.sharing((lostResponse) =>
        Effect.map(deleteManifest(address), (result) => ({ result, mayBeDone: lostResponse.mayBeDone }))
      )
      if (result.status.startsWith("2") && result.deleted > 0 && result.errors.length === 0) return result
      const isGone = result.errors.length === 0 && /^[24]0[04]\b/.test(result.status) && result.deleted === 0
      if (!isGone) {
        const said = `${result.status}${result.explanation === "" ? "" : ` ${result.explanation}`}`
        const failures = result.errors.map(([path, reason]) => ({ path, reason }))
        return yield* failed(address, failures, said)
      }
      // The cloud deletes the segments first: they are gone because of an attempt whose response was lost.
      if (mayBeDone) return { ...succeeded(0), notFound: result.notFound }
      yield* deleteObject(address)
      return succeeded(1)
    })

  const deleteLargeObject = (given: Address): Effect.Effect<BulkResult, DeleteLargeObjectError> =>
    Effect.gen(function* () {
      const address = { container: given.container, object: given.object }
      // Of a symbolic link its own headers: the cloud would delete the segments of what it leads to.
      const info = yield* Effect.catchTag(getInfoToDelete(address), "NotFound", () => Effect.succeed(undefined))
      if (info === undefined) {
        // A dynamic one is not found when the container of its segments is gone, though it is there.
        yield* deleteObject(address)
        return succeeded(1)
      }
      if (info.isStaticLargeObject) return yield* deleteStatic(address)
      const where = info.manifest === undefined ? undefined : segmentsOf(info.manifest)
      // An empty prefix would be the whole container.
      if (where === undefined || where.prefix === "") {
        yield* deleteObject(address)
        return succeeded(1)
      }
      const segments = Chunk.toReadonlyArray(
        yield* Stream.runCollect(manifestsToDelete.listed(where.container, where.prefix)).pipe(
          Effect.catchTag("NotFound", () => Effect.succeed(Chunk.empty<{ readonly name: string }>()))
        )
      )
        .map(({ name }) => ({ container: where.container, object: name }))
        // The manifest may begin with the prefix itself.
        .filter((segment) => !isSame(segment, address))
      const left: ReadonlyArray<LeftSegment> = yield* removeAll(segments)
      // The manifest stays as long as it is the only thing that knows of them.
      if (left.length > 0) return yield* failed(address, left, "the manifest stays")
      yield* deleteObject(address)
      return succeeded(segments.length + 1)
    })

  return {
    copy,
    deleteLargeObject,
    move: (options: CopyOptions): Effect.Effect<Copied, CopyError | DeleteLargeObjectError> =>
      Effect.gen(function* () {
        const { source } = options
        if (isSame(source, options)) {
          const issue = { path: "object", expected: "another place than the source's" }
          return yield* invalidInput(service, "CloudFiles.move", [issue])
        }
        const copied = yield* copy(options)
        const address = { container: source.container, object: source.object }
        yield* options.segments === "share" ? deleteObject(address) : deleteLargeObject(address)
        return copied
      })
  }
}
