/**
 * Certificate mappings: certificates for the other names under which a load balancer is reached (SNI).
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { absentIfEmpty, enveloped, Id, Named, textOr } from "../../internal/schema/wire.js"
import { additionErrors, atLeastOne, balancerParameters, balancerPath, changeErrors } from "./requests.js"
import { Certificate, PrivateKey } from "./sslTermination.js"

/**
 * A certificate for one of the names under which a balancer is reached (SNI). In the list of all, there are only id and name.
 *
 * @since 0.1.0
 * @category models
 */
export const CertificateMapping = Schema.Struct({
  id: Id,
  /** Empty where the cloud does not return it. */
  hostName: textOr(""),
  /** PEM. */
  certificate: absentIfEmpty,
  /** PEM. */
  intermediateCertificate: absentIfEmpty
})

/**
 * A certificate for one of the names under which a balancer is reached (SNI).
 *
 * @since 0.1.0
 * @category models
 */
export interface CertificateMapping extends Schema.Schema.Type<typeof CertificateMapping> {}

const mappingFields = Schema.Struct({
  /** The name under which the balancer is reached. No two mappings may have the same one. */
  hostName: Named,
  /** PEM. */
  certificate: Certificate,
  /** PEM, RSA. */
  privateKey: PrivateKey,
  /** PEM. */
  intermediateCertificate: Schema.optional(Certificate)
})

const mappingChange = Schema.Struct({
  hostName: Schema.optional(Named),
  /** PEM. With its key. */
  certificate: Schema.optional(Certificate),
  /** PEM, RSA. */
  privateKey: Schema.optional(PrivateKey),
  /** PEM. */
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

const mappingPath = `${balancerPath}/ssltermination/certificatemappings/{certificateMappingId}`

const mappingParameters = { ...balancerParameters, certificateMappingId: Named }

/** The operations on certificate mappings. */
export const certificateMappingEndpoints = Endpoint.table("CloudLoadBalancers", {
  /** Certificates for other names, by id and name. Fails with `NotFound`. `GET …/ssltermination/certificatemappings`. */
  listCertificateMappings: Endpoint.make("GET", `${balancerPath}/ssltermination/certificatemappings`, {
    parameters: balancerParameters,
    success: Endpoint.list("certificateMappings", WireMapping),
    errors: ["NotFound"]
  }),
  /**
   * Adds a certificate for another name, and returns it. SSL termination must be set. Fails with `QuotaExceeded` where there
   * are 20. "Add certificate mapping", `POST …/ssltermination/certificatemappings`.
   */
  addCertificateMapping: Endpoint.make("POST", `${balancerPath}/ssltermination/certificatemappings`, {
    parameters: balancerParameters,
    body: enveloped("certificateMapping", mappingFields),
    success: Endpoint.json(WireMapping),
    errors: additionErrors
  }),
  /** One of these certificates, without its key. Fails with `NotFound`. `GET …/{certificateMappingId}`. */
  getCertificateMapping: Endpoint.make("GET", mappingPath, {
    parameters: mappingParameters,
    success: Endpoint.json(WireMapping),
    errors: ["NotFound"]
  }),
  /** Replaces one of these certificates, or its name. "Update certificate mapping", `PUT …/{certificateMappingId}`. */
  updateCertificateMapping: Endpoint.make("PUT", mappingPath, {
    parameters: mappingParameters,
    body: enveloped("certificateMapping", changedMapping),
    errors: changeErrors
  }),
  /** Deletes one of these certificates. "Delete certificate mapping", `DELETE …/{certificateMappingId}`. */
  deleteCertificateMapping: Endpoint.make("DELETE", mappingPath, {
    parameters: mappingParameters,
    errors: changeErrors
  })
})
