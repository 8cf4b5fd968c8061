/** Shared by the check scripts: the project's folder, manifest and public modules, and the report of problems. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The project's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "")

/** package.json. */
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** The absolute paths of all files under a folder whose names have this ending; none if the folder is missing. */
export const filesUnder = (folder, ending) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted()
    : []

/**
 * The public modules: the files directly in src/, src/services/ and src/layers/, except src/index.ts.
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

/** Ends a check: prints its problems and fails, or prints one line about what was checked. */
export const report = (problems, fine) => {
  if (problems.length === 0) return console.log(fine)
  console.error(problems.join("\n"))
  process.exitCode = 1
}
