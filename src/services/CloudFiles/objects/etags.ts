/** Functions for ETags, which may be MD5s. */

/** The MD5 of an empty content. */
export const md5OfNothing = "d41d8cd98f00b204e9800998ecf8427e"

/** An ETag without quotation marks and the weak prefix that a proxy may have added. */
export const unquoted = (etag: string): string => etag.replace(/^W\//, "").replaceAll('"', "").toLowerCase()

/** The MD5 in an ETag, in lower case; undefined if the ETag is not an MD5. */
export const md5In = (etag: string | undefined): string | undefined => {
  const text = etag === undefined ? "" : unquoted(etag)
  return /^[\da-f]{32}$/.test(text) ? text : undefined
}

/** Whether an ETag is an MD5 that differs from the expected one. */
export const contradicts = (etag: string | undefined, expected: string): boolean => {
  const actual = md5In(etag)
  return actual !== undefined && actual !== expected
}

/** Whether two ETags are equal, ignoring quotation marks. */
export const sameEtag = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && unquoted(a) === unquoted(b)
