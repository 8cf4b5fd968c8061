/**
 * Adds the back-pressure that the platform's writers lack between chunks.
 */
import * as Chunk from "effect/Chunk"

const nothing = new Uint8Array(0)

/**
 * A chunk of at least two parts. The platform's writers (a request body over node:http, the stdin of a process) wait for their
 * reader only between the parts of a chunk. They would therefore read a stream of single parts into memory as fast as its source
 * produces them.
 */
export const withPause = (chunk: Chunk.Chunk<Uint8Array>): Chunk.Chunk<Uint8Array> =>
  Chunk.size(chunk) === 1 ? Chunk.append(chunk, nothing) : chunk
