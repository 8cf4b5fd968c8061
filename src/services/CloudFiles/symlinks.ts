/**
 * Creates symbolic links only where the cloud has them: another cloud would store an empty object in the place of the link.
 *
 * Whether it has them, `/info` says, or else a link under a name of its own, which is deleted again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import * as Endpoint from "../../Endpoint.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type { Discovery } from "./capabilities.js"
import { makeConfirmation, md5OfNothing } from "./confirmation.js"
import { endpoints } from "./endpoints.js"
import { isSame } from "./segments.js"

type LinkInput = NonNullable<Parameters<Endpoint.Method<typeof endpoints.createSymlink>>[0]>

const service = "CloudFiles"
const operation = "CloudFiles.createSymlink"

/** The service's `createSymlink`, which remembers whether the cloud has symbolic links. */
export const makeSymlinks = (client: CloudClient, getCapabilities: Discovery["getCapabilities"]) => {
  const put = Endpoint.method(client, endpoints.createSymlink)
  const head = Endpoint.method(client, { ...endpoints.getObjectInfo, operation })
  const confirm = makeConfirmation(client, operation)
  const remove = Endpoint.method(client, { ...endpoints.deleteObject, operation })

  /** Undefined until it is known. */
  let hasLinks: boolean | undefined

  const storesLinks = ({ container, target }: LinkInput) => {
    const scratch = { container, object: `.symlink-${randomUUID()}` }
    const { etag: _, ...anyVersion } = target
    return put({ ...scratch, target: anyVersion }).pipe(
      Effect.zipRight(head({ ...scratch, symlink: "link" })),
      Effect.map(({ symlinkTarget }) => symlinkTarget !== undefined),
      Effect.ensuring(Effect.ignore(remove(scratch)))
    )
  }

  const find = (input: LinkInput) =>
    Effect.gen(function* () {
      const capabilities = Option.getOrUndefined(yield* Effect.orElseSucceed(getCapabilities(), () => Option.none()))
      // Not every cloud that has links lists them.
      return capabilities?.parts["symlink"] !== undefined || (yield* storesLinks(input))
    })

  const refused = Effect.suspend(() => {
    const expected = "no symbolic link, since this cloud has none: it would store an empty object"
    return invalidInput(service, operation, [{ path: "target", expected }])
  })

  return (input: LinkInput) =>
    Effect.zipRight(
      Endpoint.validate(client, endpoints.createSymlink, input),
      Effect.suspend(() =>
        hasLinks === undefined
          ? Effect.tap(find(input), (found) => Effect.sync(() => (hasLinks = found)))
          : Effect.succeed(hasLinks)
      )
    ).pipe(
      Effect.flatMap((found) => (found ? put(input) : refused)),
      Effect.tap(({ etag }) =>
        confirm({
          address: input,
          etag,
          expected: md5OfNothing,
          isStored: ({ symlinkTarget }) => symlinkTarget !== undefined && isSame(symlinkTarget, input.target)
        })
      )
    )
}
