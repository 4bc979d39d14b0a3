import { assertEquals } from "@std/assert";
import { commandLine } from "./memory_file.ts";

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
