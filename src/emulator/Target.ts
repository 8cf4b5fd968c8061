/** The target of a request: its path, still percent-encoded, and its query. */
export const split = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const mark = target.indexOf("?")
  return mark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}
