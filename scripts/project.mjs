/** What the check scripts share: where the project is, its manifest, its public modules, and how problems are told. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The project's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "")

/** package.json. */
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** The absolute paths of all files under a folder whose names end so; none if there is no such folder. */
export const filesUnder = (folder, ending) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted()
    : []

/**
 * The public modules: each file directly in src/, src/services/ and src/layers/, but the front door.
 *
 * @returns {Array<{ name: string, path: string }>} `{ name: "CloudFiles", path: "services/CloudFiles" }`
 */
export const publicModules = ["", "services/", "layers/"]
  .flatMap((folder) => {
    const path = join(root, "src", folder)
    const names = existsSync(path)
      ? readdirSync(path).filter((name) => name.endsWith(".ts") && name !== "index.ts")
      : []
    return names.map((name) => ({ name: name.slice(0, -3), path: `${folder}${name.slice(0, -3)}` }))
  })
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Ends a check: prints its problems and fails, or prints one line that says what was found in order. */
export const report = (problems, fine) => {
  if (problems.length === 0) return console.log(fine)
  console.error(problems.join("\n"))
  process.exitCode = 1
}
