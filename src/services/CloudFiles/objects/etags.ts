/** ETags, and the MD5s that they may be. */

/** The MD5 of nothing: the ETag of what has no content of its own. */
export const md5OfNothing = "d41d8cd98f00b204e9800998ecf8427e"

/** An ETag without its quotation marks, or whatever a proxy has put before them. */
export const unquoted = (etag: string): string => etag.replace(/^W\//, "").replaceAll('"', "").toLowerCase()

/** The MD5 in an ETag, in lower case; undefined if the ETag is not an MD5 and so says nothing about the content. */
export const md5In = (etag: string | undefined): string | undefined => {
  const text = etag === undefined ? "" : unquoted(etag)
  return /^[\da-f]{32}$/.test(text) ? text : undefined
}

/** Whether an ETag is an MD5, and another one than is expected. */
export const contradicts = (etag: string | undefined, expected: string): boolean => {
  const actual = md5In(etag)
  return actual !== undefined && actual !== expected
}

/** Whether two ETags are the same, quotation marks aside. */
export const sameEtag = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && unquoted(a) === unquoted(b)
