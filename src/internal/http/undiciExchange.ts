/**
 * The exchange over undici's dispatcher itself. It keeps every promise that the one over an HttpClient keeps, without what
 * an HttpClient needs besides: of a small request, that is most of its cost.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { isAscii } from "node:buffer"
import type { IncomingHttpHeaders } from "node:http"
import type { Dispatcher } from "undici"
import type { TransportError } from "../../CloudError.js"
import type { Content } from "../../RequestBody.js"
import { chunkSize, type Pool, receiving, type Receiving, release } from "../bytes/bufferPool.js"
import type { Sink } from "../bytes/sink.js"
import { type Watchdog, type Watched, watchdogOf } from "./deadlines.js"
import {
  type Arriving,
  type Exchange,
  isSuccess,
  largestRefusal,
  largestText,
  type Outgoing,
  type Whole,
  wholeUpTo
} from "./exchange.js"
import { brokenOff, lateResponse, noResponse, refusalStall, stalled, tooLong } from "./request.js"

/** The key under which an HttpClient made of a dispatcher keeps that dispatcher. */
const key = Symbol.for("effect-rackspace/dispatcher")

/** Lets the services find the dispatcher that an HttpClient is made of. */
export const withDispatcher = (client: HttpClient.HttpClient, dispatcher: Dispatcher): HttpClient.HttpClient =>
  Object.assign(client, { [key]: dispatcher })

/** The dispatcher that an HttpClient is made of, where it is; one that was changed since is another client. */
export const dispatcherOf = (client: HttpClient.HttpClient): Dispatcher | undefined =>
  Object.hasOwn(client, key) ? (client as unknown as Record<symbol, Dispatcher>)[key] : undefined

/** In bytes: how much of a body is taken from the network before somebody asks for it. */
const readAhead = 1024 * 1024

/** How many buffers that are used again are filled before somebody asks for one: a pause costs more. */
const collectAhead = 4

/** More than any socket takes without saying that it is full. */
const surelyGone = 128 * 1024

/** A body on its way out: what undici asks for its next piece. */
interface Outbound extends AsyncIterator<Uint8Array, undefined>, AsyncIterable<Uint8Array> {
  /** Ends its source. */
  readonly close: Effect.Effect<void>
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Bytes in parcels, none of them copied. */
const outboundBytes = (bytes: Uint8Array, progress: Progress): Outbound => {
  let offset = 0
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      const value = bytes.subarray(offset, offset + chunkSize)
      offset += value.byteLength
      if (value.byteLength === 0) {
        progress.out()
        return Promise.resolve(done)
      }
      progress.moved(value.byteLength)
      return Promise.resolve({ done: false, value })
    },
    close: Effect.void
  }
}

/** A Stream, run by the fiber that sends the request, or rather by its likes. */
const outboundStream = (content: Content, progress: Progress, runtime: Runtime.Runtime<never>): Outbound => {
  const scope = Effect.runSync(Scope.make())
  let pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<never>> | undefined
  let pending: ReadonlyArray<Uint8Array> = []
  let index = 0
  let offset = 0
  let fiber: Fiber.RuntimeFiber<Chunk.Chunk<Uint8Array>, Option.Option<never>> | undefined
  let closed = false
  const start = Effect.flatMap(Scope.extend(Stream.toPull(content.stream), scope), (made) => {
    pull = made
    return made
  })
  let ahead: ReadonlyArray<Uint8Array> = []
  let coming: Promise<boolean> | undefined
  /** Runs the source until it gives more; returns whether it did. */
  const more = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      fiber = Runtime.runFork(runtime, pull ?? start)
      fiber.addObserver((exit) => {
        fiber = undefined
        if (Exit.isSuccess(exit)) {
          ahead = Chunk.toReadonlyArray(exit.value)
          resolve(true)
        } else if (exit.cause._tag === "Fail" && Option.isNone(exit.cause.error)) {
          resolve(false)
        } else {
          // The source of a request's body does not fail: it was interrupted, or is broken.
          reject(new Error("the request's body was given up"))
        }
      })
    })
  let out: Uint8Array | undefined
  /** The next piece, while the one after it is already read. */
  const nextPiece = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    // What is larger than a socket holds is with the kernel before another piece is asked for.
    if (out !== undefined && out.byteLength >= surelyGone) release(out)
    out = undefined
    const piece = pending[index]
    if (piece !== undefined) {
      const value = piece.byteLength > chunkSize ? piece.subarray(offset, offset + chunkSize) : piece
      offset += value.byteLength
      if (offset >= piece.byteLength) {
        index++
        offset = 0
        out = value
      }
      progress.moved(value.byteLength)
      if (index === pending.length && !closed) {
        coming ??= more()
        // Who asks for it is told.
        coming.catch(() => undefined)
      }
      return Promise.resolve({ done: false, value })
    }
    // Its request is over, and nobody waits for it any more.
    if (closed) return Promise.resolve(done)
    progress.source()
    coming ??= more()
    return coming.then((given) => {
      coming = undefined
      if (!given) {
        progress.out()
        return done
      }
      pending = ahead
      index = 0
      return nextPiece()
    })
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: nextPiece,
    close: Effect.suspend(() => {
      closed = true
      const running = fiber
      return Effect.zipRight(
        running === undefined
          ? Effect.void
          : running.interruptAsFork(running.id()).pipe(Effect.zipRight(running.await)),
        Scope.close(scope, Exit.void)
      )
    })
  }
}

const runtimeOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Runtime.Runtime<never> =>
  Runtime.make({
    context: fiber.currentContext,
    runtimeFlags: Runtime.defaultRuntimeFlags,
    fiberRefs: fiber.getFiberRefs()
  })

/** Bytes as UTF-8, up to a limit. */
const textOf = (parts: ReadonlyArray<Uint8Array>, limit?: number): string => {
  const [first] = parts
  if (first === undefined) return ""
  const all = parts.length === 1 ? Buffer.from(first.buffer, first.byteOffset, first.byteLength) : Buffer.concat(parts)
  const bytes = limit === undefined ? all : all.subarray(0, limit)
  // Most bodies are ASCII, which is recognised and copied much faster than UTF-8 is decoded.
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8")
}

/** How far a request's body has come. */
interface Progress {
  /** A piece was handed over: so many bytes are on their way. */
  readonly moved: (bytes: number) => void
  /** The next piece is waited for, as long as its source needs. */
  readonly source: () => void
  /** There is no more of it. */
  readonly out: () => void
}

/** One request on its way, from its sending to the last byte of its response. */
class Flight implements Watched, Progress, Dispatcher.DispatchHandler {
  deadline: number
  status = 0
  headers: Readonly<Record<string, string | undefined>> = {}
  failure: TransportError | undefined
  ended = false
  /** Called once, when something has changed. */
  wake: (() => void) | undefined
  readonly body: Outbound | undefined

  private parts: Array<Uint8Array> = []
  private size = 0
  private controller: Dispatcher.DispatchController | undefined
  private abandoned: Error | undefined
  /** Whether who waits is about to be told. */
  private isSoon = false
  /** Where what arrives is copied at once: the network's own buffers are the cheaper, the shorter they live. */
  private pool: Pool | undefined
  private piece: Uint8Array | undefined
  private filled = 0
  /**
   * What is waited for. As long as the request's body is not out, it is that, or its own source: a cloud may well begin its
   * response before, and send spaces meanwhile, so that nobody gives up the connection.
   */
  private late: "source" | "request" | "response" | "body" = "response"
  private readonly watchdog: Watchdog

  constructor(
    private readonly outgoing: Outgoing,
    /** Of a body that is collected, what of it is kept; none while it is read as it comes. */
    private limit: number | undefined,
    private readonly keeps: boolean,
    /** What takes the body instead, as it arrives. */
    readonly sink: Sink | undefined,
    /** Who sends it. */
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    /** What the body is collected in, where who reads it gives the buffers back. */
    private readonly reused: Receiving | undefined = undefined
  ) {
    const { body, clock, policy } = outgoing
    this.watchdog = watchdogOf(clock)
    this.deadline = clock.unsafeCurrentTimeMillis() + Duration.toMillis(policy.responseTimeout)
    const whole = body === undefined || (body.bytes !== undefined && body.bytes.byteLength <= wholeUpTo)
    if (whole) {
      if (body !== undefined) outgoing.sent(body.bytes?.byteLength ?? 0)
    } else {
      this.late = "request"
      this.body =
        body.bytes === undefined ? outboundStream(body, this, runtimeOf(fiber)) : outboundBytes(body.bytes, this)
    }
  }

  send(dispatcher: Dispatcher): void {
    const { body, endpoint, headers, method, path } = this.outgoing
    this.watchdog.add(this)
    const { origin, pathname } = endpoint.url
    const whole = pathname === "/" ? path : pathname + path
    try {
      dispatcher.dispatch(
        {
          origin,
          path: whole.startsWith("/") ? whole : `/${whole}`,
          method: method as Dispatcher.HttpMethod,
          headers:
            this.body === undefined || body?.length === undefined
              ? headers
              : { ...headers, "content-length": String(body.length) },
          body: (this.body ?? body?.bytes ?? null) as never,
          // Our own watchdog keeps the time.
          headersTimeout: 0,
          bodyTimeout: 0
        },
        this
      )
    } catch (cause) {
      this.fail(noResponse(this.outgoing.target, cause))
    }
  }

  // What undici calls.

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.abandoned !== undefined) controller.abort(this.abandoned)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the response itself: 100, 103.
    if (status < 200) return
    this.status = status
    const joined: Record<string, string | undefined> = headers as Record<string, string>
    for (const name in headers) {
      const value = headers[name]
      if (Array.isArray(value)) joined[name] = value.join(", ")
    }
    this.headers = joined
    // What is received in small pieces is not collected in large ones.
    if (this.outgoing.readAhead === undefined) this.pool = this.reused?.(Number(joined["content-length"] ?? Infinity))
    if (this.late === "response") this.late = "body"
    if (this.limit === undefined) {
      this.deadline = Infinity
      this.notify()
    } else {
      if (!isSuccess(status)) this.limit = largestRefusal
      this.restart()
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.ended || this.failure !== undefined) return
    this.size += chunk.byteLength
    if (this.limit === undefined) {
      if (this.pool === undefined) this.parts.push(chunk)
      else this.collect(this.pool, chunk)
      const most = this.outgoing.readAhead ?? Math.max(readAhead, collectAhead * (this.pool?.size ?? 0))
      if (this.size >= most) controller.pause()
      this.notifySoon()
      return
    }
    if (this.sink !== undefined && isSuccess(this.status)) this.sink.add(chunk)
    else if (this.keeps || !isSuccess(this.status)) this.parts.push(chunk)
    if (this.size > this.limit) {
      // Of a refusal, and of what nobody reads, this is enough.
      if (this.keeps && isSuccess(this.status)) this.fail(tooLong(this.outgoing.target, this.limit))
      else this.end()
      this.abort()
    } else if (this.deadline !== Infinity) {
      this.deadline = this.expiresAt()
    }
  }

  onResponseEnd(): void {
    this.end()
    // Through it a request that is over would hold on to buffers of the network's.
    this.controller = undefined
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    if (this.ended) return
    const { target } = this.outgoing
    if (this.isRefused()) this.end()
    else this.fail(this.status === 0 ? noResponse(target, cause) : brokenOff(target, cause))
  }

  // How the request's body moves.

  moved(bytes: number): void {
    this.outgoing.sent(bytes)
    this.late = "request"
    this.restart()
  }

  source(): void {
    this.late = "source"
    this.restart()
  }

  out(): void {
    this.outgoing.sentAll()
    this.late = this.status === 0 ? "response" : "body"
    this.restart()
  }

  expire(): void {
    const { policy, target } = this.outgoing
    if (this.isRefused()) this.end()
    else if (this.late === "response") this.fail(lateResponse(target, policy.responseTimeout))
    else this.fail(stalled(target, this.late === "request" ? "request" : "response", policy.stallTimeout))
    this.abort()
  }

  // What those who wait for it ask.

  /** What has arrived and was not taken yet, where there is something. */
  take(): Array<Uint8Array> | undefined {
    if (this.piece !== undefined && this.filled > 0) {
      this.parts.push(this.piece.subarray(0, this.filled))
      this.piece = undefined
      this.filled = 0
    }
    if (this.parts.length === 0) return undefined
    const taken = this.parts
    this.parts = []
    this.size = 0
    if (this.controller?.paused === true) this.controller.resume()
    return taken
  }

  /** Calls `wake` once more has arrived, or it is clear that no more will. */
  await(wake: () => void): void {
    if (this.size > 0 || this.ended || this.failure !== undefined) return wake()
    this.wake = () => {
      this.deadline = Infinity
      wake()
    }
    this.restart()
  }

  /** Nobody waits at the moment. */
  leave(): void {
    this.wake = undefined
    this.deadline = Infinity
  }

  /** The whole body as UTF-8. */
  text(): string {
    const [first] = this.parts
    if (first === undefined) return ""
    const bytes =
      this.parts.length === 1
        ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
        : Buffer.concat(this.parts)
    return bytes.toString("utf8", 0, this.limit)
  }

  /** Nobody waits for it any more. */
  give(): void {
    this.wake = undefined
    this.watchdog.remove(this)
    if (!this.ended && this.failure === undefined) {
      this.ended = true
      this.abort()
    }
  }

  /** Whether a refusal is collected: its status says what happened, and what is missing of its body changes nothing. */
  private isRefused(): boolean {
    return this.limit !== undefined && this.status !== 0 && !isSuccess(this.status)
  }

  private expiresAt(): number {
    const { clock, policy } = this.outgoing
    const limit =
      this.late === "response"
        ? policy.responseTimeout
        : this.status === 0 || isSuccess(this.status)
          ? policy.stallTimeout
          : refusalStall(policy.stallTimeout)
    return clock.unsafeCurrentTimeMillis() + Duration.toMillis(limit)
  }

  /** Begins the time anew in which something must move, where somebody waits for that. */
  private restart(): void {
    if (this.wake === undefined) return
    this.deadline = this.late === "source" && !this.isRefused() ? Infinity : this.expiresAt()
    this.watchdog.hurry(this)
  }

  private abort(): void {
    const reason = new Error("nobody waits for the response any more")
    this.abandoned = reason
    this.controller?.abort(reason)
  }

  private end(): void {
    if (this.failure !== undefined) return
    this.ended = true
    this.watchdog.remove(this)
    this.notify()
  }

  private fail(failure: TransportError): void {
    if (this.ended || this.failure !== undefined) return
    this.failure = failure
    this.watchdog.remove(this)
    this.notify()
  }

  private collect(pool: Pool, chunk: Uint8Array): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      const piece = (this.piece ??= pool.take())
      const fitting = rest.subarray(0, piece.byteLength - this.filled)
      piece.set(fitting, this.filled)
      this.filled += fitting.byteLength
      rest = rest.subarray(fitting.byteLength)
      if (this.filled === piece.byteLength) {
        this.parts.push(piece)
        this.piece = undefined
        this.filled = 0
      }
    }
  }

  /** Once all is read that the socket has at the moment: what comes together is worked off together. */
  private notifySoon(): void {
    if (this.wake === undefined || this.isSoon) return
    this.isSoon = true
    setImmediate(() => {
      this.isSoon = false
      if (this.size > 0) this.notify()
    })
  }

  private notify(): void {
    const { wake } = this
    this.wake = undefined
    wake?.()
  }
}

/** The end of a request's own body, where it has one that runs. */
const closing = (flight: Flight): Effect.Effect<void> => flight.body?.close ?? Effect.void

/**
 * A response whose body is on its way. What reads it is made where it is asked for: of a small object it would cost more than the
 * bytes.
 */
class Arrival implements Arriving {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>

  constructor(
    private readonly flight: Flight,
    private readonly outgoing: Outgoing
  ) {
    this.status = flight.status
    this.headers = flight.headers
  }

  get refusal(): Effect.Effect<string> {
    return Effect.orElseSucceed(this.text(largestRefusal, "cut"), () => "")
  }

  get stream(): Stream.Stream<Uint8Array, TransportError> {
    return Stream.fromPull(Effect.succeed(this.pull))
  }

  readInto(parts: Array<Uint8Array>): Effect.Effect<void, TransportError> {
    const { pull } = this
    const step: Effect.Effect<void, TransportError> = Effect.matchEffect(pull, {
      onFailure: Option.match({ onNone: () => Effect.void, onSome: Effect.fail }),
      onSuccess: (chunk) => {
        for (const part of chunk) parts.push(part)
        return step
      }
    })
    return step
  }

  text(limit: number, beyond: "cut" | "fail"): Effect.Effect<string, TransportError> {
    return Effect.suspend(() => {
      const { outgoing, pull } = this
      const parts: Array<Uint8Array> = []
      let size = 0
      const all = Effect.sync(() => textOf(parts, limit))
      const step: Effect.Effect<string, TransportError> = Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => all, onSome: Effect.fail }),
        onSuccess: (chunk) => {
          for (const part of chunk) {
            parts.push(part)
            size += part.byteLength
          }
          return size <= limit ? step : beyond === "cut" ? all : Effect.fail(tooLong(outgoing.target, limit))
        }
      })
      return step
    })
  }

  private get pull(): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<TransportError>> {
    const { flight, outgoing } = this
    const pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<TransportError>> = Effect.suspend(() => {
      const parts = flight.take()
      if (parts !== undefined) {
        for (const part of parts) outgoing.received(part.byteLength)
        return Effect.succeed(Chunk.unsafeFromArray(parts))
      }
      if (flight.failure !== undefined) return Effect.fail(Option.some(flight.failure))
      if (flight.ended) return Effect.fail(Option.none())
      return Effect.zipRight(more, pull)
    })
    // Interruptible even where the caller is not, since the time would otherwise be up without any effect.
    const more = Effect.interruptible(
      Effect.async<void>((resume) => {
        flight.await(() => resume(Effect.void))
        return Effect.sync(() => flight.leave())
      })
    )
    return pull
  }
}

/** Waits until something has changed. */
const awaited = (
  flight: Flight,
  dispatcher: Dispatcher,
  isInterruptible: boolean
): Effect.Effect<Flight, TransportError> => {
  const waiting = Effect.async<Flight, TransportError>((resume) => {
    flight.wake = () => resume(flight.failure === undefined ? Effect.succeed(flight) : Effect.fail(flight.failure))
    flight.send(dispatcher)
    return Effect.sync(() => flight.give())
  })
  // Interruptible even where the caller is not, since in a finalizer the time would otherwise be up without any effect.
  return isInterruptible ? waiting : Effect.interruptible(waiting)
}

/** The exchange over a dispatcher of undici. */
export const make = (dispatcher: Dispatcher): Exchange => ({
  open: (outgoing) =>
    Effect.withFiberRuntime((fiber) => {
      const flight = new Flight(outgoing, undefined, true, undefined, fiber, fiber.getFiberRef(receiving))
      const over = Effect.zipRight(
        Effect.sync(() => flight.give()),
        closing(flight)
      )
      return Effect.uninterruptible(
        Effect.zipRight(
          Effect.addFinalizer(() => over),
          Effect.map(awaited(flight, dispatcher, false), () => new Arrival(flight, outgoing))
        )
      )
    }),
  collect: (outgoing, keeps) =>
    Effect.withFiberRuntime((fiber, { runtimeFlags }) => {
      const sink = typeof keeps === "function" ? keeps() : undefined
      const limit = keeps === false ? largestRefusal : (sink?.limit ?? largestText)
      const flight = new Flight(outgoing, limit, keeps !== false && sink?.limit === undefined, sink, fiber)
      const arrived = awaited(flight, dispatcher, RuntimeFlags.interruptible(runtimeFlags))
      const response = Effect.map(arrived, ({ headers, status }): Whole => ({
        status,
        headers,
        text: () => flight.text(),
        sink
      }))
      return flight.body === undefined ? response : Effect.ensuring(response, closing(flight))
    })
})
