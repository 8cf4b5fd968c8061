/**
 * The body of a request that is being sent: an async iterator for undici, which other HttpClients get as a Stream.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Content } from "../../RequestBody.js"
import { chunkSize, release } from "../bytes/bufferPool.js"

/** A body of up to this many bytes is sent as a whole; a longer one is sent and monitored chunk by chunk. */
export const wholeUpTo = 1024 * 1024

/** More bytes than any socket accepts without back-pressure. */
const largerThanSocket = 128 * 1024

/** Callbacks for the progress of a request body. */
export interface Progress {
  /** A chunk of so many bytes was passed to the network. */
  readonly moved: (bytes: number) => void
  /** The source is asked for the next chunk, without a timeout. */
  readonly source: () => void
  /** The whole body was passed to the network. */
  readonly out: () => void
}

/** A body that is being sent. The sender pulls the next chunk when it can send it. */
export interface Outbound extends AsyncIterator<Uint8Array, undefined>, AsyncIterable<Uint8Array> {
  /** Closes the source. */
  readonly close: Effect.Effect<void>
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Sends bytes in chunks, without copying. */
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

/** Sends a Stream, which runs with the context of the fiber that sends the request. */
const outboundStream = (
  content: Content,
  progress: Progress,
  sender: Fiber.RuntimeFiber<unknown, unknown>
): Outbound => {
  const runtime = runtimeOf(sender)
  const scope = Effect.runSync(Scope.make())
  let pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<never>> | undefined
  const open = Effect.flatMap(Scope.extend(Stream.toPull(content.stream), scope), (opened) => {
    pull = opened
    return opened
  })
  let parts: ReadonlyArray<Uint8Array> = []
  let index = 0
  let offset = 0
  let fiber: Fiber.RuntimeFiber<Chunk.Chunk<Uint8Array>, Option.Option<never>> | undefined
  let closed = false
  let nextParts: ReadonlyArray<Uint8Array> = []
  let reading: Promise<boolean> | undefined
  let sentLast: Uint8Array | undefined
  /** Pulls from the source; resolves to false at its end. */
  const read = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      fiber = Runtime.runFork(runtime, pull ?? open)
      fiber.addObserver((exit) => {
        fiber = undefined
        if (Exit.isSuccess(exit)) {
          nextParts = Chunk.toReadonlyArray(exit.value)
          resolve(true)
        } else if (exit.cause._tag === "Fail" && Option.isNone(exit.cause.error)) {
          resolve(false)
        } else {
          // The source of a request body does not fail: it was interrupted, or died.
          reject(new Error("the request body was aborted"))
        }
      })
    })
  /** Returns the next chunk, and begins to read the one after it. */
  const nextChunk = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    // A chunk that is larger than the socket's buffer was passed to the kernel before the next one is requested.
    if (sentLast !== undefined && sentLast.byteLength >= largerThanSocket) release(sentLast)
    sentLast = undefined
    const part = parts[index]
    if (part !== undefined) {
      const value = part.byteLength > chunkSize ? part.subarray(offset, offset + chunkSize) : part
      offset += value.byteLength
      if (offset >= part.byteLength) {
        index++
        offset = 0
        sentLast = value
      }
      progress.moved(value.byteLength)
      if (index === parts.length && !closed) {
        reading ??= read()
        // The next call handles a rejection.
        reading.catch(() => undefined)
      }
      return Promise.resolve({ done: false, value })
    }
    if (closed) return Promise.resolve(done)
    progress.source()
    reading ??= read()
    return reading.then((hasMore) => {
      reading = undefined
      if (!hasMore) {
        progress.out()
        return done
      }
      parts = nextParts
      index = 0
      return nextChunk()
    })
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: nextChunk,
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

/** Whether a body is sent as a whole. */
export const isWhole = ({ bytes }: Content): boolean => bytes !== undefined && bytes.byteLength <= wholeUpTo

/** Sends a body in chunks. */
export const outbound = (
  content: Content,
  progress: Progress,
  sender: Fiber.RuntimeFiber<unknown, unknown>
): Outbound =>
  content.bytes === undefined ? outboundStream(content, progress, sender) : outboundBytes(content.bytes, progress)
