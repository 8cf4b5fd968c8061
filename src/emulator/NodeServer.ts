/** A `node:http` server that passes raw requests to the emulator, and carries out faults on the connection. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import type { Socket } from "node:net"
import type { WireBroken, WireHandler, WireRequest, WireResponse } from "./Protocol.js"
import * as Reply from "./Reply.js"

/** How many bytes of an unread request body are discarded before the connection is closed. */
const drainLimit = 64 * 1024 * 1024

/** The server could not listen: the port is in use, or the host does not belong to this machine. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  /** Node's code: `EADDRINUSE`. */
  readonly code: string
  readonly message: string
}> {}

/** A running server. */
export interface NodeServer {
  readonly port: number
  /** Without a trailing slash: `http://127.0.0.1:8900`. */
  readonly url: string
}

const broken = (reason: string): WireBroken => ({ _tag: "WireBroken", reason })

/** The request's body, read on demand. The first read sends `100 Continue` to a client that waits for it. */
const bodyOf = (request: Http.IncomingMessage, onFirstRead: () => void): Stream.Stream<Uint8Array, WireBroken> => {
  let invited = false
  const pull = Effect.async<Uint8Array, Option.Option<WireBroken>>((resume) => {
    if (!invited) {
      invited = true
      onFirstRead()
    }
    const stop = () => {
      request.off("readable", look)
      request.off("end", look)
      request.off("close", look)
      request.off("error", look)
    }
    const look = (): boolean => {
      const chunk = request.read() as Buffer | null
      if (chunk !== null) {
        stop()
        resume(Effect.succeed(chunk))
        return true
      }
      if (request.readableEnded || (request.complete && request.readableLength === 0)) {
        stop()
        resume(Effect.fail(Option.none()))
        return true
      }
      if (request.destroyed) {
        stop()
        resume(Effect.fail(Option.some(broken("the client went away"))))
        return true
      }
      return false
    }
    if (!look()) {
      request.on("readable", look)
      request.on("end", look)
      request.on("close", look)
      request.on("error", look)
      return Effect.sync(stop)
    }
    return undefined
  })
  return Stream.repeatEffectOption(pull)
}

/** Writes a chunk and waits until the socket accepts more. Fails if the client has closed the connection. */
const write = (response: Http.ServerResponse, chunk: Uint8Array): Effect.Effect<void, WireBroken> =>
  Effect.async<void, WireBroken>((resume) => {
    if (response.destroyed || response.socket === null || response.socket.destroyed) {
      resume(Effect.fail(broken("the client went away")))
      return undefined
    }
    if (response.write(chunk)) {
      resume(Effect.void)
      return undefined
    }
    const stop = () => {
      response.off("drain", onDrain)
      response.off("close", onClose)
    }
    const onDrain = () => {
      stop()
      resume(Effect.void)
    }
    const onClose = () => {
      stop()
      resume(Effect.fail(broken("the client went away")))
    }
    response.on("drain", onDrain)
    response.on("close", onClose)
    return Effect.sync(stop)
  })

const end = (response: Http.ServerResponse): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const done = () => {
      response.off("close", done)
      resume(Effect.void)
    }
    response.on("close", done)
    response.end(done)
  })

/** Breaks a connection after the written data was sent. */
const breakOff = (response: Http.ServerResponse): void => {
  if (response.headersSent) {
    response.flushHeaders()
    response.socket?.destroySoon()
  } else {
    response.socket?.destroy()
  }
}

/** Discards the rest of a request's body, so that the connection can be reused. */
const drainRest = (request: Http.IncomingMessage): void => {
  if (request.complete || request.destroyed) {
    return
  }
  let taken = 0
  request.on("data", (chunk: Buffer) => {
    taken += chunk.byteLength
    if (taken > drainLimit) {
      request.socket.destroy()
    }
  })
  request.resume()
}

const headersOf = (request: Http.IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) {
      headers[name] = typeof value === "string" ? value : value.join(", ")
    }
  }
  return headers
}

/** A request to a proxy contains the host in its target; only the path matters. */
const targetOf = (url: string): string => (url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/")

const send = (
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  answer: WireResponse
): Effect.Effect<void> => {
  const { body } = answer
  const hasBody = Reply.mayHaveBody(request.method ?? "GET", answer.status)
  const declared = Reply.contentLength(answer)
  const headers: Record<string, string> = { ...answer.headers }
  if (
    declared !== undefined &&
    Reply.header(answer, "content-length") === undefined &&
    (hasBody || request.method === "HEAD")
  ) {
    headers["Content-Length"] = String(declared)
  }
  return Effect.suspend(() => {
    response.writeHead(answer.status, headers)
    if (!hasBody) {
      return end(response)
    }
    let sent = 0
    const chunks = body instanceof Uint8Array ? (body.byteLength === 0 ? Stream.empty : Stream.succeed(body)) : body
    return Stream.runForEach(chunks, (chunk) => {
      sent += chunk.byteLength
      return write(response, chunk)
    }).pipe(
      Effect.matchEffect({
        onFailure: () => Effect.sync(() => breakOff(response)),
        onSuccess: () =>
          Effect.zipRight(
            end(response),
            // After a wrong length the connection cannot be reused: the client expects more bytes, or has too many.
            Effect.sync(() => {
              if (declared !== undefined && declared !== sent) {
                request.socket.destroySoon()
              }
            })
          )
      })
    )
  })
}

interface Serving {
  readonly handler: WireHandler
  readonly runtime: Runtime.Runtime<never>
  readonly fibers: Set<Fiber.RuntimeFiber<void>>
}

/** Handles a request in a fiber, which is interrupted if the client closes the connection. */
const serve = (
  { fibers, handler, runtime }: Serving,
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  expectsContinue: boolean
): void => {
  response.sendDate = false
  // Errors are visible as a closed connection. Without a listener they would end the process.
  request.on("error", () => {})
  response.on("error", () => {})
  const wire: WireRequest = {
    method: request.method ?? "GET",
    target: targetOf(request.url ?? "/"),
    headers: headersOf(request),
    body: bodyOf(request, () => {
      if (expectsContinue && !response.headersSent) {
        response.writeContinue()
      }
    })
  }
  const answer = Effect.catchAllDefect(handler(wire), (defect) =>
    Effect.as(Effect.logError("The handler died", defect), Reply.text(500, "Internal Server Error"))
  )
  const answered = Effect.matchEffect(answer, {
    onFailure: () =>
      Effect.sync(() => {
        request.socket.destroy()
      }),
    onSuccess: (answer) =>
      Effect.tapDefect(send(request, response, answer), (defect) =>
        Effect.logError("The response could not be sent", defect)
      )
  })
  const fiber = Runtime.runFork(runtime)(
    Effect.onExit(answered, (exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit) && !response.writableEnded) {
          breakOff(response)
        }
        drainRest(request)
      })
    )
  )
  fibers.add(fiber)
  fiber.addObserver(() => fibers.delete(fiber))
  response.on("close", () => {
    if (!response.writableFinished) {
      fiber.unsafeInterruptAsFork(fiber.id())
    }
  })
}

const openServer = (fibers: Iterable<Fiber.RuntimeFiber<void>>): Effect.Effect<Http.Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      Http.createServer({
        // A transfer may take hours.
        requestTimeout: 0,
        // Longer than the clients' own idle timeouts, so that clients close connections first.
        keepAliveTimeout: 120_000,
        maxHeaderSize: 64 * 1024,
        joinDuplicateHeaders: true
      })
    ),
    (opened) =>
      Effect.gen(function* () {
        yield* Fiber.interruptAll(fibers)
        yield* Effect.async<void>((resume) => {
          opened.close(() => resume(Effect.void))
          opened.closeAllConnections()
        })
      })
  )

const bind = (server: Http.Server, port: number, host: string): Effect.Effect<number, ListenFailed> =>
  Effect.async((resume) => {
    const onError = (error: NodeJS.ErrnoException) =>
      resume(Effect.fail(new ListenFailed({ code: error.code ?? "UNKNOWN", message: error.message })))
    server.once("error", onError)
    server.listen(port, host, () => {
      server.off("error", onError)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/**
 * Listens until the scope ends, which closes all connections and interrupts their handlers. Handlers run with the
 * caller's runtime, so a test clock given here controls them. Port 0 selects a free port.
 */
export const listen = (options: {
  readonly handler: WireHandler
  readonly port?: number | undefined
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
}): Effect.Effect<NodeServer, ListenFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<never>()
    const host = options.host ?? "127.0.0.1"
    const fibers = new Set<Fiber.RuntimeFiber<void>>()

    const server = yield* openServer(fibers)
    const serving: Serving = { handler: options.handler, runtime, fibers }
    server.on("request", (request, response) => serve(serving, request, response, false))
    server.on("checkContinue", (request: Http.IncomingMessage, response: Http.ServerResponse) =>
      serve(serving, request, response, true)
    )
    server.on("clientError", (_: Error, socket: Socket) => {
      if (socket.writable) {
        socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
      } else {
        socket.destroy()
      }
    })

    const port = yield* bind(server, options.port ?? 0, host)
    // The wildcard address cannot be used in URLs.
    const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host
    return { port, url: `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}` }
  })
