/** The input schemas of operations that take several requests. Other operations have theirs in their endpoint. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { extended, options } from "../../internal/schema/inputs.js"
import { functionOf, LocalPath, pageSize, Secret, Time, WholeNumber } from "../../internal/schema/options.js"
import type { RequestBody } from "../../RequestBody.js"
import { cdnEndpoints } from "./cdn.js"
import { containerEndpoints } from "./containers.js"
import { copyEndpoints } from "./copy/model.js"
import { Glob } from "./folders/glob.js"
import type { UploadFolderOptions } from "./folders/model.js"
import { largestObject } from "./largeObjects/segments.js"
import { ContainerName, NamePart, ObjectName } from "./names.js"
import { ByteRange } from "./objects/byteRange.js"
import { objectEndpoints } from "./objects/objects.js"
import { AccountId, Md5 } from "./objects/requests.js"
import { formFields, tempUrlFields } from "./signatures/signing.js"

const { optional } = Schema

const flag = optional(Schema.Boolean)

const removable = <A>(schema: Schema.Schema<A>) => optional(Schema.NullOr(schema))

const text = optional(Schema.String)

const address = { container: ContainerName, object: ObjectName }

/** A body made by one of the constructors. */
const body = Schema.declare(
  (value): value is RequestBody<unknown, unknown> =>
    typeof value === "object" && value !== null && "open" in value && Effect.isEffect(value.open),
  { description: "a body made by CloudFiles.fromString, fromBytes, fromFile or fromStream" }
).pipe(Schema.filter(({ expected }) => expected ?? true))

const progress = optional(functionOf<(bytes: number) => Effect.Effect<void>>())

const concurrency = optional(WholeNumber)

const segmentLength = optional(
  Schema.Number.pipe(
    Schema.filter((bytes) => Number.isSafeInteger(bytes) && bytes >= 1 && bytes <= largestObject, {
      description: "a whole number of bytes, at most 5 GiB"
    })
  )
)

const oldSegments = optional(Schema.Literal("delete", "keep"))

const segmentContainer = optional(ContainerName)

const segmenting = {
  segmentThreshold: segmentLength,
  segmentSize: segmentLength,
  segmentContainer,
  largeObject: optional(Schema.Literal("static", "dynamic")),
  oldSegments,
  keepSegments: flag,
  resume: flag
}

const downloading = {
  ...address,
  versionId: text,
  range: optional(ByteRange),
  ifMatch: text,
  verify: flag,
  decompress: flag
}

const copying = extended(copyEndpoints.copyObject, {
  account: optional(AccountId),
  segments: optional(Schema.Literal("copy", "share")),
  segmentContainer,
  concurrency,
  oldSegments,
  symlink: optional(Schema.Literal("link", "target"))
})

const keyOptions = { key: optional(Secret), createKey: flag }

const expires = Schema.Union(Time, Schema.DateTimeUtcFromSelf).annotations({
  description: 'a Duration, such as "1 hour", or a DateTime.Utc'
})

/** A version returned by `listVersions`. */
const version = {
  ...address,
  archive: optional(Schema.Struct(address)),
  versionId: text,
  bytes: optional(Schema.Number),
  hash: text,
  contentType: text,
  written: optional(Schema.DateTimeUtcFromSelf),
  isCurrent: flag,
  isDeleted: flag
}

const folder = {
  folder: LocalPath,
  container: ContainerName,
  prefix: optional(NamePart),
  include: optional(Schema.Array(Glob)),
  exclude: optional(Schema.Array(Glob))
}

const reading = { symlinks: optional(Schema.Literal("skip", "follow")), outsideLinks: flag, emptyFolders: flag }

const transferring = { concurrency, dryRun: flag }

const comparing = { compare: optional(Schema.Literal("sizeAndTime", "checksum")) }

const uploadingFolder = {
  ...folder,
  ...reading,
  ...transferring,
  ...segmenting,
  describe: optional(functionOf<NonNullable<UploadFolderOptions["describe"]>>()),
  archives: optional(Schema.Literal("auto", "always", "never"))
}

/** Fields that apply only to the upload of a single object. */
const ofOneObject = ["object", "content", "md5", "detectContentType", "ifNoneMatch"] as const

const emptying = { container: ContainerName, segments: flag }

export const inputs = {
  listContainers: extended(containerEndpoints.listContainersPage, pageSize, "limit"),
  listObjects: extended(objectEndpoints.listObjectsPage, pageSize, "limit", "delimiter"),
  listLevel: extended(objectEndpoints.listObjectsPage, pageSize, "limit"),
  listCdnContainers: extended(cdnEndpoints.listCdnContainersPage, pageSize, "limit"),
  upload: extended(
    objectEndpoints.putObject,
    {
      body,
      md5: optional(Md5),
      compress: optional(Schema.Literal("gzip")),
      createOnly: flag,
      ...segmenting,
      concurrency,
      storeModified: flag,
      progress
    },
    "content",
    "detectContentType",
    "ifNoneMatch"
  ),
  download: options(downloading),
  open: options(downloading),
  downloadRanges: options({ ...address, versionId: text, ifMatch: text, ranges: Schema.Array(ByteRange) }),
  downloadToFile: options({
    ...address,
    versionId: text,
    path: LocalPath,
    ifMatch: text,
    verify: flag,
    decompress: flag,
    concurrency,
    parallelThreshold: optional(WholeNumber),
    resume: flag,
    progress
  }),
  copy: copying,
  move: copying,
  // Null removes a header. Header values are validated with the request.
  updateObjectMetadata: extended(
    objectEndpoints.replaceObjectMetadata,
    {
      contentEncoding: removable(Schema.String),
      contentDisposition: removable(Schema.String),
      contentLanguage: removable(Schema.String),
      cacheControl: removable(Schema.String),
      corsAllowOrigins: removable(Schema.Array(Schema.String)),
      corsMaxAge: removable(Time),
      corsAllowHeaders: removable(Schema.Array(Schema.String)),
      corsExposeHeaders: removable(Schema.Array(Schema.String)),
      deleteAt: removable(Schema.DateTimeUtcFromSelf),
      headers: optional(Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) })),
      remove: optional(Schema.Array(Schema.String)),
      symlink: optional(Schema.Literal("link", "target"))
    },
    "manifest"
  ),
  deleteLargeObject: options(address),
  // The targets are validated as they are read, since there may be any number.
  bulkDelete: options({
    objects: Schema.declare(
      (value): value is Iterable<unknown> => typeof value === "object" && value !== null && Symbol.iterator in value,
      { description: "an array, or another iterable, of objects and containers" }
    )
  }),
  emptyContainer: options({ ...emptying, prefix: optional(NamePart) }),
  deleteContainerWithContents: options(emptying),
  extractArchive: options({
    container: optional(ContainerName),
    prefix: optional(NamePart),
    format: Schema.Literal("tar", "tar.gz", "tar.bz2"),
    body,
    contentType: text
  }),
  uploadFolder: extended(objectEndpoints.putObject, uploadingFolder, ...ofOneObject),
  downloadFolder: options({ ...folder, ...transferring }),
  compareFolder: options({ ...folder, ...reading, ...comparing }),
  sync: extended(
    objectEndpoints.putObject,
    { ...uploadingFolder, ...comparing, direction: Schema.Literal("upload", "download"), delete: flag },
    ...ofOneObject
  ),
  tempUrl: options({ ...tempUrlFields, expires, ...keyOptions }),
  formPost: options({ ...formFields, expires, ...keyOptions }),
  setTempUrlKey: options({ container: optional(ContainerName), key: Secret, slot: optional(Schema.Literal(1, 2)) }),
  rotateTempUrlKey: options({ container: optional(ContainerName), key: optional(Secret) }),
  removeTempUrlKey: options({ container: optional(ContainerName), previousOnly: flag }),
  listVersions: options({ ...address, ...pageSize }),
  downloadVersion: options(version),
  restoreVersion: options(version),
  deleteVersion: options(version),
  purgeVersions: options(address)
}
