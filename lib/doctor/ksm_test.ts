import { assertEquals } from "@std/assert";
import { examFor } from "../../tests/doctor_world.ts";
import { ksm } from "./ksm.ts";
import { reporter, verdict } from "./report.ts";

/** What is advised where /sys says so. */
async function advice(run: string | undefined, uid = 0) {
  const path = "sys/kernel/mm/ksm/run";
  const files: Record<string, string> = {};
  if (run !== undefined) files[path] = `${run}\n`;
  await using exam = await examFor({ files, uid });
  const found = await ksm.examine(exam);
  assertEquals(found.length, 1);
  assertEquals(found[0]!.level, "hint");
  assertEquals(found[0]!.repair, undefined);
  const { exit, summary } = verdict(found, exam, { repair: true });
  assertEquals([exit, summary], [undefined, "all is well"]);
  const { what, cure, root } = found[0]!;
  return { what: what.split(":")[0], cure, root };
}

Deno.test("ksm: advice either way, and never a cure of ours", async () => {
  const path = "/sys/kernel/mm/ksm/run";
  assertEquals(await advice("0"), {
    what: "KSM is off",
    cure: `echo 1 | tee ${path}`,
    root: true,
  });
  const off = await advice("2", 1000);
  assertEquals(off.cure, `echo 1 | sudo tee ${path}`);
  assertEquals(await advice("1", 1000), {
    what: "KSM is on",
    cure: `echo 2 | sudo tee ${path}`,
    root: true,
  });
  assertEquals(await advice(undefined), {
    what: "this kernel cannot merge equal memory of VMs",
    cure: undefined,
    root: undefined,
  });
});

Deno.test("reporter() shows hints with --all alone", async () => {
  await using exam = await examFor({ files: {} });
  const [hint] = await ksm.examine(exam);
  const shown = (all: boolean) => {
    let times = 0;
    const object = () => void times++;
    // deno-lint-ignore no-explicit-any
    reporter({ out: { object } as any }, { all }).found(hint!);
    return times;
  };
  assertEquals([shown(false), shown(true)], [0, 1]);
});
