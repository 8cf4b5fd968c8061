/** The program of the worker thread. If no thread can be started, it runs in the calling thread. */
import { pack } from "./archive.js"
import { digest, forget, hashFiles, hashParts, update } from "./hashing.js"
import { described } from "./problems.js"
import type { Answered, Input, Name, Output, Request } from "./protocol.js"
import { areFolders, readFiles, readSmall, readWhole } from "./reading.js"
import { store } from "./storing.js"
import { begin, next, stop } from "./walk.js"

const handlers: { readonly [N in Name]: (input: Input<N>) => Output<N> } = {
  walk: begin,
  next,
  stop,
  pack,
  read: readFiles,
  readWhole,
  readSmall,
  store,
  areFolders,
  hashParts,
  hashFiles,
  update,
  digest,
  forget,
  ping: () => undefined
}

/** Handles a request. Errors of single files are part of the output. */
export const handle = <N extends Name>(request: Request<N>): Answered<N> => {
  // The compiler does not relate the handler's type to its key.
  const handler = handlers[request.op] as unknown as (request: Request<N>) => Output<N>
  try {
    return [true, handler(request)]
  } catch (error) {
    return [false, ...described(error)]
  }
}
