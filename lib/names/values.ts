/** Values people type: sizes, counts, durations. */

import { printable } from "./names.ts";

const UNITS: Record<string, number> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/**
 * A size such as `20G`, `512M` or `1.5G`, in bytes. Units are powers of 1024.
 *
 * @throws {Error} where it is none, or is not above zero.
 */
export function size(word: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:([KMGT])(?:iB)?)?$/.exec(word);
  const bytes = match ? Number(match[1]) * UNITS[match[2] ?? ""]! : NaN;
  if (!(bytes >= 1 && bytes <= 2 ** 50)) {
    throw new Error(`${printable(word)} is not a size such as 512M or 20G`);
  }
  return Math.floor(bytes);
}

/** Memory of a VM in bytes, at least 64 MiB. */
export function memory(word: string): number {
  const bytes = size(word);
  if (bytes < 64 * UNITS.M!) {
    throw new Error(
      `${printable(word)} is too little memory: 64M is the least`,
    );
  }
  return bytes;
}

/** A whole number from 1 to 512. */
export function count(word: string): number {
  const number = /^\d{1,3}$/.test(word) ? Number(word) : 0;
  if (number < 1 || number > 512) {
    throw new Error(`${printable(word)} is not a number from 1 to 512`);
  }
  return number;
}

/** Hours; what a timer of JavaScript can wait is 596. */
const LONGEST_TIME = 500;

/** Seconds, from `90`, `90s`, `5m` or `1h`. */
export function duration(word: string): number {
  const [, digits, unit] = /^(\d{1,6})([smh]?)$/.exec(word) ?? [];
  if (digits === undefined) {
    throw new Error(`${printable(word)} is not a time such as 90s or 5m`);
  }
  const seconds = Number(digits) * { "": 1, s: 1, m: 60, h: 3600 }[unit ?? ""]!;
  if (seconds <= LONGEST_TIME * 3600) return seconds;
  throw new Error(`${printable(word)} is longer than ${LONGEST_TIME}h`);
}

/** One of the words given. */
export function oneOf<const T extends readonly string[]>(words: T) {
  return (word: string): T[number] => {
    if (words.includes(word)) return word;
    throw new Error(`${printable(word)} is none of ${words.join(", ")}`);
  };
}

/** Bytes as people read them: `388 KiB`, `1.2 GiB`. */
export function humanSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (bytes >= 1024 && at < units.length - 1) {
    bytes /= 1024;
    at++;
  }
  const digits = at === 0 || bytes >= 100 ? 0 : 1;
  return `${bytes.toFixed(digits)} ${units[at]}`;
}
