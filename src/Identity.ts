/**
 * Logs in with `Credentials`, and provides a `TokenRef`, which gives services the token for each request.
 *
 * Guarantees of TokenRef:
 * - Any number of fibers that need a token at the same time cause one login and share its result. Interrupting one of them does
 *   not cancel the login for the others; it is cancelled when no fiber waits for it any more.
 * - A token is renewed before it expires, and immediately after the cloud has rejected it.
 * - Refused credentials are not sent again for a while (1 s, doubling to 60 s), and fail with the same error during that time. So
 *   do logins for which Identity asks to wait, for at most 60 s.
 * - Rackspace's Identity may return the same token for a repeated login. If the cloud has rejected that token, the token is revoked
 *   and the login is repeated once.
 *
 * All of this holds for every kind of credentials.
 *
 * Implements Rackspace Cloud Identity 2.0, "Tokens" (`POST /v2.0/tokens`, `DELETE /v2.0/tokens`); OpenStack Identity (Keystone)
 * v3, "Authentication and token management" (`POST /v3/auth/tokens`, `DELETE /v3/auth/tokens`, and the list of versions at the
 * root); and Swift's own login (`GET /auth/v1.0`), which does not support revocation.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Access, type Role, Tenant, User } from "./Access.js"
import { AuthenticationFailed, type TransportError, Unauthorized, type UnexpectedStatus } from "./CloudError.js"
import type { Credentials } from "./Credentials.js"
import * as Exchange from "./internal/http/exchange.js"
import { tokenProblem } from "./internal/identity/credentialsProblem.js"
import * as identities from "./internal/identity/protocol.js"
import * as RetryPolicy from "./RetryPolicy.js"
import * as ServiceCatalog from "./ServiceCatalog.js"
import { TokenStore } from "./TokenStore.js"

/** Provides the current login. */
export interface Service {
  /**
   * Returns the current Access, renewed first if it is about to expire. While Identity cannot be reached, a token that has not yet
   * expired is returned.
   */
  readonly get: Effect.Effect<Access, AuthenticationFailed>
  /** Returns the current Access, if there is one. Makes no request. */
  readonly peek: Effect.Effect<Option.Option<Access>>
  /**
   * Reports that the cloud has rejected the token of this login. The token is not returned again, and the next `get` logs in. Does
   * nothing if there is a later login.
   */
  readonly forget: (login: number) => Effect.Effect<void>
  /** Returns the Access of a later login: {@link Service.forget}, then {@link Service.get}. */
  readonly renew: (login: number) => Effect.Effect<Access, AuthenticationFailed>
  /**
   * Logs in regardless of the current token's expiry, and also while Identity limits the rate of logins. Refused credentials are
   * still not sent again for a while. Identity may return the same token.
   */
  readonly reauthenticate: Effect.Effect<Access, AuthenticationFailed>
  /** The current Access, if there is one, then each new one. Ends with the layer. */
  readonly changes: Stream.Stream<Access>
  /** Revokes the current token, or else the stored one, and removes it here and from the TokenStore. The next `get` logs in. */
  readonly logout: Effect.Effect<void, TransportError | UnexpectedStatus>
}

/** The current login of a program. */
export class TokenRef extends Context.Tag("effect-rackspace/TokenRef")<TokenRef, Service>() {}

/** How to log in. */
export interface Options<E = never, R = never> {
  /** The credentials. An Effect (a file, a `Config`) is run once, when the layer is built. */
  readonly credentials: Credentials | Effect.Effect<Credentials, E, R>
  /** How long before its expiry a token is renewed. Default: 60 s, or a tenth of its lifetime if that is shorter. */
  readonly refreshMargin?: Duration.DurationInput | undefined
  /** Whether to log in at the first request instead of when the layer is built. Default false. */
  readonly lazy?: boolean | undefined
  /** The policy for requests to Identity. Default: the policy in the environment when the layer is built. */
  readonly retry?: RetryPolicy.Service | undefined
}

interface Current {
  readonly access: Access
  /** When to renew it, in epoch milliseconds. */
  readonly refreshAt: number
  /** When it expires, in epoch milliseconds. */
  readonly expiresAt: number
}

interface PendingLogin {
  readonly result: Deferred.Deferred<Access, AuthenticationFailed>
  /** Whether a waiting caller requires a new login instead of a stored one. */
  forced: boolean
  fiber: Fiber.RuntimeFiber<void> | undefined
  waiters: number
}

interface Refusal {
  readonly error: AuthenticationFailed
  readonly until: number
  readonly delay: number
}

/** Reasons for which another attempt with the same credentials is likely to fail again. */
const delayedReasons: ReadonlySet<AuthenticationFailed["reason"]> = new Set([
  "refused",
  "locked",
  "mfaRequired",
  "malformed"
])

const firstDelay = 1_000
const longestDelay = 60_000

/** How long to wait for the renewal of a token that is still valid, and after how long to retry a failed renewal. */
const renewalTimeout = Duration.seconds(10)

/** How long the token store may take before the login continues without it. */
const storeTimeout = Duration.seconds(10)

const millisOf = (instant: DateTime.Utc): number => instant.epochMillis

/**
 * Logs in and returns a TokenRef, which can be used until the scope ends.
 *
 * Fails with `AuthenticationFailed` if the login fails (unless `lazy`), and as the Effect of the credentials does.
 */
export const make = <E = never, R = never>(
  options: Options<E, R>
): Effect.Effect<Service, AuthenticationFailed | E, HttpClient.HttpClient | Scope.Scope | R> =>
  Effect.gen(function* () {
    const exchange = yield* Exchange.fromEnvironment()
    // All callers share the login, so the policy of the caller that starts it must not apply.
    const policy = options.retry ?? (yield* RetryPolicy.current(undefined))
    const store = yield* TokenStore
    const credentials = Effect.isEffect(options.credentials) ? yield* options.credentials : options.credentials
    const scope = yield* Effect.scope
    const published = yield* Effect.acquireRelease(PubSub.unbounded<Access>(), PubSub.shutdown)

    // Each state change is one synchronous step, so that no fiber sees an inconsistent state.
    let current: Current | undefined
    let rejected: Redacted.Redacted | undefined
    let pending: PendingLogin | undefined
    let refusal: Refusal | undefined
    let logins = 0
    let tokenIsSpent = false

    /** Serializes changes of the store, so that the last one wins. */
    const storing = Effect.unsafeMakeSemaphore(1)

    const identity = identities.make(exchange, credentials, policy)
    const unusable = identities.refusalOf(credentials)
    const key = unusable === undefined ? identities.storeKey(credentials) : undefined
    const renewable = unusable !== undefined || identities.isRenewable(credentials)

    const withStore = <A>(effect: Effect.Effect<A, { readonly message: string }>, otherwise: A): Effect.Effect<A> =>
      Effect.catchAll(Effect.timeout(Effect.interruptible(effect), storeTimeout), (error) =>
        Effect.as(Effect.logWarning(`Ignoring the token store: ${error.message}`), otherwise)
      )

    /** When to renew a token: by the margin before its expiry, but not within the first tenth of its lifetime. */
    const renewalOf = (from: number, expiresAt: number): number => {
      const lifetime = expiresAt - from
      const margin =
        options.refreshMargin === undefined ? Math.min(60_000, lifetime / 10) : Duration.toMillis(options.refreshMargin)
      return Math.max(expiresAt - margin, from + lifetime / 10)
    }

    const toCurrent = (access: Access, now: number): Current => {
      const expiresAt = millisOf(access.expires)
      // If a new token has already expired according to the local clock, that clock is wrong: the token is used until the cloud
      // rejects it.
      return expiresAt <= now
        ? { access, refreshAt: Infinity, expiresAt: Infinity }
        : { access, refreshAt: renewalOf(now, expiresAt), expiresAt }
    }

    /** The login that another program has stored, if it is valid and newer than the current one. */
    const fromStore: Effect.Effect<Access | undefined> =
      key === undefined
        ? Effect.succeed(undefined)
        : Effect.gen(function* () {
            const stored = yield* withStore(store.load(key), Option.none<Access>())
            const now = yield* Clock.currentTimeMillis
            if (Option.isNone(stored)) return undefined
            const access = stored.value
            const issued = millisOf(access.issued)
            const known = current !== undefined && issued <= millisOf(current.access.issued)
            return known || now >= renewalOf(issued, millisOf(access.expires)) ? undefined : access
          })

    const notRenewable = () =>
      new AuthenticationFailed({
        service: "Identity",
        operation: "Identity.authenticate",
        reason: "notRenewable",
        message:
          credentials._tag === "Token" || credentials._tag === "KeystoneToken"
            ? "Identity.authenticate: the token is no longer accepted, and there are no credentials to log in again (see renewWith of Credentials.token)"
            : "Identity.authenticate: the token is no longer accepted, and a passcode works only once; log in with the password again"
      })

    const login: Effect.Effect<identities.Answer, AuthenticationFailed> = Effect.suspend(() => {
      if (unusable !== undefined) return Effect.fail(unusable)
      const isToken = credentials._tag === "Token" || credentials._tag === "KeystoneToken"
      if (isToken && credentials.renewWith !== undefined) {
        const { renewWith } = credentials
        return tokenIsSpent
          ? identity.authenticate(renewWith)
          : Effect.catchIf(
              identity.authenticate(credentials),
              (error) => error.reason === "refused",
              () => identity.authenticate(renewWith)
            )
      }
      if (!renewable && tokenIsSpent) return Effect.fail(notRenewable())
      if (!isToken) return identity.authenticate(credentials)
      return Effect.catchIf(
        identity.authenticate(credentials),
        // For an expired token, version 2 returns 404, and Keystone v3 returns 404 or 401.
        ({ reason, status }) =>
          reason === "refused" && (status === 404 || (status === 401 && credentials._tag === "KeystoneToken")),
        () => {
          tokenIsSpent = true
          return Effect.fail(notRenewable())
        }
      )
    })

    /** Logs in. If that returns the token that the cloud has rejected, revokes it and logs in once more. */
    const freshLogin: Effect.Effect<identities.Answer, AuthenticationFailed> = Effect.flatMap(login, (answer) => {
      tokenIsSpent = true
      return rejected !== undefined && Redacted.value(rejected) === Redacted.value(answer.token)
        ? identity.revoke(answer.token).pipe(
            Effect.catchAll((error) => Effect.logDebug(`The rejected token could not be revoked: ${error.message}`)),
            Effect.zipRight(login)
          )
        : Effect.succeed(answer)
    })

    const acquire = (own: PendingLogin): Effect.Effect<Access, AuthenticationFailed> =>
      Effect.gen(function* () {
        // After a rejection only a new login helps; the stored token may be the rejected one, or an older one.
        const found = own.forced || rejected !== undefined ? undefined : yield* fromStore
        // Checked again, since a caller that requires a new login may have joined in the meantime.
        const stored = own.forced || rejected !== undefined ? undefined : found
        const answer = stored ?? (yield* freshLogin)
        const now = yield* Clock.currentTimeMillis
        const access = new Access({ ...answer, login: ++logins })
        current = toCurrent(access, now)
        rejected = undefined
        refusal = undefined
        // A caller whose token is rejected while it is being saved must start a new login instead of joining this one.
        if (pending === own) pending = undefined
        yield* PubSub.publish(published, access)
        if (stored === undefined && key !== undefined) {
          const save = Effect.suspend(() =>
            current?.access === access ? withStore(store.save(key, access), undefined) : Effect.void
          )
          yield* Effect.uninterruptible(storing.withPermits(1)(save))
        }
        return access
      })

    const complete = (completed: PendingLogin, exit: Exit.Exit<Access, AuthenticationFailed>): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (pending === completed) {
          pending = undefined
          const error = Option.getOrUndefined(Option.flatMap(Exit.causeOption(exit), Cause.failureOption))
          if (error !== undefined && delayedReasons.has(error.reason)) {
            const delay = refusal === undefined ? firstDelay : Math.min(refusal.delay * 2, longestDelay)
            const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
            // A response with a very long `Retry-After` must not block all logins for that time.
            refusal = { error, delay, until: now + Math.max(delay, Math.min(asked, longestDelay)) }
          }
        }
        Deferred.unsafeDone(completed.result, exit)
      })

    /** Waits for the pending login, or starts one. */
    const join = (forced: boolean): Effect.Effect<Access, AuthenticationFailed> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const joined: PendingLogin = pending ?? {
            result: Deferred.unsafeMake<Access, AuthenticationFailed>(FiberId.none),
            forced,
            fiber: undefined,
            waiters: 0
          }
          const start =
            pending === undefined
              ? Effect.interruptible(acquire(joined)).pipe(
                  Effect.exit,
                  Effect.flatMap((exit) => complete(joined, exit)),
                  // Forked in the layer's scope, so that interrupting the first caller does not cancel the login for the others.
                  Effect.forkIn(scope),
                  Effect.map((fiber) => {
                    joined.fiber = fiber
                  })
                )
              : Effect.void
          pending = joined
          joined.forced ||= forced
          joined.waiters++
          const leave = Effect.suspend(() => {
            joined.waiters--
            if (joined.waiters > 0 || pending !== joined) return Effect.void
            pending = undefined
            return joined.fiber === undefined ? Effect.void : Fiber.interruptFork(joined.fiber)
          })
          return Effect.zipRight(start, Effect.ensuring(restore(Deferred.await(joined.result)), leave))
        })
      )

    const activeRefusal = (now: number): AuthenticationFailed | undefined => {
      if (refusal === undefined || now >= refusal.until) return undefined
      const retryAfter = Duration.millis(refusal.until - now)
      return new AuthenticationFailed({
        ...refusal.error,
        message: `${refusal.error.message}; not tried again for ${Duration.format(retryAfter)}`,
        retryAfter
      })
    }

    const logIn = (forced: boolean): Effect.Effect<Access, AuthenticationFailed> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const error = activeRefusal(now)
        // A forced login is attempted while Identity limits the rate, since the limit may be over.
        return error === undefined || (forced && error.reason === "locked") ? join(forced) : Effect.fail(error)
      })

    /** Renews a token that is still valid. If that fails or takes long, the token is used further and renewed a little later. */
    const renewEarly = (expiring: Current): Effect.Effect<Access> =>
      logIn(false).pipe(
        Effect.timeout(renewalTimeout),
        Effect.catchAll(() =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            if (current === expiring) current = { ...expiring, refreshAt: now + Duration.toMillis(renewalTimeout) }
            return expiring.access
          })
        )
      )

    // Called for every request, so the common case must be fast.
    const get = Effect.withFiberRuntime<Access, AuthenticationFailed>((fiber) => {
      const now = Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
      if (current === undefined) return logIn(false)
      // A token that cannot be renewed is used until the cloud rejects it.
      if (now < current.refreshAt || !renewable) return Effect.succeed(current.access)
      return now < current.expiresAt ? renewEarly(current) : logIn(false)
    })

    const forget = (login: number): Effect.Effect<void> =>
      Effect.sync(() => {
        if (current?.access.login !== login) return
        rejected = current.access.token
        current = undefined
      })

    const service: Service = {
      get,
      peek: Effect.sync(() => Option.map(Option.fromNullable(current), ({ access }) => access)),
      forget,
      renew: (login) => Effect.zipRight(forget(login), get),
      reauthenticate: logIn(true),
      changes: Stream.unwrapScoped(
        Effect.map(PubSub.subscribe(published), (queue) =>
          Stream.concat(
            Stream.suspend(() => (current === undefined ? Stream.empty : Stream.succeed(current.access))),
            Stream.fromQueue(queue)
          ).pipe(Stream.changesWith((a, b) => a.login === b.login))
        )
      ),
      logout: Effect.gen(function* () {
        const held = current?.access
        if (held !== undefined) yield* forget(held.login)
        const access = held ?? (yield* fromStore)
        if (key !== undefined) yield* storing.withPermits(1)(withStore(store.remove(key), undefined))
        if (access !== undefined) yield* identity.revoke(access.token)
      })
    }

    if (options.lazy !== true) yield* service.get
    return service
  })

/**
 * Logs in and provides the TokenRef that all services use: see {@link make}.
 *
 * @example
 * ```ts
 * import { Credentials, Identity } from "effect-rackspace"
 *
 * const identity = Identity.layer({ credentials: Credentials.fromFile("~/.rackspace_cloud_credentials") })
 * ```
 */
export const layer = <E = never, R = never>(
  options: Options<E, R>
): Layer.Layer<TokenRef, AuthenticationFailed | E, HttpClient.HttpClient | Exclude<R, Scope.Scope>> =>
  Layer.scoped(TokenRef, make(options))

/** The expiry of a token whose expiry is unknown. */
const never = DateTime.unsafeMake("9999-12-31T23:59:59Z")

/**
 * A TokenRef for a program that was given a token and does not log in. There is no catalog, so the endpoint of each service must be
 * specified.
 *
 * The token is used until the cloud rejects it. After that every request fails with `AuthenticationFailed` and the reason
 * `notRenewable`, as `reauthenticate` always does. If the token is undefined, empty or not valid in a header, every request fails
 * with `AuthenticationFailed` and the reason `malformed`. `expires` is only reported, and `logout` drops the token without revoking
 * it. To log in again automatically, use `Credentials.token` with `renewWith`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { CloudBigData, Identity, Transport } from "effect-rackspace"
 *
 * const bigData = CloudBigData.layer({ endpoint: "https://dfw.bigdata.api.rackspacecloud.com/v2" }).pipe(
 *   Layer.provide(Identity.layerToken({ token: "0123456789abcdef", tenantId: 123456 })),
 *   Layer.provide(Transport.layer)
 * )
 * ```
 */
export const layerToken = (options: {
  readonly token: string | Redacted.Redacted
  readonly tenantId?: string | number | undefined
  readonly expires?: DateTime.Utc | undefined
}): Layer.Layer<TokenRef> =>
  Layer.effect(
    TokenRef,
    Effect.map(DateTime.now, (now) => {
      const token = Redacted.isRedacted(options.token) ? options.token : Redacted.make(options.token)
      const problem = tokenProblem(token)
      const refused = new AuthenticationFailed({
        service: "Identity",
        operation: "Identity.authenticate",
        ...(problem === undefined
          ? {
              reason: "notRenewable",
              message:
                "Identity.authenticate: the program was given a token, and has no credentials to log in with (Identity.layer takes credentials)"
            }
          : { reason: "malformed", message: `Identity.layerToken: ${problem}` })
      })
      let current: Access | undefined =
        problem === undefined
          ? new Access({
              token,
              issued: now,
              expires: options.expires ?? never,
              ...(options.tenantId !== undefined && { tenant: new Tenant({ id: String(options.tenantId) }) }),
              user: new User({ roles: [] }),
              catalog: [],
              authenticatedBy: [],
              login: 1
            })
          : undefined
      const get = Effect.suspend(() => (current === undefined ? Effect.fail(refused) : Effect.succeed(current)))
      const drop = Effect.sync(() => {
        current = undefined
      })
      const forget = (login: number): Effect.Effect<void> => (login === 1 ? drop : Effect.void)
      return {
        get,
        peek: Effect.sync(() => Option.fromNullable(current)),
        forget,
        renew: (login) => Effect.zipRight(forget(login), get),
        reauthenticate: Effect.fail(refused),
        changes: Stream.concat(
          Stream.suspend(() => (current === undefined ? Stream.empty : Stream.succeed(current))),
          Stream.never
        ),
        logout: drop
      }
    })
  )

/**
 * A Schedule that retries once after a 401, and makes the TokenRef forget the login whose token was rejected. The repeated effect
 * must get the token from the TokenRef again, which then logs in, or returns the login of another fiber.
 *
 * A second 401 fails with `Unauthorized`; if the login fails, the effect fails with `AuthenticationFailed`. There is one exception:
 * a token that `wasAccepted` by the same service before was revoked in the meantime, so another login may help. The Schedule then
 * recurs again, at most eight times in total. Unless there is already a later login or one is pending, `isWorthLogin` is called
 * first, and false ends the Schedule: services return false after several successive logins that did not help.
 */
export const retryUnauthorized = <E extends { readonly _tag: string }>(
  tokens: Service,
  wasAccepted: (login: number) => boolean = () => false,
  isWorthLogin: (login: number) => boolean = () => true
): Schedule.Schedule<number, E | Unauthorized> =>
  Schedule.recurs(8).pipe(
    Schedule.checkEffect((error: E | Unauthorized, recurrence) => {
      if (!(error instanceof Unauthorized)) return Effect.succeed(false)
      const { login } = error
      if (recurrence > 0 && !wasAccepted(login)) return Effect.succeed(false)
      return Effect.flatMap(tokens.peek, (current) => {
        if (Option.isNone(current) || current.value.login !== login) return Effect.succeed(true)
        return isWorthLogin(login) ? Effect.as(tokens.forget(login), true) : Effect.succeed(false)
      })
    })
  )

const fromAccess = <A>(read: (access: Access) => A): Effect.Effect<A, AuthenticationFailed, TokenRef> =>
  Effect.flatMap(TokenRef, (tokens) => Effect.map(tokens.get, read))

/** Whether there is a token that is not expired or rejected, as far as is known. Makes no request. */
export const authenticated: Effect.Effect<boolean, never, TokenRef> = Effect.gen(function* () {
  const access = yield* Effect.flatMap(TokenRef, (tokens) => tokens.peek)
  return Option.isSome(access) && DateTime.lessThan(yield* DateTime.now, access.value.expires)
})

/** The current Access, renewed first if it is about to expire. */
export const access: Effect.Effect<Access, AuthenticationFailed, TokenRef> = fromAccess((current) => current)

/** The current token. */
export const token: Effect.Effect<Redacted.Redacted, AuthenticationFailed, TokenRef> = fromAccess(
  (current) => current.token
)

/** When the current token expires, in UTC. */
export const expires: Effect.Effect<DateTime.Utc, AuthenticationFailed, TokenRef> = fromAccess(
  (current) => current.expires
)

/** The account's catalog of services. */
export const services: Effect.Effect<ServiceCatalog.ServiceCatalog, AuthenticationFailed, TokenRef> = fromAccess(
  (current) => current.catalog
)

/** The user who logged in. */
export const user: Effect.Effect<User, AuthenticationFailed, TokenRef> = fromAccess((current) => current.user)

/** The user's roles, global and by tenant. */
export const roles: Effect.Effect<ReadonlyArray<Role>, AuthenticationFailed, TokenRef> = fromAccess(
  (current) => current.user.roles
)

/** The user's default region, if the account sets one. */
export const defaultRegion: Effect.Effect<Option.Option<string>, AuthenticationFailed, TokenRef> = fromAccess(
  (current) => Option.fromNullable(current.user.defaultRegion)
)

/** The tenants of the login: that of the token first, then those in the catalog and in the user's roles. */
export const tenants: Effect.Effect<ReadonlyArray<string>, AuthenticationFailed, TokenRef> = fromAccess((current) => [
  ...new Set([
    ...(current.tenant === undefined ? [] : [current.tenant.id]),
    ...ServiceCatalog.tenants(current.catalog),
    ...current.user.roles.flatMap((role) => (role.tenantId === undefined ? [] : [role.tenantId]))
  ])
])

/** The regions in the account's catalog, in alphabetical order. */
export const regions: Effect.Effect<ReadonlyArray<string>, AuthenticationFailed, TokenRef> = fromAccess((current) =>
  ServiceCatalog.regions(current.catalog)
)
