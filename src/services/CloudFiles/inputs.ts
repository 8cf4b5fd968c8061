/**
 * The fields that operations of several requests know. An operation of one request has them in its schemas.
 */
import { extended, type AnyInputs } from "../../internal/schema/knownFields.js"
import { cdnEndpoints } from "./cdn.js"
import { endpoints } from "./endpoints.js"
import { descriptionFields } from "./folderDescription.js"

const address = { container: true, object: true } as const

const range = { offset: true, length: true, last: true } as const

const downloading = { ...address, versionId: true, range, ifMatch: true, verify: true, decompress: true } as const

const copying = extended(endpoints.copyObject, {
  account: true,
  segments: true,
  segmentContainer: true,
  concurrency: true,
  oldSegments: true,
  symlink: true
})

const tempUrlRequest = {
  ...address,
  prefix: true,
  expires: true,
  method: true,
  algorithm: true,
  ipRange: true,
  filename: true,
  inline: true
} as const

const formRequest = {
  container: true,
  prefix: true,
  expires: true,
  maxFileSize: true,
  maxFileCount: true,
  redirect: true,
  deleteAfter: true
} as const

const keyOptions = { key: true, createKey: true } as const

/** All of a version, as `listVersions` gives it. */
const version = {
  ...address,
  archive: address,
  versionId: true,
  bytes: true,
  hash: true,
  contentType: true,
  written: true,
  isCurrent: true,
  isDeleted: true
} as const

const folder = { folder: true, container: true, prefix: true, include: true, exclude: true } as const

const reading = { symlinks: true, outsideLinks: true, emptyFolders: true } as const

const transferring = { concurrency: true, dryRun: true } as const

const segmenting = {
  segmentThreshold: true,
  segmentSize: true,
  segmentContainer: true,
  largeObject: true,
  oldSegments: true,
  keepSegments: true,
  resume: true
} as const

const uploadingFolder = {
  ...folder,
  ...reading,
  ...transferring,
  ...segmenting,
  ...descriptionFields,
  describe: true,
  archives: true
} as const

export const inputs = {
  listContainers: extended(endpoints.listContainersPage, { pageSize: true }, "limit"),
  listObjects: extended(endpoints.listObjectsPage, { pageSize: true }, "limit", "delimiter"),
  listLevel: extended(endpoints.listObjectsPage, { pageSize: true }, "limit"),
  listCdnContainers: extended(cdnEndpoints.listCdnContainersPage, { pageSize: true }, "limit"),
  upload: extended(
    endpoints.putObject,
    {
      body: true,
      md5: true,
      compress: true,
      createOnly: true,
      segmentThreshold: true,
      segmentSize: true,
      concurrency: true,
      segmentContainer: true,
      largeObject: true,
      resume: true,
      keepSegments: true,
      oldSegments: true,
      storeModified: true,
      progress: true
    },
    "content",
    "detectContentType",
    "ifNoneMatch"
  ),
  download: downloading,
  open: downloading,
  downloadRanges: { ...address, versionId: true, ifMatch: true, ranges: [range] },
  downloadToFile: {
    ...address,
    versionId: true,
    path: true,
    ifMatch: true,
    verify: true,
    decompress: true,
    concurrency: true,
    parallelThreshold: true,
    resume: true,
    progress: true
  },
  copy: copying,
  move: copying,
  updateObjectMetadata: extended(endpoints.replaceObjectMetadata, { remove: true, symlink: true }, "manifest"),
  deleteLargeObject: address,
  // Each of the objects is checked as it is read, since there may be any number of them.
  bulkDelete: { objects: true },
  emptyContainer: { container: true, prefix: true, segments: true },
  deleteContainerWithContents: { container: true, segments: true },
  extractArchive: { container: true, prefix: true, format: true, body: true, contentType: true },
  uploadFolder: uploadingFolder,
  downloadFolder: { ...folder, ...transferring },
  compareFolder: { ...folder, ...reading, compare: true },
  sync: { ...uploadingFolder, direction: true, compare: true, delete: true },
  tempUrl: { ...tempUrlRequest, ...keyOptions },
  formPost: { ...formRequest, ...keyOptions, algorithm: true },
  setTempUrlKey: { container: true, key: true, slot: true },
  rotateTempUrlKey: { container: true, key: true },
  removeTempUrlKey: { container: true, previousOnly: true },
  listVersions: { ...address, pageSize: true },
  downloadVersion: version,
  restoreVersion: version,
  deleteVersion: version,
  purgeVersions: address
} satisfies AnyInputs
