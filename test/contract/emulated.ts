import { Effect, Layer } from "effect"
import { CloudServers, Credentials, TestCloud } from "effect-rackspace"
import { Cloud, layer } from "./Cloud.js"

const emulatedWith = (
  cloudFiles: TestCloud.CloudOptions["files"],
  cloudServers: TestCloud.CloudOptions["servers"] = {}
) =>
  layer(
    Layer.effect(
      Cloud,
      Effect.map(TestCloud.TestCloud, (cloud) => {
        const credentials = Credentials.keystonePassword({
          authUrl: cloud.authUrlV3,
          user: { name: cloud.credentials.username, domain: cloud.credentials.domain },
          password: cloud.credentials.password,
          scope: { project: { name: cloud.credentials.projectName, domain: cloud.credentials.domain } }
        })
        return {
          credentials,
          operator: credentials,
          extraSpec: Effect.succeed({ flavorId: "general1-1", key: "policy_class", value: "general_flavor" }),
          flavors: ["general1-1", "general1-2", "general1-8"] as const,
          networkId: CloudServers.serviceNet,
          imageId: "09de0a66-3156-48b4-90a5-1cf25a905207",
          breakNextBuild: cloud.servers.failBuilds(),
          listingLimit: 10_000,
          explainsRefusals: cloudFiles?.dialect !== "ceph",
          keepsTimesOfArchives: cloudFiles?.dialect !== "ceph"
        }
      })
    ).pipe(
      Layer.provide(
        TestCloud.layerListening({
          regions: ["DFW"],
          files: cloudFiles,
          servers: { buildTime: "300 millis", actionTime: "200 millis", deleteTime: "100 millis", ...cloudServers }
        })
      )
    )
  )

/** The emulated cloud on a local port, with servers that build quickly. */
export const emulated = emulatedWith({})

/** The same with a storage that responds like Ceph's RADOS Gateway. */
export const emulatedCeph = emulatedWith({ dialect: "ceph", discoverable: true })

/** The same with OpenStack's servers and microversions. */
export const emulatedOpenStack = emulatedWith({}, { maxMicroversion: "2.93", isAdministrator: true })
