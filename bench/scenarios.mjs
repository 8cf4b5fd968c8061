/**
 * The scenarios. Each one prepares its data once, is `set` before each run, and `verify` checks after it that the client has done
 * the whole job. `bars` are the limits for the library, as `[client, highest ratio, other client, "wall" or "cpu"]`; the default
 * is wall time. Memory has one limit for all.
 */
import { createHash } from "node:crypto"
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { dirname, join } from "node:path"
import { piece, smallContent } from "./content.mjs"
import { bytesAt, dateAt } from "./listing.mjs"

/** The limit of peak memory, in MiB. */
export const memoryBar = 200

const container = "effect-rackspace-bench"
const object = "content"
const smallMd5 = createHash("md5").update(smallContent).digest("hex")
const pad = (number, digits) => String(number).padStart(digits, "0")
const nameOf = (index) => `photos-${pad(Math.floor(index / 100), 4)}/image-${pad(index, 6)}.jpg`
const count = (number) => number.toLocaleString("en")

const claim = (holds, message) => {
  if (!holds) throw new Error(message)
}

const names = ({ objects }) => Array.from({ length: objects }, (_, index) => nameOf(index))

/** A folder of small files. */
const smallFiles = ({ sizes, temporary }) => {
  const folder = join(temporary, "small")
  for (const name of names(sizes)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true })
    writeFileSync(join(folder, name), smallContent)
  }
  return { folder }
}

const largeFile = ({ sizes, temporary }) => {
  const file = join(temporary, "large")
  const hash = createHash("md5")
  const descriptor = openSync(file, "w")
  for (let left = sizes.bytes; left > 0; left -= piece.length) {
    const part = left >= piece.length ? piece : piece.subarray(0, left)
    hash.update(part)
    writeSync(descriptor, part)
  }
  closeSync(descriptor)
  return { file, md5: hash.digest("hex") }
}

const isStored = async ({ cloud, sizes }) => {
  const stored = new Map((await cloud.contents({ container })).map((entry) => [entry.name, entry]))
  claim(stored.size === sizes.objects, `${stored.size} objects are stored, expected ${sizes.objects}`)
  for (const name of names(sizes)) {
    const entry = stored.get(name)
    claim(entry?.bytes === smallContent.length && entry.hash === smallMd5, `${name} is not stored unchanged`)
  }
}

const up = {
  make: smallFiles,
  set: ({ cloud, made }) =>
    Promise.resolve(cloud.seed({ container, names: [] })).then(() => ({ container, folder: made.folder })),
  verify: isStored
}

/** With other HttpClients the library may need little more CPU time than a plain Effect client on undici. */
const overOtherClients = [
  ["library-mapped", 1.3, "effect", "cpu"],
  ["library-undici", 1.3, "effect", "cpu"]
]

/** The scenarios, in the order in which they run. */
export const scenarios = {
  put: {
    title: ({ objects }) => `${count(objects)} objects of 4 KiB up, one request for each, 16 at a time`,
    ...up,
    bars: [["library", 0.9, "rclone"], ["library-bytes", 1.1, "library", "cpu"], ...overOtherClients]
  },
  archive: {
    title: ({ objects }) => `${count(objects)} objects of 4 KiB up, by the library as archives that the cloud extracts`,
    ...up,
    bars: [["library", 0.2, "rclone"]]
  },
  get: {
    title: ({ objects }) => `${count(objects)} objects of 4 KiB down into a folder, 16 at a time`,
    make: () => ({}),
    set: async ({ cloud, sizes, temporary }) => {
      const into = join(temporary, "into")
      rmSync(into, { recursive: true, force: true })
      mkdirSync(into)
      await cloud.seed({ container, names: names(sizes), bytes: smallContent.length, md5: smallMd5 })
      return { container, into }
    },
    verify: ({ job, sizes }) => {
      const files = readdirSync(job.into, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      claim(files.length === sizes.objects, `${files.length} files exist, expected ${sizes.objects}`)
      for (const name of names(sizes)) {
        claim(readFileSync(join(job.into, name)).equals(smallContent), `${name} did not arrive unchanged`)
      }
    },
    bars: overOtherClients
  },
  "large-up": {
    title: ({ bytes }) => `${count(bytes / 1024 ** 2)} MiB up from a file`,
    make: largeFile,
    set: async ({ cloud, made, sizes }) => {
      await cloud.large({ bytes: sizes.bytes, md5: made.md5 })
      await cloud.seed({ container, names: [] })
      return { container, object, bytes: sizes.bytes, file: made.file }
    },
    verify: async ({ cloud, made, sizes }) => {
      const [stored] = await cloud.contents({ container })
      claim(stored?.name === object && stored.bytes === sizes.bytes, "the object is not stored")
      claim(stored.hash === made.md5 || stored.hash.startsWith('"'), "the object is not stored unchanged")
    },
    bars: [["library", 1, "rclone"]]
  },
  "large-down": {
    title: ({ bytes }) => `${count(bytes / 1024 ** 2)} MiB down into a file`,
    make: largeFile,
    set: async ({ cloud, made, sizes, temporary }) => {
      const into = join(temporary, "down")
      // The first program that writes is several times slower if the kernel has to allocate memory first.
      copyFileSync(made.file, into)
      rmSync(into)
      await cloud.large({ bytes: sizes.bytes, md5: made.md5 })
      await cloud.seed({ container, names: [object], bytes: sizes.bytes, md5: made.md5, file: made.file })
      return { container, object, bytes: sizes.bytes, into }
    },
    verify: ({ job, sizes }) => {
      const { size } = statSync(job.into)
      claim(size === sizes.bytes, `${size} bytes arrived, expected ${sizes.bytes}`)
      rmSync(job.into)
    },
    bars: [
      ["library", 1.3, "undici"],
      ["library-null", 1.3, "undici-null"]
    ]
  },
  list: {
    title: ({ entries }) => `a listing of ${count(entries)} objects`,
    make: async ({ cloud, sizes }) => {
      if (cloud.seedListing !== undefined)
        await cloud.seedListing({ container: `${container}-list`, count: sizes.entries })
      else {
        const names = Array.from({ length: sizes.entries }, (_, index) => nameOf(index))
        await cloud.seed({ container: `${container}-list`, names })
      }
      return {}
    },
    set: () => ({ container: `${container}-list` }),
    verify: ({ cloud, said, sizes }) => {
      claim(said.count === sizes.entries, `${said.count} objects were listed, expected ${sizes.entries}`)
      if (cloud.seedListing === undefined) return
      if (said.bytes !== undefined) {
        let bytes = 0
        for (let index = 0; index < sizes.entries; index++) bytes += bytesAt(index)
        claim(said.bytes === bytes, `they have ${said.bytes} bytes, expected ${bytes}`)
      }
      claim(said.last === undefined || said.last === dateAt(sizes.entries - 1), "the last date is wrong")
    },
    bars: [
      ["library", 0.6, "rclone"],
      ["library", 2, "undici"]
    ]
  },
  delete: {
    title: ({ objects }) => `${count(objects)} objects deleted`,
    make: () => ({}),
    set: async ({ cloud, sizes }) => {
      await cloud.seed({ container, names: names(sizes), bytes: smallContent.length, md5: smallMd5 })
      return { container }
    },
    verify: async ({ cloud }) => {
      const left = await cloud.contents({ container })
      claim(left.length === 0, `${left.length} objects are left`)
    },
    bars: overOtherClients
  }
}

/** The containers that a scenario may leave in the cloud. */
export const containers = [container, `${container}-list`]
