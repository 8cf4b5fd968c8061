/** Certificate mappings: certificates for the other names under which a load balancer is reached (SNI). */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, enveloped, Id, Named, textOr } from "../../internal/schema/wire.js"
import type { ByCertificateMappingId, ByLoadBalancerId } from "./references.js"
import { additionErrors, atLeastOne, balancerPath, changeErrors } from "./requests.js"
import { Certificate, PrivateKey } from "./sslTermination.js"

/**
 * A certificate for one of the names under which a balancer is reached (SNI). In the list of all, there are only id and name.
 */
export interface CertificateMapping {
  readonly id: string
  /** Empty where the cloud does not return it. */
  readonly hostName: string
  /** PEM. */
  readonly certificate?: string | undefined
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
}

export const CertificateMapping = struct<CertificateMapping>({
  id: Id,
  hostName: textOr(""),
  certificate: absentIfEmpty,
  intermediateCertificate: absentIfEmpty
})

const mappingFields = Schema.Struct({
  hostName: Named,
  certificate: Certificate,
  privateKey: PrivateKey,
  intermediateCertificate: Schema.optional(Certificate)
})

const mappingChange = Schema.Struct({
  hostName: Schema.optional(Named),
  certificate: Schema.optional(Certificate),
  privateKey: Schema.optional(PrivateKey),
  intermediateCertificate: Schema.optional(Certificate)
})

const changedMapping = atLeastOne(
  Schema.compose(
    mappingChange,
    Schema.typeSchema(mappingChange).pipe(
      Schema.filter(({ certificate, privateKey }) =>
        (certificate === undefined) === (privateKey === undefined)
          ? undefined
          : {
              path: [certificate === undefined ? "certificate" : "privateKey"],
              message: "a certificate and its key together, and this one is missing"
            }
      )
    ),
    { strict: false }
  ) as unknown as typeof mappingChange,
  ["hostName", "certificate", "privateKey", "intermediateCertificate"]
)

/** In an object of its own, as the documents show it, or without one. */
const WireMapping = Schema.Union(enveloped("certificateMapping", CertificateMapping), CertificateMapping)

const mappingsPath = `${balancerPath}/ssltermination/certificatemappings` as const

const mappingPath = `${mappingsPath}/{certificateMappingId}` as const

/** A certificate for one of a balancer's names. */
export interface AddCertificateMapping extends ByLoadBalancerId {
  /** The name under which the balancer is reached. No two mappings may have the same one. */
  readonly hostName: string
  /** PEM. */
  readonly certificate: string
  /** PEM, RSA. */
  readonly privateKey: string | Redacted.Redacted
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
}

/** What to change of a certificate mapping; fields that are left out stay. */
export interface UpdateCertificateMapping extends ByCertificateMappingId {
  /** The name under which the balancer is reached. */
  readonly hostName?: string | undefined
  /** PEM. With its key. */
  readonly certificate?: string | undefined
  /** PEM, RSA. */
  readonly privateKey?: string | Redacted.Redacted | undefined
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
}

/** The operations on certificate mappings. */
export const certificateMappingEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Certificates for other names, by id and name. Fails with `NotFound`. `GET …/ssltermination/certificatemappings`. */
  listCertificateMappings: Endpoint.define<ByLoadBalancerId>()("GET", mappingsPath, {
    success: Endpoint.list("certificateMappings", WireMapping),
    errors: ["NotFound"]
  }),
  /**
   * Adds a certificate for another name, and returns it. SSL termination must be set. Fails with `QuotaExceeded` where there
   * are 20. "Add certificate mapping", `POST …/ssltermination/certificatemappings`.
   */
  addCertificateMapping: Endpoint.define<AddCertificateMapping>()("POST", mappingsPath, {
    body: enveloped("certificateMapping", mappingFields),
    success: Endpoint.json(WireMapping),
    errors: additionErrors
  }),
  /** One of these certificates, without its key. Fails with `NotFound`. `GET …/{certificateMappingId}`. */
  getCertificateMapping: Endpoint.define<ByCertificateMappingId>()("GET", mappingPath, {
    success: Endpoint.json(WireMapping),
    errors: ["NotFound"]
  }),
  /** Replaces one of these certificates, or its name. "Update certificate mapping", `PUT …/{certificateMappingId}`. */
  updateCertificateMapping: Endpoint.define<UpdateCertificateMapping>()("PUT", mappingPath, {
    body: enveloped("certificateMapping", changedMapping),
    errors: changeErrors
  }),
  /** Deletes one of these certificates. "Delete certificate mapping", `DELETE …/{certificateMappingId}`. */
  deleteCertificateMapping: Endpoint.define<ByCertificateMappingId>()("DELETE", mappingPath, { errors: changeErrors })
})
