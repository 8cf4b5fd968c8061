/**
 * Microversions of OpenStack's Nova: one is chosen by a header, and every response tells which one counted. Rackspace's Nova has
 * none and ignores the headers.
 */
import * as Refusal from "../Refusal.js"
import { badRequest } from "./requests.js"

/** Nova's oldest, which counts where none is asked for. */
const oldest = 1

/** The minor number of a microversion: 79 of `2.79`. Anything else is a defect of the test that chose it. */
export const minorOf = (microversion: string): number => {
  const minor = /^2\.([1-9]\d{0,3})$/.exec(microversion)?.[1]
  if (minor === undefined) {
    throw new Error(`Not a microversion of Nova, such as 2.79: ${microversion}`)
  }
  return Number(minor)
}

/** What is asked for: `2.79` or `latest`; undefined where nothing is. */
const askedFor = (headers: Readonly<Record<string, string>>): string | undefined =>
  headers["openstack-api-version"]
    ?.split(",")
    .map((each) => /^\s*compute\s+(\S+)\s*$/i.exec(each)?.[1])
    .find((each) => each !== undefined) ?? headers["x-openstack-nova-api-version"]?.trim()

/** The minor number of the microversion that a request asks for. A later one than the cloud has is refused with 406. */
export const chosen = (headers: Readonly<Record<string, string>>, maximum: number): number => {
  const asked = askedFor(headers)
  if (asked === undefined) {
    return oldest
  }
  if (asked.toLowerCase() === "latest") {
    return maximum
  }
  const [, major, minor] = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(asked) ?? []
  if (major === undefined) {
    return badRequest(`API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`)
  }
  const version = Number(minor)
  return major === "2" && version >= oldest && version <= maximum
    ? version
    : Refusal.fault(
        406,
        "computeFault",
        `Version ${asked} is not supported by the API. Minimum is 2.${oldest} and maximum is 2.${maximum}.`
      )
}

/** The headers by which a response tells its microversion. */
export const headersOf = (microversion: number): Readonly<Record<string, string>> => ({
  "OpenStack-API-Version": `compute 2.${microversion}`,
  "X-OpenStack-Nova-API-Version": `2.${microversion}`,
  Vary: "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
})
