/** SSL termination: a load balancer that uses TLS with its clients, and none with its nodes. */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  listOf,
  Named,
  openEnum,
  someCount,
  someFlag,
  textOr
} from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import type { ByLoadBalancerId } from "./references.js"
import { balancerPath, changeErrors, Port } from "./requests.js"
import { ifSet } from "./responses.js"

/** Whether to enable an old version of TLS. */
export interface SecurityProtocol {
  readonly name: "TLS_10" | "TLS_11" | (string & {})
  readonly status: "DISABLED" | "ENABLED" | (string & {})
}

export const SecurityProtocol = struct<SecurityProtocol>(() => ({
  name: Schema.propertySignature(openEnum("TLS_10", "TLS_11")).pipe(Schema.fromKey("securityProtocolName")),
  status: Schema.propertySignature(openEnum("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
}))

/** An old version of TLS, and whether it is enabled if the cloud returns that. */
export interface SecurityProtocolState {
  /** `TLS_10`, `TLS_11`. Empty if the cloud does not return it. */
  readonly name: string
  readonly status?: "DISABLED" | "ENABLED" | (string & {}) | undefined
}

export const SecurityProtocolState = struct<SecurityProtocolState>(() => ({
  name: textOr("").pipe(Schema.fromKey("securityProtocolName")),
  status: nullableOptional(openEnum("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
}))

/** The TLS settings of a load balancer. The private key is never returned. */
export interface SslTermination {
  readonly enabled?: boolean | undefined
  readonly securePort?: number | undefined
  /** Whether the port without TLS is closed. */
  readonly secureTrafficOnly?: boolean | undefined
  /** PEM. */
  readonly certificate?: string | undefined
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
  /** `default`, or the name of a cipher list. */
  readonly cipherProfile?: string | undefined
  readonly securityProtocols: ReadonlyArray<SecurityProtocolState>
}

export const SslTermination = struct<SslTermination>(() => ({
  enabled: someFlag,
  securePort: someCount,
  secureTrafficOnly: someFlag,
  certificate: absentIfEmpty,
  intermediateCertificate: absentIfEmpty,
  cipherProfile: absentIfEmpty,
  securityProtocols: listOf(SecurityProtocolState)
}))

const isPem = (text: string): boolean => text.includes("-----BEGIN ") && /[\r\n]/.test(text.trim())

export const Certificate = Schema.String.pipe(
  Schema.filter((text) => isPem(text) && text.includes("BEGIN CERTIFICATE") && !text.includes("PRIVATE KEY"), {
    description: "a certificate in PEM, with its line breaks and without a private key"
  })
)

/** The schema of a private key, which is redacted. */
export const PrivateKey = lazy(() =>
  secretInput(
    Schema.String.pipe(
      Schema.filter((text) => isPem(text) && /BEGIN (RSA )?PRIVATE KEY/.test(text), {
        description: "an RSA private key in PEM, with its line breaks and not encrypted"
      })
    )
  )
)

const sslFields = lazyStruct(() => ({
  enabled: Schema.optional(Schema.Boolean),
  securePort: Schema.optional(Port),
  secureTrafficOnly: Schema.optional(Schema.Boolean),
  certificate: Schema.optional(Certificate),
  privateKey: Schema.optional(PrivateKey).pipe(Schema.fromKey("privatekey")),
  intermediateCertificate: Schema.optional(Certificate),
  cipherProfile: Schema.optional(Named),
  securityProtocols: Schema.optional(Schema.Array(SecurityProtocol))
}))

const WantedSslTermination = lazy(() =>
  Schema.compose(
    sslFields,
    Schema.typeSchema(sslFields).pipe(
      Schema.filter((ssl) => {
        const needs = (
          [
            ["certificate", ["privateKey", "securePort"]],
            ["privateKey", ["certificate", "securePort"]],
            ["intermediateCertificate", ["certificate", "privateKey"]]
          ] as const
        ).flatMap(([given, needed]) =>
          ssl[given] === undefined
            ? []
            : needed.filter((name) => ssl[name] === undefined).map((name) => [name, given] as const)
        )
        if (needs.length > 0) {
          return needs.map(([name, given]) => ({
            path: [name],
            message: `a value, which is required with ${given}`
          }))
        }
        return Object.values(ssl).every((value) => value === undefined)
          ? { path: ["securePort"], message: "something to change" }
          : undefined
      })
    ),
    { strict: false }
  )
)

/** TLS settings of a balancer. */
export interface SetSslTermination extends ByLoadBalancerId {
  /** The cloud's default is true. */
  readonly enabled?: boolean | undefined
  /** 1 to 65535, different from the balancer's own port. Required with a new certificate. */
  readonly securePort?: number | undefined
  /** Whether the port without TLS is closed. The cloud's default is false. */
  readonly secureTrafficOnly?: boolean | undefined
  /** PEM. Replaces the existing certificate; requires the key. */
  readonly certificate?: string | undefined
  /** PEM, RSA. */
  readonly privateKey?: string | Redacted.Redacted | undefined
  /** PEM. Only together with the certificate. */
  readonly intermediateCertificate?: string | undefined
  /** One of the cloud's cipher lists: `default`, `CLBCipherPolicy2019-05`. */
  readonly cipherProfile?: string | undefined
  /** Which old versions of TLS are enabled. */
  readonly securityProtocols?: ReadonlyArray<SecurityProtocol> | undefined
}

/** The operations on SSL termination. */
export const sslTerminationEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The TLS settings without the private key, or None if there are none. Fails with `NotFound` if there is no such
   * balancer. `GET …/ssltermination`.
   */
  getSslTermination: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/ssltermination`, {
    success: Endpoint.json(ifSet("sslTermination", SslTermination)),
    errors: ["NotFound"]
  }),
  /**
   * Sets up SSL termination, or changes its settings. A certificate requires its key and the port; without one, the
   * existing one stays. Fails with `BadRequest` if the key does not match the certificate, or the protocol has no SSL
   * termination. "Update SSL termination configuration", `PUT …/ssltermination`.
   */
  setSslTermination: Endpoint.define<SetSslTermination>()("PUT", `${balancerPath}/ssltermination`, {
    body: enveloped("sslTermination", WantedSslTermination),
    errors: changeErrors
  }),
  /** Removes SSL termination and all certificates. `DELETE …/ssltermination`. */
  deleteSslTermination: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/ssltermination`, {
    errors: changeErrors
  }),
  /** The names of the accepted ciphers. Fails with `NotFound`. "List ciphers", `GET …/ssltermination/ciphers`. */
  listCiphers: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/ssltermination/ciphers`, {
    success: Endpoint.list("ciphers", enveloped("name", Schema.String)),
    errors: ["NotFound"]
  })
})

/** The operations on SSL termination. */
export const makeSslTermination = (context: ServiceContext) => {
  const operations = operationsOf(context, sslTerminationEndpoints)
  return { ...operations, getSslTermination: orNone(context, operations.getSslTermination) }
}
