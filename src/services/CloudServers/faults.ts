/** Errors of servers and images. */
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, someCount, Text, TimestampIfAny } from "../../internal/schema/wire.js"

/** Why a server or an image is in ERROR. */
export interface Fault {
  readonly code?: number | undefined
  /** Empty if the cloud gives no reason. */
  readonly message: string
  readonly created?: DateTime.Utc | undefined
  readonly details?: string | undefined
}

export const Fault = struct<Fault>(() => ({
  code: someCount,
  message: Schema.optionalWith(Text, { nullable: true, default: () => "" }),
  created: TimestampIfAny,
  details: absentIfEmpty
}))

/** The reason why a server or image that is waited for has failed, if it has. */
export const hasFailed = (resource: {
  readonly status: string
  readonly fault?: { readonly message: string } | undefined
}): Option.Option<{ readonly fault: string | undefined }> =>
  resource.status === "ERROR" || resource.status === "DELETED"
    ? Option.some({ fault: resource.fault?.message })
    : Option.none()
