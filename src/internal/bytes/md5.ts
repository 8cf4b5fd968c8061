/**
 * MD5, which is what Cloud Files calls an object's ETag.
 *
 * It takes longer than anything else that is done to a large object's bytes, so from a certain size on it is done in a thread
 * of its own.
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { createHash, hash } from "node:crypto"
import { Worker } from "node:worker_threads"

/** The MD5 of bytes at hand, as 32 lower-case hex digits. */
export const md5Hex = (bytes: Uint8Array): string => hash("md5", bytes, "hex")

/**
 * The MD5 of bytes that come one after the other. Where the thread that has their state is lost in the middle, nothing can go on
 * from there: a defect. Only this module ends the thread, without a hash in it, and what it keeps is bounded and small.
 */
export interface RunningMd5 {
  /** Takes the bytes as they are now; they may be changed once it has ended. Waits where hashing does not keep up. */
  readonly update: (chunk: Iterable<Uint8Array>) => Effect.Effect<void>
  /** The MD5 of all bytes so far, as 32 lower-case hex digits. To be asked for once. */
  readonly digest: Effect.Effect<string>
}

/** Up to so many bytes are hashed where they are, since handing them to a thread would take longer. */
const worthAThread = 4 * 1024 * 1024

const bufferSize = 1024 * 1024

/** How many buffers one hash has under way at the most: enough for the few milliseconds that a file may take to be written. */
const mostBuffers = 4

/** For how long a thread without work waits for more, in milliseconds. */
const patience = 2000

/** A response of the thread. */
interface Answer {
  readonly ready?: true
  readonly id?: number
  readonly buffer?: ArrayBuffer
  readonly digest?: string
}

/** One hash in the thread, as it is seen from here. */
interface Client {
  readonly answered: (answer: Answer) => void
  /** The thread is no more. */
  readonly lost: (cause: unknown) => void
}

interface Thread {
  readonly post: (job: object, transfer?: ReadonlyArray<ArrayBuffer>) => void
  /** Undefined where the thread has ended meanwhile. */
  readonly join: (client: Client) => number | undefined
  readonly leave: (id: number) => void
}

let lastId = 0

/**
 * Starts a thread; undefined where that cannot be, as in a bundle without the worker's file. It says when it is not to be
 * had any more.
 */
const startThread = (ended: () => void): Promise<Thread | undefined> =>
  new Promise((resolve) => {
    let worker: Worker
    try {
      worker = new Worker(new URL("./md5Worker.js", import.meta.url), {
        name: "effect-rackspace MD5",
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 }
      })
    } catch {
      resolve(undefined)
      return
    }
    const clients = new Map<number, Client>()
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    const end = (cause: unknown): void => {
      isOver = true
      ended()
      for (const client of clients.values()) client.lost(cause)
      clients.clear()
      resolve(undefined)
    }
    worker.on("error", end)
    worker.on("exit", () => end(new Error("the thread that hashes has ended")))
    worker.on("message", (answer: Answer) => {
      if (answer.ready === true) {
        // Until then it was waited for, which kept the process alive. Clients that join call `ref` again.
        worker.unref()
        resolve({
          post: (job, transfer = []) => worker.postMessage(job, transfer),
          join: (client) => {
            if (isOver) return undefined
            clearTimeout(timer)
            clients.set(++lastId, client)
            // While it hashes, the thread keeps the process alive.
            worker.ref()
            return lastId
          },
          leave: (id) => {
            clients.delete(id)
            if (clients.size > 0) return
            worker.unref()
            timer = setTimeout(() => {
              isOver = true
              ended()
              void worker.terminate()
            }, patience)
            timer.unref()
          }
        })
      } else {
        clients.get(answer.id ?? 0)?.answered(answer)
      }
    })
  })

/** The thread, which all hashes share, while there is one. */
let shared: Promise<Thread | undefined> | undefined

const sharedThread = (): Promise<Thread | undefined> => {
  if (shared === undefined) {
    const started: Promise<Thread | undefined> = startThread(() => {
      if (shared === started) shared = undefined
    })
    shared = started
  }
  return shared
}

/** A hash in the thread; undefined where the thread has ended. */
const remoteMd5 = (thread: Thread): Effect.Effect<RunningMd5 | undefined, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const free: Array<ArrayBuffer> = []
      let made = 0
      let wake: (() => void) | undefined
      let digest: string | undefined
      let lost: { readonly cause: unknown } | undefined
      const notify = (): void => {
        const woken = wake
        wake = undefined
        woken?.()
      }
      const id = thread.join({
        answered: (answer) => {
          if (answer.buffer !== undefined) free.push(answer.buffer)
          digest ??= answer.digest
          notify()
        },
        lost: (cause) => {
          lost = { cause }
          notify()
        }
      })
      if (id === undefined) return undefined
      let done = false
      const buffer = (): ArrayBuffer | undefined =>
        free.pop() ?? (made < mostBuffers ? (made++, new ArrayBuffer(bufferSize)) : undefined)
      /** Waits until `get` has something. */
      const until = <A>(get: () => A | undefined): Effect.Effect<A> =>
        Effect.suspend(() => {
          const found = get()
          if (found !== undefined) return Effect.succeed(found)
          if (lost !== undefined) return Effect.die(lost.cause)
          const changed = Effect.async<void>((resume) => {
            wake = () => resume(Effect.void)
          })
          return Effect.zipRight(changed, until(get))
        })
      let filling: ArrayBuffer | undefined
      let filled = 0
      const flush = (): void => {
        if (filling !== undefined && filled > 0) thread.post({ id, buffer: filling, length: filled }, [filling])
        filling = undefined
        filled = 0
      }
      const take = (bytes: Uint8Array): Effect.Effect<void> => {
        let offset = 0
        const step: Effect.Effect<void> = Effect.suspend(() => {
          while (offset < bytes.byteLength) {
            filling ??= buffer()
            if (filling === undefined) {
              return Effect.zipRight(
                Effect.map(until(buffer), (found) => {
                  filling = found
                }),
                step
              )
            }
            const part = bytes.subarray(offset, offset + bufferSize - filled)
            new Uint8Array(filling).set(part, filled)
            offset += part.byteLength
            filled += part.byteLength
            if (filled === bufferSize) flush()
          }
          return Effect.void
        })
        return step
      }
      return {
        update: (chunk: Iterable<Uint8Array>) => Effect.forEach(chunk, take, { discard: true }),
        digest: Effect.suspend(() => {
          flush()
          done = true
          thread.post({ id, end: "digest" })
          return until(() => digest)
        }),
        leave: () => {
          if (!done) thread.post({ id, end: "forget" })
          thread.leave(id)
        }
      }
    }),
    (hash) => Effect.sync(() => hash?.leave())
  )

/** A hash that has taken nothing yet. */
export const runningMd5: Effect.Effect<RunningMd5, never, Scope.Scope> = Effect.map(Effect.scope, (scope) => {
  const local = createHash("md5")
  let remote: RunningMd5 | undefined
  // What the thread is told first, should there be so much that it is worth one.
  let early: Array<Uint8Array> = []
  let size = 0
  let isLocal = false
  const here = (chunk: Iterable<Uint8Array>): void => {
    for (const bytes of chunk) local.update(bytes)
  }
  const move: Effect.Effect<void> = Effect.flatMap(Effect.promise(sharedThread), (thread) => {
    const made = thread === undefined ? Effect.succeed(undefined) : Scope.extend(remoteMd5(thread), scope)
    return Effect.flatMap(made, (hash) => {
      const first = early
      early = []
      remote = hash
      if (hash !== undefined) return hash.update(first)
      isLocal = true
      here(first)
      return Effect.void
    })
  })
  return {
    update: (chunk) =>
      Effect.suspend(() => {
        if (remote !== undefined) return remote.update(chunk)
        if (isLocal) return Effect.sync(() => here(chunk))
        for (const bytes of chunk) {
          early.push(bytes.slice())
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
