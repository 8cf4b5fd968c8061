/** Tags of servers: operations. OpenStack only, since Nova's microversion 2.26. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct } from "../../internal/schema/struct.js"
import { Named, Text } from "../../internal/schema/wire.js"
import { charactersOf } from "./fields.js"
import type { ByServerId, ByServerTag } from "./references.js"

/** A tag of a server, or of a disk or an interface of one. */
export const Tag = Named.pipe(
  Schema.filter((tag) => charactersOf(tag) <= 60 && !/[,/]/.test(tag), {
    description: "a tag of 1 to 60 characters without commas and slashes"
  })
)

/** All tags of a server. */
export const Tags = lazy(() => Schema.Array(Tag).pipe(Schema.maxItems(50, { description: "at most 50 tags" })))

const path = "/servers/{serverId}/tags"

const tagsIn = Endpoint.list("tags", Text)

/** A tag in a path. Nova decodes paths as Latin-1, and would store other characters wrongly. */
const TagInPath = Tag.pipe(
  Schema.filter((tag) => /^\p{ASCII}*$/u.test(tag), {
    description: "a tag of ASCII characters; replaceTags takes all others"
  })
)

/** A server, and its new tags. */
export interface ReplaceTags extends ByServerId {
  /** All tags of the server. */
  readonly tags: ReadonlyArray<string>
}

/** The operations on tags of servers, as data. */
export const serverTagEndpoints = Endpoint.table("CloudServers", {
  /** All tags of a server. Needs microversion 2.26. Fails with `NotFound`. "List tags", `GET /servers/{server_id}/tags`. */
  listTags: Endpoint.define<ByServerId>()("GET", path, { success: tagsIn, errors: ["NotFound"] }),
  /**
   * Replaces all tags of a server. Returns the new tags. Needs microversion 2.26. Fails with `NotFound`, and with
   * `Conflict` if the server's state does not allow it. "Replace tags", `PUT /servers/{server_id}/tags`.
   */
  replaceTags: Endpoint.define<ReplaceTags>()("PUT", path, {
    body: lazyStruct(() => ({ tags: Tags })),
    success: tagsIn,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Adds a tag of ASCII characters to a server, unless the server has it already. For other characters use
   * `replaceTags`, because Nova misreads them in a path. Needs microversion 2.26. Fails with `NotFound`, with
   * `BadRequest` if the server has 50 tags, and with `Conflict` if its state does not allow it. "Add a single tag",
   * `PUT /servers/{server_id}/tags/{tag}`.
   */
  addTag: Endpoint.define<ByServerTag>()("PUT", `${path}/{tag}`, {
    parameters: { serverId: Named, tag: TagInPath },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Removes a tag of ASCII characters from a server; for others use `replaceTags`. Needs microversion 2.26. Fails with
   * `NotFound` if there is no such server or tag, and with `Conflict` if the server's state does not allow it. "Delete
   * a single tag", `DELETE /servers/{server_id}/tags/{tag}`.
   */
  deleteTag: Endpoint.define<ByServerTag>()("DELETE", `${path}/{tag}`, {
    parameters: { serverId: Named, tag: TagInPath },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Removes all tags from a server. Needs microversion 2.26. Fails with `NotFound`, and with `Conflict` if the server's
   * state does not allow it. "Delete all tags", `DELETE /servers/{server_id}/tags`.
   */
  deleteAllTags: Endpoint.define<ByServerId>()("DELETE", path, { errors: ["NotFound", "Conflict"] })
})
