/** Problems of files, as they pass from one thread to another. */

export type Problem = readonly [code: string, message: string]

/** The problem of a file or a folder that has become a symbolic link since it was found. */
export const becameLink: Problem = ["ELOOP", "it has become a symbolic link since it was found"]

/** The problem of a file in such a folder. */
export const behindLink: Problem = ["ELOOP", "a folder that it is in has become a symbolic link since it was found"]

export const notAFile: Problem = ["NOTAFILE", "it is not a file"]

export const changed: Problem = ["CHANGED", "it has changed while it was read"]

export const described = (error: unknown): Problem =>
  error instanceof Error
    ? ["code" in error ? String(error.code) : "UNKNOWN", error.message]
    : ["UNKNOWN", String(error)]

/** The error of a problem. */
export const failure = ([code, message]: Problem): Error => Object.assign(new Error(message), { code })
