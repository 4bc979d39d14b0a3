import { assertEquals, assertRejects } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { listed, withLibvirt } from "../libvirt/fake_virsh.ts";
import { fakeRun } from "../process/fake_run.ts";
import { sayCopy } from "./copy_dry_run.ts";
import { readCopy } from "./copy_words.ts";
import { incomingFolder } from "./incoming.ts";

/** What a dry run of these words says. */
async function said(...words: string[]): Promise<string[]> {
  const context = fakeContext(fakeRun([]), { dryRun: true });
  const vms = listed([
    { name: "web", state: "running", kind: "appvm" },
    { name: "bank", state: "running", kind: "appvm" },
    { name: "off", state: "shut off", kind: "appvm" },
  ]);
  await withLibvirt(
    [vms],
    (connection) => sayCopy(connection, context, readCopy(words)),
    { dryRun: true },
  );
  return context.said;
}

Deno.test("sayCopy() says what would be copied where, and makes nothing", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/a`, "");
    const cases: [words: string[], says: string][] = [
      [[`${path}/a`, "web:"], `would copy ${path}/a to web:`],
      [["web:x", "web:y", path], `would copy web:x web:y to ${path}`],
      [["web:x", `${path}/new`], `would copy web:x to ${path}/new`],
      [["web:x", "bank:y"], "would copy web:x to bank:y"],
      [["web:x"], `would copy web:x to ${incomingFolder("web")}`],
    ];
    for (const [words, says] of cases) {
      assertEquals(await said(...words), [says]);
    }
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name), ["a"]);
  }));

const refused: [words: string[], exit: string, why: string][] = [
  [["off:x", "/tmp"], "conflict", 'cannot copy from "off": it is off'],
  [["web:x", "off:"], "conflict", 'cannot copy to "off": it is off'],
  [["none:x", "/tmp"], "missing", 'cannot find "none": no VM has that name'],
  [["/no/file", "web:"], "missing", "/no/file is not there"],
  [["web:x", "/no/folder/new"], "missing", "/no/folder is not there"],
  [["web:x/..", "/tmp"], "usage", "needs a new name as target"],
];
for (const [words, exit, why] of refused) {
  Deno.test(`sayCopy() refuses ${words.join(" ")}`, async () => {
    const error = await assertRejects(() => said(...words), Failure, why);
    assertEquals(error.exit, exit);
  });
}
