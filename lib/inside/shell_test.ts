import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { listed, withLibvirt } from "../libvirt/fake_virsh.ts";
import { fakeRun } from "../process/fake_run.ts";
import { shell } from "./shell.ts";

/** What a dry run says. */
async function said(name: string, ...argv: string[]): Promise<string[]> {
  const context = fakeContext(fakeRun([]), { dryRun: true });
  const vms = listed([
    { name: "web", state: "running", kind: "appvm" },
    { name: "off", state: "shut off", kind: "appvm" },
  ]);
  await withLibvirt(
    [vms],
    (connection) => shell(connection, context, name, argv, {}),
    { dryRun: true },
  );
  return context.said;
}

Deno.test("shell() in a dry run says what it would run", async () => {
  assertEquals(await said("web"), ['would run a shell in "web"']);
  assertEquals(await said("web", "less", "a b"), [
    `would run less 'a b' in "web"`,
  ]);
});

const refused: [name: string, exit: string, why: string][] = [
  ["off", "conflict", 'cannot open a shell in "off": it is off'],
  ["none", "missing", 'cannot find "none": no VM has that name'],
];
for (const [name, exit, why] of refused) {
  Deno.test(`shell() in a dry run refuses a VM that is ${name}`, async () => {
    const error = await assertRejects(() => said(name), Failure);
    assertEquals([error.exit, error.message], [exit, why]);
  });
}
