/** Operations on credentials: the keys, users and accounts of clusters. */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct } from "../../internal/schema/struct.js"
import { enveloped, Named } from "../../internal/schema/wire.js"
import {
  Connector,
  connectorsOf,
  CreatedCredential,
  Credential,
  CredentialKind,
  credentialsOf,
  CredentialType
} from "./credentialTypes.js"
import type { ByCredential, ByCredentialType } from "./references.js"

const PublicKey = Named.pipe(
  Schema.filter((key) => !key.includes("PRIVATE KEY"), { description: "a public key; this is a private one" })
)

/** The schema of a secret, which is redacted. */
const Secret = lazy(() => secretInput(Named))

const sshKeyBody = enveloped(
  "ssh_keys",
  lazyStruct(() => ({
    name: Schema.propertySignature(Named).pipe(Schema.fromKey("key_name")),
    publicKey: Schema.propertySignature(PublicKey).pipe(Schema.fromKey("public_key"))
  }))
)

const cloudFilesBody = enveloped(
  "cloud_files",
  lazyStruct(() => ({
    username: Named,
    apiKey: Schema.propertySignature(Secret).pipe(Schema.fromKey("api_key"))
  }))
)

const s3Body = enveloped(
  "s3",
  lazyStruct(() => ({
    accessKeyId: Schema.propertySignature(Named).pipe(Schema.fromKey("access_key_id")),
    secretAccessKey: Schema.propertySignature(Secret).pipe(Schema.fromKey("access_secret_key"))
  }))
)

const ambariBody = enveloped(
  "ambari",
  lazyStruct(() => ({
    username: Named,
    password: Secret
  }))
)

const credentialOf = Endpoint.json(enveloped("credentials", CreatedCredential))

const credentialKinds = Endpoint.list("credentials", CredentialKind)

/** An SSH key, for logging in to new clusters. */
export interface SshKey {
  /** The name of the key. */
  readonly name: string
  /**
   * As in a public key file: `ssh-ed25519 AAAA… someone@example.com`. The API's client required 50 to 1,024 characters.
   */
  readonly publicKey: string
}

/** A user of Cloud Files and the API key. */
export interface CloudFilesCredential {
  /** A user of Cloud Files. */
  readonly username: string
  /** The API's client required 20 to 40 characters. */
  readonly apiKey: string | Redacted.Redacted
}

/** An access key of Amazon S3 and its secret. */
export interface S3Credential {
  /** The API's client required 20 characters. */
  readonly accessKeyId: string
  /** The API's client required 40 characters. */
  readonly secretAccessKey: string | Redacted.Redacted
}

/** A user of Ambari and the password. */
export interface AmbariCredential {
  /** A user of Ambari. */
  readonly username: string
  /** The API's client required 8 to 255 characters. */
  readonly password: string | Redacted.Redacted
}

/** The operations on credentials. */
export const credentialEndpoints = Endpoint.table("CloudBigData", {
  /** All credentials, by type and name; their secrets are never returned. "List all credentials", `GET /credentials`. */
  listCredentials: Endpoint.make("GET", "/credentials", {
    success: Endpoint.list("credentials", Credential, credentialsOf)
  }),
  /** The credentials of one type. Fails with `NotFound` for an unknown one. "List credentials by type", `GET /credentials/{type}`. */
  listCredentialsOfType: Endpoint.define<ByCredentialType>()("GET", "/credentials/{type}", {
    parameters: () => ({
      type: CredentialType.pipe(
        Schema.filter((type) => type !== "" && type !== "types" && type !== "connectors", {
          description: "a type of credentials: ssh_keys, cloud_files, s3, ambari"
        })
      )
    }),
    success: Endpoint.list("credentials", Credential, credentialsOf),
    errors: ["NotFound"]
  }),
  /** The kinds of credentials that the cloud supports. "List credentials by type", `GET /credentials/types`. */
  listCredentialKinds: Endpoint.make("GET", "/credentials/types", { success: credentialKinds }),
  /**
   * The credentials that connect clusters to stores, by type and name, or their kinds if the cloud returns only those.
   * "List credentials by type", `GET /credentials/connectors`.
   */
  listConnectors: Endpoint.make("GET", "/credentials/connectors", {
    success: Endpoint.list("credentials", Connector, connectorsOf)
  }),
  /**
   * Registers a public key for logins to new clusters. Fails with `Conflict` if the name exists. "Create a credential",
   * `POST /credentials/ssh_keys`.
   */
  createSshKey: Endpoint.define<SshKey>()("POST", "/credentials/ssh_keys", {
    body: sshKeyBody,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Replaces a public key. Existing clusters keep the old one until `updateCredentials`. Fails with `NotFound`. "Update
   * a credential", `PUT /credentials/ssh_keys/{name}`.
   */
  updateSshKey: Endpoint.define<SshKey>()("PUT", "/credentials/ssh_keys/{name}", {
    body: sshKeyBody,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Registers a user of Cloud Files with which clusters read and write there. Fails with `Conflict` if the user is
   * registered already. "Create a credential", `POST /credentials/cloud_files`.
   */
  createCloudFilesCredential: Endpoint.define<CloudFilesCredential>()("POST", "/credentials/cloud_files", {
    body: cloudFilesBody,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Replaces the API key of a user of Cloud Files. Existing clusters keep the old one until `updateCredentials`. Fails
   * with `NotFound`. "Update a credential", `PUT /credentials/cloud_files/{username}`.
   */
  updateCloudFilesCredential: Endpoint.define<CloudFilesCredential>()("PUT", "/credentials/cloud_files/{username}", {
    body: cloudFilesBody,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Registers an access key of Amazon S3 with which clusters read and write there. Fails with `Conflict` if the key is
   * registered already. "Create a credential", `POST /credentials/s3`.
   */
  createS3Credential: Endpoint.define<S3Credential>()("POST", "/credentials/s3", {
    body: s3Body,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Replaces the secret of an access key of Amazon S3. Fails with `NotFound`. "Update a credential",
   * `PUT /credentials/s3/{access_key_id}`.
   */
  updateS3Credential: Endpoint.define<S3Credential>()("PUT", "/credentials/s3/{accessKeyId}", {
    body: s3Body,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Registers a user for the Ambari of new clusters. Fails with `Conflict` if the user is registered already. "Create a
   * credential", `POST /credentials/ambari`.
   */
  createAmbariCredential: Endpoint.define<AmbariCredential>()("POST", "/credentials/ambari", {
    body: ambariBody,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Replaces the password of a user of Ambari. Fails with `NotFound`. "Update a credential",
   * `PUT /credentials/ambari/{username}`.
   */
  updateAmbariCredential: Endpoint.define<AmbariCredential>()("PUT", "/credentials/ambari/{username}", {
    body: ambariBody,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Deletes a credential. Fails with `NotFound`, and with `Conflict` while a cluster uses it. "Delete a
   * credential", `DELETE /credentials/{type}/{name}`.
   */
  deleteCredential: Endpoint.define<ByCredential>()("DELETE", "/credentials/{type}/{name}", {
    parameters: () => ({
      type: CredentialType.pipe(Schema.minLength(1, { description: "a type of credentials" })),
      name: Named
    }),
    errors: ["NotFound", "Conflict"]
  })
})
