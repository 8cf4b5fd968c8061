/**
 * The requests and responses of each operation, compared with the API's documentation and its Python client.
 */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Redacted, Stream } from "effect"
import { CloudBigData, CloudError, RetryPolicy, TestCloud } from "effect-rackspace"
import { shown } from "../support/shown.js"
import * as Wire from "../support/wire.js"

type Service = CloudBigData.Service

/** The operations of a single request; the others have their own tests. */
type Call = Wire.Call<Service>

type Operation = Wire.Operation<Service>

const on = <A, E>(test: Effect.Effect<A, E, CloudBigData.CloudBigData | TestCloud.TestCloud>) =>
  Effect.provide(test, TestCloud.layer({ retry: RetryPolicy.never }))

const { requests, respondWith } = Wire.wireOf("bigdata", "/bigdata/dfw/v2/010101")

const bigData = CloudBigData.CloudBigData

const time = (text: string) => DateTime.unsafeMake(text)

const links = (path: string) => [
  { href: `https://dfw.bigdata.api.rackspacecloud.com/v2/1234/${path}`, rel: "self" },
  { href: `https://dfw.bigdata.api.rackspacecloud.com/1234/${path}`, rel: "bookmark" }
]

const next = (href: string) => [{ rel: "next", href: `https://dfw.bigdata.api.rackspacecloud.com${href}` }]

/** "Show cluster details" of the API's documentation. */
const documentedCluster = {
  created: "2014-06-14T10:10:10Z",
  id: "aaa-bbbb-cccc",
  name: "test",
  status: "ACTIVE",
  stack_id: "HDP2.1_Hadoop",
  links: links("clusters/aaa-bbbb-cccc"),
  node_groups: [
    { components: [{ name: "Namenode" }], count: 1, flavor_id: "hadoop1-7", id: "master" },
    { components: [{ name: "Datanode" }, { name: "NodeManager" }], count: 10, flavor_id: "hadoop1-7", id: "slave" }
  ],
  updated: ""
}

const cluster = {
  created: time("2014-06-14T10:10:10Z"),
  id: "aaa-bbbb-cccc",
  name: "test",
  status: "ACTIVE",
  stackId: "HDP2.1_Hadoop",
  nodeGroups: [
    { components: [{ name: "Namenode" }], count: 1, flavorId: "hadoop1-7", id: "master" },
    { components: [{ name: "Datanode" }, { name: "NodeManager" }], count: 10, flavorId: "hadoop1-7", id: "slave" }
  ],
  sshKeys: [],
  connectors: [],
  credentials: [],
  scripts: []
}

const documentedScript = {
  created: "2014-06-14T10:10:10Z",
  updated: "",
  id: "1111-aaaa-bbbbb",
  name: "iPython Notebooks",
  type: "POST_INIT",
  url: "https://example.com/ipynb_install.sh",
  is_public: false,
  links: links("scripts/1111-aaaa-bbbbb")
}

const script = {
  created: time("2014-06-14T10:10:10Z"),
  id: "1111-aaaa-bbbbb",
  name: "iPython Notebooks",
  type: "POST_INIT",
  url: "https://example.com/ipynb_install.sh",
  isPublic: false
}

const documentedStack = {
  created: "2016-02-19T15:36:10+00:00",
  description: "Core Hadoop Stack with Hive",
  distro: "HDP2.3",
  id: "d1a2b3cb-5423-4b91-a804-02970b05159a",
  is_deletable: true,
  links: links("stacks/d1a2b3cb-5423-4b91-a804-02970b05159a"),
  name: "HDP2.3_Hadoop",
  node_groups: [
    {
      components: [{ name: "AmbariServer" }, { name: "ZookeeperServer" }],
      count: 1,
      flavor_id: "hadoop1-4",
      id: "ambari",
      resource_limits: { max_count: 1, min_count: 1, min_ram: 1520 }
    }
  ],
  services: [{ name: "HDFS", modes: ["Secondary"] }, { name: "YARN" }]
}

const stack = {
  created: time("2016-02-19T15:36:10Z"),
  description: "Core Hadoop Stack with Hive",
  distroId: "HDP2.3",
  id: "d1a2b3cb-5423-4b91-a804-02970b05159a",
  isDeletable: true,
  name: "HDP2.3_Hadoop",
  nodeGroups: [
    {
      components: [{ name: "AmbariServer" }, { name: "ZookeeperServer" }],
      count: 1,
      flavorId: "hadoop1-4",
      id: "ambari",
      resourceLimits: { maxCount: 1, minCount: 1, minRamMegabytes: 1520 }
    }
  ],
  services: [
    { name: "HDFS", modes: ["Secondary"], components: [] },
    { name: "YARN", modes: [], components: [] }
  ]
}

const clusterFields = { name: "test", username: "cbduser", sshKeys: ["cbdkey"], stackId: "HDP2.1_Hadoop" } as const

const publicKey = "ssh-rsa AAkphQZaDNi2Ij3DX5twE62lerq7Xhaff foo@bar"

const operations: Readonly<Record<keyof typeof CloudBigData.endpoints, Operation>> = {
  listPage: {
    call: (service) => service.listPage({ limit: 1, marker: "zzz" }),
    line: "GET /clusters?marker=zzz&limit=1",
    response: {
      clusters: [
        {
          created: "2014-06-14T10:10:10Z",
          id: "aaa-bbbb-cccc",
          name: "test",
          status: "ACTIVE",
          stack_id: "HDP2.1_Hadoop",
          updated: "",
          links: links("clusters/aaa-bbbb-cccc")
        }
      ],
      // Without /v2, and without a question mark.
      links: next("/1234/clusters&limit=1&marker=aaa-bbbb-dddd")
    },
    decoded: {
      items: [
        {
          created: time("2014-06-14T10:10:10Z"),
          id: "aaa-bbbb-cccc",
          name: "test",
          status: "ACTIVE",
          stackId: "HDP2.1_Hadoop"
        }
      ],
      next: "aaa-bbbb-dddd"
    }
  },
  get: {
    call: (service) => service.get({ clusterId: "aaa/b?c" }),
    line: "GET /clusters/aaa%2Fb%3Fc",
    response: { cluster: documentedCluster },
    decoded: cluster
  },
  create: {
    call: (service) =>
      service.create({
        ...clusterFields,
        scriptIds: ["c5033423-97ff-4215-9552-19d425e1f9dd"],
        connectors: [{ type: "cloud_files", name: "cfuser" }],
        credentials: [{ type: "ambari", name: "admin" }],
        region: "DFW"
      }),
    line: "POST /clusters",
    body: {
      cluster: {
        name: "test",
        username: "cbduser",
        ssh_keys: ["cbdkey"],
        stack_id: "HDP2.1_Hadoop",
        scripts: [{ id: "c5033423-97ff-4215-9552-19d425e1f9dd" }],
        connectors: [{ type: "cloud_files", credential: { name: "cfuser" } }],
        credentials: [{ type: "ambari", credential: { name: "admin" } }],
        region: "DFW"
      }
    },
    response: {
      cluster: {
        ...documentedCluster,
        status: "BUILDING",
        username: "cbduser",
        ssh_keys: ["cbdkey"],
        progress: "5",
        connectors: [{ type: "cloud_files", credential: { name: "cfuser" } }],
        scripts: [{ id: "c5033423-97ff-4215-9552-19d425e1f9dd", name: "Mongo Connector", status: "PENDING" }]
      }
    },
    decoded: {
      ...cluster,
      status: "BUILDING",
      username: "cbduser",
      sshKeys: ["cbdkey"],
      progress: 5,
      connectors: [{ type: "cloud_files", name: "cfuser" }],
      scripts: [{ id: "c5033423-97ff-4215-9552-19d425e1f9dd", name: "Mongo Connector", status: "PENDING" }]
    }
  },
  resize: {
    // Reads the cluster first; has its own test.
    call: (service) =>
      Effect.zipRight(
        respondWith({ cluster: documentedCluster }),
        Effect.zipRight(
          Effect.flatMap(TestCloud.TestCloud, (cloud) =>
            cloud.fail({
              match: { service: "bigdata", method: "PUT" },
              fault: {
                _tag: "Status",
                status: 200,
                body: { cluster: { ...documentedCluster, status: "UPDATING", updated: "2014-06-25T10:10:10Z" } }
              }
            })
          ),
          service.resize({ clusterId: "aaa-bbbb-cccc", nodeGroups: [{ id: "slave", count: 15 }] })
        )
      ) as Effect.Effect<unknown, CloudError.CloudError>,
    line: "PUT /clusters/aaa-bbbb-cccc",
    body: { cluster: { node_groups: [{ id: "slave", count: 15 }] } },
    decoded: { ...cluster, status: "UPDATING", updated: time("2014-06-25T10:10:10Z") }
  },
  updateCredentials: {
    call: (service) =>
      service.updateCredentials({
        clusterId: "c",
        credentials: [
          { type: "ssh_keys", name: "me@laptop" },
          { type: "s3", name: "AKIA" }
        ]
      }),
    line: "PUT /clusters/c",
    body: {
      cluster: {
        credentials: [
          { type: "ssh_keys", name: "me@laptop" },
          { type: "s3", name: "AKIA" }
        ]
      }
    },
    response: { cluster: { ...documentedCluster, credentials: [{ type: "s3", name: "AKIA" }] } },
    decoded: { ...cluster, credentials: [{ type: "s3", name: "AKIA" }] }
  },
  removeSshKeys: {
    call: (service) => service.removeSshKeys({ clusterId: "c", sshKeys: ["me@laptop", "you@desk"] }),
    line: "PUT /clusters/c",
    body: {
      cluster: {
        remove_credentials: [
          { type: "ssh_keys", name: "me@laptop" },
          { type: "ssh_keys", name: "you@desk" }
        ]
      }
    },
    response: { cluster: documentedCluster },
    decoded: cluster
  },
  controlServices: {
    call: (service) => service.controlServices({ clusterId: "c", action: "restart", services: ["HDFS"] }),
    line: "PUT /clusters/c",
    body: { cluster: { control_services: { action: "restart", services: [{ name: "HDFS" }] } } },
    response: { cluster: documentedCluster },
    decoded: cluster
  },
  delete: {
    call: (service) => service.delete({ clusterId: "c" }),
    line: "DELETE /clusters/c",
    status: 204,
    decoded: undefined
  },
  listNodesPage: {
    call: (service) => service.listNodesPage({ clusterId: "aaa-bbbb-cccc", limit: 3 }),
    line: "GET /clusters/aaa-bbbb-cccc/nodes?limit=3",
    response: {
      nodes: [
        {
          created: "2014-06-14T10:10:10Z",
          id: "111-222-444",
          name: "master-1",
          node_group: "master",
          status: "ACTIVE",
          updated: "",
          addresses: {
            public: [{ addr: "168.0.0.3", version: 4 }],
            private: [{ addr: "10.0.0.3", version: 4 }]
          },
          flavor_id: "hadoop1-4",
          components: [{ name: "Namenode", nice_name: "HDFS Namenode", uri: "http://master-1.local:50070" }],
          links: links("clusters/aaa-bbbb-cccc/nodes/111-222-444")
        }
      ],
      links: next("/v2/1234/clusters/aaa-bbbb-cccc/nodes?limit=3&marker=111-222-555")
    },
    decoded: {
      items: [
        {
          created: time("2014-06-14T10:10:10Z"),
          id: "111-222-444",
          name: "master-1",
          nodeGroup: "master",
          status: "ACTIVE",
          addresses: {
            public: [{ address: "168.0.0.3", version: 4 }],
            private: [{ address: "10.0.0.3", version: 4 }]
          },
          flavorId: "hadoop1-4",
          components: [{ name: "Namenode", niceName: "HDFS Namenode", uri: "http://master-1.local:50070" }]
        }
      ],
      next: "111-222-555"
    }
  },
  deleteNode: {
    call: (service) => service.deleteNode({ clusterId: "c", nodeId: "n" }),
    line: "DELETE /clusters/c/nodes/n",
    response: { node: { id: "n" } },
    decoded: undefined
  },
  listFlavorsPage: {
    call: (service) => service.listFlavorsPage(),
    line: "GET /flavors",
    response: {
      flavors: [
        { disk: 10_000, id: "hadoop1-60", name: "XLarge Hadoop Instance", ram: 61_440, vcpus: 16, class: "hadoop1" },
        { disk: 2500, id: "hadoop1-15", name: "Medium Hadoop Instance", ram: 15_360, vcpus: 4, links: [] }
      ],
      links: next("/v2/1234/flavors?limit=2&amp;marker=hadoop1-7")
    },
    decoded: {
      items: [
        {
          diskGigabytes: 10_000,
          id: "hadoop1-60",
          name: "XLarge Hadoop Instance",
          ramMegabytes: 61_440,
          vcpus: 16,
          class: "hadoop1"
        },
        { diskGigabytes: 2500, id: "hadoop1-15", name: "Medium Hadoop Instance", ramMegabytes: 15_360, vcpus: 4 }
      ],
      next: "hadoop1-7"
    }
  },
  getLimits: {
    call: (service) => service.getLimits(),
    line: "GET /limits",
    response: {
      limits: {
        absolute: {
          disk: { limit: 100_000, remaining: 28_882 },
          node_count: { limit: 100, remaining: 50 },
          ram: { limit: 50_000, remaining: 34_567 },
          vcpus: { limit: 50, remaining: 25 }
        },
        links: []
      }
    },
    decoded: {
      diskGigabytes: { limit: 100_000, remaining: 28_882 },
      nodes: { limit: 100, remaining: 50 },
      ramMegabytes: { limit: 50_000, remaining: 34_567 },
      vcpus: { limit: 50, remaining: 25 }
    }
  },
  listDistros: {
    call: (service) => service.listDistros(),
    line: "GET /distros",
    response: { distros: [{ id: "CDH5", name: "Cloudera Hadoop", version: "5", links: links("distros/CDH5") }] },
    decoded: [{ id: "CDH5", name: "Cloudera Hadoop", version: "5" }]
  },
  getDistro: {
    call: (service) => service.getDistro({ distroId: "HDP2.2" }),
    line: "GET /distros/HDP2.2",
    response: {
      distro: {
        id: "HDP2.2",
        name: "HortonWorks Data Platform",
        version: "2.2",
        links: links("distros/HDP2.2"),
        services: [
          {
            components: [{ name: "Namenode" }, { mode: "Secondary", name: "SecondaryNamenode" }],
            description: "Files",
            // Objects here, strings in a stack.
            modes: [{ name: "Secondary" }],
            name: "HDFS",
            version: "2.6"
          },
          { components: [{ name: "PigClient" }], description: "Pig", name: "Pig", version: "0.14" }
        ]
      }
    },
    decoded: {
      id: "HDP2.2",
      name: "HortonWorks Data Platform",
      version: "2.2",
      services: [
        {
          components: [{ name: "Namenode" }, { mode: "Secondary", name: "SecondaryNamenode" }],
          description: "Files",
          modes: ["Secondary"],
          name: "HDFS",
          version: "2.6"
        },
        { components: [{ name: "PigClient" }], description: "Pig", modes: [], name: "Pig", version: "0.14" }
      ]
    }
  },
  listStacksPage: {
    call: (service) => service.listStacksPage({ limit: 2 }),
    line: "GET /stacks?limit=2",
    response: {
      stacks: [
        {
          distro: "HDP2.2",
          id: "HDP2.2_Hadoop",
          name: "Core Hadoop",
          description: "Core Hadoop Stack with Hive",
          services: [{ modes: ["HA"], name: "HDFS" }, { name: "Yarn" }],
          links: links("stacks/HDP2.2_Hadoop")
        }
      ],
      links: next("/v2/1234/stacks?limit=2&marker=HDP2.2_HBase")
    },
    decoded: {
      items: [
        {
          distroId: "HDP2.2",
          id: "HDP2.2_Hadoop",
          name: "Core Hadoop",
          description: "Core Hadoop Stack with Hive",
          services: [
            { modes: ["HA"], name: "HDFS", components: [] },
            { modes: [], name: "Yarn", components: [] }
          ]
        }
      ],
      next: "HDP2.2_HBase"
    }
  },
  getStack: {
    call: (service) => service.getStack({ stackId: "HDP2.3 Hadoop" }),
    line: "GET /stacks/HDP2.3%20Hadoop",
    response: { stack: documentedStack },
    decoded: stack
  },
  createStack: {
    call: (service) =>
      service.createStack({
        name: "HDP2.3_Hadoop",
        description: "Core Hadoop Stack with Hive",
        distroId: "HDP2.3",
        services: [{ name: "HDFS", modes: ["Secondary"] }, { name: "YARN" }],
        nodeGroups: [{ id: "master0", count: 1, flavorId: "hadoop1-7", components: ["Namenode"] }, { id: "slave0" }]
      }),
    line: "POST /stacks",
    body: {
      stack: {
        name: "HDP2.3_Hadoop",
        description: "Core Hadoop Stack with Hive",
        distro: "HDP2.3",
        services: [{ name: "HDFS", modes: ["Secondary"] }, { name: "YARN" }],
        node_groups: [
          { id: "master0", count: 1, flavor_id: "hadoop1-7", components: [{ name: "Namenode" }] },
          { id: "slave0" }
        ]
      }
    },
    response: { stack: documentedStack },
    decoded: stack
  },
  deleteStack: {
    call: (service) => service.deleteStack({ stackId: "s" }),
    line: "DELETE /stacks/s",
    status: 204,
    decoded: undefined
  },
  listScriptsPage: {
    call: (service) => service.listScriptsPage({ limit: 3 }),
    line: "GET /scripts?limit=3",
    response: {
      scripts: [documentedScript],
      links: next("/1234/scripts?limit=3&amp;marker=aaa-bbbb-33333")
    },
    decoded: { items: [script], next: "aaa-bbbb-33333" }
  },
  createScript: {
    call: (service) => service.createScript({ name: "iPython Notebooks", url: "https://example.com/ipynb_install.sh" }),
    line: "POST /scripts",
    body: { script: { name: "iPython Notebooks", type: "POST_INIT", url: "https://example.com/ipynb_install.sh" } },
    response: { script: documentedScript },
    decoded: script
  },
  updateScript: {
    call: (service) => service.updateScript({ scriptId: "s", url: "https://test.com/jupyter_install.sh" }),
    line: "PUT /scripts/s",
    body: { script: { url: "https://test.com/jupyter_install.sh" } },
    response: { script: { ...documentedScript, updated: "2015-03-14T10:10:10Z" } },
    decoded: { ...script, updated: time("2015-03-14T10:10:10Z") }
  },
  deleteScript: {
    call: (service) => service.deleteScript({ scriptId: "s" }),
    line: "DELETE /scripts/s",
    status: 204,
    decoded: undefined
  },
  listCredentials: {
    call: (service) => service.listCredentials(),
    line: "GET /credentials",
    response: {
      credentials: {
        ssh_keys: [{ key_name: "mykey", public_key: "ssh-rsa AAAA" }],
        cloud_files: [{ username: "cfuser" }],
        s3: [{ access_key_id: "AKIA" }],
        ambari: [],
        ftp: [{ name: "new in the cloud" }]
      }
    },
    decoded: [
      { type: "ssh_keys", name: "mykey" },
      { type: "cloud_files", name: "cfuser" },
      { type: "s3", name: "AKIA" },
      { type: "ftp", name: "new in the cloud" }
    ]
  },
  listCredentialsOfType: {
    call: (service) => service.listCredentialsOfType({ type: "cloud_files" }),
    line: "GET /credentials/cloud_files",
    response: { credentials: { cloud_files: [{ username: "cfuser" }] } },
    decoded: [{ type: "cloud_files", name: "cfuser" }]
  },
  listCredentialKinds: {
    call: (service) => service.listCredentialKinds(),
    line: "GET /credentials/types",
    response: {
      credentials: [
        {
          connector: true,
          links: links("credentials/cloud_files"),
          schema: ["username", "api_key"],
          type: "cloud_files"
        },
        { connector: false, schema: { key_name: {}, public_key: {} }, type: "ssh_keys" },
        { type: "new" }
      ]
    },
    decoded: [
      { isConnector: true, fields: ["username", "api_key"], type: "cloud_files" },
      { isConnector: false, fields: ["key_name", "public_key"], type: "ssh_keys" },
      { isConnector: false, fields: [], type: "new" }
    ]
  },
  listConnectors: {
    call: (service) => service.listConnectors(),
    line: "GET /credentials/connectors",
    response: { credentials: [{ connector: true, schema: ["username", "api_key"], type: "cloud_files" }] },
    decoded: [{ isConnector: true, fields: ["username", "api_key"], type: "cloud_files" }]
  },
  createSshKey: {
    call: (service) => service.createSshKey({ name: "cbdkey", publicKey }),
    line: "POST /credentials/ssh_keys",
    body: { ssh_keys: { key_name: "cbdkey", public_key: publicKey } },
    response: { credentials: { ssh_keys: { key_name: "cbdkey" } } },
    decoded: { type: "ssh_keys", name: "cbdkey" }
  },
  updateSshKey: {
    call: (service) => service.updateSshKey({ name: "user@host/1", publicKey }),
    line: "PUT /credentials/ssh_keys/user%40host%2F1",
    body: { ssh_keys: { key_name: "user@host/1", public_key: publicKey } },
    response: { credentials: { ssh_keys: [{ key_name: "user@host/1" }] } },
    decoded: { type: "ssh_keys", name: "user@host/1" }
  },
  createCloudFilesCredential: {
    call: (service) => service.createCloudFilesCredential({ username: "cfuser", apiKey: Redacted.make("samplekey") }),
    line: "POST /credentials/cloud_files",
    body: { cloud_files: { username: "cfuser", api_key: "samplekey" } },
    response: { credentials: { cloud_files: { username: "cfuser" } } },
    decoded: { type: "cloud_files", name: "cfuser" }
  },
  updateCloudFilesCredential: {
    call: (service) => service.updateCloudFilesCredential({ username: "cf user", apiKey: Redacted.make("newkey") }),
    line: "PUT /credentials/cloud_files/cf%20user",
    body: { cloud_files: { username: "cf user", api_key: "newkey" } },
    response: { credentials: { cloud_files: { username: "cf user", api_key: "newkey" } } },
    decoded: { type: "cloud_files", name: "cf user" }
  },
  createS3Credential: {
    call: (service) => service.createS3Credential({ accessKeyId: "AKIA", secretAccessKey: Redacted.make("123456") }),
    line: "POST /credentials/s3",
    body: { s3: { access_key_id: "AKIA", access_secret_key: "123456" } },
    response: { credentials: { s3: { access_key_id: "AKIA" } } },
    decoded: { type: "s3", name: "AKIA" }
  },
  updateS3Credential: {
    call: (service) => service.updateS3Credential({ accessKeyId: "AKIA", secretAccessKey: Redacted.make("654321") }),
    line: "PUT /credentials/s3/AKIA",
    body: { s3: { access_key_id: "AKIA", access_secret_key: "654321" } },
    response: { credentials: { s3: { access_key_id: "AKIA" } } },
    decoded: { type: "s3", name: "AKIA" }
  },
  createAmbariCredential: {
    call: (service) => service.createAmbariCredential({ username: "admin", password: Redacted.make("pass word") }),
    line: "POST /credentials/ambari",
    body: { ambari: { username: "admin", password: "pass word" } },
    response: { credentials: { ambari: { username: "admin" } } },
    decoded: { type: "ambari", name: "admin" }
  },
  updateAmbariCredential: {
    call: (service) => service.updateAmbariCredential({ username: "admin", password: Redacted.make("another") }),
    line: "PUT /credentials/ambari/admin",
    body: { ambari: { username: "admin", password: "another" } },
    response: { credentials: { ambari: { username: "admin" } } },
    decoded: { type: "ambari", name: "admin" }
  },
  deleteCredential: {
    call: (service) => service.deleteCredential({ type: "ssh_keys", name: "user@host" }),
    line: "DELETE /credentials/ssh_keys/user%40host",
    status: 204,
    decoded: undefined
  },
  listWorkloads: {
    call: (service) => service.listWorkloads(),
    line: "GET /workloads",
    response: { workloads: [{ id: "id", name: "name", caption: "caption", description: "description" }] },
    decoded: [{ id: "id", name: "name", caption: "caption", description: "description" }]
  },
  listRecommendations: {
    call: (service) => service.listRecommendations({ workloadId: "w", storageGigabytes: 1500, persistence: "data" }),
    line: "GET /workloads/w/recommendations?storagesize=1500&persistent=data",
    response: {
      recommendations: [
        {
          name: "name",
          description: "description",
          requires: ["requires"],
          sizes: [{ flavor: "hadoop1-7", minutes: 1.5, nodecount: 2, recommended: true }]
        }
      ]
    },
    decoded: [
      {
        name: "name",
        description: "description",
        requires: ["requires"],
        sizes: [{ flavorId: "hadoop1-7", minutes: 1.5, nodeCount: 2, isRecommended: true }]
      }
    ]
  }
}

describe("CloudBigData: requests and responses of each operation", () => {
  for (const [name, operation] of Object.entries(operations)) {
    it.effect(`${name}: ${operation.line.split("?")[0]}`, () =>
      on(
        Effect.gen(function* () {
          const service = yield* bigData
          if (operation.response !== undefined || operation.status !== undefined) {
            yield* respondWith(operation.response ?? "", operation.status)
          }
          const context = yield* Effect.context<TestCloud.TestCloud>()
          const value = yield* Effect.provide(operation.call(service), context)
          assert.deepStrictEqual(value, operation.decoded)
          const sent = (yield* requests).at(-1)
          assert.strictEqual(sent?.line, operation.line)
          assert.deepStrictEqual(sent?.body, operation.body)
          assert.isDefined(sent?.headers["x-auth-token"])
          assert.strictEqual(
            sent?.headers["content-type"],
            operation.body === undefined ? undefined : "application/json"
          )
        })
      )
    )
  }
})

describe("CloudBigData: documented errors", () => {
  const documented: Readonly<Record<number, string>> = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "QuotaExceeded",
    500: "UnexpectedStatus",
    503: "ServiceUnavailable"
  }
  const always = [400, 403, 500, 503]
  const fault = (status: number) => ({ fault: { code: status, message: `Lava says ${status}` } })

  for (const [name, operation] of Object.entries(operations)) {
    if (name === "resize") continue
    const endpoint = CloudBigData.endpoints[name as keyof typeof CloudBigData.endpoints]
    const own = Object.entries(documented)
      .filter(([, tag]) => (endpoint.errors as ReadonlySet<string>).has(tag))
      .map(([status]) => Number(status))
    it.effect(`${name}: ${[...always, ...own].toSorted().join(", ")}`, () =>
      on(
        Effect.gen(function* () {
          const service = yield* bigData
          for (const status of [...always, ...own]) {
            yield* respondWith(fault(status), status)
            const error = yield* Effect.flip(operation.call(service))
            assert.strictEqual(error._tag, documented[status])
            assert.include(error.message, `CloudBigData.${name}: ${status} Lava says ${status}`)
          }
          // An error that an operation does not document is UnexpectedStatus.
          for (const status of [404, 409, 413].filter((each) => !own.includes(each))) {
            yield* respondWith(fault(status), status)
            assert.strictEqual((yield* Effect.flip(operation.call(service)))._tag, "UnexpectedStatus")
          }
        })
      )
    )
  }

  it.effect("resize: 404 when reading the cluster, 400, 409 and 413 of the resize", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const resize = Effect.flip(service.resize({ clusterId: "c", nodeGroups: [{ id: "slave", count: 2 }] }))
        yield* respondWith(fault(404), 404)
        assert.strictEqual((yield* resize)._tag, "NotFound")
        for (const status of [400, 404, 409, 413]) {
          yield* respondWith({ cluster: documentedCluster })
          const cloud = yield* TestCloud.TestCloud
          yield* cloud.fail({
            match: { service: "bigdata", method: "PUT" },
            fault: { _tag: "Status", status, body: fault(status) }
          })
          assert.strictEqual((yield* resize)._tag, documented[status])
        }
      })
    )
  )

  it.effect("a rate limit's 413 is OverLimit with the requested wait, not a quota", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        yield* respondWith({ overLimit: { code: 413, message: "OverLimit Retry..." } }, 413, { "Retry-After": "42" })
        const error = yield* Effect.flip(service.create(clusterFields))
        assert.instanceOf(error, CloudError.OverLimit)
        assert.deepStrictEqual((error as CloudError.OverLimit).retryAfter, Duration.seconds(42))
      })
    )
  )

  it.effect("errors in Nova's wrapper and malformed responses are reported as well", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        yield* respondWith({ itemNotFound: { code: 404, message: "no such thing" } }, 404)
        assert.include((yield* Effect.flip(service.get({ clusterId: "c" }))).message, "no such thing")
        yield* respondWith({ cluster: { ...documentedCluster, name: [7] } })
        const malformed = yield* Effect.flip(service.get({ clusterId: "c" }))
        assert.instanceOf(malformed, CloudError.MalformedResponse)
        assert.strictEqual((malformed as CloudError.MalformedResponse).path, "cluster.name")
      })
    )
  )
})

describe("CloudBigData: variations of the wire format", () => {
  const decoded = (fields: Record<string, unknown>) =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        yield* respondWith({ cluster: { ...documentedCluster, ...fields } })
        return yield* service.get({ clusterId: "c" })
      })
    )

  it.effect("instants: empty, null, absent, a date alone, an offset", () =>
    Effect.gen(function* () {
      assert.isFalse("updated" in (yield* decoded({ updated: "" })))
      assert.isFalse("updated" in (yield* decoded({ updated: null })))
      const { updated: _, ...without } = documentedCluster
      assert.isFalse("updated" in (yield* decoded(without)))
      assert.deepStrictEqual((yield* decoded({ updated: "2014-01-01" })).updated, time("2014-01-01T00:00:00Z"))
      assert.deepStrictEqual(
        (yield* decoded({ updated: "2016-05-19T08:07:08-05:00" })).updated,
        time("2016-05-19T13:07:08Z")
      )
    })
  )

  it.effect("progress: a fraction or a percentage, as a number or a string, or absent", () =>
    Effect.gen(function* () {
      for (const [wire, percent] of [
        [0, 0],
        [0.25, 25],
        [0.9375, 93.75],
        [1, 100],
        ["1.0", 100],
        ["5", 5],
        [62.5, 62.5]
      ] as const) {
        assert.strictEqual((yield* decoded({ progress: wire })).progress, percent, String(wire))
      }
      for (const none of [null, "", "unknown"]) assert.isFalse("progress" in (yield* decoded({ progress: none })))
    })
  )

  it.effect("a cluster as lavaclient decoded it", () =>
    Effect.gen(function* () {
      const found = yield* decoded({
        id: 7,
        cbd_version: 1,
        username: "username",
        progress: 1,
        status: "REINCARNATING",
        scripts: [{ id: "run", script_id: "s", node_id: "n", name: "name", status: null }],
        credentials: [{ type: "s3", name: "AKIA" }],
        connectors: null
      })
      assert.strictEqual(found.id, "7")
      assert.strictEqual(found.cbdVersion, 1)
      assert.strictEqual(found.status, "REINCARNATING")
      assert.deepStrictEqual(found.scripts, [{ id: "run", scriptId: "s", nodeId: "n", name: "name" }])
      assert.deepStrictEqual(found.credentials, [{ type: "s3", name: "AKIA" }])
      assert.deepStrictEqual(found.connectors, [])
    })
  )

  it.effect(
    "nodes: a group as a string, a list or a role; versions as strings; services in place of components; no addresses",
    () =>
      on(
        Effect.gen(function* () {
          const service = yield* bigData
          const node = { id: "000", name: "NAMENODE-1", status: "ACTIVE" }
          yield* respondWith({
            nodes: [
              { ...node, node_group: ["slave"], addresses: { public: [{ addr: "1.2.3.4", version: "4.0" }] } },
              { ...node, node_group: [], components: null, addresses: null },
              { ...node, role: "NAMENODE", services: [{ name: "ssh", uri: "ssh://user@168.0.0.3" }] }
            ]
          })
          const { items, next: more } = yield* service.listNodesPage({ clusterId: "c" })
          assert.isUndefined(more)
          assert.deepStrictEqual(items, [
            {
              ...node,
              nodeGroup: "slave",
              components: [],
              addresses: { public: [{ address: "1.2.3.4", version: 4 }], private: [] }
            },
            { ...node, components: [], addresses: { public: [], private: [] } },
            {
              ...node,
              nodeGroup: "NAMENODE",
              components: [{ name: "ssh", uri: "ssh://user@168.0.0.3" }],
              addresses: { public: [], private: [] }
            }
          ])
        })
      )
  )

  it.effect("credentials: absent and null are accepted, and one without a name is malformed", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        yield* respondWith({ credentials: {} })
        assert.deepStrictEqual(yield* service.listCredentials(), [])
        yield* respondWith({ credentials: { ssh_keys: null, s3: [] } })
        assert.deepStrictEqual(yield* service.listCredentials(), [])
        yield* respondWith({ credentials: { ssh_keys: [{}] } })
        assert.strictEqual((yield* Effect.flip(service.listCredentials()))._tag, "MalformedResponse")
      })
    )
  )

  it.effect("a next link without a marker continues after the last item", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        yield* respondWith({ clusters: [documentedCluster], links: next("/1234/clusters") })
        assert.strictEqual((yield* service.listPage()).next, "aaa-bbbb-cccc")
      })
    )
  )
})

describe("CloudBigData: listings as Streams", () => {
  it.effect("request pages of 100 on demand, and follow malformed links", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const cloud = yield* TestCloud.TestCloud
        yield* Effect.replicateEffect(cloud.bigData.seedCluster(), 5, { discard: true })
        const names = Stream.map(service.list({ pageSize: 2 }), ({ name }) => name)
        assert.deepStrictEqual(
          [...(yield* Stream.runCollect(names))],
          ["cluster-1", "cluster-2", "cluster-3", "cluster-4", "cluster-5"]
        )
        assert.strictEqual((yield* requests).length, 3)
        yield* Stream.runDrain(Stream.take(names, 2))
        assert.strictEqual((yield* requests).length, 4)
        assert.strictEqual(yield* Stream.runCount(service.listFlavors({ pageSize: 3 })), 8)
        assert.strictEqual(yield* Stream.runCount(service.listStacks({ pageSize: 1 })), 2)
        assert.strictEqual(yield* Stream.runCount(service.listScripts()), 1)
        const [first] = yield* cloud.bigData.clusters
        assert.strictEqual(yield* Stream.runCount(service.listNodes({ clusterId: first?.id ?? "", pageSize: 3 })), 8)
        yield* Stream.runDrain(service.list())
        assert.strictEqual((yield* requests).at(-1)?.line, "GET /clusters?limit=100")
      })
    )
  )

  it.effect("an invalid page size is reported in terms of the listing; a missing cluster is NotFound", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const invalid = yield* Effect.flip(Stream.runDrain(service.list({ pageSize: 0 })))
        assert.match(invalid.message, /CloudBigData\.list: pageSize: expected a whole number of 1 or more/)
        assert.isEmpty(yield* requests)
        const absent = yield* Effect.flip(Stream.runDrain(service.listNodes({ clusterId: "nope" })))
        assert.strictEqual(absent._tag, "NotFound")
        assert.strictEqual((yield* Effect.flip(Stream.runDrain(service.list({ pageSize: 201 }))))._tag, "BadRequest")
      })
    )
  )
})

describe("CloudBigData: validation before any request", () => {
  const long = "x".repeat(256)
  const cases: ReadonlyArray<readonly [name: string, call: Call, message: RegExp]> = [
    ["no name", (s) => s.create({ ...clusterFields, name: "" }), /name: expected/],
    ["a name of 256 characters", (s) => s.create({ ...clusterFields, name: long }), /a name of 1 to 255 characters/],
    ["the user root", (s) => s.create({ ...clusterFields, username: "Root" }), /username: expected .* is not root/],
    ["a user who begins with a digit", (s) => s.create({ ...clusterFields, username: "1st" }), /username: expected/],
    ["a user of one letter", (s) => s.create({ ...clusterFields, username: "a" }), /2 to 32 letters/],
    ["a user of 33 letters", (s) => s.create({ ...clusterFields, username: "a".repeat(33) }), /username/],
    ["no SSH key", (s) => s.create({ ...clusterFields, sshKeys: [] as unknown as readonly [string] }), /sshKeys/],
    [
      "no node",
      (s) => s.create({ ...clusterFields, nodeGroups: [{ id: "slave", count: 0 }] }),
      /nodeGroups\.0\.count: expected a whole number of nodes, 1 to 100/
    ],
    ["101 nodes", (s) => s.create({ ...clusterFields, nodeGroups: [{ id: "slave", count: 101 }] }), /1 to 100/],
    [
      "a fraction of a node",
      (s) => s.create({ ...clusterFields, nodeGroups: [{ id: "slave", count: 1.5 }] }),
      /1 to 100/
    ],
    [
      "two users of Cloud Files",
      (s) =>
        s.create({
          ...clusterFields,
          connectors: [{ type: "cloud_files", name: "one" }],
          credentials: [{ type: "cloud_files", name: "two" }]
        }),
      /connectors: expected at most one credential of type cloud_files/
    ],
    [
      "a resize without node groups",
      (s) =>
        s.resize({
          clusterId: "c",
          nodeGroups: [] as unknown as readonly [{ readonly id: string; readonly count: number }]
        }),
      /nodeGroups/
    ],
    ["a resize to 101", (s) => s.resize({ clusterId: "c", nodeGroups: [{ id: "slave", count: 101 }] }), /1 to 100/],
    ["no cluster", (s) => s.get({ clusterId: "" }), /clusterId: expected a string that is not empty/],
    ["a stack without services", (s) => s.createStack({ name: "a", distroId: "d", services: [] as never }), /services/],
    [
      "a node group of 37 characters",
      (s) =>
        s.createStack({
          name: "a",
          distroId: "d",
          services: [{ name: "HDFS" }],
          nodeGroups: [{ id: "x".repeat(37) }]
        }),
      /1 to 36 characters/
    ],
    [
      "a script with a relative URL",
      (s) => s.createScript({ name: "a", url: "install.sh" }),
      /url: expected an http or https URL/
    ],
    ["a script with a file URL", (s) => s.createScript({ name: "a", url: "file:///etc/passwd" }), /http or https/],
    [
      "a private key in place of a public one",
      (s) => s.createSshKey({ name: "a", publicKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nabc" }),
      /publicKey: expected a public key; this is a private one/
    ],
    ["an empty secret", (s) => s.createAmbariCredential({ username: "a", password: Redacted.make("") }), /password/],
    [
      "a reserved word as a type",
      (s) => s.listCredentialsOfType({ type: "types" }),
      /type: expected a type of credentials/
    ],
    [
      "no data",
      (s) => s.listRecommendations({ workloadId: "w", storageGigabytes: 0, persistence: "all" }),
      /storageGigabytes: expected a size in gigabytes, above 0/
    ]
  ]
  for (const [name, call, message] of cases) {
    it.effect(name, () =>
      on(
        Effect.gen(function* () {
          const error = yield* Effect.flip(call(yield* bigData))
          assert.instanceOf(error, CloudError.InvalidInput)
          assert.match(error.message, message)
          assert.isEmpty(yield* requests)
        })
      )
    )
  }

  it.effect("errors do not contain a private key", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const error = yield* Effect.flip(
          service.createSshKey({ name: "a", publicKey: "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret" })
        )
        assert.notInclude(shown(error), "MIIEsecret")
      })
    )
  )

  it.effect("errors do not contain secrets that the cloud quotes", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const secret = Redacted.make('s3cr3t-"value"')
        for (const call of [
          service.createCloudFilesCredential({ username: "u", apiKey: secret }),
          service.updateCloudFilesCredential({ username: "u", apiKey: secret }),
          service.createS3Credential({ accessKeyId: "u", secretAccessKey: secret }),
          service.updateS3Credential({ accessKeyId: "u", secretAccessKey: secret }),
          service.createAmbariCredential({ username: "u", password: secret }),
          service.updateAmbariCredential({ username: "u", password: secret })
        ] as ReadonlyArray<Effect.Effect<unknown, CloudError.CloudError>>) {
          yield* respondWith({ fault: { message: `Bad value ${Redacted.value(secret)}` } }, 400)
          const exit = yield* Effect.exit(call)
          assert.include(shown(exit), "<redacted>")
          assert.notInclude(shown(exit), "s3cr3t")
        }
      })
    )
  )
})

describe("CloudBigData: node groups are validated", () => {
  const lines = Effect.map(requests, (all) => all.map(({ line }) => line))

  it.effect("a group that the stack does not have is rejected after reading the stack, and its groups are listed", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const error = yield* Effect.flip(
          service.create({
            ...clusterFields,
            stackId: "HDP2.2_Hadoop",
            nodeGroups: [{ id: "slave", count: 2 }, { id: "workers" }, { id: "master", count: 2 }]
          })
        )
        assert.instanceOf(error, CloudError.InvalidInput)
        assert.strictEqual(
          error.message,
          "CloudBigData.create: nodeGroups.1.id: expected one of " +
            "ambari, master, standby-namenode, journalnodes, slave, gateway; nodeGroups.2.count: expected 1 to 1"
        )
        assert.deepStrictEqual(yield* lines, ["GET /stacks/HDP2.2_Hadoop"])
      })
    )
  )

  it.effect("validation is left to the cloud if the stack cannot be read", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        yield* respondWith({ fault: { message: "no" } }, 404)
        const error = yield* Effect.flip(
          service.create({ ...clusterFields, stackId: "gone", nodeGroups: [{ id: "slave" }] })
        )
        assert.strictEqual(error._tag, "BadRequest")
        assert.deepStrictEqual(yield* lines, ["GET /stacks/gone", "POST /clusters"])
      })
    )
  )

  it.effect("nothing is read if no group is named; a valid one is sent", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const cloud = yield* TestCloud.TestCloud
        yield* cloud.bigData.seedCredential("ssh_keys", "cbdkey")
        const fields = { ...clusterFields, stackId: "HDP2.2_Hadoop" }
        yield* service.create(fields)
        yield* service.create({ ...fields, nodeGroups: [{ id: "slave", count: 2, flavorId: "hadoop1-7" }] })
        assert.deepStrictEqual(yield* lines, ["POST /clusters", "GET /stacks/HDP2.2_Hadoop", "POST /clusters"])
        assert.deepStrictEqual((yield* requests).at(-1)?.body, {
          cluster: {
            name: "test",
            username: "cbduser",
            ssh_keys: ["cbdkey"],
            stack_id: "HDP2.2_Hadoop",
            node_groups: [{ id: "slave", count: 2, flavor_id: "hadoop1-7" }]
          }
        })
      })
    )
  )

  it.effect("a resize is validated against the cluster's own groups", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const cloud = yield* TestCloud.TestCloud
        const clusterId = yield* cloud.bigData.seedCluster()
        const error = yield* Effect.flip(service.resize({ clusterId, nodeGroups: [{ id: "workers", count: 2 }] }))
        assert.match(error.message, /resize: nodeGroups\.0\.id: expected one of ambari, master/)
        assert.deepStrictEqual(yield* lines, [`GET /clusters/${clusterId}`])
        const resized = yield* service.resize({ clusterId, nodeGroups: [{ id: "slave", count: 2 }] })
        assert.strictEqual(resized.status, "UPDATING")
      })
    )
  )

  it.effect("controlServices applies to all services if none is named", () =>
    on(
      Effect.gen(function* () {
        const service = yield* bigData
        const cloud = yield* TestCloud.TestCloud
        const clusterId = yield* cloud.bigData.seedCluster()
        yield* service.controlServices({ clusterId, action: "stop" })
        assert.deepStrictEqual((yield* requests).at(-1)?.body, {
          cluster: { control_services: { action: "stop", services: [] } }
        })
      })
    )
  )
})
