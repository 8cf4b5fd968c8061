/** A tracer that records its spans. */
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

export interface Seen {
  readonly name: string
  readonly kind: string
  readonly parent: string | undefined
  readonly attributes: Map<string, unknown>
  ended: Exit.Exit<unknown, unknown> | undefined
}

export const recording = (): { readonly spans: ReadonlyArray<Seen>; readonly tracer: Tracer.Tracer } => {
  const spans: Array<Seen> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const seen: Seen = {
        name,
        kind,
        parent: Option.getOrUndefined(parent)?.spanId,
        attributes: new Map(),
        ended: undefined
      }
      spans.push(seen)
      return {
        _tag: "Span",
        name,
        spanId: String(spans.length),
        traceId: "trace",
        parent,
        context,
        links,
        status: { _tag: "Started", startTime },
        attributes: seen.attributes,
        sampled: true,
        kind,
        end: (_, exit) => {
          seen.ended = exit
        },
        attribute: (key, value) => void seen.attributes.set(key, value),
        event: () => {},
        addLinks: () => {}
      }
    },
    context: (run) => run()
  })
  return { spans, tracer }
}
