/**
 * The guest's end of a copy, run by the agent as the VM's user.
 *
 *   transfer.ts send ALLOWED PATH...
 *       the stream to standard output
 *   transfer.ts receive ALLOWED [-f] -- TARGET NAME...
 *       the stream from standard input
 *
 * ALLOWED are the paths that the agent's policy allows for it, in JSON. Each
 * NAME is one that was asked for, and nothing else is taken: "" for one that
 * only its sender knows, where TARGET is a new name.
 *
 * Ends with one line of JSON on standard error: what came, or why not.
 */

import { LONGEST_PAYLOAD } from "./frame.ts";
import { RpcError } from "./json_rpc.ts";
import { treeError } from "./tree.ts";
import { receiveJudged, sendJudged } from "./tree_judged.ts";

async function sendAll(paths: string[], allowed: string[]): Promise<object> {
  const left: string[] = [];
  const skipped = (path: string) => void left.push(path);
  for await (const bytes of sendJudged(paths, allowed, { skipped })) {
    for (let at = 0; at < bytes.length;) {
      at += Deno.stdout.writeSync(bytes.subarray(at));
    }
  }
  return { skipped: left };
}

/** What comes, at once: this process has nothing else to do meanwhile. */
async function* input() {
  const buffer = new Uint8Array(LONGEST_PAYLOAD);
  while (true) {
    const n = Deno.stdin.readSync(buffer);
    if (n === null) return;
    yield buffer.subarray(0, n);
  }
}

async function receiveAll(words: string[], allowed: string[]): Promise<object> {
  const cut = words.indexOf("--");
  const force = words.slice(0, cut).includes("-f");
  const [target = ".", ...asked] = words.slice(cut + 1);
  return await receiveJudged(input(), target, allowed, asked, force);
}

function told(error: unknown): { kind: string; error: string } {
  if (error instanceof RpcError) {
    return { kind: "failed", error: error.message };
  }
  const { kind, message } = treeError(error, "the copy");
  return { kind, error: message };
}

const [verb, policy = "[]", ...words] = Deno.args;
let code = 0;
let says: object;
try {
  const allowed: string[] = JSON.parse(policy);
  says = verb === "send"
    ? await sendAll(words, allowed)
    : await receiveAll(words, allowed);
} catch (error) {
  says = told(error);
  code = 1;
}
console.error(JSON.stringify(says));
Deno.exit(code);
