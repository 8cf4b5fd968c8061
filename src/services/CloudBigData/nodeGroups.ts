/** Node groups and the components on their nodes, and the check of node groups against those that there are. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InvalidInput } from "../../CloudError.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { struct } from "../../internal/schema/struct.js"
import { nullableOptional, absentIfEmpty, Id, listOf, someCount, textOr } from "../../internal/schema/wire.js"
import { service } from "./context.js"

/** A program of a service, as it stands on the nodes: `Namenode`, `HiveServer2`. Some responses have only its name. */
export interface Component {
  /** Empty where the cloud does not return it. */
  readonly name: string
  /** For people: `HDFS Namenode`. Only of a node's components. */
  readonly niceName?: string | undefined
  /**
   * Its URL, by the node's name within the cluster: `http://master-1.local:50070`. Reach it through a SOCKS proxy or
   * a tunnel to the node.
   */
  readonly uri?: string | undefined
  /** The service's mode in which alone there is such a component: `Secondary`. Only of a distro's components. */
  readonly mode?: string | undefined
}

const ComponentFields = struct<Component>({
  name: textOr(""),
  niceName: absentIfEmpty.pipe(Schema.fromKey("nice_name")),
  uri: absentIfEmpty,
  mode: absentIfEmpty
})

export const Component = Schema.transform(Schema.Unknown, ComponentFields, {
  strict: false,
  decode: (wire) => (typeof wire === "string" ? { name: wire } : wire),
  encode: (component) => component
}) as unknown as Schema.Schema<Component, unknown>

/** Nodes of a cluster that are alike. */
export interface NodeGroup {
  /** `master`, `slave`, `gateway`, …: names from the cluster's stack. */
  readonly id: string
  /** How many nodes it has. */
  readonly count?: number | undefined
  readonly flavorId?: string | undefined
  readonly components: ReadonlyArray<Component>
}

export const nodeGroupFields = {
  id: Id,
  count: someCount,
  flavorId: nullableOptional(Id).pipe(Schema.fromKey("flavor_id")),
  components: listOf(Component)
}

export const NodeGroup = struct<NodeGroup>(nodeGroupFields)

interface CountedGroup {
  readonly id: string
  readonly count?: number | undefined
}

interface KnownGroup {
  readonly id: string
  readonly resourceLimits?: { readonly minCount?: number | undefined; readonly maxCount?: number | undefined }
}

/** What is wrong with node groups, given those that there are. */
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

/** Fails where node groups do not go with those that there are. */
export const checkNodeGroups = (
  operation: string,
  wanted: ReadonlyArray<CountedGroup>,
  known: ReadonlyArray<KnownGroup>
): Effect.Effect<void, InvalidInput> => {
  const issues = nodeGroupIssues(wanted, known)
  return issues.length === 0 ? Effect.void : Effect.fail(invalidInput(service, operation, issues))
}
