/**
 * The failure of an input that an operation checks itself.
 */
import { InvalidInput } from "../../CloudError.js"
import { type Issue, issuesText } from "./issues.js"

/** The failure of an input with these issues. Its message ends with `given`, such as `, not 7`. */
export const invalidInput = (
  service: string,
  operation: string,
  issues: ReadonlyArray<Issue>,
  given = ""
): InvalidInput =>
  new InvalidInput({ service, operation, issues, message: `${operation}: ${issuesText(issues)}${given}` })
