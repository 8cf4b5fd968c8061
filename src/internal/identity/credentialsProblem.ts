/**
 * Validates credentials before anything is sent: finds missing and empty fields, and values of the wrong type. The description names
 * the field, but does not contain its value.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Credentials } from "../../Credentials.js"
import { hasUserInfo, isHttpUrl } from "../http/urlText.js"
import { issuesOf, issuesText } from "../schema/issues.js"
import { lazy, once } from "../schema/lazy.js"
import { lazyStruct } from "../schema/struct.js"
import { Token } from "./wire.js"

const Text = Schema.NonEmptyString.annotations({ description: "a text that is not empty" })

const Secret = lazy(() => Schema.RedactedFromSelf(Text).annotations({ description: "a text that is not empty" }))

/** A text that is valid in a header. */
const HeaderText = Text.pipe(
  // eslint-disable-next-line no-control-regex
  Schema.filter((text) => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text), {
    description: "a text without line breaks and control characters"
  })
)

const HeaderToken = lazy(() => Schema.RedactedFromSelf(Token).annotations({ description: "a token" }))

const AuthUrl = Text.pipe(
  Schema.filter((url) => !hasUserInfo(url), { description: "a URL without user name and password" }),
  Schema.filter((url) => isHttpUrl(url), { description: "a URL of http or https" })
)

const Domain = lazy(() => Schema.Union(Schema.Struct({ id: Text }), Schema.Struct({ name: Text })))

/** A reference by id, or by a name within a domain. */
const Named = lazy(() => Schema.Union(Schema.Struct({ id: Text }), Schema.Struct({ name: Text, domain: Domain })))

const Scope = lazy(() =>
  Schema.UndefinedOr(
    Schema.Union(
      Schema.Literal("unscoped"),
      Schema.Struct({ project: Named }),
      Schema.Struct({ domain: Domain }),
      Schema.Struct({ system: Schema.Literal("all") }),
      Schema.Struct({ trust: Schema.Struct({ id: Text }) })
    )
  )
)

const tenant = {
  authUrl: AuthUrl,
  tenantId: Schema.UndefinedOr(Text),
  tenantName: Schema.optional(Text)
}

const oneTenant = <A extends { readonly tenantId: string | undefined; readonly tenantName?: string | undefined }, I>(
  schema: Schema.Schema<A, I>
) =>
  Schema.filter<Schema.Schema<A, I>>(
    ({ tenantId, tenantName }) =>
      tenantId === undefined ||
      tenantName === undefined || { path: ["tenantName"], message: "no name together with tenantId" }
  )(schema)

const ApiKey = lazy(() =>
  oneTenant(Schema.Struct({ _tag: Schema.Literal("ApiKey"), username: Text, apiKey: Secret, ...tenant }))
)

const Password = lazy(() =>
  oneTenant(Schema.Struct({ _tag: Schema.Literal("Password"), username: Text, password: Secret, ...tenant }))
)

const KeystonePassword = lazyStruct(() => ({
  _tag: Schema.Literal("KeystonePassword"),
  authUrl: AuthUrl,
  user: Named,
  password: Secret,
  passcode: Schema.UndefinedOr(Secret),
  scope: Scope
}))

const ApplicationCredential = lazyStruct(() => ({
  _tag: Schema.Literal("ApplicationCredential"),
  authUrl: AuthUrl,
  credential: Schema.Union(Schema.Struct({ id: Text }), Schema.Struct({ name: Text, user: Named })),
  secret: Secret
}))

const byTag = once(
  () =>
    ({
      ApiKey,
      Password,
      Token: oneTenant(
        Schema.Struct({
          _tag: Schema.Literal("Token"),
          token: HeaderToken,
          renewWith: Schema.UndefinedOr(Schema.Union(ApiKey, Password)),
          ...tenant
        })
      ),
      Passcode: oneTenant(
        Schema.Struct({ _tag: Schema.Literal("Passcode"), sessionId: HeaderToken, passcode: Secret, ...tenant })
      ),
      KeystonePassword,
      KeystoneToken: Schema.Struct({
        _tag: Schema.Literal("KeystoneToken"),
        authUrl: AuthUrl,
        token: HeaderToken,
        scope: Scope,
        renewWith: Schema.UndefinedOr(Schema.Union(KeystonePassword, ApplicationCredential))
      }),
      ApplicationCredential,
      OidcAccessToken: Schema.Struct({
        _tag: Schema.Literal("OidcAccessToken"),
        authUrl: AuthUrl,
        identityProvider: Text,
        protocol: Text,
        accessToken: HeaderToken,
        scope: Scope
      }),
      SwiftKey: Schema.Struct({
        _tag: Schema.Literal("SwiftKey"),
        authUrl: AuthUrl,
        user: HeaderText,
        key: Schema.RedactedFromSelf(HeaderText).annotations({ description: "a text that is not empty" })
      })
    }) satisfies Record<Credentials["_tag"], unknown>
)

const schemaOf = (credentials: unknown): Schema.Schema.AnyNoContext | undefined => {
  const tag = typeof credentials === "object" && credentials !== null && "_tag" in credentials ? credentials._tag : ""
  return typeof tag === "string" && Object.hasOwn(byTag(), tag) ? byTag()[tag as Credentials["_tag"]] : undefined
}

/** What is wrong with a token that the program was given; undefined if it is valid. */
export const tokenProblem = (token: unknown): string | undefined => {
  const checked = Schema.validateEither(Schema.Struct({ token: HeaderToken }))({ token })
  return Either.isLeft(checked) ? issuesText(issuesOf(checked.left)) : undefined
}

/** What is wrong with each field of credentials; undefined if they are valid. */
export const problemOf = (credentials: unknown): string | undefined => {
  const schema = schemaOf(credentials)
  if (schema === undefined) return "credentials: expected a value made by a constructor of Credentials"
  const checked = Schema.validateEither(schema, { errors: "all" })(credentials)
  return Either.isLeft(checked) ? issuesText(issuesOf(checked.left)) : undefined
}
