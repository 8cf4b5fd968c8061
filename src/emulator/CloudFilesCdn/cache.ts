/** The cache of the CDN. The oldest copies are removed to make room. */

const maxCopies = 1000

/** Larger objects are not cached, and all copies together stay below this. */
export const maxBytes = 64 * 1024 * 1024

interface Copy {
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
  /** When it expires, in milliseconds since 1970. */
  readonly until: number
}

export class Cache {
  private readonly copies = new Map<string, Copy>()
  private bytes = 0

  get(key: string, now: number): Copy | undefined {
    const copy = this.copies.get(key)
    if (copy !== undefined && copy.until <= now) {
      this.remove(key)
      return undefined
    }
    return copy
  }

  add(key: string, copy: Copy): void {
    this.remove(key)
    if (copy.bytes.byteLength > maxBytes) {
      return
    }
    this.copies.set(key, copy)
    this.bytes += copy.bytes.byteLength
    for (const oldest of this.copies.keys()) {
      if (this.copies.size <= maxCopies && this.bytes <= maxBytes) {
        return
      }
      this.remove(oldest)
    }
  }

  remove(key: string): void {
    const copy = this.copies.get(key)
    if (copy !== undefined) {
      this.bytes -= copy.bytes.byteLength
      this.copies.delete(key)
    }
  }

  keys(now: number): ReadonlyArray<string> {
    return [...this.copies.keys()].filter((key) => this.get(key, now) !== undefined)
  }
}
