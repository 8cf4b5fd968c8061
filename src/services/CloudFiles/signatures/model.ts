/** The options and results of TempURLs and forms. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/** The hash function of a signature. */
export type SignatureAlgorithm = "sha256" | "sha1" | "sha512"

/** The method that a TempURL allows. */
export type TempUrlMethod = "GET" | "HEAD" | "PUT" | "POST" | "DELETE"

/** What a TempURL allows. */
export interface TempUrlRequest {
  readonly container: string
  /** The object; with `prefix`, one whose name begins with it. */
  readonly object?: string | undefined
  /** Allows all objects with this prefix; an empty prefix allows the whole container. OpenStack, not Rackspace. */
  readonly prefix?: string | undefined
  /** Default GET. GET, PUT and POST include HEAD. Rackspace supports GET and PUT. */
  readonly method?: TempUrlMethod | undefined
  /** Default sha256. */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** The only address or range of addresses (`192.0.2.0/24`) that may use it. OpenStack, not Rackspace. */
  readonly ipRange?: string | undefined
  /** The file name for downloads in a browser. It is not signed: anyone with the URL can change it. */
  readonly filename?: string | undefined
  /** Whether a browser displays the object instead of saving it. It is not signed either. */
  readonly inline?: boolean | undefined
}

/** What a TempURL allows, and how it is signed. */
export interface SignTempUrlOptions extends TempUrlRequest {
  /** The URL of the storage account: `https://storage101.dfw1.clouddrive.com/v1/MossoCloudFS_…`. */
  readonly endpointUrl: string
  readonly key: string | Redacted.Redacted<string>
  /** When it expires, in whole seconds. */
  readonly expires: DateTime.Utc
}

/** The key to sign with. */
export interface KeyOptions {
  /** The key. Default: the container's, otherwise the account's, both requested from the cloud. */
  readonly key?: string | Redacted.Redacted<string> | undefined
  /**
   * Whether a random key is created on the account if neither it nor the container has one. Default true. If false, the
   * operation fails with `InvalidInput`.
   */
  readonly createKey?: boolean | undefined
}

/** What a TempURL allows, and for how long. */
export interface TempUrlOptions extends TempUrlRequest, KeyOptions {
  /** A duration from now, or a point in time. */
  readonly expires: Duration.DurationInput | DateTime.Utc
  /**
   * Default: the best supported of sha256, sha512 and sha1; sha1, as Rackspace documents, if the cloud does not say.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/** What a form allows to upload. */
export interface FormPostRequest {
  readonly container: string
  /** The prefix of all uploaded objects, before the name of the file: `uploads/`. */
  readonly prefix?: string | undefined
  /**
   * Where the browser goes after the upload; the cloud adds `status` and `message` to the query. Without it, the cloud
   * answers with a plain status.
   */
  readonly redirect?: string | undefined
  /** The maximum size of each file in bytes, up to 5 GiB. */
  readonly maxFileSize: number
  readonly maxFileCount: number
  /**
   * When the cloud deletes the uploaded objects; whole seconds. It is not signed: anyone with the form can change it.
   */
  readonly deleteAfter?: Duration.DurationInput | undefined
}

/** What a form allows to upload, and how it is signed. */
export interface SignFormOptions extends FormPostRequest {
  /** The URL of the storage account. */
  readonly endpointUrl: string
  readonly key: string | Redacted.Redacted<string>
  /** When it expires, in whole seconds. */
  readonly expires: DateTime.Utc
  readonly algorithm: SignatureAlgorithm
}

/** What a form allows to upload, and for how long. */
export interface FormPostOptions extends FormPostRequest, KeyOptions {
  /** A duration from now, or a point in time. */
  readonly expires: Duration.DurationInput | DateTime.Utc
  /**
   * Default: the best supported of sha256, sha512 and sha1; sha1, as Rackspace documents, if the cloud does not say.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
}

/** A signed form: its action URL and hidden fields, which must come before the files. */
export interface SignedForm {
  readonly action: string
  /** Anyone who has these can upload. */
  readonly fields: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly maxFileCount: number
  readonly expires: DateTime.Utc
}

/** The owner of a key: the container if given, otherwise the account. */
export interface KeyOwner {
  /** OpenStack supports keys of containers; Rackspace only those of the account. */
  readonly container?: string | undefined
}
