/** Of a domain that has one, the file that its memory is, or is copied from. */

import { children, find, readXml } from "../xml/read.ts";

export interface RamFile {
  path: string;
  /** False for a fork: what it writes is its own. */
  shared: boolean;
}

/** As memory_file.ts writes it; undefined where memory is in no file. */
export function readRamFile(xml: string): RamFile | undefined {
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
