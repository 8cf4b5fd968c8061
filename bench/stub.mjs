/**
 * A storage server that costs as little as it can, so that what is measured is the client: it logs anybody in, counts what is
 * uploaded, and sends one piece over and over as the download. It knows the content's MD5 beforehand and hashes nothing.
 *
 *   node bench/stub.mjs BYTES MD5   prints its port
 */
import { createServer } from "node:http"
import { piece } from "./content.mjs"

const [bytes, md5] = [Number(process.argv[2]), process.argv[3]]

const server = createServer((request, response) => {
  const origin = `http://127.0.0.1:${server.address().port}`
  if (request.url.endsWith("/tokens")) {
    request.resume()
    response.setHeader("Content-Type", "application/json")
    response.end(
      JSON.stringify({
        access: {
          token: { id: "bench", expires: new Date(Date.now() + 86_400_000).toISOString(), tenant: { id: "1" } },
          user: { id: "1", name: "bench", roles: [], "RAX-AUTH:defaultRegion": "DFW" },
          serviceCatalog: [
            {
              name: "cloudFiles",
              type: "object-store",
              endpoints: [{ region: "DFW", publicURL: `${origin}/v1/bench` }]
            }
          ]
        }
      })
    )
    return
  }
  if (request.method === "PUT") {
    let received = 0
    request.on("data", (chunk) => (received += chunk.length))
    request.on("end", () => {
      response.writeHead(received === bytes ? 201 : 400, { ETag: md5 })
      response.end()
    })
    return
  }
  response.writeHead(200, { "Content-Length": bytes, ETag: md5, "Content-Type": "application/octet-stream" })
  let left = bytes
  const send = () => {
    while (left > 0) {
      const part = left >= piece.length ? piece : piece.subarray(0, left)
      left -= part.length
      if (!response.write(part)) return void response.once("drain", send)
    }
    response.end()
  }
  send()
})

server.listen(0, "127.0.0.1", () => console.log(server.address().port))
