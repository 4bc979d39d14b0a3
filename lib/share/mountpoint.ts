/** Where a shared folder appears in a VM. */

import { printable } from "../names/names.ts";

/** The tag of a virtiofs device, which is the path in the guest. */
const LONGEST = 36;

/** What would stop the guest from working. */
const TAKEN =
  /^\/($|(bin|boot|dev|etc|home|lib|lib64|proc|root|run|sbin|sys|tmp|usr|var|mnt)\/?$|(dev|proc|sys|etc|usr|boot)\/)/;

/**
 * Check a path in the guest, and take the slashes from its end.
 *
 * The path is the tag by which the guest finds the device, so that what is
 * shared where stands in the domain alone.
 *
 * @throws {Error} with what is wrong.
 */
export function mountpoint(word: string): string {
  const path = word.replace(/\/+$/, "") || "/";
  const wrong = (why: string) => new Error(`${printable(word)} ${why}`);
  if (!/^(\/[A-Za-z0-9@_.+-]+)+$/.test(path)) {
    throw wrong("is not a path of a-z, 0-9 and @_.+- such as /mnt/client1");
  }
  if (path.split("/").some((part) => part === "." || part === "..")) {
    throw wrong("has . or .. in it");
  }
  if (path.length > LONGEST) {
    throw wrong(`is longer than the ${LONGEST} characters of a tag`);
  }
  if (TAKEN.test(path)) throw wrong("is a folder that the VM itself needs");
  return path;
}

/** `/mnt/client1` for `/home/me/client1`. */
export function defaultMountpoint(folder: string): string {
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  const plain = name.replace(/[^A-Za-z0-9@_.+-]+/g, "-")
    .replace(/^[-.]+|-+$/g, "");
  return `/mnt/${plain || "share"}`.slice(0, LONGEST);
}

/** True for the tags of shares; others, such as the cache's, are no paths. */
export function isMountpoint(tag: string): boolean {
  return tag.startsWith("/");
}
