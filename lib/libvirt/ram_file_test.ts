import { assertEquals } from "@std/assert";
import { domainXml } from "./domain_xml.ts";
import { readRamFile } from "./ram_file.ts";

function xml(memoryFile?: { path: string; shared: boolean }): string {
  return domainXml({
    name: "web",
    uuid: "6f0a1a9c-0f1b-4c39-9d2c-6d3f0a0b9a01",
    metadata: { kind: "disposable" },
    type: "qemu",
    memory: 2 ** 30,
    vcpus: 1,
    disks: [],
    onReboot: "destroy",
    memoryFile,
  });
}

Deno.test("readRamFile() reads what domainXml() writes", () => {
  assertEquals(readRamFile(xml()), undefined);
  for (const path of ["/var/a/gui@3.warm-0a1b2c3d.mem", "/x,y/a & b,,.mem"]) {
    for (const shared of [true, false]) {
      assertEquals(readRamFile(xml({ path, shared })), { path, shared });
    }
  }
});
