/**
 * A sorted set of names, as listings need it. Names are kept in blocks of limited size, so that inserting and finding
 * stay cheap for hundreds of thousands of names.
 */
import type { ByteText } from "./byteText.js"

/** Small enough that inserting into a block is cheap. */
const blockSize = 512

/** The index of the first item that is not before the name. */
const lowerBound = <A>(items: ReadonlyArray<A>, isBefore: (item: A) => boolean): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(items[middle] as A)) {
      low = middle + 1
    } else {
      high = middle
    }
  }
  return low
}

/** A sorted set of names. It must not be changed during an iteration. */
export class SortedNames {
  private readonly blocks: Array<Array<ByteText>> = []

  /** Inserts a name that is not in the set. */
  add(name: ByteText): void {
    const index = Math.min(this.blockOf(name), this.blocks.length - 1)
    const block = this.blocks[index]
    if (block === undefined) {
      this.blocks.push([name])
      return
    }
    block.splice(this.positionIn(block, name), 0, name)
    if (block.length > blockSize) {
      // Names mostly arrive in order. Splitting at the end then leaves full blocks instead of half-empty ones.
      const isLast = index === this.blocks.length - 1
      const at = isLast && block.at(-1) === name ? blockSize : blockSize >>> 1
      this.blocks.splice(index + 1, 0, block.splice(at))
    }
  }

  /** Removes a name that is in the set. */
  delete(name: ByteText): void {
    const index = this.blockOf(name)
    const block = this.blocks[index]
    if (block === undefined) {
      return
    }
    block.splice(this.positionIn(block, name), 1)
    if (block.length === 0) {
      this.blocks.splice(index, 1)
    }
  }

  /** The smallest name that is not less than this one. */
  firstFrom(name: ByteText): ByteText | undefined {
    const block = this.blocks[this.blockOf(name)]
    return block?.[this.positionIn(block, name)]
  }

  /** The greatest name less than this one; without an argument, the greatest of all. */
  lastBefore(name: ByteText | undefined): ByteText | undefined {
    if (name === undefined) {
      return this.blocks.at(-1)?.at(-1)
    }
    const index = this.blockOf(name)
    const block = this.blocks[index]
    const position = block === undefined ? 0 : this.positionIn(block, name)
    return position > 0 ? block?.[position - 1] : this.blocks[index - 1]?.at(-1)
  }

  /** All names in order, starting at this one. */
  *from(name: ByteText): Generator<ByteText> {
    const start = this.blockOf(name)
    for (let index = start; index < this.blocks.length; index++) {
      const block = this.blocks[index] as Array<ByteText>
      for (let position = index === start ? this.positionIn(block, name) : 0; position < block.length; position++) {
        yield block[position] as ByteText
      }
    }
  }

  /** The index of the only block that can contain the name; the number of blocks if the name is greater than all. */
  private blockOf(name: ByteText): number {
    return lowerBound(this.blocks, (block) => (block[block.length - 1] as ByteText) < name)
  }

  private positionIn(block: ReadonlyArray<ByteText>, name: ByteText): number {
    return lowerBound(block, (other) => other < name)
  }
}
