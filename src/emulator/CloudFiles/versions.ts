/**
 * Old versions of objects: a container that names another one in `X-Versions-Location` keeps there
 * what is replaced, and brings it back when its replacement is deleted.
 */
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as ByteText from "./byteText.js"
import type { Container, Storage } from "./storage.js"
import { timestamp } from "./storage.js"

/** Where old versions of a container's objects go; undefined if it keeps none. */
const versionsOf = (container: Container): ByteText.ByteText | undefined => {
  const location = container.headers.get("X-Versions-Location")
  return location === undefined ? undefined : ByteText.percentDecode(location).split("/")[0]
}

/** What the names of an object's old versions begin with: three hexadecimal digits of its name's length in bytes. */
const versionPrefix = (object: ByteText.ByteText): ByteText.ByteText =>
  `${object.length.toString(16).padStart(3, "0")}${object}/`

/** Keeps what a PUT is about to replace; 412 if the container for old versions is missing. */
export const archive = (storage: Storage, container: Container, object: ByteText.ByteText, now: number): void => {
  const location = versionsOf(container)
  const current = container.get(object, now)
  if (location === undefined || current === undefined) {
    return
  }
  const versions = storage.get(location, now) ?? Refusal.refuse(Answer.standard(412))
  const prefix = versionPrefix(object)
  // Swift's clock never shows the same time twice, but a test's may stand still.
  let millis = current.changed
  while (versions.listed(prefix + timestamp(millis)) !== undefined) {
    millis++
  }
  versions.put(prefix + timestamp(millis), { ...current, changed: now })
}

/** Puts the newest old version in the place of an object that is to be deleted; answers whether there was one. */
export const restore = (storage: Storage, container: Container, object: ByteText.ByteText, now: number): boolean => {
  const location = versionsOf(container)
  const versions = location === undefined ? undefined : storage.get(location, now)
  const prefix = versionPrefix(object)
  const newest = versions?.names.lastBefore(ByteText.after(prefix))
  const version = newest?.startsWith(prefix) ? versions?.get(newest, now) : undefined
  if (version === undefined || newest === undefined) {
    return false
  }
  container.put(object, { ...version, changed: now })
  versions?.remove(newest)
  return true
}
