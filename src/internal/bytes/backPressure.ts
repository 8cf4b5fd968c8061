/**
 * Back-pressure where the platform's writers have none between chunks.
 */
import * as Chunk from "effect/Chunk"

const nothing = new Uint8Array(0)

/**
 * A chunk of at least two parts: the platform's writers (a request's body over node:http, a process's stdin) wait for their
 * reader between the parts of a chunk only, and so would take a stream of single parts into memory as fast as its source
 * gives them.
 */
export const withPause = (chunk: Chunk.Chunk<Uint8Array>): Chunk.Chunk<Uint8Array> =>
  Chunk.size(chunk) === 1 ? Chunk.append(chunk, nothing) : chunk
