/** The failures of a download. */
import { MalformedResponse, TransportError } from "../../../CloudError.js"
import type { Address } from "../objects/address.js"
import type { ObjectInfo } from "../objects/objects.js"
import type { ContentError } from "./model.js"

const service = "CloudFiles"

/** The content is shorter or longer than expected. */
export const wrongLength = (
  operation: string,
  { container, object }: Address,
  bytes: number,
  expected: number
): TransportError =>
  new TransportError({
    service,
    operation,
    method: "GET",
    url: `/${container}/${object}`,
    reason: "body",
    message: `${operation}: ${container}/${object} ended after ${bytes} of ${expected} bytes`
  })

/** The response is not the range that was requested. */
export const notTheRange = (
  operation: string,
  { status }: ObjectInfo,
  wrong: { readonly path: string; readonly expected: string }
): MalformedResponse =>
  new MalformedResponse({
    service,
    operation,
    status,
    ...wrong,
    message: `${operation}: ${status}, but the response is not the requested range: ${wrong.path}: expected ${wrong.expected}`
  })

/** The content is not gzip data. */
export const notGzip = (
  operation: string,
  { container, object }: Address,
  { status }: ObjectInfo,
  reason: string
): MalformedResponse =>
  new MalformedResponse({
    service,
    operation,
    status,
    path: ":body",
    expected: "gzip data",
    message: `${operation}: the content of ${container}/${object} cannot be decompressed as gzip: ${reason}`
  })

/** Whether requesting the rest may succeed. */
export const isBroken = (error: ContentError): error is TransportError =>
  error._tag === "TransportError" &&
  (error.reason === "body" || error.reason === "timeout" || error.reason === "connect")
