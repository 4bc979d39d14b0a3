import { assertEquals, assertThrows } from "@std/assert";
import { bareDenort, NotCompiled } from "./denort.ts";

const encoder = new TextEncoder();

interface Section {
  name: string;
  type: number;
  offset: number;
  size: number;
}

/** An ELF header, one program header, 16 bytes of text, names, section headers. */
function elf(): Uint8Array {
  const text = 120;
  const bytes = new Uint8Array(192 + 3 * 64);
  bytes.set(encoder.encode("\x7fELF"));
  bytes.fill(7, text, text + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, 64, true);
  sections(bytes, 192, text + 16, [
    { name: "", type: 0, offset: 0, size: 0 },
    { name: ".text", type: 1, offset: text, size: 16 },
    { name: ".shstrtab", type: 3, offset: text + 16, size: 24 },
  ]);
  return bytes;
}

function sections(
  bytes: Uint8Array,
  table: number,
  names: number,
  list: Section[],
) {
  const view = new DataView(bytes.buffer);
  let name = names + 1;
  list.forEach((section, index) => {
    const at = table + index * 64;
    if (section.name) {
      bytes.set(encoder.encode(section.name), name);
      view.setUint32(at, name - names, true);
      name += section.name.length + 1;
    }
    view.setUint32(at + 4, section.type, true);
    view.setBigUint64(at + 24, BigInt(section.offset), true);
    view.setBigUint64(at + 32, BigInt(section.size), true);
  });
  view.setBigUint64(40, BigInt(table), true);
  view.setUint16(60, list.length, true);
  view.setUint16(
    62,
    list.findIndex((section) => section.name === ".shstrtab"),
    true,
  );
}

/** What `deno compile` does: appends tables and a note, turns the header to them. */
function compile(bare: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4096 + 1024);
  bytes.set(bare);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(32, 4096n, true);
  view.setUint16(56, 3, true);
  sections(bytes, 4096 + 512, 4096 + 256, [
    { name: "", type: 0, offset: 0, size: 0 },
    { name: ".text", type: 1, offset: 120, size: 16 },
    { name: ".shstrtab", type: 3, offset: 4096 + 256, size: 64 },
    { name: ".sui.phdrs", type: 1, offset: 4096, size: 168 },
    { name: ".note.sui", type: 7, offset: 4096 + 168, size: 32 },
  ]);
  return bytes;
}

Deno.test("denort: what deno compile added is taken off, byte for byte", () => {
  assertEquals(bareDenort(compile(elf())), elf());
});

Deno.test("denort: other files are refused", () => {
  assertThrows(() => bareDenort(encoder.encode("#!/bin/sh\n")), NotCompiled);
  assertThrows(
    () => bareDenort(elf()),
    NotCompiled,
    "no section of a compiled program",
  );
});
