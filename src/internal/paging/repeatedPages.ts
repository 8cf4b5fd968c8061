/**
 * Detects listings whose pages repeat.
 */
import { isDeepStrictEqual } from "node:util"

/**
 * Returns a function that tells for each cursor of a listing whether the cursors form a cycle of any length. It remembers one
 * cursor, and replaces it after 1, 2, 4, 8… more (Brent's algorithm), so a cycle is detected within a few rounds.
 */
export const makeCircleDetector = (): ((cursor: unknown) => boolean) => {
  let remembered: unknown
  let steps = 0
  let limit = 1
  return (cursor) => {
    if (remembered !== undefined && isDeepStrictEqual(cursor, remembered)) return true
    steps++
    if (steps === limit) {
      remembered = cursor
      steps = 0
      limit *= 2
    }
    return false
  }
}
