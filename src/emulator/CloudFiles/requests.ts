/** The type of requests to Cloud Files, and their router. Names are byte strings. */
import type * as Effect from "effect/Effect"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import type { Refusal } from "../Refusal.js"
import * as Router from "../Router.js"
import type * as ByteText from "./byteText.js"
import type { Storage } from "./storage.js"

export interface FilesRequest extends ServiceRequest {
  /** The time of arrival, in milliseconds since the epoch. */
  readonly now: number
  /** The storage of the addressed account. */
  readonly storage: Storage
  /** The storages of all accounts that the caller may use. */
  readonly storageOf: (account: string) => Storage | undefined
}

export type FilesAnswer = Effect.Effect<WireResponse, WireBroken | Refusal>

export const { compile, table } = Router.define<FilesRequest, FilesAnswer>()

/** Splits a path into container and object. Empty for the account itself; undefined if the container is missing. */
export const segmentsOf = (path: ByteText.ByteText): ReadonlyArray<ByteText.ByteText> | undefined => {
  const slash = path.indexOf("/")
  return path === ""
    ? []
    : slash === 0
      ? undefined
      : slash < 0 || slash === path.length - 1
        ? [path.replace(/\/$/, "")]
        : [path.slice(0, slash), path.slice(slash + 1)]
}
