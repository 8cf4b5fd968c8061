/**
 * A refusal in the middle of a check. Control services check dozens of fields one after the other, each of which may
 * end the request; thrown and caught within one synchronous call, the checks read from top to bottom, and no other
 * request can come in between.
 */
import type { WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"

class Refusal {
  readonly response: WireResponse
  constructor(response: WireResponse) {
    this.response = response
  }
}

/** Ends the request with this response. */
export const refuse = (response: WireResponse): never => {
  throw new Refusal(response)
}

/** Ends the request with a fault in its wrapper: `refuse(400, "badRequest", "…")`. */
export const fault = (status: number, key: string, message: string): never => refuse(Reply.fault(status, key, message))

/** Runs a synchronous handler and answers with its response or with its refusal. */
export const catching = (respond: () => WireResponse): WireResponse => {
  try {
    return respond()
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      return thrown.response
    }
    throw thrown
  }
}
