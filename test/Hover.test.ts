import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import ts from "typescript-5.9"

/** What a hover shows of each operation, on one line, without the namespaces of the library's own services. */
const operations: Readonly<Record<string, string>> = {
  "servers.create": "(input: CreateServer) => Effect<CreatedServer, Conflict | QuotaExceeded | CommonError, never>",
  "servers.get": "(input: ByServerId) => Effect<Server, NotFound | CommonError, never>",
  "servers.list": "(filters?: ListServers) => Stream<Summary, CommonError>",
  "servers.listPage": "(input?: ListServersPage | undefined) => Effect<Page<Summary, string>, CommonError, never>",
  "servers.update": "(input: UpdateServer) => Effect<Server, NotFound | Conflict | CommonError, never>",
  "servers.delete": "(input: ByServerId) => Effect<void, NotFound | Conflict | CommonError, never>",
  "servers.reboot": "(input: RebootServer) => Effect<void, NotFound | Conflict | CommonError, never>",
  "servers.rebuild":
    "(input: RebuildServer) => Effect<RebuiltServer, NotFound | Conflict | QuotaExceeded | CommonError, never>",
  "servers.createAndWait":
    "(server: CreateServerAndWait) => Effect<BuiltServer, CommonError | Conflict | NotFound | QuotaExceeded | ResourceFailed | WaitTimeout>",
  "servers.find": "(server: ByNameOrId) => Effect<Server, CommonError | NotFound>",
  "servers.watch": "(options: WatchServer) => Stream<Server, CommonError | NotFound | ResourceFailed | WaitTimeout>",
  "servers.getImageSchedule": "(input: ByServerId) => Effect<Option<ImageSchedule>, NotFound | CommonError, never>",
  "servers.attachVolume": "(input: AttachVolume) => Effect<VolumeAttachment, NotFound | Conflict | CommonError, never>",
  "servers.importKeyPair": "(input: ImportKeyPair) => Effect<KeyPair, Conflict | QuotaExceeded | CommonError, never>",
  "servers.createServerGroup":
    "(input: CreateServerGroup) => Effect<ServerGroup, Conflict | QuotaExceeded | CommonError, never>",
  "servers.getLimits": "() => Effect<Limits, CommonError, never>",
  "balancers.create":
    "(input: CreateLoadBalancer) => Effect<LoadBalancer, QuotaExceeded | Unprocessable | CommonError, never>",
  "balancers.list": "(filters?: ListLoadBalancers) => Stream<LoadBalancerSummary, CommonError>",
  "balancers.update":
    "(input: UpdateLoadBalancer) => Effect<void, NotFound | Immutable | Unprocessable | CommonError, never>",
  "balancers.addNodes":
    "(input: AddNodes) => Effect<readonly Node[], NotFound | Immutable | QuotaExceeded | Unprocessable | CommonError, never>",
  "balancers.getNode": "(input: ByNodeId) => Effect<Node, NotFound | CommonError, never>",
  "balancers.setHealthMonitor":
    "(input: SetHealthMonitor) => Effect<void, NotFound | Immutable | Unprocessable | CommonError, never>",
  "balancers.getHealthMonitor":
    "(input: ByLoadBalancerId) => Effect<Option<HealthMonitor>, NotFound | CommonError, never>",
  "balancers.waitUntilActive":
    "(options: WaitOptions) => Effect<LoadBalancer, CommonError | NotFound | ResourceFailed | WaitTimeout>",
  "bigData.create": "(input: CreateCluster) => Effect<Cluster, QuotaExceeded | CommonError, never>",
  "bigData.get": "(input: ByClusterId) => Effect<Cluster, NotFound | CommonError, never>",
  "bigData.find": "(cluster: ByNameOrId) => Effect<ClusterSummary, CommonError | NotFound>",
  "bigData.resize":
    "(input: ResizeCluster) => Effect<Cluster, NotFound | Conflict | QuotaExceeded | CommonError, never>",
  "bigData.listNodes": "(filters: ListNodes) => Stream<Node, CommonError | NotFound>",
  "bigData.createSshKey": "(input: SshKey) => Effect<Credential, Conflict | CommonError, never>",
  "bigData.createStack": "(input: CreateStack) => Effect<Stack, QuotaExceeded | CommonError, never>",
  "files.createContainer": "(input: CreateContainer) => Effect<CreatedContainer, CommonError, never>",
  "files.getContainer": "(input: GetContainer) => Effect<Container, NotFound | CommonError, never>",
  "files.updateContainer": "(input: UpdateContainer) => Effect<void, NotFound | CommonError, never>",
  "files.listObjects": "(filters: ListObjects) => Stream<ObjectSummary, CommonError | NotFound | PreconditionFailed>",
  "files.listObjectsPage":
    "(input: ListObjectsPage) => Effect<readonly (Subdirectory | ObjectSummary)[], NotFound | PreconditionFailed | CommonError, never>",
  "files.getObjectInfo": "(input: GetObjectInfo) => Effect<ObjectInfo, NotFound | CommonError, never>",
  "files.putObject":
    "(input: PutObject & RawBody) => Effect<StoredObject, NotFound | Conflict | PreconditionFailed | QuotaExceeded | Unprocessable | CommonError, never>",
  "files.deleteObject": "(input: Address) => Effect<void, NotFound | Conflict | CommonError, never>",
  "files.copy": "(options: CopyOptions) => Effect<Copied, CopyError>",
  "files.enableCdn": "(input: EnableCdn) => Effect<EnabledCdn, NotFound | CommonError, never>",
  "files.createSymlink":
    "(input: CreateSymlink) => Effect<StoredObject, NotFound | Conflict | PreconditionFailed | QuotaExceeded | CommonError, never>",
  "files.tempUrl": "(options: TempUrlOptions) => Effect<Redacted<string>, CommonError | NotFound>",
  "files.sync": "(options: SyncOptions) => Stream<FolderEvent, FolderError, FileSystem>"
}

/** Fields of inputs, whose documentation a hover shows. */
const fields: Readonly<Record<string, ReadonlyArray<string>>> = {
  "servers.create": [
    "name",
    "imageId",
    "flavorId",
    "networks",
    "keyName",
    "userData",
    "adminPassword",
    "schedulerHints"
  ],
  "servers.list": ["status", "changesSince", "tagsAny", "sortKeys", "pageSize"],
  "servers.createServerGroup": ["name", "policy", "maxServersPerHost"],
  "balancers.create": ["name", "protocol", "virtualIps", "nodes", "healthMonitor", "sessionPersistence"],
  "balancers.setHealthMonitor": ["loadBalancerId", "type", "delay", "statusRegex", "hostHeader"],
  "bigData.create": ["name", "stackId", "username", "sshKeys", "nodeGroups", "connectors"],
  "files.createContainer": ["container", "metadata", "readAcl", "corsMaxAge", "tempUrlKey", "versionsEnabled"],
  "files.putObject": ["container", "object", "contentType", "contentEncoding", "deleteAfter", "metadata", "content"]
}

const program = `${["CloudBigData", "CloudFiles", "CloudLoadBalancers", "CloudServers"].map((name) => `import type * as ${name} from "effect-rackspace/${name}"`).join("\n")}
declare const bigData: CloudBigData.Service
declare const files: CloudFiles.Service
declare const balancers: CloudLoadBalancers.Service
declare const servers: CloudServers.Service
${Object.keys(operations).join("\n")}
${Object.entries(fields)
  .map(([operation, names]) => `${operation}({ ${names.map((name) => `${name}: undefined as never`).join(", ")} })`)
  .join("\n")}
`

const root = fileURLToPath(new URL("..", import.meta.url))
const file = join(root, "test", "hovers.ts")

/** The compiler's own language service, as editors use it, of the project with one more file. */
const languageService = () => {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)).config,
    { ...ts.sys, readDirectory: () => [] },
    root
  )
  const read = (path: string) => (path === file ? program : ts.sys.readFile(path))
  return ts.createLanguageService({
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    readDirectory: ts.sys.readDirectory,
    getCompilationSettings: () => options,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) => {
      const text = read(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read
  })
}

const textOf = (parts: ReadonlyArray<ts.SymbolDisplayPart> | undefined) => ts.displayPartsToString([...(parts ?? [])])

// Checking the types takes a few seconds, and many on a busy machine.
describe("hovers in an editor", { timeout: 180_000 }, () => {
  it("show an operation's input, result and failures by name, and the documentation of input fields", async () => {
    const service = languageService()
    const hover = async (position: number) => {
      // Vitest loses a test file that does not answer for a minute.
      await setImmediate()
      return service.getQuickInfoAtPosition(file, position)
    }
    const shown: Record<string, string> = {}
    for (const operation of Object.keys(operations)) {
      const info = await hover(program.indexOf(`\n${operation}\n`) + operation.length)
      const type = textOf(info?.displayParts).replace(/\s+/g, " ")
      assert.isAbove(textOf(info?.documentation).length, 20, `the documentation of ${operation}`)
      shown[operation] = type.replace(/^\(property\) (\w+\.)?\w+: /, "").replace(/\bCloud\w+\./g, "")
    }
    assert.deepStrictEqual(shown, operations)
    for (const [operation, names] of Object.entries(fields)) {
      const call = program.indexOf(`\n${operation}({`)
      for (const name of names) {
        const { documentation } = (await hover(program.indexOf(` ${name}:`, call) + 1)) ?? {}
        assert.notStrictEqual(textOf(documentation), "", `the documentation of ${name} in ${operation}`)
      }
    }
  })
})
