/** Consoles of servers: models and operations. */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../Endpoint.js"
import { struct } from "../../internal/schema/struct.js"
import { enveloped, openEnum } from "../../internal/schema/wire.js"
import type { ByServerId } from "./references.js"

const ConsoleType = openEnum("novnc", "xvpvnc", "spice-html5", "spice-direct", "rdp-html5", "serial", "webmks")

/** The URL at which a server's screen can be seen. */
export interface Console {
  readonly type: "novnc" | "xvpvnc" | "spice-html5" | "spice-direct" | "rdp-html5" | "serial" | "webmks" | (string & {})
  /** It contains a token: everybody who has it sees the screen. */
  readonly url: Redacted.Redacted
}

export const Console = struct<Console>({ type: ConsoleType, url: Schema.Redacted(Schema.String) })

/** The protocol that each type of console speaks. */
const protocols: Readonly<Record<string, string>> = {
  novnc: "vnc",
  xvpvnc: "vnc",
  "spice-html5": "spice",
  "spice-direct": "spice",
  "rdp-html5": "rdp",
  serial: "serial",
  webmks: "mks"
}

/** The action by which Nova up to microversion 2.5 opens a console of each protocol. */
const actions: Readonly<Record<string, string>> = {
  vnc: "os-getVNCConsole",
  spice: "os-getSPICEConsole",
  rdp: "os-getRDPConsole",
  serial: "os-getSerialConsole"
}

const ActionBody = Schema.transform(
  Schema.Unknown,
  Schema.Struct({ type: Schema.optional(openEnum("novnc", "xvpvnc", "spice-html5", "rdp-html5", "serial")) }),
  {
    strict: false,
    decode: (wire) => wire,
    encode: ({ type = "novnc" }) => ({ [actions[protocols[type] ?? "vnc"] ?? "os-getVNCConsole"]: { type } })
  }
) as unknown as Schema.Schema<
  {
    readonly type?: "novnc" | "xvpvnc" | "spice-html5" | "rdp-html5" | "serial" | (string & {}) | undefined
  },
  unknown
>

const RemoteFields = Schema.Struct({
  type: Schema.optional(ConsoleType),
  protocol: Schema.optional(openEnum("vnc", "spice", "rdp", "serial", "mks"))
}).pipe(
  Schema.filter(({ protocol, type = "novnc" }) =>
    protocol === undefined && protocols[type] === undefined
      ? { path: ["protocol"], message: "the protocol of a console of this type" }
      : undefined
  )
)

const RemoteBody = Schema.transform(Schema.Unknown, RemoteFields, {
  strict: false,
  decode: (wire) => wire,
  encode: ({ protocol, type = "novnc" }) => ({ remote_console: { protocol: protocol ?? protocols[type], type } })
}) as unknown as Schema.Schema<typeof RemoteFields.Type, unknown>

/** A console to open, up to microversion 2.5. */
export interface GetConsole extends ByServerId {
  /** Default `novnc`. Rackspace has `novnc` and `xvpvnc`. */
  readonly type?: "novnc" | "xvpvnc" | "spice-html5" | "rdp-html5" | "serial" | (string & {}) | undefined
}

/** A console to open, from microversion 2.6 on. */
export interface CreateRemoteConsole extends ByServerId {
  /** Default `novnc`. */
  readonly type?:
    "novnc" | "xvpvnc" | "spice-html5" | "spice-direct" | "rdp-html5" | "serial" | "webmks" | (string & {}) | undefined
  /** Default: the one that the type speaks. */
  readonly protocol?: "vnc" | "spice" | "rdp" | "serial" | "mks" | (string & {}) | undefined
}

/** The console whose output is read, and how much of it. */
export interface GetConsoleLog extends ByServerId {
  /** How many lines, from the end. Default: all that the cloud keeps. */
  readonly lines?: number | undefined
}

/** The operations on consoles, as data. */
export const consoleEndpoints = Endpoint.table("CloudServers", {
  /**
   * Opens a console and gives its URL, which is good for a while. Nova has it up to microversion 2.5; see
   * `createRemoteConsole` for later ones. Fails with `NotFound`, and with `Conflict` where the server does not run. "Get console
   * for server", `POST /servers/{server_id}/action` with `os-getVNCConsole`, `os-getSPICEConsole`, `os-getRDPConsole` or `os-
   * getSerialConsole`.
   */
  getConsole: Endpoint.define<GetConsole>()("POST", "/servers/{serverId}/action", {
    body: ActionBody,
    success: Endpoint.json(enveloped("console", Console)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * Opens a console and gives its URL, which is good for a while. Needs microversion 2.6; the type `webmks` 2.8, `spice-direct`
   * 2.99. Fails with `NotFound`, and with `Conflict` where the server does not run. "Create console", `POST
   * /servers/{server_id}/remote-consoles`.
   */
  createRemoteConsole: Endpoint.define<CreateRemoteConsole>()("POST", "/servers/{serverId}/remote-consoles", {
    body: RemoteBody,
    success: Endpoint.json(enveloped("remote_console", Console)),
    errors: ["NotFound", "Conflict"]
  }),
  /**
   * What a server has written to its console, the last `lines` of it, or all that the cloud keeps. OpenStack has it; Rackspace
   * does not document it. Fails with `NotFound`, and with `Conflict` where its state does not allow it. "Show console output",
   * `POST /servers/{server_id}/action` with `os-getConsoleOutput`.
   */
  getConsoleLog: Endpoint.define<GetConsoleLog>()("POST", "/servers/{serverId}/action", {
    body: enveloped(
      "os-getConsoleOutput",
      Schema.Struct({ lines: Schema.optional(Schema.NonNegativeInt).pipe(Schema.fromKey("length")) })
    ),
    success: Endpoint.json(
      enveloped(
        "output",
        // Null where nothing was written yet.
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
