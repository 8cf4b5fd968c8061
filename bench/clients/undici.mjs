/** Bare undici: the minimum work of a program. It verifies nothing, retries nothing, and only parses JSON. */
import { createReadStream, createWriteStream } from "node:fs"
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { Agent, request } from "undici"

const wide = 16
const dispatcher = new Agent({ connections: wide })

const login = async () => {
  const { body, headers } = await request(process.env.BENCH_AUTH_URL, {
    headers: { "x-auth-user": process.env.BENCH_USER, "x-auth-key": process.env.BENCH_KEY }
  })
  await body.dump()
  const token = { "x-auth-token": headers["x-auth-token"] }
  return async (method, path, options = {}, status = method === "PUT" ? 201 : method === "DELETE" ? 204 : 200) => {
    const response = await request(`${headers["x-storage-url"]}${path}`, {
      method,
      dispatcher,
      ...options,
      headers: { ...token, ...options.headers }
    })
    if (response.statusCode !== status) throw new Error(`${method} ${path}: ${response.statusCode}`)
    return response.body
  }
}

const each = async (items, work) => {
  let next = 0
  await Promise.all(
    Array.from({ length: wide }, async () => {
      while (next < items.length) await work(items[next++])
    })
  )
}

const pages = async function* (send, container) {
  let marker = ""
  while (true) {
    const body = await send("GET", `/${container}?format=json&marker=${encodeURIComponent(marker)}`)
    const page = await body.json()
    if (page.length === 0) return
    yield page
    marker = page.at(-1).name
  }
}

const namesOf = async (send, container) => {
  const names = []
  for await (const page of pages(send, container)) for (const { name } of page) names.push(name)
  return names
}

export const filesIn = async (folder) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

/** Each returns the job after importing its modules. */
export const tasks = {
  put:
    () =>
    async ({ container, folder }) => {
      const send = await login()
      await each(await filesIn(folder), async (name) => {
        const body = await send("PUT", `/${container}/${name}`, { body: await readFile(join(folder, name)) })
        await body.dump()
      })
    },
  get:
    () =>
    async ({ container, into }) => {
      const send = await login()
      const names = await namesOf(send, container)
      for (const folder of new Set(names.map((name) => dirname(name))))
        await mkdir(join(into, folder), { recursive: true })
      await each(names, async (name) => {
        const body = await send("GET", `/${container}/${name}`)
        await writeFile(join(into, name), await body.bytes())
      })
    },
  largeUp:
    () =>
    async ({ container, file, object }) => {
      const send = await login()
      const { size } = await stat(file)
      const body = await send("PUT", `/${container}/${object}`, {
        headers: { "content-length": String(size) },
        body: createReadStream(file, { highWaterMark: 256 * 1024 })
      })
      await body.dump()
    },
  largeDown:
    () =>
    async ({ container, into, object }) => {
      const send = await login()
      await pipeline(
        await send("GET", `/${container}/${object}`),
        createWriteStream(into, { highWaterMark: 1024 * 1024 })
      )
    },
  list:
    () =>
    async ({ container }) => {
      const send = await login()
      let count = 0
      let bytes = 0
      for await (const page of pages(send, container)) {
        count += page.length
        for (const entry of page) bytes += entry.bytes
      }
      return { count, bytes }
    },
  delete:
    () =>
    async ({ container }) => {
      const send = await login()
      await each(await namesOf(send, container), async (name) => {
        const body = await send("DELETE", `/${container}/${name}`)
        await body.dump()
      })
    }
}
