/** Reads certificates and private keys in PEM. */
import type * as Fields from "../Fields.js"
import { invalid, read } from "./requests.js"

export const readCertificate = (from: Fields.JsonObject, name: string): string | undefined => {
  const value = read.optionalText(from, name)
  return value === undefined || (/BEGIN CERTIFICATE/.test(value) && value.includes("\n"))
    ? value
    : invalid(`${name} is not a valid PEM certificate`)
}

export const readPrivateKey = (from: Fields.JsonObject, name: string): string | undefined => {
  const value = read.optionalText(from, name)
  if (value !== undefined && /BEGIN EC PRIVATE KEY/.test(value)) {
    return invalid("Only RSA keys are supported")
  }
  return value === undefined || (/BEGIN (RSA )?PRIVATE KEY/.test(value) && value.includes("\n"))
    ? value
    : invalid(`${name} is not a valid PEM private key`)
}
