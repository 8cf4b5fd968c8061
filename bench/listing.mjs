/** The objects of the long listing: the entry at each position, in the cloud's format. */
const pad = (number, digits) => String(number).padStart(digits, "0")

/** Names are sorted by position. */
export const nameAt = (index) =>
  `backups/host-${pad(Math.floor(index / 1000), 4)}/2026-01/database-${pad(index, 7)}.sql.gz`

export const positionOf = (name) => Number(name.slice(-14, -7))

export const bytesAt = (index) => (index * 7919) % 1_000_003

/** The date of an entry, in milliseconds since 1970. */
export const dateAt = (index) => Date.UTC(2026, 0, 1) + index * 2477

export const entryAt = (index) => {
  const date = new Date(dateAt(index)).toISOString().slice(0, -1)
  const hash = [2654435761, 2246822519, 3266489917, 668265263]
    .map((factor) => pad((Math.imul(index + 1, factor) >>> 0).toString(16), 8))
    .join("")
  return `{"bytes": ${bytesAt(index)}, "last_modified": "${date}${pad(index % 1000, 3)}", "hash": "${hash}", "name": "${nameAt(index)}", "content_type": "application/gzip"}`
}
