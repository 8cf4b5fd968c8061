/** The availability zones of a region: models and operations. OpenStack only. */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { hideEncoded, lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { JsonMap, someFlag, Text } from "../../internal/schema/wire.js"

const Wire = lazyStruct(() => ({
  zoneName: Text,
  zoneState: Schema.optionalWith(Schema.Struct({ available: someFlag }), { nullable: true }),
  hosts: Schema.optionalWith(JsonMap, { nullable: true })
}))

/** A zone in which servers can be created. */
export interface AvailabilityZone {
  readonly name: string
  /** Absent if the cloud does not return it. */
  readonly available?: boolean | undefined
  /** The services of each host, by the host's name. Only for operators of the cloud. */
  readonly hosts?: Readonly<Record<string, unknown>> | undefined
}

const Domain = struct<AvailabilityZone>(() => ({
  name: Schema.String,
  available: Schema.optional(Schema.Boolean),
  hosts: Schema.optional(Schema.typeSchema(JsonMap))
}))

export const AvailabilityZone: Schema.Schema<AvailabilityZone, unknown> = lazy(() =>
  hideEncoded(
    Schema.transform(Wire, Schema.typeSchema(Domain), {
      strict: false,
      decode: ({ hosts, zoneName, zoneState }) => ({
        name: zoneName,
        ...(zoneState?.available !== undefined && { available: zoneState.available }),
        ...(hosts !== undefined && { hosts })
      }),
      encode: (_, { name }) => ({ zoneName: name })
    })
  )
)

/** The operations on availability zones, as data. */
export const availabilityZoneEndpoints = Endpoint.table("CloudServers", {
  /** The zones in which servers can be created. "Get availability zone information", `GET /os-availability-zone`. */
  listAvailabilityZones: Endpoint.make("GET", "/os-availability-zone", {
    success: Endpoint.list("availabilityZoneInfo", AvailabilityZone)
  }),
  /**
   * The zones with their hosts and services, for operators of the cloud; fails with `Forbidden` for others. "Get
   * detailed availability zone information", `GET /os-availability-zone/detail`.
   */
  listAvailabilityZonesDetail: Endpoint.make("GET", "/os-availability-zone/detail", {
    success: Endpoint.list("availabilityZoneInfo", AvailabilityZone)
  })
})
