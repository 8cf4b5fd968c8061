import { Effect, Stream } from "effect"
import { CloudFiles } from "effect-rackspace"
import { textOf } from "../support.js"
import { freshName } from "./Cloud.js"

/** The tag of an effect's error. */
export const failure = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

/** A new container, deleted at the end with its content and the content of its segments' container. */
export const container = (settings: Omit<Parameters<CloudFiles.Service["createContainer"]>[0], "container"> = {}) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      const name = freshName("contract")
      yield* files.createContainer({ container: name, ...settings })
      return name
    }),
    (name) =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        // Otherwise deleted objects would be kept as versions.
        yield* Effect.ignore(files.updateContainer({ container: name, versionsLocation: null, historyLocation: null }))
        for (const each of [name, `${name}_segments`]) {
          yield* Effect.catchTag(files.deleteContainerWithContents({ container: each }), "NotFound", () => Effect.void)
        }
      }).pipe(Effect.orDie)
  )

/** Stores a text. */
export const put = (name: string, object: string, text = object) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    files.upload({ container: name, object, body: CloudFiles.fromString(text) })
  )

/** The text content of an object. */
export const read = (name: string, object: string, range?: CloudFiles.ByteRange) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) => textOf(files.download({ container: name, object, range })))

/** The names in a listing. */
export const namesOf = <E, R>(listing: Stream.Stream<{ readonly name: string } | { readonly subdir: string }, E, R>) =>
  Effect.map(Stream.runCollect(listing), (all) =>
    [...all].map((entry) => ("subdir" in entry ? entry.subdir : entry.name))
  )

/** The names of all objects; none if there is no such container. */
export const namesIn = (name: string) =>
  Effect.flatMap(CloudFiles.CloudFiles, (files) =>
    Effect.catchTag(namesOf(files.listObjects({ container: name })), "NotFound", () => Effect.succeed([]))
  )
