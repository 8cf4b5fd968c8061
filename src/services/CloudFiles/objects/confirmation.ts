/**
 * Checks that an object was stored after the cloud responded that it was. A gateway may respond with 201 itself, and a move that
 * relied on it would then delete the source.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { type CommonError, MalformedResponse } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { Address } from "./address.js"
import { md5In, sameEtag } from "./etags.js"
import { objectEndpoints, type ObjectInfo } from "./objects.js"

/** An object that was stored, and how that is known. */
export interface Claim {
  readonly address: Address
  /** The ETag of the response. */
  readonly etag: string | undefined
  /** An ETag that the cloud can know only if it has stored the object. If the response has it, no further request is made. */
  readonly expected: string | undefined
  /** Whether the headers of the object show that it is what was stored. */
  readonly isStored: (info: ObjectInfo) => boolean
}

/** Whether an object is as large as another one, and has its ETag if both are MD5s. */
export const sameContent =
  (source: ObjectInfo) =>
  (copy: ObjectInfo): boolean => {
    const [a, b] = [md5In(source.etag), md5In(copy.etag)]
    return source.bytes === copy.bytes && (a === undefined || b === undefined || a === b)
  }

/** Makes the check of a claim. It fails with `MalformedResponse` if the claim is not true. Of a symbolic link, the link itself is checked. */
export const makeConfirmation = (client: CloudClient, operation: string) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })

  const notStored = ({ container, object }: Address): MalformedResponse =>
    new MalformedResponse({
      service: client.service,
      operation,
      status: 201,
      path: "etag",
      expected: "the ETag of what was to be stored",
      message: `${operation}: the cloud says that it has stored ${container}/${object}, but the object is not what was sent`
    })

  return ({ address, etag, expected, isStored }: Claim): Effect.Effect<void, CommonError> =>
    sameEtag(etag, expected)
      ? Effect.void
      : head({ container: address.container, object: address.object, symlink: "link" }).pipe(
          Effect.flatMap((info) => (isStored(info) ? Effect.void : Effect.fail(notStored(address)))),
          Effect.catchTag("NotFound", () => Effect.fail(notStored(address)))
        )
}
