/** Stores manifests of dynamic large objects, and verifies that they were stored. */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import * as Endpoint from "../../../Endpoint.js"
import { makeConfirmation } from "../objects/confirmation.js"
import { md5OfNothing } from "../objects/etags.js"
import { withKept } from "../objects/storedHeaders.js"
import { manifestEndpoints, type PutDynamicManifest, segmentLocation } from "./manifests.js"

const putManifest = withKept(manifestEndpoints.putDynamicManifest)

/** The service's `putDynamicManifest`, for use by the named operation. */
export const makePutDynamicManifest = (client: CloudClient, operation: string = putManifest.operation) => {
  const put = Endpoint.method(client, putManifest)
  const confirm = makeConfirmation(client, operation)
  return (input: PutDynamicManifest) =>
    Effect.tap(put(input), ({ etag }) =>
      confirm({
        address: input,
        etag,
        expected: md5OfNothing,
        isStored: ({ manifest }) => {
          const where = manifest === undefined ? undefined : segmentLocation(manifest)
          return where?.container === input.segments.container && where.prefix === input.segments.prefix
        }
      })
    )
}
