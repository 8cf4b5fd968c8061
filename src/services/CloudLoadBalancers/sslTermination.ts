/**
 * SSL termination: how a load balancer speaks TLS to its clients, and plainly to its nodes.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import {
  absent,
  absentIfEmpty,
  enveloped,
  listOf,
  Named,
  open,
  someCount,
  someFlag,
  textOr
} from "../../internal/schema/wire.js"
import { operationsOf, orNone, type ServiceContext } from "./context.js"
import { balancerParameters, balancerPath, changeErrors, Port } from "./requests.js"
import { ifSet } from "./responses.js"

/**
 * Whether an old version of TLS is spoken.
 *
 * @since 0.1.0
 * @category models
 */
export const SecurityProtocol = Schema.Struct({
  name: Schema.propertySignature(open("TLS_10", "TLS_11")).pipe(Schema.fromKey("securityProtocolName")),
  status: Schema.propertySignature(open("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
})

/**
 * Whether an old version of TLS is spoken.
 *
 * @since 0.1.0
 * @category models
 */
export interface SecurityProtocol extends Schema.Schema.Type<typeof SecurityProtocol> {}

/**
 * How a load balancer speaks TLS to its clients, and plainly to its nodes. The private key is never returned.
 *
 * @since 0.1.0
 * @category models
 */
export const SslTermination = Schema.Struct({
  enabled: someFlag,
  securePort: someCount,
  /** Whether the plain port is closed. */
  secureTrafficOnly: someFlag,
  /** PEM. */
  certificate: absentIfEmpty,
  /** PEM. */
  intermediateCertificate: absentIfEmpty,
  /** `default`, or the name of a list of ciphers. */
  cipherProfile: absentIfEmpty,
  securityProtocols: listOf(
    Schema.Struct({
      name: textOr("").pipe(Schema.fromKey("securityProtocolName")),
      status: absent(open("DISABLED", "ENABLED")).pipe(Schema.fromKey("securityProtocolStatus"))
    })
  )
})

/**
 * How a load balancer speaks TLS to its clients, and plainly to its nodes.
 *
 * @since 0.1.0
 * @category models
 */
export interface SslTermination extends Schema.Schema.Type<typeof SslTermination> {}

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
  /** The cloud's default is true. */
  enabled: Schema.optional(Schema.Boolean),
  /** 1 to 65535, and not the balancer's own. Needed with a new certificate. */
  securePort: Schema.optional(Port),
  /** Whether the plain port is closed. The cloud's default is false. */
  secureTrafficOnly: Schema.optional(Schema.Boolean),
  /** PEM. With the key in place of those that are set. */
  certificate: Schema.optional(Certificate),
  /** PEM, RSA. */
  privateKey: Schema.optional(PrivateKey).pipe(Schema.fromKey("privatekey")),
  /** PEM. Only together with the certificate. */
  intermediateCertificate: Schema.optional(Certificate),
  /** One of the cloud's lists of ciphers: `default`, `CLBCipherPolicy2019-05`. */
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

/** The operations on SSL termination. */
export const sslTerminationEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * SSL termination, without its private key, or None where it is not set. Fails with `NotFound` where there is no such
   * balancer. `GET …/ssltermination`.
   */
  getSslTermination: Endpoint.make("GET", `${balancerPath}/ssltermination`, {
    parameters: balancerParameters,
    success: Endpoint.json(ifSet("sslTermination", SslTermination)),
    errors: ["NotFound"]
  }),
  /**
   * Sets SSL termination, or changes its settings. A certificate comes with its key and the port; without one, those that
   * are set stay. Fails with `BadRequest` where the key is not the certificate's, or the protocol has no SSL termination.
   * "Update SSL termination configuration", `PUT …/ssltermination`.
   */
  setSslTermination: Endpoint.make("PUT", `${balancerPath}/ssltermination`, {
    parameters: balancerParameters,
    body: enveloped("sslTermination", WantedSslTermination),
    errors: changeErrors
  }),
  /** Ends SSL termination, with all certificates. `DELETE …/ssltermination`. */
  deleteSslTermination: Endpoint.make("DELETE", `${balancerPath}/ssltermination`, {
    parameters: balancerParameters,
    errors: changeErrors
  }),
  /** The names of the ciphers that it takes. Fails with `NotFound`. "List ciphers", `GET …/ssltermination/ciphers`. */
  listCiphers: Endpoint.make("GET", `${balancerPath}/ssltermination/ciphers`, {
    parameters: balancerParameters,
    success: Endpoint.list("ciphers", enveloped("name", Schema.String)),
    errors: ["NotFound"]
  })
})

/** The operations on SSL termination. */
export const makeSslTermination = (context: ServiceContext) => {
  const operations = operationsOf(context, sslTerminationEndpoints)
  return { ...operations, getSslTermination: orNone(context, operations.getSslTermination) }
}
