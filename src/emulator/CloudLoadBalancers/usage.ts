/**
 * The usage of a load balancer, computed from its history. Each billable event starts a new record (Cloud Load
 * Balancers API v1.0, "Usage reports").
 */
import type * as Fields from "../Fields.js"
import * as Timestamp from "../Timestamp.js"

/** Simulated connections through a load balancer. */
export interface Traffic {
  /** From clients, in bytes. Default 0. */
  readonly incoming?: number | undefined
  /** To clients, in bytes. Default 0. */
  readonly outgoing?: number | undefined
  /** The number of open connections from now on. */
  readonly connections?: number | undefined
  /** Whether they use TLS. Default false. */
  readonly ssl?: boolean | undefined
  /** Numbers of failures by name in the statistics: `connectError`. */
  readonly failures?: Readonly<Record<string, number>> | undefined
}

/** The cloud polls every five minutes. */
const pollTime = 5 * 60_000

interface Segment {
  readonly id: number
  readonly startedAt: number
  endedAt: number | undefined
  readonly eventType: string | undefined
  readonly numVips: number
  readonly vipType: string
  readonly sslMode: string
  incoming: number
  outgoing: number
  incomingSsl: number
  outgoingSsl: number
  /** Connections multiplied by milliseconds, without and with TLS. */
  held: readonly [number, number]
}

export interface Usage {
  /** Starts a new record. */
  readonly mark: (
    now: number,
    eventType: string,
    state: { readonly numVips: number; readonly vipType: string; readonly sslMode: string }
  ) => void
  readonly end: (now: number) => void
  readonly carry: (now: number, traffic: Traffic) => void
  /** Records that overlap with a period. */
  readonly records: (now: number, from: number, to: number) => ReadonlyArray<Fields.JsonObject>
  readonly statistics: (hasSsl: boolean) => Fields.JsonObject
}

const names = ["connectTimeOut", "connectError", "connectFailure", "dataTimedOut", "keepAliveTimedOut"]

const recordJson = (segment: Segment, now: number): Fields.JsonObject => {
  const time = (segment.endedAt ?? now) - segment.startedAt
  const average = (held: number): number => (time === 0 ? 0 : held / time)
  return {
    id: segment.id,
    averageNumConnections: average(segment.held[0]),
    averageNumConnectionsSsl: average(segment.held[1]),
    incomingTransfer: segment.incoming,
    outgoingTransfer: segment.outgoing,
    incomingTransferSsl: segment.incomingSsl,
    outgoingTransferSsl: segment.outgoingSsl,
    numVips: segment.numVips,
    numPolls: Math.floor(time / pollTime),
    startTime: Timestamp.utcSeconds(segment.startedAt),
    ...(segment.endedAt !== undefined && { endTime: Timestamp.utcSeconds(segment.endedAt) }),
    vipType: segment.vipType,
    sslMode: segment.sslMode,
    ...(segment.eventType !== undefined && { eventType: segment.eventType })
  }
}

export const make = (nextId: () => number): Usage => {
  const segments: Array<Segment> = []
  const failures = new Map<string, number>()
  const current = [0, 0]
  const peak = [0, 0]
  let countedUntil = 0

  /** Adds the connections since the last count. */
  const count = (now: number): void => {
    const segment = segments.at(-1)
    if (segment !== undefined && segment.endedAt === undefined) {
      const time = now - countedUntil
      segment.held = [segment.held[0] + (current[0] ?? 0) * time, segment.held[1] + (current[1] ?? 0) * time]
    }
    countedUntil = now
  }

  const end = (now: number): void => {
    count(now)
    const segment = segments.at(-1)
    if (segment !== undefined) {
      segment.endedAt ??= now
    }
  }

  return {
    end,
    mark: (now, eventType, state) => {
      end(now)
      segments.push({
        id: nextId(),
        startedAt: now,
        endedAt: undefined,
        eventType,
        ...state,
        incoming: 0,
        outgoing: 0,
        incomingSsl: 0,
        outgoingSsl: 0,
        held: [0, 0]
      })
    },
    carry: (now, { connections, failures: failed = {}, incoming = 0, outgoing = 0, ssl = false }) => {
      count(now)
      const segment = segments.at(-1)
      if (segment !== undefined) {
        segment.incoming += ssl ? 0 : incoming
        segment.outgoing += ssl ? 0 : outgoing
        segment.incomingSsl += ssl ? incoming : 0
        segment.outgoingSsl += ssl ? outgoing : 0
      }
      const kind = ssl ? 1 : 0
      if (connections !== undefined) {
        current[kind] = connections
        peak[kind] = Math.max(peak[kind] ?? 0, connections)
      }
      for (const [name, times] of Object.entries(failed)) {
        const key = ssl ? `${name}Ssl` : name
        failures.set(key, (failures.get(key) ?? 0) + times)
      }
    },
    records: (now, from, to) => {
      count(now)
      return segments
        .filter(({ endedAt, startedAt }) => startedAt <= to && (endedAt ?? now) >= from)
        .map((segment) => recordJson(segment, now))
    },
    statistics: (hasSsl) => ({
      ...Object.fromEntries(names.map((name) => [name, failures.get(name) ?? 0])),
      maxConn: peak[0],
      currentConn: current[0],
      // Without SSL termination the cloud writes null.
      ...Object.fromEntries(names.map((name) => [`${name}Ssl`, hasSsl ? (failures.get(`${name}Ssl`) ?? 0) : null])),
      maxConnSsl: hasSsl ? peak[1] : null,
      currentConnSsl: hasSsl ? current[1] : null
    })
  }
}
