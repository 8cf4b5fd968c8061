/**
 * Verifies that an object was really stored after a successful response. A gateway may answer 201 by itself, and `move`
 * would then delete the source.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { type CommonError, MalformedResponse } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import type { Address } from "./address.js"
import { md5In, sameEtag } from "./etags.js"
import { objectEndpoints, type ObjectInfo } from "./objects.js"

/** An object that was reported as stored. */
export interface Claim {
  readonly address: Address
  /** The ETag in the response. */
  readonly etag: string | undefined
  /** An ETag that only a cloud that stored the object can know. If the response has it, no request is made. */
  readonly expected: string | undefined
  /** Whether an object's headers match what was stored. */
  readonly isStored: (info: ObjectInfo) => boolean
}

/** Whether an object has the size of another one, and the same ETag if both are MD5s. */
export const sameContent =
  (source: ObjectInfo) =>
  (copy: ObjectInfo): boolean => {
    const [a, b] = [md5In(source.etag), md5In(copy.etag)]
    return source.bytes === copy.bytes && (a === undefined || b === undefined || a === b)
  }

/** Verifies a claim. Fails with `MalformedResponse` if the object differs. A symbolic link is read itself. */
export const makeConfirmation = (client: CloudClient, operation: string) => {
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })

  const notStored = ({ container, object }: Address): MalformedResponse =>
    new MalformedResponse({
      service: client.service,
      operation,
      status: 201,
      path: "etag",
      expected: "the ETag of the content that was sent",
      message: `${operation}: the cloud confirmed storing ${container}/${object}, but the stored object differs from the content that was sent`
    })

  return ({ address, etag, expected, isStored }: Claim): Effect.Effect<void, CommonError> =>
    sameEtag(etag, expected)
      ? Effect.void
      : head({ container: address.container, object: address.object, symlink: "link" }).pipe(
          Effect.flatMap((info) => (isStored(info) ? Effect.void : Effect.fail(notStored(address)))),
          Effect.catchTag("NotFound", () => Effect.fail(notStored(address)))
        )
}
