/** Files that come with the toolkit for the host's systemd. */

/** The text of a file below share/. */
export async function shipped(path: string): Promise<string> {
  return await Deno.readTextFile(
    new URL(`../../share/${path}`, import.meta.url),
  );
}
