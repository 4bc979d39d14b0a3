import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { type Expected, withLibvirt } from "../libvirt/fake_virsh.ts";
import { runInGuest, writeInGuest } from "./guest_agent.ts";

/** What a guest answers to a command of qemu-guest-agent. */
function answered(command: object, stdout: string): Expected {
  const words = "virsh qemu-agent-command --timeout 30 -- web";
  return [`${words} ${JSON.stringify(command)}`, { stdout }];
}

const exec = (stdout: string) =>
  answered({
    execute: "guest-exec",
    arguments: { path: "true", arg: [], "capture-output": true },
  }, stdout);

const status = (stdout: string) =>
  answered({ execute: "guest-exec-status", arguments: { pid: 7 } }, stdout);

function ran(...table: Expected[]) {
  return withLibvirt(
    table,
    ({ virsh }) => runInGuest(virsh, "web", ["true"], 9),
  );
}

async function failure(work: Promise<unknown>): Promise<string> {
  const { exit, message } = await assertRejects(() => work, Failure);
  return `${exit}: ${message}`;
}

const BEGUN = '{"return": {"pid": 7}}';
const SAYS = 'failed: cannot ask the agent of "web": its answer';

Deno.test("runInGuest() hands back what a program left", async () => {
  const left = { exited: true, exitcode: 3, "out-data": "aGk=" };
  const done = status(JSON.stringify({ return: left }));
  const { code, stdout, truncated } = await ran(exec(BEGUN), done);
  const said = new TextDecoder().decode(stdout);
  assertEquals([code, said, truncated], [3, "hi", false]);
  const killed = status('{"return": {"exited": true, "signal": 9}}');
  assertEquals((await ran(exec(BEGUN), killed)).code, 137);
});

const NOTHINGS: [answer: string, why: string][] = [
  ['{"return": null}', "is no object"],
  ['{"return": 7}', "is no object"],
  ["{}", "is no object"],
  ["null", "is not JSON"],
  ["", "is not JSON"],
  ['{"return": {}}', "lacks a number"],
  ['{"return": {"pid": "7"}}', "lacks a number"],
  ['{"return": []}', "lacks a number"],
];

Deno.test("a guest that answers with something else is a failure", async () => {
  for (const [answer, why] of NOTHINGS) {
    assertEquals(await failure(ran(exec(answer))), `${SAYS} ${why}`, answer);
  }
  for (
    const [answer, why] of [
      ['{"return": null}', "is no object"],
      ['{"return": {"exited": true, "exitcode": "0; x"}}', "lacks a number"],
      ['{"return": {"exited": true, "signal": {}}}', "lacks a number"],
    ] as const
  ) {
    const said = await failure(ran(exec(BEGUN), status(answer)));
    assertEquals(said, `${SAYS} ${why}`, answer);
  }
});

Deno.test("writeInGuest() does not believe any handle", async () => {
  const open = { path: "/x", mode: "w" };
  const asked = { execute: "guest-file-open", arguments: open };
  const table = [answered(asked, '{"return": {"a": 1}}')];
  const write = withLibvirt(
    table,
    ({ virsh }) => writeInGuest(virsh, "web", "/x", new Uint8Array()),
  );
  assertEquals(await failure(write), `${SAYS} lacks a number`);
});
