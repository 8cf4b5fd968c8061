/** Schemas that the requests of several resources share. */
import * as Schema from "effect/Schema"
import { enveloped, Named } from "../../internal/schema/wire.js"

/** The path parameter of every operation on one cluster. */
export const clusterParameters = () => ({ clusterId: Named })

/** A number of nodes. */
export const countOf = (least: number) =>
  Schema.Number.pipe(
    Schema.filter((number) => Number.isInteger(number) && number >= least && number <= 100, {
      description: `a whole number of nodes, ${least} to 100`
    })
  )

/** A text that is wrapped in an object under this key. */
export const under = (key: string, text: typeof Named) => enveloped(key, text)
