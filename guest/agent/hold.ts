/** Places held open, so that what was judged is what is worked on. */

import { type Held, O, openWithoutLinks } from "./libc.ts";
import type { Spot } from "./tree.ts";

/**
 * What is at an absolute path, or in a folder that is held.
 *
 * @throws {Deno.errors.FilesystemLoop} where a part of it is a link.
 */
export function hold(path: string, from?: Held): Spot {
  const held = openWithoutLinks(path, O.PATH, from);
  return { ...held, inner: (name) => hold(name, held) };
}
