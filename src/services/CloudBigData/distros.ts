/**
 * Distros: the distributions of Hadoop and its like that stacks are made from.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absentIfEmpty, enveloped, Id, listOf, Named, textOr } from "../../internal/schema/wire.js"
import { StackService } from "./stacks.js"

/**
 * A distribution of Hadoop and its like, as it stands in the list of distros.
 *
 * @since 0.1.0
 * @category models
 */
export const DistroSummary = Schema.Struct({ id: Id, name: textOr(""), version: absentIfEmpty })

/**
 * A distribution, as it stands in the list of distros.
 *
 * @since 0.1.0
 * @category models
 */
export interface DistroSummary extends Schema.Schema.Type<typeof DistroSummary> {}

/**
 * A distribution with the services that stacks may take from it.
 *
 * @since 0.1.0
 * @category models
 */
export const Distro = Schema.Struct({
  ...DistroSummary.fields,
  services: listOf(Schema.Struct({ ...StackService.fields, description: absentIfEmpty }))
})

/**
 * A distribution with the services that stacks may take from it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Distro extends Schema.Schema.Type<typeof Distro> {}

/** The operations on distros. */
export const distroEndpoints = Endpoint.table("CloudBigData", {
  /** The distributions that there are. "List available distros", `GET /distros`. */
  listDistros: Endpoint.make("GET", "/distros", {
    success: Endpoint.list("distros", DistroSummary)
  }),
  /** One distribution, with its services. Fails with `NotFound`. "Show distro details", `GET /distros/{distroId}`. */
  getDistro: Endpoint.make("GET", "/distros/{distroId}", {
    parameters: { distroId: Named },
    success: Endpoint.json(enveloped("distro", Distro)),
    errors: ["NotFound"]
  })
})
