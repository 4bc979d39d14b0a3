import { assertEquals, assertRejects } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { type Expected, listed, withLibvirt } from "../libvirt/fake_virsh.ts";
import { sharedDirectory } from "../libvirt/share_xml.ts";
import { printable } from "../names/names.ts";
import { fakeRun } from "../process/fake_run.ts";
import { sayCopy } from "./copy_dry_run.ts";
import { readCopy } from "./copy_words.ts";
import { incomingFolder } from "./incoming.ts";

const VMS = listed([
  { name: "web", state: "running", kind: "appvm" },
  { name: "bank", state: "running", kind: "appvm" },
  { name: "off", state: "shut off", kind: "appvm" },
]);

/** What is asked of libvirt for a place of this host; "web" may write there. */
function asked(directory: string): Expected[] {
  const daemon = "/x/vms-virtiofsd-rw";
  const given = sharedDirectory({ tag: "/mnt/rw", directory, daemon });
  const xml = (devices: string) =>
    `<domain><devices>${devices}</devices></domain>`;
  return [
    VMS,
    ["virsh dumpxml -- web", { stdout: xml(given) }],
    ["virsh dumpxml -- bank", { stdout: xml("") }],
  ];
}

/** What a dry run of these words says. */
async function said(
  words: string[],
  places: Expected[] = [],
  force = false,
): Promise<string[]> {
  const context = fakeContext(fakeRun([]), { dryRun: true });
  await withLibvirt(
    [VMS, ...places],
    (connection) => sayCopy(connection, context, readCopy(words), { force }),
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
      const here = words.some((word) => word.startsWith("/"));
      const places = here || words.length === 1 ? asked("/nowhere") : [];
      assertEquals(await said(words, places), [says]);
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
    const error = await assertRejects(() => said(words), Failure, why);
    assertEquals(error.exit, exit);
  });
}

Deno.test("sayCopy() refuses what copy() refuses: places that a VM writes to", () =>
  inFolder(async (path) => {
    const home = await Deno.realPath(path);
    await Deno.mkdir(`${home}/out`);
    await Deno.writeTextFile(`${home}/out/a`, "");
    const why = `"web" can put links in ${printable(`${home}/out`)} meanwhile`;
    const places = asked(`${home}/out`);
    for (
      const words of [
        [`${home}/out/a`, "web:"],
        ["bank:x", `${home}/out`],
        ["bank:x", `${home}/out/new`],
        // It would hold the folder.
        ["bank:out", home],
      ]
    ) {
      const error = await assertRejects(() => said(words, places), Failure);
      assertEquals([error.exit, error.why], ["conflict", why], words.join());
      const [from, to] = words;
      assertEquals(await said(words, places, true), [
        `warning: ${why}`,
        `would copy ${from} to ${to}`,
      ]);
    }
    const incoming = asked(incomingFolder("bank"));
    const error = await assertRejects(
      () => said(["bank:x"], incoming),
      Failure,
    );
    assertEquals(error.exit, "conflict");
  }));

Deno.test("sayCopy() refuses a source without a name where no target is named", async () => {
  const error = await assertRejects(() => said(["web:x/.."]), Failure);
  assertEquals([error.exit, /needs a new name/.test(error.why)], [
    "usage",
    true,
  ]);
});
