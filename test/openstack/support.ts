/**
 * The OpenStack that `run.sh` has started, described by the file that `start.sh` writes.
 */
import { Effect, Layer } from "effect"
import { Credentials } from "effect-rackspace"
import { readFileSync } from "node:fs"
import { Cloud, exchange, layer } from "../contract/Cloud.js"

interface User {
  readonly username: string
  readonly password: string
  readonly project: string
  readonly project_id: string
  readonly user_id: string
}

interface SwiftUser {
  readonly auth_url: string
  readonly user: string
  readonly key: string
}

interface Stack {
  /** Ends in `/v3`. */
  readonly auth_url: string
  readonly region: string
  readonly admin: User
  readonly demo: User
  readonly alt: User
  readonly application_credential: {
    readonly id: string
    readonly name: string
    readonly secret: string
    readonly user_id: string
    readonly project_id: string
  }
  /** A Keystone whose tokens are valid for four seconds. */
  readonly keystone_short: string
  readonly swift: string
  readonly tempauth: SwiftUser
  readonly tempauth_admin: SwiftUser
  readonly tempauth_other: SwiftUser
  readonly tempauth_short: SwiftUser & { readonly storage_url: string }
  readonly nova: string
  readonly image_id: string
  readonly flavor_id: string
  readonly network_id: string
}

const root = process.env["OPENSTACK_ROOT"]

if (root === undefined) {
  throw new Error("There is no OpenStack to test on: run `npm run test:openstack`, which starts one")
}

export const stack = JSON.parse(readFileSync(`${root}/creds.json`, "utf8")) as Stack

/** Keystone's URL without a version. */
export const keystone = stack.auth_url.replace(/\/v3$/, "")

const defaultDomain = { id: "default" }

export const project = (user: User): Credentials.Scope => ({ project: { name: user.project, domain: defaultDomain } })

export const passwordOf = (
  user: Pick<User, "username" | "password">,
  scope: Credentials.Scope | undefined,
  authUrl = stack.auth_url
): Credentials.KeystonePassword =>
  Credentials.keystonePassword({
    authUrl,
    user: { name: user.username, domain: defaultDomain },
    password: user.password,
    scope
  })

export const demo = passwordOf(stack.demo, project(stack.demo))
export const alt = passwordOf(stack.alt, project(stack.alt))
export const admin = passwordOf(stack.admin, project(stack.admin))

export const swiftKey = ({ auth_url, key, user }: SwiftUser): Credentials.Credentials =>
  Credentials.swiftKey({ authUrl: auth_url, user, key })

const seeded = {
  flavors: ["1", "2", "9"] as const,
  imageId: stack.image_id,
  networkId: stack.network_id,
  listingLimit: 10_000,
  explainsRefusals: true,
  keepsTimesOfArchives: true
}

export interface KeystoneAnswer {
  readonly status: number
  readonly token: string | undefined
  readonly body: unknown
}

/** A request to Keystone itself, as an administrator. */
export const sendToKeystone = (
  method: string,
  path: string,
  options: { readonly token?: string; readonly subject?: string; readonly body?: unknown } = {}
): Effect.Effect<KeystoneAnswer> =>
  exchange(stack.auth_url + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(options.token !== undefined && { "x-auth-token": options.token }),
      ...(options.subject !== undefined && { "x-subject-token": options.subject })
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) })
  }).pipe(
    Effect.map(({ headers, status, text }) => ({
      status,
      token: headers["x-subject-token"],
      body: text.startsWith("{") ? (JSON.parse(text) as unknown) : undefined
    }))
  )

/** The services of one login on the real cloud. */
export const on = (credentials: Credentials.Credentials) =>
  layer(
    Layer.succeed(Cloud, {
      ...seeded,
      credentials,
      operator: admin,
      // Only administrators can set extra specifications of a flavor.
      extraSpec: Effect.gen(function* () {
        const spec = { flavorId: "3", key: "hw:cpu_policy", value: "shared" }
        const { status } = yield* exchange(`${stack.nova}/flavors/${spec.flavorId}/os-extra_specs`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-auth-token": yield* tokenOf(stack.admin) },
          body: JSON.stringify({ extra_specs: { [spec.key]: spec.value } })
        })
        return status === 200 ? spec : yield* Effect.dieMessage(`Nova returned ${status} for an extra specification`)
      }),
      breakNextBuild: Effect.void
    })
  )

/** A token that only this test uses. */
export const tokenOf = (user: User): Effect.Effect<string> =>
  Effect.flatMap(
    sendToKeystone("POST", "/auth/tokens", {
      body: {
        auth: {
          identity: {
            methods: ["password"],
            password: { user: { id: user.user_id, password: user.password } }
          },
          scope: { project: { id: user.project_id } }
        }
      }
    }),
    ({ status, token }) =>
      token === undefined ? Effect.dieMessage(`Keystone returned ${status} for a login`) : Effect.succeed(token)
  )

export const revoke = (token: string): Effect.Effect<void> =>
  Effect.asVoid(sendToKeystone("DELETE", "/auth/tokens", { token, subject: token }))
