/** Key pairs: models and operations. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { CloudClient } from "../../CloudClient.js"
import type { CommonError, Conflict, QuotaExceeded } from "../../CloudError.js"
import * as Endpoint from "../../Endpoint.js"
import { expandHome } from "../../internal/files/homePath.js"
import { textOf } from "../../internal/files/privateFile.js"
import { collectAll, pageOf, type PageQuery } from "../../internal/paging/listing.js"
import { nextLink } from "../../internal/paging/nextLink.js"
import { invalidInput } from "../../internal/schema/invalidInput.js"
import { struct } from "../../internal/schema/struct.js"
import {
  nullableOptional,
  absentIfEmpty,
  enveloped,
  Id,
  Named,
  openEnum,
  PageLimit,
  Text,
  TimestampIfAny
} from "../../internal/schema/wire.js"
import * as Paging from "../../Paging.js"
import type { Context } from "./context.js"
import { guarded } from "./microversions.js"
import type { ByKeyPairName } from "./references.js"

const KeyPairType = openEnum("ssh", "x509")

/** A public key that the cloud puts on new servers. */
export interface KeyPair {
  readonly name: string
  readonly fingerprint?: string | undefined
  /** An SSH key in one line, or a certificate in PEM. */
  readonly publicKey?: string | undefined
  /** Only from Nova's microversion 2.2 on. */
  readonly type?: typeof KeyPairType.Type | undefined
  /** Whose it is. A listing does not return it. */
  readonly userId?: string | undefined
  /** Only of a single key pair. */
  readonly created?: DateTime.Utc | undefined
}

export const keyPairFields = {
  name: Text,
  fingerprint: absentIfEmpty,
  publicKey: absentIfEmpty.pipe(Schema.fromKey("public_key")),
  type: nullableOptional(KeyPairType),
  userId: nullableOptional(Id).pipe(Schema.fromKey("user_id")),
  created: TimestampIfAny.pipe(Schema.fromKey("created_at"))
}

export const KeyPair = struct<KeyPair>(keyPairFields)

/** A key pair that the cloud has made; its private key is returned only here. */
export interface GeneratedKeyPair extends KeyPair {
  readonly privateKey: Redacted.Redacted
}

export const GeneratedKeyPair = struct<GeneratedKeyPair>({
  ...keyPairFields,
  privateKey: Schema.propertySignature(Schema.Redacted(Schema.String)).pipe(Schema.fromKey("private_key"))
})

/** Each key pair is wrapped twice. */
const Listed = enveloped("keypair", KeyPair)

/** The name of the last key pair on a page, which is the marker of the next one. */
const lastName = (list: ReadonlyArray<unknown>): string | undefined => {
  const last = list.at(-1) as { readonly keypair?: { readonly name?: unknown } | null } | null | undefined
  const name = last?.keypair?.name
  return typeof name === "string" ? name : undefined
}

const Page = pageOf("keypairs", Listed, (wire, list) => {
  const next = nextLink(wire["keypairs_links"])
  return next === undefined ? undefined : Paging.parameterOfLink(next, "marker") || lastName(list)
})

const keyPairName = Named.pipe(
  Schema.pattern(/^[A-Za-z0-9 _@.-]{1,255}$/, {
    description: "a name of 1 to 255 letters, digits, spaces, dashes, underscores, dots and at signs"
  })
)

const owner = {
  userId: Schema.optional(Named).pipe(Schema.fromKey("user_id"))
}

/** The fields of a new key pair, whether the cloud makes it or the caller has it. */
const common = {
  name: keyPairName,
  type: Schema.optional(KeyPairType),
  ...owner
}

/** Whose key pairs are meant. */
export interface KeyPairOwner {
  /** Whose key pairs they are, for operators of the cloud. Needs microversion 2.10. */
  readonly userId?: string | undefined
}

/** A page of key pairs. */
export interface ListKeyPairsPage extends KeyPairOwner, PageQuery {}

/** A key pair that the cloud is to make. */
export interface CreateKeyPair extends KeyPairOwner {
  /** Letters, digits, spaces, dashes and underscores; from Nova's microversion 2.92 on dots and at signs as well. */
  readonly name: string
  /** Default `ssh`. Needs microversion 2.2. */
  readonly type?: typeof KeyPairType.Type | undefined
}

/** A public key that the cloud is to put on new servers. */
export interface ImportKeyPair extends CreateKeyPair {
  /** An SSH key in one line, or with the type `x509` a certificate in PEM. */
  readonly publicKey: string
}

/** A key pair, by its name. */
export interface GetKeyPair extends ByKeyPairName, KeyPairOwner {}

/** The operations on key pairs, as data. */
export const keyPairEndpoints = Endpoint.table("CloudServers", {
  /**
   * All key pairs: the method of the service follows all pages, the operation itself gives the first one. "List key pairs", `GET
   * /os-keypairs`.
   */
  listKeyPairs: Endpoint.define<KeyPairOwner>()("GET", "/os-keypairs", {
    query: owner,
    success: Endpoint.list("keypairs", Listed)
  }),
  /**
   * Key pairs, a page of them. The cloud gives all of them at once up to Nova's microversion 2.34. "List key pairs", `GET /os-
   * keypairs`.
   */
  listKeyPairsPage: Endpoint.define<ListKeyPairsPage>()("GET", "/os-keypairs", {
    query: {
      ...owner,
      /** The name of the last key pair of the page before. Needs microversion 2.35. */
      marker: Schema.optional(Named),
      /** How many key pairs a page holds at the most. Needs microversion 2.35. */
      limit: Schema.optional(PageLimit)
    },
    success: Endpoint.json(Page)
  }),
  /**
   * Lets the cloud make a key pair. Its private key is returned only once, and the cloud does not keep it. Nova does it up to microversion
   * 2.91. Fails with `Conflict` where the name is taken. "Create key pair", `POST /os-keypairs`.
   */
  createKeyPair: Endpoint.define<CreateKeyPair>()("POST", "/os-keypairs", {
    body: enveloped("keypair", Schema.Struct(common)),
    success: Endpoint.json(enveloped("keypair", GeneratedKeyPair)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /**
   * Gives the cloud a public key of yours (`ssh-ed25519 AAAA…`), or with the type `x509` a certificate in PEM. Fails with
   * `Conflict` where the name is taken. "Import key pair", `POST /os-keypairs`.
   */
  importKeyPair: Endpoint.define<ImportKeyPair>()("POST", "/os-keypairs", {
    body: enveloped(
      "keypair",
      Schema.Struct({ ...common, publicKey: Schema.propertySignature(Named).pipe(Schema.fromKey("public_key")) })
    ),
    success: Endpoint.json(enveloped("keypair", KeyPair)),
    errors: ["Conflict", "QuotaExceeded"]
  }),
  /** One key pair. Fails with `NotFound`. `GET /os-keypairs/{name}`, which Nova has and Rackspace does not document. */
  getKeyPair: Endpoint.define<GetKeyPair>()("GET", "/os-keypairs/{name}", {
    query: owner,
    success: Endpoint.json(enveloped("keypair", KeyPair)),
    errors: ["NotFound"]
  }),
  /**
   * Forgets a key pair. Servers keep what was put on them. Fails with `NotFound`. "Delete key pair", `DELETE /os-
   * keypairs/{name}`.
   */
  deleteKeyPair: Endpoint.define<ByKeyPairName>()("DELETE", "/os-keypairs/{name}", { errors: ["NotFound"] })
})

/** A page of key pairs, as a part of listing all of them. */
const oneOfAllPages = Endpoint.named(
  "CloudServers.listKeyPairs",
  Endpoint.make("GET", "/os-keypairs", {
    query: { ...owner, marker: Schema.optional(Named) },
    success: Endpoint.json(Page)
  })
)

/** All key pairs, on however many pages the cloud gives them. */
const listAllKeyPairs = (client: CloudClient): Endpoint.Method<typeof keyPairEndpoints.listKeyPairs> => {
  const fetch = Endpoint.method(client, oneOfAllPages)
  return (input = {}) =>
    collectAll(
      Paging.stream({ service: client.service, operation: "CloudServers.listKeyPairs" }, (marker: string | undefined) =>
        fetch({ ...input, ...(marker !== undefined && { marker }) })
      )
    )
}

/** A public key file has one line: its kind, the key in base64, and a comment. */
const publicKeyOf = (text: string): string | undefined => {
  const [line, ...more] = text.split(/\r?\n/).filter((each) => each.trim() !== "")
  return line !== undefined && more.length === 0 && /^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?$/.test(line.trim())
    ? line.trim()
    : undefined
}

/** A file with a public key that the cloud is to put on new servers. */
export interface ImportKeyPairFromFile {
  /** The name of the key pair. */
  readonly name: string
  /** `~/.ssh/id_ed25519.pub`; `~` stands for the home directory. */
  readonly path: string
}

/** Imports the public key that a file holds; anything else, above all the private key, does not leave the machine. */
const importKeyPairFromFile =
  (importKeyPair: (input: ImportKeyPair) => Effect.Effect<KeyPair, CommonError | Conflict | QuotaExceeded>) =>
  (
    input: ImportKeyPairFromFile
  ): Effect.Effect<KeyPair, CommonError | Conflict | QuotaExceeded | PlatformError, FileSystem.FileSystem> =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      // A file in another encoding than UTF-8 holds no key that could be sent as it is.
      const text = textOf(yield* fs.readFile(expandHome(input.path))) ?? ""
      const publicKey = publicKeyOf(text)
      if (publicKey === undefined) {
        const given = /PRIVATE KEY/.test(text) ? `; ${input.path} is a private key: name the .pub file next to it` : ""
        const issue = { path: "path", expected: "a file with one public key (ssh-ed25519 AAAA…)" }
        return yield* invalidInput("CloudServers", "CloudServers.importKeyPairFromFile", [issue], given)
      }
      return yield* importKeyPair({ name: input.name, publicKey })
    })

/** The methods for key pairs. */
export const makeKeyPairs = ({ client, microversion }: Context) => {
  const operations = guarded(
    { ...Endpoint.client(client, keyPairEndpoints), listKeyPairs: listAllKeyPairs(client) },
    microversion
  )
  return { ...operations, importKeyPairFromFile: importKeyPairFromFile(operations.importKeyPair) }
}
