/**
 * Memory of a guest as a file, so that it can be frozen and forked:
 * https://www.qemu.org/docs/master/system/vm-templating.html
 */

import { el, type Xml } from "../xml/element.ts";
import { children, find, readXml } from "../xml/read.ts";

export interface MemoryFile {
  /** As long as the guest's memory. */
  path: string;
  /** Written to by a guest that is to be frozen; else each has its own copy. */
  shared: boolean;
  /** Opened for reading alone: QEMU 8.2 and later. */
  readonly?: boolean;
}

/** Namespace of `qemu:` in a domain. */
export const QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0";

/** libvirt has no words for a memory file of a name, nor for a fork of it. */
export function commandLine(file: MemoryFile, memory: number): Xml {
  const backend = [
    "memory-backend-file,id=vms-memory",
    `mem-path=${file.path.replaceAll(",", ",,")}`,
    `size=${Math.ceil(memory / 1024) * 1024}`,
    `share=${file.shared ? "on" : "off"}`,
    ...(file.readonly ? ["readonly=on", "rom=off"] : []),
  ];
  const words = [
    "-machine",
    "memory-backend=vms-memory",
    "-object",
    backend.join(","),
    ...(file.shared ? [] : ["-incoming", "defer"]),
  ];
  return el(
    "qemu:commandline",
    {},
    words.map((value) => el("qemu:arg", { value })),
  );
}

/** As `commandLine` wrote it; undefined where memory is in no file. */
export function readMemoryFile(xml: string): MemoryFile | undefined {
  const line = find(readXml(xml), "qemu:commandline");
  const words = line
    ? children(line, "qemu:arg").map(({ attributes }) => attributes.value ?? "")
    : [];
  const backend = words.find((one) => one.startsWith("memory-backend-file,"));
  // A comma in a value is written twice.
  const [, path] = /,mem-path=((?:[^,]|,,)+)/.exec(backend ?? "") ?? [];
  if (!backend || !path) return;
  return {
    path: path.replaceAll(",,", ","),
    shared: /,share=on(,|$)/.test(backend),
  };
}
