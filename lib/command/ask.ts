/** Asking for a secret: on the terminal without echo, else standard input. */

import { undoing } from "../undo/undo.ts";
import { Failure } from "./failure.ts";

/** Bytes; nobody types more. */
const LONGEST = 4096;

/**
 * One line: typed twice where standard input is a terminal, and else the first
 * line that comes. Whatever ends the command, the terminal echoes again.
 *
 * @throws {Failure} `usage` where nothing comes, or the two are not the same.
 */
export async function askSecret(what: string): Promise<string> {
  if (!Deno.stdin.isTerminal()) return await readLine(what);
  await using undo = undoing();
  Deno.stdin.setRaw(true, { cbreak: true });
  undo.add(() => {
    Deno.stdin.setRaw(false);
    return Promise.resolve();
  });
  const first = await typed(what, `${what}: `);
  const again = await typed(what, `${what}, again: `);
  if (first === again) return first;
  throw new Failure("usage", `cannot use the ${what}`, "the two differ");
}

async function typed(what: string, prompt: string): Promise<string> {
  await say(prompt);
  try {
    return await readLine(what);
  } finally {
    await say("\n");
  }
}

async function say(text: string) {
  await Deno.stderr.write(new TextEncoder().encode(text));
}

/** A byte at a time: what stands behind the line is not ours. */
async function readLine(what: string): Promise<string> {
  const line: number[] = [];
  const byte = new Uint8Array(1);
  while (line.length <= LONGEST) {
    if (await Deno.stdin.read(byte) === null) break;
    const [code] = byte;
    if (code === 0x0a || code === 0x0d) return decode(what, line);
    if (!Deno.stdin.isTerminal() || !edit(line, code!)) line.push(code!);
  }
  if (line.length > 0 && line.length <= LONGEST) return decode(what, line);
  throw new Failure(
    "usage",
    `cannot use the ${what}`,
    line.length === 0 ? "nothing was given" : "it is too long",
  );
}

/** Backspace takes a character, ^U the line; true where it was one of them. */
function edit(line: number[], code: number): boolean {
  if (code === 0x15) line.length = 0;
  else if (code === 0x7f || code === 0x08) {
    // The bytes that go on a UTF-8 character, and the one it begins with.
    while (line.length > 0 && (line.pop()! & 0xc0) === 0x80);
  } else return false;
  return true;
}

function decode(what: string, line: number[]): string {
  try {
    return new TextDecoder("utf-8", { fatal: true })
      .decode(new Uint8Array(line));
  } catch {
    throw new Failure("usage", `cannot use the ${what}`, "it is not UTF-8");
  }
}
