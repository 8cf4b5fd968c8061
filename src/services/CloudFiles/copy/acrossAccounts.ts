/**
 * Copies and moves within one account or between two. The containers' access lists must allow the user to read the
 * source and write to the destination.
 */
import * as Effect from "effect/Effect"
import type { CloudClient } from "../../../CloudClient.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import type { BulkDelete } from "../bulk/bulkDelete.js"
import type { DeleteLargeObjectError } from "../largeObjects/deletion.js"
import type { PutStaticManifest } from "../largeObjects/staticManifests.js"
import { decodedText } from "../names.js"
import type { CopyContext } from "./context.js"
import { makeCopy } from "./copy.js"
import type { Copied, CopyError, CopyOptions } from "./model.js"

/** The operations for one account. */
export interface AccountParts {
  readonly client: CloudClient
  readonly bulkDelete: BulkDelete
  readonly putStaticManifest: PutStaticManifest
}

const withAccount = /^(.*\/v1(?:\.0)?\/)([^/]+)$/

/** The account in the URL of an endpoint: `/v1/{account}`. Undefined if there is none. */
const accountIn = (endpointUrl: string): string | undefined => {
  const [, , account] = withAccount.exec(endpointUrl) ?? []
  return account === undefined ? undefined : decodedText(account)
}

/** The URL of another account's endpoint. */
export const inAccount =
  (account: string) =>
  (endpointUrl: string): string =>
    endpointUrl.replace(withAccount, (_, before: string) => before + encodeURIComponent(account))

const makeFor = ({ bulkDelete, client, putStaticManifest }: AccountParts, from?: CopyContext["from"]) =>
  makeCopy({ client, from }, bulkDelete, putStaticManifest)

/** The options without the accounts. */
const withoutAccounts = ({ account: _, source: { container, object }, ...options }: CopyOptions): CopyOptions => ({
  ...options,
  source: { container, object }
})

/** `copy`, `move` and `deleteLargeObject`. `partsOf` returns the operations for another account. */
export const makeCopies = (own: AccountParts, partsOf: (account: string) => Effect.Effect<AccountParts>) => {
  const within = makeFor(own)

  /** The copy to the destination's account, and the deletion in the source's. */
  const sides = (operation: string, { account, source }: CopyOptions) =>
    Effect.gen(function* () {
      if (account === undefined && source.account === undefined) return { to: within, from: within }
      const name = accountIn(yield* own.client.endpointUrl)
      if (name === undefined) {
        const path = account === undefined ? "source.account" : "account"
        const expected = "no account, since the URL of this service does not name one"
        return yield* invalidInput("CloudFiles", operation, [{ path, expected }])
      }
      const at = (wanted = name) => (wanted === name ? Effect.succeed(own) : partsOf(wanted))
      const from = yield* at(source.account)
      if ((account ?? name) === (source.account ?? name)) {
        const one = makeFor(from)
        return { to: one, from: one }
      }
      const there = { client: from.client, account: source.account ?? name }
      return { to: makeFor(yield* at(account), there), from: makeFor(from) }
    })

  return {
    deleteLargeObject: within.deleteLargeObject,
    copy: (options: CopyOptions): Effect.Effect<Copied, CopyError> =>
      Effect.flatMap(sides("CloudFiles.copy", options), ({ to }) => to.copy(withoutAccounts(options))),
    move: (options: CopyOptions): Effect.Effect<Copied, CopyError | DeleteLargeObjectError> =>
      Effect.flatMap(sides("CloudFiles.move", options), ({ from, to }) => {
        const plain = withoutAccounts(options)
        return from === to ? to.move(plain) : Effect.tap(to.copy(plain), () => from.deleteLargeObject(plain.source))
      })
  }
}
