/**
 * MD5, which Cloud Files uses as the ETag of an object.
 *
 * Hashing takes longer than anything else that is done with the bytes of a large object, so larger bodies are hashed in a separate
 * thread.
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { createHash, hash } from "node:crypto"
import type { Answered } from "../worker/protocol.js"
import type { OwnedChunk } from "./bufferPool.js"
import { failing, startThread, type Thread } from "../worker/thread.js"

/** The MD5 of bytes in memory, as 32 lower-case hex digits. */
export const md5Hex = (bytes: Uint8Array): string => hash("md5", bytes, "hex")

/** Bytes to hash. An owned chunk is not released. */
type Bytes = Pick<OwnedChunk, "bytes">

/**
 * The MD5 of bytes that arrive one after the other. If the thread that holds the state of the hash is lost, hashing cannot continue,
 * which is a defect. Only this module ends the thread, when it runs no hash, and its memory is bounded and small.
 */
export interface RunningMd5 {
  /** Adds the bytes; afterwards they may be changed. Waits if hashing does not keep up. */
  readonly update: (chunks: Iterable<Bytes>) => Effect.Effect<void>
  /** The MD5 of all bytes so far, as 32 lower-case hex digits. Must be called only once. */
  readonly digest: Effect.Effect<string>
}

/** Up to this many bytes are hashed in the same thread, since passing them to another thread would take longer. */
const worthAThread = 4 * 1024 * 1024

const bufferSize = 1024 * 1024

/** The maximum number of buffers in flight for one hash: enough for the few milliseconds that a write to a file may take. */
const mostBuffers = 4

/** In milliseconds: how long a thread without work waits for more. */
const idleTime = 2000

const threadOptions = {
  name: "effect-rackspace MD5",
  resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 }
}

/** The thread that all running hashes share. It ends after it was not used for some time. */
interface HashingThread {
  readonly thread: Thread
  users: number
  timer?: NodeJS.Timeout
}

/** The thread, once it runs; undefined if none can be started. */
let shared: Promise<HashingThread | undefined> | undefined

const start = (): Promise<HashingThread | undefined> =>
  new Promise((resolve) => {
    const thread = startThread(threadOptions, failing)
    thread.ask("ping", {}, ([ok]) => {
      if (!ok) shared = undefined
      resolve(ok ? { thread, users: 0 } : undefined)
    })
  })

const runningThread = async (): Promise<HashingThread | undefined> => {
  const started = (shared ??= start())
  const running = await started
  if (running === undefined || !running.thread.isLost()) return running
  if (shared === started) shared = undefined
  return runningThread()
}

/** Uses the shared thread until the scope ends. Undefined if none can be started. */
const sharedThread: Effect.Effect<Thread | undefined, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const running = await runningThread()
      if (running === undefined) return undefined
      clearTimeout(running.timer)
      running.users++
      return running
    }),
    (running) =>
      Effect.sync(() => {
        // A lost thread is not the shared one any more.
        if (running === undefined || --running.users > 0 || running.thread.isLost()) return
        running.timer = setTimeout(() => {
          shared = undefined
          void Effect.runPromise(running.thread.end)
        }, idleTime)
        running.timer.unref()
      })
  ),
  (running) => running?.thread
)

let lastId = 0

/** A hash in the thread. */
const remoteMd5 = (thread: Thread): RunningMd5 & { readonly forget: Effect.Effect<void> } => {
  const hash = ++lastId
  const free: Array<Uint8Array<ArrayBuffer>> = []
  let made = 0
  let filling: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  let isLost = false
  let isEnded = false
  let wake: (() => void) | undefined
  const changed = (): void => {
    wake?.()
    wake = undefined
  }
  const returned = (answered: Answered<"update">): void => {
    if (answered[0]) free.push(new Uint8Array(answered[1].buffer))
    else isLost = true
    changed()
  }
  const buffer = (): Uint8Array<ArrayBuffer> | undefined =>
    free.pop() ?? (made < mostBuffers ? (made++, new Uint8Array(bufferSize)) : undefined)

  /** A buffer to fill. Waits until one is returned by the thread. */
  const nextBuffer: Effect.Effect<Uint8Array<ArrayBuffer>> = Effect.suspend(() => {
    if (isLost) return Effect.dieMessage("the thread that hashes has ended")
    const found = buffer()
    if (found !== undefined) return Effect.succeed(found)
    const change = Effect.async<void>((resume) => {
      wake = () => resume(Effect.void)
    })
    return Effect.zipRight(change, nextBuffer)
  })

  const flush = (): void => {
    if (filling !== undefined && filled > 0) {
      thread.ask("update", { hash, bytes: filling.subarray(0, filled) }, returned)
    }
    filling = undefined
    filled = 0
  }

  const add = ({ bytes }: Bytes): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (bytes.byteLength === 0) return Effect.void
      if (filling === undefined) {
        return Effect.flatMap(nextBuffer, (found) => {
          filling = found
          return add({ bytes })
        })
      }
      const part = bytes.subarray(0, bufferSize - filled)
      filling.set(part, filled)
      filled += part.byteLength
      if (filled === bufferSize) flush()
      return part.byteLength === bytes.byteLength ? Effect.void : add({ bytes: bytes.subarray(part.byteLength) })
    })

  return {
    update: (chunks) => Effect.forEach(chunks, add, { discard: true }),
    digest: Effect.async((resume) => {
      flush()
      isEnded = true
      thread.ask("digest", { hash }, (answered) =>
        resume(answered[0] ? Effect.succeed(answered[1]) : Effect.dieMessage("the thread that hashes has ended"))
      )
    }),
    forget: Effect.sync(() => {
      if (!isEnded) thread.ask("forget", { hash }, () => undefined)
    })
  }
}

/** A new hash. */
export const runningMd5: Effect.Effect<RunningMd5, never, Scope.Scope> = Effect.map(Effect.scope, (scope) => {
  const local = createHash("md5")
  let remote: RunningMd5 | undefined
  // The first bytes. They are passed to the thread once there are enough to make it worth the cost.
  let early: Array<Bytes> = []
  let size = 0
  let isLocal = false
  const here = (chunks: Iterable<Bytes>): void => {
    for (const { bytes } of chunks) local.update(bytes)
  }
  const move: Effect.Effect<void> = Effect.flatMap(Scope.extend(sharedThread, scope), (thread) =>
    Effect.gen(function* () {
      const first = early
      early = []
      if (thread !== undefined) {
        const hash = remoteMd5(thread)
        yield* Scope.addFinalizer(scope, hash.forget)
        remote = hash
        return yield* hash.update(first)
      }
      isLocal = true
      here(first)
    })
  )
  return {
    update: (chunks) =>
      Effect.suspend(() => {
        if (remote !== undefined) return remote.update(chunks)
        if (isLocal) return Effect.sync(() => here(chunks))
        for (const { bytes } of chunks) {
          early.push({ bytes: bytes.slice() })
          size += bytes.byteLength
        }
        return size > worthAThread ? move : Effect.void
      }),
    digest: Effect.suspend(() => {
      if (remote !== undefined) return remote.digest
      here(early)
      early = []
      return Effect.succeed(local.digest("hex"))
    })
  }
})
