/** Access control lists of containers, as values and in the cloud's text form. */
import * as Schema from "effect/Schema"
import { lazy } from "../../internal/schema/lazy.js"

const Part = Schema.String.pipe(
  Schema.filter((text) => /^[!-+\--9;-~]+$/.test(text), {
    description: "printable ASCII without a space, a comma or a colon"
  })
)

const Host = Schema.String.pipe(
  Schema.filter((text) => /^(\*|\.?[A-Za-z0-9_.-]+)$/.test(text) && !/^\.?$/.test(text), {
    description: "a host (www.example.com), a domain (.example.com), or * for all"
  })
)

const User = Schema.String.pipe(
  Schema.filter((text) => /^[!-+\--~]+$/.test(text) && !text.startsWith("."), {
    description: "printable ASCII without a space or a comma, and without a dot at its beginning"
  })
)

/**
 * One entry of an access control list:
 *
 * - `Referrer`: requests from pages of this host, of this domain if it begins with a dot, or from anyone for `*`; with
 * `deny` they are refused. Referrers can be forged, so this only controls honest browsers.
 * - `Listings`: requests allowed by referrer may also list the container, not only read objects.
 * - `Project`: a user of a project (Keystone ids; `*` for any).
 * - `Named`: a user name on Rackspace, a role on Keystone, an account with Swift's own login.
 */
export const AclEntry = lazy(() =>
  Schema.Union(
    Schema.TaggedStruct("Referrer", { host: Host, deny: Schema.optional(Schema.Boolean) }),
    Schema.TaggedStruct("Listings", {}),
    Schema.TaggedStruct("Project", { project: Part, user: User }),
    Schema.TaggedStruct("Named", { name: User })
  ).annotations({ identifier: "AclEntry", description: "an entry of an access control list" })
)

/** One entry of an access control list. */
export type AclEntry = typeof AclEntry.Type

/** Allows anyone to read a container's objects without a login, but not to list them. */
export const anyone: AclEntry = { _tag: "Referrer", host: "*" }

/** Allows requests that are allowed by referrer to also list the container. */
export const listings: AclEntry = { _tag: "Listings" }

/** Allows requests from pages of this host, or of this domain (`.example.com`). */
export const referrer = (host: string): AclEntry => ({ _tag: "Referrer", host })

/** Refuses requests from pages of this host or domain. It must come after {@link anyone}. */
export const notReferrer = (host: string): AclEntry => ({ _tag: "Referrer", host, deny: true })

/** Allows a user of a project, by their ids; by default any user of the project. */
export const projectUser = (project: string, user = "*"): AclEntry => ({ _tag: "Project", project, user })

/** Allows a user of the account by name (Rackspace), or users with this role (Keystone). */
export const named = (name: string): AclEntry => ({ _tag: "Named", name })

const entryText = (entry: AclEntry): string => {
  switch (entry._tag) {
    case "Referrer":
      return `.r:${entry.deny === true ? "-" : ""}${entry.host}`
    case "Listings":
      return ".rlistings"
    case "Project":
      return `${entry.project}:${entry.user}`
    case "Named":
      return entry.name
  }
}

/** An access control list in the cloud's form: `.r:*,.rlistings`. */
export const formatAcl = (entries: ReadonlyArray<AclEntry>): string => entries.map(entryText).join(",")

/** Parses the cloud's form of an access control list. Entries of an unknown form are read as names. */
export const parseAcl = (acl: string): ReadonlyArray<AclEntry> =>
  acl
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item): AclEntry => {
      if (item === ".rlistings") return listings
      const from = /^\.(?:r|ref|referer|referrer)\s*:\s*(-?)\s*(.+)$/.exec(item)
      if (from?.[2] !== undefined) return from[1] === "-" ? notReferrer(from[2]) : referrer(from[2])
      const colon = item.indexOf(":")
      return colon > 0 ? projectUser(item.slice(0, colon), item.slice(colon + 1)) : named(item)
    })

const Text = Schema.String.pipe(
  Schema.filter((text) => /^[ -~]+$/.test(text), { description: "printable ASCII, not empty" })
)

const Entries = lazy(() =>
  Schema.transform(Schema.String, Schema.Array(Schema.typeSchema(AclEntry)), {
    strict: true,
    decode: parseAcl,
    encode: formatAcl
  })
)

/** The schema of a read list in its header: entries, or the text itself. */
export const ReadAcl: Schema.Schema<string | ReadonlyArray<AclEntry>, string> = lazy(() =>
  Schema.Union(
    Text,
    Entries.pipe(
      Schema.filter((entries) => entries.length > 0, { description: "at least one entry (null removes all)" })
    )
  )
)

/** The cloud refuses write lists with referrers. */
export const WriteAcl: Schema.Schema<string | ReadonlyArray<AclEntry>, string> = lazy(() =>
  Schema.Union(
    Text,
    Entries.pipe(
      Schema.filter(
        (entries) => entries.length > 0 && entries.every(({ _tag }) => _tag === "Project" || _tag === "Named"),
        { description: "at least one entry, and only users or projects: write access cannot be given by referrer" }
      )
    )
  )
)
