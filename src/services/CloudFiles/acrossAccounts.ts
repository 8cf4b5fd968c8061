/**
 * Copies and moves, within one account or from one to another. The login must be allowed to read the source and to write to the
 * destination, which the access lists of the containers decide.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../CloudClient.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import type { BulkDelete } from "./bulk.js"
import {
  type Copied,
  type CopyError,
  type CopyOptions,
  type DeleteLargeObjectError,
  makeLargeObjects
} from "./largeObjects.js"
import { decodedText } from "./names.js"
import type { PutStaticManifest } from "./staticManifests.js"

/** What works on the objects of one account. */
export interface AccountParts {
  readonly client: CloudClient
  readonly bulkDelete: BulkDelete
  readonly putStaticManifest: PutStaticManifest
}

const withAccount = /^(.*\/v1(?:\.0)?\/)([^/]+)$/

/** The account that the URL of an endpoint names: `/v1/{account}`. Undefined where it names none. */
const accountIn = (endpointUrl: string): string | undefined => {
  const [, , account] = withAccount.exec(endpointUrl) ?? []
  return account === undefined ? undefined : decodedText(account)
}

/** The URL of another account's endpoint. */
export const inAccount =
  (account: string) =>
  (endpointUrl: string): string =>
    endpointUrl.replace(withAccount, (_, before: string) => before + encodeURIComponent(account))

/** `copy`, `move` and `deleteLargeObject`. `partsOf` gives what works on another account. */
export const makeCopies = (own: AccountParts, partsOf: (account: string) => Effect.Effect<AccountParts>) => {
  const makeFor = ({ bulkDelete, client, putStaticManifest }: AccountParts) =>
    makeLargeObjects(client, bulkDelete, putStaticManifest)
  const within = makeFor(own)

  const invalid = (operation: string, path: string, expected: string) =>
    invalidInput("CloudFiles", operation, [{ path, expected }])

  /** What copies from the source's account to the destination's, and what deletes at the source. */
  const sides = (operation: string, { account, source }: CopyOptions) =>
    Effect.gen(function* () {
      if (account === undefined && source.account === undefined) return { to: within, from: within, isOne: true }
      const name = accountIn(yield* own.client.endpointUrl)
      if (name === undefined) {
        const path = account === undefined ? "source.account" : "account"
        return yield* invalid(operation, path, "no account, since the URL of this service does not name one")
      }
      const at = (wanted = name) => (wanted === name ? Effect.succeed(own) : partsOf(wanted))
      const from = yield* at(source.account)
      if ((account ?? name) === (source.account ?? name)) {
        const one = makeFor(from)
        return { to: one, from: one, isOne: true }
      }
      const { bulkDelete, client, putStaticManifest } = yield* at(account)
      const there = { client: from.client, account: source.account ?? name }
      return { to: makeLargeObjects(client, bulkDelete, putStaticManifest, there), from: makeFor(from), isOne: false }
    })

  /** The options as the account that is addressed takes them. */
  const bare = ({ account: _, ...options }: CopyOptions): CopyOptions => ({
    ...options,
    source: { container: options.source.container, object: options.source.object }
  })

  return {
    deleteLargeObject: within.deleteLargeObject,
    copy: (options: CopyOptions): Effect.Effect<Copied, CopyError> =>
      Effect.flatMap(sides("CloudFiles.copy", options), ({ to }) => to.copy(bare(options))),
    move: (options: CopyOptions): Effect.Effect<Copied, CopyError | DeleteLargeObjectError> =>
      Effect.flatMap(sides("CloudFiles.move", options), ({ from, isOne, to }) =>
        isOne
          ? to.move(bare(options))
          : Effect.tap(to.copy(bare(options)), () => from.deleteLargeObject(bare(options).source))
      )
  }
}
