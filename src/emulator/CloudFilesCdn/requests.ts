/** Requests to the CDN as the handlers of its routes see them. */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Router from "../Router.js"

export interface CdnRequest extends ServiceRequest {
  /** When it arrived, in milliseconds since the epoch. */
  readonly now: number
  /** Whether the storage has the container that is addressed. */
  readonly isStored: boolean
}

export const { compile, table } = Router.define<CdnRequest, WireResponse>()
