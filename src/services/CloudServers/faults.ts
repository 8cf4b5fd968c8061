/**
 * The failures of servers and images.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { absentIfEmpty, someCount, Text, TimestampIfAny } from "../../internal/schema/wire.js"

/**
 * Why a server or an image is in ERROR.
 *
 * @since 0.1.0
 * @category models
 */
export const Fault = Schema.Struct({
  code: someCount,
  /** Empty where the cloud gives no reason. */
  message: Schema.optionalWith(Text, { nullable: true, default: () => "" }),
  created: TimestampIfAny,
  details: absentIfEmpty
})

/** Why a server or an image that is waited for has failed, if so. */
export const hasFailed = (resource: {
  readonly status: string
  readonly fault?: { readonly message: string } | undefined
}): Option.Option<{ readonly fault: string | undefined }> =>
  resource.status === "ERROR" || resource.status === "DELETED"
    ? Option.some({ fault: resource.fault?.message })
    : Option.none()
