/** ISO 9660 images, as far as a look at their first sectors tells. */

import { Failure } from "../lib/command/failure.ts";
import { humanSize } from "../lib/names/values.ts";

/** Of the primary volume descriptor: ECMA-119, 8.4. */
const DESCRIPTOR = 16 * 2048;

/**
 * Refuse what cannot be an ISO, or is only its beginning.
 *
 * @throws {Failure} `missing` where there is no file, else `failed`.
 */
export async function checkVolume(path: string): Promise<void> {
  const what = `cannot use ${path}`;
  const { size, isFile } = await stat(path);
  if (!isFile) throw new Failure("failed", what, "it is not a file");
  const head = await readAt(path, DESCRIPTOR, 2048);
  const id = new TextDecoder("latin1").decode(head.subarray(1, 6));
  if (head[0] !== 1 || id !== "CD001") {
    throw new Failure("failed", what, "it is not an ISO 9660 image");
  }
  const view = new DataView(head.buffer);
  const whole = view.getUint32(80, true) * view.getUint16(128, true);
  if (size >= whole) return;
  throw new Failure(
    "failed",
    what,
    `it is truncated: ${humanSize(size)} of ${humanSize(whole)}`,
    "vms-iso fetch",
  );
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Failure(
      "missing",
      `cannot use ${path}`,
      "there is no such file",
      "vms-iso list",
    );
  }
}

/** `length` bytes; zeros where the file is shorter. */
async function readAt(
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  await file.seek(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await file.read(bytes.subarray(at));
    if (read === null) break;
    at += read;
  }
  return bytes;
}
