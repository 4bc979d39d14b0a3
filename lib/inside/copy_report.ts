/** What the guest's end of a copy says when it is done: one line of JSON. */

import { TreeError, type TreeErrorKind } from "../../guest/agent/tree.ts";
import { plainText } from "../names/plain_text.ts";

const KINDS: readonly unknown[] = [
  "missing",
  "exists",
  "lie",
  "unnamed",
] satisfies TreeErrorKind[];

/** Longest report that is read, in bytes. */
const LONGEST = 1024 * 1024;

export class Report {
  #text = "";
  readonly #decoder = new TextDecoder();

  /** Bytes of its standard error. */
  push(bytes: Uint8Array) {
    if (this.#text.length < LONGEST) {
      this.#text += this.#decoder.decode(bytes, { stream: true });
    }
  }

  /** Why it could not be done, if it says so. */
  get error(): TreeError | undefined {
    const { kind, error } = this.#said;
    if (typeof error !== "string") return undefined;
    const known = KINDS.includes(kind) ? kind as TreeErrorKind : "failed";
    return new TreeError(known, plainText(error, 500));
  }

  /** Paths in the guest of what has come. */
  get paths(): string[] {
    return texts(this.#said.paths);
  }

  get skipped(): string[] {
    return texts(this.#said.skipped);
  }

  /** How many more were skipped than those it names. */
  get more(): number | undefined {
    const { more } = this.#said;
    return Number.isSafeInteger(more) ? more as number : undefined;
  }

  get #said(): Record<string, unknown> {
    const line = this.#text.trimEnd().split("\n").at(-1)!;
    try {
      return JSON.parse(line) ?? {};
    } catch {
      // Deno itself may have failed; its words are all there is.
      return line ? { error: line } : {};
    }
  }
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one) => typeof one === "string")
    .map((one) => plainText(one, 4096));
}
