/** Builds dist/ from scratch: JavaScript, declarations and their maps. Makes the emulator's command executable. */
import { spawnSync } from "node:child_process"
import { chmodSync, rmSync } from "node:fs"
import { join } from "node:path"
import { manifest, root } from "./project.mjs"

rmSync(join(root, "dist"), { recursive: true, force: true })

const tsc = join(root, "node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
if (status !== 0) process.exit(1)

for (const command of Object.values(manifest.bin)) chmodSync(join(root, command), 0o755)
