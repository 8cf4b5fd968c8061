/** Certificate mappings: certificates for further host names of a load balancer (SNI). */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { absentIfEmpty, enveloped, Id, Named, textOr } from "../../internal/schema/wire.js"
import type { ByCertificateMappingId, ByLoadBalancerId } from "./references.js"
import { additionErrors, atLeastOne, balancerPath, changeErrors } from "./requests.js"
import { Certificate, PrivateKey } from "./sslTermination.js"

/** A certificate for one host name of a balancer (SNI). The list has only id and name. */
export interface CertificateMapping {
  readonly id: string
  /** Empty if the cloud does not return it. */
  readonly hostName: string
  /** PEM. */
  readonly certificate?: string | undefined
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
}

export const CertificateMapping = struct<CertificateMapping>(() => ({
  id: Id,
  hostName: textOr(""),
  certificate: absentIfEmpty,
  intermediateCertificate: absentIfEmpty
}))

const mappingFields = lazyStruct(() => ({
  hostName: Named,
  certificate: Certificate,
  privateKey: PrivateKey,
  intermediateCertificate: Schema.optional(Certificate)
}))

const mappingChange = lazyStruct(() => ({
  hostName: Schema.optional(Named),
  certificate: Schema.optional(Certificate),
  privateKey: Schema.optional(PrivateKey),
  intermediateCertificate: Schema.optional(Certificate)
}))

const changedMapping = lazy(() =>
  atLeastOne(
    // A filter changes neither type, which `compose` cannot know.
    Schema.compose(
      mappingChange,
      Schema.typeSchema(mappingChange).pipe(
        Schema.filter(({ certificate, privateKey }) =>
          (certificate === undefined) === (privateKey === undefined)
            ? undefined
            : {
                path: [certificate === undefined ? "certificate" : "privateKey"],
                message: "a certificate together with its private key, but this field is missing"
              }
        )
      ),
      { strict: false }
    ) as unknown as typeof mappingChange,
    ["hostName", "certificate", "privateKey", "intermediateCertificate"]
  )
)

/** Wrapped in an object, as documented, or not. */
const WireMapping = lazy(() => Schema.Union(enveloped("certificateMapping", CertificateMapping), CertificateMapping))

const mappingsPath = `${balancerPath}/ssltermination/certificatemappings` as const

const mappingPath = `${mappingsPath}/{certificateMappingId}` as const

/** A certificate for a host name. */
export interface AddCertificateMapping extends ByLoadBalancerId {
  /** The host name, which must be different in each mapping. */
  readonly hostName: string
  /** PEM. */
  readonly certificate: string
  /** PEM, RSA. */
  readonly privateKey: string | Redacted.Redacted
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
}

/** Changes to a certificate mapping. Other fields stay unchanged. */
export interface UpdateCertificateMapping extends ByCertificateMappingId {
  /** The host name. */
  readonly hostName?: string | undefined
  /** PEM. Requires the key. */
  readonly certificate?: string | undefined
  /** PEM, RSA. */
  readonly privateKey?: string | Redacted.Redacted | undefined
  /** PEM. */
  readonly intermediateCertificate?: string | undefined
}

/** The operations on certificate mappings. */
export const certificateMappingEndpoints = Endpoint.table("CloudLoadBalancers", {
  /**
   * The ids and host names of certificate mappings. Fails with `NotFound`. `GET …/ssltermination/certificatemappings`.
   */
  listCertificateMappings: Endpoint.define<ByLoadBalancerId>()("GET", mappingsPath, {
    success: Endpoint.list("certificateMappings", WireMapping),
    errors: ["NotFound"]
  }),
  /**
   * Adds a certificate for a host name, and returns the mapping. Requires SSL termination. Fails with `QuotaExceeded`
   * if there are 20. "Add certificate mapping", `POST …/ssltermination/certificatemappings`.
   */
  addCertificateMapping: Endpoint.define<AddCertificateMapping>()("POST", mappingsPath, {
    body: enveloped("certificateMapping", mappingFields),
    success: Endpoint.json(WireMapping),
    errors: additionErrors
  }),
  /** A certificate mapping without its key. Fails with `NotFound`. `GET …/{certificateMappingId}`. */
  getCertificateMapping: Endpoint.define<ByCertificateMappingId>()("GET", mappingPath, {
    success: Endpoint.json(WireMapping),
    errors: ["NotFound"]
  }),
  /**
   * Replaces the certificate or host name of a mapping. "Update certificate mapping", `PUT …/{certificateMappingId}`.
   */
  updateCertificateMapping: Endpoint.define<UpdateCertificateMapping>()("PUT", mappingPath, {
    body: enveloped("certificateMapping", changedMapping),
    errors: changeErrors
  }),
  /** Deletes a certificate mapping. "Delete certificate mapping", `DELETE …/{certificateMappingId}`. */
  deleteCertificateMapping: Endpoint.define<ByCertificateMappingId>()("DELETE", mappingPath, { errors: changeErrors })
})
