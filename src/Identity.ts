/**
 * The Layer that logs in: `Credentials` in, `TokenRef` out. Every service asks the TokenRef for the token of each request, so
 * that callers never think of tokens.
 *
 * What TokenRef promises:
 * - any number of fibers that need a token at the same time cause one login and share its result; an interrupted one does
 *   not cancel it for the others, and when nobody waits any more it is cancelled;
 * - a token that is about to expire is renewed before it is used, one that the cloud has rejected at once;
 * - refused credentials are held back (1 s, doubling to 60 s) and fail with the same error meanwhile; so is a login for which
 *   Identity asks to wait, for 60 s at the most;
 * - Rackspace's Identity returns the same token to an early login: that is no failure. Where the cloud has rejected
 *   that very token, it is revoked and the login run once more.
 *
 * All of this holds for every kind of credentials.
 *
 * Implements Rackspace Cloud Identity 2.0, "Tokens" (`POST /v2.0/tokens`, `DELETE /v2.0/tokens`); OpenStack Identity (Keystone)
 * v3, "Authentication and token management" (`POST /v3/auth/tokens`, `DELETE /v3/auth/tokens`, and the list of versions at the
 * root); and Swift's own login (`GET /auth/v1.0`), which knows no revocation.
 *
 * @since 0.1.0
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

/**
 * The login of a program: whatever needs a token asks here.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The current Access, renewed first where it is about to expire. While Identity is out of reach, a token that has not yet
   * expired is still given out.
   */
  readonly get: Effect.Effect<Access, AuthenticationFailed>
  /** The current Access, if there is one, without any request. */
  readonly peek: Effect.Effect<Option.Option<Access>>
  /**
   * Says that the cloud has rejected the token of this login. It is not given out again; the next `get` logs in. Does
   * nothing where another login has taken its place.
   */
  readonly forget: (login: number) => Effect.Effect<void>
  /** An Access of a later login than the one named: {@link Service.forget}, then {@link Service.get}. */
  readonly renew: (login: number) => Effect.Effect<Access, AuthenticationFailed>
  /**
   * Logs in, whatever the current token's expiry, and also while Identity holds this caller off. Credentials that Identity has
   * refused are held back none the less. Identity may return the same token: that is no failure.
   */
  readonly reauthenticate: Effect.Effect<Access, AuthenticationFailed>
  /** The current Access, if there is one, then each new one, for those who hand tokens on. Ends with the layer. */
  readonly changes: Stream.Stream<Access>
  /** Revokes the current token, or else the stored one, and forgets it here and in the TokenStore. The next `get` logs in. */
  readonly logout: Effect.Effect<void, TransportError | UnexpectedStatus>
}

/**
 * The login of a program.
 *
 * @since 0.1.0
 * @category tags
 */
export class TokenRef extends Context.Tag("effect-rackspace/TokenRef")<TokenRef, Service>() {}

/**
 * How to log in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E = never, R = never> {
  /** Who logs in; an Effect (a file, a `Config`) is run once, when the layer is built. */
  readonly credentials: Credentials | Effect.Effect<Credentials, E, R>
  /** How long before its expiry a token is renewed. Default: 60 s, or a tenth of its lifetime if that is shorter. */
  readonly refreshMargin?: Duration.DurationInput | undefined
  /** Logs in at the first request instead of when the layer is built. Default false. */
  readonly lazy?: boolean | undefined
  /** The policy for Identity's own requests. Default: the one in force when the layer is built. */
  readonly retry?: RetryPolicy.Service | undefined
}

interface Current {
  readonly access: Access
  /** When to renew it, in epoch milliseconds. */
  readonly refreshAt: number
  /** When it ceases to be good, in epoch milliseconds. */
  readonly expiresAt: number
}

interface Flight {
  readonly result: Deferred.Deferred<Access, AuthenticationFailed>
  /** Whether somebody who waits wants a login of its own, not a stored one. */
  forced: boolean
  fiber: Fiber.RuntimeFiber<void> | undefined
  waiters: number
}

interface Refusal {
  readonly error: AuthenticationFailed
  readonly until: number
  readonly delay: number
}

/** Reasons for which another attempt with the same credentials would only be refused again. */
const heldBack: ReadonlySet<AuthenticationFailed["reason"]> = new Set(["refused", "locked", "mfaRequired", "malformed"])

const firstDelay = 1_000
const longestDelay = 60_000

/** How long a still valid token's renewal is waited for, and after how long a failed one is tried again. */
const patience = Duration.seconds(10)

/** How long the token store may take before the login goes on without it. */
const storePatience = Duration.seconds(10)

const millisOf = (instant: DateTime.Utc): number => instant.epochMillis

/**
 * Logs in and returns a TokenRef that lives as long as the scope.
 *
 * Fails with `AuthenticationFailed` where the login fails (unless `lazy`), and as the credentials' own Effect does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E = never, R = never>(
  options: Options<E, R>
): Effect.Effect<Service, AuthenticationFailed | E, HttpClient.HttpClient | Scope.Scope | R> =>
  Effect.gen(function* () {
    const exchange = yield* Exchange.fromEnvironment()
    // A login is everybody's, so its policy must not be that of whichever caller happens to start it.
    const policy = options.retry ?? (yield* RetryPolicy.current(undefined))
    const store = yield* TokenStore
    const credentials = Effect.isEffect(options.credentials) ? yield* options.credentials : options.credentials
    const scope = yield* Effect.scope
    const published = yield* Effect.acquireRelease(PubSub.unbounded<Access>(), PubSub.shutdown)

    // All state changes happen within one synchronous step, so that no fiber ever sees half of one.
    let current: Current | undefined
    let rejected: Redacted.Redacted | undefined
    let flight: Flight | undefined
    let refusal: Refusal | undefined
    let logins = 0
    let tokenIsSpent = false

    /** One change of the store after the other, so that the last one stays. */
    const storing = Effect.unsafeMakeSemaphore(1)

    const identity = identities.make(exchange, credentials, policy)
    const unusable = identities.refusalOf(credentials)
    const key = unusable === undefined ? identities.storeKey(credentials) : undefined
    const renewable = unusable !== undefined || identities.isRenewable(credentials)

    const withStore = <A>(effect: Effect.Effect<A, { readonly message: string }>, otherwise: A): Effect.Effect<A> =>
      Effect.catchAll(Effect.timeout(Effect.interruptible(effect), storePatience), (error) =>
        Effect.as(Effect.logWarning(`The token store is passed over: ${error.message}`), otherwise)
      )

    /** When to renew a token: the margin before its end, but never in the first tenth of its life. */
    const renewalOf = (from: number, expiresAt: number): number => {
      const lifetime = expiresAt - from
      const margin =
        options.refreshMargin === undefined ? Math.min(60_000, lifetime / 10) : Duration.toMillis(options.refreshMargin)
      return Math.max(expiresAt - margin, from + lifetime / 10)
    }

    const toCurrent = (access: Access, now: number): Current => {
      const expiresAt = millisOf(access.expires)
      // A fresh token that has already expired by this machine's clock shows that the clock is wrong, not the token: it is
      // used until the cloud rejects it.
      return expiresAt <= now
        ? { access, refreshAt: Infinity, expiresAt: Infinity }
        : { access, refreshAt: renewalOf(now, expiresAt), expiresAt }
    }

    /** What another program has stored, where it is good and is not what this one already holds. */
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
            ? "Identity.authenticate: the token is no longer accepted, and there is nothing to log in with (Credentials.token takes renewWith)"
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
        // Version 2 returns 404 for a token that is no longer good; Keystone v3 404 or 401.
        ({ reason, status }) =>
          reason === "refused" && (status === 404 || (status === 401 && credentials._tag === "KeystoneToken")),
        () => {
          tokenIsSpent = true
          return Effect.fail(notRenewable())
        }
      )
    })

    /** A login that does not end in a token which the cloud has rejected, where revoking that one can bring another. */
    const freshLogin: Effect.Effect<identities.Answer, AuthenticationFailed> = Effect.flatMap(login, (answer) => {
      tokenIsSpent = true
      return rejected !== undefined && Redacted.value(rejected) === Redacted.value(answer.token)
        ? identity.revoke(answer.token).pipe(
            Effect.catchAll((error) => Effect.logDebug(`The rejected token could not be revoked: ${error.message}`)),
            Effect.zipRight(login)
          )
        : Effect.succeed(answer)
    })

    const acquire = (wanted: Flight): Effect.Effect<Access, AuthenticationFailed> =>
      Effect.gen(function* () {
        // After a rejection only a login is sure to help; the stored token may be the rejected one, or an older one.
        const found = wanted.forced || rejected !== undefined ? undefined : yield* fromStore
        // Asked once more: somebody may have joined meanwhile who wants a login of its own.
        const stored = wanted.forced || rejected !== undefined ? undefined : found
        const answer = stored ?? (yield* freshLogin)
        const now = yield* Clock.currentTimeMillis
        const access = new Access({ ...answer, login: ++logins })
        current = toCurrent(access, now)
        rejected = undefined
        refusal = undefined
        // Whoever finds this token rejected while it is being saved needs another login, and not this one's end.
        if (flight === wanted) flight = undefined
        yield* PubSub.publish(published, access)
        if (stored === undefined && key !== undefined) {
          const save = Effect.suspend(() =>
            current?.access === access ? withStore(store.save(key, access), undefined) : Effect.void
          )
          yield* Effect.uninterruptible(storing.withPermits(1)(save))
        }
        return access
      })

    const land = (landed: Flight, exit: Exit.Exit<Access, AuthenticationFailed>): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (flight === landed) {
          flight = undefined
          const error = Option.getOrUndefined(Option.flatMap(Exit.causeOption(exit), Cause.failureOption))
          if (error !== undefined && heldBack.has(error.reason)) {
            const delay = refusal === undefined ? firstDelay : Math.min(refusal.delay * 2, longestDelay)
            const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
            // One response that asks for a day must not block every login for a day.
            refusal = { error, delay, until: now + Math.max(delay, Math.min(asked, longestDelay)) }
          }
        }
        Deferred.unsafeDone(landed.result, exit)
      })

    /** Waits for the login under way, or starts one. */
    const join = (forced: boolean): Effect.Effect<Access, AuthenticationFailed> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          const joined: Flight = flight ?? {
            result: Deferred.unsafeMake<Access, AuthenticationFailed>(FiberId.none),
            forced,
            fiber: undefined,
            waiters: 0
          }
          const start =
            flight === undefined
              ? Effect.interruptible(acquire(joined)).pipe(
                  Effect.exit,
                  Effect.flatMap((exit) => land(joined, exit)),
                  // In the layer's scope, not in the first caller's: its interruption must not cancel the others' login.
                  Effect.forkIn(scope),
                  Effect.map((fiber) => {
                    joined.fiber = fiber
                  })
                )
              : Effect.void
          flight = joined
          joined.forced ||= forced
          joined.waiters++
          const leave = Effect.suspend(() => {
            joined.waiters--
            if (joined.waiters > 0 || flight !== joined) return Effect.void
            flight = undefined
            return joined.fiber === undefined ? Effect.void : Fiber.interruptFork(joined.fiber)
          })
          return Effect.zipRight(start, Effect.ensuring(restore(Deferred.await(joined.result)), leave))
        })
      )

    const heldBackBy = (now: number): AuthenticationFailed | undefined => {
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
        const error = heldBackBy(now)
        // Who asks for a login of its own while Identity limits the rate gets one: the limit may be over.
        return error === undefined || (forced && error.reason === "locked") ? join(forced) : Effect.fail(error)
      })

    /** Renews a token that is still good. Where that fails or takes long, the token is used on, and renewed a little later. */
    const renewEarly = (expiring: Current): Effect.Effect<Access> =>
      logIn(false).pipe(
        Effect.timeout(patience),
        Effect.catchAll(() =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            if (current === expiring) current = { ...expiring, refreshAt: now + Duration.toMillis(patience) }
            return expiring.access
          })
        )
      )

    // Each request of each service asks, and nearly always gets what there is.
    const get = Effect.withFiberRuntime<Access, AuthenticationFailed>((fiber) => {
      const now = Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
      if (current === undefined) return logIn(false)
      // What cannot be renewed is used until the cloud rejects it.
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
 * Logs in and provides the TokenRef that every service asks: see {@link make}.
 *
 * @example
 * ```ts
 * import { Credentials, Identity } from "effect-rackspace"
 *
 * const identity = Identity.layer({ credentials: Credentials.fromFile("~/.rackspace_cloud_credentials") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E = never, R = never>(
  options: Options<E, R>
): Layer.Layer<TokenRef, AuthenticationFailed | E, HttpClient.HttpClient | Exclude<R, Scope.Scope>> =>
  Layer.scoped(TokenRef, make(options))

/** For a token of which nobody has said when it ends. */
const never = DateTime.unsafeMake("9999-12-31T23:59:59Z")

/**
 * A TokenRef for a program that was handed a token and is not to ask Identity for anything: together with an endpoint for
 * each service (there is no catalog to find one in), it needs no login at all.
 *
 * The token is used until the cloud rejects it; from then on every request fails with `AuthenticationFailed` and the reason
 * `notRenewable`, as `reauthenticate` always does. With an undefined or empty token, and one that cannot stand in a header,
 * every request fails with `AuthenticationFailed` and the reason `malformed`. `expires` is passed on as it is, and `logout`
 * forgets the token without revoking it. To log in again instead, use `Credentials.token` with `renewWith`.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { CloudBigData, Identity } from "effect-rackspace"
 *
 * const bigData = CloudBigData.layer({ endpoint: "https://dfw.bigdata.api.rackspacecloud.com/v2" }).pipe(
 *   Layer.provide(Identity.layerToken({ token: "0123456789abcdef", tenantId: 123456 })),
 *   Layer.provide(NodeHttpClient.layerUndici)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
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
                "Identity.authenticate: the program was handed its token, and has nothing to log in with (Identity.layer takes credentials)"
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
 * Retries after a 401: a Schedule over failures that recurs once, while the failure is `Unauthorized`, and makes the
 * TokenRef forget the login whose token was rejected. The effect that it repeats asks the TokenRef anew, and so logs in or
 * finds that another fiber has.
 *
 * A second 401 right after that ends the Schedule, and `Unauthorized` surfaces; where the login fails, its own
 * `AuthenticationFailed` does. But a token that `wasAccepted` by the same service before it was rejected has been revoked
 * since: logging in may help then, and the Schedule recurs for it too, at most eight times in all. Where no later login has
 * been made or is under way, `isWorthLogin` is asked first, and false ends the Schedule: services return false after several
 * logins in a row that did not help.
 *
 * @since 0.1.0
 * @category schedules
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

const ask = <A>(read: (access: Access) => A): Effect.Effect<A, AuthenticationFailed, TokenRef> =>
  Effect.flatMap(TokenRef, (tokens) => Effect.map(tokens.get, read))

/**
 * Whether there is a token that is not known to be expired or rejected. Makes no request.
 *
 * @since 0.1.0
 * @category accessors
 */
export const authenticated: Effect.Effect<boolean, never, TokenRef> = Effect.gen(function* () {
  const access = yield* Effect.flatMap(TokenRef, (tokens) => tokens.peek)
  return Option.isSome(access) && DateTime.lessThan(yield* DateTime.now, access.value.expires)
})

/**
 * The current Access, renewed first where it is about to expire.
 *
 * @since 0.1.0
 * @category accessors
 */
export const access: Effect.Effect<Access, AuthenticationFailed, TokenRef> = ask((current) => current)

/**
 * The current token.
 *
 * @since 0.1.0
 * @category accessors
 */
export const token: Effect.Effect<Redacted.Redacted, AuthenticationFailed, TokenRef> = ask((current) => current.token)

/**
 * When the current token expires, in UTC.
 *
 * @since 0.1.0
 * @category accessors
 */
export const expires: Effect.Effect<DateTime.Utc, AuthenticationFailed, TokenRef> = ask((current) => current.expires)

/**
 * The account's catalog of services.
 *
 * @since 0.1.0
 * @category accessors
 */
export const services: Effect.Effect<ServiceCatalog.ServiceCatalog, AuthenticationFailed, TokenRef> = ask(
  (current) => current.catalog
)

/**
 * The user who logged in.
 *
 * @since 0.1.0
 * @category accessors
 */
export const user: Effect.Effect<User, AuthenticationFailed, TokenRef> = ask((current) => current.user)

/**
 * The user's roles, global and by tenant.
 *
 * @since 0.1.0
 * @category accessors
 */
export const roles: Effect.Effect<ReadonlyArray<Role>, AuthenticationFailed, TokenRef> = ask(
  (current) => current.user.roles
)

/**
 * The region in which the user works unless another is named, where the account sets one.
 *
 * @since 0.1.0
 * @category accessors
 */
export const defaultRegion: Effect.Effect<Option.Option<string>, AuthenticationFailed, TokenRef> = ask((current) =>
  Option.fromNullable(current.user.defaultRegion)
)

/**
 * The tenants that the login reaches: the token's own first, then those that the catalog and the user's roles name.
 *
 * @since 0.1.0
 * @category accessors
 */
export const tenants: Effect.Effect<ReadonlyArray<string>, AuthenticationFailed, TokenRef> = ask((current) => [
  ...new Set([
    ...(current.tenant === undefined ? [] : [current.tenant.id]),
    ...ServiceCatalog.tenants(current.catalog),
    ...current.user.roles.flatMap((role) => (role.tenantId === undefined ? [] : [role.tenantId]))
  ])
])

/**
 * The regions in which the account has a service, in alphabetical order.
 *
 * @since 0.1.0
 * @category accessors
 */
export const regions: Effect.Effect<ReadonlyArray<string>, AuthenticationFailed, TokenRef> = ask((current) =>
  ServiceCatalog.regions(current.catalog)
)
