/** Errors of Node's file system, as `@effect/platform` represents them. */
import { SystemError, type SystemErrorReason } from "@effect/platform/Error"

const reasons: Readonly<Record<string, SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  ENOTDIR: "BadResource",
  EISDIR: "BadResource",
  ELOOP: "BadResource",
  NOTAFILE: "BadResource",
  EBUSY: "Busy"
}

/** The error of a call to Node's file system, as the platform's FileSystem would report it. */
export const systemError = (method: string, path: string, code: string, message: string): SystemError =>
  new SystemError({
    module: "FileSystem",
    method,
    reason: reasons[code] ?? "Unknown",
    pathOrDescriptor: path,
    description: message
  })
