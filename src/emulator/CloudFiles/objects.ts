/** The routes of objects. The operation depends on headers and the query too. */
import * as Effect from "effect/Effect"
import type { WireResponse } from "../Protocol.js"
import * as Refusal from "../Refusal.js"
import * as Answer from "./answer.js"
import * as Copying from "./copying.js"
import * as CrossOrigin from "./crossOrigin.js"
import * as ObjectVersioning from "./objectVersioning.js"
import * as Reading from "./reading.js"
import type { FilesAnswer, FilesRequest } from "./requests.js"
import { table } from "./requests.js"
import * as StaticLargeObject from "./staticLargeObject.js"
import type { Settings } from "./storage.js"
import * as Symlink from "./symlink.js"
import * as Writing from "./writing.js"

/** The methods in Swift's `Allow`. COPY is not in it, because a middleware implements it. */
const methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]

const workOf = (settings: Settings, request: FilesRequest, path: Reading.ObjectPath): Writing.Work => ({
  storage: request.storage,
  storageOf: request.storageOf,
  settings,
  request,
  path
})

/** GET and HEAD. Symbolic links are followed, unless the request is for the link itself. */
const read = (request: FilesRequest, path: Reading.ObjectPath, method: "GET" | "HEAD"): WireResponse => {
  const { now, storage } = request
  if (Symlink.isForLinkItself(request)) {
    const found = Reading.read(storage, path, request, now, method)
    const { symlink } = found.object
    const headers = symlink === undefined ? {} : Symlink.headers(symlink)
    return Reading.respond({ ...found, headers: { ...found.headers, ...headers } }, method)
  }
  const target = Symlink.follow(storage, request, path, now)
  const found = Reading.read(storage, target.path, request, now, method)
  const headers = target.location === undefined ? {} : { "Content-Location": target.location }
  return Reading.respond({ ...found, headers: { ...found.headers, ...headers } }, method)
}

/** The value of `multipart-manifest`; undefined if the storage has no Static Large Objects. */
const multipartOf = (settings: Settings, { query }: FilesRequest): string | undefined =>
  settings.staticLargeObjects ? query.getAll("multipart-manifest").at(-1) : undefined

/** PUT of an object, a version, a manifest, a symbolic link or a copy. */
const put = (settings: Settings, request: FilesRequest, path: Reading.ObjectPath): FilesAnswer => {
  const { headers, now } = request
  const work = workOf(settings, request, path)
  const version = ObjectVersioning.idOf(request)
  const from = headers["x-copy-from"]
  const target = headers["x-symlink-target"]
  if (version !== undefined) {
    return Refusal.attempt(() => ObjectVersioning.restore(Writing.containerOf(work, now), path.object, version))
  }
  if (multipartOf(settings, request) === "put") {
    return from
      ? Effect.succeed(Answer.sentence(405, "Multipart Manifest PUTs cannot be COPY requests"))
      : StaticLargeObject.put(work)
  }
  if (target && settings.symlinks) {
    return Refusal.attempt(() => Symlink.put(work, target, now))
  }
  return from ? Refusal.attempt(() => Copying.putFrom(work, from, now)) : Writing.put(work)
}

/** DELETE of an object, a version, or a large object with its segments. */
const remove = (settings: Settings, request: FilesRequest, path: Reading.ObjectPath): WireResponse => {
  const { now, storage } = request
  const work = workOf(settings, request, path)
  const version = ObjectVersioning.idOf(request)
  if (version !== undefined) {
    return ObjectVersioning.removeVersion(Writing.containerOf(work, now), path.object, version)
  }
  return multipartOf(settings, request) === "delete"
    ? StaticLargeObject.remove(work, now)
    : Writing.remove(storage, path, now)
}

export const routes = (settings: Settings) =>
  table({
    "GET /{container}/{object}": (request, path) => Refusal.attempt(() => read(request, path, "GET")),
    "HEAD /{container}/{object}": (request, path) => Refusal.attempt(() => read(request, path, "HEAD")),
    "PUT /{container}/{object}": (request, path) => put(settings, request, path),
    "POST /{container}/{object}": (request, path) =>
      Refusal.attempt(() => Writing.post(workOf(settings, request, path), request.now)),
    "DELETE /{container}/{object}": (request, path) => Refusal.attempt(() => remove(settings, request, path)),
    "OPTIONS /{container}/{object}": (request, { container }) =>
      Effect.succeed(
        CrossOrigin.preflight(request, request.storage.get(container, request.now), methods, [...methods, "COPY"])
      ),
    "COPY /{container}/{object}": (request, path) =>
      Refusal.attempt(() => Copying.copyTo(workOf(settings, request, path), request.now))
  })
