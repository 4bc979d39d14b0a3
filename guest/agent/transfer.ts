/**
 * The guest's end of a copy, run by the agent as the VM's user.
 *
 *   transfer.ts send ALLOWED PATH...
 *       the stream to standard output, or to the descriptor VMS_CHANNEL
 *   transfer.ts receive ALLOWED [-f] -- TARGET NAME...
 *       the stream from standard input, or from that
 *
 * ALLOWED are the paths that the agent's policy allows for it, in JSON. Each
 * NAME is one that was asked for, and nothing else is taken: "" for one that
 * only its sender knows, where TARGET is a new name.
 *
 * Ends with one line of JSON on standard error: what came, or why not.
 */

import { RpcError } from "./json_rpc.ts";
import { readWaiting, writeWaiting } from "./libc.ts";
import { CHANNEL } from "./protocol.ts";
import { treeError } from "./tree.ts";
import { receiveJudged, sendJudged } from "./tree_judged.ts";

/** The agent's pipe; by hand standard input and output do. */
const channel = (usual: number) => Number(Deno.env.get(CHANNEL) ?? usual);
const STDIN = 0;
const STDOUT = 1;

/** Bytes that are read at once. */
const MOST = 1024 * 1024;

async function sendAll(paths: string[], allowed: string[]): Promise<object> {
  const to = channel(STDOUT);
  const left: string[] = [];
  const skipped = (path: string) => void left.push(path);
  for await (const bytes of sendJudged(paths, allowed, { skipped })) {
    writeWaiting(to, bytes);
  }
  return { skipped: left };
}

/** What comes, at once: this process has nothing else to do meanwhile. */
async function* input() {
  const from = channel(STDIN);
  const buffer = new Uint8Array(MOST);
  for (let n; (n = readWaiting(from, buffer)) > 0;) {
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
