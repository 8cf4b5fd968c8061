/** The error of an input that an operation validates itself. */
import { InvalidInput } from "../../CloudError.js"
import { type Issue, issuesText } from "./issues.js"

/** Creates an error with these issues. `given` is appended to the message, such as `, not 7`. */
export const invalidInput = (
  service: string,
  operation: string,
  issues: ReadonlyArray<Issue>,
  given = ""
): InvalidInput =>
  new InvalidInput({ service, operation, issues, message: `${operation}: ${issuesText(issues)}${given}` })
