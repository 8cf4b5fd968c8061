/**
 * URLs as other people write them, in catalogs and configuration. They may hold a user name and a password
 * (`https://user:password@host`), which no message and no log may show.
 */

/** Whether it is a URL of http or https. */
export const isHttpUrl = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === "http:" || protocol === "https:"
}

/** Whether it holds a user name or a password. Of a text that is no such URL, whether it may hold them. */
export const hasUserInfo = (url: string): boolean => {
  if (!isHttpUrl(url)) return url.includes("@")
  const { password, username } = new URL(url)
  return username !== "" || password !== ""
}

/**
 * A URL without its user name and password, or with something else in their place (`***@`). Of a text that is no URL of http
 * or https, everything before the last `@` is removed, since a password may hold a slash.
 */
export const withoutUserInfo = (url: string, instead = ""): string => {
  if (!hasUserInfo(url)) return url
  return isHttpUrl(url)
    ? url.replace(/^(\s*[a-z]+:[\\/]*)[^\\/?#]*@/i, `$1${instead}`)
    : url.replace(/^(\s*[a-z][a-z0-9+.-]*:[\\/]*)?.*@/is, `$1${instead}`)
}
