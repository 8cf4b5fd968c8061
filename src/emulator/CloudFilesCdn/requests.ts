/** The type of requests to the CDN, and their router. */
import type { ServiceRequest, WireResponse } from "../Protocol.js"
import * as Router from "../Router.js"

export interface CdnRequest extends ServiceRequest {
  /** The time of arrival, in milliseconds since the epoch. */
  readonly now: number
  /** Whether the addressed container exists in the storage. */
  readonly isStored: boolean
}

export const { compile, table } = Router.define<CdnRequest, WireResponse>()
