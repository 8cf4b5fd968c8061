/** Scripts, which run on the nodes of a cluster when they are ready. */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery, type PageQuery } from "../../internal/paging/listing.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Flag,
  Id,
  Named,
  openEnum,
  textOr,
  TimestampIfAny,
  upTo,
  withDefault
} from "../../internal/schema/wire.js"
import { listed, type ServiceContext } from "./context.js"
import type { ByScriptId } from "./references.js"

/** The status of a script on a cluster. The cloud may return others. */
export const ScriptStatus = openEnum("PENDING", "DELIVERED", "RUNNING", "SUCCEEDED", "FAILED")

export type ScriptStatus = typeof ScriptStatus.Type

/** A script that runs on the nodes of a cluster when they are ready. */
export interface Script {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly name: string
  readonly type?: "POST_INIT" | (string & {}) | undefined
  /** The URL from which nodes download it. */
  readonly url?: string | undefined
  /** Whether it is one of the cloud's own, which all accounts can use and none can change. */
  readonly isPublic: boolean
  readonly created?: DateTime.Utc | undefined
  /** Absent before the first change. */
  readonly updated?: DateTime.Utc | undefined
}

export const Script = struct<Script>(() => ({
  id: Id,
  name: textOr(""),
  type: nullableOptional(openEnum("POST_INIT")),
  url: absentIfEmpty,
  isPublic: Schema.optionalWith(Flag, { nullable: true, default: () => false }).pipe(Schema.fromKey("is_public")),
  created: TimestampIfAny,
  updated: TimestampIfAny
}))

/** A URL of http or https. */
const Url = Named.pipe(
  Schema.filter((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
    description: "an http or https URL"
  })
)

/** A script to register. */
export interface CreateScript {
  /** 1 to 255 characters. */
  readonly name: string
  /** The URL from which nodes download it. */
  readonly url: string
  /** When it runs; there is only one kind so far. */
  readonly type?: "POST_INIT" | (string & {}) | undefined
}

/** A script, and its new URL and name. */
export interface UpdateScript extends ByScriptId {
  /** 1 to 255 characters. */
  readonly name?: string | undefined
  /** The URL from which nodes download it. */
  readonly url: string
}

/** The operations on scripts. */
export const scriptEndpoints = Endpoint.table("CloudBigData", {
  /** A page of scripts, the cloud's and the account's. "List all scripts", `GET /scripts`. */
  listScriptsPage: Endpoint.define<PageQuery>()("GET", "/scripts", {
    query: pageQuery,
    success: Endpoint.json(page("scripts", Script, "links"))
  }),
  /**
   * Registers a script, which nodes download from its URL when they need it. Fails with `QuotaExceeded` if the account
   * has too many. "Create a script", `POST /scripts`.
   */
  createScript: Endpoint.define<CreateScript>()("POST", "/scripts", {
    body: enveloped(
      "script",
      lazyStruct(() => ({
        name: upTo(255, "a name"),
        url: Url,
        type: withDefault(openEnum("POST_INIT"), "POST_INIT")
      }))
    ),
    success: Endpoint.json(enveloped("script", Script)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Changes a script's URL and optionally its name. Clusters that have run it do not run it again. Fails with
   * `NotFound`. "Update a script", `PUT /scripts/{scriptId}`.
   */
  updateScript: Endpoint.define<UpdateScript>()("PUT", "/scripts/{scriptId}", {
    body: enveloped(
      "script",
      lazyStruct(() => ({ name: Schema.optional(upTo(255, "a name")), url: Url }))
    ),
    success: Endpoint.json(enveloped("script", Script)),
    errors: ["NotFound"]
  }),
  /**
   * Deletes one of the account's scripts. Fails with `NotFound`, and with `BadRequest` or `Conflict` if it is the
   * cloud's or in use. "Delete a script", `DELETE /scripts/{scriptId}`.
   */
  deleteScript: Endpoint.define<ByScriptId>()("DELETE", "/scripts/{scriptId}", { errors: ["NotFound", "Conflict"] })
})

/** The operations on scripts, and their listing. */
export const makeScripts = ({ client }: ServiceContext) => {
  const operations = Endpoint.client(client, scriptEndpoints)
  return { ...operations, listScripts: listed("listScripts", operations.listScriptsPage) }
}
