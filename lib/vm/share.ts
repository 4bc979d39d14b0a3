/** Giving a VM a folder of the host, and taking it back. */

import { agentAnswers, waitForAgent } from "../agent/guest_agent.ts";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { stateHome } from "../config/places.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { Virsh } from "../libvirt/virsh.ts";
import { getDomain, listDomains } from "../libvirt/domain.ts";
import type { ShareRecord } from "../libvirt/metadata.ts";
import { mustRun } from "../libvirt/running.ts";
import { checkShareable } from "../share/attachment.ts";
import { findShares, listShares, type Share } from "../share/listing.ts";
import { editShares, mustStay } from "../share/record.ts";
import { resolveFolder } from "../share/folder.ts";
import { defaultMountpoint } from "../share/mountpoint.ts";
import { allowShares } from "../share/permission.ts";
import { PRICE } from "../share/price.ts";
import { lock } from "../lock/lock.ts";
import {
  give,
  isAsJudged,
  programs,
  refuseRemote,
  unmount,
  unplug,
} from "./give_share.ts";

/** Plug a folder in and mount it; where that fails, it is taken back. */
export async function addShare(
  { virsh, pool }: Connection,
  context: Context,
  { vm, word, rw, at, force, persistent }: {
    vm: string;
    word: string;
    rw: boolean;
    at: string | undefined;
    force: boolean;
    /** Again whenever vms-start starts the VM. */
    persistent: boolean;
  },
): Promise<void> {
  const { dryRun, out } = context;
  refuseRemote(virsh, "cannot share folders", "vms-share");
  const home = await Deno.realPath(Deno.env.get("HOME") || "/root");
  const rules = {
    home,
    images: await pool.directory(),
    state: await Deno.realPath(stateHome()).catch(stateHome),
  };
  const uid = Deno.uid();
  const folder = await resolveFolder(word, { rules, rw, force, uid });
  const path = at ?? defaultMountpoint(folder);
  await checkShareable(virsh, { vm, path });
  if (persistent) await mustStay(virsh, vm, `cannot keep shares of "${vm}"`);
  await mustAnswer(virsh, vm);
  const record: ShareRecord = { path, folder, writable: rw };
  await give(virsh, { vm, ...record });
  if (rw && !dryRun) await warnOtherUser(virsh, context, vm);
  if (persistent) {
    await editShares(virsh, vm, (all) => [...without(all, path), record]);
  }
  out.name(path);
}

/** The daemon knows the first user alone. */
async function warnOtherUser(virsh: Virsh, { warn }: Context, vm: string) {
  const { metadata } = await getDomain(virsh, vm);
  if (!metadata?.user) return;
  const asked = await programs(virsh, vm)(
    ["/usr/bin/id", "-u", "--", metadata.user],
    { root: true, seconds: 30 },
  );
  if (new TextDecoder().decode(asked.stdout).trim() === "1000") return;
  const { user } = metadata;
  warn(`${user} is not user 1000 of "${vm}" and is a stranger there`);
}

function without(all: readonly ShareRecord[], path: string): ShareRecord[] {
  return all.filter((one) => one.path !== path);
}

async function mustAnswer(virsh: Virsh, vm: string) {
  if (await agentAnswers(virsh, vm)) return;
  throw new Failure(
    "conflict",
    `cannot share with "${vm}"`,
    "its guest agent does not answer",
    `vms-start --wait ${vm}`,
  );
}

/** Unmount and unplug; with `force` also what the VM does not let go. */
export async function removeShares(
  { virsh }: Connection,
  { out }: Context,
  { vm, word, force }: {
    vm: string;
    /** A folder of the host or a path in the guest; undefined for all. */
    word: string | undefined;
    force: boolean;
  },
): Promise<void> {
  const shares = await listShares(virsh, vm);
  const real = word && await Deno.realPath(word).catch(() => undefined);
  for (const share of findShares(shares, { vm, words: [word, real] })) {
    if (share.attached) {
      await letGo(virsh, share, force);
      await unplug(virsh, share);
    }
    if (share.kept) {
      await editShares(virsh, vm, (all) => without(all, share.path));
    }
    out.name(share.path);
  }
}

async function letGo(virsh: Virsh, share: Share, force: boolean) {
  try {
    await unmount(virsh, share);
  } catch (error) {
    if (!(force && error instanceof Failure)) throw error;
  }
}

/** Say from its next start on whether a VM may have shares. */
export async function permitShares(
  { virsh }: Connection,
  { say, out }: Context,
  vm: string,
  allow: boolean,
): Promise<void> {
  const changed = await allowShares(virsh, vm, allow);
  if (changed && allow) say(`${vm}: from its next start on its ${PRICE}`);
  out.name(vm);
}

/** Seconds until a guest that boots must have come up. */
const BOOT = 600;

/**
 * Give a VM what is kept for it and it does not have; the agent is waited for.
 * A folder that is gone is left out, with a word.
 */
export async function restoreShares(
  { virsh }: Connection,
  context: Context,
  vm: string,
): Promise<void> {
  if ((await missingShares(virsh, vm)).length === 0) return;
  await waitForAgent(virsh, vm, BOOT, async () => {
    mustRun(await listDomains(virsh), vm, `cannot share with "${vm}"`);
  });
  using _held = await lock("vm", vm, { wait: true });
  for (const share of await missingShares(virsh, vm)) {
    if (!await isAsJudged(share, context.warn)) continue;
    await checkShareable(virsh, share);
    await give(virsh, share);
    context.out.name(share.path);
  }
}

async function missingShares(virsh: Virsh, vm: string): Promise<Share[]> {
  const shares = await listShares(virsh, vm);
  return shares.filter(({ kept, attached }) => kept && !attached);
}
