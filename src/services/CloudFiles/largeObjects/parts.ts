/** Reads the parts of large objects, from (nested) manifests or from the listing of a dynamic one's segments. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import { type CommonError, MalformedResponse, type NotFound, type PreconditionFailed } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { md5Hex } from "../../../internal/bytes/md5.js"
import * as Paging from "../../../Paging.js"
import { type Address, addressOf } from "../objects/address.js"
import { md5In, unquoted } from "../objects/etags.js"
import { objectEndpoints, type ObjectInfo, type ObjectSummary } from "../objects/objects.js"
import { manifestEndpoints, ManifestEntry, segmentLocation } from "./manifests.js"
import { etagOf } from "./segments.js"

/** A part of a large object: an object, a range of one, or bytes in the manifest itself. */
export interface Part {
  /** Absent if the manifest contains the bytes. */
  readonly address: Address | undefined
  /** How many bytes it contributes. */
  readonly length: number
  /** The MD5 of these bytes, if the manifest has it. */
  readonly md5: string | undefined
  readonly entry: ManifestEntry
}

/** A nested manifest, which follows its parts. */
export interface Submanifest {
  readonly address: Address
}

/** How deep manifests may be nested; Swift's own limit. */
const maxDepth = 10

const service = "CloudFiles"

/** The number of bytes in a range (`0-99`, `5-` or `-5`) of an object of this size. */
const rangeLength = (range: string, bytes: number): number | undefined => {
  const found = /^(\d*)-(\d*)$/.exec(range)
  if (found === null || (found[1] === "" && found[2] === "")) return undefined
  if (found[1] === "") return Math.min(bytes, Number(found[2]))
  const last = found[2] === "" ? bytes - 1 : Math.min(bytes - 1, Number(found[2]))
  return Math.max(0, last - Number(found[1]) + 1)
}

const partOf = (entry: ManifestEntry): Part | undefined => {
  if (entry.data !== undefined) {
    return { address: undefined, length: entry.data.byteLength, md5: md5Hex(entry.data), entry }
  }
  const address = entry.name === undefined ? undefined : addressOf(entry.name)
  if (address === undefined || entry.bytes === undefined) return undefined
  const length = entry.range === undefined ? entry.bytes : rangeLength(entry.range, entry.bytes)
  if (length === undefined) return undefined
  const isWhole = entry.range === undefined && !entry.isManifest
  return { address, length, md5: isWhole ? md5In(entry.hash) : undefined, entry }
}

/** The ETag of a manifest with these entries. */
const etagOfEntries = (entries: ReadonlyArray<ManifestEntry>): string =>
  etagOf(
    entries.map(({ data, hash = "", range }) => ({
      etag: data === undefined ? unquoted(hash) : md5Hex(data),
      ...(range !== undefined && { range })
    }))
  )

/** Reads the parts of large objects. */
export const makeParts = (client: CloudClient, operation: string) => {
  const getManifest = Endpoint.method(client, { ...manifestEndpoints.getManifest, operation })
  const listObjectsPage = Endpoint.method(client, { ...objectEndpoints.listObjectsPage, operation })

  const malformed = (path: string, expected: string): MalformedResponse =>
    new MalformedResponse({
      service,
      operation,
      status: 200,
      path,
      expected,
      message: `${operation}: the manifest is malformed: ${path}: expected ${expected}`
    })

  /** The objects of a container under a prefix, in pages. */
  const listed = (
    container: string,
    prefix: string
  ): Stream.Stream<ObjectSummary, CommonError | NotFound | PreconditionFailed> =>
    Stream.filter(
      Paging.stream({ service, operation }, (marker: string | undefined) =>
        Effect.map(listObjectsPage({ container, prefix, marker }), (items) => {
          const last = items.at(-1)
          return { items, next: last === undefined ? undefined : "subdir" in last ? last.subdir : last.name }
        })
      ),
      (entry): entry is ObjectSummary => "name" in entry
    )

  /** One manifest, and the ETag that its entries result in. */
  const read = (address: Address & { readonly versionId?: string | undefined }) =>
    Effect.map(getManifest(address), (entries) => ({ entries, etag: etagOfEntries(entries) }))

  /** The parts of manifest entries in order, with nested manifests expanded. */
  const partsOf = (
    entries: ReadonlyArray<ManifestEntry>,
    depth = 1
  ): Stream.Stream<Part | Submanifest, CommonError | NotFound> =>
    Stream.flatMap(
      Stream.fromIterable(entries.entries()),
      ([index, entry]): Stream.Stream<Part | Submanifest, CommonError | NotFound> => {
        const part = partOf(entry)
        if (part === undefined) return Stream.fail(malformed(`[${index}]`, "a name and a size, or data"))
        const { address } = part
        if (address === undefined || !entry.isManifest) return Stream.succeed(part)
        // A range of a large object has no checksum, so there is no need to expand it.
        if (entry.range !== undefined) return Stream.make(part)
        if (depth >= maxDepth)
          return Stream.fail(malformed(`[${index}]`, `at most ${maxDepth} levels of nested manifests`))
        return Stream.concat(
          Stream.unwrap(Effect.map(read(address), (below) => partsOf(below.entries, depth + 1))),
          Stream.succeed<Submanifest>({ address })
        )
      }
    )

  /** The segments of a dynamic large object, if their listing matches the object's ETag and size. */
  const dynamicParts = (info: ObjectInfo): Effect.Effect<ReadonlyArray<Part> | undefined> =>
    Effect.gen(function* () {
      const where = info.manifest === undefined ? undefined : segmentLocation(info.manifest)
      if (where === undefined || info.etag === undefined) return undefined
      const listing = yield* Effect.option(Stream.runCollect(listed(where.container, where.prefix)))
      const entries = Chunk.toReadonlyArray(Option.getOrElse(listing, () => Chunk.empty<ObjectSummary>()))
      const size = entries.reduce((sum, { bytes }) => sum + bytes, 0)
      // If a segment has no hash, the ETag of the whole cannot be checked.
      const hashed = entries.flatMap((entry) => (entry.hash === undefined ? [] : [{ ...entry, hash: entry.hash }]))
      const isKnown = size === info.bytes && hashed.length === entries.length
      if (!isKnown || etagOf(hashed.map(({ hash }) => ({ etag: hash }))) !== unquoted(info.etag)) return undefined
      return hashed.map(({ bytes, hash, name }) => ({
        address: { container: where.container, object: name },
        length: bytes,
        md5: md5In(hash),
        entry: { name: `/${where.container}/${name}`, hash, bytes, isManifest: false }
      }))
    })

  return { read, partsOf, listed, dynamicParts }
}

/** The functions that {@link makeParts} returns. */
export type Parts = ReturnType<typeof makeParts>

/** Whether an item is a part, not a nested manifest. */
export const isPart = (one: Part | Submanifest): one is Part => "entry" in one
