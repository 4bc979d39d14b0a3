/**
 * The guest's end of a copy, run by the agent as the VM's user.
 *
 *   transfer.ts send PATH...         the stream to standard output
 *   transfer.ts receive [-f] TARGET  the stream from standard input
 *
 * Ends with one line of JSON on standard error: what came, or why not.
 */

import { demandPath, readPolicy } from "./policy.ts";
import { RpcError } from "./json_rpc.ts";
import { treeError } from "./tree.ts";
import { receive, targetOf } from "./tree_receive.ts";
import { send } from "./tree_send.ts";

async function sendAll(paths: string[]): Promise<object> {
  const { allowed_read_paths } = readPolicy().security;
  for (const path of paths) {
    const real = await Deno.realPath(path).catch((error) => {
      throw treeError(error, path);
    });
    demandPath(real, allowed_read_paths);
  }
  const skipped: string[] = [];
  const stream = send(paths, { skipped: (path) => skipped.push(path) });
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length;) {
      at += await Deno.stdout.write(bytes.subarray(at));
    }
  }
  return { skipped };
}

async function receiveAll(words: string[]): Promise<object> {
  const force = words.length === 2 && words[0] === "-f";
  const target = await targetOf(words.at(-1)!);
  demandPath(target.directory, readPolicy().security.allowed_write_paths);
  return await receive(Deno.stdin.readable, target, { force });
}

function told(error: unknown): { kind: string; error: string } {
  if (error instanceof RpcError) {
    return { kind: "failed", error: error.message };
  }
  const { kind, message } = treeError(error, "the copy");
  return { kind, error: message };
}

const [verb, ...words] = Deno.args;
let code = 0;
let says: object;
try {
  says = verb === "send" ? await sendAll(words) : await receiveAll(words);
} catch (error) {
  says = told(error);
  code = 1;
}
console.error(JSON.stringify(says));
Deno.exit(code);
