/** SSL termination: how a load balancer speaks TLS to its clients, and plainly to its nodes. */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { struct } from "../../internal/schema/struct.js"
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

/** Whether an old version of TLS is spoken. */
export interface SecurityProtocol {
  readonly name: "TLS_10" | "TLS_11" | (string & {})
  readonly status: "DISABLED" | "ENABLED" | (string & {})
}

export const SecurityProtocol = struct<SecurityProtocol>({
  name: Schema.propertySignature(openEnum("TLS_10", "TLS_11")).pipe(Schema.fromKey("securityProtocolName")),
  status: Schema.propertySignature(openEnum("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
})

/** An old version of TLS, and whether it is spoken where the cloud returns that. */
export interface SecurityProtocolState {
  /** `TLS_10`, `TLS_11`. Empty where the cloud does not return it. */
  readonly name: string
  readonly status?: "DISABLED" | "ENABLED" | (string & {}) | undefined
}

export const SecurityProtocolState = struct<SecurityProtocolState>({
  name: textOr("").pipe(Schema.fromKey("securityProtocolName")),
  status: nullableOptional(openEnum("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
})

/** How a load balancer speaks TLS to its clients, and plainly to its nodes. The private key is never returned. */
export interface SslTermination {
  readonly enabled?: boolean | undefined
  readonly securePort?: number | undefined
  /** Whether the plain port is closed. */
  readonly secureTrafficOnly?: boolean | undefined
  /** PEM. */
  readonly certificate?: string | undefined
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
  /** `default`, or the name of a list of ciphers. */
  readonly cipherProfile?: string | undefined
  readonly securityProtocols: ReadonlyArray<SecurityProtocolState>
}

export const SslTermination = struct<SslTermination>({
  enabled: someFlag,
  securePort: someCount,
  secureTrafficOnly: someFlag,
  certificate: absentIfEmpty,
  intermediateCertificate: absentIfEmpty,
  cipherProfile: absentIfEmpty,
  securityProtocols: listOf(SecurityProtocolState)
})

const isPem = (text: string): boolean => text.includes("-----BEGIN ") && /[\r\n]/.test(text.trim())

export const Certificate = Schema.String.pipe(
  Schema.filter((text) => isPem(text) && text.includes("BEGIN CERTIFICATE") && !text.includes("PRIVATE KEY"), {
    description: "a certificate in PEM, with its line breaks and without a private key"
  })
)

/** A secret on its way to the cloud. */
export const PrivateKey = secretInput(
  Schema.String.pipe(
    Schema.filter((text) => isPem(text) && /BEGIN (RSA )?PRIVATE KEY/.test(text), {
      description: "an RSA private key in PEM, with its line breaks and not encrypted"
    })
  )
)

const sslFields = Schema.Struct({
  enabled: Schema.optional(Schema.Boolean),
  securePort: Schema.optional(Port),
  secureTrafficOnly: Schema.optional(Schema.Boolean),
  certificate: Schema.optional(Certificate),
  privateKey: Schema.optional(PrivateKey).pipe(Schema.fromKey("privatekey")),
  intermediateCertificate: Schema.optional(Certificate),
  cipherProfile: Schema.optional(Named),
  securityProtocols: Schema.optional(Schema.Array(SecurityProtocol))
})

const WantedSslTermination = Schema.compose(
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
          message: `what must come with ${given}, and it is missing`
        }))
      }
      return Object.values(ssl).every((value) => value === undefined)
        ? { path: ["securePort"], message: "something to change" }
        : undefined
    })
  ),
  { strict: false }
)

/** How a balancer is to speak TLS to its clients. */
export interface SetSslTermination extends ByLoadBalancerId {
  /** The cloud's default is true. */
  readonly enabled?: boolean | undefined
  /** 1 to 65535, and not the balancer's own. Needed with a new certificate. */
  readonly securePort?: number | undefined
  /** Whether the plain port is closed. The cloud's default is false. */
  readonly secureTrafficOnly?: boolean | undefined
  /** PEM. With the key in place of those that are set. */
  readonly certificate?: string | undefined
  /** PEM, RSA. */
  readonly privateKey?: string | Redacted.Redacted | undefined
  /** PEM. Only together with the certificate. */
  readonly intermediateCertificate?: string | undefined
  /** One of the cloud's lists of ciphers: `default`, `CLBCipherPolicy2019-05`. */
  readonly cipherProfile?: string | undefined
  /** Whether old versions of TLS are spoken. */
  readonly securityProtocols?: ReadonlyArray<SecurityProtocol> | undefined
}

/** The operations on SSL termination. */
export const sslTerminationEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * SSL termination, without its private key, or None where it is not set. Fails with `NotFound` where there is no such
   * balancer. `GET …/ssltermination`.
   */
  getSslTermination: Endpoint.define<ByLoadBalancerId>()("GET", `${balancerPath}/ssltermination`, {
    success: Endpoint.json(ifSet("sslTermination", SslTermination)),
    errors: ["NotFound"]
  }),
  /**
   * Sets SSL termination, or changes its settings. A certificate comes with its key and the port; without one, those that
   * are set stay. Fails with `BadRequest` where the key is not the certificate's, or the protocol has no SSL termination.
   * "Update SSL termination configuration", `PUT …/ssltermination`.
   */
  setSslTermination: Endpoint.define<SetSslTermination>()("PUT", `${balancerPath}/ssltermination`, {
    body: enveloped("sslTermination", WantedSslTermination),
    errors: changeErrors
  }),
  /** Ends SSL termination, with all certificates. `DELETE …/ssltermination`. */
  deleteSslTermination: Endpoint.define<ByLoadBalancerId>()("DELETE", `${balancerPath}/ssltermination`, {
    errors: changeErrors
  }),
  /** The names of the ciphers that it takes. Fails with `NotFound`. "List ciphers", `GET …/ssltermination/ciphers`. */
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
