/** Consoles of servers: models and operations. */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { lazy } from "../../internal/schema/lazy.js"
import { lazyStruct, struct } from "../../internal/schema/struct.js"
import { enveloped, openEnum, sentAs } from "../../internal/schema/wire.js"
import type { ByServerId } from "./references.js"

const ConsoleType = openEnum("novnc", "xvpvnc", "spice-html5", "spice-direct", "rdp-html5", "serial", "webmks")

/** The URL of a server's console. */
export interface Console {
  readonly type: "novnc" | "xvpvnc" | "spice-html5" | "spice-direct" | "rdp-html5" | "serial" | "webmks" | (string & {})
  /** It contains a token: anyone who has it sees the screen. */
  readonly url: Redacted.Redacted
}

export const Console = struct<Console>(() => ({ type: ConsoleType, url: Schema.Redacted(Schema.String) }))

/** The protocol of each type of console. */
const protocols: Readonly<Record<string, string>> = {
  novnc: "vnc",
  xvpvnc: "vnc",
  "spice-html5": "spice",
  "spice-direct": "spice",
  "rdp-html5": "rdp",
  serial: "serial",
  webmks: "mks"
}

/** The action that opens a console of each protocol, up to Nova's microversion 2.5. */
const actions: Readonly<Record<string, string>> = {
  vnc: "os-getVNCConsole",
  spice: "os-getSPICEConsole",
  rdp: "os-getRDPConsole",
  serial: "os-getSerialConsole"
}

const ActionBody = sentAs(
  lazyStruct(() => ({ type: Schema.optional(openEnum("novnc", "xvpvnc", "spice-html5", "rdp-html5", "serial")) })),
  ({ type = "novnc" }) => ({ [actions[protocols[type] ?? "vnc"] ?? "os-getVNCConsole"]: { type } })
)

const RemoteFields = lazy(() =>
  Schema.Struct({
    type: Schema.optional(ConsoleType),
    protocol: Schema.optional(openEnum("vnc", "spice", "rdp", "serial", "mks"))
  }).pipe(
    Schema.filter(({ protocol, type = "novnc" }) =>
      protocol === undefined && protocols[type] === undefined
        ? { path: ["protocol"], message: "the protocol of a console of this type" }
        : undefined
    )
  )
)

const RemoteBody = sentAs(RemoteFields, ({ protocol, type = "novnc" }) => ({
  remote_console: { protocol: protocol ?? protocols[type], type }
}))

/** A console to open, up to microversion 2.5. */
export interface GetConsole extends ByServerId {
  /** Default `novnc`. Rackspace has `novnc` and `xvpvnc`. */
  readonly type?: "novnc" | "xvpvnc" | "spice-html5" | "rdp-html5" | "serial" | (string & {}) | undefined
}

/** A console to open, since microversion 2.6. */
export interface CreateRemoteConsole extends ByServerId {
  /** Default `novnc`. */
  readonly type?:
    "novnc" | "xvpvnc" | "spice-html5" | "spice-direct" | "rdp-html5" | "serial" | "webmks" | (string & {}) | undefined
  /** Default: the protocol of the type. */
  readonly protocol?: "vnc" | "spice" | "rdp" | "serial" | "mks" | (string & {}) | undefined
}

/** The server whose console output to read, and how much of it. */
export interface GetConsoleLog extends ByServerId {
  /** The number of lines, counted from the end. Default: all that the cloud keeps. */
  readonly lines?: number | undefined
}

/** The operations on consoles, as data. */
export const consoleEndpoints = Endpoint.table("CloudServers", {
  /**
   * Opens a console and returns its URL, which is valid for a limited time. Only up to Nova's microversion 2.5; see
   * `createRemoteConsole` for later ones. Fails with `NotFound`, and with `Conflict` if the server is not running. "Get
   * console for server", `POST /servers/{server_id}/action` with `os-getVNCConsole`, `os-getSPICEConsole`,
   * `os-getRDPConsole` or `os-getSerialConsole`.
   */
  getConsole: Endpoint.define<GetConsole>()("POST", "/servers/{serverId}/action", {
    body: ActionBody,
    success: Endpoint.json(enveloped("console", Console)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Opens a console and returns its URL, which is valid for a limited time. Needs microversion 2.6; the type `webmks`
   * 2.8, `spice-direct` 2.99. Fails with `NotFound`, and with `Conflict` if the server is not running. "Create
   * console", `POST /servers/{server_id}/remote-consoles`.
   */
  createRemoteConsole: Endpoint.define<CreateRemoteConsole>()("POST", "/servers/{serverId}/remote-consoles", {
    body: RemoteBody,
    success: Endpoint.json(enveloped("remote_console", Console)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * The last `lines` of a server's console output, or all that the cloud keeps. Rackspace does not document it. Fails
   * with `NotFound`, and with `Conflict` if the server's state does not allow it. "Show console output", `POST
   * /servers/{server_id}/action` with `os-getConsoleOutput`.
   */
  getConsoleLog: Endpoint.define<GetConsoleLog>()("POST", "/servers/{serverId}/action", {
    body: enveloped(
      "os-getConsoleOutput",
      lazyStruct(() => ({ lines: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("length")) }))
    ),
    success: Endpoint.json(
      enveloped(
        "output",
        // Null if there is no output yet.
        Schema.transform(Schema.NullOr(Schema.String), Schema.String, {
          strict: true,
          decode: (output) => output ?? "",
          encode: (output) => output
        })
      )
    ),
    errors: ["NotFound", "Conflict"],
    idempotent: true
  })
})
