/** The compiled toolkit, where it was built: `./dev test build`. */

const FOLDER = new URL("../dist/test/", import.meta.url).pathname;

/** Path of a compiled command; undefined where none was built. */
export async function compiled(name: string): Promise<string | undefined> {
  const path = FOLDER + name;
  return await Deno.stat(path).then(() => path, () => undefined);
}
