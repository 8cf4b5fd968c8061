/**
 * TempURLs and FormPost: signatures with a key of the account or container that allow reads, writes or uploads without
 * a login for a limited time.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import type { CloudClient } from "../../../CloudClient.js"
import {
  AuthenticationFailed,
  type CommonError,
  EndpointNotFound,
  InvalidInput,
  NotFound
} from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { accountEndpoints } from "../account.js"
import { Capabilities, type Discovery } from "../capabilities.js"
import { containerEndpoints } from "../containers.js"
import type { FormPostOptions, KeyOptions, KeyOwner, SignatureAlgorithm, SignedForm, TempUrlOptions } from "./model.js"
import { invalid, redact, signForm, signTempUrl } from "./signing.js"

/** Operations to sign, and to manage keys. */
export interface Signing {
  /**
   * A URL that allows reading, writing or deleting an object without a login for a limited time. Anyone who has it can
   * use it, so it is redacted; unwrap it to hand it on.
   *
   * Without a `key`, the container's is used, otherwise the account's. If there is none, a random key is set on the
   * account, which can take the cloud a minute to apply. With a `prefix` but no `object`, the URL ends with the prefix:
   * insert the rest of an object's name before the `?`.
   *
   * Fails with `InvalidInput` if the URL would already be expired or cannot be signed, and with `NotFound` if a key is
   * needed and the container does not exist. "TempURL".
   */
  readonly tempUrl: (options: TempUrlOptions) => Effect.Effect<Redacted.Redacted<string>, CommonError | NotFound>
  /**
   * A form with which a browser can upload files without a login: its action URL and hidden fields; {@link formHtml}
   * renders it. The key and the algorithm are chosen as in `tempUrl`.
   *
   * Fails with `InvalidInput` and `NotFound` like `tempUrl`. "FormPost".
   */
  readonly formPost: (options: FormPostOptions) => Effect.Effect<SignedForm, CommonError | NotFound>
  /**
   * Sets the signing key, or with `slot` 2 the second valid key. URLs signed with the replaced key become invalid;
   * `rotateTempUrlKey` keeps them valid. Fails with `NotFound` if the container does not exist. "Set account metadata".
   */
  readonly setTempUrlKey: (
    options: KeyOwner & { readonly key: string | Redacted.Redacted<string>; readonly slot?: 1 | 2 | undefined }
  ) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Sets a new key, random by default, and returns it. The old key becomes the second one, so its signatures stay
   * valid; those of the previous second key become invalid. Fails with `NotFound` if the container does not exist.
   */
  readonly rotateTempUrlKey: (
    options?: KeyOwner & { readonly key?: string | Redacted.Redacted<string> | undefined }
  ) => Effect.Effect<Redacted.Redacted<string>, CommonError | NotFound>
  /**
   * Removes both keys, which invalidates all signatures; with `previousOnly` only the second one. Fails with `NotFound`
   * if the container does not exist.
   */
  readonly removeTempUrlKey: (
    options?: KeyOwner & { readonly previousOnly?: boolean | undefined }
  ) => Effect.Effect<void, CommonError | NotFound>
}

/** SHA-256 first, since every cloud that supports more than SHA-1 supports it; SHA-512 makes longer URLs. */
const preferred: ReadonlyArray<SignatureAlgorithm> = ["sha256", "sha512", "sha1"]

/** The operations that signing needs. */
interface SigningOperations
  extends
    Pick<Endpoint.Client<typeof accountEndpoints>, "getAccount" | "updateAccount">,
    Pick<Endpoint.Client<typeof containerEndpoints>, "getContainer" | "updateContainer"> {
  readonly getCapabilities: Discovery["getCapabilities"]
}

/** The expiry in whole seconds. A duration is rounded up, a point in time is rounded down. */
const expiry = (
  operation: string,
  expires: Duration.DurationInput | DateTime.Utc
): Effect.Effect<DateTime.Utc, InvalidInput> =>
  Effect.flatMap(DateTime.now, (now) => {
    const refuse = (expected: string) => Effect.fail(invalid(operation, [{ path: "expires", expected }]))
    if (DateTime.isDateTime(expires)) {
      return expires.epochMillis > now.epochMillis
        ? Effect.succeed(DateTime.toUtc(expires))
        : refuse("a time in the future")
    }
    const ahead = Option.getOrUndefined(Duration.decodeUnknown(expires))
    return ahead !== undefined && Duration.isFinite(ahead) && Duration.greaterThan(ahead, Duration.zero)
      ? Effect.succeed(DateTime.unsafeMake(Math.ceil((now.epochMillis + Duration.toMillis(ahead)) / 1000) * 1000))
      : refuse("a finite duration greater than zero, or a DateTime")
  })

/** As hard to guess as the strongest signature. */
const randomKey = Effect.sync(() => Redacted.make(randomBytes(32).toString("hex")))

/** Finds, creates and changes signing keys. */
const makeKeys = ({ getAccount, getContainer, updateAccount, updateContainer }: SigningOperations) => {
  const making = Effect.unsafeMakeSemaphore(1)
  const accountKey = Effect.map(getAccount(), ({ tempUrlKey, tempUrlKey2 }) => tempUrlKey ?? tempUrlKey2)

  /** One at a time: a second creation would invalidate signatures made with the first key. */
  const madeKey = making.withPermits(1)(
    Effect.gen(function* () {
      const found = yield* accountKey
      if (found !== undefined) return found
      const made = yield* randomKey
      yield* updateAccount({ tempUrlKey: made })
      // Another program may have set its own key in the meantime.
      return (yield* accountKey) ?? made
    })
  )

  /** Sets keys; null removes them. */
  const update = (
    { container }: KeyOwner,
    keys: {
      readonly tempUrlKey?: string | Redacted.Redacted<string> | null | undefined
      readonly tempUrlKey2?: string | Redacted.Redacted<string> | null | undefined
    }
  ): Effect.Effect<void, CommonError | NotFound> =>
    container === undefined ? updateAccount(keys) : updateContainer({ container, ...keys })

  return {
    keyFor: (operation: string, container: string, { createKey = true, key }: KeyOptions) =>
      Effect.gen(function* () {
        if (key !== undefined) return redact(key)
        const { tempUrlKey, tempUrlKey2 } = yield* getContainer({ container })
        const found = tempUrlKey ?? tempUrlKey2 ?? (yield* accountKey)
        if (found !== undefined) return found
        if (createKey) return yield* madeKey
        const expected = "a key, since neither the container nor the account has one, and createKey is false"
        return yield* invalid(operation, [{ path: "key", expected }])
      }),
    setTempUrlKey: ({ container, key, slot = 1 }: Parameters<Signing["setTempUrlKey"]>[0]) =>
      update({ container }, slot === 1 ? { tempUrlKey: key } : { tempUrlKey2: key }),
    rotateTempUrlKey: ({ container, key }: NonNullable<Parameters<Signing["rotateTempUrlKey"]>[0]> = {}) =>
      Effect.gen(function* () {
        const next = key === undefined ? yield* randomKey : redact(key)
        const { tempUrlKey } = container === undefined ? yield* getAccount() : yield* getContainer({ container })
        yield* update({ container }, { tempUrlKey: next, ...(tempUrlKey !== undefined && { tempUrlKey2: tempUrlKey }) })
        return next
      }),
    removeTempUrlKey: ({
      container,
      previousOnly = false
    }: NonNullable<Parameters<Signing["removeTempUrlKey"]>[0]> = {}) =>
      update({ container }, { ...(!previousOnly && { tempUrlKey: null }), tempUrlKey2: null })
  }
}

// Used to validate the input before a key is searched for or created.
const placeholder = Redacted.make("-")

/** The operations for signing and for keys. */
export const makeSigning = (client: CloudClient, operations: SigningOperations): Signing => {
  const storageUrl: Effect.Effect<string, AuthenticationFailed | EndpointNotFound | InvalidInput> = client.endpointUrl
  const { keyFor, ...keys } = makeKeys(operations)

  /** The algorithm that the cloud supports: SHA-1, the oldest, if it does not say. */
  const taken = (
    named: (capabilities: Capabilities) => ReadonlyArray<string> | undefined
  ): Effect.Effect<SignatureAlgorithm, CommonError> =>
    Effect.map(operations.getCapabilities(), (capabilities) => {
      const digests = Option.getOrUndefined(Option.flatMapNullable(capabilities, named)) ?? []
      const lowerCase = new Set(digests.map((digest) => digest.toLowerCase()))
      return preferred.find((digest) => lowerCase.has(digest)) ?? "sha1"
    })

  return {
    ...keys,
    tempUrl: ({ algorithm, createKey, expires, key, ...request }) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.tempUrl"
        const all = { ...request, endpointUrl: yield* storageUrl, expires: yield* expiry(operation, expires) }
        yield* signTempUrl({ ...all, key: key ?? placeholder, algorithm })
        const chosen = algorithm ?? (yield* taken(({ tempUrl }) => tempUrl?.algorithms))
        const known = yield* keyFor(operation, request.container, { createKey, key })
        return yield* signTempUrl({ ...all, key: known, algorithm: chosen })
      }),
    formPost: ({ algorithm, createKey, expires, key, ...request }) =>
      Effect.gen(function* () {
        const operation = "CloudFiles.formPost"
        const all = { ...request, endpointUrl: yield* storageUrl, expires: yield* expiry(operation, expires) }
        yield* signForm({ ...all, key: key ?? placeholder, algorithm: algorithm ?? "sha1" })
        const known = yield* keyFor(operation, request.container, { createKey, key })
        const chosen = algorithm ?? (yield* taken(({ formPost }) => formPost?.algorithms))
        return yield* signForm({ ...all, key: known, algorithm: chosen })
      })
  }
}
