/**
 * Checks that `npm ci` can install package-lock.json on every platform, whatever registry it was written with.
 *
 *     node scripts/lockfile.mjs          reports problems
 *     node scripts/lockfile.mjs --fix    fixes them; run it after every `npm install` that changes the lock file
 *
 * It looks for two problems:
 *
 * - An entry with a `resolved` URL: such a lock file works with that registry only. `.npmrc` keeps npm from writing them.
 * - A platform's binary (`@rollup/rollup-darwin-arm64`) without an entry. npm 11 omits those that its registry did not have,
 *   and then its own `npm ci` rejects the lock file: "Missing: … from lock file" (npm/cli#9846). The entry is created from the
 *   version in the parent's `optionalDependencies` and the platform in the name, which is sufficient for npm.
 */
import { readFileSync, writeFileSync } from "node:fs"

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"]
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"]

/** The entry that npm would have written for a platform's binary, without the checksum. */
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
    problems.push(`${path} contains the URL of a registry`)
    delete entry.resolved
  }
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`
    const shared = `node_modules/${name}`
    if (lock.packages[nested] ?? lock.packages[shared]) continue
    problems.push(`${name}@${version} has no entry, but ${path} depends on it`)
    lock.packages[shared] = binary(name, version, entry)
  }
}

if (problems.length === 0) {
  console.log("complete, without URLs of a registry")
} else if (process.argv.includes("--fix")) {
  const packages = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"))
  writeFileSync(file, JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2) + "\n")
  console.log(`fixed ${problems.length} entries`)
} else {
  console.error([...problems, "", "To fix them, run: npm run lockfile"].join("\n"))
  process.exitCode = 1
}
