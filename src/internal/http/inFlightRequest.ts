/**
 * The state of one request until the last byte of its response: its phase, its deadline, and the received body. A driver sends it
 * with one kind of HTTP client and calls its `on…` methods. Deadlines and responses are the same for every client.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { isAscii } from "node:buffer"
import type { TransportError } from "../../CloudError.js"
import { acquire, type OwnedChunk, type PooledChunk, unpooled } from "../bytes/bufferPool.js"
import { Collector } from "../bytes/byteSource.js"
import { type Watchdog, type Watched, watchdogOf } from "./deadlines.js"
import { isSuccess, type Keeping, largestRefusal, largestText, type Outgoing } from "./messages.js"
import { sliceOf } from "./pacing.js"
import { isWhole, type Outbound, outbound, type Progress } from "./requestBody.js"
import { lateResponse, refusalStall, stalled, tooLong } from "./transportError.js"

/** How many bytes of a response body are received before they are read. */
const defaultReadAhead = 1024 * 1024

/** How many pooled buffers are filled before they are read. With fewer, the network is paused more often. */
const buffersAhead = 4

/** A request that was sent by a driver. */
export interface Connection {
  /** Called when more of the body can be received, after the driver has paused because of {@link InFlightRequest.isFull}. */
  readonly resume: () => void
  /** Ends the exchange. */
  readonly abort: () => void
  /** Waits until the exchange has ended. */
  readonly closed: Effect.Effect<void>
}

/** Sends a request with one kind of client, in the context of a fiber, and reports its progress to the request. */
export type Driver = (request: InFlightRequest<unknown>, sender: Fiber.RuntimeFiber<unknown, unknown>) => Connection

/**
 * What the request waits for. Until its body was sent, that is the body's source or the network, even if the response has begun,
 * since a cloud may send spaces in the meantime to keep the connection open.
 */
type Phase = "source" | "request" | "response" | "body"

/** Decodes UTF-8 and releases it. Most bodies are ASCII, which is faster to detect and copy than decoding UTF-8. */
export const textOf = ({ bytes, release }: OwnedChunk, limit: number): string => {
  const encoded = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, limit))
  const text = encoded.toString(isAscii(encoded) ? "latin1" : "utf8")
  release()
  return text
}

const limitOf = (keeping: Keeping | undefined): number => {
  if (keeping === undefined) return Infinity
  if (keeping === "all") return largestText
  return keeping === "nothing" ? largestRefusal : keeping.upTo
}

/** `B` is the failure of the source of the request body. */
export class InFlightRequest<out B = never> implements Watched, Progress<B> {
  /** In milliseconds, by the clock of the request; Infinity if there is none. */
  deadline: number
  status = 0
  headers: Readonly<Record<string, string | undefined>> = {}
  failure: Cause.Cause<TransportError | B> | undefined
  hasEnded = false
  /** The request body, if it is sent in chunks. */
  body: Outbound | undefined

  /** The chunks of an open response that were not taken yet. */
  private chunks: Array<OwnedChunk> = []
  /** The body of a collected response. */
  private collected: Collector | undefined
  private decoded: string | undefined
  /** Whether the reader of an open response wants all of the body at once; undefined until it reads. */
  wantsWhole: boolean | undefined
  /** The received bytes of the response body; of an open response, those not yet taken. */
  private size = 0
  private limit: number
  private phase: Phase = "response"
  private connection: Connection | undefined
  private isAborted = false
  private listener: (() => void) | undefined
  private isNotifying = false
  /** The length of the pooled buffers that the body is copied into, so that the network's own are short-lived. */
  private bufferSize: number | undefined
  private buffer: PooledChunk | undefined
  private filled = 0
  private readonly watchdog: Watchdog
  /** How many bytes the bandwidth limit allows at a time. */
  private readonly slice: number | undefined

  constructor(
    readonly outgoing: Outgoing<B>,
    /** How much of the response body is kept; undefined if it is read chunk by chunk. */
    private readonly keeping: Keeping | undefined
  ) {
    const { clock, limit, policy } = outgoing
    this.slice = limit === undefined ? undefined : sliceOf(limit)
    this.watchdog = watchdogOf(clock)
    this.deadline = clock.unsafeCurrentTimeMillis() + Duration.toMillis(policy.responseTimeout)
    this.limit = limitOf(keeping)
  }

  /** Sends the request. The source of its body runs in the context of the fiber `sender`. */
  send(driver: Driver, sender: Fiber.RuntimeFiber<unknown, unknown>): void {
    const { body } = this.outgoing
    if (body !== undefined) {
      if (isWhole(body)) this.outgoing.sent(body.bytes?.byteLength ?? 0)
      else {
        this.phase = "request"
        this.body = outbound(body, this, sender)
      }
    }
    this.watchdog.add(this)
    this.connection = driver(this, sender)
    if (this.isAborted) this.connection.abort()
  }

  // Called by the driver.

  /** Whether the body is read as a whole, not as it arrives. */
  get isCollected(): boolean {
    return this.keeping !== undefined
  }

  /** Whether enough of the body is buffered: the driver then pauses until the connection is resumed. */
  get isFull(): boolean {
    return (
      !this.isCollected &&
      this.size >= (this.slice ?? Math.max(defaultReadAhead, buffersAhead * (this.bufferSize ?? 0)))
    )
  }

  onHead(status: number, headers: Readonly<Record<string, string | undefined>>): void {
    this.status = status
    this.headers = headers
    if (this.phase === "response") this.phase = "body"
    if (this.isCollected) {
      if (!isSuccess(status)) this.limit = largestRefusal
      this.restart()
      return
    }
    this.deadline = Infinity
    this.notify()
  }

  onData(chunk: Uint8Array): void {
    if (this.isOver) return
    this.size += chunk.byteLength
    const { keeping } = this
    if (keeping === undefined) {
      if (this.bufferSize === undefined) this.chunks.push(unpooled(chunk))
      else this.copy(this.bufferSize, chunk)
      this.notifySoon()
      return
    }
    const isKept = keeping !== "nothing" || !isSuccess(this.status)
    if (isKept) (this.collected ??= new Collector()).add(chunk)
    if (this.size > this.limit) {
      if (keeping === "all" && isSuccess(this.status)) this.fail(Cause.fail(tooLong(this.outgoing.target, this.limit)))
      // Of an error, or a body that is not kept, the received part is enough.
      else this.onEnd()
      this.abort()
    } else if (this.deadline !== Infinity) {
      this.deadline = this.nextDeadline()
    }
  }

  onEnd(): void {
    if (this.failure !== undefined) return
    this.hasEnded = true
    this.watchdog.remove(this)
    this.notify()
  }

  onFailure(failure: Cause.Cause<TransportError>): void {
    if (this.isOver) return
    if (this.isRefusal) this.onEnd()
    else this.fail(failure)
  }

  // Called by the request body.

  moved(bytes: number): void {
    this.outgoing.sent(bytes)
    this.phase = "request"
    this.restart()
  }

  source(): void {
    this.phase = "source"
    this.restart()
  }

  failed(cause: Cause.Cause<B>): void {
    if (this.isRefusal) this.onEnd()
    else this.fail(cause)
    this.abort()
  }

  out(): void {
    this.outgoing.sentAll()
    this.phase = this.status === 0 ? "response" : "body"
    this.restart()
  }

  // Called by the watchdog.

  expire(): void {
    const { policy, target } = this.outgoing
    if (this.isRefusal) this.onEnd()
    else if (this.phase === "response") this.fail(Cause.fail(lateResponse(target, policy.responseTimeout)))
    else {
      const which = this.phase === "request" ? "request" : "response"
      this.fail(Cause.fail(stalled(target, which, policy.stallTimeout)))
    }
    this.abort()
  }

  // Called by the reader of the response.

  /** Calls `listener` once, when the head (if open) or the end (if collected) of the response has arrived, or it has failed. */
  onChange(listener: () => void): void {
    this.listener = listener
  }

  /** Copies all bytes received from now on into pooled buffers of this length. */
  useBuffers(size: number): void {
    // With a bandwidth limit the body is read in small pieces, which would each take a buffer.
    if (this.slice === undefined) this.bufferSize = size
  }

  /** Takes the received part of the body; undefined if there is none. */
  take(): Array<OwnedChunk> | undefined {
    if (this.buffer !== undefined && this.filled > 0) {
      const { bytes, release } = this.buffer
      this.chunks.push({ bytes: bytes.subarray(0, this.filled), release })
      this.buffer = undefined
      this.filled = 0
    }
    if (this.chunks.length === 0) return undefined
    const taken = this.chunks
    this.chunks = []
    this.size = 0
    this.connection?.resume()
    return taken
  }

  /** Begins to read an open response. The driver is resumed, since it may have waited to know how the body is read. */
  read(wantsWhole: boolean): void {
    if (this.wantsWhole !== undefined) return
    this.wantsWhole = wantsWhole
    this.connection?.resume()
  }

  /** Calls `listener` once, when more of the body has arrived or it has ended. */
  onMore(listener: () => void): void {
    if (this.size > 0 || this.isOver) return listener()
    this.listener = () => {
      this.deadline = Infinity
      listener()
    }
    this.restart()
  }

  /** Removes the listener, and suspends the deadline. */
  leave(): void {
    this.listener = undefined
    this.deadline = Infinity
  }

  /** The received bytes of a collected response. */
  get received(): number {
    return this.size
  }

  /** The whole body of a collected response as UTF-8. */
  text(): string {
    this.decoded ??= this.collected === undefined ? "" : textOf(this.collected.take(), this.limit)
    return this.decoded
  }

  /** The whole body of a collected response; undefined if it was longer than its limit. */
  takeWhole(): OwnedChunk | undefined {
    const whole = this.collected?.take() ?? unpooled(new Uint8Array(0))
    if (this.size <= this.limit) return whole
    whole.release()
    return undefined
  }

  /** Aborts the request unless it has ended. */
  abandon(): void {
    this.listener = undefined
    this.watchdog.remove(this)
    if (this.isOver) return
    this.hasEnded = true
    this.abort()
  }

  /** Aborts the request, and waits until everything has ended. */
  get close(): Effect.Effect<void> {
    return Effect.uninterruptible(
      Effect.suspend(() => {
        this.abandon()
        const closed = this.connection?.closed ?? Effect.void
        return this.body === undefined ? closed : Effect.zipRight(this.body.close, closed)
      })
    )
  }

  private get isOver(): boolean {
    return this.hasEnded || this.failure !== undefined
  }

  /** Whether an error response is being collected. Its status is enough, so a failure while reading its body is ignored. */
  private get isRefusal(): boolean {
    return this.isCollected && this.status !== 0 && !isSuccess(this.status)
  }

  private nextDeadline(): number {
    const { clock, policy } = this.outgoing
    const timeout =
      this.phase === "response"
        ? policy.responseTimeout
        : this.status === 0 || isSuccess(this.status)
          ? policy.stallTimeout
          : refusalStall(policy.stallTimeout)
    return clock.unsafeCurrentTimeMillis() + Duration.toMillis(timeout)
  }

  /** Sets the next deadline if there is a listener. */
  private restart(): void {
    if (this.listener === undefined) return
    this.deadline = this.phase === "source" && !this.isRefusal ? Infinity : this.nextDeadline()
    this.watchdog.reschedule(this)
  }

  private abort(): void {
    this.isAborted = true
    this.connection?.abort()
  }

  private fail(failure: Cause.Cause<TransportError | B>): void {
    if (this.isOver) return
    this.failure = failure
    this.watchdog.remove(this)
    this.notify()
  }

  private copy(size: number, chunk: Uint8Array): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      const buffer = (this.buffer ??= acquire(size))
      const fitting = rest.subarray(0, buffer.bytes.byteLength - this.filled)
      buffer.bytes.set(fitting, this.filled)
      this.filled += fitting.byteLength
      rest = rest.subarray(fitting.byteLength)
      if (this.filled === buffer.bytes.byteLength) {
        this.chunks.push(buffer)
        this.buffer = undefined
        this.filled = 0
      }
    }
  }

  /** Notifies after all available data of the socket was read, to pass it on together. */
  private notifySoon(): void {
    if (this.listener === undefined || this.isNotifying) return
    this.isNotifying = true
    setImmediate(() => {
      this.isNotifying = false
      if (this.size > 0) this.notify()
    })
  }

  private notify(): void {
    const { listener } = this
    this.listener = undefined
    listener?.()
  }
}
