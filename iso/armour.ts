/** OpenPGP's text form of binary data: RFC 9580, section 6. */

const BEGIN = "-----BEGIN PGP ";
const END = "-----END PGP ";

/** The binary form, from either form; several blocks are joined. */
export function withoutArmour(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!text.slice(0, 4096).includes(BEGIN)) return bytes;
  const blocks = text.split(BEGIN).slice(1)
    .map((block) => decode(block.split(END)[0]!));
  return new Uint8Array(blocks.flatMap((block) => [...block]));
}

/** Headers end at the first empty line; a line with `=` is the checksum. */
function decode(block: string): Uint8Array {
  const lines = block.split("\n").map((line) => line.trim()).slice(1);
  const data = lines.slice(lines.indexOf("") + 1)
    .filter((line) => !line.startsWith("="));
  return Uint8Array.fromBase64(data.join(""));
}
