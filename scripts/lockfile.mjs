/**
 * Keeps package-lock.json installable by `npm ci` on every platform, whatever registry it was written from.
 *
 *     node scripts/lockfile.mjs          says what is wrong
 *     node scripts/lockfile.mjs --fix    mends it; run it after every `npm install` that changes the lock
 *
 * Two slips are looked for:
 *
 * - An entry that says where it was `resolved`: such a lock works with that registry only. `.npmrc` keeps npm from
 *   writing them.
 * - A platform's binary (`@rollup/rollup-darwin-arm64`) without an entry. npm 11 leaves those out that its registry did
 *   not hold, and then its own `npm ci` refuses the lock: "Missing: … from lock file" (npm/cli#9846). The parent's
 *   `optionalDependencies` pin the version and the name tells the platform; npm needs no more.
 */
import { readFileSync, writeFileSync } from "node:fs"

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"]

/** The entry that npm would have written for a platform's binary, less its checksum. */
const binary = (name, version, parent) => {
  const words = name.split("/").at(-1).split("-")
  const os = systems.filter((system) => words.includes(system))
  const cpu = processors.filter((processor) => words.includes(processor))
  if (os.length !== 1 || cpu.length !== 1 || !/^\d/.test(version)) {
    throw new Error(`${name}@${version} does not look like a platform's binary: add its entry by hand`)
  }
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : ["glibc"]
  const named = words.some((word) => /^(gnu|musl)/.test(word))
  return {
    version,
    cpu,
    ...(parent.dev && { dev: true }),
    ...(os[0] === "linux" && named && { libc }),
    optional: true,
    os
  }
}

const file = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8"))
const problems = []

for (const [path, entry] of Object.entries(lock.packages)) {
  if (/^https?:/.test(entry.resolved ?? "")) {
    problems.push(`${path} names the registry that it came from`)
    delete entry.resolved
  }
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`
    const shared = `node_modules/${name}`
    if (lock.packages[nested] ?? lock.packages[shared]) continue
    problems.push(`${name}@${version} has no entry, but ${path} names it`)
    lock.packages[shared] = binary(name, version, entry)
  }
}

if (problems.length === 0) {
  console.log("complete, and free of any registry's address")
} else if (process.argv.includes("--fix")) {
  const packages = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"))
  writeFileSync(file, JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2) + "\n")
  console.log(`mended ${problems.length} entries`)
} else {
  console.error([...problems, "", "Mend it by: npm run lockfile"].join("\n"))
  process.exitCode = 1
}
