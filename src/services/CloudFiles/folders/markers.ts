/** Folder markers: objects that represent folders. */
import type { ObjectSummary } from "../objects/objects.js"

/**
 * Content types of folder markers: `application/directory`, `text/directory`, `application/x-directory`,
 * `httpd/unix-directory`, `inode/directory`, `x-directory/normal`, `application/x-folder`.
 */
const markerType = /^\s*(?:[\w.+-]+\/(?:[\w.+]+-)?(?:directory|folder)|x-directory\/[\w.+-]+)\s*(?:;|$)/i

/** Whether an object is a folder marker. */
export const isMarker = ({ bytes, contentType = "", name }: ObjectSummary): boolean =>
  bytes === 0 && (name.endsWith("/") || markerType.test(contentType))

/** Whether only the object's type, which the listing leaves out, can tell if it is a marker. */
export const mayBeMarker = ({ bytes, contentType, name }: ObjectSummary): boolean =>
  bytes === 0 && contentType === undefined && !name.endsWith("/")
