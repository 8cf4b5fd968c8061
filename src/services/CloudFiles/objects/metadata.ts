/**
 * Changes an object's metadata and headers. Swift removes those that a POST does not include, so the others are read
 * first and sent again, byte for byte.
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import type { CommonError, InvalidInput, NotFound } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import { type Address, pathOf } from "./address.js"
import { objectEndpoints, type ReplaceObjectMetadata } from "./objects.js"
import { getStoredHeaders, type StoredHeaders, unnamed, withKept } from "./storedHeaders.js"

/** Fields that null removes. */
type Removable =
  | "contentEncoding"
  | "contentDisposition"
  | "contentLanguage"
  | "cacheControl"
  | "corsAllowOrigins"
  | "corsMaxAge"
  | "corsAllowHeaders"
  | "corsExposeHeaders"
  | "deleteAt"

/** Changes to an object's metadata and headers. Fields that are not given stay unchanged; null removes a header. */
export interface MetadataChanges extends Omit<ReplaceObjectMetadata, "manifest" | "headers" | Removable> {
  readonly contentEncoding?: string | null | undefined
  readonly contentDisposition?: string | null | undefined
  readonly contentLanguage?: string | null | undefined
  readonly cacheControl?: string | null | undefined
  readonly corsAllowOrigins?: ReadonlyArray<string> | null | undefined
  readonly corsMaxAge?: Duration.DurationInput | null | undefined
  readonly corsAllowHeaders?: ReadonlyArray<string> | null | undefined
  readonly corsExposeHeaders?: ReadonlyArray<string> | null | undefined
  /** When the cloud deletes it; null for never. */
  readonly deleteAt?: DateTime.Utc | null | undefined
  /** Further headers by name; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
  /** Metadata keys to remove, in any case. */
  readonly remove?: ReadonlyArray<string> | undefined
  /**
   * For a symbolic link: changes the `link` itself or its `target`. Without it, the operation fails with `InvalidInput`
   * for a symbolic link.
   */
  readonly symlink?: "link" | "target" | undefined
}

const service = "CloudFiles"
const operation = "CloudFiles.updateObjectMetadata"

/** How many symbolic links in a row are followed; Swift itself allows two. */
const maxLinks = 10

const withoutNull = <A extends Readonly<Record<string, unknown>>>(changes: A) =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null)) as {
    readonly [K in keyof A]: Exclude<A[K], null>
  }

const refused = (path: string, expected: string): InvalidInput => invalidInput(service, operation, [{ path, expected }])

/** The service's `updateObjectMetadata`. */
export const makeMetadata = (client: CloudClient) => {
  const read = Endpoint.method(client, { ...getStoredHeaders, operation })
  const post = withKept({ ...objectEndpoints.replaceObjectMetadata, operation })
  const replace = Endpoint.method(client, post)
  // Swift applies a POST to the link itself, and then returns 307 with the target's location.
  const replaceOfLink = Endpoint.method(client, { ...post, accepts: new Set([307]) })

  /** The target of a chain of links, and its headers. */
  const follow = (
    address: Address,
    found: StoredHeaders,
    links = 0
  ): Effect.Effect<readonly [Address, StoredHeaders], CommonError | NotFound> =>
    Effect.suspend(() => {
      const { symlinkTarget: target, symlinkTargetAccount: account } = found.info
      if (target === undefined) return Effect.succeed([address, found] as const)
      if (account !== undefined || links === maxLinks) {
        const expected =
          account === undefined ? `at most ${maxLinks} symbolic links in a row` : "a link within the account"
        return Effect.fail(refused("symlink", `${expected}: ${pathOf(address)} is a link to ${pathOf(target)}`))
      }
      return Effect.flatMap(read({ ...target, symlink: "link" }), (next) => follow(target, next, links + 1))
    })

  return ({ container, object, symlink, ...changes }: MetadataChanges): Effect.Effect<void, CommonError | NotFound> =>
    Effect.gen(function* () {
      const { headers, remove: _, ...fields } = changes
      const named = { ...withoutNull(fields), ...(headers !== undefined && { headers: withoutNull(headers) }) }
      yield* Endpoint.validate(client, post, { ...named, container, object })
      const found = yield* read({ container, object, symlink: "link" })
      const isLink = found.info.symlinkTarget !== undefined
      if (isLink && symlink === undefined) {
        const expected = `symlink: "link" or symlink: "target", since ${pathOf({ container, object })} is a symbolic link`
        return yield* refused("symlink", expected)
      }
      const [address, { stored }] =
        symlink === "target" ? yield* follow({ container, object }, found) : [{ container, object }, found]
      // A POST keeps the content type unless it includes one.
      const { "content-type": __, ...kept } = unnamed(stored, changes)
      const write = isLink && symlink === "link" ? replaceOfLink : replace
      yield* write({ ...named, ...address, kept })
    })
}
