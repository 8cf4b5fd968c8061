/**
 * The body of a request that is being sent: an async iterator for undici, which other HttpClients get as a Stream.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Content } from "../../RequestBody.js"
import { chunkSize, type OwnedChunk } from "../bytes/bufferPool.js"

/** A body of up to this many bytes is sent as a whole; a longer one is sent and monitored chunk by chunk. */
export const wholeUpTo = 1024 * 1024

/** More bytes than any socket accepts without back-pressure. */
const largerThanSocket = 128 * 1024

/** Callbacks for the progress of a request body. `B` is the failure of its source. */
export interface Progress<in B> {
  /** A chunk of this many bytes was passed to the network. */
  readonly moved: (bytes: number) => void
  /** The source is asked for the next chunk, without a timeout. */
  readonly source: () => void
  /** The whole body was passed to the network. */
  readonly out: () => void
  /** The source has failed. The request must not end as if the body were whole. */
  readonly failed: (cause: Cause.Cause<B>) => void
}

/** A body that is being sent. The sender pulls the next chunk when it can send it. */
export interface Outbound extends AsyncIterator<Uint8Array, undefined>, AsyncIterable<Uint8Array> {
  /** Closes the source. */
  readonly close: Effect.Effect<void>
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Sends bytes in chunks, without copying. */
const outboundBytes = (bytes: Uint8Array, progress: Progress<never>): Outbound => {
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

/** Sends a source, which runs with the context of the fiber that sends the request. */
const outboundSource = <B>(
  content: Content<B>,
  progress: Progress<B>,
  sender: Fiber.RuntimeFiber<unknown, unknown>
): Outbound => {
  const runtime = runtimeOf(sender)
  const scope = Effect.runSync(Scope.make())
  type Pull = Effect.Effect<Chunk.Chunk<OwnedChunk>, Option.Option<B>>
  let pull: Pull | undefined
  const open: Pull = Effect.flatMap(Scope.extend(Stream.toPull(content.source), scope), (opened) => {
    pull = opened
    return opened
  })
  let chunks: ReadonlyArray<OwnedChunk> = []
  let index = 0
  let offset = 0
  let fiber: Fiber.RuntimeFiber<Chunk.Chunk<OwnedChunk>, Option.Option<B>> | undefined
  let closed = false
  let nextChunks: ReadonlyArray<OwnedChunk> = []
  let reading: Promise<boolean> | undefined
  /** A chunk whose last bytes were handed to the sender. */
  let sent: OwnedChunk | undefined
  /** Pulls from the source; resolves to false at its end. */
  const read = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      fiber = Runtime.runFork(runtime, pull ?? open)
      fiber.addObserver((exit) => {
        fiber = undefined
        if (Exit.isSuccess(exit)) {
          nextChunks = Chunk.toReadonlyArray(exit.value)
          resolve(true)
        } else if (exit.cause._tag === "Fail" && Option.isNone(exit.cause.error)) {
          resolve(false)
        } else {
          if (!closed)
            progress.failed(Cause.flatMap(exit.cause, Option.match({ onNone: () => Cause.empty, onSome: Cause.fail })))
          reject(new Error("the request body was aborted"))
        }
      })
    })
  /** Returns the next chunk, and begins to read the one after it. */
  const nextChunk = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    sent?.release()
    sent = undefined
    const chunk = chunks[index]
    if (chunk !== undefined) {
      const value = chunk.bytes.subarray(offset, offset + chunkSize)
      offset += value.byteLength
      if (offset >= chunk.bytes.byteLength) {
        index++
        offset = 0
        // A chunk larger than the socket's buffer was passed to the kernel before the next chunk is requested.
        if (value.byteLength >= largerThanSocket) sent = chunk
      }
      progress.moved(value.byteLength)
      if (index === chunks.length && !closed) {
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
      chunks = nextChunks
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
export const isWhole = ({ bytes }: Content<unknown>): boolean => bytes !== undefined && bytes.byteLength <= wholeUpTo

/** Sends a body in chunks. */
export const outbound = <B>(
  content: Content<B>,
  progress: Progress<B>,
  sender: Fiber.RuntimeFiber<unknown, unknown>
): Outbound =>
  content.bytes === undefined ? outboundSource(content, progress, sender) : outboundBytes(content.bytes, progress)
