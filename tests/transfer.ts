/**
 * The guest's end of a copy, with pipes in place of a host.
 *
 *   transfer.ts send|receive ALLOWED WORD...
 */

import type { Transfer } from "../guest/agent/transfer.ts";
import { startTransfer } from "../guest/agent/transfer_program.ts";

const [verb, allowed = "[]", ...words] = Deno.args;
const [uid, gid] = [Deno.uid()!, Deno.gid()!];
const user = { name: "", uid, gid, home: Deno.cwd(), shell: "" };
const transfer = {
  verb: verb as Transfer["verb"],
  words,
  allowed: JSON.parse(allowed),
  user,
  groups: [],
};
const program = startTransfer(transfer, async (stream, bytes) => {
  const { writable } = Deno[stream];
  const writer = writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
});
void hand();
const { exit_code } = await program.exit;
Deno.exit(exit_code);

async function hand() {
  for await (const bytes of Deno.stdin.readable) {
    await program.input(bytes);
  }
  await program.endInput();
}
