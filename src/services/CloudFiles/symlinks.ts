/**
 * Creates symbolic links only where the cloud has them: another cloud would store an empty object in the place of the link.
 *
 * Whether it has them, `/info` says, or else a link under a name of its own, which is deleted again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import * as Endpoint from "../../Endpoint.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { struct } from "../../internal/schema/struct.js"
import type { Discovery } from "./capabilities.js"
import { ContainerName, encodedAddress, ObjectName } from "./names.js"
import { type Address, isSame } from "./objects/address.js"
import { makeConfirmation } from "./objects/confirmation.js"
import { md5OfNothing } from "./objects/etags.js"
import { objectEndpoints } from "./objects/objects.js"
import {
  AccountId,
  detected,
  ifNoneMatch,
  objectHeaders,
  type ObjectHeaders,
  objectPath,
  StoredObject
} from "./objects/requests.js"
import { Line } from "./settingValues.js"

/** Where a symbolic link leads. */
export interface SymlinkTarget extends Address {
  /** The account of the target; default: the link's own. */
  readonly account?: string | undefined
  /**
   * The ETag that the target has: the link then leads to this version only, and reading it fails with `Conflict` once the target
   * is another one. Of a large object the ETag of its manifest.
   */
  readonly etag?: string | undefined
}

export const SymlinkTarget = struct<SymlinkTarget>({
  container: ContainerName,
  object: ObjectName,
  account: Schema.optional(AccountId),
  etag: Schema.optional(Line)
})

/** Where a symbolic link leads, as the headers that say so. */
const SymlinkHeaders = Schema.transform(
  Schema.Record({ key: Schema.String, value: Schema.String }),
  Schema.typeSchema(SymlinkTarget),
  {
    strict: true,
    decode: () => ({ container: "", object: "" }),
    encode: ({ account, container, etag, object }) => ({
      "x-symlink-target": encodedAddress(container, object),
      ...(account !== undefined && { "x-symlink-target-account": encodeURIComponent(account) }),
      ...(etag !== undefined && { "x-symlink-target-etag": etag.replaceAll('"', "") })
    })
  }
)

/** A symbolic link to make. */
export interface CreateSymlink extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the link's own name. */
  readonly detectContentType?: boolean | undefined
  /** Where it leads. */
  readonly target: SymlinkTarget
  /** `*` makes it only where no object bears the name. */
  readonly ifNoneMatch?: "*" | undefined
}

/** The operations on symbolic links, as data. "Symlink" in Swift's documentation. */
export const symlinkEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Makes a symbolic link to another object, which need not be there (unless its ETag is named). Reading the link reads its
   * target; deleting it leaves the target alone. Fails with `NotFound` where there is no such container, and with `Conflict` where
   * the target does not have the ETag. "Symlink" in Swift's documents, `PUT /v1/{account}/{container}/{object}` with
   * `X-Symlink-Target`. A cloud without symbolic links would store an empty object instead; the service first finds out whether the
   * cloud has them, and fails with `InvalidInput` where it does not.
   */
  createSymlink: Endpoint.define<CreateSymlink>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: {
      ...objectHeaders,
      detectContentType: detected,
      target: Schema.propertySignature(SymlinkHeaders).pipe(Schema.fromKey(":symlink")),
      ifNoneMatch
    },
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded"]
  })
})

const service = "CloudFiles"
const operation = "CloudFiles.createSymlink"

/** The service's `createSymlink`, which remembers whether the cloud has symbolic links. */
export const makeSymlinks = (client: CloudClient, getCapabilities: Discovery["getCapabilities"]) => {
  const put = Endpoint.method(client, symlinkEndpoints.createSymlink)
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const confirm = makeConfirmation(client, operation)
  const remove = Endpoint.method(client, { ...objectEndpoints.deleteObject, operation })

  /** Undefined until it is known. */
  let hasLinks: boolean | undefined

  const storesLinks = ({ container, target }: CreateSymlink) => {
    const scratch = { container, object: `.symlink-${randomUUID()}` }
    const { etag: _, ...anyVersion } = target
    return put({ ...scratch, target: anyVersion }).pipe(
      Effect.zipRight(head({ ...scratch, symlink: "link" })),
      Effect.map(({ symlinkTarget }) => symlinkTarget !== undefined),
      Effect.ensuring(Effect.ignore(remove(scratch)))
    )
  }

  const find = (input: CreateSymlink) =>
    Effect.gen(function* () {
      const capabilities = Option.getOrUndefined(yield* Effect.orElseSucceed(getCapabilities(), () => Option.none()))
      // Not every cloud that has links lists them.
      return capabilities?.parts["symlink"] !== undefined || (yield* storesLinks(input))
    })

  const refused = Effect.suspend(() => {
    const expected = "no symbolic link, since this cloud has none: it would store an empty object"
    return invalidInput(service, operation, [{ path: "target", expected }])
  })

  return (input: CreateSymlink) =>
    Effect.zipRight(
      Endpoint.validate(client, symlinkEndpoints.createSymlink, input),
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
