/**
 * Finds free local ports, and checks SOCKS proxies.
 */
import * as Effect from "effect/Effect"
import * as Net from "node:net"

/** A port that was free a moment ago. */
export const freePort: Effect.Effect<number, Error> = Effect.async((resume) => {
  const server = Net.createServer()
  server.once("error", (error) => resume(Effect.fail(error)))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() =>
      resume(
        typeof address === "object" && address !== null
          ? Effect.succeed(address.port)
          : Effect.fail(new Error("the system gave no port"))
      )
    )
  })
  return Effect.sync(() => {
    server.close()
  })
})

/** Whether a SOCKS5 proxy listens on a port. */
export const greetsAsSocks = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    const end = (answer: boolean): void => {
      socket.destroy()
      resume(Effect.succeed(answer))
    }
    socket.once("error", () => end(false))
    socket.once("close", () => end(false))
    socket.once("connect", () => socket.write(Uint8Array.of(5, 1, 0)))
    socket.once("data", (answer) => end(answer[0] === 5 && answer[1] === 0))
    return Effect.sync(() => {
      socket.destroy()
    })
  })
