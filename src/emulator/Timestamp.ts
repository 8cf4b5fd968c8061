/** The documented formats of timestamps in the real services. Clients must support all of them. */

/** `2012-08-20T21:11:09Z`: Servers and images. */
export const utcSeconds = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

/** `2012-08-20T21:11:09.123Z`: Identity, and the `next-available` of limits. */
export const utcMillis = (millis: number): string => new Date(millis).toISOString()

/**
 * `2014-01-09T15:08:53.645-06:00`: the `expires` of a token in the time zone of Texas (Identity API v2.0).
 */
export const centralTime = (millis: number): string =>
  `${new Date(millis - 6 * 60 * 60 * 1000).toISOString().slice(0, 23)}-06:00`

/** `2013-08-15T21:40:42.000000`: instance actions and volumes write UTC without a zone. */
export const microsecondsWithoutZone = (millis: number): string => `${new Date(millis).toISOString().slice(0, 23)}000`

/** `Fri, 31 Dec 1999 23:59:59 GMT`: the Date header. */
export const httpDate = (millis: number): string => new Date(millis).toUTCString()

const iso8601 = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

/** Parses an ISO 8601 timestamp such as `changes-since`: without a zone it is UTC. Undefined if it is invalid. */
export const parse = (value: string): number | undefined => {
  const match = iso8601.exec(value)
  if (match === null) {
    return undefined
  }
  const dated = value.length === 10 ? `${value}T00:00:00` : value.replace(" ", "T")
  const millis = Date.parse(match[1] === undefined ? `${dated}Z` : dated)
  return Number.isNaN(millis) ? undefined : millis
}
