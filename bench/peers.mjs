/**
 * The measured programs, and the command of each for every scenario. Each has the options with which it is fastest while it
 * still verifies what it verifies by default.
 */
import { spawnSync } from "node:child_process"
import { createRequire } from "node:module"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const require = createRequire(import.meta.url)
const versionOf = (name) => require(`${name}/package.json`).version
const said = (command, pattern) => {
  const { error, stderr, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" })
  return error === undefined ? pattern.exec(`${stdout}${stderr}`)?.[1] : undefined
}

const program = (client, tasks) =>
  Object.fromEntries(
    Object.entries(tasks).map(([scenario, task]) => [
      scenario,
      (job) => ({
        argv: [
          process.execPath,
          fileURLToPath(new URL("client.mjs", import.meta.url)),
          client,
          task,
          JSON.stringify(job)
        ]
      })
    ])
  )
const same = (...names) => Object.fromEntries(names.map((name) => [name, name]))

const toNull = (client, job) => ({ ...client.tasks["large-down"]({ ...job, into: "/dev/null" }), discards: true })

const md5Alone = (job) => ({ ...program("md5", { large: "large" }).large(job), discards: true })

const wide = ["--transfers", "16", "--checkers", "16"]

/**
 * By name: `version` is undefined if the program is not installed, `environment` contains its login, and `tasks` returns the
 * command for a job. A `timed` program reports the time of its work without the start of the process.
 */
export const clients = {
  library: {
    title: "effect-rackspace",
    version: () => JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version,
    timed: true,
    tasks: program("library", {
      ...same("put", "get", "archive", "list", "delete"),
      "large-up": "largeUp",
      "large-down": "largeDown"
    })
  },
  "library-bytes": {
    title: "effect-rackspace, from bytes in memory",
    version: () => clients.library.version(),
    timed: true,
    tasks: program("library", { put: "putBytes" })
  },
  "library-mapped": {
    title: "effect-rackspace, from bytes, over its own transport with one mapRequest",
    version: () => clients.library.version(),
    timed: true,
    environment: () => ({ BENCH_HTTP: "mapped" }),
    tasks: program("library", { put: "putBytes", get: "get", delete: "delete" })
  },
  "library-undici": {
    title: "effect-rackspace, from bytes, over NodeHttpClient.layerUndici",
    version: () => clients.library.version(),
    timed: true,
    environment: () => ({ BENCH_HTTP: "undici" }),
    tasks: program("library", { put: "putBytes", get: "get", delete: "delete" })
  },
  "library-folder": {
    title: "effect-rackspace, a folder in one call",
    version: () => clients.library.version(),
    timed: true,
    tasks: program("library", { put: "putFolder", get: "getFolder" })
  },
  "library-null": {
    title: "effect-rackspace, to /dev/null",
    version: () => clients.library.version(),
    timed: true,
    tasks: { "large-down": (job) => toNull(clients.library, job) }
  },
  "undici-null": {
    title: "bare undici, to /dev/null",
    version: () => clients.undici.version(),
    timed: true,
    tasks: { "large-down": (job) => toNull(clients.undici, job) }
  },
  "library-bulk": {
    title: "effect-rackspace, in bulk",
    version: () => clients.library.version(),
    timed: true,
    tasks: program("library", { delete: "bulkDelete" })
  },
  undici: {
    title: "bare undici",
    version: () => versionOf("undici"),
    timed: true,
    tasks: program("undici", {
      ...same("put", "get", "list", "delete"),
      archive: "put",
      "large-up": "largeUp",
      "large-down": "largeDown"
    })
  },
  md5: {
    title: "the MD5 alone, by node:crypto",
    version: () => process.versions.openssl,
    timed: true,
    tasks: { "large-up": md5Alone, "large-down": md5Alone }
  },
  effect: {
    title: "Effect's HttpClient on undici",
    version: () => versionOf("@effect/platform"),
    timed: true,
    tasks: program("effect", same("put", "get", "delete"))
  },
  rclone: {
    title: "rclone",
    version: () => said("rclone", /^rclone v(\S+)/m),
    install: "apt-get install rclone",
    environment: ({ authUrl, key, user }) => ({
      RCLONE_CONFIG: "/dev/null",
      RCLONE_CONFIG_CLOUD_TYPE: "swift",
      RCLONE_CONFIG_CLOUD_AUTH: authUrl,
      RCLONE_CONFIG_CLOUD_AUTH_VERSION: "1",
      RCLONE_CONFIG_CLOUD_USER: user,
      RCLONE_CONFIG_CLOUD_KEY: key
    }),
    tasks: {
      // Without --no-check-dest it would first list the destination.
      put: ({ container, folder }) => ({
        argv: ["rclone", "copy", ...wide, "--no-check-dest", folder, `cloud:${container}`]
      }),
      archive: (job) => clients.rclone.tasks.put(job),
      // For the dates that rclone itself stores, it would send a HEAD request for each object.
      get: ({ container, into }) => ({
        argv: ["rclone", "copy", ...wide, "--use-server-modtime", "--fast-list", `cloud:${container}`, into]
      }),
      "large-up": ({ container, file, object }) => ({
        argv: ["rclone", "copyto", "--no-check-dest", file, `cloud:${container}/${object}`]
      }),
      "large-down": ({ container, into, object }) => ({
        argv: ["rclone", "copyto", "--use-server-modtime", `cloud:${container}/${object}`, into]
      }),
      list: ({ container }) => ({
        argv: ["rclone", "size", "--json", "--fast-list", "--use-server-modtime", `cloud:${container}`],
        count: (stdout) => JSON.parse(stdout).count
      }),
      delete: ({ container }) => ({
        argv: ["rclone", "delete", ...wide, "--fast-list", "--use-server-modtime", `cloud:${container}`]
      })
    }
  },
  swift: {
    title: "python-swiftclient",
    version: () => said("swift", /swiftclient (\S+)/),
    install: "apt-get install python3-swiftclient",
    environment: ({ authUrl, key, user }) => ({ ST_AUTH: authUrl, ST_USER: user, ST_KEY: key }),
    tasks: {
      // Without --leave-segments it would send a HEAD request for each object, to delete the segments of a replaced one.
      put: ({ container, folder }) => ({
        argv: ["swift", "--quiet", "upload", "--object-threads", "16", "--leave-segments", container, "."],
        cwd: folder
      }),
      archive: (job) => clients.swift.tasks.put(job),
      get: ({ container, into }) => ({
        argv: ["swift", "--quiet", "download", "--object-threads", "16", "--output-dir", into, container]
      }),
      "large-up": ({ container, file, object }) => ({
        argv: ["swift", "--quiet", "upload", "--leave-segments", "--object-name", object, container, file]
      }),
      "large-down": ({ container, into, object }) => ({
        argv: ["swift", "--quiet", "download", "--output", into, container, object]
      }),
      list: ({ container }) => ({
        argv: ["swift", "list", container],
        count: (stdout) => stdout.split("\n").length - 1
      }),
      delete: ({ container }) => ({
        argv: ["swift", "--quiet", "delete", "--object-threads", "16", container]
      })
    }
  }
}
