/**
 * The guest's end of a copy, with pipes in place of a host.
 *
 *   transfer.ts send|receive ALLOWED WORD...
 */

import type { Transfer } from "../guest/agent/transfer.ts";
import { startTransfer } from "../guest/agent/transfer_program.ts";

const [verb, allowed = "[]", ...words] = Deno.args;
const transfer = {
  verb: verb as Transfer["verb"],
  words,
  allowed: JSON.parse(allowed),
  user: { uid: Deno.uid()!, gid: Deno.gid()!, groups: [] },
  home: Deno.cwd(),
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
