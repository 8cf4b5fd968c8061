/**
 * Scripts: what is run on the nodes of a cluster when they are ready.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery } from "../../internal/paging/listing.js"
import {
  absent,
  absentIfEmpty,
  enveloped,
  Flag,
  Id,
  Named,
  open,
  textOr,
  TimestampIfAny,
  upTo,
  withDefault
} from "../../internal/schema/wire.js"
import { listed, type ServiceContext } from "./context.js"

/**
 * How far a script has come on a cluster. The cloud may return others.
 *
 * @since 0.1.0
 * @category models
 */
export const ScriptStatus = open("PENDING", "DELIVERED", "RUNNING", "SUCCEEDED", "FAILED")

/**
 * A script that is run on the nodes of a cluster when they are ready.
 *
 * @since 0.1.0
 * @category models
 */
export const Script = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  name: textOr(""),
  type: absent(open("POST_INIT")),
  /** Where the nodes fetch it. */
  url: absentIfEmpty,
  /** Whether it is the cloud's, for all accounts. Such a one cannot be changed. */
  isPublic: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("is_public")),
  created: TimestampIfAny,
  /** Absent before the first change. */
  updated: TimestampIfAny
})

/**
 * A script that is run on the nodes of a cluster when they are ready.
 *
 * @since 0.1.0
 * @category models
 */
export interface Script extends Schema.Schema.Type<typeof Script> {}

/** A page on the web. */
const Url = Named.pipe(
  Schema.filter((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
    description: "an http or https URL"
  })
)

/** The operations on scripts. */
export const scriptEndpoints = Endpoint.table("CloudBigData", {
  /** Scripts, the cloud's and the account's, a page of them. "List all scripts", `GET /scripts`. */
  listScriptsPage: Endpoint.make("GET", "/scripts", {
    query: pageQuery,
    success: Endpoint.json(page("scripts", Script, "links"))
  }),
  /**
   * Registers a script, which nodes fetch from its URL when they need it. Fails with `QuotaExceeded` where the
   * account has too many. "Create a script", `POST /scripts`.
   */
  createScript: Endpoint.make("POST", "/scripts", {
    body: enveloped(
      "script",
      Schema.Struct({
        name: upTo(255, "a name"),
        url: Url,
        /** When it is run; there is one kind so far. */
        type: withDefault(open("POST_INIT"), "POST_INIT")
      })
    ),
    success: Endpoint.json(enveloped("script", Script)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Changes a script's URL, and its name where one is given. Clusters that have run it are left alone. Fails with `NotFound`.
   * "Update a script", `PUT /scripts/{scriptId}`.
   */
  updateScript: Endpoint.make("PUT", "/scripts/{scriptId}", {
    parameters: { scriptId: Named },
    body: enveloped("script", Schema.Struct({ name: Schema.optional(upTo(255, "a name")), url: Url })),
    success: Endpoint.json(enveloped("script", Script)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes a script of the account's own. Fails with `NotFound`, with `BadRequest` or `Conflict`
   * where it is the cloud's or in use. "Delete a script", `DELETE /scripts/{scriptId}`.
   */
  deleteScript: Endpoint.make("DELETE", "/scripts/{scriptId}", {
    parameters: { scriptId: Named },
    errors: ["NotFound", "Conflict"]
  })
})

/** The operations on scripts, and their listing. */
export const makeScripts = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, scriptEndpoints)
  return { ...operations, listScripts: listed("listScripts", operations.listScriptsPage) }
}
