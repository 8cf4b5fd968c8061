/** The headers of uploaded files: expiry, metadata, content type and others, for all files or chosen for each. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CloudClient } from "../../../CloudClient.js"
import type { InvalidInput } from "../../../CloudError.js"
import * as Endpoint from "../../../Endpoint.js"
import { extended } from "../../../internal/schema/inputs.js"
import { invalidInput } from "../../../internal/schema/invalidInput.js"
import { objectEndpoints } from "../objects/objects.js"
import type { Job, Outgoing } from "./job.js"
import type { DescribeOptions, ObjectDescription } from "./model.js"

/** The fields of a description. */
const descriptionFields = {
  headers: true,
  contentType: true,
  contentEncoding: true,
  contentDisposition: true,
  contentLanguage: true,
  cacheControl: true,
  corsAllowOrigins: true,
  corsMaxAge: true,
  corsAllowHeaders: true,
  corsExposeHeaders: true,
  deleteAt: true,
  deleteAfter: true,
  metadata: true
} as const satisfies { readonly [Name in keyof ObjectDescription]-?: true }

/** The schema of the result of `describe`. */
const ofFile = extended(
  objectEndpoints.putObject,
  {},
  "container",
  "object",
  "content",
  "md5",
  "detectContentType",
  "ifNoneMatch"
)

const service = "CloudFiles"

/** Selects the description's fields from other options. Undefined if there are none. */
const pick = (options: ObjectDescription): ObjectDescription | undefined => {
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && name in descriptionFields)
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** Merges the description of one file into that of all files. */
const merged = (all: ObjectDescription = {}, own: ObjectDescription = {}): ObjectDescription => {
  const { deleteAfter, deleteAt, ...others } = all
  const expires = own.deleteAt !== undefined || own.deleteAfter !== undefined
  return {
    ...others,
    ...(!expires && { deleteAfter, deleteAt }),
    ...own,
    ...((all.metadata ?? own.metadata) !== undefined && { metadata: { ...all.metadata, ...own.metadata } }),
    ...((all.headers ?? own.headers) !== undefined && { headers: { ...all.headers, ...own.headers } })
  }
}

/** A folder marker has a fixed content type, and no content that could be encoded. */
const ofMarker = ({ contentEncoding: _, contentType: __, ...rest }: ObjectDescription): ObjectDescription => rest

/** Validates descriptions, and adds them to the files of an upload. */
export const makeDescribing = (client: CloudClient, operation: string, options: DescribeOptions) => {
  const putObject = { ...objectEndpoints.putObject, operation }
  const values = pick(options)
  const { describe } = options

  const refused = (issues: InvalidInput["issues"]): InvalidInput => invalidInput(service, operation, issues)

  /** Fails with `InvalidInput` if the description is invalid. */
  const check = (description: ObjectDescription): Effect.Effect<void, InvalidInput> =>
    Object.keys(description.metadata ?? {}).some((key) => key.toLowerCase() === "mtime")
      ? Effect.fail(
          refused([
            { path: "metadata.mtime", expected: "no key mtime, which is reserved for the file's modification time" }
          ])
        )
      : Endpoint.validate(client, putObject, { container: "container", object: "object", ...description })

  const describeFile = (
    describing: NonNullable<typeof describe>,
    { bytes, isFolder, object, path, time }: Outgoing
  ): Effect.Effect<ObjectDescription | undefined, InvalidInput> =>
    Effect.suspend(() => {
      let given: ReturnType<typeof describing>
      try {
        given = describing({ path, object, bytes, modified: time, isFolder })
      } catch (error) {
        return Effect.fail(refused([{ path: "describe", expected: `a description, but it threw ${String(error)}` }]))
      }
      if (given === undefined) return Effect.succeed(values)
      const issues = ofFile
        .issues(given)
        .map(({ expected, path }) => ({ expected, path: path === "." ? "describe" : `describe.${path}` }))
      if (issues.length > 0) return Effect.fail(refused(issues))
      const own = pick(given)
      if (own === undefined) return Effect.succeed(values)
      const description = merged(values, own)
      return Effect.as(check(description), description)
    })

  const described = (file: Outgoing, description: ObjectDescription | undefined): Outgoing => ({
    ...file,
    description: description !== undefined && file.isFolder ? ofMarker(description) : description
  })

  return {
    /** Validates the description of all files. */
    check: Effect.suspend(() => (values === undefined ? Effect.void : check(values))),
    /** Adds each file's description. Files with an invalid one are reported as `Failed` and dropped. */
    describe: <E, R>(emit: Job["emit"], files: Stream.Stream<Outgoing, E, R>): Stream.Stream<Outgoing, E, R> => {
      if (describe === undefined) {
        return values === undefined ? files : Stream.map(files, (file) => described(file, values))
      }
      return Stream.mapChunksEffect(files, (chunk) =>
        Effect.map(
          Effect.forEach(chunk, (file) =>
            Effect.matchEffect(describeFile(describe, file), {
              onFailure: (error) =>
                Effect.as(
                  emit([{ _tag: "Failed", path: file.path, object: file.object, bytes: file.bytes, error }]),
                  []
                ),
              onSuccess: (description) => Effect.succeed([described(file, description)])
            })
          ),
          (all) => Chunk.unsafeFromArray(all.flat())
        )
      )
    }
  }
}
