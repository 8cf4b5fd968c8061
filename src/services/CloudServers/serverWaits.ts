/** Waiting for servers. */
import * as Option from "effect/Option"
import type { CommonError, NotFound } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import * as Waiting from "../../Waiting.js"
import type { Context } from "./context.js"
import { hasFailed } from "./faults.js"
import type { ByServerId } from "./references.js"
import { type Server, serverEndpoints } from "./servers.js"

/** A server to wait for. */
export interface WaitOptions extends ByServerId, Waiting.Pace {}

/** A server to wait for, and the state to wait for. */
export interface WatchServer extends WaitOptions {
  /** Returns whether the wait is over. */
  readonly until: (server: Server) => boolean
}

/** Whether a server is ACTIVE without a task. After an accepted reboot, the status alone may still be ACTIVE. */
export const isActive = (server: Server): boolean => server.status === "ACTIVE" && server.taskState === undefined

/** Whether a server has no current task and needs no confirmation. */
export const isAtRest = (server: Server): boolean =>
  (server.status === "ACTIVE" || server.status === "SHUTOFF") && server.taskState === undefined

/** How to wait for a server. `operation` is the method's name without the service. */
export const serverWatch = ({ client, waits }: Context) => {
  const get = Endpoint.method(client, serverEndpoints.get)
  return (
    operation: string,
    { serverId, until, ...pace }: WatchServer
  ): Waiting.Watch<Server, CommonError | NotFound, never> => ({
    ...waits.target(operation, serverId, pace),
    poll: get({ serverId }),
    state: (server) => server.status,
    until,
    failed: (server) => (until(server) ? Option.none() : hasFailed(server))
  })
}

/** The methods that wait for servers. */
export const makeServerWaits = (context: Context) => {
  const { client, waits } = context
  const get = Endpoint.method(client, serverEndpoints.get)
  const watched = serverWatch(context)
  return {
    watch: (options: WatchServer) => Waiting.watch(watched("watch", options)),
    waitUntil: (options: WatchServer) => Waiting.until(watched("waitUntil", options)),
    waitUntilActive: (options: WaitOptions) =>
      Waiting.until(watched("waitUntilActive", { ...options, until: isActive })),
    waitUntilDeleted: ({ serverId, ...pace }: WaitOptions) =>
      waits.untilDeleted(waits.target("waitUntilDeleted", serverId, pace), {
        poll: get({ serverId }),
        state: ({ status }) => status,
        isDeleted: ({ status }) => status === "DELETED",
        failed: (server) =>
          server.status === "ERROR" && server.taskState === undefined ? hasFailed(server) : Option.none()
      })
  }
}
