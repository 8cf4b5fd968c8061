/** Node groups and the components on their nodes, and the validation of node groups in inputs. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InvalidInput } from "../../CloudError.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { hideEncoded, lazy } from "../../internal/schema/lazy.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, Id, listOf, someCount, textOr } from "../../internal/schema/wire.js"
import { service } from "./context.js"

/** A program of a service that runs on nodes: `Namenode`, `HiveServer2`. Some responses have only its name. */
export interface Component {
  /** Empty if the cloud does not return it. */
  readonly name: string
  /** The display name: `HDFS Namenode`. Only in the components of a node. */
  readonly niceName?: string | undefined
  /**
   * Its URL with the node's name within the cluster: `http://master-1.local:50070`. It can be reached through a SOCKS
   * proxy or a tunnel to the node.
   */
  readonly uri?: string | undefined
  /** The mode of the service that this component requires: `Secondary`. Only in the components of a distro. */
  readonly mode?: string | undefined
}

const ComponentFields = struct<Component>(() => ({
  name: textOr(""),
  niceName: absentIfEmpty.pipe(Schema.fromKey("nice_name")),
  uri: absentIfEmpty,
  mode: absentIfEmpty
}))

export const Component: Schema.Schema<Component, unknown> = lazy(() =>
  hideEncoded(
    Schema.transform(Schema.Unknown, ComponentFields, {
      strict: false,
      decode: (wire) => (typeof wire === "string" ? { name: wire } : wire),
      encode: (component) => component
    })
  )
)

/** A group of identical nodes in a cluster. */
export interface NodeGroup {
  /** A name from the cluster's stack: `master`, `slave`, `gateway`, … */
  readonly id: string
  /** The number of nodes. */
  readonly count?: number | undefined
  readonly flavorId?: string | undefined
  readonly components: ReadonlyArray<Component>
}

export const nodeGroupFields = () => ({
  id: Id,
  count: someCount,
  flavorId: nullableOptional(Id).pipe(Schema.fromKey("flavor_id")),
  components: listOf(Component)
})

export const NodeGroup = struct<NodeGroup>(nodeGroupFields)

interface CountedGroup {
  readonly id: string
  readonly count?: number | undefined
}

interface KnownGroup {
  readonly id: string
  readonly resourceLimits?: { readonly minCount?: number | undefined; readonly maxCount?: number | undefined }
}

/** Validates node groups against existing ones. */
const nodeGroupIssues = (wanted: ReadonlyArray<CountedGroup>, known: ReadonlyArray<KnownGroup>) =>
  known.length === 0
    ? []
    : wanted.flatMap(({ count, id }, index) => {
        const group = known.find((each) => each.id === id)
        if (group === undefined) {
          return [{ path: `nodeGroups.${index}.id`, expected: `one of ${known.map((each) => each.id).join(", ")}` }]
        }
        const { maxCount = Infinity, minCount = 0 } = group.resourceLimits ?? {}
        return count !== undefined && (count < minCount || count > maxCount)
          ? [
              {
                path: `nodeGroups.${index}.count`,
                expected: maxCount === Infinity ? `${minCount} or more` : `${minCount} to ${maxCount}`
              }
            ]
          : []
      })

/** Fails if node groups do not match the existing ones. */
export const checkNodeGroups = (
  operation: string,
  wanted: ReadonlyArray<CountedGroup>,
  known: ReadonlyArray<KnownGroup>
): Effect.Effect<void, InvalidInput> => {
  const issues = nodeGroupIssues(wanted, known)
  return issues.length === 0 ? Effect.void : Effect.fail(invalidInput(service, operation, issues))
}
