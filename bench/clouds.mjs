/** The servers for the clients: the stub, or a real Swift. Both have the same interface for preparing and inspecting content. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { createReadStream, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Agent, request } from "undici"
import { smallContent } from "./content.mjs"

/** The stub, in one process for all measurements. */
export const stub = async () => {
  const server = fork(fileURLToPath(new URL("stub.mjs", import.meta.url)), { serialization: "advanced" })
  const exited = once(server, "exit")
  const waiting = new Map()
  let last = 0
  const [{ port }] = await once(server, "message")
  server.on("message", ({ id, result }) => {
    waiting.get(id)(result)
    waiting.delete(id)
  })
  const ask = (method) => (input) =>
    Promise.race([
      new Promise((resolve) => {
        last += 1
        waiting.set(last, resolve)
        server.send({ id: last, method, input })
      }),
      exited.then(() => Promise.reject(new Error("the stub has ended")))
    ])
  return {
    title: "the stub",
    account: { authUrl: `http://127.0.0.1:${port}/auth/v1.0`, user: "bench", key: "bench" },
    seed: ask("seed"),
    seedListing: ask("seedListing"),
    contents: ask("contents"),
    large: ask("large"),
    remove: ask("remove"),
    usage: ask("usage"),
    close: () => server.kill(),
    closed: exited
  }
}

/** A Swift that test/openstack has started, with Swift's own login. */
export const swift = async () => {
  const root = process.env.OPENSTACK_ROOT ?? join(tmpdir(), "effect-rackspace-openstack")
  const { tempauth } = JSON.parse(readFileSync(join(root, "creds.json"), "utf8"))
  const account = { authUrl: tempauth.auth_url, user: tempauth.user, key: tempauth.key }
  const dispatcher = new Agent({ connections: 16 })
  const login = await request(account.authUrl, {
    headers: { "x-auth-user": account.user, "x-auth-key": account.key }
  })
  await login.body.dump()
  if (login.statusCode !== 200) throw new Error(`${account.authUrl}: ${login.statusCode}`)
  const send = async (method, path, { body, headers } = {}, expected = [200, 201, 202, 204, 404]) => {
    const response = await request(`${login.headers["x-storage-url"]}${path}`, {
      method,
      dispatcher,
      body,
      headers: { "x-auth-token": login.headers["x-auth-token"], ...headers }
    })
    const text = await response.body.text()
    if (!expected.includes(response.statusCode)) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
    return text
  }
  const contents = async ({ container }) => {
    const all = []
    while (true) {
      const marker = encodeURIComponent(all.at(-1)?.name ?? "")
      const text = await send("GET", `/${container}?format=json&marker=${marker}`)
      const page = text.startsWith("[") ? JSON.parse(text) : []
      if (page.length === 0) return all
      all.push(...page)
    }
  }
  const empty = async (container) => {
    const names = (await contents({ container })).map(({ name }) => `/${container}/${encodeURIComponent(name)}`)
    for (let at = 0; at < names.length; at += 1000) {
      await send("DELETE", "?bulk-delete", {
        body: names.slice(at, at + 1000).join("\n"),
        headers: { "content-type": "text/plain" }
      })
    }
  }
  return {
    title: "OpenStack Swift",
    account,
    seed: async ({ container, file, names }) => {
      await empty(container)
      await send("PUT", `/${container}`)
      const content = () => (file === undefined ? smallContent : createReadStream(file))
      let next = 0
      const worker = async () => {
        while (next < names.length) await send("PUT", `/${container}/${names[next++]}`, { body: content() }, [201])
      }
      await Promise.all(Array.from({ length: 16 }, worker))
    },
    contents,
    large: async () => {},
    remove: async ({ container }) => {
      await empty(container)
      await send("DELETE", `/${container}`)
    },
    usage: async () => undefined,
    close: () => void dispatcher.destroy(),
    closed: Promise.resolve()
  }
}
