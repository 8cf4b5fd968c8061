/**
 * What one account stores in one region: containers, their objects, and the sums over them. Every method is
 * synchronous, so that a change is never seen half done.
 */
import type { ByteText } from "./byteText.js"
import type { Kept } from "./metadata.js"
import { SortedNames } from "./sortedNames.js"
import type { StoredBytes } from "./storedBytes.js"

/** Whose answers the storage gives: those of Swift, or those of Ceph's RADOS Gateway. */
export type Dialect = "swift" | "ceph"

/** What was chosen about the storage, with nothing left open. */
export interface Settings {
  readonly pageLimit: number
  readonly maxObjectBytes: number
  readonly maxContainers: number
  readonly minimumSegmentBytes: number
  readonly staticLargeObjects: boolean
  readonly symlinks: boolean
  /** Whether `/info` answers, and listings tell which objects are Static Large Objects, as since Swift 2.13. */
  readonly discoverable: boolean
  readonly maxArchiveContainers: number
  readonly dialect: Dialect
}

/** A segment of a Static Large Object, under the names that Swift gives its parts. */
export interface Segment {
  /** `/container/object`. */
  readonly name: string
  /** Its size as an object; of a manifest, that of all its segments. */
  readonly bytes: number
  /** Its ETag without quotes. */
  readonly hash: string
  readonly content_type: string
  /** UTC without zone: `2013-05-20T22:48:09.000000`. */
  readonly last_modified: string
  /** Whether it is a Static Large Object itself. */
  readonly sub_slo?: true
}

/** What makes an object a Static Large Object. */
export interface StaticManifest {
  readonly segments: ReadonlyArray<Segment>
  /** Of all segments, in bytes. */
  readonly size: number
  /** The MD5 of the segments' ETags, without quotes. */
  readonly etag: string
}

/** What makes an object a symbolic link. */
export interface Symlink {
  /** `container/object` of the target, percent-encoded. */
  readonly target: string
  /** The target's account, percent-encoded, where the link names one. */
  readonly account: string | undefined
  /** The ETag that the target must have, and its size when the link was made. */
  readonly version: { readonly etag: string; readonly bytes: number } | undefined
}

/** An object's current state. It is replaced as a whole, so that a running download continues with the old one. */
export interface StoredObject {
  /** What was uploaded; of a Static Large Object, the manifest as JSON. */
  readonly stored: StoredBytes
  readonly contentType: string
  /** When it was written or its metadata changed, in milliseconds since 1970. */
  readonly changed: number
  /** The headers that come back with it: `X-Object-Meta-…`, `Content-Encoding`, `X-Delete-At` and so on. */
  readonly headers: Kept
  /** From when on it is gone, in seconds since 1970. */
  readonly deleteAt: number | undefined
  readonly manifest: StaticManifest | undefined
  /** Where it leads, if it is a symbolic link. */
  readonly symlink?: Symlink | undefined
}

/** A version that a container keeps under an id. */
export interface Version {
  /** `1389453423.35964`, or `null` of what was stored before versions were kept. */
  readonly id: string
  /** Undefined where it says that the object was deleted. */
  readonly object: StoredObject | undefined
  /** In milliseconds since 1970. */
  readonly changed: number
}

/** How long an expired object still stands in listings and counts: Swift removes it within a day. */
const lingering = 24 * 60 * 60 * 1000

const isExpired = (object: StoredObject, now: number): boolean =>
  object.deleteAt !== undefined && object.deleteAt * 1000 <= now

export class Container {
  readonly name: ByteText
  /** In milliseconds since 1970. */
  readonly created: number
  /** Metadata, access lists and the place of old versions. */
  headers: Kept = new Map()
  /** The sum of what is stored: of a manifest its own size, not that of what it stands for. */
  bytesUsed = 0
  readonly names = new SortedNames()
  /** The versions of objects by their names, the newest first; see `ObjectVersioning`. */
  readonly versions = new Map<ByteText, ReadonlyArray<Version>>()
  private readonly objects = new Map<ByteText, StoredObject>()
  private readonly expiring = new Set<ByteText>()
  private nextRemoval = Infinity

  constructor(name: ByteText, created: number) {
    this.name = name
    this.created = created
  }

  get count(): number {
    return this.objects.size
  }

  /** The object as listings have it, whether expired or not. */
  listed(name: ByteText): StoredObject | undefined {
    return this.objects.get(name)
  }

  /** The object as reads have it. */
  get(name: ByteText, now: number): StoredObject | undefined {
    const object = this.objects.get(name)
    return object === undefined || isExpired(object, now) ? undefined : object
  }

  put(name: ByteText, object: StoredObject): void {
    const before = this.objects.get(name)
    if (before === undefined) {
      this.names.add(name)
    }
    this.bytesUsed += object.stored.size - (before?.stored.size ?? 0)
    this.objects.set(name, object)
    this.expiring.delete(name)
    if (object.deleteAt !== undefined) {
      this.expiring.add(name)
      this.nextRemoval = Math.min(this.nextRemoval, object.deleteAt * 1000 + lingering)
    }
  }

  remove(name: ByteText): void {
    const before = this.objects.get(name)
    if (before !== undefined) {
      this.bytesUsed -= before.stored.size
      this.objects.delete(name)
      this.expiring.delete(name)
      this.names.delete(name)
    }
  }

  /** Does what Swift's expirer has done by now. */
  removeExpired(now: number): void {
    if (now < this.nextRemoval) {
      return
    }
    this.nextRemoval = Infinity
    for (const name of this.expiring) {
      const removal = (this.objects.get(name)?.deleteAt ?? 0) * 1000 + lingering
      if (removal <= now) {
        this.remove(name)
      } else {
        this.nextRemoval = Math.min(this.nextRemoval, removal)
      }
    }
  }
}

/** The account. */
export class Storage {
  /** In milliseconds since 1970. */
  readonly created: number
  headers: Kept = new Map()
  readonly names = new SortedNames()
  private readonly containers = new Map<ByteText, Container>()

  constructor(created: number) {
    this.created = created
  }

  get count(): number {
    return this.containers.size
  }

  /** Objects and bytes of all containers. */
  totals(now: number): { readonly objects: number; readonly bytes: number } {
    let objects = 0
    let bytes = 0
    for (const container of this.containers.values()) {
      container.removeExpired(now)
      objects += container.count
      bytes += container.bytesUsed
    }
    return { objects, bytes }
  }

  get(name: ByteText, now: number): Container | undefined {
    const container = this.containers.get(name)
    container?.removeExpired(now)
    return container
  }

  /** Creates a container that is not there yet. */
  create(name: ByteText, now: number): Container {
    const container = new Container(name, now)
    this.containers.set(name, container)
    this.names.add(name)
    return container
  }

  remove(name: ByteText): void {
    if (this.containers.delete(name)) {
      this.names.delete(name)
    }
  }
}

/** A timestamp as Swift's headers and archived versions have it: `1389453423.35964`, seconds since 1970. */
export const timestamp = (millis: number): string => {
  const whole = Math.floor(millis / 1000)
  return `${String(whole).padStart(10, "0")}.${String(millis - whole * 1000).padStart(3, "0")}00`
}

/** The whole second that `Last-Modified` names: it is rounded up, so that nothing seems older than it is. */
export const lastModified = (millis: number): number => Math.ceil(millis / 1000) * 1000
