/** Errors of files, in a form that can be passed between threads. */

export type Problem = readonly [code: string, message: string]

/** A file or folder has become a symbolic link since it was listed. */
export const becameLink: Problem = ["ELOOP", "it has become a symbolic link since it was listed"]

/** A parent folder of a file has become a symbolic link. */
export const behindLink: Problem = ["ELOOP", "one of its parent folders has become a symbolic link since it was listed"]

export const notAFile: Problem = ["NOTAFILE", "it is not a file"]

export const changed: Problem = ["CHANGED", "it changed while it was being read"]

export const described = (error: unknown): Problem =>
  error instanceof Error
    ? ["code" in error ? String(error.code) : "UNKNOWN", error.message]
    : ["UNKNOWN", String(error)]

/** Converts a problem to an Error. */
export const failure = ([code, message]: Problem): Error => Object.assign(new Error(message), { code })
