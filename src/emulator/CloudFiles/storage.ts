/**
 * The state of one account in one region: containers, objects and their totals. Every method is synchronous, so that no
 * request sees a partial change.
 */
import type { ByteText } from "./byteText.js"
import type { StoredHeaders } from "./metadata.js"
import { SortedNames } from "./sortedNames.js"
import type { StoredBytes } from "./storedBytes.js"

/** The emulated software: Swift or Ceph's RADOS Gateway. */
export type Dialect = "swift" | "ceph"

/** The options of the storage with defaults filled in. */
export interface Settings {
  readonly pageLimit: number
  readonly maxObjectBytes: number
  readonly maxContainers: number
  readonly minimumSegmentBytes: number
  readonly staticLargeObjects: boolean
  readonly symlinks: boolean
  /** Whether `/info` answers, and listings show which objects are Static Large Objects, as since Swift 2.13. */
  readonly discoverable: boolean
  readonly maxArchiveContainers: number
  readonly dialect: Dialect
}

/** A segment of a Static Large Object, with Swift's field names. */
export interface Segment {
  /** `/container/object`. */
  readonly name: string
  /** Its size; of a nested manifest, the total of its segments. */
  readonly bytes: number
  /** Its ETag without quotes. */
  readonly hash: string
  readonly content_type: string
  /** UTC without a zone: `2013-05-20T22:48:09.000000`. */
  readonly last_modified: string
  /** Whether it is itself a Static Large Object. */
  readonly sub_slo?: true
}

/** The manifest of a Static Large Object. */
export interface StaticManifest {
  readonly segments: ReadonlyArray<Segment>
  /** The total size of the segments, in bytes. */
  readonly size: number
  /** The MD5 of the segments' ETags, without quotes. */
  readonly etag: string
}

/** The target of a symbolic link. */
export interface Symlink {
  /** `container/object` of the target, percent-encoded. */
  readonly target: string
  /** The target's account, percent-encoded, if the link names one. */
  readonly account: string | undefined
  /** The required ETag of the target, and its size when the link was created. */
  readonly version: { readonly etag: string; readonly bytes: number } | undefined
}

/** An object's current state. It is replaced as a whole, so that a running download continues with the old state. */
export interface StoredObject {
  /** The uploaded bytes; of a Static Large Object, its manifest as JSON. */
  readonly stored: StoredBytes
  readonly contentType: string
  /** When the object was written or its metadata changed, in milliseconds since 1970. */
  readonly changed: number
  /** The headers sent with it: `X-Object-Meta-…`, `Content-Encoding`, `X-Delete-At` and others. */
  readonly headers: StoredHeaders
  /** When it expires, in seconds since 1970. */
  readonly deleteAt: number | undefined
  readonly manifest: StaticManifest | undefined
  /** The target, if it is a symbolic link. */
  readonly symlink?: Symlink | undefined
}

/** A version of an object in a container with versioning. */
export interface Version {
  /** `1389453423.35964`, or `null` for an object from before versioning. */
  readonly id: string
  /** Undefined for a delete marker. */
  readonly object: StoredObject | undefined
  /** In milliseconds since 1970. */
  readonly changed: number
}

/** How long an expired object still counts in listings and totals: Swift removes it within a day. */
const expiryDelay = 24 * 60 * 60 * 1000

const isExpired = (object: StoredObject, now: number): boolean =>
  object.deleteAt !== undefined && object.deleteAt * 1000 <= now

export class Container {
  readonly name: ByteText
  /** In milliseconds since 1970. */
  readonly created: number
  /** Metadata, access lists and the location of old versions. */
  headers: StoredHeaders = new Map()
  /** The total of the stored bytes. A manifest counts with its own size, without its segments. */
  bytesUsed = 0
  readonly names = new SortedNames()
  /** The versions of objects by name, newest first; see `ObjectVersioning`. */
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

  /** The object in listings, whether expired or not. */
  listed(name: ByteText): StoredObject | undefined {
    return this.objects.get(name)
  }

  /** The object for reads: expired ones are missing. */
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
      this.nextRemoval = Math.min(this.nextRemoval, object.deleteAt * 1000 + expiryDelay)
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

  /** Removes objects that Swift's expirer would have removed by now. */
  removeExpired(now: number): void {
    if (now < this.nextRemoval) {
      return
    }
    this.nextRemoval = Infinity
    for (const name of this.expiring) {
      const removal = (this.objects.get(name)?.deleteAt ?? 0) * 1000 + expiryDelay
      if (removal <= now) {
        this.remove(name)
      } else {
        this.nextRemoval = Math.min(this.nextRemoval, removal)
      }
    }
  }
}

/** The containers of an account. */
export class Storage {
  /** In milliseconds since 1970. */
  readonly created: number
  headers: StoredHeaders = new Map()
  readonly names = new SortedNames()
  private readonly containers = new Map<ByteText, Container>()

  constructor(created: number) {
    this.created = created
  }

  get count(): number {
    return this.containers.size
  }

  /** The objects and bytes of all containers. */
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

  /** Creates a container that does not exist. */
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

/** A timestamp in Swift's headers and in names of archived versions: `1389453423.35964`, seconds since 1970. */
export const timestamp = (millis: number): string => {
  const whole = Math.floor(millis / 1000)
  return `${String(whole).padStart(10, "0")}.${String(millis - whole * 1000).padStart(3, "0")}00`
}

/** The time in `Last-Modified`, rounded up to a whole second so that no change seems older than it is. */
export const lastModified = (millis: number): number => Math.ceil(millis / 1000) * 1000
