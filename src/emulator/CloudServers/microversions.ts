/**
 * Microversions of OpenStack's Nova: requests choose one with a header, and every response has the one used.
 * Rackspace's Nova has none and ignores the headers.
 */
import * as Refusal from "../Refusal.js"
import { badRequest } from "./requests.js"

/** Nova's oldest microversion, which is the default. */
const oldest = 1

/** The minor number of a microversion: 79 of `2.79`. An invalid one is a defect of the test. */
export const minorOf = (microversion: string): number => {
  const minor = /^2\.([1-9]\d{0,3})$/.exec(microversion)?.[1]
  if (minor === undefined) {
    throw new Error(`Not a microversion of Nova, such as 2.79: ${microversion}`)
  }
  return Number(minor)
}

/** The requested microversion: `2.79` or `latest`; undefined if there is none. */
const requestedVersion = (headers: Readonly<Record<string, string>>): string | undefined =>
  headers["openstack-api-version"]
    ?.split(",")
    .map((each) => /^\s*compute\s+(\S+)\s*$/i.exec(each)?.[1])
    .find((each) => each !== undefined) ?? headers["x-openstack-nova-api-version"]?.trim()

/** The minor number of a request's microversion. A later one than the cloud supports is refused with 406. */
export const chosen = (headers: Readonly<Record<string, string>>, maximum: number): number => {
  const requested = requestedVersion(headers)
  if (requested === undefined) {
    return oldest
  }
  if (requested.toLowerCase() === "latest") {
    return maximum
  }
  const [, major, minor] = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(requested) ?? []
  if (major === undefined) {
    return badRequest(`API Version String ${requested} is of invalid format. Must be of format MajorNum.MinorNum.`)
  }
  const version = Number(minor)
  return major === "2" && version >= oldest && version <= maximum
    ? version
    : Refusal.fault(
        406,
        "computeFault",
        `Version ${requested} is not supported by the API. Minimum is 2.${oldest} and maximum is 2.${maximum}.`
      )
}

/** The response headers with the microversion used. */
export const headersOf = (microversion: number): Readonly<Record<string, string>> => ({
  "OpenStack-API-Version": `compute 2.${microversion}`,
  "X-OpenStack-Nova-API-Version": `2.${microversion}`,
  Vary: "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
})
