/**
 * Swift's own login (v1, TempAuth), which sends the user and the key in headers, and returns the token and the storage URL in headers.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Tenant, User } from "../../Access.js"
import type { AuthenticationFailed } from "../../CloudError.js"
import type { SwiftKey } from "../../Credentials.js"
import type * as RetryPolicy from "../../RetryPolicy.js"
import { CatalogEndpoint, CatalogEntry } from "../../ServiceCatalog.js"
import type { Exchange } from "../http/exchange.js"
import { withoutUserInfo } from "../http/urlText.js"
import { lazyStruct } from "../schema/struct.js"
import { type Answer, run } from "./login.js"
import { Token } from "./wire.js"

const header = (name: string) => Schema.NonEmptyString.annotations({ description: `the header ${name}` })

/** Ceph and old clouds return the token as X-Auth-Token, X-Storage-Token, or both. */
const Headers = lazyStruct(() => ({
  token: Schema.propertySignature(Token.annotations({ description: "the header X-Auth-Token" })).pipe(
    Schema.fromKey("x-auth-token")
  ),
  storageUrl: Schema.propertySignature(header("X-Storage-Url")).pipe(Schema.fromKey("x-storage-url"))
}))

/** The default lifetime of TempAuth's tokens, in seconds. */
const defaultLifetime = 86_400

/** The remaining lifetime of the token, in seconds. */
const lifetimeOf = (expires: string | undefined): number => {
  const seconds = Number(expires?.trim() || "none")
  return seconds >= 0 && seconds < 1e10 ? seconds : defaultLifetime
}

const toAnswer = (answer: typeof Headers.Type, life: number, user: string, issued: DateTime.Utc): Answer => {
  const storageUrl = withoutUserInfo(answer.storageUrl)
  const account = storageUrl.replace(/\/+$/, "").split("/").at(-1)
  return {
    token: Redacted.make(answer.token),
    issued,
    expires: DateTime.add(issued, { seconds: life }),
    ...(account !== undefined && { tenant: new Tenant({ id: account }) }),
    user: new User({ name: user, roles: [] }),
    catalog: [
      new CatalogEntry({
        type: "object-store",
        name: "swift",
        endpoints: [new CatalogEndpoint({ publicUrl: storageUrl })]
      })
    ],
    authenticatedBy: ["v1"]
  }
}

/**
 * Encodes a text for a header: Swift decodes headers as UTF-8, but an HTTP client writes one byte for each character.
 */
const headerText = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

/** Logs in, with the retries of the policy. */
export const authenticate = (
  exchange: Exchange,
  credentials: SwiftKey,
  policy: RetryPolicy.Service
): Effect.Effect<Answer, AuthenticationFailed> => {
  const key = Redacted.value(credentials.key)
  return run(exchange, policy, {
    template: "/auth/v1.0",
    request: {
      method: "GET",
      url: credentials.authUrl,
      headers: { "x-auth-user": headerText(credentials.user), "x-auth-key": headerText(key) }
    },
    secrets: [...new Set([key, headerText(key)])],
    read: (_, headers, now) =>
      Effect.map(
        Schema.decodeUnknown(Headers)({
          ...headers,
          "x-auth-token": headers["x-auth-token"] ?? headers["x-storage-token"]
        }),
        (answer) => toAnswer(answer, lifetimeOf(headers["x-auth-token-expires"]), credentials.user, now)
      ),
    asksFor: () => undefined,
    refusedBy404: false
  })
}
