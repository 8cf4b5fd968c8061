/**
 * The operations of Cloud Big Data, as data, and what their requests take.
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { page, pageQuery } from "../../internal/paging/listing.js"
import { secretInput } from "../../internal/schema/knownFields.js"
import { enveloped, Named, open, upTo, withDefault } from "../../internal/schema/wire.js"
import {
  Cluster,
  ClusterSummary,
  Connector,
  connectorsOf,
  CreatedCredential,
  Credential,
  CredentialKind,
  credentialsOf,
  CredentialType,
  Distro,
  DistroSummary,
  Flavor,
  Limits,
  Node,
  Recommendation,
  Script,
  Stack,
  StackSummary,
  Workload
} from "./models.js"

const clusterId = { clusterId: Named }

const count = (least: number) =>
  Schema.Number.pipe(
    Schema.filter((number) => Number.isInteger(number) && number >= least && number <= 100, {
      description: `a whole number of nodes, ${least} to 100`
    })
  )

/** The rule that Linux has for users, which the API's own client checked. */
const Username = Named.pipe(
  Schema.filter((name) => /^[a-zA-Z_][\w-]{1,31}$/.test(name) && name.toLowerCase() !== "root", {
    description:
      "a username of 2 to 32 letters, digits, dashes and underscores that begins with a letter or an underscore and is not root"
  })
)

/** An object with nothing but a text in it, which is the domain's value. */
const under = (key: string, text: typeof Named) => enveloped(key, text)

const NestedCredential = Schema.transform(
  Schema.Struct({ type: Named, credential: Schema.Struct({ name: upTo(255, "a name") }) }),
  Schema.Struct({ type: CredentialType, name: Schema.String }),
  {
    strict: true,
    decode: ({ credential: { name }, type }) => ({ type, name }),
    encode: ({ name, type }) => ({ type, credential: { name } })
  }
)

const FlatCredential = Schema.Struct({ type: Named, name: upTo(255, "a name") }) as unknown as Schema.Schema<
  Credential,
  { readonly type: string; readonly name: string }
>

const NewNodeGroup = Schema.Struct({
  /** One of the stack's. */
  id: upTo(255, "the id of a node group"),
  /** How many nodes, 1 to 100; by default what the stack says. */
  count: Schema.optional(count(1)),
  /** By default what the stack says. */
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id"))
})

const CreateClusterFields = Schema.Struct({
  /** 1 to 255 characters. It need not be unique. */
  name: upTo(255, "a name"),
  stackId: Schema.propertySignature(Named).pipe(Schema.fromKey("stack_id")),
  /** Who is to log in to the nodes: 2 to 32 characters, and not root. */
  username: Username,
  /** The names of the SSH keys (see `createSshKey`) with which `username` is to log in. */
  sshKeys: Schema.propertySignature(Schema.NonEmptyArray(upTo(255, "the name of an SSH key"))).pipe(
    Schema.fromKey("ssh_keys")
  ),
  /** What is to differ from the stack's own node groups. */
  nodeGroups: Schema.optional(Schema.Array(NewNodeGroup)).pipe(Schema.fromKey("node_groups")),
  /** The scripts to run on the nodes when they are ready. */
  scriptIds: Schema.optional(Schema.Array(under("id", Named))).pipe(Schema.fromKey("scripts")),
  /** The credentials of the stores that the cluster is to be connected to; at most one of type `cloud_files`. */
  connectors: Schema.optional(Schema.Array(NestedCredential)),
  /**
   * Credentials that the cluster is to have, connectors among them: the later form of `connectors`, which the API's last
   * client used and its documents do not know.
   */
  credentials: Schema.optional(Schema.Array(NestedCredential)),
  /** The region, where the endpoint serves several. Not documented; the API's last client sent it. */
  region: Schema.optional(Named)
})

/** One Cloud Files account is all that a cluster can be connected to. */
const connectable = Schema.typeSchema(CreateClusterFields).pipe(
  Schema.filter(({ connectors = [], credentials = [] }) =>
    [...connectors, ...credentials].filter(({ type }) => type === "cloud_files").length > 1
      ? { path: ["connectors"], message: "at most one credential of type cloud_files" }
      : undefined
  )
)

const NewStackService = Schema.Struct({
  /** As its distro names it: `HDFS`. */
  name: upTo(255, "the name of a service"),
  /** Those of the service's modes that are wanted: `Secondary`. */
  modes: Schema.optional(Schema.Array(upTo(255, "the name of a mode")))
})

const NewStackNodeGroup = Schema.Struct({
  id: upTo(36, "the id of a node group"),
  flavorId: Schema.optional(Named).pipe(Schema.fromKey("flavor_id")),
  count: Schema.optional(count(0)),
  /** The names of the components on its nodes. */
  components: Schema.optional(Schema.Array(under("name", Named)))
})

/** A page on the web. */
const Url = Named.pipe(
  Schema.filter((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
    description: "an http or https URL"
  })
)

const PublicKey = Named.pipe(
  Schema.filter((key) => !key.includes("PRIVATE KEY"), { description: "a public key; this is a private one" })
)

/** A secret on its way to the cloud. */
const Secret = secretInput(Named)

const sshKeyBody = enveloped(
  "ssh_keys",
  Schema.Struct({
    name: Schema.propertySignature(Named).pipe(Schema.fromKey("key_name")),
    /** As it stands in a file: `ssh-ed25519 AAAA… someone@example.com`. The API's client asked for 50 to 1,024 characters. */
    publicKey: Schema.propertySignature(PublicKey).pipe(Schema.fromKey("public_key"))
  })
)

const cloudFilesBody = enveloped(
  "cloud_files",
  Schema.Struct({
    username: Named,
    /** The API's client asked for 20 to 40 characters. */
    apiKey: Schema.propertySignature(Secret).pipe(Schema.fromKey("api_key"))
  })
)

const s3Body = enveloped(
  "s3",
  Schema.Struct({
    /** The API's client asked for 20 characters. */
    accessKeyId: Schema.propertySignature(Named).pipe(Schema.fromKey("access_key_id")),
    /** The API's client asked for 40 characters. */
    secretAccessKey: Schema.propertySignature(Secret).pipe(Schema.fromKey("access_secret_key"))
  })
)

const ambariBody = enveloped(
  "ambari",
  Schema.Struct({
    username: Named,
    /** The API's client asked for 8 to 255 characters. */
    password: Secret
  })
)

const credentialOf = Endpoint.json(enveloped("credentials", CreatedCredential))
const credentialKinds = Endpoint.list("credentials", CredentialKind)

/**
 * The operations of Cloud Big Data, as data.
 *
 * @since 0.1.0
 * @category operations
 */
export const endpoints = Endpoint.table("CloudBigData", {
  /** Clusters, a page of them: by default 25, at most 100 or 200. "List all clusters", `GET /clusters`. */
  listClustersPage: Endpoint.make("GET", "/clusters", {
    query: pageQuery,
    success: Endpoint.json(page("clusters", ClusterSummary, "links"))
  }),
  /** One cluster, whole. Fails with `NotFound`. "Show cluster details", `GET /clusters/{clusterId}`. */
  getCluster: Endpoint.make("GET", "/clusters/{clusterId}", {
    parameters: clusterId,
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound"]
  }),
  /**
   * Has a cluster made. It returns at once; the nodes are built and configured after that: see `waitUntilActive`. Fails with
   * `BadRequest` where the cloud does not know the stack, a flavor, a key or a script, with `QuotaExceeded` where the account
   * has no room for the nodes. "Create a cluster", `POST /clusters`.
   */
  createCluster: Endpoint.make("POST", "/clusters", {
    body: enveloped("cluster", Schema.compose(CreateClusterFields, connectable, { strict: false })),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Has a cluster's node groups grow or shrink: each `count` is the number of nodes that the group is to have then, not what
   * is added. It returns at once: see `waitUntilActive`. Fails with `NotFound`, with `Conflict` unless the cluster is ACTIVE,
   * with `QuotaExceeded` where the account has no room. "Resize a cluster", `PUT /clusters/{clusterId}`.
   */
  resizeCluster: Endpoint.make("PUT", "/clusters/{clusterId}", {
    parameters: clusterId,
    body: enveloped(
      "cluster",
      Schema.Struct({
        nodeGroups: Schema.propertySignature(
          Schema.NonEmptyArray(Schema.Struct({ id: upTo(255, "the id of a node group"), count: count(1) }))
        ).pipe(Schema.fromKey("node_groups"))
      })
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict", "QuotaExceeded"]
  }),
  /**
   * Gives a cluster more credentials, or others in place of those of the same type and name; none is taken away. Fails with
   * `NotFound`, and with `Conflict` where the cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's
   * last client sent it; the documents do not know it.
   */
  updateClusterCredentials: Endpoint.make("PUT", "/clusters/{clusterId}", {
    parameters: clusterId,
    body: enveloped("cluster", Schema.Struct({ credentials: Schema.NonEmptyArray(FlatCredential) })),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Takes SSH keys, by their names, away from a cluster's nodes. Fails with `NotFound`, and with `Conflict` where the
   * cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it; the documents do not
   * know it.
   */
  removeClusterSshKeys: Endpoint.make("PUT", "/clusters/{clusterId}", {
    parameters: clusterId,
    body: enveloped(
      "cluster",
      Schema.Struct({
        sshKeys: Schema.propertySignature(
          Schema.NonEmptyArray(
            Schema.transform(
              Schema.Struct({ type: Schema.Literal("ssh_keys"), name: upTo(255, "the name of an SSH key") }),
              Schema.String,
              { strict: true, decode: ({ name }) => name, encode: (name) => ({ type: "ssh_keys" as const, name }) }
            )
          )
        ).pipe(Schema.fromKey("remove_credentials"))
      })
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Starts, stops or restarts services of a cluster, by default all of them. Fails with `NotFound`, and with `Conflict` where
   * the cluster's state does not allow it. `PUT /clusters/{clusterId}`, as the API's last client sent it; the documents do
   * not know it.
   */
  controlClusterServices: Endpoint.make("PUT", "/clusters/{clusterId}", {
    parameters: clusterId,
    body: enveloped(
      "cluster",
      enveloped(
        "control_services",
        Schema.Struct({
          action: open("start", "stop", "restart"),
          /** By name, as the stack has them: `HDFS`. */
          services: withDefault(Schema.Array(under("name", Named)), [])
        })
      )
    ),
    success: Endpoint.json(enveloped("cluster", Cluster)),
    errors: ["NotFound", "Conflict"],
    // A second restart is not the same as one.
    idempotent: false
  }),
  /**
   * Has a cluster deleted, with all that is on its nodes. It returns at once; see `waitUntilDeleted`. Fails with `NotFound`,
   * and with `Conflict` while it is being built or resized. "Delete a cluster", `DELETE /clusters/{clusterId}`.
   */
  deleteCluster: Endpoint.make("DELETE", "/clusters/{clusterId}", {
    parameters: clusterId,
    errors: ["NotFound", "Conflict"]
  }),
  /** Nodes of a cluster, a page of them. Fails with `NotFound`. "List cluster nodes", `GET /clusters/{clusterId}/nodes`. */
  listNodesPage: Endpoint.make("GET", "/clusters/{clusterId}/nodes", {
    parameters: clusterId,
    query: pageQuery,
    success: Endpoint.json(page("nodes", Node, "links")),
    errors: ["NotFound"]
  }),
  /**
   * Has one node taken out of its cluster and deleted. Fails with `NotFound`, and with `Conflict` where the cluster's state
   * does not allow it. `DELETE /clusters/{clusterId}/nodes/{nodeId}`, which the API's last client had and the documents do not
   * know.
   */
  deleteNode: Endpoint.make("DELETE", "/clusters/{clusterId}/nodes/{nodeId}", {
    parameters: { ...clusterId, nodeId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /** The sizes of nodes, a page of them. "List available flavors", `GET /flavors`. */
  listFlavorsPage: Endpoint.make("GET", "/flavors", {
    query: pageQuery,
    success: Endpoint.json(page("flavors", Flavor, "links"))
  }),
  /** How much the account may have, and has left. "Show resource limits", `GET /limits`. */
  getLimits: Endpoint.make("GET", "/limits", {
    success: Endpoint.json(enveloped("limits", Limits))
  }),
  /** The distributions that there are. "List available distros", `GET /distros`. */
  listDistros: Endpoint.make("GET", "/distros", {
    success: Endpoint.list("distros", DistroSummary)
  }),
  /** One distribution, with its services. Fails with `NotFound`. "Show distro details", `GET /distros/{distroId}`. */
  getDistro: Endpoint.make("GET", "/distros/{distroId}", {
    parameters: { distroId: Named },
    success: Endpoint.json(enveloped("distro", Distro)),
    errors: ["NotFound"]
  }),
  /** Stacks, the cloud's and the account's, a page of them. "List all stacks", `GET /stacks`. */
  listStacksPage: Endpoint.make("GET", "/stacks", {
    query: pageQuery,
    success: Endpoint.json(page("stacks", StackSummary, "links"))
  }),
  /** One stack, whole. Fails with `NotFound`. "Show stack details", `GET /stacks/{stackId}`. */
  getStack: Endpoint.make("GET", "/stacks/{stackId}", {
    parameters: { stackId: Named },
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["NotFound"]
  }),
  /**
   * Makes a stack of a distro's services. Where no node groups are given, the cloud lays the services out itself. Fails with
   * `BadRequest` where the distro has no such service or mode, with `QuotaExceeded` where the account has too many stacks.
   * "Create a stack", `POST /stacks`.
   */
  createStack: Endpoint.make("POST", "/stacks", {
    body: enveloped(
      "stack",
      Schema.Struct({
        /** 1 to 255 characters. */
        name: upTo(255, "a name"),
        /** 1 to 1,024 characters. */
        description: Schema.optional(upTo(1024, "a description")),
        distroId: Schema.propertySignature(upTo(255, "the id of a distro")).pipe(Schema.fromKey("distro")),
        services: Schema.NonEmptyArray(NewStackService),
        nodeGroups: Schema.optional(Schema.Array(NewStackNodeGroup)).pipe(Schema.fromKey("node_groups"))
      })
    ),
    success: Endpoint.json(enveloped("stack", Stack)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Deletes a stack of the account's own. Clusters that were made of it stay. Fails with `NotFound`, with `BadRequest` or
   * `Conflict` where it is the cloud's or in use. "Delete a stack", `DELETE /stacks/{stackId}`.
   */
  deleteStack: Endpoint.make("DELETE", "/stacks/{stackId}", {
    parameters: { stackId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /** Scripts, the cloud's and the account's, a page of them. "List all scripts", `GET /scripts`. */
  listScriptsPage: Endpoint.make("GET", "/scripts", {
    query: pageQuery,
    success: Endpoint.json(page("scripts", Script, "links"))
  }),
  /**
   * Tells the cloud of a script, which nodes fetch from its URL when they need it. Fails with `QuotaExceeded` where the
   * account has too many. "Create a script", `POST /scripts`.
   */
  createScript: Endpoint.make("POST", "/scripts", {
    body: enveloped(
      "script",
      Schema.Struct({
        name: upTo(255, "a name"),
        url: Url,
        /** When it is run; there is one kind so far. */
        type: withDefault(open("POST_INIT"), "POST_INIT")
      })
    ),
    success: Endpoint.json(enveloped("script", Script)),
    errors: ["QuotaExceeded"]
  }),
  /**
   * Changes a script's URL, and its name where one is given. Clusters that have run it are left alone. Fails with `NotFound`.
   * "Update a script", `PUT /scripts/{scriptId}`.
   */
  updateScript: Endpoint.make("PUT", "/scripts/{scriptId}", {
    parameters: { scriptId: Named },
    body: enveloped("script", Schema.Struct({ name: Schema.optional(upTo(255, "a name")), url: Url })),
    success: Endpoint.json(enveloped("script", Script)),
    errors: ["NotFound"]
  }),
  /**
   * Makes the cloud forget a script of the account's own. Fails with `NotFound`, with `BadRequest` or `Conflict`
   * where it is the cloud's or in use. "Delete a script", `DELETE /scripts/{scriptId}`.
   */
  deleteScript: Endpoint.make("DELETE", "/scripts/{scriptId}", {
    parameters: { scriptId: Named },
    errors: ["NotFound", "Conflict"]
  }),
  /** All credentials, by type and name; their secrets are never returned. "List all credentials", `GET /credentials`. */
  listCredentials: Endpoint.make("GET", "/credentials", {
    success: Endpoint.list("credentials", Credential, credentialsOf)
  }),
  /** The credentials of one type. Fails with `NotFound` for an unknown one. "List credentials by type", `GET /credentials/{type}`. */
  listCredentialsOfType: Endpoint.make("GET", "/credentials/{type}", {
    parameters: {
      type: CredentialType.pipe(
        Schema.filter((type) => type !== "" && type !== "types" && type !== "connectors", {
          description: "a type of credentials: ssh_keys, cloud_files, s3, ambari"
        })
      )
    },
    success: Endpoint.list("credentials", Credential, credentialsOf),
    errors: ["NotFound"]
  }),
  /** The kinds of credentials that the cloud knows. "List credentials by type", `GET /credentials/types`. */
  listCredentialKinds: Endpoint.make("GET", "/credentials/types", {
    success: credentialKinds
  }),
  /**
   * What connects clusters to a store: the credentials, each by type and name, or where the cloud returns only their kinds, these.
   * "List credentials by type", `GET /credentials/connectors`.
   */
  listConnectors: Endpoint.make("GET", "/credentials/connectors", {
    success: Endpoint.list("credentials", Connector, connectorsOf)
  }),
  /**
   * Tells the cloud a public key, for new clusters to let in. Fails with `Conflict` where the name is taken. "Create a
   * credential", `POST /credentials/ssh_keys`.
   */
  createSshKey: Endpoint.make("POST", "/credentials/ssh_keys", {
    body: sshKeyBody,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Puts another public key in the place of one. Clusters that have it keep the old one, until `updateClusterCredentials`
   * gives them the new. Fails with `NotFound`. "Update a credential", `PUT /credentials/ssh_keys/{name}`.
   */
  updateSshKey: Endpoint.make("PUT", "/credentials/ssh_keys/{name}", {
    parameters: { name: Named },
    body: sshKeyBody,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Tells the cloud a user of Cloud Files, for clusters to read and write there. Fails with `Conflict` where it has the user
   * already. "Create a credential", `POST /credentials/cloud_files`.
   */
  createCloudFilesCredential: Endpoint.make("POST", "/credentials/cloud_files", {
    body: cloudFilesBody,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Tells the cloud another API key of a user of Cloud Files. Clusters that have it keep the old one, until
   * `updateClusterCredentials` gives them the new. Fails with `NotFound`. "Update a credential",
   * `PUT /credentials/cloud_files/{username}`.
   */
  updateCloudFilesCredential: Endpoint.make("PUT", "/credentials/cloud_files/{username}", {
    parameters: { username: Named },
    body: cloudFilesBody,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Tells the cloud an access key of Amazon S3, for clusters to read and write there. Fails with `Conflict` where it has the
   * key already. "Create a credential", `POST /credentials/s3`.
   */
  createS3Credential: Endpoint.make("POST", "/credentials/s3", {
    body: s3Body,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Tells the cloud another secret of an access key of Amazon S3. Fails with `NotFound`. "Update a credential",
   * `PUT /credentials/s3/{access_key_id}`.
   */
  updateS3Credential: Endpoint.make("PUT", "/credentials/s3/{accessKeyId}", {
    parameters: { accessKeyId: Named },
    body: s3Body,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Tells the cloud a user for the Ambari of new clusters. Fails with `Conflict` where it has the user already. "Create a
   * credential", `POST /credentials/ambari`.
   */
  createAmbariCredential: Endpoint.make("POST", "/credentials/ambari", {
    body: ambariBody,
    success: credentialOf,
    errors: ["Conflict"]
  }),
  /**
   * Tells the cloud another password of a user of Ambari. Fails with `NotFound`. "Update a credential",
   * `PUT /credentials/ambari/{username}`.
   */
  updateAmbariCredential: Endpoint.make("PUT", "/credentials/ambari/{username}", {
    parameters: { username: Named },
    body: ambariBody,
    success: credentialOf,
    errors: ["NotFound"]
  }),
  /**
   * Makes the cloud forget a credential. Fails with `NotFound`, and with `Conflict` while a cluster uses it. "Delete a
   * credential", `DELETE /credentials/{type}/{name}`.
   */
  deleteCredential: Endpoint.make("DELETE", "/credentials/{type}/{name}", {
    parameters: {
      type: CredentialType.pipe(Schema.minLength(1, { description: "a type of credentials" })),
      name: Named
    },
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * The kinds of work that clusters are made for. `GET /workloads`, which the API's clients had and its documents do not
   * know.
   */
  listWorkloads: Endpoint.make("GET", "/workloads", {
    success: Endpoint.list("workloads", Workload)
  }),
  /**
   * What is recommended for a kind of work. Fails with `NotFound`. `GET /workloads/{workload_id}/recommendations`, which the
   * API's clients had and its documents do not know.
   */
  listRecommendations: Endpoint.make("GET", "/workloads/{workloadId}/recommendations", {
    parameters: { workloadId: Named },
    query: {
      /** How much room the data needs. */
      storageGigabytes: Schema.propertySignature(
        Schema.Number.pipe(
          Schema.filter((size) => Number.isFinite(size) && size > 0, { description: "a size in gigabytes, above 0" })
        )
      ).pipe(Schema.fromKey("storagesize")),
      /** What is to outlive the work: the data, the cluster as well (`all`), or nothing (`none`). */
      persistence: Schema.propertySignature(Schema.Literal("all", "data", "none")).pipe(Schema.fromKey("persistent"))
    },
    success: Endpoint.list("recommendations", Recommendation),
    errors: ["NotFound"]
  })
})
