/**
 * A server with a login and one listing, for `bench/load.mjs`: `node server.mjs LIFETIME_MS DELAY_MS`. It is started by `fork`, and
 * returns its port and its counts on request.
 */
import { createServer } from "node:http"

const [lifetime, delay] = process.argv.slice(2).map(Number)
const tokens = new Map()
const stats = { logins: 0, rejected: 0, mostInFlight: 0 }
let inFlight = 0
const listing = JSON.stringify([{ name: "a", count: 1, bytes: 2 }])

const logIn = (response) => {
  stats.logins++
  const id = `token-${stats.logins}-${Math.random().toString(36).slice(2)}`
  const expires = Date.now() + lifetime
  tokens.set(id, expires)
  const publicURL = `http://127.0.0.1:${server.address().port}/files/M_1`
  response.writeHead(200, { "content-type": "application/json" }).end(
    JSON.stringify({
      access: {
        token: { id, expires: new Date(expires).toISOString(), tenant: { id: "1", name: "1" } },
        user: { id: "u", name: "u", roles: [] },
        serviceCatalog: [
          { name: "cloudFiles", type: "object-store", endpoints: [{ region: "DFW", tenantId: "M_1", publicURL }] }
        ]
      }
    })
  )
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  request.on("end", () => {
    if (request.url.startsWith("/v2.0/tokens")) return logIn(response)
    stats.mostInFlight = Math.max(stats.mostInFlight, ++inFlight)
    response.on("close", () => inFlight--)
    if ((tokens.get(request.headers["x-auth-token"]) ?? 0) > Date.now()) {
      setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(listing), delay)
    } else {
      stats.rejected++
      response.writeHead(401).end()
    }
  })
})
const listening = new Promise((resolve) => server.listen(0, "127.0.0.1", 4096, resolve))
process.on("message", async (question) => {
  await listening
  process.send(question === "port" ? { port: server.address().port } : stats)
})
process.on("disconnect", () => process.exit())
