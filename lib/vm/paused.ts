/** Holding a VM still while something in front of it is exchanged. */

import { change, look, type Virsh } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";

/** Do the work while the VM can send nothing; it runs on, however it ends. */
export async function holding(
  virsh: Virsh,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const state = await virsh.must(
    `cannot read "${name}"`,
    look("domstate", "--", name),
  );
  if (state.trim() !== "running") return await work();
  await using undo = undoing();
  undo.add(() => virsh.try(change(["resume", "--", name])));
  const what = `cannot pause "${name}"`;
  await virsh.must(what, change(["suspend", "--", name]));
  await work();
}

/** False for a domain that is gone when it stops. */
export async function isKept(virsh: Virsh, name: string): Promise<boolean> {
  const what = `cannot read "${name}"`;
  const text = await virsh.must(what, look("dominfo", "--", name));
  return /^Persistent: +yes$/m.test(text);
}

/** What virsh is to change: the VM as it runs, as it is kept, or both. */
export function scope(lives: boolean, kept: boolean): string[] {
  return [...(lives ? ["--live"] : []), ...(kept ? ["--config"] : [])];
}
