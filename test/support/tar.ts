/** A tar archive of one file, in the oldest format. */
export const tarOf = (name: string, content: string): Uint8Array => {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write("0000644\u00000000000\u00000000000\u0000", 100)
  header.write(`${content.length.toString(8).padStart(11, "0")}\u0000`, 124)
  header.write(`${(1_700_000_000).toString(8)}\u0000        0`, 136)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\u0000 `,
    148
  )
  return Buffer.concat([header, Buffer.from(content.padEnd(512, "\u0000")), Buffer.alloc(1024)])
}
