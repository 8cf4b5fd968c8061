/** The transferred content: a piece of pseudo-random bytes, repeated. A small object is its beginning. */
export const piece = Buffer.alloc(256 * 1024)

let state = 0x2545f491
for (let index = 0; index < piece.length; index += 4) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  piece.writeInt32LE(state | 0, index)
}

export const smallContent = piece.subarray(0, 4096)
