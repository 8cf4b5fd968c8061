/** Tags of servers: operations. OpenStack has them from Nova's microversion 2.26 on; Rackspace does not. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
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
export const Tags = Schema.Array(Tag).pipe(Schema.maxItems(50, { description: "at most 50 tags" }))

const path = "/servers/{serverId}/tags"

const tagsIn = Endpoint.list("tags", Text)

/** A tag in a path. Nova reads paths as Latin-1, and so would store another tag than the one that was meant. */
const TagInPath = Tag.pipe(
  Schema.filter((tag) => /^\p{ASCII}*$/u.test(tag), {
    description: "a tag of ASCII characters; replaceTags takes all others"
  })
)

/** A server, and its new tags. */
export interface ReplaceTags extends ByServerId {
  /** All tags that the server is to have. */
  readonly tags: ReadonlyArray<string>
}

/** The operations on tags of servers, as data. */
export const serverTagEndpoints = Endpoint.table("CloudServers", {
  /** All tags of a server. Needs microversion 2.26. Fails with `NotFound`. "List tags", `GET /servers/{server_id}/tags`. */
  listTags: Endpoint.define<ByServerId>()("GET", path, { success: tagsIn, errors: ["NotFound"] }),
  /**
   * Sets all tags of a server: those that are not named are removed. Returns all of them. Needs microversion 2.26. Fails with
   * `NotFound`, and with `Conflict` where the server's state does not allow it. "Replace tags", `PUT /servers/{server_id}/tags`.
   */
  replaceTags: Endpoint.define<ReplaceTags>()("PUT", path, {
    body: Schema.Struct({ tags: Tags }),
    success: tagsIn,
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Adds a tag of ASCII characters to a server; one that it has already is no error. A server has at most 50. For other characters
   * use `replaceTags`, because Nova does not read them in a path. Needs microversion 2.26. Fails with `NotFound`, with `BadRequest`
   * where it has 50 already, and with `Conflict` where the server's state does not allow it. "Add a single tag",
   * `PUT /servers/{server_id}/tags/{tag}`.
   */
  addTag: Endpoint.define<ByServerTag>()("PUT", `${path}/{tag}`, {
    parameters: { serverId: Named, tag: TagInPath },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Removes a tag of ASCII characters from a server; for others use `replaceTags`. Needs microversion 2.26. Fails with `NotFound` where there is no such server or no such tag, and
   * with `Conflict` where the server's state does not allow it. "Delete a single tag", `DELETE /servers/{server_id}/tags/{tag}`.
   */
  deleteTag: Endpoint.define<ByServerTag>()("DELETE", `${path}/{tag}`, {
    parameters: { serverId: Named, tag: TagInPath },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Removes all tags from a server. Needs microversion 2.26. Fails with `NotFound`, and with `Conflict` where the server's state
   * does not allow it. "Delete all tags", `DELETE /servers/{server_id}/tags`.
   */
  deleteAllTags: Endpoint.define<ByServerId>()("DELETE", path, { errors: ["NotFound", "Conflict"] })
})
