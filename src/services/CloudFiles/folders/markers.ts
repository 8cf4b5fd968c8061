/** Objects that stand for folders. */
import type { ObjectSummary } from "../objects/objects.js"

/**
 * The types that clients give to an object that stands for a folder: `application/directory`, `text/directory`,
 * `application/x-directory`, `httpd/unix-directory`, `inode/directory`, `x-directory/normal`, `application/x-folder`.
 */
const markerType = /^\s*(?:[\w.+-]+\/(?:[\w.+]+-)?(?:directory|folder)|x-directory\/[\w.+-]+)\s*(?:;|$)/i

/** Whether an object only says that there is a folder. */
export const isMarker = ({ bytes, contentType = "", name }: ObjectSummary): boolean =>
  bytes === 0 && (name.endsWith("/") || markerType.test(contentType))

/** Whether only the type of an object, which its entry leaves out, can show that it stands for a folder. */
export const mayBeMarker = ({ bytes, contentType, name }: ObjectSummary): boolean =>
  bytes === 0 && contentType === undefined && !name.endsWith("/")
