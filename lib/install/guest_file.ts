/** Reading files out of a directory that a guest writes to. */

/**
 * Milliseconds. Opening takes longer only where a FIFO came into the place of
 * the file since it was looked at.
 */
const OPENING = 5000;

/** Bytes of a file; undefined where none is there. Links are not followed. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const info = await Deno.lstat(path).catch(() => undefined);
  return info?.isFile ? info.size : undefined;
}

/** The last bytes of a file as text; undefined where none is there. */
export async function endOf(
  path: string,
  bytes: number,
): Promise<string | undefined> {
  const end = await bytesAtEnd(path, bytes);
  return end && new TextDecoder().decode(end);
}

/** The same, as they are. */
export async function bytesAtEnd(
  path: string,
  bytes: number,
): Promise<Uint8Array | undefined> {
  const before = await Deno.lstat(path).catch(() => undefined);
  if (!before?.isFile) return;
  using file = await openSoon(path);
  const info = await file?.stat();
  // A guest may change what is there at any moment.
  if (!info?.isFile || info.ino !== before.ino) return;
  if (info.dev !== before.dev) return;
  const last = Math.min(bytes, info.size);
  await file!.seek(-last, Deno.SeekMode.End);
  return await read(file!, last);
}

async function read(file: Deno.FsFile, bytes: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes);
  let at = 0;
  while (at < bytes) {
    const got = await file.read(buffer.subarray(at));
    if (got === null) break;
    at += got;
  }
  return buffer.subarray(0, at);
}

async function openSoon(path: string): Promise<Deno.FsFile | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, OPENING);
  let given = false;
  const opening = Deno.open(path).then((file) => {
    if (given) file.close();
    return file;
  }, () => undefined);
  try {
    return await Promise.race([opening, late.then(() => undefined)]);
  } finally {
    given = true;
    clearTimeout(timer);
  }
}
