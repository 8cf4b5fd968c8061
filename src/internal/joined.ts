/**
 * Bytes that came together, as one buffer.
 */
import * as Chunk from "effect/Chunk"

/** All bytes of a chunk in one buffer, for what costs by the call: a write to a file. */
export const joined = (chunk: Chunk.Chunk<Uint8Array>): Uint8Array =>
  Chunk.size(chunk) === 1 ? Chunk.unsafeHead(chunk) : Buffer.concat(Chunk.toReadonlyArray(chunk))
