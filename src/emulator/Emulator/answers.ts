/** Responses of the front, in the format of the addressed service. */
import { randomUUID } from "node:crypto"
import * as Keystone from "../Keystone.js"
import * as Answer from "../Keystone/answer.js"
import type { WireResponse } from "../Protocol.js"
import * as Reply from "../Reply.js"
import * as Target from "../Target.js"

/** The service whose format an answer has. Keystone's differs from Identity's. */
export const dialectOf = (service: string, target: string): string =>
  service === "identity" && Keystone.owns(Target.split(target).path) ? "keystone" : service

/** An error in the format of a service. */
export const refusal = (service: string, status: number, message: string): WireResponse =>
  service === "files" || service === "cdn"
    ? Reply.html(status, message, message)
    : service === "keystone"
      ? Answer.fault(status, message)
      : service === "loadbalancers"
        ? Reply.json(status, { message, code: status })
        : Reply.fault(status, Reply.faultKey(status, service), message)

/** 401 in the format of a service. `tenant` is the one in the path. */
export const unauthorized = (service: string, tenant: string | undefined): WireResponse => {
  if (service === "files" || service === "cdn") {
    return Reply.html(
      401,
      "Unauthorized",
      "This server could not verify that you are authorized to access the document you requested.",
      Reply.swiftRealm(tenant)
    )
  }
  if (service === "loadbalancers") {
    return Reply.empty(401)
  }
  return Reply.fault(
    401,
    "unauthorized",
    "No valid token provided. Please use the 'X-Auth-Token' header with a valid token.",
    { headers: { "WWW-Authenticate": "Keystone uri=https://identity.api.rackspacecloud.com" } }
  )
}

/** Refuses a path without a tenant, or with that of another account. */
export const wrongTenant = (service: string, tenant: string | undefined): WireResponse =>
  service === "files" || service === "cdn"
    ? Reply.html(403, "Forbidden", "Access was denied to this resource.")
    : tenant === undefined
      ? Reply.fault(404, "itemNotFound", "The resource could not be found.")
      : Reply.fault(401, "unauthorized", `Token doesn't belong to Tenant with Id/Name: '${tenant}'`)

/** The request id in every response of a service. */
export const requestIdHeaders = (service: string): Readonly<Record<string, string>> => {
  switch (service) {
    case "servers": {
      const id = `req-${randomUUID()}`
      return { "x-compute-request-id": id, Via: "1.1 Repose (Repose/8.8.4.0)" }
    }
    case "files":
    case "cdn":
      return { "X-Trans-Id": `tx${randomUUID().replaceAll("-", "").slice(0, 21)}-0${randomUUID().slice(0, 9)}dfw1` }
    case "keystone":
      return { "x-openstack-request-id": `req-${randomUUID()}` }
    default:
      return { "x-trans-id": randomUUID() }
  }
}
