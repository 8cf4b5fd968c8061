/** TempURLs and forms: what is asked for, and what is signed. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/** How a signature is made. */
export type SignatureAlgorithm = "sha256" | "sha1" | "sha512"

/** What one may do with a TempURL. */
export type TempUrlMethod = "GET" | "HEAD" | "PUT" | "POST" | "DELETE"

/** What a TempURL lets its holder do. */
export interface TempUrlRequest {
  readonly container: string
  /** The object; with `prefix`, one that begins with it. */
  readonly object?: string | undefined
  /** Instead of one object, all whose names begin so; an empty one is for the whole container. OpenStack, not Rackspace. */
  readonly prefix?: string | undefined
  /** Default GET. GET, PUT and POST include HEAD. Rackspace knows GET and PUT. */
  readonly method?: TempUrlMethod | undefined
  /** Default sha256. */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** The only address, or range of them (`192.0.2.0/24`), from which it is good. OpenStack, not Rackspace. */
  readonly ipRange?: string | undefined
  /** The name under which a browser saves it. It is not signed: whoever has the URL may change it. */
  readonly filename?: string | undefined
  /** Whether a browser shows it instead of saving it. Not signed either. */
  readonly inline?: boolean | undefined
}

/** What a TempURL lets its holder do, and how it is signed. */
export interface SignTempUrlOptions extends TempUrlRequest {
  /** The URL of the account's storage: `https://storage101.dfw1.clouddrive.com/v1/MossoCloudFS_…`. */
  readonly endpointUrl: string
  readonly key: string | Redacted.Redacted<string>
  /** Until when it is good; whole seconds. */
  readonly expires: DateTime.Utc
}

/** Where a key comes from. */
export interface KeyOptions {
  /** The key to sign with. Default: the container's, else the account's, each asked of the cloud. */
  readonly key?: string | Redacted.Redacted<string> | undefined
  /**
   * Whether a random key is made and set on the account where neither it nor the container has one. Default true. Otherwise
   * it fails with `InvalidInput`.
   */
  readonly createKey?: boolean | undefined
}

/** What a TempURL lets its holder do, and for how long. */
export interface TempUrlOptions extends TempUrlRequest, KeyOptions {
  /** For how long from now, or until when. */
  readonly expires: Duration.DurationInput | DateTime.Utc
  /**
   * Default: the best that the cloud says it takes (sha256, then sha512, then sha1); sha1 where it does not say, which is what
   * Rackspace documents.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/** What a form lets its holder upload. */
export interface FormPostRequest {
  readonly container: string
  /** What the names of all uploaded objects begin with, before the name that the file has: `uploads/`. */
  readonly prefix?: string | undefined
  /** Where the browser goes then; the cloud adds `status` and `message` to its query. Without it, it shows a plain status. */
  readonly redirect?: string | undefined
  /** Of each file, in bytes; up to 5 GiB. */
  readonly maxFileSize: number
  readonly maxFileCount: number
  /** After how long the cloud is to delete what was uploaded; whole seconds. Not signed: the form's holder may change it. */
  readonly deleteAfter?: Duration.DurationInput | undefined
}

/** What a form lets its holder upload, and how it is signed. */
export interface SignFormOptions extends FormPostRequest {
  /** The URL of the account's storage. */
  readonly endpointUrl: string
  readonly key: string | Redacted.Redacted<string>
  /** Until when it is good; whole seconds. */
  readonly expires: DateTime.Utc
  readonly algorithm: SignatureAlgorithm
}

/** What a form lets its holder upload, and for how long. */
export interface FormPostOptions extends FormPostRequest, KeyOptions {
  /** For how long from now, or until when. */
  readonly expires: Duration.DurationInput | DateTime.Utc
  /**
   * Default: the best that the cloud says it takes (sha256, then sha512, then sha1); sha1 where it does not say, which is what
   * Rackspace documents.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/** A signed form: where it is sent, and its hidden fields, which must stand before its files. */
export interface SignedForm {
  readonly action: string
  /** Whoever has these may upload. */
  readonly fields: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly maxFileCount: number
  readonly expires: DateTime.Utc
}

/** Whose key: the container's where one is named, else the account's. */
export interface KeyOwner {
  /** OpenStack has keys of containers; Rackspace only the account's. */
  readonly container?: string | undefined
}
