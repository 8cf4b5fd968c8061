import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { CloudFiles, Rackspace, TestCloud } from "effect-rackspace"
import { collected } from "../support.js"

/** Cloud Files on a cloud that returns the test's response to each request. */
const filesOf = <A, E>(
  response: (url: URL, method: string) => Response | unknown,
  use: (files: CloudFiles.Service) => Effect.Effect<A, E>
) =>
  Effect.flatMap(CloudFiles.CloudFiles, use).pipe(
    Effect.provide(
      Rackspace.layerServices({
        retry: TestCloud.retryWithoutDelay,
        transformClient: () =>
          HttpClient.make((request, url) => {
            const found = response(url, request.method)
            return Effect.succeed(
              HttpClientResponse.fromWeb(
                request,
                found instanceof Response
                  ? found
                  : new Response(JSON.stringify(found), {
                      status: 200,
                      headers: { "content-type": "application/json; charset=utf-8" }
                    })
              )
            )
          })
      })
    ),
    Effect.provide(TestCloud.layer())
  )

const firstPage = (items: ReadonlyArray<unknown>) => (url: URL) => (url.searchParams.has("marker") ? [] : items)

describe("CloudFiles: responses of other clouds", () => {
  it.effect("decodes listings whose numbers are strings, and whose dates are empty or null", () =>
    filesOf(
      firstPage([
        { name: "a", bytes: "12", hash: null, content_type: null, last_modified: "" },
        { name: "b", bytes: 3, last_modified: null, symlink_bytes: "7" }
      ]),
      (files) =>
        Effect.map(collected(files.listObjects({ container: "c" })), (objects) => {
          assert.deepStrictEqual(
            objects.map((object) => ("bytes" in object ? [object.name, object.bytes, object.lastModified] : [])),
            [
              ["a", 12, undefined],
              ["b", 3, undefined]
            ]
          )
        })
    )
  )

  it.effect("decodes containers with only a name, or with numbers as strings", () =>
    filesOf(firstPage([{ name: "a" }, { name: "b", count: "2", bytes: "9", last_modified: "" }]), (files) =>
      Effect.map(collected(files.listContainers()), (containers) =>
        assert.deepStrictEqual(
          containers.map((container) => ("name" in container ? [container.name, container.objectCount] : [])),
          [
            ["a", undefined],
            ["b", 2]
          ]
        )
      )
    )
  )

  const manifests: Readonly<Record<string, ReadonlyArray<unknown>>> = {
    "as Swift returns it": [{ name: "/c/1", hash: "0".repeat(32), bytes: 5, sub_slo: false }],
    "with strings": [{ name: "/c/1", hash: "0".repeat(32), bytes: "5", sub_slo: "False" }],
    "with nulls": [{ name: "/c/1", hash: "0".repeat(32), bytes: 5, sub_slo: null, range: null, last_modified: null }],
    "with the keys of a PUT request": [{ path: "/c/1", etag: "0".repeat(32), size_bytes: "5" }]
  }
  for (const [how, manifest] of Object.entries(manifests)) {
    it.effect(`decodes a manifest: ${how}`, () =>
      filesOf(
        () => manifest,
        (files) =>
          Effect.map(files.getManifest({ container: "c", object: "o" }), ([entry]) => {
            assert.strictEqual(entry?.name, "/c/1")
            assert.strictEqual(entry?.hash, "0".repeat(32))
            assert.strictEqual(entry?.bytes, 5)
            assert.isFalse(entry?.isManifest)
          })
      )
    )
  }

  it.effect("decodes a manifest with an entry without a hash, and with a nested manifest", () =>
    filesOf(
      () => [
        { name: "/c/1", bytes: 5, hash: null },
        { name: "/c/2", bytes: 5, sub_slo: "True" }
      ],
      (files) =>
        Effect.map(files.getManifest({ container: "c", object: "o" }), ([first, second]) => {
          assert.isUndefined(first?.hash)
          assert.isTrue(second?.isManifest)
        })
    )
  )

  const info = (body: unknown) =>
    filesOf(
      () => body,
      (files) => files.getCapabilities()
    )

  it.effect("decodes capabilities with numbers as strings, lists as strings, and empty parts", () =>
    Effect.gen(function* () {
      const found = Option.getOrThrow(
        yield* info({
          swift: {
            version: 1.9,
            max_file_size: "5368709122",
            policies: [{ default: true }, { name: "a", default: "yes" }]
          },
          tempurl: { methods: "GET PUT", allowed_digests: ["sha1", null, "sha256"] },
          slo: true,
          bulk_delete: { max_deletes_per_request: "1000" },
          formpost: {},
          staticweb: null
        })
      )
      assert.strictEqual(found.swift?.version, "1.9")
      assert.strictEqual(found.swift?.maxObjectBytes, 5368709122)
      assert.deepStrictEqual(found.swift?.policies, [{ name: "a", isDefault: true }])
      assert.deepStrictEqual(found.tempUrl, { methods: ["GET", "PUT"], algorithms: ["sha1", "sha256"] })
      assert.deepStrictEqual(found.staticLargeObjects, {})
      assert.strictEqual(found.bulkDelete?.maxPerRequest, 1000)
    })
  )

  it.effect("decodes capabilities without the part about Swift, and returns none for other JSON", () =>
    Effect.gen(function* () {
      const found = Option.getOrThrow(yield* info({ slo: { max_manifest_segments: 100 } }))
      assert.strictEqual(found.staticLargeObjects?.maxSegments, 100)
      assert.isTrue(Option.isNone(yield* info({ error: "none" })))
      assert.isTrue(Option.isNone(yield* info([])))
    })
  )

  it.effect("decodes CDN containers with only a name", () =>
    filesOf(
      (url) =>
        url.searchParams.has("marker")
          ? []
          : [{ name: "a" }, { name: "b", cdn_enabled: "True", log_retention: null, ttl: "900" }],
      (files) =>
        Effect.map(collected(files.listCdnContainers()), (containers) =>
          assert.deepStrictEqual(
            containers.map(({ enabled, logRetention, name }) => [name, enabled, logRetention]),
            [
              ["a", false, false],
              ["b", true, false]
            ]
          )
        )
    )
  )

  const bulk: Readonly<Record<string, unknown>> = {
    "as Swift returns it": {
      "Number Deleted": 1,
      "Number Not Found": 1,
      "Response Status": "200 OK",
      "Response Body": "",
      Errors: []
    },
    "with strings and nulls": {
      "Number Deleted": "1",
      "Number Not Found": "1",
      "Response Status": "200 OK",
      "Response Body": null,
      Errors: null
    },
    "with few fields": { "Number Deleted": 1, "Number Not Found": 1, "Response Status": "200 OK" }
  }
  for (const [how, response] of Object.entries(bulk)) {
    it.effect(`decodes the result of a bulk deletion: ${how}`, () =>
      filesOf(
        () => response,
        (files) =>
          Effect.map(
            files.bulkDelete({
              objects: [
                { container: "c", object: "1" },
                { container: "c", object: "2" }
              ]
            }),
            (done) => assert.deepStrictEqual(done, { deleted: 1, notFound: 1 })
          )
      )
    )
  }

  it.effect("reports the failures of a bulk deletion whose errors are objects", () =>
    filesOf(
      () => ({
        "Number Deleted": 1,
        "Response Status": "400 Bad Request",
        Errors: [{ Name: "c/2", Status: "403 Forbidden" }]
      }),
      (files) =>
        Effect.map(
          Effect.flip(
            files.bulkDelete({
              objects: [
                { container: "c", object: "1" },
                { container: "c", object: "2" }
              ]
            })
          ),
          (error) => {
            assert.strictEqual(error._tag, "BulkFailed")
            if (error._tag === "BulkFailed")
              assert.deepStrictEqual(
                error.failures.map(({ path }) => path),
                ["c/2"]
              )
          }
        )
    )
  )
})

describe("a container whose old versions are in another container", () => {
  it.effect("is emptied completely, and keeps old versions afterwards as before", () =>
    Effect.gen(function* () {
      const files = yield* CloudFiles.CloudFiles
      yield* files.createContainer({ container: "old" })
      yield* files.createContainer({ container: "c", versionsLocation: "old" })
      for (const body of ["one", "two", "three"])
        yield* files.upload({ container: "c", object: "o", body: CloudFiles.fromString(body) })
      const done = yield* files.emptyContainer({ container: "c" })
      assert.strictEqual(done.deleted, 1)
      assert.lengthOf(yield* collected(files.listObjects({ container: "c" })), 0)
      assert.lengthOf(yield* collected(files.listObjects({ container: "old" })), 2)
      assert.strictEqual((yield* files.getContainer({ container: "c" })).versionsLocation, "old")
    }).pipe(Effect.provide(TestCloud.layer()))
  )
})
