/**
 * Operations that take several requests: finding things by their names, and waiting for actions.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type CommonError, type Conflict, type InvalidInput, type QuotaExceeded } from "../../CloudError.js"
import { expandHome } from "../../internal/files/homePath.js"
import { textOf } from "../../internal/files/privateFile.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type { KeyPair } from "./keyPairs.js"
import type { Server } from "./models.js"
import type { BlockDevice } from "./requests.js"

/**
 * A server that was waited for after it was made.
 *
 * @since 0.1.0
 * @category models
 */
export interface BuiltServer extends Server {
  /** Returned only here, where the cloud sets one. */
  readonly adminPassword?: Redacted.Redacted
}

/**
 * What a new server boots from, besides an image on its flavor's own disk.
 *
 * @since 0.1.0
 * @category models
 */
export type BootSource = {
  /** Whether the volume goes when the server is deleted. Default no. */
  readonly deleteOnTermination?: boolean | undefined
} & (
  | { readonly volumeId: string }
  | { readonly imageId: string; readonly volumeGigabytes: number }
  | { readonly snapshotId: string; readonly volumeGigabytes?: number | undefined }
)

/**
 * The boot disk of a new server: a volume, or one that is made from an image or a snapshot.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CloudServers } from "effect-rackspace"
 *
 * export const program = Effect.gen(function* () {
 *   const servers = yield* CloudServers.CloudServers
 *   return yield* servers.createAndWait({
 *     name: "db-1",
 *     flavorId: "compute1-4",
 *     blockDevices: [CloudServers.bootFrom({ imageId: "09de0a66-3156-48b4-90a5-1cf25a905207", volumeGigabytes: 100 })]
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const bootFrom = (source: BootSource): typeof BlockDevice.Type => {
  const [sourceType, sourceId, volumeGigabytes] =
    "volumeId" in source
      ? (["volume", source.volumeId, undefined] as const)
      : "imageId" in source
        ? (["image", source.imageId, source.volumeGigabytes] as const)
        : (["snapshot", source.snapshotId, source.volumeGigabytes] as const)
  return {
    bootIndex: 0,
    sourceType,
    sourceId,
    destinationType: "volume",
    deleteOnTermination: source.deleteOnTermination ?? false,
    ...(volumeGigabytes !== undefined && { volumeGigabytes })
  }
}

const service = "CloudServers"

const wrong = (operation: string, path: string, expected: string, given: string): InvalidInput =>
  invalidInput(service, `${service}.${operation}`, [{ path, expected }], given)

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)

/** The filter by name is a regular expression. */
export const exactly = (name: string): string => `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`

/**
 * The one thing that has this id, else the one that has this name. Several of that name are an error: whichever of them was
 * taken would be the wrong one half the time.
 */
export const find = <A extends { readonly id: string; readonly name?: string | undefined }>(
  operation: string,
  nameOrId: string,
  byId: Effect.Effect<Option.Option<A>, CommonError>,
  byName: Stream.Stream<A, CommonError>
): Effect.Effect<Option.Option<A>, CommonError> =>
  Effect.gen(function* () {
    if (nameOrId === "") return yield* wrong(operation, "nameOrId", "a name or an id", "; it is empty")
    const found = isUuid(nameOrId) ? yield* byId : Option.none()
    if (Option.isSome(found)) return found
    const all = yield* Stream.runCollect(byName)
    const named = Chunk.filter(all, ({ id }) => id === nameOrId)
    const matching = Chunk.isNonEmpty(named) ? named : Chunk.filter(all, ({ name }) => name === nameOrId)
    if (matching.length > 1) {
      const ids = [...matching].map(({ id }) => id).join(", ")
      return yield* wrong(operation, "nameOrId", "an id, or a name that one alone has", `; ${ids} have the name`)
    }
    return Chunk.head(matching)
  })

/** A public key file has one line: its kind, the key in base64, and a comment. */
const publicKeyOf = (text: string): string | undefined => {
  const [line, ...more] = text.split(/\r?\n/).filter((each) => each.trim() !== "")
  return line !== undefined && more.length === 0 && /^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?$/.test(line.trim())
    ? line.trim()
    : undefined
}

/** Imports the public key that a file holds; anything else, above all the private key, does not leave the machine. */
export const importKeyPairFromFile =
  (
    importKeyPair: (input: {
      readonly name: string
      readonly publicKey: string
    }) => Effect.Effect<KeyPair, CommonError | Conflict | QuotaExceeded>
  ) =>
  (input: {
    readonly name: string
    readonly path: string
  }): Effect.Effect<KeyPair, CommonError | Conflict | QuotaExceeded | PlatformError, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      // A file in another encoding than UTF-8 holds no key that could be sent as it is.
      const text = textOf(yield* fs.readFile(expandHome(input.path))) ?? ""
      const publicKey = publicKeyOf(text)
      if (publicKey === undefined) {
        const given = /PRIVATE KEY/.test(text) ? `; ${input.path} is a private key: name the .pub file next to it` : ""
        return yield* wrong("importKeyPairFromFile", "path", "a file with one public key (ssh-ed25519 AAAA…)", given)
      }
      return yield* importKeyPair({ name: input.name, publicKey })
    })
