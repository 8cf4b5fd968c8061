/** Who may read or write a container: access control lists as values, and as the text in which the cloud keeps them. */
import * as Schema from "effect/Schema"

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
 * - `Referrer`: whoever comes from a page of this host, or of this domain where it begins with a dot, or anyone for `*`; with
 *   `deny` they are kept out. A browser says where it comes from, and anybody can say so: it keeps honest pages apart, no more.
 * - `Listings`: those whom the referrers let in may also list the container, not only read its objects.
 * - `Project`: a user of a project (Keystone: their ids; `*` for any).
 * - `Named`: a user name at Rackspace, a role at Keystone, an account at Swift's own login.
 */
export const AclEntry = Schema.Union(
  Schema.TaggedStruct("Referrer", { host: Host, deny: Schema.optional(Schema.Boolean) }),
  Schema.TaggedStruct("Listings", {}),
  Schema.TaggedStruct("Project", { project: Part, user: User }),
  Schema.TaggedStruct("Named", { name: User })
).annotations({ identifier: "AclEntry", description: "an entry of an access control list" })

/** One entry of an access control list. */
export type AclEntry = typeof AclEntry.Type

/** Lets anyone read the objects of a container, without a login; not list them. */
export const anyone: AclEntry = { _tag: "Referrer", host: "*" }

/** Lets those whom the other entries let in by where they come from also list the container. */
export const listings: AclEntry = { _tag: "Listings" }

/** Lets in who comes from a page of this host, or of this domain (`.example.com`). */
export const referrer = (host: string): AclEntry => ({ _tag: "Referrer", host })

/**
 * Keeps out who comes from a page of this host, or of this domain; for a list in which {@link anyone} stands before it.
 */
export const notReferrer = (host: string): AclEntry => ({ _tag: "Referrer", host, deny: true })

/** Lets in a user of a project, each by its id, or any for `*`; by default any user of the project. */
export const projectUser = (project: string, user = "*"): AclEntry => ({ _tag: "Project", project, user })

/** Lets in a user of the account by name (Rackspace), or whoever has the role (Keystone). */
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

/** An access control list as the cloud keeps it: `.r:*,.rlistings`. */
export const formatAcl = (entries: ReadonlyArray<AclEntry>): string => entries.map(entryText).join(",")

/**
 * The entries of an access control list as the cloud keeps it. What is none of the known forms is taken for a name.
 */
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

const Entries = Schema.transform(Schema.String, Schema.Array(Schema.typeSchema(AclEntry)), {
  strict: true,
  decode: parseAcl,
  encode: formatAcl
})

/** A list as its header says it, given as entries or as the text itself. */
export const ReadAcl: Schema.Schema<string | ReadonlyArray<AclEntry>, string> = Schema.Union(
  Text,
  Entries.pipe(Schema.filter((entries) => entries.length > 0, { description: "at least one entry (null removes all)" }))
)

/** Nobody writes by where they come from: the cloud refuses it. */
export const WriteAcl: Schema.Schema<string | ReadonlyArray<AclEntry>, string> = Schema.Union(
  Text,
  Entries.pipe(
    Schema.filter(
      (entries) => entries.length > 0 && entries.every(({ _tag }) => _tag === "Project" || _tag === "Named"),
      { description: "at least one entry, all of them users or projects: nobody may write by where they come from" }
    )
  )
)
