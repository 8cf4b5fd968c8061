/**
 * TempURLs and FormPost: they let somebody without a login read, write or upload for some time, by a signature with a key of
 * the account or the container.
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

/** Signing, and the keys that sign. */
export interface Signing {
  /**
   * A URL that lets its holder read, write or delete an object without a login, for a while. Whoever has it can use it, so it
   * is redacted: unwrap it where it is handed on.
   *
   * Where no key is named, the container's is used, else the account's; where there is none, a random one is made and set on
   * the account, which the cloud may take a minute to know. With a `prefix` and no `object`, the URL ends with the prefix,
   * and the rest of a name is inserted after it, before the `?`.
   *
   * Fails with `InvalidInput` where it would be expired already or cannot be signed, and with `NotFound` where a key is searched
   * for and there is no such container. "TempURL".
   */
  readonly tempUrl: (options: TempUrlOptions) => Effect.Effect<Redacted.Redacted<string>, CommonError | NotFound>
  /**
   * A form that lets a browser upload files without a login: where to send it, and its hidden fields; {@link formHtml} makes
   * it a page's. The key is found as `tempUrl` finds it, and the cloud is asked which algorithms it knows where none is named.
   *
   * Fails with `InvalidInput` and `NotFound` as `tempUrl` does. "FormPost".
   */
  readonly formPost: (options: FormPostOptions) => Effect.Effect<SignedForm, CommonError | NotFound>
  /**
   * Sets the key that signs, or with `slot` 2 the one that is good besides it. URLs signed with the key before are no longer
   * good; `rotateTempUrlKey` keeps them. Fails with `NotFound` where there is no such container. "Set account metadata".
   */
  readonly setTempUrlKey: (
    options: KeyOwner & { readonly key: string | Redacted.Redacted<string>; readonly slot?: 1 | 2 | undefined }
  ) => Effect.Effect<void, CommonError | NotFound>
  /**
   * Sets a new key, by default a random one, and returns it. What the last one signed stays good, as that becomes the second
   * key; what the second one had signed does not. Fails with `NotFound` where there is no such container.
   */
  readonly rotateTempUrlKey: (
    options?: KeyOwner & { readonly key?: string | Redacted.Redacted<string> | undefined }
  ) => Effect.Effect<Redacted.Redacted<string>, CommonError | NotFound>
  /**
   * Removes both keys, and so all that they signed; with `previousOnly` the second one, when what it signed need no longer be
   * good. Fails with `NotFound` where there is no such container.
   */
  readonly removeTempUrlKey: (
    options?: KeyOwner & { readonly previousOnly?: boolean | undefined }
  ) => Effect.Effect<void, CommonError | NotFound>
}

/** SHA-256 first, which every cloud with more than SHA-1 takes; SHA-512 makes URLs longer. */
const preferred: ReadonlyArray<SignatureAlgorithm> = ["sha256", "sha512", "sha1"]

/** The operations that signatures need. */
interface SigningOperations
  extends
    Pick<Endpoint.Client<typeof accountEndpoints>, "getAccount" | "updateAccount">,
    Pick<Endpoint.Client<typeof containerEndpoints>, "getContainer" | "updateContainer"> {
  readonly getCapabilities: Discovery["getCapabilities"]
}

/** Until when, in whole seconds: a time from now at least as long as was said, a date not longer. */
const expiry = (
  operation: string,
  expires: Duration.DurationInput | DateTime.Utc
): Effect.Effect<DateTime.Utc, InvalidInput> =>
  Effect.flatMap(DateTime.now, (now) => {
    const refuse = (expected: string) => Effect.fail(invalid(operation, [{ path: "expires", expected }]))
    if (DateTime.isDateTime(expires)) {
      return expires.epochMillis > now.epochMillis
        ? Effect.succeed(DateTime.toUtc(expires))
        : refuse("a time that lies ahead")
    }
    const ahead = Option.getOrUndefined(Duration.decodeUnknown(expires))
    return ahead !== undefined && Duration.isFinite(ahead) && Duration.greaterThan(ahead, Duration.zero)
      ? Effect.succeed(DateTime.unsafeMake(Math.ceil((now.epochMillis + Duration.toMillis(ahead)) / 1000) * 1000))
      : refuse("a finite time of more than nothing, or a DateTime")
  })

/** As hard to guess as the strongest signature. */
const randomKey = Effect.sync(() => Redacted.make(randomBytes(32).toString("hex")))

/** Finds, makes and changes the keys that sign. */
const makeKeys = ({ getAccount, getContainer, updateAccount, updateContainer }: SigningOperations) => {
  const making = Effect.unsafeMakeSemaphore(1)
  const accountKey = Effect.map(getAccount(), ({ tempUrlKey, tempUrlKey2 }) => tempUrlKey ?? tempUrlKey2)

  /** One at a time: of two at once, the later would invalidate what the earlier signed. */
  const madeKey = making.withPermits(1)(
    Effect.gen(function* () {
      const found = yield* accountKey
      if (found !== undefined) return found
      const made = yield* randomKey
      yield* updateAccount({ tempUrlKey: made })
      // Another program may have set its own meanwhile.
      return (yield* accountKey) ?? made
    })
  )

  /** Sets keys, or removes them with null. */
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
        const expected = "a key, since neither the container nor the account has one and none is to be made"
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

// Input is checked before a key is searched for or made.
const placeholder = Redacted.make("-")

/** The operations that sign, and those on keys. */
export const makeSigning = (client: CloudClient, operations: SigningOperations): Signing => {
  const storageUrl: Effect.Effect<string, AuthenticationFailed | EndpointNotFound | InvalidInput> = client.endpointUrl
  const { keyFor, ...keys } = makeKeys(operations)

  /** The algorithm that the cloud takes: SHA-1, which is the oldest, where it names none. */
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
