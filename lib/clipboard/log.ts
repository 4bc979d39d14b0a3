/** Who gave what to whom; never what it was. */

import { join } from "@std/path/posix/join";
import { stateHome } from "../config/places.ts";
import type { Label } from "./store.ts";

/** A line of the log. */
export interface Entry {
  /** ISO 8601. */
  time: string;
  action: "copy" | "paste" | "clear";
  source: string;
  /** Of a paste. */
  target?: string;
  kind: Label["kind"];
  bytes: number;
  sha256: string;
}

export function logPath(): string {
  return join(stateHome(), "clip.log");
}

/** Add a line. */
export async function record(
  action: Entry["action"],
  { source, kind, bytes, sha256 }: Label,
  target?: string,
  path = logPath(),
): Promise<void> {
  const time = new Date().toISOString();
  const entry: Entry = { time, action, source, target, kind, bytes, sha256 };
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, `${JSON.stringify(entry)}\n`, {
    append: true,
    mode: 0o600,
  });
}

/** All lines, the oldest first. */
export async function entries(path = logPath()): Promise<Entry[]> {
  let text;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").filter(Boolean).flatMap(parsed);
}

/** A line that a full disk cut short is left out. */
function parsed(line: string): Entry[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
