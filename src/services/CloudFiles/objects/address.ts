/** Addresses of objects: a container and a name. */

/** A container, by its name. */
export interface ByContainer {
  /** The name of the container. */
  readonly container: string
}

/** The address of an object. */
export interface Address extends ByContainer {
  /** The name of the object, as it is, not encoded. */
  readonly object: string
}

/** `/container/object` as a manifest names it. */
export const pathOf = ({ container, object }: Address): string => `/${container}/${object}`

/** Whether two addresses are of the same object. */
export const isSame = (a: Address, b: Address): boolean => a.container === b.container && a.object === b.object

/** Reads what {@link pathOf} writes, with or without the slash before it. */
export const addressOf = (path: string): Address | undefined => {
  const bare = path.replace(/^\//, "")
  const slash = bare.indexOf("/")
  return slash < 1 || slash === bare.length - 1
    ? undefined
    : { container: bare.slice(0, slash), object: bare.slice(slash + 1) }
}
