/**
 * A listing as a Stream asks for its pages by `limit`, and its callers by `pageSize`.
 */
import { InvalidInput } from "../CloudError.js"
import { issuesText } from "./schemaIssue.js"

/** A page's bad input in the words of the listing that was asked for it; any other failure as it is. */
export const inWordsOf =
  (operation: string) =>
  <E>(error: E): E | InvalidInput => {
    if (!(error instanceof InvalidInput)) return error
    const issues = error.issues.map((issue) => (issue.path === "limit" ? { ...issue, path: "pageSize" } : issue))
    return new InvalidInput({
      service: error.service,
      operation,
      issues,
      message: `${operation}: ${issuesText(issues)}`
    })
  }
