/**
 * Swift's own login (v1, TempAuth): a user and a key in headers, a token and the URL of the storage in headers.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Tenant, User } from "../Access.js"
import type { AuthenticationFailed } from "../CloudError.js"
import type { SwiftKey } from "../Credentials.js"
import type * as RetryPolicy from "../RetryPolicy.js"
import { CatalogEndpoint, CatalogEntry } from "../ServiceCatalog.js"
import type { SecureClient } from "./http.js"
import { type Answer, run } from "./login.js"

const Headers = Schema.Struct({
  token: Schema.propertySignature(Schema.NonEmptyString).pipe(Schema.fromKey("x-auth-token")),
  storageUrl: Schema.propertySignature(Schema.NonEmptyString).pipe(Schema.fromKey("x-storage-url")),
  /** How many seconds it has left. */
  expires: Schema.optional(Schema.NumberFromString).pipe(Schema.fromKey("x-auth-token-expires"))
})

/** How long TempAuth's tokens live where it does not say: its default, a day. */
const defaultLife = 86_400

const toAnswer = ({ expires, storageUrl, token }: typeof Headers.Type, user: string, issued: DateTime.Utc): Answer => {
  const account = storageUrl.replace(/\/+$/, "").split("/").at(-1)
  return {
    token: Redacted.make(token),
    issued,
    expires: DateTime.add(issued, { seconds: expires ?? defaultLife }),
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

/** One login, repeated as the policy says. */
export const authenticate = (
  client: SecureClient,
  credentials: SwiftKey,
  policy: RetryPolicy.Service
): Effect.Effect<Answer, AuthenticationFailed> => {
  const key = Redacted.value(credentials.key)
  return run(client, policy, {
    method: "GET",
    url: credentials.authUrl,
    template: "/auth/v1.0",
    request: HttpClientRequest.get(credentials.authUrl).pipe(
      HttpClientRequest.setHeaders({ "x-auth-user": credentials.user, "x-auth-key": key })
    ),
    secrets: [key],
    read: (_, headers, now) =>
      Effect.map(Schema.decodeUnknown(Headers)(headers), (answer) => toAnswer(answer, credentials.user, now)),
    asksFor: () => undefined,
    refusedBy404: false
  })
}
