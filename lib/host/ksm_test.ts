import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { realRun } from "../process/run.ts";
import { readKsm } from "./ksm.ts";

const run = realRun({ trace: false, dryRun: false, log() {} });

async function ksmWith(files: Record<string, string>) {
  const root = await Deno.makeTempDir();
  const directory = join(root, "sys/kernel/mm/ksm");
  await Deno.mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(directory, name), `${text}\n`);
  }
  const found = await readKsm(run, root);
  await Deno.remove(root, { recursive: true });
  return found;
}

Deno.test("readKsm() tells what it does and what it saved", async () => {
  const nothing = { kept: 0, saved: 0 };
  assertEquals(await ksmWith({}), { state: "absent", ...nothing });
  assertEquals(await ksmWith({ run: "0" }), { state: "off", ...nothing });
  assertEquals(await ksmWith({ run: "2" }), { state: "off", ...nothing });
  assertEquals(
    await ksmWith({ run: "1", pages_shared: "2", pages_sharing: "10" }),
    { state: "on", kept: 8192, saved: 40960 },
  );
});
