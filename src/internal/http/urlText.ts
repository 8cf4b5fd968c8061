/**
 * Handles URLs from catalogs and configuration. They may contain a user name and a password (`https://user:password@host`), which must
 * not appear in messages and logs.
 */

export const isHttpUrl = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === "http:" || protocol === "https:"
}

/** Whether a URL contains a user name or a password. For a text that is not an http or https URL, whether it may contain them. */
export const hasUserInfo = (url: string): boolean => {
  if (!isHttpUrl(url)) return url.includes("@")
  const { password, username } = new URL(url)
  return username !== "" || password !== ""
}

/**
 * Removes the user name and the password from a URL, or replaces them (`***@`). From a text that is not an http or https URL,
 * everything before the last `@` is removed, since a password may contain a slash.
 */
export const withoutUserInfo = (url: string, instead = ""): string => {
  if (!hasUserInfo(url)) return url
  return isHttpUrl(url)
    ? url.replace(/^(\s*[a-z]+:[\\/]*)[^\\/?#]*@/i, `$1${instead}`)
    : url.replace(/^(\s*[a-z][a-z0-9+.-]*:[\\/]*)?.*@/is, `$1${instead}`)
}
