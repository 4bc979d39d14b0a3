/**
 * Kernel samepage merging, which keeps equal memory of VMs once:
 * admin-guide/mm/ksm.rst of Linux.
 */

import type { Run } from "../process/run.ts";
import { kernelFiles, PAGE } from "./kernel_files.ts";

export interface Ksm {
  /**
   * `on` looks for equal pages; `off` does not, but what was merged before may
   * stay so; `absent` where the kernel cannot.
   */
  state: "on" | "off" | "absent";
  /** Bytes: what is kept once, and what is saved by that. */
  kept: number;
  saved: number;
}

/** @param root put before the path; empty but in tests. */
export async function readKsm(run: Run, root = ""): Promise<Ksm> {
  const directory = `${root}/sys/kernel/mm/ksm`;
  const names = ["run", "pages_shared", "pages_sharing"];
  const files = await kernelFiles(
    run,
    names.map((name) => `${directory}/${name}`),
  );
  const number = (name: string) => {
    const text = files.get(`${directory}/${name}`)?.trim();
    return text && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const mode = number("run");
  return {
    state: mode === undefined ? "absent" : mode === 1 ? "on" : "off",
    kept: (number("pages_shared") ?? 0) * PAGE,
    saved: (number("pages_sharing") ?? 0) * PAGE,
  };
}
