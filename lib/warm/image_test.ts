import { assertEquals } from "@std/assert";
import { isWarmName, readWarmVolume, warmName, warmVolumes } from "./image.ts";

Deno.test("readWarmVolume() reads what warmVolumes() named, and nothing else", () => {
  const volumes = Object.values(warmVolumes("gui@12", "0123abcd"));
  for (const name of volumes) {
    assertEquals(readWarmVolume(name), { version: "gui@12", id: "0123abcd" });
  }
  for (
    const other of [
      "gui@12.qcow2",
      "gui@12.proof.qcow2",
      "gui.warm-0123abcd.qcow2",
      "gui@12.warm-0123abcd.mem.away",
      "gui@12.warm-0123ABCD.mem",
    ]
  ) assertEquals(readWarmVolume(other), undefined, other);
});

Deno.test("isWarmName() knows the domain that is frozen, and its files", () => {
  assertEquals(isWarmName(warmName("gui@3")), true);
  assertEquals(isWarmName("gui@3.warm.nvram.fd"), true);
  assertEquals(isWarmName("gui@3"), false);
  assertEquals(isWarmName("gui@3.warmer"), false);
});
