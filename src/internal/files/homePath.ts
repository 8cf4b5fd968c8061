/** Expands paths that begin with `~`. */
import { homedir } from "node:os"
import { join } from "node:path"

/** Replaces `~` and `~/…` by the home directory. */
export const expandHome = (path: string): string =>
  path === "~" ? homedir() : path.startsWith("~/") ? join(homedir(), path.slice(2)) : path
