/** Addresses of objects: a container and a name. */

/** A container, by name. */
export interface ByContainer {
  /** The name of the container. */
  readonly container: string
}

/** The address of an object. */
export interface Address extends ByContainer {
  /** The name of the object, not encoded. */
  readonly object: string
}

/** `/container/object`, as in a manifest. */
export const pathOf = ({ container, object }: Address): string => `/${container}/${object}`

/** Whether two addresses are equal. */
export const isSame = (a: Address, b: Address): boolean => a.container === b.container && a.object === b.object

/** Parses the result of {@link pathOf}, with or without the leading slash. */
export const addressOf = (path: string): Address | undefined => {
  const bare = path.replace(/^\//, "")
  const slash = bare.indexOf("/")
  return slash < 1 || slash === bare.length - 1
    ? undefined
    : { container: bare.slice(0, slash), object: bare.slice(slash + 1) }
}
