/**
 * Notices listings whose pages repeat.
 */
import { isDeepStrictEqual } from "node:util"

/**
 * Returns for each position of a listing whether positions repeat in a circle of any length. Only one of them is
 * remembered, and replaced after 1, 2, 4, 8… more (Brent's algorithm), so a circle is noticed within a few rounds.
 */
export const makeCircleDetector = (): ((position: unknown) => boolean) => {
  let remembered: unknown
  let steps = 0
  let most = 1
  return (position) => {
    if (remembered !== undefined && isDeepStrictEqual(position, remembered)) return true
    steps++
    if (steps === most) {
      remembered = position
      steps = 0
      most *= 2
    }
    return false
  }
}
