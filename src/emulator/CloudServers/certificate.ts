/** Self-signed X.509 certificates for Windows users, as Nova creates them for key pairs of the type `x509`. */
import { createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto"

/** A DER value: tag, length and content. */
const der = (tag: number, ...contents: ReadonlyArray<Buffer>): Buffer => {
  const content = Buffer.concat(contents)
  const size = content.byteLength
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const sequence = (...contents: ReadonlyArray<Buffer>): Buffer => der(0x30, ...contents)

/** An object identifier from its content. */
const identifier = (...bytes: ReadonlyArray<number>): Buffer => der(0x06, Buffer.from(bytes))

const commonName = identifier(0x55, 0x04, 0x03)

const sha256WithRsa = sequence(identifier(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b), der(0x05))

/** A time with a year of four digits: `20260101000000Z`. */
const time = (millis: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(millis).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`))

const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`

const decade = 10 * 365 * 24 * 60 * 60 * 1000

/** A new certificate of this name, and its private key, both in PEM. */
export const generate = (name: string, now: number): { readonly certificate: string; readonly privateKey: string } => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const algorithm = sha256WithRsa
  const subject = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(name)))))
  const body = sequence(
    der(0x02, Buffer.from([1]), randomBytes(8)),
    algorithm,
    subject,
    sequence(time(now), time(now + decade)),
    subject,
    createPublicKey(privateKey).export({ type: "spki", format: "der" })
  )
  return {
    certificate: pem(sequence(body, algorithm, bitString(sign("sha256", body, privateKey)))),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  }
}

/** The SHA-1 fingerprint of a certificate in PEM, in lower case; undefined if it is invalid. */
export const fingerprintOf = (certificate: string): string | undefined => {
  try {
    return new X509Certificate(certificate).fingerprint.toLowerCase()
  } catch {
    return undefined
  }
}
