/** The options of layers that are read from `Config`. */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import type * as Credentials from "../../Credentials.js"
import * as RetryPolicy from "../../RetryPolicy.js"
import type { EndpointInterface } from "../../ServiceCatalog.js"

/** The options of `layerConfig`, each with its default. */
export interface ConfigOptions {
  /** Default: `Credentials.config` at Rackspace, and `CloudConfig.fromEnvironment` at an OpenStack cloud. */
  readonly credentials?: Config.Config<Credentials.Credentials> | undefined
  /** Default: `RAX_REGION` at Rackspace; `OS_REGION_NAME` at an OpenStack cloud whose credentials are not given. */
  readonly region?: Config.Config<string | undefined> | undefined
  /** Default: `RAX_INTERFACE` at Rackspace; `OS_INTERFACE` at an OpenStack cloud whose credentials are not given. */
  readonly interface?: Config.Config<EndpointInterface | undefined> | undefined
  /** Settings that replace those of the default policy: `{ maxAttempts: Config.integer("ATTEMPTS") }`. Default: none. */
  readonly retry?: Config.Config.Wrap<Partial<RetryPolicy.Service>> | undefined
}

/** The policy with the given settings; undefined if there are none. */
export const retryOf = (
  settings: ConfigOptions["retry"]
): Effect.Effect<RetryPolicy.Service | undefined, ConfigError> =>
  settings === undefined
    ? Effect.succeed(undefined)
    : Effect.map(Config.unwrap<Partial<RetryPolicy.Service>>(settings), RetryPolicy.make)
