/**
 * Takes the program off a `deno compile` executable and leaves the bare denort.
 *
 *   denort.ts COMPILED DENORT
 *
 * Deno 2.9 writes a program into a copy of denort so: new program headers, a note with the program and new section
 * headers are appended at a page boundary, and the ELF header is turned to them. The old tables stay where they were,
 * so it is enough to find the old section headers, cut behind them, and turn the header back.
 */

const ELF_HEADER_SIZE = 64;
const SECTION_SIZE = 64;
const NOBITS = 8;

interface Section {
  name: string;
  type: number;
  flags: bigint;
  address: bigint;
  offset: number;
  size: number;
}

export class NotCompiled extends Error {}

export function bareDenort(compiled: Uint8Array): Uint8Array {
  const view = new DataView(
    compiled.buffer,
    compiled.byteOffset,
    compiled.byteLength,
  );
  if (compiled.length < ELF_HEADER_SIZE || view.getUint32(0) !== 0x7f454c46) {
    throw new NotCompiled("not an ELF file");
  }
  const sections = readSections(view, compiled);
  const own = sections.filter((section) => !section.name.includes(".sui"));
  const added = sections.find((section) => section.name.includes(".sui"));
  if (!added) throw new NotCompiled("no section of a compiled program in it");

  const table = findTable(view, own, added.offset);
  const bare = compiled.slice(0, table + own.length * SECTION_SIZE);
  const header = new DataView(bare.buffer);
  header.setBigUint64(32, BigInt(ELF_HEADER_SIZE), true); // program headers: right behind the ELF header
  header.setBigUint64(40, BigInt(table), true);
  header.setUint16(56, header.getUint16(56, true) - 2, true); // a PT_LOAD and a PT_NOTE were added
  header.setUint16(60, own.length, true);
  header.setUint16(
    62,
    own.findIndex((section) => section.name === ".shstrtab"),
    true,
  );
  return bare;
}

function readSections(view: DataView, bytes: Uint8Array): Section[] {
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const at = (index: number) => table + index * SECTION_SIZE;
  const names = Number(
    view.getBigUint64(at(view.getUint16(62, true)) + 24, true),
  );
  const nameAt = (offset: number) =>
    new TextDecoder().decode(bytes.subarray(offset, bytes.indexOf(0, offset)));
  return Array.from({ length: count }, (_, index) => ({
    name: nameAt(names + view.getUint32(at(index), true)),
    type: view.getUint32(at(index) + 4, true),
    flags: view.getBigUint64(at(index) + 8, true),
    address: view.getBigUint64(at(index) + 16, true),
    offset: Number(view.getBigUint64(at(index) + 24, true)),
    size: Number(view.getBigUint64(at(index) + 32, true)),
  }));
}

/** The old section headers: an empty one, then the first real section, behind all contents and before what was added. */
function findTable(view: DataView, own: Section[], added: number): number {
  const first = own[1];
  if (!first) throw new NotCompiled("no sections in it");
  const contents = own.filter((section) =>
    section.type !== NOBITS && section.name !== ".shstrtab"
  );
  const end = Math.max(
    ...contents.map((section) => section.offset + section.size),
  );
  for (
    let at = Math.ceil(end / 8) * 8;
    at + own.length * SECTION_SIZE <= added;
    at += 8
  ) {
    if (isEmpty(view, at) && isSection(view, at + SECTION_SIZE, first)) {
      return at;
    }
  }
  throw new NotCompiled("the section headers of denort are not in it");
}

function isEmpty(view: DataView, at: number): boolean {
  for (let offset = 0; offset < SECTION_SIZE; offset += 8) {
    if (view.getBigUint64(at + offset, true) !== 0n) return false;
  }
  return true;
}

function isSection(view: DataView, at: number, section: Section): boolean {
  return view.getUint32(at + 4, true) === section.type &&
    view.getBigUint64(at + 8, true) === section.flags &&
    view.getBigUint64(at + 16, true) === section.address &&
    view.getBigUint64(at + 24, true) === BigInt(section.offset);
}

if (import.meta.main) {
  const [compiled, denort] = Deno.args;
  if (!compiled || !denort) {
    console.error("usage: denort.ts COMPILED DENORT");
    Deno.exit(2);
  }
  await Deno.writeFile(denort, bareDenort(await Deno.readFile(compiled)));
}
