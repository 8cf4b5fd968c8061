/** Requests that take the cloud minutes, depending on the amount of stored data. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as TestCloud from "../../src/layers/TestCloud.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import * as CloudFiles from "../../src/services/CloudFiles.js"
import { md5, requestsOf } from "../support.js"
import { put } from "../support/cloudFiles.js"
import { archive } from "../emulator/tar.js"

const address = { container: "c", object: "o" }

const segments = { container: "c", object: "large", segmentThreshold: 2, segmentSize: 2 }

/** Each operation, and how many requests of it take long. */
const operations: Readonly<Record<string, (files: CloudFiles.Service) => Effect.Effect<unknown, unknown>>> = {
  copy: (files) => files.copy({ container: "c", object: "copy", source: address }),
  "copy of a large object with its segments": (files) =>
    files.copy({ container: "c", object: "copy", source: { container: "c", object: "static" }, segments: "copy" }),
  move: (files) => files.move({ container: "c", object: "moved", source: address }),
  bulkDelete: (files) => files.bulkDelete({ objects: [address] }),
  emptyContainer: (files) => files.emptyContainer({ container: "c" }),
  extractArchive: (files) =>
    files.extractArchive({
      container: "c",
      body: CloudFiles.fromBytes(archive({ a: "b" })),
      format: "tar"
    }),
  putManifest: (files) =>
    files.putManifest({ container: "c", object: "m", segments: [{ path: "/c/o", etag: md5("content"), bytes: 7 }] }),
  "upload in segments": (files) => files.upload({ ...segments, body: CloudFiles.fromString("0123") }),
  deleteLargeObject: (files) => files.deleteLargeObject({ container: "c", object: "static" })
}

const cloud = { cloud: { files: { longOperationTime: "3 minutes" } }, retry: RetryPolicy.defaultPolicy } as const

const isLong = ({
  headers,
  method,
  target
}: {
  headers: Readonly<Record<string, string>>
  method: string
  target: string
}) =>
  method === "COPY" ||
  headers["x-copy-from"] !== undefined ||
  /bulk-delete|extract-archive|multipart-manifest=(put|delete)/.test(target)

describe("an operation that takes the cloud minutes", () => {
  for (const [name, run] of Object.entries(operations)) {
    it.effect(`is waited for, and sent once: ${name}`, () =>
      Effect.gen(function* () {
        const files = yield* CloudFiles.CloudFiles
        const emulated = yield* TestCloud.TestCloud
        yield* files.createContainer({ container: "c" })
        yield* put("o", "content")
        const stored = yield* Effect.fork(
          files.upload({ ...segments, object: "static", body: CloudFiles.fromString("0123") })
        )
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(stored)
        yield* emulated.clearRequests
        const running = yield* Effect.fork(run(files))
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(running)
        const sent = (yield* requestsOf("files")).filter(isLong).map(({ method, target }) => `${method} ${target}`)
        assert.isAtLeast(sent.length, 1)
        assert.strictEqual(new Set(sent).size, sent.length, sent.join("\n"))
      }).pipe(Effect.provide(TestCloud.layer(cloud)))
    )
  }
})
