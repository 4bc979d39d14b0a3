/** What may go from one clipboard to another. */

import { humanSize } from "../names/values.ts";
import { cleanPng } from "./png.ts";

export type Kind = "text" | "image";

/** Bytes taken where nobody says otherwise; for text it is what Qubes takes. */
export const LIMITS: Record<Kind, number> = {
  text: 64 * 2 ** 10,
  image: 4 * 2 ** 20,
};

/** What a clipboard is asked for: a target of X11, a type of Wayland. */
export const TYPES: Record<Kind, { x11: string; wayland: string }> = {
  text: { x11: "UTF8_STRING", wayland: "text/plain;charset=utf-8" },
  image: { x11: "image/png", wayland: "image/png" },
};

/**
 * What a terminal, an editor or a person would take for something else:
 * control characters but newline and tab, and marks that turn the direction of
 * writing.
 */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The content without what is unsafe in it.
 *
 * @throws {Error} with why it is refused.
 */
export function clean(
  kind: Kind,
  bytes: Uint8Array,
  limit: number,
): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) throw new Error("it is empty");
  if (bytes.length > limit) {
    throw new Error(tooLarge(limit));
  }
  return kind === "text" ? cleanText(bytes) : cleanPng(bytes);
}

/** Whether targets are those of xclip with that kind; most others offer more. */
export function offersOnly(targets: string, kind: Kind): boolean {
  const offered = targets.split("\n").filter(Boolean);
  return offered.includes(TYPES[kind].x11) && offered.length <= 3;
}

export function nothingThere(kind: Kind): string {
  return `there is no ${kind === "text" ? "text" : "picture"} in its clipboard`;
}

export function tooLarge(limit: number): string {
  return `it is larger than ${humanSize(limit)}; --limit takes more`;
}

function cleanText(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is not UTF-8");
  }
  const plain = text.replace(/\r\n?/g, "\n").replace(UNSAFE, "");
  if (plain === "") throw new Error("it is nothing but control characters");
  return new TextEncoder().encode(plain);
}

/** In hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
