/**
 * The front door: every public module as a namespace.
 *
 * @since 0.1.0
 */
export * as Access from "./Access.js"
export * as CloudBigData from "./services/CloudBigData.js"
export * as CloudClient from "./CloudClient.js"
export * as CloudConfig from "./CloudConfig.js"
export * as CloudError from "./CloudError.js"
export * as CloudFiles from "./services/CloudFiles.js"
export * as CloudLoadBalancers from "./services/CloudLoadBalancers.js"
export * as CloudServers from "./services/CloudServers.js"
export * as Credentials from "./Credentials.js"
export * as Endpoint from "./Endpoint.js"
export * as Identity from "./Identity.js"
export * as LocalFileSystem from "./LocalFileSystem.js"
export * as OpenStack from "./layers/OpenStack.js"
export * as Paging from "./Paging.js"
export * as Rackspace from "./layers/Rackspace.js"
export * as RequestBody from "./RequestBody.js"
export * as RetryPolicy from "./RetryPolicy.js"
export * as ServiceCatalog from "./ServiceCatalog.js"
export * as Ssh from "./Ssh.js"
export * as Telemetry from "./Telemetry.js"
export * as TestCloud from "./layers/TestCloud.js"
export * as TokenStore from "./TokenStore.js"
export * as Transport from "./Transport.js"
export * as Waiting from "./Waiting.js"
