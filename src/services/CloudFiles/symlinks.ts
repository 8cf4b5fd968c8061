/**
 * Creates symbolic links, after checking that the cloud supports them: otherwise it would store an empty object.
 *
 * The check uses `/info`, or else a test link that is deleted again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { randomUUID } from "node:crypto"
import type { CloudClient } from "../../CloudClient.js"
import * as Endpoint from "../../Endpoint.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { lazy } from "../../internal/schema/lazy.js"
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

/** The target of a symbolic link. */
export interface SymlinkTarget extends Address {
  /** The account of the target. Default: the link's own. */
  readonly account?: string | undefined
  /**
   * The ETag of the target. The link then refers only to this version, and reading it fails with `Conflict` if the
   * target has changed. For a large object, the ETag of its manifest.
   */
  readonly etag?: string | undefined
}

export const SymlinkTarget = struct<SymlinkTarget>(() => ({
  container: ContainerName,
  object: ObjectName,
  account: Schema.optional(AccountId),
  etag: Schema.optional(Line)
}))

/** The target of a symbolic link, encoded as headers. */
const SymlinkHeaders = lazy(() =>
  Schema.transform(Schema.Record({ key: Schema.String, value: Schema.String }), Schema.typeSchema(SymlinkTarget), {
    strict: true,
    decode: () => ({ container: "", object: "" }),
    encode: ({ account, container, etag, object }) => ({
      "x-symlink-target": encodedAddress(container, object),
      ...(account !== undefined && { "x-symlink-target-account": encodeURIComponent(account) }),
      ...(etag !== undefined && { "x-symlink-target-etag": etag.replaceAll('"', "") })
    })
  })
)

/** A symbolic link to create. */
export interface CreateSymlink extends Address, ObjectHeaders {
  /** Lets the cloud guess the content type from the link's own name. */
  readonly detectContentType?: boolean | undefined
  /** Where it leads. */
  readonly target: SymlinkTarget
  /** `*` creates it only if no object of this name exists. */
  readonly ifNoneMatch?: "*" | undefined
}

/** The operations on symbolic links, as data. "Symlink" in Swift's documentation. */
export const symlinkEndpoints = Endpoint.table("CloudFiles", {
  /**
   * Creates a symbolic link to another object, which need not exist unless its ETag is given. Reading the link reads
   * its target; deleting it keeps the target. Fails with `NotFound` if the container does not exist, with `Conflict` if
   * the target has another ETag, and with `InvalidInput` if the cloud does not support symbolic links, which is checked
   * first because such a cloud would store an empty object. "Symlink" in Swift's documentation, `PUT
   * /v1/{account}/{container}/{object}` with `X-Symlink-Target`.
   */
  createSymlink: Endpoint.define<CreateSymlink>()("PUT", "/{container}/{+object}", {
    parameters: objectPath,
    headers: () => ({
      ...objectHeaders(),
      detectContentType: detected(),
      target: Schema.propertySignature(SymlinkHeaders).pipe(Schema.fromKey(":symlink")),
      ifNoneMatch: ifNoneMatch()
    }),
    stores: true,
    success: Endpoint.headers(StoredObject),
    errors: ["NotFound", "Conflict", "PreconditionFailed", "QuotaExceeded"]
  })
})

const service = "CloudFiles"
const operation = "CloudFiles.createSymlink"

/** The service's `createSymlink`, which remembers whether the cloud supports symbolic links. */
export const makeSymlinks = (client: CloudClient, getCapabilities: Discovery["getCapabilities"]) => {
  const put = Endpoint.method(client, symlinkEndpoints.createSymlink)
  const head = Endpoint.method(client, { ...objectEndpoints.getObjectInfo, operation })
  const confirm = makeConfirmation(client, operation)
  const remove = Endpoint.method(client, { ...objectEndpoints.deleteObject, operation })

  /** Undefined until known. */
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
      // Some clouds support links but do not report it.
      return capabilities?.parts["symlink"] !== undefined || (yield* storesLinks(input))
    })

  const refused = Effect.suspend(() => {
    const expected = "no symbolic link: this cloud does not support them and would store an empty object"
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
