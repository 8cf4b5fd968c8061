/** Distros: distributions of Hadoop and similar software, from which stacks are created. */
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, enveloped, Id, listOf, textOr } from "../../internal/schema/wire.js"
import type { ByDistroId } from "./references.js"
import { StackService, stackServiceFields } from "./stacks.js"

/** A distribution in a list. */
export interface DistroSummary {
  readonly id: string
  readonly name: string
  readonly version?: string | undefined
}

export const distroSummaryFields = () => ({ id: Id, name: textOr(""), version: absentIfEmpty })

export const DistroSummary = struct<DistroSummary>(distroSummaryFields)

/** A service of a distribution. */
export interface DistroService extends StackService {
  readonly description?: string | undefined
}

export const DistroService = struct<DistroService>(() => ({ ...stackServiceFields(), description: absentIfEmpty }))

/** A distribution with the services that stacks can use. */
export interface Distro extends DistroSummary {
  readonly services: ReadonlyArray<DistroService>
}

export const Distro = struct<Distro>(() => ({ ...distroSummaryFields(), services: listOf(DistroService) }))

/** The operations on distros. */
export const distroEndpoints = Endpoint.table("CloudBigData", {
  /** All distributions. "List available distros", `GET /distros`. */
  listDistros: Endpoint.make("GET", "/distros", { success: Endpoint.list("distros", DistroSummary) }),
  /** A distribution with its services. Fails with `NotFound`. "Show distro details", `GET /distros/{distroId}`. */
  getDistro: Endpoint.define<ByDistroId>()("GET", "/distros/{distroId}", {
    success: Endpoint.json(enveloped("distro", Distro)),
    errors: ["NotFound"]
  })
})
