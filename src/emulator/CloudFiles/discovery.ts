/** `/info`: the capabilities of a current Swift, readable without a token. Rackspace does not document it. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Answer from "./answer.js"
import * as CephDialect from "./cephDialect.js"
import type { Settings } from "./storage.js"

const digests = { allowed_digests: ["sha1", "sha256", "sha512"], deprecated_digests: ["sha1"] }

/** The capabilities of a storage, under the names of Swift 2.30. It lists only emulated features. */
export const capabilities = (settings: Settings): Readonly<Record<string, unknown>> => ({
  swift: {
    version: "2.30.1",
    strict_cors_mode: true,
    policies: [{ name: "Policy-0", aliases: "Policy-0", default: true }],
    allow_account_management: false,
    account_autocreate: true,
    max_file_size: settings.maxObjectBytes,
    max_meta_name_length: 128,
    max_meta_value_length: 256,
    max_meta_count: 90,
    max_meta_overall_size: 4096,
    max_header_size: 8192,
    max_object_name_length: 1024,
    container_listing_limit: settings.pageLimit,
    account_listing_limit: settings.pageLimit,
    max_account_name_length: 256,
    max_container_name_length: 256,
    extra_header_count: 0
  },
  versioned_writes: { allowed_flags: ["x-versions-location"] },
  ...(settings.staticLargeObjects && {
    slo: {
      max_manifest_segments: 1000,
      max_manifest_size: 8 * 1024 * 1024,
      yield_frequency: 10,
      min_segment_size: settings.minimumSegmentBytes,
      allow_async_delete: false
    }
  }),
  symlink: { symloop_max: 2, static_links: true },
  container_quotas: {},
  formpost: digests,
  tempurl: {
    methods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
    incoming_remove_headers: ["x-timestamp"],
    incoming_allow_headers: [],
    outgoing_remove_headers: ["x-object-meta-*"],
    outgoing_allow_headers: ["x-object-meta-public-*"],
    ...digests
  },
  bulk_upload: { max_containers_per_extraction: settings.maxArchiveContainers, max_failed_extractions: 1000 },
  bulk_delete: { max_deletes_per_request: 10_000, max_failed_deletes: 1000 }
})

export const handle = (settings: Settings, method: string): WireResponse => {
  const allow = { Allow: "HEAD, GET, OPTIONS" }
  switch (method) {
    case "GET":
    case "HEAD":
      return Reply.json(
        200,
        settings.dialect === "ceph" ? CephDialect.capabilities(settings) : capabilities(settings),
        {
          "Content-Type": "application/json; charset=UTF-8"
        }
      )
    case "OPTIONS":
      return Answer.standard(200, allow)
    default:
      return Answer.standard(405, allow)
  }
}
