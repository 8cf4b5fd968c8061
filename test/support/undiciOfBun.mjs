/** Replaces undici in a process by what Bun has in its place, a class without methods: `node --import ./undiciOfBun.mjs`. */
import { register } from "node:module"

const undici = "data:text/javascript,export class Agent {}"
const hooks = `export const resolve = (name, context, next) =>
  name === "undici" ? { url: ${JSON.stringify(undici)}, shortCircuit: true } : next(name, context)`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)
