/**
 * Stores an {@link Access} between runs of programs, so that a short program need not log in each time and many workers can share
 * one login. A failure of the store does not fail the login: a stored login is used only while it is valid, and if the store cannot
 * be read or written, the program logs in without it and logs a warning.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Access } from "./Access.js"
import { expandHome } from "./internal/files/homePath.js"
import { removeOldTemporaries, sharedWith, textOf, writePrivately } from "./internal/files/privateFile.js"
import { lazy } from "./internal/schema/lazy.js"

/**
 * A token could not be loaded or saved. The message never contains the stored value.
 *
 * - `damaged`: the stored value is not an Access.
 * - `permissions`: other users can access the file, so its token is not used.
 * - `unavailable`: the store could not be read or written.
 */
export class TokenStoreError extends Schema.TaggedError<TokenStoreError>("effect-rackspace/TokenStoreError")(
  "TokenStoreError",
  {
    reason: Schema.Literal("damaged", "permissions", "unavailable"),
    message: Schema.String
  }
) {}

/** Stores Accesses by a key, which contains the auth URL, the user and the tenant. */
export interface Service {
  readonly load: (key: string) => Effect.Effect<Option.Option<Access>, TokenStoreError>
  readonly save: (key: string, access: Access) => Effect.Effect<void, TokenStoreError>
  readonly remove: (key: string) => Effect.Effect<void, TokenStoreError>
}

/** The store that `Identity.layer` uses. The default stores nothing: a token is kept only as long as the layer. */
export class TokenStore extends Context.Reference<TokenStore>()("effect-rackspace/TokenStore", {
  defaultValue: (): Service => none
}) {}

const none: Service = {
  load: () => Effect.succeedNone,
  save: () => Effect.void,
  remove: () => Effect.void
}

/** An entry repeats its key, so that an entry under a wrong key is detected. */
const Entry = lazy(() => Schema.parseJson(Schema.Struct({ key: Schema.String, access: Access })))

const decodeEntry = (key: string, text: string, where: string): Effect.Effect<Option.Option<Access>, TokenStoreError> =>
  Schema.decode(Entry)(text).pipe(
    Effect.mapError(
      () =>
        new TokenStoreError({
          reason: "damaged",
          message: `${where}: the stored value is not a saved login; the next login replaces it`
        })
    ),
    Effect.map((entry) => (entry.key === key ? Option.some(entry.access) : Option.none()))
  )

// Encoding an Access cannot fail: each of its fields' encodings is total.
const encodeEntry = (key: string, access: Access): string => Schema.encodeSync(Entry)({ key, access })

/** Creates a store in memory, for programs that build the Identity layer more than once. */
export const makeMemory: Effect.Effect<Service> = Effect.sync(() => {
  const entries = new Map<string, Access>()
  return {
    load: (key) => Effect.sync(() => Option.fromNullable(entries.get(key))),
    save: (key, access) => Effect.sync(() => void entries.set(key, access)),
    remove: (key) => Effect.sync(() => void entries.delete(key))
  }
})

/**
 * Creates a store in a file that only its owner can read (mode 0600). It holds one login, the last one that was saved; each save
 * replaces the file. `~` stands for the home directory; missing directories are created. The first save removes temporary files
 * that a killed process left at least a day ago.
 */
export const makeFile = (path: string): Effect.Effect<Service, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = expandHome(path)
    const cleaned = yield* Effect.once(removeOldTemporaries(file))
    const unavailable = (what: string) => (error: { readonly message: string }) =>
      new TokenStoreError({ reason: "unavailable", message: `${file}: it cannot be ${what} (${error.message})` })
    const present = Effect.catchIf(
      Effect.asSome(fs.stat(file)),
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeedNone
    )
    return {
      load: (key) =>
        Effect.gen(function* () {
          const info = yield* Effect.mapError(present, unavailable("read"))
          if (Option.isNone(info)) return Option.none()
          const shared = sharedWith(info.value)
          if (shared !== undefined) {
            return yield* new TokenStoreError({
              reason: "permissions",
              message: `${file}: accessible to ${shared}, so its token is not used; the next login replaces it by a private file`
            })
          }
          const text = textOf(yield* Effect.mapError(fs.readFile(file), unavailable("read")))
          return yield* decodeEntry(key, text ?? "", file)
        }),
      save: (key, access) =>
        Effect.zipRight(cleaned, writePrivately(file, encodeEntry(key, access))).pipe(
          Effect.provideService(FileSystem.FileSystem, fs),
          Effect.mapError(unavailable("written"))
        ),
      remove: () => Effect.mapError(fs.remove(file, { force: true }), unavailable("removed"))
    }
  })

/** Creates a store in any `KeyValueStore`, such as Redis or a database, so that many workers share one login. */
export const makeKeyValueStore: Effect.Effect<Service, never, KeyValueStore.KeyValueStore> = Effect.map(
  KeyValueStore.KeyValueStore,
  (store) => {
    const entries = KeyValueStore.prefix(store, "effect-rackspace/token/")
    const unavailable = (error: { readonly message: string }) =>
      new TokenStoreError({ reason: "unavailable", message: `the key-value store does not respond (${error.message})` })
    return {
      load: (key) =>
        Effect.flatMap(Effect.mapError(entries.get(key), unavailable), (found) =>
          Option.isNone(found)
            ? Effect.succeedNone
            : decodeEntry(key, found.value, `the key-value store's entry for ${key}`)
        ),
      save: (key, access) => Effect.mapError(entries.set(key, encodeEntry(key, access)), unavailable),
      remove: (key) => Effect.mapError(entries.remove(key), unavailable)
    }
  }
)

/** Stores logins in memory. */
export const layerMemory: Layer.Layer<TokenStore> = Layer.effect(TokenStore, makeMemory)

/** Stores the login in a private file: see {@link makeFile}. */
export const layerFile = (path: string): Layer.Layer<TokenStore, never, FileSystem.FileSystem> =>
  Layer.effect(TokenStore, makeFile(path))

/** Stores logins in the environment's `KeyValueStore`: see {@link makeKeyValueStore}. */
export const layerKeyValueStore: Layer.Layer<TokenStore, never, KeyValueStore.KeyValueStore> = Layer.effect(
  TokenStore,
  makeKeyValueStore
)
