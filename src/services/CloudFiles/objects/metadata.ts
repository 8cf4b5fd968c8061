/**
 * Changes of an object's metadata and headers. Swift drops what a POST does not name, so that whatever is to stay is read
 * first and sent back as it was, byte for byte.
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

/** Fields of which null takes the header away. */
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

/** Changes of an object's metadata and headers. Those that are not named stay as they are; null removes a header. */
export interface MetadataChanges extends Omit<ReplaceObjectMetadata, "manifest" | "headers" | Removable> {
  /** Null for none. */
  readonly contentEncoding?: string | null | undefined
  /** Null for none. */
  readonly contentDisposition?: string | null | undefined
  /** Null for none. */
  readonly contentLanguage?: string | null | undefined
  /** Null for none. */
  readonly cacheControl?: string | null | undefined
  /** Null for none. */
  readonly corsAllowOrigins?: ReadonlyArray<string> | null | undefined
  /** Null for none. */
  readonly corsMaxAge?: Duration.DurationInput | null | undefined
  /** Null for none. */
  readonly corsAllowHeaders?: ReadonlyArray<string> | null | undefined
  /** Null for none. */
  readonly corsExposeHeaders?: ReadonlyArray<string> | null | undefined
  /** When the cloud is to delete it; null for never. */
  readonly deleteAt?: DateTime.Utc | null | undefined
  /** Further headers by name; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
  /** Metadata keys to remove, in any case. */
  readonly remove?: ReadonlyArray<string> | undefined
  /**
   * What is changed where the object is a symbolic link: the `link` itself, or the `target` that it leads to. By default nothing
   * is, and the operation fails with `InvalidInput`.
   */
  readonly symlink?: "link" | "target" | undefined
}

const service = "CloudFiles"
const operation = "CloudFiles.updateObjectMetadata"

/** How many links may lead to each other; Swift itself allows two. */
const mostLinks = 10

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
  // Swift applies a POST to the link itself, and then returns 307 with the target's place.
  const replaceOfLink = Endpoint.method(client, { ...post, accepts: new Set([307]) })

  /** The object that a chain of links leads to, and its headers. */
  const follow = (
    address: Address,
    found: StoredHeaders,
    links = 0
  ): Effect.Effect<readonly [Address, StoredHeaders], CommonError | NotFound> =>
    Effect.suspend(() => {
      const { symlinkTarget: target, symlinkTargetAccount: account } = found.info
      if (target === undefined) return Effect.succeed([address, found] as const)
      if (account !== undefined || links === mostLinks) {
        const expected =
          account === undefined ? `at most ${mostLinks} links to each other` : "a link within the account"
        return Effect.fail(refused("symlink", `${expected}: ${pathOf(address)} leads to ${pathOf(target)}`))
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
      // A POST leaves the type alone unless it names one.
      const { "content-type": __, ...kept } = unnamed(stored, changes)
      const write = isLink && symlink === "link" ? replaceOfLink : replace
      yield* write({ ...named, ...address, kept })
    })
}
