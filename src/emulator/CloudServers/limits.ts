/** What an account may use and what it uses: `/limits` and `/os-quota-sets` (servers.md sections 2.6 and 5). */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import type { Flavor } from "./flavors.js"
import * as Metadata from "./metadata.js"
import * as NovaRequest from "./novaRequest.js"
import type { RateLimits } from "../RateLimit.js"

/** The account's quotas. */
export interface Quotas {
  /** -1 for no limit. */
  readonly instances: number
  /** MiB; -1 for no limit. */
  readonly ram: number
}

/** Serves `GET /limits`. */
export const serve = (options: {
  readonly now: number
  readonly quotas: Quotas
  readonly rateLimits: RateLimits
  /** The flavor of each server that there is. */
  readonly flavors: ReadonlyArray<Flavor>
  /** How many isolated networks there are. */
  readonly networks: number
}): WireResponse => {
  const { flavors, now, quotas } = options
  const sum = (of: (flavor: Flavor) => number): number => flavors.reduce((total, flavor) => total + of(flavor), 0)
  return Reply.json(200, {
    limits: {
      rate: [
        {
          uri: "*",
          regex: ".*",
          limit: Object.entries(options.rateLimits).map(([verb, value]) => ({
            verb,
            value,
            remaining: value,
            unit: "MINUTE",
            "next-available": Timestamp.utcMillis(now)
          }))
        }
      ],
      absolute: {
        maxImageMeta: Metadata.maximum,
        maxPersonality: 5,
        maxPersonalitySize: 1000,
        maxServerMeta: Metadata.maximum,
        maxTotalCores: -1,
        maxTotalInstances: quotas.instances,
        maxTotalKeypairs: 100,
        maxTotalPrivateNetworks: 10,
        maxTotalRAMSize: quotas.ram,
        totalCoresUsed: sum((flavor) => flavor.vcpus),
        totalInstancesUsed: flavors.length,
        totalPrivateNetworksUsed: options.networks,
        totalRAMUsed: sum((flavor) => flavor.ram)
      }
    }
  })
}

/** Serves `GET /os-quota-sets/{tenant}`. */
export const serveQuotas = (tenant: string | undefined, quotas: Quotas): WireResponse =>
  tenant === undefined
    ? NovaRequest.noRoute()
    : Reply.json(200, {
        quota_set: {
          id: tenant,
          cores: -1,
          fixed_ips: -1,
          floating_ips: 10,
          injected_file_content_bytes: 1000,
          injected_file_path_bytes: 255,
          injected_files: 5,
          instances: quotas.instances,
          key_pairs: 100,
          metadata_items: Metadata.maximum,
          "onmetal-compute-v1-instances": 10,
          "onmetal-compute-v1-ram": 327_680,
          ram: quotas.ram,
          security_group_rules: 20,
          security_groups: -1
        }
      })
