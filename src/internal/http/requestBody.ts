/**
 * The body of a request on its way out: an async iterator, which is what undici sends, and what any HttpClient gets as a Stream.
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

/** In bytes: a body up to this size is handed over whole; a longer one goes out, and is watched, chunk by chunk. */
export const wholeUpTo = 1024 * 1024

/** In bytes: more than any socket takes without saying that it is full. */
const largerThanSocket = 128 * 1024

/** What is told of a request's body while it goes out. */
export interface Progress {
  /** A chunk of so many bytes was handed over. */
  readonly moved: (bytes: number) => void
  /** The next chunk is waited for, as long as its source needs. */
  readonly source: () => void
  /** All of it was handed over. */
  readonly out: () => void
}

/** A body on its way out. The sender asks for its next chunk when it can take it. */
export interface Outbound extends AsyncIterator<Uint8Array, undefined>, AsyncIterable<Uint8Array> {
  /** Ends its source. */
  readonly close: Effect.Effect<void>
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Bytes in chunks, none of them copied. */
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

/** Runs a Stream in fibers like the one that sends the request. */
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
  /** Runs the source until it gives more; resolves to whether it did. */
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
          // The source of a request's body does not fail: it was interrupted, or died.
          reject(new Error("the request's body was given up"))
        }
      })
    })
  /** The next chunk. While the sender has it, the one after it is read. */
  const nextChunk = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    // A chunk that is larger than a socket holds is with the kernel before another is asked for.
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
        // A rejection is seen by the next call.
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

/** Whether a body is handed over whole. */
export const isWhole = ({ bytes }: Content): boolean => bytes !== undefined && bytes.byteLength <= wholeUpTo

/** A body that is not handed over whole. */
export const outbound = (
  content: Content,
  progress: Progress,
  sender: Fiber.RuntimeFiber<unknown, unknown>
): Outbound =>
  content.bytes === undefined ? outboundStream(content, progress, sender) : outboundBytes(content.bytes, progress)
