/** Why a copy could not be made, as the person who asked for it reads it. */

import { TreeError } from "../../guest/agent/tree.ts";
import type { AgentError } from "../agent/session.ts";
import { type Exit, Failure } from "../command/failure.ts";
import { plainText } from "../names/plain_text.ts";
import type { Copy, End } from "./copy_words.ts";

/** True where the sender was found to send what nobody asked for. */
export function isLie(error: unknown): boolean {
  return error instanceof TreeError && error.kind === "lie";
}

const EXITS: Record<TreeError["kind"], Exit> = {
  missing: "missing",
  exists: "conflict",
  failed: "failed",
  lie: "failed",
  unnamed: "usage",
};

/** What is said of a copy that could not be made. */
export function failure(
  { from, to }: Copy,
  error: TreeError | AgentError,
): Failure {
  const what = `cannot copy ${from.text} to ${to.text}`;
  const why = plainText(error.message);
  const exit = error instanceof TreeError ? EXITS[error.kind] : "failed";
  return new Failure(exit, what, why, hintFor(exit, from, to));
}

/** A way to do it all the same, where there is one. */
function hintFor(exit: Exit, from: End, to: End): string | undefined {
  if (exit === "conflict") return "vms-cp --force";
  // Several cannot have one new name.
  if (exit !== "usage" || from.paths.length > 1) return undefined;
  const [folder = "."] = to.paths;
  const above = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  return `vms-cp ${from.text} ${to.vm ? `${to.vm}:` : ""}${above}NAME`;
}
