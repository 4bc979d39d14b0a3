/** Which agent this is: the hash of its files, which the host compares. */

const FILES = new URL("./", import.meta.url);

/** Sixteen digits of sha256 over the names and contents of the files given. */
export async function versionOf(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const name of [...files.keys()].sort()) {
    parts.push(new TextEncoder().encode(`${name}\0`));
    parts.push(files.get(name)!.slice());
  }
  const all = await new Blob(parts).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return hash.toHex().slice(0, 16);
}

/** Written beside the agent by whoever put it there. */
export async function readVersion(): Promise<string> {
  const text = await Deno.readTextFile(new URL("version", FILES))
    .catch(() => "unknown");
  return text.trim();
}
