import { assertEquals } from "@std/assert";
import { domainXml } from "./domain_xml.ts";
import { commandLine, readMemoryFile } from "./memory_file.ts";

const words = (xml: string) =>
  [...xml.matchAll(/value="([^"]*)"/g)].map(([, word]) => word);

Deno.test("commandLine() shares what is to be frozen", () => {
  const { text } = commandLine({ path: "/a,b/m", shared: true }, 2 ** 30);
  assertEquals(words(text), [
    "-machine",
    "memory-backend=vms-memory",
    "-object",
    "memory-backend-file,id=vms-memory,mem-path=/a,,b/m,size=1073741824,share=on",
  ]);
});

Deno.test("commandLine() maps what is forked for itself, and waits for its state", () => {
  const file = { path: "/m", shared: false, readonly: true };
  const found = words(commandLine(file, 1024).text);
  assertEquals(found.slice(3), [
    "memory-backend-file,id=vms-memory,mem-path=/m,size=1024,share=off,readonly=on,rom=off",
    "-incoming",
    "defer",
  ]);
});

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

Deno.test("readMemoryFile() reads what domainXml() writes", () => {
  assertEquals(readMemoryFile(xml()), undefined);
  for (const path of ["/var/a/gui@3.warm-0a1b2c3d.mem", "/x,y/a & b,,.mem"]) {
    for (const shared of [true, false]) {
      assertEquals(readMemoryFile(xml({ path, shared })), { path, shared });
    }
  }
});
