/** The limits and usage of an account: `/limits` and `/os-quota-sets`. */
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Timestamp from "../Timestamp.js"
import type { Flavor } from "./flavors.js"
import * as Metadata from "./metadata.js"
import type { RateLimits } from "../RateLimit.js"
import { table } from "./requests.js"

/** The account's quotas. */
export interface Quotas {
  /** -1 for no limit. */
  readonly instances: number
  /** MiB; -1 for no limit. */
  readonly ram: number
}

/** The resources that an account uses. */
export interface Usage {
  readonly now: number
  readonly quotas: Quotas
  readonly rateLimits: RateLimits
  /** The flavor of each existing server. */
  readonly flavors: ReadonlyArray<Flavor>
  /** The number of isolated networks. */
  readonly networks: number
}

const show = ({ flavors, networks, now, quotas, rateLimits }: Usage): WireResponse => {
  const sum = (of: (flavor: Flavor) => number): number => flavors.reduce((total, flavor) => total + of(flavor), 0)
  return Reply.json(200, {
    limits: {
      rate: [
        {
          uri: "*",
          regex: ".*",
          limit: Object.entries(rateLimits).map(([verb, value]) => ({
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
        totalPrivateNetworksUsed: networks,
        totalRAMUsed: sum((flavor) => flavor.ram)
      }
    }
  })
}

const showQuotas = (tenant: string, { instances, ram }: Quotas): WireResponse =>
  Reply.json(200, {
    quota_set: {
      id: tenant,
      cores: -1,
      fixed_ips: -1,
      floating_ips: 10,
      injected_file_content_bytes: 1000,
      injected_file_path_bytes: 255,
      injected_files: 5,
      instances,
      key_pairs: 100,
      metadata_items: Metadata.maximum,
      "onmetal-compute-v1-instances": 10,
      "onmetal-compute-v1-ram": 327_680,
      ram,
      security_group_rules: 20,
      security_groups: -1
    }
  })

export const routes = (quotas: Quotas, usageAt: (now: number) => Omit<Usage, "now" | "quotas">) =>
  table({
    "GET /limits": ({ now }) => show({ now, quotas, ...usageAt(now) }),
    "GET /os-quota-sets/{tenant}": (_, { tenant }) => showQuotas(tenant, quotas)
  })
