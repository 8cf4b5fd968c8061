/** Requests to Cloud Files as the handlers of its routes see them. Names are bytes, not text. */
import type * as Effect from "effect/Effect"
import type { ServiceRequest, WireBroken, WireResponse } from "../Protocol.js"
import type { Refusal } from "../Refusal.js"
import * as Router from "../Router.js"
import type * as ByteText from "./byteText.js"
import type { Storage } from "./storage.js"

export interface FilesRequest extends ServiceRequest {
  /** When it arrived, in milliseconds since the epoch. */
  readonly now: number
  /** The storage of the account that is addressed. */
  readonly storage: Storage
  /** The storages of all accounts that the caller may use. */
  readonly storageOf: (account: string) => Storage | undefined
}

export type FilesAnswer = Effect.Effect<WireResponse, WireBroken | Refusal>

export const { compile, table } = Router.define<FilesRequest, FilesAnswer>()

/** The container, and the object with its slashes; nothing for the account itself. Undefined for a path without a container. */
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
