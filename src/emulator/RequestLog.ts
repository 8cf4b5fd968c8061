/** The log of requests that reached the cloud. A request is counted when it arrives. */
import type { WireRequest } from "./Protocol.js"
import { concat } from "./RequestBody.js"

/** How many bytes of a request's body the log keeps. */
const bodyLimit = 64 * 1024

/** A request in the log. The entry is added when the headers have arrived, and completed during handling. */
export interface RequestLogEntry {
  readonly method: string
  /** Path and query as sent, still percent-encoded. */
  readonly target: string
  /**
   * `identity`, or the first segment of the path: `servers`, `files`, `cdn`, …; `unknown` if nothing is mounted there.
   */
  readonly service: string
  /** In upper case; undefined for services without regions. */
  readonly region: string | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The first 64 KiB of the body, as far as the service has read it. */
  readonly body: Uint8Array
  /** How many bytes of the body the service has read. */
  readonly bodyBytes: number
  /** The response's status; undefined until there is one, and forever if the connection was broken. */
  readonly status: number | undefined
  /** How many bytes of the response's body the client has read. */
  readonly responseBytes: number
  /** Milliseconds since the epoch by the Effect Clock. */
  readonly startedAt: number
  /** When the response's body ended or broke; undefined before. */
  readonly finishedAt: number | undefined
}

/** An entry that is still being written. */
export interface OpenEntry {
  readonly entry: RequestLogEntry
  readonly requestBytes: (chunk: Uint8Array) => void
  readonly responseBytes: (count: number) => void
  readonly status: (status: number) => void
  readonly finished: (now: number) => void
}

/** The log. */
export interface RequestLog {
  readonly open: (request: WireRequest, service: string, region: string | undefined, now: number) => OpenEntry
  /** A snapshot: entries in order of arrival. */
  readonly entries: () => ReadonlyArray<RequestLogEntry>
  readonly clear: () => void
}

class Entry implements RequestLogEntry {
  private kept: Array<Uint8Array> = []
  private keptBytes = 0
  bodyBytes = 0
  status: number | undefined = undefined
  responseBytes = 0
  finishedAt: number | undefined = undefined

  readonly method: string
  readonly target: string
  readonly service: string
  readonly region: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly startedAt: number

  constructor(request: WireRequest, service: string, region: string | undefined, startedAt: number) {
    this.method = request.method
    this.target = request.target
    this.service = service
    this.region = region
    this.headers = request.headers
    this.startedAt = startedAt
  }

  get body(): Uint8Array {
    return concat(this.kept)
  }

  keep(chunk: Uint8Array): void {
    this.bodyBytes += chunk.byteLength
    const room = bodyLimit - this.keptBytes
    if (room > 0) {
      // A copy, because the client may reuse its buffer.
      const part = chunk.slice(0, room)
      this.kept.push(part)
      this.keptBytes += part.byteLength
    }
  }
}

/** A log that keeps the newest `limit` entries. */
export const make = (limit: number): RequestLog => {
  let entries: Array<Entry> = []
  return {
    open: (request, service, region, now) => {
      const entry = new Entry(request, service, region, now)
      if (limit > 0) {
        entries.push(entry)
        // Dropping half at a time keeps the cost per request constant when the log is full.
        if (entries.length >= 2 * limit) {
          entries = entries.slice(-limit)
        }
      }
      return {
        entry,
        requestBytes: (chunk) => entry.keep(chunk),
        responseBytes: (count) => {
          entry.responseBytes += count
        },
        status: (status) => {
          entry.status = status
        },
        finished: (now) => {
          entry.finishedAt = now
        }
      }
    },
    entries: () => (limit === Infinity ? [...entries] : limit <= 0 ? [] : entries.slice(-limit)),
    clear: () => {
      entries = []
    }
  }
}
