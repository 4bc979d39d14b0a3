/**
 * PNG reduced to the picture: https://www.w3.org/TR/png-3/#5Chunk-layout
 *
 * What reads images has had many holes in the chunks around the picture.
 */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Chunks without which the picture would look different. */
const KEPT = ["IHDR", "PLTE", "tRNS", "gAMA", "sRGB", "IDAT", "IEND"];

/** Pixels on a side. */
const WIDEST = 16384;

interface Chunk {
  type: string;
  /** Length, type, data and checksum. */
  bytes: Uint8Array;
  data: Uint8Array;
}

/**
 * The same picture without comments, unknown chunks and what stands behind it.
 *
 * @throws {Error} where it is no PNG, or a broken one.
 */
export function cleanPng(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new Error("it is not PNG");
  }
  const all = chunks(bytes);
  const kept = all.filter(({ type }) => KEPT.includes(type));
  const [first] = kept;
  if (first !== all[0] || first?.type !== "IHDR" || !sane(first.data)) {
    throw broken();
  }
  if (!kept.some(({ type }) => type === "IDAT")) throw broken();
  const parts = [
    new Uint8Array(SIGNATURE),
    ...kept.map((chunk) => chunk.bytes),
  ];
  const clean = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    clean.set(part, at);
    at += part.length;
  }
  return clean;
}

function broken(): Error {
  return new Error("it is a broken PNG");
}

/** Up to the end of the picture. */
function chunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw broken();
    const checked = bytes.subarray(at + 4, end - 4);
    if (crc32(checked) !== view.getUint32(end - 4)) throw broken();
    const type = String.fromCharCode(...checked.subarray(0, 4));
    found.push({
      type,
      bytes: bytes.subarray(at, end),
      data: checked.subarray(4),
    });
    if (type === "IEND") return found;
    at = end;
  }
  throw broken();
}

/** Width and height. */
function sane(header: Uint8Array): boolean {
  if (header.length !== 13) return false;
  const view = new DataView(header.buffer, header.byteOffset);
  return [view.getUint32(0), view.getUint32(4)].every((side) =>
    side > 0 && side <= WIDEST
  );
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value = TABLE[(value ^ byte) & 0xff]! ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}
