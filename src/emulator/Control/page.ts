/** The page of the emulated cloud for browsers. It reads and changes everything through the control API. */
import * as Fault from "../Fault.js"
import type { WireResponse } from "../Protocol.js"

const services = Fault.faultServices.filter((name) => /^[A-Z]/.test(name))

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8884; overflow-wrap: anywhere }
  form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end }
  label { display: flex; flex-direction: column; font-size: .85rem }
  [role=alert] { color: #c33 }`

// Everything from the cloud becomes text through textContent, so that no name can become markup.
const script = `
  const $ = (id) => document.getElementById(id)
  const call = async (method, path, body) => {
    const headers = { "content-type": "application/json" }
    const response = await fetch("/_emulator" + path, { method, headers, body: body && JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(JSON.parse(text).error)
    return text === "" ? undefined : JSON.parse(text)
  }
  const fill = (id, rows) => {
    $(id).replaceChildren(...rows.map((cells) => {
      const row = document.createElement("tr")
      for (const cell of cells) row.appendChild(document.createElement("td")).textContent = String(cell)
      return row
    }))
    $(id + "-none").hidden = rows.length > 0
  }
  const refresh = async () => {
    const { regions } = await call("GET", "/resources")
    fill("resources", Object.entries(regions).flatMap(([region, of]) => [
      ...of.servers.map(({ id, name, status }) => ["Cloud Servers", region, name, id, status]),
      ...of.containers.map(({ name, ...counts }) => ["Cloud Files", region, name, "", JSON.stringify(counts)]),
      ...of.loadBalancers.map(({ id, name, status }) => ["Cloud Load Balancers", region, name, id, status]),
      ...of.clusters.map(({ id, name, status }) => ["Cloud Big Data", region, name, id, status])
    ]))
    const { faults } = await call("GET", "/faults")
    fill("faults", faults.map(({ fault, match, skip, times }) =>
      [fault._tag, JSON.stringify({ ...fault, _tag: undefined }), JSON.stringify(match), skip, times]))
    const { requests } = await call("GET", "/requests")
    fill("requests", requests.toReversed().map((one) => [
      new Date(one.startedAt).toLocaleTimeString(), one.method, one.target, one.status ?? "", one.bodyBytes, one.responseBytes
    ]))
  }
  const report = async (work) => {
    try { await work(); await refresh(); $("problem").textContent = "" }
    catch (error) { $("problem").textContent = error.message }
  }
  const given = (form, name) => form.get(name) === "" ? undefined : form.get(name)
  $("form").addEventListener("submit", (event) => {
    event.preventDefault()
    const form = new FormData(event.target)
    const kind = form.get("kind")
    const value = given(form, "value")
    const field = { Status: "status", Early: "status", LoseResponse: "status", Delay: "duration", WrongContentLength: "delta" }[kind]
      ?? "afterBytes"
    const number = value === undefined || Number.isNaN(Number(value)) ? value : Number(value)
    const hasValue = value !== undefined && !kind.endsWith("Tokens")
    report(() => call("POST", "/faults", {
      match: { service: given(form, "service"), method: given(form, "method"), path: given(form, "path") },
      times: form.get("times") === "always" ? "always" : Number(form.get("times")),
      fault: { _tag: kind, ...(hasValue ? { [field]: number } : {}) }
    }))
  })
  $("clear-faults").addEventListener("click", () => report(() => call("DELETE", "/faults")))
  $("clear-requests").addEventListener("click", () => report(() => call("DELETE", "/requests")))
  $("reset").addEventListener("click", () => report(() => call("POST", "/reset")))
  const poll = () => refresh().catch(() => undefined).then(() => setTimeout(poll, 1000))
  poll()`

const options = (values: ReadonlyArray<string>): string => values.map((value) => `<option>${value}</option>`).join("")

const section = (id: string, heading: string, columns: ReadonlyArray<string>, button = ""): string => `
<h2>${heading} ${button}</h2>
<table><thead><tr>${columns.map((column) => `<th>${column}</th>`).join("")}</tr></thead><tbody id="${id}"></tbody></table>
<p id="${id}-none">None.</p>`

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Emulated cloud</title>
<style>${style}
</style>
<h1>Emulated cloud <button id="reset">Reset everything</button></h1>
${section("resources", "Resources", ["Service", "Region", "Name", "Id", "State"])}
${section("faults", "Faults", ["Fault", "Details", "Requests", "Skip", "Times"], '<button id="clear-faults">Clear</button>')}
<form id="form">
  <label>Fault <select name="kind">${options(Fault.kinds)}</select></label>
  <label>Status, time, bytes <input name="value" value="503" size="10"></label>
  <label>Service <select name="service"><option value="">all</option>${options(services)}</select></label>
  <label>Method <input name="method" size="8"></label>
  <label>Path contains <input name="path"></label>
  <label>Times <input name="times" value="1" size="6"></label>
  <button type="submit">Inject</button>
</form>
<p id="problem" role="alert"></p>
${section("requests", "Requests", ["Time", "Method", "Target", "Status", "Bytes in", "Bytes out"], '<button id="clear-requests">Clear</button>')}
<script>${script}
</script>
`

/** The page. Its script and style are its only content, and it may send requests to this origin only. */
export const page: WireResponse = {
  status: 200,
  headers: {
    "Content-Type": "text/html; charset=UTF-8",
    "Content-Security-Policy":
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"
  },
  body: new TextEncoder().encode(html)
}
