/** A command that ends as it is told to, run as a program by tests. */

import { command } from "../lib/command/declaration.ts";
import { Failure, GuestExit } from "../lib/command/failure.ts";
import { main } from "../lib/command/main.ts";
import { checkName } from "../lib/names/names.ts";

const ENDS: Record<string, () => Promise<never>> = {
  failure: () => {
    throw new Failure(
      "conflict",
      'cannot make "web"',
      "a VM of that name\x1b[31m exists\r",
      "vms-list",
    );
  },
  guest: () => {
    throw new GuestExit(42);
  },
  defect: () => {
    throw new TypeError("of ours");
  },
};

const ECHO = command({
  name: "vms-echo",
  summary: "print names",
  needs: {},
  examples: [["vms-echo a", "print it"]],
  operands: [
    { name: "NAME", help: "printed", many: true, check: checkName },
  ],
  options: {
    end: { value: "HOW", help: "end so", complete: Object.keys(ENDS) },
    child: { value: "SCRIPT", help: "have sh run it" },
    step: { help: "say that a step is done" },
    bytes: { value: "N", as: Number, help: "print so many bytes" },
  },
  async run({ operands }, { end, child, step, bytes }, context) {
    const { out, run, progress, say, dryRun } = context;
    if (step) progress.step(1, 2, "echo");
    if (dryRun) say("nothing is changed");
    if (child) await run(["sh", "-c", child]);
    if (end) await ENDS[end]!();
    if (bytes) return await out.bytes(new Uint8Array(bytes));
    out.list(operands.map((name) => ({ name, size: name.length })), [
      { header: "NAME", text: ({ name }) => name },
      { header: "SIZE", text: ({ size }) => `${size}` },
    ]);
  },
});

if (import.meta.main) await main(ECHO);
