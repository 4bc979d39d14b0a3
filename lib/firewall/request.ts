/** What is typed behind the name of a VM: a rule, or what to do with rules. */

import { Failure } from "../command/failure.ts";
import { printable } from "../names/names.ts";
import { type Default, parseRule, type Rule } from "./rule.ts";

export type Request =
  | { does: "list" | "log" | "refresh" | "reset" }
  | { does: "add"; rule: Rule }
  | { does: "remove"; numbers: number[] }
  | { does: "default"; default: Default };

export const REQUESTS = [
  "list",
  "allow",
  "deny",
  "remove",
  "default",
  "refresh",
  "reset",
  "log",
] as const;

/** @throws {Failure} `usage`, with what is wrong with which word. */
export function parseRequest(words: readonly string[]): Request {
  try {
    return request(words);
  } catch (error) {
    const why = (error as Error).message;
    const what = "cannot understand the command line";
    throw new Failure("usage", what, why, "vms-firewall --help");
  }
}

function request([word = "list", ...others]: readonly string[]): Request {
  switch (word) {
    case "allow":
    case "deny":
      return { does: "add", rule: parseRule([word, ...others]) };
    case "remove":
      return { does: "remove", numbers: numbers(others) };
    case "default":
      return { does: "default", default: default_(others) };
    case "list":
    case "log":
    case "refresh":
    case "reset":
      if (others.length === 0) return { does: word };
      throw new Error(`nothing comes behind ${word}`);
    default:
      throw new Error(`${printable(word)} is none of ${REQUESTS.join(", ")}`);
  }
}

function numbers(words: readonly string[]): number[] {
  if (words.length === 0) throw new Error("which number is to be removed?");
  return words.map((word) => {
    if (/^[1-9]\d{0,2}$/.test(word)) return Number(word);
    throw new Error(`${printable(word)} is not the number of a rule`);
  });
}

function default_([word, ...others]: readonly string[]): Default {
  if ((word === "allow" || word === "deny") && others.length === 0) return word;
  throw new Error("the default is allow or deny");
}
